/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/port.h"

#include <stdlib.h>
#include <string.h>

#include "base/handle_map.h"
#include "base/observer.h"
#include "providers/tcpip/fast.h"
#include "providers/tcpip/pend.h"

/*
 * KERNEL: not served here, perhaps not yet. HERE: served here. RETIRED: not served here any more. CLOSED: was served here, and the
 * program has closed its last handle; packets have nobody to go to.
 */
enum port_mode { PORT_KERNEL, PORT_HERE, PORT_RETIRED, PORT_CLOSED };

/* A packet that the server has still to send: for this operation of `sock`. */
struct expected {
    struct sock *sock; /* not counted: the port's are let go with their expectations */
    LPWSAOVERLAPPED ov;
    enum afd_kind kind;
};

/* Records go back to a free list and stay mapped, as those of sockets do. */
struct port {
    struct port *next;        /* of all there are; never changes */
    struct port *next_free;
    LONG volatile refs;
    struct lock lock;         /* guards what changes, mode included */
    struct lock server_lock;  /* held from taking packets out of the server's port until they are in the queue */

    enum port_mode volatile mode;
    BOOL can_serve;           /* we have seen it made: nobody waits for it unseen */
    LONG handles;             /* that the program has of it */
    HANDLE own;               /* ours */

    struct ws2_packet *queue; /* a ring */
    size_t first, room;
    size_t volatile count;

    int watch, waker;         /* half.h */
    ULONG volatile waiting;   /* threads that wait, or are about to, in Linux */
    ULONG sleepers;           /* and in the server, since before it was served here */
    ULONG calls;              /* times that somebody wanted a packet */
    ULONG calls_at_tick;      /* the keeper's */
    ULONGLONG asked_ms;       /* when the server was last asked for packets that nobody expects */
    BOOL volatile foreign;    /* the server may have packets for it */
    BOOL pumping;
    HANDLE stop;              /* ends the pump */
    LONG volatile pends;      /* receives that wait in the process */

    struct expected *expected;
    size_t expected_count, expected_room;
};

enum { BATCH = 32 };
enum { LOOK_EVERY = 16 }; /* packets of the queue, until the sockets are looked after as well */

static struct handle_map ports;
static struct lock records_lock;
static struct port *free_records, *volatile all_records; /* guarded by records_lock; the second is read without */
static struct ws2_kernel kernel;
static BOOL volatile observed;

/* The key and context of a packet that only wakes a thread which sleeps in the server. */
static char wake_key, wake_context;

static BOOL is_wake(const struct ws2_packet *p)
{
    return p->key == (ULONG_PTR)&wake_key && p->context == (ULONG_PTR)&wake_context;
}

BOOL port_observed(void)
{
    return observed;
}

BOOL port_serves(const struct sock *k)
{
    return k->port && k->port->mode == PORT_HERE;
}

/* ---- records ---- */

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
            p->next = all_records;
            all_records = p;
        }
    }
    lock_drop(&records_lock);
    if (p) {
        memset((char *)p + offsetof(struct port, mode), 0, sizeof *p - offsetof(struct port, mode));
        p->watch = p->waker = -1;
    }
    return p;
}

static BOOL try_hold(struct port *p)
{
    LONG refs = p->refs;

    while (refs) {
        LONG seen = InterlockedCompareExchange(&p->refs, refs + 1, refs);

        if (seen == refs)
            return TRUE;
        refs = seen;
    }
    return FALSE;
}

static void let_go(struct port *p)
{
    if (InterlockedDecrement(&p->refs))
        return;
    if (p->watch >= 0) {
        fast_fd_close(p->watch);
        fast_fd_close(p->waker);
    }
    if (p->own)
        kernel.close(p->own);
    if (p->stop)
        kernel.close(p->stop);
    free(p->queue);
    free(p->expected);
    lock_take(&records_lock);
    p->next_free = free_records;
    free_records = p;
    lock_drop(&records_lock);
}

/* With a reference, or NULL. */
static struct port *find(HANDLE handle)
{
    struct port *p = handle_map_find(&ports, (uintptr_t)handle);

    if (!p || !try_hold(p))
        return NULL;
    if (handle_map_find(&ports, (uintptr_t)handle) == p)
        return p;
    let_go(p);
    return NULL;
}

/* One reference for the map and one for the caller. NULL: no memory. */
static struct port *add(HANDLE handle, BOOL can_serve)
{
    HANDLE self = GetCurrentProcess();
    struct port *p = record_new();

    if (!p)
        return NULL;
    p->can_serve = can_serve;
    p->handles = 1;
    InterlockedExchange(&p->refs, 2);
    if (!can_serve && kernel.duplicate(self, handle, self, &p->own, 0, 0, DUPLICATE_SAME_ACCESS))
        p->own = NULL;
    if (handle_map_set(&ports, (uintptr_t)handle, p, NULL)) {
        let_go(p);
        let_go(p);
        return NULL;
    }
    return p;
}

static void on_port_made(HANDLE handle, ULONG asleep, BOOL tied)
{
    struct port *p = add(handle, TRUE);

    if (!p)
        return;
    lock_take(&p->lock);
    p->sleepers += asleep;
    p->foreign = tied;
    lock_drop(&p->lock);
    let_go(p);
}

static ULONG drop_wakes(struct ws2_packet *packets, ULONG count)
{
    ULONG kept = 0;

    for (ULONG i = 0; i < count; i++) {
        if (!is_wake(&packets[i]))
            packets[kept++] = packets[i];
    }
    return kept;
}

static ULONG on_awake(HANDLE handle, struct ws2_packet *packets, ULONG count)
{
    struct port *p = find(handle);

    if (p) {
        lock_take(&p->lock);
        p->sleepers--;
        lock_drop(&p->lock);
        let_go(p);
    }
    return drop_wakes(packets, count);
}

/* ---- the queue ---- */

/* FALSE: no memory. */
static BOOL append(struct port *p, const struct ws2_packet *packet) WS2_REQUIRES(p->lock)
{
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 64;
        struct ws2_packet *queue = malloc(room * sizeof *queue);

        if (!queue)
            return FALSE;
        for (size_t i = 0; i < p->count; i++)
            queue[i] = p->queue[(p->first + i) & (p->room - 1)];
        free(p->queue);
        p->queue = queue;
        p->first = 0;
        p->room = room;
    }
    p->queue[(p->first + p->count++) & (p->room - 1)] = *packet;
    return TRUE;
}

static ULONG take(struct port *p, struct ws2_packet *packets, ULONG room) WS2_REQUIRES(p->lock)
{
    ULONG n = 0;

    for (; n < room && p->count; p->count--) {
        packets[n++] = p->queue[p->first];
        p->first = (p->first + 1) & (p->room - 1);
    }
    return n;
}

static void post_to_server(struct port *p, const struct ws2_packet *packet)
{
    if (p->own)
        kernel.post(p->own, packet->key, packet->context, packet->status, packet->bytes);
}

/* TRUE: told, or nobody is left to tell. FALSE: the server is to have it. */
static BOOL put(struct port *p, const struct ws2_packet *packet)
{
    BOOL done, wake = FALSE;

    lock_take(&p->lock);
    done = p->mode == PORT_CLOSED || (p->mode == PORT_HERE && append(p, packet));
    wake = done && p->waiting;
    lock_drop(&p->lock);
    if (wake)
        fast_wake(p->waker, TRUE);
    return done;
}

static BOOL on_post(HANDLE handle, const struct ws2_packet *packet)
{
    struct port *p = find(handle);
    BOOL done;

    if (!p)
        return FALSE;
    done = p->mode == PORT_HERE && put(p, packet);
    let_go(p);
    return done;
}

/* ---- packets that the server will send, so that none of later operations comes before them ---- */

static BOOL expect(struct port *p, struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov)
    WS2_REQUIRES(p->lock)
{
    if (p->expected_count == p->expected_room) {
        size_t room = p->expected_room ? p->expected_room * 2 : 16;
        struct expected *grown = realloc(p->expected, room * sizeof *grown);

        if (!grown)
            return FALSE;
        p->expected = grown;
        p->expected_room = room;
    }
    p->expected[p->expected_count++] = (struct expected){ k, ov, kind };
    return TRUE;
}

/* `k` NULL: of whatever socket. The oldest of those that fit. */
static void unexpect(struct port *p, const struct sock *k, const void *ov) WS2_REQUIRES(p->lock)
{
    for (size_t i = 0; i < p->expected_count; i++) {
        struct expected *e = &p->expected[i];

        if (e->ov == ov && (!k || e->sock == k)) {
            InterlockedDecrement(&e->sock->behind[e->kind]);
            memmove(e, e + 1, (--p->expected_count - i) * sizeof *e);
            return;
        }
    }
}

void port_expect(struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov)
{
    struct port *p = k->port;

    if (!p || p->mode != PORT_HERE)
        return;
    lock_take(&p->lock);
    /* Without memory it stays behind for good, which is slow and right. */
    InterlockedIncrement(&k->behind[kind]);
    expect(p, k, kind, ov);
    lock_drop(&p->lock);
}

void port_unexpect(struct sock *k, LPWSAOVERLAPPED ov)
{
    struct port *p = k->port;

    if (!p)
        return;
    lock_take(&p->lock);
    unexpect(p, k, ov);
    lock_drop(&p->lock);
}

static void expect_none_of(struct port *p, const struct sock *k)
{
    size_t kept = 0;

    lock_take(&p->lock);
    for (size_t i = 0; i < p->expected_count; i++) {
        if (p->expected[i].sock != k)
            p->expected[kept++] = p->expected[i];
    }
    p->expected_count = kept;
    lock_drop(&p->lock);
}

void port_tell(struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov, NTSTATUS status, ULONG bytes)
{
    struct port *p = k->port;
    struct ws2_packet packet = { .key = k->port_key, .context = (ULONG_PTR)ov, .bytes = bytes };
    BOOL behind = FALSE;

    if (!p)
        return;
    packet.status = status;
    if (k->behind[kind]) {
        lock_take(&p->lock);
        behind = p->mode == PORT_HERE && k->behind[kind];
        if (behind) {
            InterlockedIncrement(&k->behind[kind]);
            expect(p, k, kind, ov);
        }
        lock_drop(&p->lock);
    }
    if (behind || !put(p, &packet))
        post_to_server(p, &packet);
}

void port_is_foreign(struct sock *k)
{
    if (k->port && !k->port->foreign)
        k->port->foreign = TRUE;
}

/* ---- handing back ---- */

static struct lock visit_lock;
static struct port *visited; /* guarded by visit_lock */

static void give_receives(struct sock *k)
{
    if (k->port == visited)
        pend_to_device(k);
}

static void give_all_receives(struct port *p)
{
    lock_take(&visit_lock);
    visited = p;
    sock_each(give_receives);
    lock_drop(&visit_lock);
}

/* The port is not served here from now on. Whoever waits for it looks again. */
static void leave_mode(struct port *p, enum port_mode mode)
{
    struct ws2_packet packet;
    BOOL left;

    lock_take(&p->server_lock);
    lock_take(&p->lock);
    left = p->mode == PORT_HERE;
    if (left) {
        while (take(p, &packet, 1)) {
            if (mode == PORT_RETIRED)
                post_to_server(p, &packet);
        }
        p->mode = mode;
    } else if (mode == PORT_RETIRED) {
        p->can_serve = FALSE;
    }
    lock_drop(&p->lock);
    lock_drop(&p->server_lock);
    if (!left)
        return;
    fast_wake(p->waker, TRUE);
    if (p->stop)
        SetEvent(p->stop);
    give_all_receives(p);
}

/* ---- what the server has ---- */

static void wake_sleeper(struct port *p)
{
    kernel.post(p->own, (ULONG_PTR)&wake_key, (ULONG_PTR)&wake_context, 0, 0);
}

/*
 * Moves what the server has for the port to the queue, at most `most` packets. Returns how much that was. To find out that there are no more
 * costs as much as a packet.
 */
static ULONG fetch(struct port *p, ULONG most)
{
    struct ws2_packet packets[BATCH];
    LARGE_INTEGER now = { .QuadPart = 0 };
    ULONG got = 0, fetched = 0, wakes = 0;
    BOOL wake;

    lock_take(&p->server_lock);
    if (p->mode == PORT_HERE && kernel.remove_ex(p->own, packets, most, &got, &now, FALSE))
        got = 0;
    lock_take(&p->lock);
    for (ULONG i = 0; i < got; i++) {
        if (is_wake(&packets[i])) {
            wakes++;
            continue;
        }
        if (p->expected_count)
            unexpect(p, NULL, (void *)packets[i].context);
        if (append(p, &packets[i]))
            fetched++;
    }
    wake = fetched && p->waiting;
    if (wakes > p->sleepers)
        wakes = p->sleepers;
    lock_drop(&p->lock);
    lock_drop(&p->server_lock);
    if (wake)
        fast_wake(p->waker, TRUE);
    if (wakes) { /* they were for others, who are only about to take them */
        while (wakes--)
            wake_sleeper(p);
        Sleep(1);
    }
    return fetched;
}

/* So that a process can end whose other threads have: nobody needs a pump who has not wanted a packet for so long. */
enum { PUMP_IDLE_MS = 10000 };

static BOOL pump_may_end(struct port *p, BOOL idle, ULONG *calls)
{
    BOOL end;

    lock_take(&p->lock);
    end = p->mode != PORT_HERE || (idle && !p->waiting && p->calls == *calls);
    *calls = p->calls;
    if (end)
        p->pumping = FALSE;
    lock_drop(&p->lock);
    return end;
}

static DWORD WINAPI pump(void *arg)
{
    struct port *p = arg;
    HANDLE on[2] = { p->stop, p->own };
    ULONG calls = 0;
    BOOL idle = FALSE;

    while (!pump_may_end(p, idle, &calls)) {
        DWORD what = WaitForMultipleObjects(2, on, FALSE, PUMP_IDLE_MS);

        idle = what == WAIT_TIMEOUT;
        if (what == WAIT_OBJECT_0 + 1)
            fetch(p, 1);
    }
    let_go(p);
    return 0;
}

static BOOL run_thread(LPTHREAD_START_ROUTINE fn, void *arg)
{
    DWORD code = GetLastError();
    HANDLE thread = CreateThread(NULL, 0x40000, fn, arg, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);

    if (thread)
        CloseHandle(thread);
    SetLastError(code);
    return thread != NULL;
}

/* FALSE: there is no pump, so nobody may wait. */
static BOOL pump_start(struct port *p)
{
    BOOL start;

    lock_take(&p->lock);
    start = !p->pumping && p->mode == PORT_HERE;
    if (start)
        p->pumping = TRUE;
    lock_drop(&p->lock);
    if (!start)
        return TRUE;
    InterlockedIncrement(&p->refs);
    if (run_thread(pump, p))
        return TRUE;
    lock_take(&p->lock);
    p->pumping = FALSE;
    lock_drop(&p->lock);
    let_go(p);
    return FALSE;
}

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
        if (k->port == p)
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

    if (!p->pends || p->mode != PORT_HERE || !try_hold(p))
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
    let_go(p);
    return needed;
}

static BOOL tick_all(void)
{
    BOOL needed = FALSE;

    for (struct port *p = all_records; p; p = p->next)
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
    if (!keeper_runs && !InterlockedExchange(&keeper_runs, 1) && !run_thread(keeper, NULL))
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
    return fetch(p, BATCH) != 0;
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
        *count = look_first ? 0 : take(p, packets, room);
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
        if (ms && !pump_start(p)) {
            lock_take(&p->lock);
            p->waiting--;
            lock_drop(&p->lock);
            leave_mode(p, PORT_RETIRED);
            continue;
        }
        now_ms = look(p, ms, TRUE);
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
    status = kernel.remove_ex(handle, packets, room, &got, d->at || d->now ? &left : NULL, (BOOLEAN)alertable);
    lock_take(&p->lock);
    p->sleepers--;
    lock_drop(&p->lock);
    if (status)
        return status;
    *count = drop_wakes(packets, got);
    return *count ? STATUS_SUCCESS : STATUS_AGAIN;
}

static BOOL on_remove(HANDLE handle, struct ws2_packet *packets, ULONG room, ULONG *count,
                      const LARGE_INTEGER *timeout, BOOL alertable, LONG *status)
{
    struct port *p = find(handle);
    struct deadline d;

    if (!p)
        return FALSE;
    if (!p->can_serve && p->mode == PORT_KERNEL) {
        let_go(p);
        return FALSE;
    }
    d = deadline_of(timeout);
    do {
        if (alertable && p->mode == PORT_HERE)
            leave_mode(p, PORT_RETIRED);
        *status = p->mode == PORT_HERE || p->mode == PORT_CLOSED
                      ? remove_here(p, packets, room, count, &d)
                      : remove_from_server(p, handle, packets, room, count, &d, alertable);
    } while (*status == STATUS_AGAIN);
    let_go(p);
    return TRUE;
}

/* ---- what is seen ---- */

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
        wake_sleeper(p);
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
    struct port *p = find(handle);

    if (k && !p)
        p = add(handle, FALSE);
    if (p && k) {
        lock_take(&p->lock);
        if (!p->own && kernel.duplicate(self, handle, self, &p->own, 0, 0, DUPLICATE_SAME_ACCESS))
            p->own = NULL;
        lock_drop(&p->lock);
        serve(p);
        tie(k, p, key); /* the reference goes along */
    } else if (p) {
        p->foreign = TRUE;
        let_go(p);
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
    p = find(from);
    if (!p)
        return;
    if (!to || handle_map_set(&ports, (uintptr_t)to, p, NULL)) {
        leave_mode(p, PORT_RETIRED);
    } else {
        InterlockedIncrement(&p->refs);
        lock_take(&p->lock);
        p->handles++;
        lock_drop(&p->lock);
    }
    let_go(p);
}

static void on_closing(HANDLE handle)
{
    struct port *p = handle_map_find(&ports, (uintptr_t)handle);
    BOOL last;

    if (!p) {
        sock_lose(handle);
        return;
    }
    if (!handle_map_remove(&ports, (uintptr_t)handle, p))
        return;
    lock_take(&p->lock);
    last = !--p->handles;
    lock_drop(&p->lock);
    if (last)
        leave_mode(p, PORT_CLOSED);
    let_go(p);
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
    expect_none_of(p, k);
    k->port = NULL;
    let_go(p);
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
        .remove = on_remove,
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
    observed = !observe(&observer, &kernel);
}
