/* SPDX-License-Identifier: MIT */
/* Records of ports go back to a free list and stay mapped, as those of sockets do. */
#include "providers/tcpip/port_parts.h"
#include "providers/tcpip/hold.h"

#include <stdlib.h>
#include <string.h>

struct handle_map port_handles;
struct port *volatile port_all;
struct ws2_kernel port_kernel;
static struct lock records_lock;
static struct port *free_records; /* guarded by records_lock */

static struct port *record_new(void)
{
    struct port *p;

    lock_take(&records_lock);
    p = free_records;
    if (p) {
        free_records = p->next_free;
    } else {
        p = calloc(1, sizeof *p);
        if (p) {
            p->next = port_all;
            port_all = p;
        }
    }
    lock_drop(&records_lock);
    if (p) {
        memset((char *)p + offsetof(struct port, mode), 0, sizeof *p - offsetof(struct port, mode));
        p->watch = p->waker = -1;
    }
    return p;
}

BOOL port_try_hold(struct port *p)
{
    return hold_unless_gone(&p->refs);
}

void port_put(struct port *p)
{
    if (InterlockedDecrement(&p->refs))
        return;
    if (p->watch >= 0) {
        fast_fd_close(p->watch);
        fast_fd_close(p->waker);
    }
    if (p->own)
        port_kernel.close(p->own);
    if (p->stop)
        port_kernel.close(p->stop);
    free(p->queue);
    free(p->expected);
    lock_take(&records_lock);
    p->next_free = free_records;
    free_records = p;
    lock_drop(&records_lock);
}

struct port *port_find(HANDLE handle)
{
    struct port *p = handle_map_find(&port_handles, (uintptr_t)handle);

    if (!p || !port_try_hold(p))
        return NULL;
    if (handle_map_find(&port_handles, (uintptr_t)handle) == p)
        return p;
    port_put(p);
    return NULL;
}

struct port *port_add(HANDLE handle, BOOL can_serve)
{
    HANDLE self = GetCurrentProcess();
    struct port *p = record_new();

    if (!p)
        return NULL;
    p->can_serve = can_serve;
    p->handles = 1;
    InterlockedExchange(&p->refs, 2);
    if (!can_serve && port_kernel.duplicate(self, handle, self, &p->own, 0, 0, DUPLICATE_SAME_ACCESS))
        p->own = NULL;
    if (handle_map_set(&port_handles, (uintptr_t)handle, p, NULL)) {
        port_put(p);
        port_put(p);
        return NULL;
    }
    return p;
}
