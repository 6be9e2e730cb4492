/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/completion.h"

#include <stdlib.h>

#include "base/handle_map.h"
#include "base/lock.h"
#include "base/wsaerr.h"

/* Shared by the handle that is tied to it and the completions that are on their way to it. */
struct port {
    uintptr_t handle, key;
    unsigned refs; /* guarded by lock */
};

/* Never given back, so that completion_known() may look without a lock: the map's rule. */
struct known {
    uintptr_t handle;
    struct port *port;       /* guarded by lock */
    uint32_t modes;          /* guarded by lock */
    bool watched;            /* constant: completion_watch() */
    uintptr_t waiter;        /* stays with the memory: whoever has read it may still set it; guarded by lock */
    struct known *next_free; /* guarded by lock */
};

static struct handle_map map;
static struct handle_map aliases; /* duplicate -> the handle itself */
static struct lock lock; /* taken before the map's own */
static struct known *free_list;
static size_t count; /* known handles; read without the lock */
static bool any_waiter; /* read without the lock */

static uintptr_t drop(struct port *p) WS2_REQUIRES(lock)
{
    uintptr_t handle;

    if (!p || --p->refs)
        return 0;
    handle = p->handle;
    free(p);
    return handle;
}

static uintptr_t put_away(struct known *k) WS2_REQUIRES(lock)
{
    uintptr_t to_close = drop(k->port);

    k->port = NULL;
    k->next_free = free_list;
    free_list = k;
    return to_close;
}

static int begin(uintptr_t handle, bool watched, uintptr_t *stale)
{
    struct known *k;
    void *old = NULL;
    int err = WSA_NOT_ENOUGH_MEMORY;

    *stale = 0;
    lock_take(&lock);
    k = free_list;
    if (k)
        free_list = k->next_free;
    else
        k = calloc(1, sizeof *k);
    if (k) {
        *k = (struct known){ .handle = handle, .waiter = k->waiter, .watched = watched };
        err = handle_map_set(&map, handle, k, &old);
        if (err)
            put_away(k);
        else if (old)
            *stale = put_away(old);
        else
            __atomic_fetch_add(&count, 1, __ATOMIC_RELEASE);
    }
    lock_drop(&lock);
    return err;
}

int completion_open(uintptr_t handle, uintptr_t *stale)
{
    return begin(handle, false, stale);
}

int completion_watch(uintptr_t handle, uintptr_t *stale)
{
    return begin(handle, true, stale);
}

uintptr_t completion_close(uintptr_t handle)
{
    struct known *k;
    uintptr_t to_close = 0;

    lock_take(&lock);
    k = handle_map_remove(&map, handle, NULL);
    if (k) {
        to_close = put_away(k);
        __atomic_fetch_sub(&count, 1, __ATOMIC_RELEASE);
    }
    lock_drop(&lock);
    return to_close;
}

static struct known *find(uintptr_t handle)
{
    return __atomic_load_n(&count, __ATOMIC_ACQUIRE) ? handle_map_find(&map, handle) : NULL;
}

bool completion_known(uintptr_t handle)
{
    struct known *k = find(handle);

    return k && !k->watched;
}

bool completion_watched(uintptr_t handle)
{
    struct known *k = find(handle);

    return k && k->watched;
}

uintptr_t completion_tie(uintptr_t handle, uintptr_t port, uintptr_t key)
{
    struct port *p = port ? malloc(sizeof *p) : NULL;
    uintptr_t to_close = port;
    struct known *k;

    lock_take(&lock);
    k = handle_map_find(&map, handle);
    if (k && (p || !port)) {
        if (p)
            *p = (struct port){ port, key, 1 };
        to_close = drop(k->port);
        k->port = p;
        p = NULL;
    }
    lock_drop(&lock);
    free(p);
    return to_close;
}

void completion_set_modes(uintptr_t handle, uint32_t modes)
{
    struct known *k;

    lock_take(&lock);
    k = handle_map_find(&map, handle);
    if (k)
        k->modes |= modes; /* the kernel only ever adds */
    lock_drop(&lock);
}

uint32_t completion_modes(uintptr_t handle)
{
    struct known *k;
    uint32_t modes = 0;

    lock_take(&lock);
    k = handle_map_find(&map, handle);
    if (k)
        modes = k->modes;
    lock_drop(&lock);
    return modes;
}

uintptr_t completion_waiter(uintptr_t handle)
{
    struct known *k;
    uintptr_t waiter = 0;

    if (!__atomic_load_n(&any_waiter, __ATOMIC_ACQUIRE))
        return 0;
    lock_take(&lock);
    k = handle_map_find(&map, handle);
    if (k)
        waiter = k->waiter;
    lock_drop(&lock);
    return waiter;
}

uintptr_t completion_set_waiter(uintptr_t handle, uintptr_t event)
{
    struct known *k;

    lock_take(&lock);
    k = handle_map_find(&map, handle);
    if (k && !k->waiter)
        k->waiter = event;
    event = k ? k->waiter : 0;
    lock_drop(&lock);
    __atomic_store_n(&any_waiter, true, __ATOMIC_RELEASE);
    return event;
}

uintptr_t completion_original(uintptr_t alias)
{
    uintptr_t original;

    if (!__atomic_load_n(&count, __ATOMIC_ACQUIRE))
        return 0;
    original = (uintptr_t)handle_map_find(&aliases, alias);
    return original && find(original) ? original : 0;
}

void completion_duplicated(uintptr_t alias, uintptr_t original)
{
    if (!find(original))
        original = completion_original(original);
    if (original && !find(alias))
        handle_map_set(&aliases, alias, (void *)original, NULL);
}

bool completion_tied(uintptr_t handle)
{
    struct known *k;
    bool tied;

    if (!completion_known(handle))
        return false;
    lock_take(&lock);
    k = handle_map_find(&map, handle);
    tied = k && k->port;
    lock_drop(&lock);
    return tied;
}

bool completion_get(uintptr_t handle, struct completion_port *out)
{
    struct known *k;
    bool found = false;

    lock_take(&lock);
    k = handle_map_find(&map, handle);
    if (k && k->port) {
        k->port->refs++;
        *out = (struct completion_port){ k->port->handle, k->port->key, k->port };
        found = true;
    }
    lock_drop(&lock);
    return found;
}

uintptr_t completion_put(struct completion_port *p)
{
    uintptr_t to_close;

    lock_take(&lock);
    to_close = drop(p->held);
    lock_drop(&lock);
    return to_close;
}

struct completion_plan completion_decide(uintptr_t event, bool tied, bool all_seen)
{
    struct completion_plan plan = { .event = event & ~(uintptr_t)1, .packet = PACKET_NONE };

    if (event & 1)
        return plan;
    if (tied)
        plan.packet = PACKET_EXACT;
    else if (!all_seen)
        plan.packet = PACKET_BY_HANDLE;
    return plan;
}

bool completion_result_pending(uint32_t modes, bool has_overlapped, bool has_routine)
{
    return has_overlapped && !has_routine && modes & COMPLETION_SKIP_PORT;
}
