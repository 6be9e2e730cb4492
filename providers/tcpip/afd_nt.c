/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/sock.h"

#include <stdlib.h>

#include "providers/tcpip/fast.h"

/*
 * The events of waited-for ioctls. A synchronous call must not share its event with another thread, nor with a
 * call that an APC makes while it waits; so each thread has a stack of them, one per nesting level.
 */
enum { EVENT_LEVELS = 8 };

struct thread_events {
    struct thread_events *next, **link; /* guarded by events_lock */
    unsigned depth;
    HANDLE event[EVENT_LEVELS];
    LONG waker;      /* the Linux descriptor + 1; 0: none yet */
    BOOL routines;   /* has started an operation with a completion routine */
    unsigned waited; /* outside the device, since it last let APCs run */
};

static struct lock events_lock;
static struct thread_events *all_events;
static DWORD volatile events_slot = TLS_OUT_OF_INDEXES;

static TEB *teb(void)
{
    TEB *self;

#ifdef _WIN64
    __asm__("movq %%gs:0x30, %0" : "=r"(self));
#else
    __asm__("movl %%fs:0x18, %0" : "=r"(self));
#endif
    return self;
}

/* Reads the slot through the TEB: TlsGetValue() would clear the application's last error. */
static struct thread_events *events_of_thread(void)
{
    DWORD slot = events_slot, code;
    struct thread_events *t;

    if (slot == TLS_OUT_OF_INDEXES)
        return NULL;
    if (slot < 64)
        return teb()->TlsSlots[slot];
    code = GetLastError();
    t = TlsGetValue(slot);
    SetLastError(code);
    return t;
}

static struct thread_events *events_new(void)
{
    struct thread_events *t;

    lock_take(&events_lock);
    if (events_slot == TLS_OUT_OF_INDEXES)
        events_slot = TlsAlloc();
    lock_drop(&events_lock);
    if (events_slot == TLS_OUT_OF_INDEXES)
        return NULL;

    t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    if (!TlsSetValue(events_slot, t)) {
        free(t);
        return NULL;
    }
    lock_take(&events_lock);
    t->next = all_events;
    t->link = &all_events;
    if (t->next)
        t->next->link = &t->next;
    all_events = t;
    lock_drop(&events_lock);
    return t;
}

static HANDLE event_new(void)
{
    HANDLE event;

    if (NtCreateEvent(&event, EVENT_ALL_ACCESS, NULL, 0 /* NotificationEvent */, FALSE))
        return NULL;
    return event;
}

static struct thread_events *events_here(void)
{
    struct thread_events *t = events_of_thread();

    return t ? t : events_new();
}

/* APCs that others queue to a thread that only ever waits outside are not to wait for ever. */
enum { WAITS_WITHOUT_APCS = 64 };

int thread_waker(BOOL alertable)
{
    struct thread_events *t = events_here();

    if (!t || t->routines)
        return -1;
    if (!t->waker)
        t->waker = fast_waker_new() + 1;
    if (alertable && ++t->waited >= WAITS_WITHOUT_APCS) {
        LARGE_INTEGER now = { .QuadPart = 0 };

        t->waited = 0;
        NtDelayExecution(TRUE, &now);
    }
    return t->waker - 1;
}

void thread_has_routines(void)
{
    struct thread_events *t = events_here();

    if (t)
        t->routines = TRUE;
}

HANDLE event_take(void)
{
    struct thread_events *t = events_here();
    HANDLE event;

    if (!t)
        return NULL;
    if (t->depth >= EVENT_LEVELS) {
        event = event_new();
    } else {
        if (!t->event[t->depth])
            t->event[t->depth] = event_new();
        event = t->event[t->depth];
    }
    if (event)
        t->depth++;
    return event;
}

void event_drop(HANDLE event)
{
    struct thread_events *t = events_of_thread();

    t->depth--;
    if (t->depth >= EVENT_LEVELS)
        NtClose(event);
}

static void events_free(struct thread_events *t)
{
    for (unsigned i = 0; i < EVENT_LEVELS; i++) {
        if (t->event[i])
            NtClose(t->event[i]);
    }
    if (t->waker > 0)
        fast_fd_close(t->waker - 1);
    free(t);
}

void afd_thread_done(void)
{
    struct thread_events *t = events_of_thread();

    if (!t)
        return;
    TlsSetValue(events_slot, NULL);
    lock_take(&events_lock);
    *t->link = t->next;
    if (t->next)
        t->next->link = t->link;
    lock_drop(&events_lock);
    events_free(t);
}

static HANDLE volatile device;
static HANDLE volatile no_port;

void afd_done(void)
{
    while (all_events) {
        struct thread_events *t = all_events;

        all_events = t->next;
        events_free(t);
    }
    if (events_slot != TLS_OUT_OF_INDEXES)
        TlsFree(events_slot);
    if (device)
        NtClose(device);
    if (no_port)
        CloseHandle(no_port);
    device = no_port = NULL;
    events_slot = TLS_OUT_OF_INDEXES;
}

NTSTATUS afd_open(HANDLE *handle, BOOL inherit)
{
    static WCHAR name[] = L"\\Device\\Afd";
    UNICODE_STRING path = { sizeof name - sizeof *name, sizeof name, name };
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;

    InitializeObjectAttributes(&attributes, &path, inherit ? OBJ_INHERIT : 0, NULL, NULL);
    return NtOpenFile(handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb, 0, 0);
}

HANDLE afd_device(void)
{
    HANDLE fresh, before;

    if (device)
        return device;
    if (afd_open(&fresh, FALSE))
        return NULL;
    before = InterlockedCompareExchangePointer((void *volatile *)&device, fresh, NULL);
    if (before)
        NtClose(fresh);
    return device;
}

/* A handle takes one port in its life. Nothing is ever posted to this one: `ctx` is 0 on these sockets. */
void afd_refuse_ports(HANDLE handle)
{
    if (!no_port) {
        HANDLE fresh = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);

        if (InterlockedCompareExchangePointer((void *volatile *)&no_port, fresh, NULL) && fresh)
            CloseHandle(fresh);
    }
    if (no_port)
        CreateIoCompletionPort(handle, no_port, 0, 0);
}

/* ---- waiting ---- */

static NTSTATUS iosb_status(const IO_STATUS_BLOCK *iosb)
{
    return *(const volatile NTSTATUS *)&iosb->Status;
}

/*
 * For a request that is not to be waited for, or cannot, because the wait itself failed: it has the address of `iosb`,
 * which is about to go away with its stack frame. Ends it and looks until it has ended. `why`, unless it succeeded.
 */
static NTSTATUS abandon(HANDLE handle, IO_STATUS_BLOCK *iosb, NTSTATUS why)
{
    IO_STATUS_BLOCK ignored;
    NTSTATUS status;

    NtCancelIoFileEx(handle, iosb, &ignored);
    while (iosb_status(iosb) == STATUS_PENDING)
        Sleep(1);
    status = iosb_status(iosb);
    return NT_SUCCESS(status) ? status : why;
}

NTSTATUS afd_issue(HANDLE handle, HANDLE event, IO_STATUS_BLOCK *iosb, ULONG code, const void *in,
                   ULONG in_bytes, void *out, ULONG out_bytes)
{
    iosb->Status = STATUS_PENDING;
    iosb->Information = 0;
    /* Context 0: never a completion packet, whatever port the handle has. */
    return NtDeviceIoControlFile(handle, event, NULL, NULL, iosb, code, (void *)in, in_bytes, out,
                                 out_bytes);
}

static NTSTATUS call(HANDLE handle, ULONG code, const void *in, ULONG in_bytes, void *out, ULONG out_bytes,
                     ULONG *info, BOOL wait)
{
    IO_STATUS_BLOCK iosb;
    HANDLE event = event_take();
    NTSTATUS status;

    if (!event)
        return STATUS_NO_MEMORY;
    status = afd_issue(handle, event, &iosb, code, in, in_bytes, out, out_bytes);
    if (status == STATUS_PENDING) {
        status = wait ? NtWaitForSingleObject(event, FALSE, NULL) : STATUS_CANCELLED;
        status = status ? abandon(handle, &iosb, status) : iosb_status(&iosb);
    }
    event_drop(event);
    if (info)
        *info = (ULONG)iosb.Information;
    return status;
}

NTSTATUS afd_call(HANDLE handle, ULONG code, const void *in, ULONG in_bytes, void *out,
                  ULONG out_bytes, ULONG *info)
{
    return call(handle, code, in, in_bytes, out, out_bytes, info, TRUE);
}

NTSTATUS afd_try(HANDLE handle, ULONG code, const void *in, ULONG in_bytes, void *out,
                 ULONG out_bytes)
{
    return call(handle, code, in, in_bytes, out, out_bytes, NULL, FALSE);
}

/*
 * A blocking call that pended, on the stack of the thread that waits. It can be ended from outside while it is in the
 * list; closesocket sets `closing` before it walks the list, and a call that enters later looks at `closing` itself, so
 * none is missed.
 */
struct call {
    struct call *next;
    DWORD thread;
    struct sock *const *socks;
    ULONG count; /* 0: on no socket in particular */
    HANDLE handle;
    IO_STATUS_BLOCK *iosb; /* NULL: waits outside the device, for the waker */
    int waker;
    BOOL close_ends;
    BOOL volatile cancelled, woken;
};

static struct lock calls_lock;
static struct call *calls; /* guarded by calls_lock; innermost of a thread first */

static void call_cancel(struct call *c) WS2_REQUIRES(calls_lock)
{
    IO_STATUS_BLOCK ignored;

    c->cancelled = TRUE;
    if (c->iosb) {
        NtCancelIoFileEx(c->handle, c->iosb, &ignored);
    } else {
        c->woken = TRUE;
        fast_wake(c->waker, TRUE);
    }
}

/* A socket that `c` waits on is being closed. */
static void call_lose(struct call *c) WS2_REQUIRES(calls_lock)
{
    BOOL cancelled = c->cancelled;

    call_cancel(c);
    c->cancelled = cancelled || c->close_ends;
}

static void call_enter(struct call *c)
{
    lock_take(&calls_lock);
    c->next = calls;
    calls = c;
    for (ULONG i = 0; i < c->count; i++) {
        if (c->socks[i]->closing)
            call_lose(c);
    }
    lock_drop(&calls_lock);
}

static BOOL call_is_on(const struct call *c, const struct sock *k)
{
    ULONG i = 0;

    while (i < c->count && c->socks[i] != k)
        i++;
    return i < c->count;
}

static void call_leave(struct call *c)
{
    struct call **link = &calls;

    lock_take(&calls_lock);
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    lock_drop(&calls_lock);
}

void afd_cancel_blocking(struct sock *k)
{
    lock_take(&calls_lock);
    for (struct call *c = calls; c; c = c->next) {
        if (!k)
            call_cancel(c);
        else if (call_is_on(c, k))
            call_lose(c);
    }
    lock_drop(&calls_lock);
}

BOOL afd_cancel_thread(void)
{
    struct call *c;

    lock_take(&calls_lock);
    for (c = calls; c && c->thread != GetCurrentThreadId(); c = c->next)
        ;
    if (c)
        call_cancel(c);
    lock_drop(&calls_lock);
    return c != NULL;
}

/* Only 1.1 programs that installed a hook get one; it pumps messages, so it wants to be called often. */
static LPBLOCKINGCALLBACK hook_of(struct sock *k, DWORD_PTR *context)
{
    LPBLOCKINGCALLBACK hook = NULL;
    INT ignored;

    if (!upcalls.lpWPUQueryBlockingCallback ||
        upcalls.lpWPUQueryBlockingCallback(k ? k->catalog_id : provider_catalog_id(AF_INET, SOCK_STREAM),
                                           &hook, context, &ignored))
        return NULL;
    return hook;
}

NTSTATUS afd_wait_blocking(struct sock *k, HANDLE handle, HANDLE event, IO_STATUS_BLOCK *iosb)
{
    struct call call = { .thread = GetCurrentThreadId(), .socks = &k, .count = k != NULL,
                         .handle = handle, .iosb = iosb, .close_ends = TRUE };
    LARGE_INTEGER step = { .QuadPart = -100000 }; /* 10 ms */
    DWORD_PTR context = 0;
    LPBLOCKINGCALLBACK hook = hook_of(k, &context);
    NTSTATUS status;

    call_enter(&call);
    do {
        if (hook && iosb_status(iosb) == STATUS_PENDING && !hook(context)) {
            IO_STATUS_BLOCK ignored;

            call.cancelled = TRUE;
            NtCancelIoFileEx(handle, iosb, &ignored);
            hook = NULL;
        }
        status = NtWaitForSingleObject(event, TRUE, hook ? &step : NULL);
    } while (status == STATUS_USER_APC || status == STATUS_ALERTED || status == STATUS_TIMEOUT);
    status = status ? abandon(handle, iosb, status) : iosb_status(iosb);
    call_leave(&call);

    /* What completed although it was being cancelled did complete. */
    if ((call.cancelled && status == STATUS_CANCELLED) || status == STATUS_HANDLES_CLOSED)
        return STATUS_REQUEST_ABORTED;
    return status;
}

BOOL afd_wait_outside(struct sock *const *socks, ULONG count, BOOL close_ends, int waker,
                      void (*wait)(void *arg), void *arg)
{
    struct call call = { .thread = GetCurrentThreadId(), .socks = socks, .count = count,
                         .close_ends = close_ends, .waker = waker };

    call_enter(&call);
    wait(arg);
    call_leave(&call);
    if (call.woken)
        fast_wake(waker, FALSE);
    return call.cancelled;
}

NTSTATUS afd_wait_moving(struct sock *k, enum afd_kind kind, HANDLE handle, HANDLE event,
                         IO_STATUS_BLOCK *iosb)
{
    NTSTATUS status;

    InterlockedIncrement(&k->waits[kind]);
    status = afd_wait_blocking(k, handle, event, iosb);
    InterlockedDecrement(&k->waits[kind]);
    return status;
}

NTSTATUS afd_call_blocking(struct sock *k, ULONG code, const void *in, ULONG in_bytes, void *out,
                           ULONG out_bytes, ULONG *info)
{
    IO_STATUS_BLOCK iosb;
    HANDLE handle = k->handle;
    HANDLE event;
    NTSTATUS status;

    sock_tell(k);
    event = event_take();
    if (!event)
        return STATUS_NO_MEMORY;
    status = afd_issue(handle, event, &iosb, code, in, in_bytes, out, out_bytes);
    if (status == STATUS_PENDING)
        status = afd_wait_moving(
            k, code == AFD_SENDMSG || code == AFD_TRANSMIT ? AFD_KIND_SEND : AFD_KIND_OTHER, handle,
            event, &iosb);
    event_drop(event);
    if (info)
        *info = (ULONG)iosb.Information;
    return status;
}

ULONG afd_poll_now(HANDLE handle, ULONG wanted, NTSTATUS *connect_status)
{
    struct afd_poll poll = { .timeout = 0, .count = 1 };
    HANDLE on = afd_device();

    poll.item[0].sock = (ULONG_PTR)handle;
    poll.item[0].flags = wanted;
    if (!on || afd_call(on, AFD_POLL, &poll, sizeof poll, &poll, sizeof poll, NULL) || !poll.count)
        return 0;
    if (connect_status)
        *connect_status = poll.item[0].status;
    return poll.item[0].flags;
}
