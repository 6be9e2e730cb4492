/* SPDX-License-Identifier: MIT */
#include "providers/kit/own_travel.h"

#include <stdlib.h>
#include <string.h>

#include "providers/kit/ws2kit_stream.h"

/* So many tokens are with the kernel, which has room for them whatever the program has asked for. */
enum { TOKENS = 64 };
enum { ROOM_LEAST = 256 * 1024, AGAIN_US = 10000 };

/* ---- ready: due, with a token in `lower`'s buffer or soon ---- */

/* Under the lock. */
static void send_tokens(struct own_travel *t)
{
    struct own_socket *o = t->o;
    struct own_datagram *d;
    DWORD sent;
    int err;

    while ((d = t->no_token) && t->tokens < TOKENS) {
        WSABUF token = {sizeof d->number, (char *)&d->number};

        if (o->table->lpWSPSendTo(t->caller, &token, 1, &sent, 0, (const struct sockaddr *)&t->name, t->name_bytes, NULL,
                                  NULL, NULL, &err)) {
            own_travel_ring(ws2kit_clock() + AGAIN_US);
            return;
        }
        t->tokens++;
        t->no_token = d->next;
    }
}

/* What does not fit any more is lost, as in a kernel's receive buffer. Under the lock. */
static void make_ready(struct own_travel *t, struct own_datagram *d)
{
    size_t weight = travel_weight(d->way.bytes);

    if (t->ready && t->ready_weight + weight > t->room_weight) {
        own_datagram_put(d);
        return;
    }
    t->ready_weight += weight;
    d->number = ++t->number;
    d->next = NULL;
    if (t->ready)
        t->ready_last->next = d;
    else
        t->ready = d;
    t->ready_last = d;
    if (!t->no_token)
        t->no_token = d;
}

void own_arrive_due(struct own_travel *t, uint64_t now)
{
    struct travel *w;

    lock_take(&t->lock);
    while ((w = travel_take(&t->arriving, now)))
        make_ready(t, CONTAINING_RECORD(w, struct own_datagram, way));
    send_tokens(t);
    lock_drop(&t->lock);
}

void own_arrive_room(struct own_travel *t)
{
    struct own_socket *o = t->o;
    int room = 0, bytes = sizeof room, ignored;

    if (o->chain->next.lpWSPGetSockOpt(o->line, SOL_SOCKET, SO_RCVBUF, (char *)&room, &bytes, &ignored) ||
        room < ROOM_LEAST)
        room = ROOM_LEAST;
    lock_take(&t->lock);
    t->room_weight = (size_t)room;
    lock_drop(&t->lock);
}

static void drop_all(struct own_datagram **list)
{
    struct own_datagram *d;

    while ((d = *list)) {
        *list = d->next;
        own_datagram_put(d);
    }
}

void own_arrive_drop(struct own_travel *t)
{
    struct travel *w;

    while ((w = travel_take(&t->arriving, TRAVEL_NEVER)))
        own_datagram_put(CONTAINING_RECORD(w, struct own_datagram, way));
    drop_all(&t->ready);
    drop_all(&t->taken);
    t->no_token = NULL;
    t->ready_weight = 0;
}

/* ---- the line: the worker's receive, again and again ---- */

static int receive(struct own_travel *t)
{
    struct own_socket *o = t->o;
    int err = WSA_OPERATION_ABORTED;

    lock_take(&o->start_lock); /* a close must not get between the look and the call */
    if (!__atomic_load_n(&o->closed, __ATOMIC_ACQUIRE)) {
        memset(&t->receive.ov, 0, sizeof t->receive.ov);
        t->buf = (WSABUF){OWN_DATAGRAM_MOST, t->room};
        t->msg = (WSAMSG){.name = (struct sockaddr *)&t->from, .namelen = sizeof t->from, .lpBuffers = &t->buf,
                          .dwBufferCount = 1, .Control = {sizeof t->control, t->control}};
        err = t->receive_msg(o->line, &t->msg, NULL, &t->receive.ov, NULL) ? WSAGetLastError() : 0;
    }
    lock_drop(&o->start_lock);
    return err;
}

static void arrives(struct own_travel *t, struct own_datagram *d, uint64_t now, uint64_t due)
{
    d->way.due = due;
    lock_take(&t->lock);
    travel_put(&t->arriving, &d->way);
    lock_drop(&t->lock);
    if (due <= now)
        own_arrive_due(t, now);
    else
        own_travel_ring(due);
}

/* The base provider keeps a datagram socket's peer for itself, so the kernel gives what others send as well. Under the lock. */
static BOOL is_peer(const struct own_travel *t, const SOCKADDR_STORAGE *from)
{
    const struct sockaddr_in *a = (const struct sockaddr_in *)&t->peer, *b = (const struct sockaddr_in *)from;
    const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a, *b6 = (const struct sockaddr_in6 *)b;

    if (!t->peer.ss_family)
        return TRUE;
    if (a->sin_family != b->sin_family || a->sin_port != b->sin_port)
        return FALSE;
    return a->sin_family == AF_INET ? a->sin_addr.s_addr == b->sin_addr.s_addr
                                    : !memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof a6->sin6_addr);
}

/* What has come from others is not for the program any more; tokens that stood for it are nobody's. */
static void keep_peers(struct own_travel *t)
{
    struct travel_queue arriving = t->arriving;
    struct own_datagram *ready = t->ready, *d;
    struct travel *w;

    t->arriving = (struct travel_queue){NULL, NULL, 0};
    t->ready = t->ready_last = t->no_token = NULL;
    t->ready_weight = t->tokens = 0;
    while ((w = travel_take(&arriving, TRAVEL_NEVER))) {
        d = CONTAINING_RECORD(w, struct own_datagram, way);
        if (d->err || is_peer(t, &d->address))
            travel_put(&t->arriving, w);
        else
            own_datagram_put(d);
    }
    while ((d = ready)) {
        ready = d->next;
        if (d->err || is_peer(t, &d->address))
            make_ready(t, d);
        else
            own_datagram_put(d);
    }
    send_tokens(t);
}

void own_travel_connected(struct own_socket *o)
{
    struct own_travel *t = o->travel;
    SOCKADDR_STORAGE peer = {.ss_family = 0};
    int bytes = sizeof peer, ignored;

    if (!t)
        return;
    if (o->chain->next.lpWSPGetPeerName(o->line, (struct sockaddr *)&peer, &bytes, &ignored))
        peer.ss_family = 0;
    lock_take(&t->lock);
    t->peer = peer;
    if (peer.ss_family)
        keep_peers(t);
    lock_drop(&t->lock);
}

static void take_in(struct own_travel *t, DWORD bytes)
{
    uint64_t now = ws2kit_clock(), due;
    size_t control = t->msg.Control.len <= sizeof t->control ? t->msg.Control.len : 0;
    struct own_datagram *d;
    BOOL fits, meant;

    lock_take(&t->lock);
    fits = t->arriving.weight + travel_weight(bytes) <= TRAVEL_MOST;
    meant = is_peer(t, &t->from);
    lock_drop(&t->lock);
    if (!meant || !own_travel_due(t, TRUE, bytes, &t->from, t->msg.namelen, now, &due) || !fits)
        return;
    d = own_datagram_new(bytes, control);
    if (!d)
        return;
    memcpy(d->buf.buf, t->room, bytes);
    memcpy(d->control.buf, t->control, control);
    memcpy(&d->address, &t->from, sizeof d->address);
    d->address_bytes = t->msg.namelen;
    d->flags = t->msg.dwFlags;
    arrives(t, d, now, due);
}

/* FALSE: it will not become better. */
static BOOL take_error(struct own_travel *t, int err)
{
    uint64_t now = ws2kit_clock();
    struct own_datagram *d;

    if (err == WSA_OPERATION_ABORTED || err == WSAENOTSOCK)
        return FALSE;
    d = own_datagram_new(0, 0);
    if (d) {
        d->err = err;
        arrives(t, d, now, now);
    }
    return err == WSAECONNRESET || err == WSAENETRESET || err == WSAECONNREFUSED || err == WSAEHOSTUNREACH ||
           err == WSAENETUNREACH;
}

static BOOL go_on(struct own_travel *t)
{
    int err;

    do
        err = receive(t);
    while (err && err != WSA_IO_PENDING && take_error(t, err));
    return !err || err == WSA_IO_PENDING;
}

static void received(struct own_packet *p, DWORD code)
{
    struct own_travel *t = (struct own_travel *)p;
    struct own_socket *o = t->o;
    DWORD bytes = 0, flags;
    BOOL goes_on = FALSE;
    int err = 0;

    (void)code;
    if (own_may_tell(o)) {
        if (!__atomic_load_n(&o->closed, __ATOMIC_ACQUIRE)) {
            if (!o->chain->next.lpWSPGetOverlappedResult(o->line, &p->ov, &bytes, FALSE, &flags, &err))
                goes_on = take_error(t, err);
            else
                take_in(t, bytes);
            goes_on = (!err || goes_on) && go_on(t);
        }
        own_has_told();
    }
    if (!goes_on)
        own_put(o);
}

static void begin(struct own_packet *p, DWORD code)
{
    struct own_travel *t = (struct own_travel *)p;
    BOOL goes_on = FALSE;

    (void)code;
    p->done = received;
    if (own_may_tell(t->o)) {
        goes_on = go_on(t);
        own_has_told();
    }
    if (!goes_on)
        own_put(t->o);
}

void own_travel_bound(struct own_socket *o)
{
    struct own_travel *t = o->travel;
    BOOL first;

    if (!t || __atomic_load_n(&t->bound, __ATOMIC_ACQUIRE))
        return;
    own_arrive_room(t);
    lock_take(&t->lock);
    first = !t->bound;
    __atomic_store_n(&t->bound, TRUE, __ATOMIC_RELEASE);
    lock_drop(&t->lock);
    if (!first)
        return;
    own_lock();
    o->refs++; /* the receive's */
    own_unlock();
    t->receive.done = begin;
    own_worker_call(&t->receive);
}

BOOL own_arrives(struct own_socket *o)
{
    return o->travel && __atomic_load_n(&o->travel->bound, __ATOMIC_ACQUIRE);
}

/* ---- the program's receives ---- */

/* While somebody peeks, what others take meanwhile stays: the token that was seen may be of one of those. */
static void peek_begin(struct own_travel *t)
{
    lock_take(&t->lock);
    t->peeks++;
    lock_drop(&t->lock);
}

static void peek_end(struct own_travel *t)
{
    lock_take(&t->lock);
    if (!--t->peeks)
        drop_all(&t->taken);
    lock_drop(&t->lock);
}

static struct own_datagram *find(struct own_datagram *list, ULONGLONG number)
{
    while (list && list->number != number)
        list = list->next;
    return list;
}

/* Under the lock; `d` has a token, so it stands before those that have none. */
static void take_out(struct own_travel *t, struct own_datagram *d)
{
    struct own_datagram *before = NULL;

    for (struct own_datagram *at = t->ready; at != d; at = at->next)
        before = at;
    *(before ? &before->next : &t->ready) = d->next;
    if (t->ready_last == d)
        t->ready_last = before;
    t->ready_weight -= travel_weight(d->way.bytes);
    t->tokens--;
    d->next = NULL;
    if (t->peeks) {
        own_datagram_hold(d);
        d->next = t->taken;
        t->taken = d;
    }
}

/* With a reference. NULL: that is no token of ours, or what it stood for is lost. */
static struct own_datagram *take(struct own_travel *t, ULONGLONG number, BOOL peek)
{
    struct own_datagram *d;

    lock_take(&t->lock);
    d = find(t->ready, number);
    if (d && peek) {
        own_datagram_hold(d);
    } else if (d) {
        take_out(t, d);
        send_tokens(t);
    } else if (peek && (d = find(t->taken, number))) {
        own_datagram_hold(d);
    }
    lock_drop(&t->lock);
    return d;
}

static int check(const struct own_socket *o, const struct own_wanted *w)
{
    INT least = o->chain->mine.iAddressFamily == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    struct sockaddr *from = w->msg ? w->msg->name : w->from;
    const INT *from_bytes = w->msg ? &w->msg->namelen : w->from_bytes;

    if (w->count && IsBadReadPtr(w->buf, w->count * sizeof *w->buf))
        return WSAEFAULT;
    for (DWORD i = 0; i < w->count; i++)
        if (w->buf[i].len && IsBadWritePtr(w->buf[i].buf, w->buf[i].len))
            return WSAEFAULT;
    if (from && (IsBadReadPtr(from_bytes, sizeof *from_bytes) || *from_bytes < least || IsBadWritePtr(from, (UINT_PTR)least)))
        return WSAEFAULT;
    return 0;
}

static void give_address(const struct own_datagram *d, struct sockaddr *from, LPINT from_bytes)
{
    if (*from_bytes > d->address_bytes)
        *from_bytes = d->address_bytes;
    memcpy(from, &d->address, (size_t)*from_bytes);
}

static DWORD give_control(const struct own_datagram *d, LPWSAMSG msg)
{
    BOOL asks = msg->Control.len != 0, fits = msg->Control.len >= d->control.len;

    if (asks && fits && IsBadWritePtr(msg->Control.buf, d->control.len))
        fits = FALSE;
    if (asks && fits)
        memcpy(msg->Control.buf, d->control.buf, d->control.len);
    msg->Control.len = asks && fits ? d->control.len : 0;
    return asks && !fits ? MSG_CTRUNC : 0;
}

/* `d` becomes the program's, who may have changed its mind about its memory since check(). */
static int give(const struct own_socket *o, const struct own_datagram *d, const struct own_wanted *w, LPDWORD got,
                LPDWORD flags)
{
    size_t done = 0;
    BOOL truncated;

    *got = 0;
    if (d->err)
        return d->err;
    if ((w->msg && IsBadWritePtr(w->msg, sizeof *w->msg)) || check(o, w))
        return WSAEFAULT;
    for (DWORD i = 0; i < w->count && done < d->buf.len; i++) {
        size_t n = d->buf.len - done < w->buf[i].len ? d->buf.len - done : w->buf[i].len;

        memcpy(w->buf[i].buf, d->buf.buf + done, n);
        done += n;
    }
    *got = (DWORD)done;
    truncated = done < d->buf.len;
    *flags = 0;
    if (!w->msg) {
        if (w->from)
            give_address(d, w->from, w->from_bytes);
        *flags = truncated ? MSG_PARTIAL : 0;
    } else {
        if (w->msg->name)
            give_address(d, w->msg->name, &w->msg->namelen);
        *flags = give_control(d, w->msg) | d->flags;
        truncated |= (*flags & MSG_CTRUNC) != 0;
        if (truncated)
            *flags = *flags & MSG_CTRUNC ? MSG_CTRUNC : MSG_TRUNC;
        w->msg->dwFlags = *flags;
    }
    return truncated ? WSAEMSGSIZE : 0;
}

/*
 * FALSE: nothing has come after all, and the receive goes on. The other socket has a port on the loopback, and the base provider cannot keep strangers from
 * sending to it; whose bytes are no token's.
 */
static BOOL hand_over(struct own_socket *o, const char *token, DWORD bytes, const struct own_wanted *w, BOOL peek,
                      LPDWORD got, LPDWORD flags, int *err)
{
    struct own_travel *t = o->travel;
    struct own_datagram *d = NULL;
    ULONGLONG number;

    if (bytes == sizeof number) {
        memcpy(&number, token, sizeof number);
        d = take(t, number, peek);
    }
    if (!d)
        return FALSE;
    *err = give(o, d, w, got, flags);
    lock_take(&t->lock);
    own_datagram_put(d);
    lock_drop(&t->lock);
    return TRUE;
}

/* What was received in place of what a peek had found to be a stranger's: another thread may have been faster, and this be a token. */
static void give_back(struct own_socket *o, const char *token, DWORD bytes)
{
    struct own_travel *t = o->travel;
    WSABUF buf = {OWN_TOKEN, (char *)token};
    ULONGLONG number;
    DWORD sent;
    int ignored;

    if (bytes != sizeof number)
        return;
    memcpy(&number, token, sizeof number);
    lock_take(&t->lock);
    if (find(t->ready, number))
        o->table->lpWSPSendTo(t->caller, &buf, 1, &sent, 0, (const struct sockaddr *)&t->name, t->name_bytes, NULL, NULL,
                              NULL, &ignored);
    lock_drop(&t->lock);
}

/* A stranger's bytes would be peeked at for ever. */
static void throw_away(struct own_socket *o)
{
    char token[OWN_TOKEN];
    WSABUF buf = {sizeof token, token};
    DWORD bytes, flags = 0;
    int ignored;

    if (!o->table->lpWSPRecv(o->lower, &buf, 1, &bytes, &flags, NULL, NULL, NULL, &ignored))
        give_back(o, token, bytes);
}

int own_receive_now(struct own_socket *o, const struct own_wanted *w, LPDWORD got, LPDWORD flags, LPINT err)
{
    struct own_travel *t = o->travel;
    char token[OWN_TOKEN];
    WSABUF buf = {sizeof token, token};
    DWORD bytes, asked;
    BOOL peek, goes_on;

    if (IsBadWritePtr(flags, sizeof *flags) || IsBadWritePtr(got, sizeof *got) || check(o, w))
        return own_fail(err, WSAEFAULT);
    asked = *flags;
    peek = (asked & MSG_PEEK) != 0;
    if (peek)
        peek_begin(t);
    do {
        *err = 0;
        *flags = asked;
        bytes = 0;
        goes_on = FALSE;
        if (!o->table->lpWSPRecv(o->lower, &buf, 1, &bytes, flags, NULL, NULL, NULL, err))
            goes_on = !hand_over(o, token, bytes, w, peek, got, flags, err);
        else
            goes_on = *err == WSAEMSGSIZE; /* longer than a token */
        if (goes_on && __atomic_load_n(&o->closed, __ATOMIC_ACQUIRE)) {
            *err = WSAEINTR;
            break;
        }
        if (goes_on && peek)
            throw_away(o);
    } while (goes_on);
    if (peek)
        peek_end(t);
    return *err ? SOCKET_ERROR : 0;
}

/* `thread`: the caller's. */
static int start(struct own_op *op, LPWSATHREADID thread, LPINT err)
{
    DWORD got;

    op->flags = op->asked & ~(DWORD)(op->strays ? MSG_PEEK : 0);
    return op->o->table->lpWSPRecv(op->o->lower, &op->token_room, 1, &got, &op->flags, &op->packet.ov, NULL, thread, err);
}

int own_receive_later(struct own_op *op, LPWSATHREADID thread, LPINT err)
{
    struct own_socket *o = op->o;
    const struct own_wanted w = {op->buf, op->count, op->from, op->from_bytes, op->receiving};
    BOOL peek = (op->asked & MSG_PEEK) != 0;
    WSATHREADID here;
    int result;

    if (check(o, &w))
        return own_fail(err, WSAEFAULT);
    if (!thread && upcalls.lpWPUOpenCurrentThread(&here, err))
        return SOCKET_ERROR;
    op->token = TRUE;
    op->on_line = FALSE;
    op->token_room = (WSABUF){OWN_TOKEN, op->data};
    if (peek)
        peek_begin(o->travel);
    result = start(op, thread ? thread : &here, err);
    if (result && *err != WSA_IO_PENDING && peek)
        peek_end(o->travel);
    return result;
}

/* TRUE: it is under way again. A close from another thread must not get between the look and the call. */
static BOOL start_again(struct own_op *op, int *err)
{
    struct own_socket *o = op->o;
    WSATHREADID here;
    int failure = WSA_OPERATION_ABORTED;

    lock_take(&o->start_lock);
    if (!__atomic_load_n(&o->closed, __ATOMIC_ACQUIRE) && !__atomic_load_n(&op->cancelled, __ATOMIC_SEQ_CST)) {
        memset(&op->packet.ov, 0, sizeof op->packet.ov);
        if (!upcalls.lpWPUOpenCurrentThread(&here, &failure) && !start(op, &here, &failure))
            failure = 0;
    }
    lock_drop(&o->start_lock);
    *err = failure;
    if (failure && failure != WSA_IO_PENDING) {
        op->packet.ov.Internal = 0;
        return FALSE;
    }
    /* Whoever cancelled just before this had nothing below to cancel. */
    if (__atomic_load_n(&op->cancelled, __ATOMIC_SEQ_CST))
        CancelIoEx((HANDLE)o->lower, &op->packet.ov);
    return TRUE;
}

/* What a peek has found to be a stranger's is received, and then it peeks again. */
static BOOL goes_on(struct own_op *op, int *err)
{
    BOOL peek = (op->asked & MSG_PEEK) != 0;

    op->strays = peek && !op->strays;
    return start_again(op, err);
}

BOOL own_receive_ended(struct own_op *op, int *err, DWORD *bytes, DWORD *flags)
{
    struct own_socket *o = op->o;
    const struct own_wanted w = {op->buf, op->count, op->from, op->from_bytes, op->receiving};
    BOOL peek = (op->asked & MSG_PEEK) != 0, came = !*err || *err == WSAEMSGSIZE, again = FALSE;
    DWORD token_bytes = *err ? 0 : *bytes;

    *bytes = 0;
    if (came && own_may_tell(o)) {
        *err = 0;
        if (op->strays)
            give_back(o, op->data, token_bytes);
        if (op->strays || !hand_over(o, op->data, token_bytes, &w, peek, bytes, flags, err))
            again = goes_on(op, err);
        own_has_told();
    }
    if (peek && !again)
        peek_end(o->travel);
    return again;
}
