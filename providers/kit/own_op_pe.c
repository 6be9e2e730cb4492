/* SPDX-License-Identifier: MIT */
/*
 * Overlapped operations. Each goes down under an OVERLAPPED of ours, on a lower handle that is tied to a port of ours; one
 * worker takes the packets and completes the program's own. One, because the order of the packets is the order in which
 * the program has to see its operations end.
 *
 * A call never ends at once: it is pending until the worker has it. If a call could return success while an earlier operation
 * of the socket waits in the port, the program would see them in the wrong order.
 */
#include "providers/kit/own.h"

#include <stdlib.h>
#include <string.h>

#define PENDING 0x103

static HANDLE port;
static DWORD worker;

/* ---- pointers of the program ---- */

SSIZE_T own_total(const WSABUF *buf, DWORD count)
{
    SSIZE_T total = 0;

    if (count && IsBadReadPtr(buf, count * sizeof *buf))
        return -1;
    for (DWORD i = 0; i < count; i++) {
        if (buf[i].len && IsBadReadPtr(buf[i].buf, buf[i].len))
            return -1;
        if (total + (SSIZE_T)buf[i].len > 0x7FFFFFFF)
            return -1;
        total += buf[i].len;
    }
    return total;
}

void own_outgoing(SOCKET upper, char *to, const WSABUF *buf, DWORD count)
{
    char *at = to;

    for (DWORD i = 0; i < count; i++) {
        memcpy(at, buf[i].buf, buf[i].len);
        at += buf[i].len;
    }
    if (ws2kit_layer.outgoing && at > to)
        ws2kit_layer.outgoing(upper, to, at - to);
}

void own_incoming(SOCKET upper, const WSABUF *buf, DWORD count, size_t bytes)
{
    for (DWORD i = 0; ws2kit_layer.incoming && bytes && i < count; i++) {
        size_t n = buf[i].len < bytes ? buf[i].len : bytes;

        if (n)
            ws2kit_layer.incoming(upper, buf[i].buf, n);
        bytes -= n;
    }
}

/* ---- the layer's end ---- */

BOOL own_sees_outgoing(void)
{
    return ws2kit_layer.outgoing || ws2kit_layer.ended;
}

void own_told(const struct ws2kit_ended *what)
{
    DWORD last_error = GetLastError();

    if (ws2kit_layer.ended)
        ws2kit_layer.ended(what);
    SetLastError(last_error);
}

void own_keep_address(struct own_op *op, const struct sockaddr *to, int bytes)
{
    if (!to || bytes <= 0 || bytes > (int)sizeof op->to || IsBadReadPtr(to, bytes))
        return;
    memcpy(&op->to, to, bytes);
    op->to_bytes = bytes;
}

/* All but `bytes`. `sent`: room. */
static struct ws2kit_ended end_of(struct own_op *op, int err, WSABUF *sent)
{
    struct ws2kit_ended e = { .s = op->o->upper, .what = op->what, .err = err, .overlapped = TRUE,
                              .flags = op->asked };

    *sent = (WSABUF){ (ULONG)op->sending, op->data };
    if (op->receiver != INVALID_SOCKET) {
        e.s = op->receiver;
        e.buf = op->buf;
        e.count = op->count;
    } else if (op->sending) {
        e.buf = sent;
        e.count = 1;
    }
    if (op->to_bytes) {
        e.address = (const struct sockaddr *)&op->to;
        e.address_bytes = op->to_bytes;
    } else if (op->receiving && !IsBadReadPtr(op->receiving, sizeof *op->receiving)) {
        e.address = op->receiving->name;
        e.address_bytes = op->receiving->namelen;
    } else if (op->from && !IsBadReadPtr(op->from_bytes, sizeof *op->from_bytes)) {
        e.address = op->from;
        e.address_bytes = *op->from_bytes;
    }
    return e;
}

static void told_op(struct own_op *op, int err, size_t bytes)
{
    struct ws2kit_ended e;
    WSABUF sent;

    if (op->what == OWN_OTHER || !ws2kit_layer.ended)
        return;
    e = end_of(op, err, &sent);
    if (op->what == WS2KIT_CONNECTED || op->what == WS2KIT_ACCEPTED) {
        own_told(&e);
        e.what = op->what == WS2KIT_CONNECTED ? WS2KIT_SENT : WS2KIT_RECEIVED;
        if (err || !bytes)
            return;
    }
    e.bytes = bytes;
    own_told(&e);
}

/* ---- the program's end ---- */

struct apc {
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine;
    LPWSAOVERLAPPED user;
    DWORD err, bytes, flags;
};

static void CALLBACK run_routine(DWORD_PTR context)
{
    struct apc apc = *(struct apc *)context;

    free((void *)context);
    apc.routine(apc.err, apc.bytes, apc.user, apc.flags);
}

/* `status`: how the operation ended in the terms of WPUCompleteOverlappedRequest. */
static void tell(struct own_socket *o, LPWSAOVERLAPPED user,
                 LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, WSATHREADID *thread, DWORD status,
                 DWORD err, DWORD bytes, DWORD flags)
{
    struct apc *apc = routine ? malloc(sizeof *apc) : NULL;
    int ignored;

    user->Offset = flags; /* what own_GetOverlappedResult() answers from */
    user->OffsetHigh = err;
    if (!apc) {
        WPUCompleteOverlappedRequest(o->upper, user, status, bytes, &ignored);
        return;
    }
    *apc = (struct apc){ routine, user, err, bytes, flags };
    user->InternalHigh = bytes;
    __atomic_store_n(&user->Internal, err, __ATOMIC_RELEASE);
    if (upcalls.lpWPUQueueApc(thread, run_routine, (DWORD_PTR)apc, &ignored))
        free(apc); /* the thread has ended, and with it whoever was to be told */
}

static void mark_pending(LPWSAOVERLAPPED user, BOOL has_routine)
{
    HANDLE event = (HANDLE)((ULONG_PTR)user->hEvent & ~(ULONG_PTR)1);

    user->InternalHigh = 0;
    user->Internal = PENDING;
    if (event && !has_routine)
        ResetEvent(event);
}

int own_answer(struct own_socket *o, LPWSAOVERLAPPED user,
               LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, DWORD bytes)
{
    mark_pending(user, routine != NULL);
    tell(o, user, routine, thread, 0, 0, bytes, 0);
    return 0;
}

/* ---- operations ---- */

static void release(struct own_op *op)
{
    struct own_socket *o = op->o;
    BOOL last;

    own_lock();
    last = !--op->refs;
    own_unlock();
    if (!last)
        return;
    free(op);
    own_put(o);
}

static void unlink_op(struct own_op *op)
{
    own_lock();
    *op->link = op->next;
    if (op->next)
        op->next->link = op->link;
    own_unlock();
}

/* How the call below ended, as who served it says. */
static int lower_end(struct own_op *op, DWORD code, LPDWORD bytes, LPDWORD flags)
{
    struct own_socket *o = op->o;
    const WSPPROC_TABLE *table = op->on_line ? &o->chain->next : o->table;
    int err = 0;

    if (__atomic_load_n(&o->closed, __ATOMIC_ACQUIRE))
        return !code ? 0 : code == ERROR_CONNECTION_ABORTED ? WSAECONNABORTED : WSA_OPERATION_ABORTED;
    if (table->lpWSPGetOverlappedResult(op->on_line ? o->line : o->lower, &op->packet.ov, bytes, FALSE, flags, &err))
        return 0;
    /* Closed meanwhile: then the one below does not know the handle any more. */
    if (err == WSAENOTSOCK)
        return code ? WSA_OPERATION_ABORTED : 0;
    return err ? err : WSASYSCALLFAILURE;
}

/* The worker: how the lower operation ended becomes how the program's ended. */
static void finish(struct own_packet *packet, DWORD code)
{
    struct own_op *op = (struct own_op *)packet;
    struct own_socket *o = op->o;
    DWORD bytes = (DWORD)op->packet.ov.InternalHigh, flags = 0, status = 0;
    BOOL posted = op->posted;
    int err;

    op->posted = FALSE;
    if (posted) {
        err = op->posted_err;
        bytes = op->posted_bytes;
    } else {
        err = lower_end(op, code, &bytes, &flags);
    }
    if (op->transmit && own_transmit_goes_on(op, &err, &bytes))
        return;
    if (op->token && own_receive_ended(op, &err, &bytes, &flags))
        return;
    if (err)
        status = (DWORD)op->packet.ov.Internal >= 0xC0000000 ? (DWORD)op->packet.ov.Internal : (DWORD)err;
    told_op(op, err, bytes);
    if (own_may_tell(o)) {
        if (op->receiver != INVALID_SOCKET && (!err || err == WSAEMSGSIZE))
            own_incoming(op->receiver, op->buf, op->count, bytes);
        own_lock();
        op->telling = TRUE;
        own_unlock();
        tell(o, op->user, op->routine, &op->thread, status, err, bytes, flags);
        own_has_told();
    }
    unlink_op(op);
    if (op->has_turn)
        own_give_turn(o);
    release(op);
}

int own_post(struct own_op *op, int err, DWORD bytes)
{
    op->posted = TRUE;
    op->posted_err = err;
    op->posted_bytes = bytes;
    op->packet.ov.Internal = op->packet.ov.InternalHigh = 0;
    PostQueuedCompletionStatus(port, 0, 0, &op->packet.ov);
    return WSA_IO_PENDING;
}

static DWORD WINAPI work(void *unused)
{
    (void)unused;
    worker = GetCurrentThreadId();
    for (;;) {
        OVERLAPPED *ov = NULL;
        ULONG_PTR key;
        DWORD bytes;
        BOOL done = GetQueuedCompletionStatus(port, &bytes, &key, &ov, own_travel_wait_ms());
        struct own_packet *p = (struct own_packet *)ov;

        if (p)
            p->done(p, done ? 0 : GetLastError());
        own_travel_tick();
    }
    return 0;
}

/* The worker stays for good, and the DLL with it: a lower provider may complete at any time. */
static BOOL CALLBACK start_worker(INIT_ONCE *once, void *arg, void **result)
{
    HMODULE self;
    HANDLE thread, p = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);

    (void)once, (void)arg, (void)result;
    if (!p)
        return FALSE;
    port = p;
    thread = CreateThread(NULL, 0, work, NULL, 0, NULL);
    if (!thread) {
        CloseHandle(p);
        return FALSE;
    }
    CloseHandle(thread);
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (LPCWSTR)(void *)start_worker, &self);
    return TRUE;
}

BOOL own_worker_start(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    return InitOnceExecuteOnce(&once, start_worker, NULL, NULL);
}

BOOL own_is_worker(void)
{
    return GetCurrentThreadId() == __atomic_load_n(&worker, __ATOMIC_RELAXED);
}

void own_worker_call(struct own_packet *p)
{
    PostQueuedCompletionStatus(port, 0, 0, &p->ov);
}

BOOL own_tie(SOCKET s)
{
    return CreateIoCompletionPort((HANDLE)s, port, 0, 0) != NULL;
}

/* The line of one with a travel is tied from the beginning. */
static BOOL tie(struct own_socket *o)
{
    BOOL tied;

    if (__atomic_load_n(&o->tied, __ATOMIC_ACQUIRE))
        return TRUE;
    if (!own_worker_start())
        return FALSE;
    lock_take(&o->tie_lock);
    if (!o->tied && own_tie(o->lower))
        __atomic_store_n(&o->tied, TRUE, __ATOMIC_RELEASE);
    tied = o->tied;
    lock_drop(&o->tie_lock);
    return tied;
}

struct own_op *own_begin(struct own_socket *o, LPWSAOVERLAPPED user,
                         LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                         DWORD count, size_t bytes, LPINT err)
{
    struct own_op *op;

    *err = WSAENOBUFS;
    if (!tie(o))
        return NULL;
    op = malloc(sizeof *op + count * sizeof *op->buf + bytes);
    if (!op)
        return NULL;
    memset(op, 0, sizeof *op);
    op->packet.done = finish;
    op->on_line = o->lower != o->line;
    op->o = o;
    op->refs = 2; /* the worker's, and the starting thread's: the lower provider may look at it until it returns */
    op->user = user;
    op->routine = routine;
    op->quiet = !routine && !user->hEvent;
    op->starter = GetCurrentThreadId();
    if (thread)
        op->thread = *thread;
    else if (routine && upcalls.lpWPUOpenCurrentThread(&op->thread, err)) {
        free(op);
        return NULL;
    }
    op->receiver = INVALID_SOCKET;
    op->what = OWN_OTHER;
    op->buf = (WSABUF *)(op + 1);
    op->count = count;
    op->data = (char *)(op->buf + count);
    op->packet.ov.Offset = user->Offset; /* TransmitFile reads from there */
    op->packet.ov.OffsetHigh = user->OffsetHigh;
    mark_pending(user, routine != NULL);

    own_lock();
    o->refs++;
    op->next = o->first;
    op->link = &o->first;
    if (op->next)
        op->next->link = &op->next;
    o->first = op;
    own_unlock();
    *err = 0;
    return op;
}

int own_started(struct own_op *op, BOOL failed, LPINT err)
{
    if (failed && *err != WSA_IO_PENDING) {
        told_op(op, *err, 0);
        unlink_op(op);
        release(op);
    } else {
        *err = WSA_IO_PENDING;
    }
    release(op);
    return SOCKET_ERROR;
}

/* Between two pieces there is nothing below to cancel. Under the socket lock. TRUE: it will end for this. */
static BOOL end_between(struct own_op *op)
{
    if (op->telling)
        return FALSE;
    __atomic_store_n(&op->cancelled, TRUE, __ATOMIC_SEQ_CST);
    return TRUE;
}

static HANDLE handle_of(const struct own_op *op)
{
    return (HANDLE)(op->on_line ? op->o->line : op->o->lower);
}

/*
 * Where datagrams travel: not all that is under way on a line is the program's, and the worker may have started a receive anew, so what is to be
 * cancelled is so one by one.
 */
static BOOL cancel_each(struct own_socket *o, BOOL own_thread_only)
{
    struct own_op *op;
    BOOL any = FALSE;

    do {
        own_lock();
        for (op = o->first;
             op && (op->cancelled || op->telling || (own_thread_only && op->starter != GetCurrentThreadId())); op = op->next)
            ;
        if (op) {
            op->refs++;
            any |= end_between(op) && (op->token || op->transmit);
        }
        own_unlock();
        if (op) {
            any |= CancelIoEx(handle_of(op), &op->packet.ov);
            release(op);
        }
    } while (op);
    return any;
}

/*
 * A lower operation was started on the thread that called us, so "those of this thread" and "all" are the same question
 * to the lower handle. An operation that is asked for by name is kept from being freed, and its address from being used again.
 */
BOOL own_cancel(struct own_socket *o, LPWSAOVERLAPPED user, BOOL own_thread_only)
{
    struct own_op *op;
    BOOL found, in_pieces = FALSE;

    if (!user && o->travel)
        return cancel_each(o, own_thread_only);
    own_lock();
    for (op = o->first; op && (!user || op->user != user); op = op->next)
        if (!user && op->transmit)
            in_pieces |= end_between(op);
    if (op) {
        op->refs++;
        if (op->transmit || op->token)
            in_pieces = end_between(op);
    }
    own_unlock();
    found = own_cancel_waiting(o, user);
    if (own_thread_only)
        return CancelIo((HANDLE)o->lower) || in_pieces || found;
    if (!user)
        return CancelIoEx((HANDLE)o->lower, NULL) || in_pieces || found;
    if (!op)
        return found;
    found |= CancelIoEx(handle_of(op), &op->packet.ov) || in_pieces;
    release(op);
    return found;
}

/* One whose end is being told is neither pending nor over: that takes a moment, and is waited for. */
DWORD own_quiet(struct own_socket *o)
{
    DWORD count;
    BOOL between;

    for (;;) {
        count = 0;
        between = FALSE;
        own_lock();
        for (const struct own_op *op = o->first; op; op = op->next) {
            count += op->quiet && !op->telling;
            between |= op->quiet && op->telling;
        }
        own_unlock();
        if (!between)
            return count;
        Sleep(0);
    }
}

BOOL WSPAPI own_GetOverlappedResult(SOCKET s, LPWSAOVERLAPPED ov, LPDWORD bytes, BOOL wait,
                                    LPDWORD flags, LPINT err)
{
    struct own_socket *o = own_get(s);
    HANDLE event;

    if (!o) {
        *err = WSAENOTSOCK;
        return FALSE;
    }
    own_put(o);
    if (!ov || !bytes || !flags) {
        *err = WSAEFAULT;
        return FALSE;
    }
    event = (HANDLE)((ULONG_PTR)ov->hEvent & ~(ULONG_PTR)1);
    while (__atomic_load_n(&ov->Internal, __ATOMIC_ACQUIRE) == PENDING) {
        if (!wait) {
            *err = WSA_IO_INCOMPLETE;
            return FALSE;
        }
        /* Without an event there is nothing to wait for: the handle itself is never signalled. */
        if (event)
            WaitForSingleObject(event, INFINITE);
        else
            Sleep(1);
    }
    *bytes = (DWORD)ov->InternalHigh;
    *flags = ov->Offset;
    *err = ov->OffsetHigh;
    return !ov->OffsetHigh;
}
