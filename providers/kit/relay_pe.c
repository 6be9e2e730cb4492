/* SPDX-License-Identifier: MIT */
#include "providers/kit/relay.h"

#include <stdlib.h>

/* One turn takes no more than that many packets before it looks at the clock. */
enum { PACKETS = 64 };

/* The relay ends only when all has gone out; but not later than so long after the last byte that went, or the first. */
enum { DRAIN_IDLE_MS = 5000, DRAIN_MOST_MS = 60000 };

struct lock relay_registry;

void relay_hold(unsigned *refs)
{
    lock_take(&relay_registry);
    ++*refs;
    lock_drop(&relay_registry);
}

BOOL relay_last(unsigned *refs)
{
    BOOL last;

    lock_take(&relay_registry);
    last = !--*refs;
    lock_drop(&relay_registry);
    return last;
}

static struct lock begin_lock; /* guards `running` and the start of the thread */
static HANDLE port;            /* made once */
static HANDLE gone;            /* event: the thread is no more in this DLL's hands */
static BOOL running;
static DWORD thread_id;
static BOOL volatile ending;
static HANDLE volatile drained; /* event: at_exit() waits for it; NULL: nobody does */
static uint64_t ring = WS2KIT_NEVER; /* the relay's thread only */

void relay_ring(uint64_t at)
{
    if (at < ring)
        ring = at;
}

BOOL relay_is_ending(void)
{
    return ending;
}

BOOL relay_tie_loud(SOCKET s)
{
    return CreateIoCompletionPort((HANDLE)s, port, 0, 0) == port;
}

BOOL relay_tie(SOCKET s, BOOL *skips)
{
    if (!relay_tie_loud(s))
        return FALSE;
    *skips = SetFileCompletionNotificationModes((HANDLE)s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
    return TRUE;
}

/* ---- the loop ---- */

static void run(struct relay_op *op)
{
    DWORD bytes = 0, flags;
    int err = 0;

    op->pending = FALSE;
    if (op->s != INVALID_SOCKET &&
        !op->table->lpWSPGetOverlappedResult(op->s, &op->ov, &bytes, FALSE, &flags, &err))
        bytes = (DWORD)op->ov.InternalHigh;
    op->done(op, err, bytes);
}

static void tick(struct relay_conn *c, void *now)
{
    relay_conn_tick(c, *(uint64_t *)now);
    relay_ring(relay_pump_next(c));
}

static void look_at_clock(void)
{
    uint64_t now = ws2kit_clock();

    if (now < ring)
        return;
    ring = WS2KIT_NEVER;
    relay_conn_each(tick, &now);
}

static DWORD wait_ms(DWORD most)
{
    uint64_t now = ws2kit_clock();
    uint64_t ms;

    if (ring == WS2KIT_NEVER)
        return most;
    ms = ring > now ? (ring - now + 999) / 1000 : 0;
    return ms < most ? (DWORD)ms : most;
}

/* FALSE: nothing came in that time. Not from within itself: what it has taken from the port would wait for who waits for it. */
static BOOL turn(DWORD most_ms)
{
    OVERLAPPED_ENTRY packet[PACKETS];
    ULONG n = 0;

    if (!GetQueuedCompletionStatusEx(port, packet, PACKETS, &n, wait_ms(most_ms), FALSE))
        n = 0;
    for (ULONG i = 0; i < n; i++)
        run(CONTAINING_RECORD(packet[i].lpOverlapped, struct relay_op, ov));
    look_at_clock();
    return n != 0;
}

static void look_if_drained(struct relay_conn *c, void *all)
{
    relay_pump(c);
    if (!relay_pump_drained(c))
        *(BOOL *)all = FALSE;
}

static void close_one(struct relay_conn *c, void *unused)
{
    (void)unused;
    relay_conn_over(c);
}

/* What the program has sent goes out, within bounds. */
static void drain(void)
{
    ULONGLONG begun = GetTickCount64(), last = begun, now = begun;
    uint64_t sent = relay_pump_sent();
    BOOL all;

    relay_pump_hurry(TRUE);
    for (;;) {
        all = TRUE;
        relay_conn_each(look_if_drained, &all);
        now = GetTickCount64();
        if (relay_pump_sent() != sent)
            last = now;
        sent = relay_pump_sent();
        if (all || now - last >= DRAIN_IDLE_MS || now - begun >= DRAIN_MOST_MS)
            break;
        turn(100);
    }
}

static DWORD WINAPI thread(void *module)
{
    HANDLE mine = gone;

    while (!ending) {
        turn(INFINITE);
        if (drained && !ending) {
            drain();
            SetEvent(drained);
        }
    }
    drain();
    if (drained)
        SetEvent(drained);
    relay_conn_each(close_one, NULL);
    relay_join_stop();
    while (turn(0)) /* the ends of what was just closed */
        ;
    SetEvent(mine);
    FreeLibraryAndExitThread(module, 0);
}

/* ---- from other threads ---- */

static void at_exit(void);

typedef BOOL(WSAAPI *at_exit_fn)(void (*)(void), BOOL);

/* ws2_32's, see ws2_32/core/upcalls.h. Elsewhere the end of a process cuts off what is under way. */
static void watch_exit(BOOL on) WS2_REQUIRES(begin_lock)
{
    static at_exit_fn known;

    if (!known)
        known = (at_exit_fn)(void *)GetProcAddress(GetModuleHandleW(L"ws2_32.dll"), "ws2kit_at_exit");
    if (known)
        known(at_exit, on);
}

static int start_thread(void) WS2_REQUIRES(begin_lock)
{
    HMODULE self;
    HANDLE h;

    if (!port)
        port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    if (!gone)
        gone = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!port || !gone)
        return WSAENOBUFS;
    ResetEvent(gone);
    ending = FALSE;
    relay_pump_hurry(FALSE);
    /* The DLL stays until the thread has left it. */
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)thread, &self))
        return WSAENOBUFS;
    h = CreateThread(NULL, 0, thread, self, 0, &thread_id);
    if (!h) {
        FreeLibrary(self);
        return WSAENOBUFS;
    }
    CloseHandle(h);
    watch_exit(TRUE);
    return 0;
}

BOOL relay_begin(int *err)
{
    *err = 0;
    lock_take(&begin_lock);
    if (!running) {
        *err = start_thread();
        running = !*err;
    }
    lock_drop(&begin_lock);
    return !*err;
}

BOOL relay_call(struct relay_op *op)
{
    BOOL posted;

    lock_take(&begin_lock);
    posted = running && PostQueuedCompletionStatus(port, 0, 0, &op->ov);
    lock_drop(&begin_lock);
    return posted;
}

struct call {
    struct relay_op op;
    void (*run)(void *arg);
    void *arg;
    HANDLE event;
    LONG refs;
};

static void call_put(struct call *c)
{
    if (__atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL))
        return;
    CloseHandle(c->event);
    free(c);
}

static void call_run(struct relay_op *op, int err, DWORD bytes)
{
    struct call *c = op->owner;

    (void)err, (void)bytes;
    c->run(c->arg);
    SetEvent(c->event);
    call_put(c);
}

BOOL relay_call_and_wait(void (*what)(void *arg), void *arg, DWORD most_ms)
{
    struct call *c = calloc(1, sizeof *c);
    BOOL done;

    if (c)
        c->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!c || !c->event) {
        free(c);
        return FALSE;
    }
    c->op = (struct relay_op){.done = call_run, .owner = c, .s = INVALID_SOCKET};
    c->run = what;
    c->arg = arg;
    c->refs = 2;
    if (!relay_call(&c->op)) {
        c->refs = 1;
        call_put(c);
        return FALSE;
    }
    done = WaitForSingleObject(c->event, most_ms) == WAIT_OBJECT_0;
    call_put(c);
    return done;
}

static void wake(struct relay_op *op, int err, DWORD bytes)
{
    (void)op, (void)err, (void)bytes;
}

/* Has the relay's thread look at what is asked of it. */
static struct relay_op nothing = {.done = wake, .s = INVALID_SOCKET};

void relay_stop(void)
{
    BOOL was;

    lock_take(&begin_lock);
    was = running;
    running = FALSE;
    ending = TRUE;
    if (was)
        PostQueuedCompletionStatus(port, 0, 0, &nothing.ov);
    if (was)
        watch_exit(FALSE);
    lock_drop(&begin_lock);
    if (was)
        WaitForSingleObject(gone, DRAIN_MOST_MS + DRAIN_IDLE_MS);
    relay_base_stop();
}

/* The relay's thread keeps to its own limits, unless it is stuck in a provider: then nothing moves, and nobody waits. */
static void wait_drained(void)
{
    uint64_t sent = relay_pump_sent();

    while (WaitForSingleObject(drained, 2 * DRAIN_IDLE_MS) == WAIT_TIMEOUT && relay_pump_sent() != sent)
        sent = relay_pump_sent();
}

/*
 * The process ends, and what the program has sent is still in here; it trusts that it will arrive, as it would from the kernel. So
 * the end waits for the relay's thread, which will not be there any more a moment later.
 */
static void at_exit(void)
{
    if (GetCurrentThreadId() == thread_id)
        return;
    relay_sock_end_all();
    drained = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (drained && relay_call(&nothing))
        wait_drained();
}

/* ws2_32 asks them in the order in which they stand upon each other only if they say it when they know. */
void relay_ends_before(const struct chain *c)
{
    if (c->over_base)
        return;
    lock_take(&begin_lock);
    if (running)
        watch_exit(TRUE);
    lock_drop(&begin_lock);
}
