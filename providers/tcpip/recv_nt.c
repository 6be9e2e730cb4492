/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

#include <stdlib.h>
#include <string.h>

#include "providers/tcpip/bufs.h"
#include "providers/tcpip/fast.h"
#include "providers/tcpip/pend.h"
#include "providers/tcpip/port.h"
#include "providers/tcpip/spi.h"

_Static_assert(sizeof(struct buf) == sizeof(WSABUF) &&
                   offsetof(struct buf, at) == offsetof(WSABUF, buf),
               "WSABUF");

struct recv {
    LPWSABUF bufs;
    DWORD count;
    DWORD flags;            /* in: MSG_*; out: what *lpFlags is to say */
    struct sockaddr *from;  /* NULL: not wanted, or a stream */
    INT *from_bytes;
    LPWSABUF control;       /* NULL: not wanted */
};

/* `flags` is for the kernel: with control data it writes there when the operation is done. */
static struct afd_recvmsg request_of(struct recv *r, DWORD *flags, BOOL force_async)
{
    struct afd_recvmsg in = {
        .control = (ULONG_PTR)r->control,
        .name = (ULONG_PTR)r->from,
        .name_bytes = (ULONG_PTR)(r->from ? r->from_bytes : NULL),
        .flags = (ULONG_PTR)flags,
        .force_async = force_async,
        .count = r->count,
        .bufs = (ULONG_PTR)r->bufs,
    };

    *flags = r->flags & (MSG_OOB | MSG_PEEK);
    return in;
}

/*
 * Wine 8.0 reads a reset connection as a clean end of stream (rule 4). Everything that came before the reset has been
 * read by then, so from now on the socket has nothing but the reset to tell.
 */
BOOL sock_seen_reset(struct sock *k)
{
    if (!sock_is_stream(k))
        return FALSE;
    if (!k->reset && (afd_poll_now(k->handle, AFD_POLL_RESET, NULL) & AFD_POLL_RESET))
        k->reset = TRUE;
    return k->reset;
}

static BOOL is_reset(struct sock *k, const struct recv *r)
{
    return bufs_bytes((struct buf *)r->bufs, r->count) && sock_seen_reset(k);
}

static NTSTATUS fast(struct sock *k, const struct recv *r, BOOL wait, ULONG *bytes)
{
    struct fast_msg m = { r->bufs, r->count, r->flags, r->from, r->from_bytes, 0 };

    return r->control ? STATUS_NOT_FAST : fast_recv(k, &m, wait, bytes);
}

/* One receive that is waited for, or not, as the socket is blocking or not. `wait`: even on a nonblocking one. */
static NTSTATUS receive(struct sock *k, struct recv *r, BOOL wait, ULONG *bytes)
{
    DWORD flags;
    struct afd_recvmsg in;
    NTSTATUS status;

    pend_to_device(k);
    status = fast(k, r, wait || !k->nonblocking, bytes);
    if (status == STATUS_NOT_FAST) {
        in = request_of(r, &flags, wait);
        status = afd_call_blocking(k, AFD_RECVMSG, &in, sizeof in, NULL, 0, bytes);
        r->flags &= ~(DWORD)MSG_CTRUNC;
        if (r->control)
            r->flags |= flags & MSG_CTRUNC;
    }
    if (!status && !*bytes && is_reset(k, r))
        return STATUS_CONNECTION_RESET;
    return status;
}

BOOL sock_is_peer(struct sock *k, const union sock_addr *from)
{
    union sock_addr peer;
    INT bytes;

    lock_take(&k->lock);
    peer = k->peer;
    bytes = k->peer_bytes;
    lock_drop(&k->lock);
    if (!bytes)
        return TRUE;
    if (peer.any.sa_family != from->any.sa_family)
        return FALSE;
    if (k->type == SOCK_DGRAM && peer.in.sin_port != from->in.sin_port)
        return FALSE;
    return k->family == AF_INET
               ? peer.in.sin_addr.s_addr == from->in.sin_addr.s_addr
               : !memcmp(&peer.in6.sin6_addr, &from->in6.sin6_addr, sizeof peer.in6.sin6_addr);
}

/* Throws away the datagram that was peeked at. */
static void discard(struct sock *k)
{
    WSABUF none = { 0, NULL };
    struct recv r = { .bufs = &none, .count = 1 };
    ULONG bytes;

    receive(k, &r, FALSE, &bytes);
}

/* Looks who sent the datagram at the head of the queue. On a blocking socket, too, without waiting for one. */
static NTSTATUS peek_sender(struct sock *k, union sock_addr *from)
{
    INT from_bytes = sizeof *from;
    WSABUF none = { 0, NULL };
    struct recv r = { &none, 1, MSG_PEEK, &from->any, &from_bytes, NULL };
    DWORD flags;
    struct afd_recvmsg in = request_of(&r, &flags, FALSE);
    ULONG bytes;
    NTSTATUS status = fast(k, &r, FALSE, &bytes);

    if (status != STATUS_NOT_FAST)
        return status;
    return afd_try(k->handle, AFD_RECVMSG, &in, sizeof in, NULL, 0);
}

BOOL sock_drop_foreign(struct sock *k)
{
    union sock_addr from;
    NTSTATUS status;

    for (;;) {
        status = peek_sender(k, &from);
        if (status == STATUS_DEVICE_NOT_READY || status == STATUS_CANCELLED)
            return FALSE;
        if (NT_ERROR(status) || sock_is_peer(k, &from))
            return TRUE;
        discard(k);
    }
}

/* A datagram socket with a default peer hears nobody else (rule 6 has us do that). */
static NTSTATUS receive_from_peer(struct sock *k, struct recv *r, BOOL wait, ULONG *bytes)
{
    ULONG control_bytes = r->control ? r->control->len : 0;
    struct recv mine = *r;
    union sock_addr from;
    INT from_bytes;
    NTSTATUS status;

    mine.from = &from.any;
    mine.from_bytes = &from_bytes;
    for (;;) {
        from_bytes = sizeof from;
        status = receive(k, &mine, wait, bytes);
        if (NT_ERROR(status))
            return status;
        if (sock_is_peer(k, &from))
            break;
        if (r->flags & MSG_PEEK)
            discard(k);
        if (r->control)
            r->control->len = control_bytes;
    }
    r->flags = mine.flags;
    if (r->from) {
        memcpy(r->from, &from, sock_addr_bytes(k));
        *r->from_bytes = sock_addr_bytes(k);
    }
    return status;
}

/* MSG_WAITALL, which the kernel ignores: until full, end of stream or trouble. What came before trouble is delivered. */
static NTSTATUS receive_all(struct sock *k, struct recv *r, ULONG *bytes)
{
    struct recv part = *r;
    struct buf *left = malloc(r->count * sizeof *left);
    ULONG got, total = 0;
    NTSTATUS status;

    if (!left)
        return STATUS_NO_MEMORY;
    memcpy(left, r->bufs, r->count * sizeof *left);
    part.bufs = (LPWSABUF)left;
    do {
        status = receive(k, &part, FALSE, &got);
        if (status)
            break;
        total += got;
        part.count = bufs_skip(left, part.count, got);
    } while (got && bufs_bytes(left, part.count));
    free(left);
    *bytes = total;
    return total ? STATUS_SUCCESS : status;
}

static NTSTATUS receive_now(struct sock *k, struct recv *r, BOOL wait, ULONG *bytes)
{
    NTSTATUS status;

    *bytes = 0;
    if (sock_is_stream(k))
        status = r->flags & MSG_WAITALL ? receive_all(k, r, bytes) : receive(k, r, wait, bytes);
    else
        status = k->peer_bytes ? receive_from_peer(k, r, wait, bytes) : receive(k, r, wait, bytes);
    r->flags &= MSG_CTRUNC;
    if (status == STATUS_BUFFER_OVERFLOW && !r->flags)
        r->flags = r->control ? MSG_TRUNC : MSG_PARTIAL;
    return status;
}

/*
 * An overlapped receive that was done at once and found no bytes on a reset connection. The kernel has given, or is
 * about to give, its indication of success. Where that is an event or a routine the application reads the outcome
 * later, and it is made right there; where no packet came the error can be told now. A packet says "end of stream".
 */
static int started_on_reset(struct sock *k, LPWSAOVERLAPPED ov,
                            LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *bytes)
{
    if (routine) { /* it runs on this very thread, so `ov` is still there */
        ov->Internal = (ULONG)STATUS_CONNECTION_RESET;
        return WSA_IO_PENDING;
    }
    if (afd_skips_packets(k->handle) || ((ULONG_PTR)ov->hEvent & 1))
        return WSAECONNRESET;
    if (ov->hEvent)
        return WSA_IO_PENDING; /* WSPGetOverlappedResult() looks at k->reset */
    if (bytes)
        *bytes = 0;
    return 0;
}

/*
 * STATUS_NOT_FAST: the device has to do it. STATUS_DEVICE_NOT_READY: nothing to receive. Otherwise done, with *err to answer. A reset is
 * told at once, as where no packet comes.
 */
static NTSTATUS start_fast(struct sock *k, struct recv *r, DWORD *bytes, LPWSAOVERLAPPED ov,
                           LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, int *err)
{
    NTSTATUS status;
    ULONG got;

    if (!fast_overlapped(k, ov, routine))
        return STATUS_NOT_FAST;
    status = fast(k, r, FALSE, &got);
    if (status == STATUS_NOT_FAST || status == STATUS_DEVICE_NOT_READY)
        return status;
    if (!status && !got && is_reset(k, r))
        status = STATUS_CONNECTION_RESET;
    *err = err_from_ntstatus(status);
    r->flags = status == STATUS_BUFFER_OVERFLOW ? MSG_PARTIAL : 0;
    if (NT_ERROR(status))
        return STATUS_SUCCESS;
    /* Truncated, and to be told: an error at once would have the application see it twice. */
    if (status && fast_will_tell(k, ov, routine))
        *err = WSA_IO_PENDING;
    else if (bytes)
        *bytes = got;
    fast_finish(k, AFD_KIND_OTHER, ov, status, got, routine);
    return STATUS_SUCCESS;
}

/* Receives that may wait in the process (pend.h): they need nothing but a packet. FALSE: the device has to do it. */
static BOOL start_here(struct sock *k, struct recv *r, DWORD *bytes, LPWSAOVERLAPPED ov,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, int *err)
{
    struct pend_recv pended = { r->bufs, r->count, r->from, r->from_bytes };
    NTSTATUS status = STATUS_DEVICE_NOT_READY;
    BOOL added = FALSE;

    if (!port_serves(k) || routine || ov->hEvent || r->control || (r->flags & ~(DWORD)MSG_PARTIAL) ||
        r->count > HALF_BUFS)
        return FALSE;
    lock_take(&k->pend_lock);
    if (!k->pends)
        status = start_fast(k, r, bytes, ov, routine, err);
    if (status == STATUS_DEVICE_NOT_READY && fast_allowed(k, AFD_KIND_OTHER) && !fast_selected(k)) {
        added = pend_add(k, &pended, ov);
        *err = WSA_IO_PENDING;
        r->flags = 0;
    }
    lock_drop(&k->pend_lock);
    if (added)
        port_pended(k);
    return added || !status;
}

/* `msg_flags` are the application's, which has to keep them when it asks for control data. */
static int start(struct sock *k, struct recv *r, DWORD *bytes, DWORD *msg_flags, LPWSAOVERLAPPED ov,
                 LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    DWORD flags, got = 0;
    struct afd_recvmsg in = request_of(r, r->control ? msg_flags : &flags, TRUE);
    NTSTATUS status;
    int err;

    if (start_here(k, r, bytes, ov, routine, &err))
        return err;
    pend_to_device(k);
    lock_take(&k->pend_lock);
    status = start_fast(k, r, bytes, ov, routine, &err);
    lock_drop(&k->pend_lock);
    if (!status)
        return err;
    status = afd_start(k, AFD_RECVMSG, &in, sizeof in, NULL, 0, ov, routine, AFD_KIND_OTHER);
    err = afd_started(k, status, ov, routine, &got);

    r->flags = r->control ? *msg_flags & MSG_CTRUNC : err == WSAEMSGSIZE ? MSG_PARTIAL : 0;
    if (err && err != WSAEMSGSIZE)
        return err;
    if (!err && !got && is_reset(k, r))
        return started_on_reset(k, ov, routine, bytes);
    if (bytes)
        *bytes = got;
    return err;
}

/* wine-afd.md 3.8: pointers and lengths first, in Windows' order. */
static int check_arguments(struct sock *k, const struct recv *r, const DWORD *bytes,
                           const WSAOVERLAPPED *ov)
{
    if (r->count && check_pointer(r->bufs))
        return WSAEFAULT;
    for (DWORD i = 0; i < r->count; i++) {
        if (r->bufs[i].len == 0xFFFFFFFF)
            return WSAEFAULT;
    }
    if (!ov && check_pointer(bytes))
        return WSAEFAULT;
    if (r->from && (check_pointer(r->from) || check_pointer(r->from_bytes) ||
                    *r->from_bytes < sock_addr_bytes(k)))
        return WSAEFAULT;
    return 0;
}

static int check_state(struct sock *k, const struct recv *r, BOOL overlapped)
{
    union sock_addr local;
    INT bytes;

    if (sock_is_stream(k)) {
        int err = sock_check_connected(k);

        if (err)
            return err;
        if (k->reset)
            return WSAECONNRESET;
        if (r->flags & MSG_WAITALL &&
            (r->flags & (MSG_PEEK | MSG_OOB) || (k->nonblocking && !overlapped)))
            return WSAEOPNOTSUPP;
    } else {
        if (r->flags & (MSG_OOB | MSG_WAITALL))
            return WSAEOPNOTSUPP;
        if (k->state == SOCK_NEW && sock_local_name(k, &local, &bytes))
            return WSAEINVAL;
    }
    return k->shut_recv ? WSAESHUTDOWN : 0;
}

int recv_msg(struct sock *k, LPWSABUF bufs, DWORD count, LPDWORD bytes, LPDWORD flags,
             struct sockaddr *from, LPINT from_bytes, LPWSABUF control, LPWSAOVERLAPPED ov,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct recv r = { bufs, count, *flags, from, from_bytes, control };
    BOOL overlapped = ov && k->overlapped;
    NTSTATUS status;
    ULONG got;
    int err;

    if (sock_is_stream(k))
        r.from = NULL; /* Windows ignores it there, even when it is bad */
    err = check_arguments(k, &r, bytes, ov);
    if (!err)
        err = check_state(k, &r, overlapped);
    if (err)
        return err;
    if (overlapped) {
        err = start(k, &r, bytes, flags, ov, routine);
    } else {
        status = receive_now(k, &r, ov != NULL, &got);
        err = err_from_ntstatus(status);
        if (!NT_ERROR(status)) {
            if (ov)
                afd_finish_to(ov, status, got, routine);
            if (bytes)
                *bytes = got;
        }
    }
    if (!err || err == WSAEMSGSIZE)
        *flags = r.flags;
    return err;
}

int WSPAPI WSPRecvFrom(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, LPDWORD flags,
                       struct sockaddr *from, LPINT fromlen, LPWSAOVERLAPPED ov,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                       LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    (void)thread; /* the kernel queues the APC to the calling thread */
    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = check_pointer(flags);
    if (!err && !count)
        err = WSAEINVAL;
    if (!err)
        err = recv_msg(k, bufs, count, bytes, flags, from, fromlen, NULL, ov, routine);
    sock_put(k);
    return spi_end(lp_errno, err);
}

int WSPAPI WSPRecv(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, LPDWORD flags,
                   LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   LPWSATHREADID thread, LPINT lp_errno)
{
    return WSPRecvFrom(s, bufs, count, bytes, flags, NULL, NULL, ov, routine, thread, lp_errno);
}
