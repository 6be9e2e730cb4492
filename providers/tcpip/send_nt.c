/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

#include <stdlib.h>
#include <string.h>

#include "providers/tcpip/bufs.h"
#include "providers/tcpip/fast.h"
#include "providers/tcpip/leaving.h"
#include "providers/tcpip/spi.h"

struct send {
    LPWSABUF bufs;
    DWORD count;
    DWORD flags;
    const struct sockaddr *to; /* NULL for a stream */
    INT to_bytes;
};

static struct afd_sendmsg request_of(const struct send *r, BOOL force_async)
{
    struct afd_sendmsg in = {
        .name = (ULONG_PTR)r->to,
        .name_bytes = (ULONG)r->to_bytes,
        .flags = r->flags & MSG_OOB,
        .force_async = force_async,
        .count = r->count,
        .bufs = (ULONG_PTR)r->bufs,
    };

    return in;
}

/* ---- the rest of a nonblocking send ---- */

/*
 * Windows takes a nonblocking send on a stream whole or not at all, and programs rely on it; Wine 8.0 takes what fits.
 * So when part of a send has gone, a copy of the rest follows as an overlapped send of our own. The kernel refuses
 * further nonblocking sends until it is done, and re-arms FD_WRITE with each refusal; so they are always put to the
 * kernel, never refused from here. It is started on the worker, because the exit of the thread that starts an
 * operation cancels it.
 */
struct send_tail {
    struct leaving leaving; /* first, see tail_has_left() */
    IO_STATUS_BLOCK iosb;
    struct sock *sock; /* not counted: the record owns the tail */
    HANDLE event;             /* of a mark, see send_mark_end(); else NULL */
    struct send_tail *before; /* the rest that the mark follows, or NULL; owned */
    ULONG bytes;
    NTSTATUS started;
    char data[];
};

static BOOL tail_done(const struct send_tail *tail)
{
    return *(const volatile NTSTATUS *)&tail->iosb.Status != STATUS_PENDING;
}

static BOOL tail_has_left(const struct leaving *l)
{
    return tail_done((const struct send_tail *)l);
}

void send_tail_free(struct send_tail *tail)
{
    while (tail) {
        struct send_tail *before = tail->before;

        /* Finished or about to be: closesocket waits for it or cancels it before the last reference goes. */
        while (!tail_done(tail))
            Sleep(1);
        if (tail->event)
            NtClose(tail->event);
        else
            leaving_remove(&tail->leaving);
        free(tail);
        InterlockedDecrement(&worker_busy);
        tail = before;
    }
}

static void tail_start(void *arg)
{
    struct send_tail *tail = arg;
    WSABUF buf = { tail->bytes, tail->data };
    struct send r = { &buf, 1, 0, NULL, 0 };
    struct afd_sendmsg in = request_of(&r, TRUE);

    tail->started = afd_issue(tail->sock->handle, tail->event, &tail->iosb, AFD_SENDMSG, &in,
                              sizeof in, NULL, 0);
    if (tail->started != STATUS_PENDING)
        tail->iosb.Status = tail->started;
}

/* FALSE: it could not be, and is not started. */
static BOOL tail_run(struct send_tail *tail)
{
    InterlockedIncrement(&worker_busy);
    if (!worker_run(tail_start, tail) && !NT_ERROR(tail->started))
        return TRUE;
    InterlockedDecrement(&worker_busy);
    return FALSE;
}

/* The host takes what comes before the first byte that cannot be read, so it may not be known yet that the rest cannot. */
static BOOL can_copy(const struct send *r)
{
    for (DWORD i = 0; i < r->count; i++) {
        if (IsBadReadPtr(r->bufs[i].buf, r->bufs[i].len))
            return FALSE;
    }
    return TRUE;
}

/*
 * STATUS_NO_MEMORY: the rest could not be taken over, and the caller is to report the part that went. STATUS_ACCESS_VIOLATION: nor can
 * it ever be sent.
 */
static NTSTATUS tail_follow(struct sock *k, const struct send *r, ULONG sent) WS2_REQUIRES(k->send_lock)
{
    ULONG bytes = (ULONG)bufs_bytes((struct buf *)r->bufs, r->count) - sent;
    struct send_tail *tail;

    if (!can_copy(r))
        return STATUS_ACCESS_VIOLATION;
    tail = malloc(sizeof *tail + bytes);
    /* The kernel has taken a new send, so the one before has ended; its thread is about to say so. */
    send_tail_free(k->tail);
    k->tail = NULL;
    if (!tail)
        return STATUS_NO_MEMORY;
    bufs_copy((struct buf *)r->bufs, r->count, sent, tail->data);
    tail->sock = k;
    tail->event = NULL;
    tail->before = NULL;
    tail->bytes = bytes;
    if (!tail_run(tail)) {
        free(tail);
        return STATUS_NO_MEMORY;
    }
    tail->leaving.has_left = tail_has_left;
    leaving_add(&tail->leaving);
    k->tail = tail;
    k->had_pending_send = TRUE;
    return STATUS_SUCCESS;
}

/* Frees a finished tail. How it ended, if it failed, is what the next send is told. */
static NTSTATUS tail_reap(struct sock *k) WS2_REQUIRES(k->send_lock)
{
    struct send_tail *tail = k->tail;
    NTSTATUS status;

    if (!tail || !tail_done(tail))
        return STATUS_SUCCESS;
    status = tail->iosb.Status;
    k->tail = NULL;
    send_tail_free(tail);
    return status;
}

static NTSTATUS fast(struct sock *k, const struct send *r, BOOL wait, ULONG *bytes)
{
    struct fast_msg m = { r->bufs, r->count, r->flags, (struct sockaddr *)r->to, NULL, r->to_bytes };

    return fast_send(k, &m, wait, bytes);
}

/* Where there is a selection, or was one, the device is to see that nothing could be sent, so that it will report FD_WRITE. */
static NTSTATUS show_refusal(struct sock *k, NTSTATUS status)
{
    return status == STATUS_DEVICE_NOT_READY && (k->was_selected || fast_selected(k)) ? STATUS_NOT_FAST : status;
}

/* One nonblocking send the fast way: part of it is success here. */
static NTSTATUS fast_part(struct sock *k, const struct send *r, ULONG *bytes)
{
    NTSTATUS status = fast(k, r, FALSE, bytes);

    if (*bytes && (status == STATUS_DEVICE_NOT_READY || status == STATUS_NOT_FAST))
        return STATUS_SUCCESS;
    return show_refusal(k, status);
}

static NTSTATUS send_whole(struct sock *k, const struct send *r, ULONG *bytes)
{
    struct afd_sendmsg in = request_of(r, FALSE);
    ULONG total = (ULONG)bufs_bytes((struct buf *)r->bufs, r->count);
    NTSTATUS status;

    lock_take(&k->send_lock);
    status = tail_reap(k);
    if (!status) {
        status = fast_part(k, r, bytes);
        if (status == STATUS_NOT_FAST)
            status = afd_call_blocking(k, AFD_SENDMSG, &in, sizeof in, NULL, 0, bytes);
        if (!status && *bytes < total && !(r->flags & MSG_OOB)) {
            NTSTATUS followed = tail_follow(k, r, *bytes);

            if (!followed)
                *bytes = total;
            else if (followed == STATUS_ACCESS_VIOLATION)
                status = followed;
        }
    }
    lock_drop(&k->send_lock);
    return status;
}

/* ---- what is queued ---- */

static struct afd_sendmsg nothing(void)
{
    static const WSABUF no_bytes;

    return (struct afd_sendmsg){ .force_async = TRUE, .count = 1, .bufs = (ULONG_PTR)&no_bytes };
}

BOOL send_is_queued(struct sock *k)
{
    struct afd_sendmsg in = nothing();
    BOOL rest;

    lock_take(&k->send_lock);
    rest = k->tail && !tail_done(k->tail);
    lock_drop(&k->send_lock);
    if (rest || k->shut_send)
        return rest;
    return afd_try(k->handle, AFD_SENDMSG, &in, sizeof in, NULL, 0) == STATUS_CANCELLED;
}

void send_wait_queued(struct sock *k)
{
    struct afd_sendmsg in = nothing();

    if (!k->shut_send)
        afd_call(k->handle, AFD_SENDMSG, &in, sizeof in, NULL, 0, NULL);
    else if (k->tail && k->tail->event)
        NtWaitForSingleObject(k->tail->event, FALSE, NULL);
}

void send_give_up(struct sock *k, HANDLE handle)
{
    IO_STATUS_BLOCK ignored;

    lock_take(&k->send_lock);
    for (struct send_tail *tail = k->tail; tail; tail = tail->before)
        NtCancelIoFileEx(handle, &tail->iosb, &ignored);
    lock_drop(&k->send_lock);
}

/* After the shutdown the device refuses sends of nothing as all others, and closes without waiting for what is queued. */
void send_mark_end(struct sock *k)
{
    struct send_tail *mark;

    if (!sock_is_stream(k) || k->shut_send || !k->had_pending_send || !send_is_queued(k))
        return;
    mark = calloc(1, sizeof *mark);
    if (!mark)
        return;
    mark->sock = k;
    lock_take(&k->send_lock);
    mark->before = k->tail;
    if (!NtCreateEvent(&mark->event, EVENT_ALL_ACCESS, NULL, 0 /* NotificationEvent */, FALSE) && tail_run(mark)) {
        k->tail = mark;
        mark = NULL;
    }
    lock_drop(&k->send_lock);
    if (mark && mark->event)
        NtClose(mark->event);
    free(mark);
}

/* ---- all sends ---- */

/*
 * A blocking send on a stream, of which the first *bytes may have gone the fast way. The lock is held until the device
 * has the rest in its queue, so that no other call's data come between.
 */
static NTSTATUS send_rest(struct sock *k, const struct send *r, BOOL wait, ULONG *bytes)
{
    struct buf left[HALF_BUFS];
    struct send rest = *r;
    HANDLE handle = k->handle, event = event_take();
    struct afd_sendmsg in;
    IO_STATUS_BLOCK iosb;
    NTSTATUS status;

    if (*bytes) {
        memcpy(left, r->bufs, r->count * sizeof *left);
        rest.count = bufs_skip(left, r->count, *bytes);
        rest.bufs = (LPWSABUF)left;
    }
    in = request_of(&rest, wait);
    if (!event) {
        lock_drop(&k->send_lock);
        return STATUS_NO_MEMORY;
    }
    sock_tell(k);
    status = afd_issue(handle, event, &iosb, AFD_SENDMSG, &in, sizeof in, NULL, 0);
    if (status == STATUS_PENDING) {
        InterlockedIncrement(&k->waits[AFD_KIND_SEND]);
        lock_drop(&k->send_lock);
        status = afd_wait_blocking(k, handle, event, &iosb);
        InterlockedDecrement(&k->waits[AFD_KIND_SEND]);
    } else {
        lock_drop(&k->send_lock);
    }
    event_drop(event);
    *bytes += (ULONG)iosb.Information;
    return status;
}

static NTSTATUS send_stream(struct sock *k, const struct send *r, BOOL wait, ULONG *bytes)
{
    NTSTATUS status;

    lock_take(&k->send_lock);
    status = fast(k, r, TRUE, bytes);
    if (status == STATUS_NOT_FAST)
        return send_rest(k, r, wait, bytes);
    lock_drop(&k->send_lock);
    return status;
}

static NTSTATUS send_now(struct sock *k, const struct send *r, BOOL wait, ULONG *bytes)
{
    struct afd_sendmsg in = request_of(r, wait);
    NTSTATUS status;

    *bytes = 0;
    if (sock_is_stream(k)) {
        status = k->nonblocking && !wait ? send_whole(k, r, bytes) : send_stream(k, r, wait, bytes);
        if (status == STATUS_CONNECTION_RESET)
            k->reset_at_send = TRUE;
        return status;
    }
    status = show_refusal(k, fast(k, r, wait || !k->nonblocking, bytes));
    if (status != STATUS_NOT_FAST)
        return status;
    return afd_call_blocking(k, AFD_SENDMSG, &in, sizeof in, NULL, 0, bytes);
}

NTSTATUS send_stream_bytes(struct sock *k, const void *at, ULONG count)
{
    WSABUF buf = { count, (char *)at };
    struct send r = { &buf, 1, 0, NULL, 0 };
    ULONG sent;

    return send_now(k, &r, TRUE, &sent);
}

/*
 * The kernel reads the address again when a pending send goes on; the application's may be gone by then, for Windows
 * copies it. A ring is enough: datagram sends hardly ever pend, and never long.
 */
enum { NAMES_MAX = 64 };

struct send_names {
    unsigned next;
    union sock_addr at[NAMES_MAX];
};

static const struct sockaddr *keep_name(struct sock *k, const union sock_addr *name)
{
    union sock_addr *kept = NULL;

    lock_take(&k->lock);
    if (!k->names)
        k->names = calloc(1, sizeof *k->names);
    if (k->names) {
        kept = &k->names->at[k->names->next++ % NAMES_MAX];
        *kept = *name;
    }
    lock_drop(&k->lock);
    return kept ? &kept->any : NULL;
}

/*
 * An overlapped send that fits into the host's buffer is done; of one that fits in part the rest follows, as with a
 * nonblocking one. More than a little is left to the device from the start: it needs no copy.
 */
enum { FAST_OVERLAPPED_MAX = 0x10000 };

static NTSTATUS start_fast(struct sock *k, const struct send *r, ULONG *bytes)
{
    ULONG total = (ULONG)bufs_bytes((struct buf *)r->bufs, r->count);
    NTSTATUS status;

    if (total > FAST_OVERLAPPED_MAX)
        return STATUS_NOT_FAST;
    status = fast(k, r, FALSE, bytes);
    if (sock_is_stream(k) && *bytes && *bytes < total &&
        (status == STATUS_DEVICE_NOT_READY || status == STATUS_NOT_FAST)) {
        status = tail_follow(k, r, *bytes);
        *bytes = total;
    }
    /* Too long a datagram: the device says so with a packet. */
    return status == STATUS_DEVICE_NOT_READY || status == STATUS_BUFFER_OVERFLOW ? STATUS_NOT_FAST : status;
}

static int start(struct sock *k, const struct send *r, DWORD *bytes, LPWSAOVERLAPPED ov,
                 LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    BOOL stream = sock_is_stream(k), quick = fast_overlapped(k, ov, routine);
    struct afd_sendmsg in = request_of(r, TRUE);
    NTSTATUS status = STATUS_NOT_FAST;
    ULONG sent;

    if (stream) {
        lock_take(&k->send_lock);
        if (quick && !tail_reap(k))
            status = start_fast(k, r, &sent);
    } else if (quick) {
        status = start_fast(k, r, &sent);
    }
    if (status == STATUS_NOT_FAST) {
        status = afd_start(k, AFD_SENDMSG, &in, sizeof in, NULL, 0, ov, routine, AFD_KIND_SEND);
        quick = FALSE;
    }
    if (quick && !status) {
        if (bytes)
            *bytes = sent;
        fast_finish(k, AFD_KIND_SEND, ov, status, sent, routine);
    }
    if (stream)
        lock_drop(&k->send_lock);
    if (quick)
        return err_from_ntstatus(status);
    return afd_started(k, status, ov, routine, bytes);
}

static int check_stream(struct sock *k)
{
    int err = sock_check_connected(k);

    if (err)
        return err;
    return k->shut_send ? WSAESHUTDOWN : k->reset ? WSAECONNRESET : 0;
}

/* Where a datagram goes: the address given, or the default peer. *name is the caller's room for it. */
static int check_datagram(struct sock *k, struct send *r, union sock_addr *name)
{
    int err = 0;

    if (r->flags & MSG_OOB)
        return WSAEOPNOTSUPP;
    if (r->to) {
        err = sock_check_addr(k, r->to, r->to_bytes, name);
    } else {
        lock_take(&k->lock);
        *name = k->peer;
        if (!k->peer_bytes)
            err = WSAENOTCONN;
        lock_drop(&k->lock);
    }
    if (err)
        return err;
    if (k->type == SOCK_DGRAM && !name->in.sin_port)
        name->in.sin_port = net16(9); /* Windows lets port 0 pass; discard is where nobody minds */
    r->to = &name->any;
    r->to_bytes = sock_addr_bytes(k);
    return k->shut_send ? WSAESHUTDOWN : 0;
}

int send_msg(struct sock *k, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags,
             const struct sockaddr *to, int to_bytes, LPWSAOVERLAPPED ov,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct send r = { bufs, count, flags, to, to_bytes };
    BOOL overlapped = ov && k->overlapped;
    union sock_addr name;
    NTSTATUS status;
    ULONG sent;
    int err;

    if ((!ov && check_pointer(bytes)) || (r.count && check_pointer(r.bufs)))
        return WSAEFAULT;
    if (sock_is_stream(k)) {
        r.to = NULL; /* ignored, even a bad one */
        r.to_bytes = 0;
        err = check_stream(k);
    } else {
        err = check_datagram(k, &r, &name);
        if (!err && overlapped) {
            r.to = keep_name(k, &name);
            err = r.to ? 0 : WSAENOBUFS;
        }
    }
    if (err)
        return err;
    if (overlapped) {
        err = start(k, &r, bytes, ov, routine);
    } else {
        status = send_now(k, &r, ov != NULL, &sent);
        err = err_from_ntstatus(status);
        if (!err && ov)
            afd_finish_to(ov, status, sent, routine);
        if (!err && bytes)
            *bytes = sent;
    }
    /* The first send binds a datagram socket. */
    if ((!err || err == WSA_IO_PENDING) && k->state == SOCK_NEW)
        k->state = SOCK_BOUND;
    return err;
}

int WSPAPI WSPSendTo(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags,
                     const struct sockaddr *to, int tolen, LPWSAOVERLAPPED ov,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                     LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    (void)thread; /* the kernel queues the APC to the calling thread */
    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = send_msg(k, bufs, count, bytes, flags, to, tolen, ov, routine);
    sock_put(k);
    return spi_end(lp_errno, err);
}

int WSPAPI WSPSend(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags,
                   LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   LPWSATHREADID thread, LPINT lp_errno)
{
    return WSPSendTo(s, bufs, count, bytes, flags, NULL, 0, ov, routine, thread, lp_errno);
}
