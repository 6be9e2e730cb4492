/* SPDX-License-Identifier: MIT */
/* Who wants a packet takes it from the queue, or waits in Linux for the sockets and for those who queue. */
#include "providers/tcpip/port_parts.h"

enum { LOOK_EVERY = 16 }; /* packets of the queue, until the sockets are looked after as well */

/* ---- waiting ---- */

/* Waits for news at most `ms` (-1: for ever) and does what they make possible. `counted`: among p->waiting, but only for the wait. */
static ULONGLONG look(struct port *p, int ms, BOOL counted)
{
    ULONGLONG news[HALF_NEWS];
    struct half_watch_wait w = { p->watch, ms, (ULONG_PTR)news, HALF_NEWS, 0, 0 };

    fast_call(HALF_WATCH_WAIT, &w);
    if (counted) {
        lock_take(&p->lock);
        p->waiting--;
        lock_drop(&p->lock);
    }
    for (ULONG i = 0; i < w.count; i++) {
        struct sock *k = (struct sock *)(ULONG_PTR)news[i];

        if (!sock_try_hold(k))
            continue;
        pend_run(k); /* which takes the lock before it looks: one may be on its way, with nothing found to receive */
        sock_put(k);
    }
    return w.now_ms;
}

/*
 * The keeper. Windows carries a receive out when the data come; here it is done by whoever waits for the port. When nobody has done
 * that for a while, the keeper does it, for programs that look at the OVERLAPPED and not at the port.
 */
enum { TICK_MS = 10, SLOW_TICK_MS = 100, SLOW_AFTER = 100, END_AFTER = 400 };

static LONG volatile keeper_runs;

static BOOL tick(struct port *p)
{
    BOOL needed, wake;

    if (!p->pends || p->mode != PORT_HERE || !port_try_hold(p))
        return FALSE;
    lock_take(&p->lock);
    needed = p->mode == PORT_HERE && !p->waiting;
    if (needed && p->calls == p->calls_at_tick) {
        lock_drop(&p->lock);
        look(p, 0, FALSE);
        lock_take(&p->lock);
    }
    p->calls_at_tick = p->calls;
    wake = p->count && p->waiting; /* the look may have swallowed it */
    lock_drop(&p->lock);
    if (wake)
        fast_wake(p->waker, TRUE);
    port_put(p);
    return needed;
}

static BOOL tick_all(void)
{
    BOOL needed = FALSE;

    for (struct port *p = port_all; p; p = p->next)
        needed |= tick(p);
    return needed;
}

static void need_keeper(void);

static DWORD WINAPI keeper(void *arg)
{
    (void)arg;
    for (ULONG idle = 0; idle < END_AFTER; idle++) {
        if (tick_all())
            idle = 0;
        Sleep(idle < SLOW_AFTER ? TICK_MS : SLOW_TICK_MS);
    }
    InterlockedExchange(&keeper_runs, 0);
    if (tick_all()) /* somebody has relied on it since the last look */
        need_keeper();
    return 0;
}

static void need_keeper(void)
{
    if (!keeper_runs && !InterlockedExchange(&keeper_runs, 1) && !port_run_thread(keeper, NULL))
        InterlockedExchange(&keeper_runs, 0);
}

void port_pended(struct sock *k)
{
    if (k->port && !k->port->waiting)
        need_keeper();
}

void port_count_pends(struct sock *k, LONG change)
{
    if (k->port)
        InterlockedExchangeAdd(&k->port->pends, change);
}

BOOL port_watch(struct sock *k)
{
    struct half_watch w = { .on = 1, .data = (ULONG_PTR)k, .fd = k->fd - 1 };

    if (k->watched)
        return TRUE;
    if (!port_serves(k) || k->fd <= 0)
        return FALSE;
    w.watch = k->port->watch;
    k->watched = !fast_call(HALF_WATCH, &w) && !w.status;
    return k->watched;
}

/* ---- removing ---- */

struct deadline {
    ULONGLONG at; /* system time; 0: none */
    BOOL now;
};

static ULONGLONG system_time(void)
{
    FILETIME t;

    GetSystemTimeAsFileTime(&t);
    return (ULONGLONG)t.dwHighDateTime << 32 | t.dwLowDateTime;
}

static struct deadline deadline_of(const LARGE_INTEGER *timeout)
{
    struct deadline d = { 0, FALSE };

    if (!timeout || timeout->QuadPart == (LONGLONG)0x8000000000000000)
        return d;
    d.now = !timeout->QuadPart;
    if (timeout->QuadPart < 0)
        d.at = system_time() - (ULONGLONG)timeout->QuadPart;
    else
        d.at = (ULONGLONG)timeout->QuadPart;
    return d;
}

static LONGLONG left_of(const struct deadline *d)
{
    LONGLONG left = d->now ? 0 : (LONGLONG)(d->at - system_time());

    return left > 0 ? left : 0;
}

/* How long to wait in Linux: at most an hour at a time. */
static int wait_ms(const struct deadline *d)
{
    enum { HOUR = 3600000 };
    LONGLONG ms;

    if (!d->now && !d->at)
        return -1;
    ms = (left_of(d) + 9999) / 10000;
    return ms > HOUR ? HOUR : (int)ms;
}

/*
 * What makes GetQueuedCompletionStatus() say ERROR_ABANDONED_WAIT_0, as it does on Windows. The status that Windows has for it below is
 * STATUS_ABANDONED_WAIT_0, but Wine 8.0 makes another error of that.
 */
#define STATUS_PORT_GONE ((NTSTATUS)0x800702DF)

/* Not a status of NT: the port's mode has changed, or the packet was only to wake us. */
#define STATUS_AGAIN ((NTSTATUS)0xE0575302)

/*
 * The time is over. What the server has counts as there, so it is asked; but if nothing is expected from it, not more often than every
 * millisecond.
 */
static BOOL asked_server(struct port *p, ULONGLONG now_ms)
{
    if (!p->foreign && p->asked_ms == now_ms)
        return FALSE;
    p->asked_ms = now_ms;
    return port_fetch(p, BATCH) != 0;
}

static NTSTATUS remove_here(struct port *p, struct ws2_packet *packets, ULONG room, ULONG *count,
                            const struct deadline *d)
{
    BOOL look_first = FALSE;

    for (;;) {
        ULONGLONG now_ms;
        BOOL wake, mine;
        int ms;

        lock_take(&p->lock);
        if (p->mode != PORT_HERE) {
            NTSTATUS status = p->mode == PORT_CLOSED ? STATUS_PORT_GONE : STATUS_AGAIN;

            wake = p->waiting != 0;
            lock_drop(&p->lock);
            if (wake) /* each wakes the next */
                fast_wake(p->waker, TRUE);
            return status;
        }
        look_first = !look_first && ++p->calls % LOOK_EVERY == 0 && p->pends;
        *count = look_first ? 0 : port_take(p, packets, room);
        mine = *count != 0;
        wake = p->count && p->waiting;
        if (!mine && !look_first)
            p->waiting++;
        lock_drop(&p->lock);
        if (wake)
            fast_wake(p->waker, TRUE);
        if (mine)
            return STATUS_SUCCESS;
        if (look_first) {
            look(p, 0, FALSE);
            continue;
        }

        ms = wait_ms(d);
        if (ms && p->pends)
            need_keeper(); /* for the time after this wait */
        if (ms && !port_pump(p)) {
            lock_take(&p->lock);
            p->waiting--;
            lock_drop(&p->lock);
            port_leave_mode(p, PORT_RETIRED);
            continue;
        }
        now_ms = look(p, ms, TRUE);
        if (p->pends) /* those that have been added meanwhile relied on this wait, which may have been the last */
            need_keeper();
        if ((d->now || d->at) && !p->count && !left_of(d) && !asked_server(p, now_ms) && !p->count &&
            p->mode == PORT_HERE)
            return STATUS_TIMEOUT;
    }
}

static NTSTATUS remove_from_server(struct port *p, HANDLE handle, struct ws2_packet *packets, ULONG room,
                                   ULONG *count, const struct deadline *d, BOOL alertable)
{
    LARGE_INTEGER left = { .QuadPart = 0 };
    ULONG got = 0;
    NTSTATUS status;

    if (d->at)
        left.QuadPart = -left_of(d);
    lock_take(&p->lock);
    if (p->mode == PORT_HERE) {
        lock_drop(&p->lock);
        return STATUS_AGAIN;
    }
    p->sleepers++;
    lock_drop(&p->lock);
    status = port_kernel.remove_ex(handle, packets, room, &got, d->at || d->now ? &left : NULL, (BOOLEAN)alertable);
    lock_take(&p->lock);
    p->sleepers--;
    lock_drop(&p->lock);
    if (status)
        return status;
    *count = port_drop_wakes(packets, got);
    return *count ? STATUS_SUCCESS : STATUS_AGAIN;
}

BOOL port_remove(HANDLE handle, struct ws2_packet *packets, ULONG room, ULONG *count,
                      const LARGE_INTEGER *timeout, BOOL alertable, LONG *status)
{
    struct port *p = port_find(handle);
    struct deadline d;

    if (!p)
        return FALSE;
    if (!p->can_serve && p->mode == PORT_KERNEL) {
        port_put(p);
        return FALSE;
    }
    d = deadline_of(timeout);
    do {
        if (alertable && p->mode == PORT_HERE)
            port_leave_mode(p, PORT_RETIRED);
        *status = p->mode == PORT_HERE || p->mode == PORT_CLOSED
                      ? remove_here(p, packets, room, count, &d)
                      : remove_from_server(p, handle, packets, room, count, &d, alertable);
    } while (*status == STATUS_AGAIN);
    port_put(p);
    return TRUE;
}
