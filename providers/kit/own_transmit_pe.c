/* SPDX-License-Identifier: MIT */
/*
 * TransmitFile and TransmitPackets of a layer that transforms: the provider below would send the file past it, so the kit reads the file
 * and sends piece after piece, each through the layer.
 *
 * Waited for, that is a loop. Overlapped, the worker starts the next piece when one has ended, all under the one operation of the
 * program. What the program sends on the connection meanwhile waits for its turn, in order (own_waits_its_turn()).
 */
#include "providers/kit/own.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 64 * 1024, FLAGS_OF_THE_END = TF_DISCONNECT | TF_REUSE_SOCKET };

struct own_transmit {
    struct own_socket *o;
    TRANSMIT_PACKETS_ELEMENT *element;
    DWORD count, at;  /* the element that comes next */
    ULONGLONG done;   /* of that one */
    DWORD each, flags;
    ULONGLONG total;
    HANDLE event;
    BOOL datagrams, ending, overlapped;
    DWORD bytes; /* in the piece that is under way */
    char piece[PIECE];
};

static void give_back(struct own_transmit *t)
{
    if (t->event)
        CloseHandle(t->event);
    free(t->element);
    free(t);
}

static struct own_transmit *prepare(struct own_socket *o, const TRANSMIT_PACKETS_ELEMENT *element, DWORD count, DWORD each,
                                    DWORD flags)
{
    struct own_transmit *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->o = o;
    t->element = malloc((count + 1) * sizeof *element);
    t->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!t->element || !t->event) {
        give_back(t);
        return NULL;
    }
    if (count)
        memcpy(t->element, element, count * sizeof *element);
    t->count = count;
    t->each = each && each < PIECE ? each : PIECE;
    t->flags = flags;
    t->datagrams = o->chain->mine.iSocketType == SOCK_DGRAM;
    return t;
}

/* *got 0: the end of the file. At the file's own position where the element names none. */
static int read_file(struct own_transmit *t, const TRANSMIT_PACKETS_ELEMENT *e, char *to, DWORD bytes, DWORD *got)
{
    ULONGLONG from = (ULONGLONG)e->nFileOffset.QuadPart + t->done;
    OVERLAPPED at = { .Offset = (DWORD)from, .OffsetHigh = (DWORD)(from >> 32) };
    BOOL done;

    *got = 0;
    if (e->nFileOffset.QuadPart < 0) {
        done = ReadFile(e->hFile, to, bytes, got, NULL);
    } else {
        at.hEvent = (HANDLE)((ULONG_PTR)t->event | 1); /* no packet, if the file has a port */
        done = ReadFile(e->hFile, to, bytes, NULL, &at);
        if (done || GetLastError() == ERROR_IO_PENDING)
            done = GetOverlappedResult(e->hFile, &at, got, TRUE);
    }
    return done || GetLastError() == ERROR_HANDLE_EOF ? 0 : (int)GetLastError();
}

/* Up to `room` bytes of the element at hand; *over: that was all of it. */
static int take_some(struct own_transmit *t, char *to, DWORD room, DWORD *got, BOOL *over)
{
    const TRANSMIT_PACKETS_ELEMENT *e = &t->element[t->at];
    BOOL whole_file = e->dwElFlags & TP_ELEMENT_FILE && !e->cLength;
    ULONGLONG left = whole_file ? room : e->cLength - t->done;
    DWORD want = left < room ? (DWORD)left : room;
    int err = 0;

    *got = want;
    if (e->dwElFlags & TP_ELEMENT_FILE && want)
        err = read_file(t, e, to, want, got);
    else if (want)
        memcpy(to, (const char *)e->pBuffer + t->done, want);
    t->done += *got;
    *over = err || (whole_file ? !*got : t->done == e->cLength || !*got);
    return err;
}

/* The next piece of a stream, or the next datagram, into t->piece; *bytes 0 and *any FALSE: there is none. */
static int fill(struct own_transmit *t, DWORD *bytes, BOOL *any)
{
    BOOL over, end_of_packet = FALSE;
    DWORD got;
    int err = 0;

    *bytes = 0;
    *any = FALSE;
    while (!err && t->at < t->count && *bytes < t->each && !end_of_packet) {
        err = take_some(t, t->piece + *bytes, t->each - *bytes, &got, &over);
        *bytes += got;
        *any |= got || t->datagrams;
        end_of_packet = over && t->datagrams && t->element[t->at].dwElFlags & TP_ELEMENT_EOP;
        if (over) {
            t->at++;
            t->done = 0;
        }
    }
    return err;
}

static void tell_layer(struct own_transmit *t, enum ws2kit_end what, int err)
{
    WSABUF buf = { t->bytes, t->piece };

    own_told(&(struct ws2kit_ended){ .s = t->o->upper, .what = what, .err = err, .overlapped = t->overlapped,
                                     .bytes = err || what == WS2KIT_SENDING ? 0 : t->bytes,
                                     .buf = what == WS2KIT_SENDING ? NULL : &buf, .count = what != WS2KIT_SENDING });
}

/* A piece that had bytes has ended. */
static void piece_ended(struct own_transmit *t, int err)
{
    if (t->bytes)
        tell_layer(t, WS2KIT_SENT, err);
    t->bytes = 0;
}

static LPFN_TRANSMITFILE ending_below(struct own_socket *o)
{
    return (LPFN_TRANSMITFILE)(void *)extension_below(
        o->chain, o->line, offsetof(struct ws2kit_extensions, TransmitFile) / sizeof(FARPROC));
}

/* The layer sees what is sent. */
static void outgoing(struct own_transmit *t)
{
    if (t->bytes)
        tell_layer(t, WS2KIT_SENDING, 0);
    if (t->bytes && ws2kit_layer.outgoing)
        ws2kit_layer.outgoing(t->o->upper, t->piece, t->bytes);
}

/*
 * Starts what comes next under `ov`, after all datagrams that depart later: 0 or WSA_IO_PENDING, an error, or TRANSMIT_OVER. A send of no bytes cannot be waited for in
 * vain: pieces of a stream are never empty.
 */
enum { TRANSMIT_OVER = -1 };

static int step(struct own_transmit *t, LPWSAOVERLAPPED ov)
{
    struct own_socket *o = t->o;
    LPFN_TRANSMITFILE end;
    WSATHREADID thread;
    DWORD bytes, sent;
    WSABUF buf;
    BOOL any;
    int err, failure;

    if (upcalls.lpWPUOpenCurrentThread(&thread, &err))
        return err;
    for (;;) {
        err = fill(t, &bytes, &any);
        if (err)
            return err;
        if (!any)
            break;
        t->bytes = bytes;
        outgoing(t);
        buf = (WSABUF){ bytes, t->piece };
        if (!own_departs(o, &buf, 1, 0, NULL, 0, NULL, &sent)) {
            failure = o->chain->next.lpWSPSend(o->line, &buf, 1, &sent, 0, ov, NULL, &thread, &err);
            return failure ? err : 0;
        }
        piece_ended(t, 0);
        t->total += sent;
    }
    if (t->ending || !(t->flags & FLAGS_OF_THE_END))
        return TRANSMIT_OVER;
    t->ending = TRUE;
    end = ending_below(o);
    if (!end)
        return WSAGetLastError();
    return end(o->line, NULL, 0, 0, (OVERLAPPED *)ov, NULL, t->flags & FLAGS_OF_THE_END) ? 0 : WSAGetLastError();
}

/* A close from another thread must not get between the look and the call: the lower handle could be another socket's by then. */
static int step_unless_closed(struct own_transmit *t, LPWSAOVERLAPPED ov)
{
    int err = WSA_OPERATION_ABORTED;

    lock_take(&t->o->start_lock);
    if (!__atomic_load_n(&t->o->closed, __ATOMIC_ACQUIRE))
        err = step(t, ov);
    lock_drop(&t->o->start_lock);
    return err;
}

/* ---- waited for ---- */

static int wait_for_step(struct own_transmit *t, WSAOVERLAPPED *ov, HANDLE event)
{
    DWORD bytes = 0, flags;
    int err = 0;

    WaitForSingleObject(event, INFINITE);
    if (!t->o->chain->next.lpWSPGetOverlappedResult(t->o->line, ov, &bytes, FALSE, &flags, &err))
        return __atomic_load_n(&t->o->closed, __ATOMIC_ACQUIRE) ? WSAENOTSOCK : err;
    return 0;
}

static int transmit_now(struct own_transmit *t)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    WSAOVERLAPPED ov;
    int err = event ? 0 : WSAENOBUFS;

    own_take_turn(t->o);
    while (!err) {
        memset(&ov, 0, sizeof ov);
        ov.hEvent = (HANDLE)((ULONG_PTR)event | 1); /* the lower handle may be tied to the worker's port */
        ResetEvent(event);
        err = step_unless_closed(t, &ov);
        if (!err || err == WSA_IO_PENDING)
            err = wait_for_step(t, &ov, event);
        if (err != TRANSMIT_OVER)
            piece_ended(t, err);
    }
    own_give_turn(t->o);
    if (event)
        CloseHandle(event);
    give_back(t);
    return err == TRANSMIT_OVER ? 0 : err;
}

/* ---- overlapped ---- */

/* 0 or WSA_IO_PENDING: the worker will hear of it. Else it is over, and has no transmit any more. */
static int start(struct own_op *op)
{
    int err = step_unless_closed(op->transmit, &op->packet.ov);

    if (err == TRANSMIT_OVER)
        return own_post(op, 0, 0);
    if (err && err != WSA_IO_PENDING) {
        give_back(op->transmit);
        op->transmit = NULL;
    }
    return err;
}

BOOL own_transmit_goes_on(struct own_op *op, int *err, DWORD *bytes)
{
    struct own_transmit *t = op->transmit;

    piece_ended(t, *err);
    t->total += *bytes;
    if (!*err && op->cancelled)
        *err = WSA_OPERATION_ABORTED;
    if (!*err) {
        memset(&op->packet.ov, 0, sizeof op->packet.ov);
        *err = step_unless_closed(t, &op->packet.ov);
        if (!*err || *err == WSA_IO_PENDING)
            return TRUE;
        op->packet.ov.Internal = 0;
        if (*err == TRANSMIT_OVER)
            *err = 0;
    }
    *bytes = t->total > 0xFFFFFFFF ? 0xFFFFFFFF : (DWORD)t->total;
    give_back(t);
    op->transmit = NULL;
    return FALSE;
}

static int transmit_later(struct own_transmit *t, LPOVERLAPPED ov)
{
    struct own_op *op;
    int err;

    op = own_begin(t->o, (LPWSAOVERLAPPED)ov, NULL, NULL, 0, 0, &err);
    if (!op) {
        give_back(t);
        return err;
    }
    op->packet.ov.Offset = op->packet.ov.OffsetHigh = 0;
    op->transmit = t;
    t->overlapped = TRUE;
    if (own_waits_its_turn(op, TRUE)) {
        err = WSA_IO_PENDING;
    } else {
        err = start(op);
        if (err && err != WSA_IO_PENDING && op->has_turn)
            own_give_turn(op->o);
    }
    own_started(op, err != 0, &err);
    return err;
}

/* ---- turns ---- */

/* Order is a stream's affair; a datagram stands for itself. */
static BOOL has_turns(const struct own_socket *o)
{
    return o->chain->mine.iSocketType == SOCK_STREAM;
}

BOOL own_waits_its_turn(struct own_op *op, BOOL takes_turn)
{
    struct own_socket *o = op->o;
    struct own_op **at;
    BOOL waits;

    if (!has_turns(o))
        return FALSE;
    own_lock();
    waits = o->busy;
    for (at = &o->waiting; waits && *at; at = &(*at)->next_waiting)
        ;
    if (waits) {
        *at = op;
    } else if (takes_turn) {
        o->busy = TRUE;
        op->has_turn = TRUE;
    }
    own_unlock();
    return waits;
}

static BOOL try_turn(struct own_socket *o, BOOL takes)
{
    BOOL free_now;

    own_lock();
    free_now = !o->busy || o->closed || !has_turns(o);
    if (takes && free_now)
        o->busy = TRUE;
    own_unlock();
    return free_now;
}

void own_take_turn(struct own_socket *o)
{
    while (!try_turn(o, TRUE))
        Sleep(1);
}

void own_wait_for_files(struct own_socket *o)
{
    while (__atomic_load_n(&o->busy, __ATOMIC_RELAXED) && !try_turn(o, FALSE))
        Sleep(1);
}

/* A send whose turn has come, as send_later() would have started it. */
static int send_after_all(struct own_op *op)
{
    struct own_socket *o = op->o;
    int err = WSA_OPERATION_ABORTED, ignored;
    WSATHREADID thread;
    DWORD sent;

    if (upcalls.lpWPUOpenCurrentThread(&thread, &ignored))
        return WSAENOBUFS;
    lock_take(&o->start_lock);
    if (!__atomic_load_n(&o->closed, __ATOMIC_ACQUIRE) &&
        !o->chain->next.lpWSPSend(o->line, op->buf, op->count, &sent, op->asked, &op->packet.ov, NULL, &thread, &err))
        err = 0;
    lock_drop(&o->start_lock);
    return err;
}

static struct own_op *next_waiting(struct own_socket *o)
{
    struct own_op *op;

    own_lock();
    op = o->waiting;
    if (op) {
        o->waiting = op->next_waiting;
        op->next_waiting = NULL;
        op->has_turn = op->transmit != NULL;
    } else {
        o->busy = FALSE;
    }
    own_unlock();
    return op;
}

void own_give_turn(struct own_socket *o)
{
    struct own_op *op;
    int err;

    while ((op = next_waiting(o))) {
        BOOL has_turn = op->has_turn; /* it may have ended, and be gone, when it has been started */

        err = has_turn ? start(op) : send_after_all(op);
        if (err && err != WSA_IO_PENDING) {
            op->has_turn = FALSE;
            own_post(op, err, 0);
        } else if (has_turn) {
            return;
        }
    }
}

BOOL own_cancel_waiting(struct own_socket *o, LPWSAOVERLAPPED user)
{
    struct own_op **at, *taken = NULL, *op;
    BOOL any;

    own_lock();
    for (at = &o->waiting; *at;) {
        op = *at;
        if (user && op->user != user) {
            at = &op->next_waiting;
            continue;
        }
        *at = op->next_waiting;
        op->next_waiting = taken;
        taken = op;
    }
    own_unlock();
    any = taken != NULL;
    while ((op = taken)) {
        taken = op->next_waiting;
        if (op->transmit)
            give_back(op->transmit);
        op->transmit = NULL;
        own_post(op, WSA_OPERATION_ABORTED, 0);
    }
    return any;
}

static BOOL transmit(SOCKET s, const TRANSMIT_PACKETS_ELEMENT *element, DWORD count, DWORD each, LPOVERLAPPED ov, DWORD flags)
{
    struct own_socket *o = own_get(s);
    struct own_transmit *t = o ? prepare(o, element, count, each, flags) : NULL;
    int err = !o ? WSAENOTSOCK : !t ? WSAENOBUFS : ov ? transmit_later(t, ov) : transmit_now(t);

    if (o)
        own_put(o);
    WSASetLastError(err);
    return !err;
}

BOOL PASCAL own_transmit_file(SOCKET s, HANDLE file, DWORD bytes, DWORD each, LPOVERLAPPED ov,
                              LPTRANSMIT_FILE_BUFFERS buffers, DWORD flags)
{
    TRANSMIT_PACKETS_ELEMENT e[3] = { { 0 } };
    DWORD count = 0;

    if (buffers && buffers->HeadLength) {
        e[count].dwElFlags = TP_ELEMENT_MEMORY;
        e[count].cLength = buffers->HeadLength;
        e[count++].pBuffer = buffers->Head;
    }
    if (file) {
        e[count].dwElFlags = TP_ELEMENT_FILE;
        e[count].cLength = bytes;
        e[count].hFile = file;
        e[count++].nFileOffset.QuadPart = ov ? (LONGLONG)((ULONGLONG)ov->OffsetHigh << 32 | ov->Offset) : -1;
    }
    if (buffers && buffers->TailLength) {
        e[count].dwElFlags = TP_ELEMENT_MEMORY;
        e[count].cLength = buffers->TailLength;
        e[count++].pBuffer = buffers->Tail;
    }
    return transmit(s, e, count, each, ov, flags);
}

BOOL PASCAL own_transmit_packets(SOCKET s, LPTRANSMIT_PACKETS_ELEMENT element, DWORD count, DWORD each, LPOVERLAPPED ov,
                                 DWORD flags)
{
    if (count && IsBadReadPtr(element, count * sizeof *element)) {
        WSASetLastError(WSAEFAULT);
        return FALSE;
    }
    return transmit(s, element, count, each, ov, flags);
}
