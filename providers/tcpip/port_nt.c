/* SPDX-License-Identifier: MIT */
/* What is seen of the program's handles, and when a port begins to be served here. The other parts are in port_parts.h. */
#include "providers/tcpip/port_parts.h"

static BOOL volatile observed;

BOOL port_observed(void)
{
    return observed;
}

BOOL port_serves(const struct sock *k)
{
    return k->port && k->port->mode == PORT_HERE;
}

static void on_port_made(HANDLE handle, ULONG asleep, BOOL tied)
{
    struct port *p = port_add(handle, TRUE);

    if (!p)
        return;
    lock_take(&p->lock);
    p->sleepers += asleep;
    p->foreign = tied;
    lock_drop(&p->lock);
    port_put(p);
}

static ULONG on_awake(HANDLE handle, struct ws2_packet *packets, ULONG count)
{
    struct port *p = port_find(handle);

    if (p) {
        lock_take(&p->lock);
        p->sleepers--;
        lock_drop(&p->lock);
        port_put(p);
    }
    return port_drop_wakes(packets, count);
}

static BOOL on_post(HANDLE handle, const struct ws2_packet *packet)
{
    struct port *p = port_find(handle);
    BOOL done;

    if (!p)
        return FALSE;
    done = p->mode == PORT_HERE && port_queue(p, packet);
    port_put(p);
    return done;
}

/* The first socket of ours: those who sleep in the server for the port are to wait here instead. */
static void serve(struct port *p)
{
    struct half_watch_new w = { -1, -1 };
    ULONG sleepers;

    lock_take(&p->lock);
    if (p->mode != PORT_KERNEL || !p->can_serve || !p->own || fast_call(HALF_WATCH_NEW, &w) || w.watch < 0) {
        lock_drop(&p->lock);
        return;
    }
    p->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    p->watch = w.watch;
    p->waker = w.waker;
    if (p->stop)
        p->mode = PORT_HERE;
    sleepers = p->stop ? p->sleepers : 0;
    lock_drop(&p->lock);
    while (sleepers--)
        port_wake_sleeper(p);
}

static void tie(struct sock *k, struct port *p, ULONG_PTR key)
{
    struct port *old;

    pend_to_device(k);
    lock_take(&k->lock);
    old = k->port;
    k->port_key = key;
    k->port = p;
    lock_drop(&k->lock);
    if (old)
        k->given = TRUE; /* moved from one port to another, which only much newer systems can */
}

static void on_tied(HANDLE file, HANDLE handle, ULONG_PTR key)
{
    HANDLE self = GetCurrentProcess();
    struct sock *k = sock_find(file);
    struct port *p = port_find(handle);

    if (k && !p)
        p = port_add(handle, FALSE);
    if (p && k) {
        lock_take(&p->lock);
        if (!p->own && port_kernel.duplicate(self, handle, self, &p->own, 0, 0, DUPLICATE_SAME_ACCESS))
            p->own = NULL;
        lock_drop(&p->lock);
        serve(p);
        tie(k, p, key); /* the reference goes along */
    } else if (p) {
        p->foreign = TRUE;
        port_put(p);
    }
    if (k && !p) /* nobody knows where its packets go */
        k->given = TRUE;
    if (k)
        sock_put(k);
}

static void on_modes_set(HANDLE file, ULONG modes)
{
    struct sock *k = sock_find(file);

    if (!k)
        return;
    k->port_modes |= modes;
    sock_put(k);
}

static void on_duplicated(HANDLE from, HANDLE to)
{
    struct sock *k = sock_find(from);
    struct port *p;

    if (k) {
        k->given = TRUE;
        pend_to_device(k);
        sock_put(k);
        return;
    }
    p = port_find(from);
    if (!p)
        return;
    if (!to || handle_map_set(&port_handles, (uintptr_t)to, p, NULL)) {
        port_leave_mode(p, PORT_RETIRED);
    } else {
        InterlockedIncrement(&p->refs);
        lock_take(&p->lock);
        p->handles++;
        lock_drop(&p->lock);
    }
    port_put(p);
}

static void on_closing(HANDLE handle)
{
    struct port *p = handle_map_find(&port_handles, (uintptr_t)handle);
    BOOL last;

    if (!p) {
        sock_lose(handle);
        return;
    }
    if (!handle_map_remove(&port_handles, (uintptr_t)handle, p))
        return;
    lock_take(&p->lock);
    last = !--p->handles;
    lock_drop(&p->lock);
    if (last)
        port_leave_mode(p, PORT_CLOSED);
    port_put(p);
}

static BOOL on_cancel(HANDLE file, void *operation, BOOL own_thread_only)
{
    struct sock *k = sock_find(file);
    BOOL found;

    if (!k)
        return FALSE;
    found = pend_cancel(k, operation, own_thread_only);
    sock_put(k);
    return found && operation && !own_thread_only;
}

void port_leave(struct sock *k)
{
    struct half_watch w = { .on = 0, .fd = k->fd - 1 };
    struct port *p = k->port;

    if (!p)
        return;
    if (k->watched) {
        w.watch = p->watch;
        fast_call(HALF_WATCH, &w);
        k->watched = FALSE;
    }
    port_expect_none(p, k);
    k->port = NULL;
    port_put(p);
}

void port_start(void)
{
    static const struct ws2_observer observer = {
        .size = sizeof observer,
        .port_made = on_port_made,
        .awake = on_awake,
        .tied = on_tied,
        .modes_set = on_modes_set,
        .duplicated = on_duplicated,
        .closing = on_closing,
        .remove = port_remove,
        .post = on_post,
        .cancel = on_cancel,
    };
    HMODULE ws2_32 = GetModuleHandleW(L"ws2_32.dll"), self;
    ws2_observe_handles observe;

    observe = ws2_32 ? (ws2_observe_handles)(void *)GetProcAddress(ws2_32, "WPUObserveHandles") : NULL;
    if (!observe || !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                            GET_MODULE_HANDLE_EX_FLAG_PIN,
                                        (LPCWSTR)(void *)port_start, &self))
        return;
    observed = !observe(&observer, &port_kernel);
}
