/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/pend.h"

#include <stdlib.h>
#include <string.h>

#include "providers/tcpip/fast.h"
#include "providers/tcpip/port.h"

struct sock_pend {
    struct sock_pend *next;
    LPWSAOVERLAPPED ov;
    DWORD thread;
    struct pend_accept accept; /* its acceptor is counted; NULL: a receive */
    DWORD count;
    struct sockaddr *from;
    INT *from_bytes;
    WSABUF bufs[];
};

/* NULL: not to be had. */
static struct sock_pend *append(struct sock *k, LPWSAOVERLAPPED ov, DWORD bufs) WS2_REQUIRES(k->pend_lock)
{
    struct sock_pend *p;

    if (k->closing || !port_watch(k))
        return NULL;
    p = calloc(1, sizeof *p + bufs * sizeof *p->bufs);
    if (!p)
        return NULL;
    p->ov = ov;
    p->thread = GetCurrentThreadId();
    ov->InternalHigh = 0;
    ov->Internal = STATUS_PENDING;
    *k->pend_end = p;
    k->pend_end = &p->next;
    InterlockedIncrement(&k->pends);
    port_count_pends(k, 1);
    return p;
}

BOOL pend_add(struct sock *k, const struct pend_recv *r, LPWSAOVERLAPPED ov)
{
    struct sock_pend *p = append(k, ov, r->count);

    if (!p)
        return FALSE;
    p->count = r->count;
    p->from = r->from;
    p->from_bytes = r->from_bytes;
    memcpy(p->bufs, r->bufs, r->count * sizeof *r->bufs);
    return TRUE;
}

static struct sock_pend *take_out(struct sock *k, struct sock_pend **link) WS2_REQUIRES(k->pend_lock)
{
    struct sock_pend *p = *link;

    *link = p->next;
    if (k->pend_end == &p->next)
        k->pend_end = link;
    if (p->accept.acceptor)
        p->accept.acceptor->accept_on = NULL;
    InterlockedDecrement(&k->pends);
    port_count_pends(k, -1);
    return p;
}

static void discard(struct sock_pend *p)
{
    if (p->accept.acceptor)
        sock_put(p->accept.acceptor);
    free(p);
}

/* The store to Internal is the completion for who polls it, and the packet for the others: nothing of `ov` is touched after them. */
static void finish(struct sock *k, struct sock_pend *p, NTSTATUS status, ULONG bytes)
    WS2_REQUIRES(k->pend_lock)
{
    LPWSAOVERLAPPED ov = p->ov;

    discard(p);
    ov->InternalHigh = bytes;
    __atomic_store_n(&ov->Internal, (ULONG_PTR)(ULONG)status, __ATOMIC_RELEASE);
    port_tell(k, AFD_KIND_OTHER, ov, status, bytes);
}

static NTSTATUS start_receive(struct sock *k, const struct sock_pend *p)
{
    DWORD flags = 0;
    struct afd_recvmsg in = {
        .name = (ULONG_PTR)p->from,
        .name_bytes = (ULONG_PTR)(p->from ? p->from_bytes : NULL),
        .flags = (ULONG_PTR)&flags,
        .force_async = TRUE,
        .count = p->count,
        .bufs = (ULONG_PTR)p->bufs,
    };

    return afd_start(k, AFD_RECVMSG, &in, sizeof in, NULL, 0, p->ov, NULL, AFD_KIND_OTHER);
}

static NTSTATUS start_accept(struct sock *k, const struct sock_pend *p)
{
    const struct pend_accept *a = &p->accept;
    const struct afd_accept_into in = {(ULONG)(ULONG_PTR)a->acceptor->handle, 0, a->local_bytes};

    return afd_start(k, AFD_ACCEPT_INTO, &in, sizeof in, a->buf, a->room, p->ov, NULL, AFD_KIND_OTHER);
}

/*
 * The program has been told that the operation is pending. A device that is done with it at once keeps to itself what it would have
 * told had it pended: an error always, success where the handle's mode says so.
 */
static void give(struct sock *k, struct sock_pend *p) WS2_REQUIRES(k->pend_lock)
{
    BOOL skips = k->port_modes & 1;
    NTSTATUS status = p->accept.acceptor ? start_accept(k, p) : start_receive(k, p);

    if (NT_ERROR(status))
        finish(k, p, status, 0);
    else if (status != STATUS_PENDING && skips)
        finish(k, p, status, (ULONG)p->ov->InternalHigh);
    else
        discard(p);
}

static void give_all(struct sock *k) WS2_REQUIRES(k->pend_lock)
{
    while (k->pend_first)
        give(k, take_out(k, &k->pend_first));
}

void pend_to_device(struct sock *k)
{
    if (!k->pends)
        return;
    lock_take(&k->pend_lock);
    give_all(k);
    lock_drop(&k->pend_lock);
}

/*
 * The device accepts, for the object behind the acceptor's handle has to become the connection; it is asked when there is one, and answers
 * soon. STATUS_DEVICE_NOT_READY: there is none.
 */
static NTSTATUS accept_now(struct sock *k, const struct pend_accept *a) WS2_REQUIRES(k->pend_lock)
{
    const struct afd_accept_into in = {(ULONG)(ULONG_PTR)a->acceptor->handle, 0, a->local_bytes};
    int hard = k->kernel_hard;
    NTSTATUS status;

    if (a->acceptor->closing)
        return STATUS_CANCELLED;
    if (!fast_has_connection(k))
        return STATUS_DEVICE_NOT_READY;
    k->pend_thread = GetCurrentThreadId();
    status = afd_soon(k->handle, AFD_ACCEPT_INTO, &in, sizeof in, a->buf, a->room);
    k->pend_thread = 0;
    if (status == STATUS_CANCELLED && a->acceptor->closing)
        return status;
    if (status == STATUS_CANCELLED) /* somebody else was quicker; or the server takes its time, and may do so alone */
        return fast_has_connection(k) ? STATUS_NOT_FAST : STATUS_DEVICE_NOT_READY;
    if (!status)
        sock_accepted(a->acceptor, hard == (int)k->kernel_hard ? hard : HARD_UNSURE);
    return status;
}

static NTSTATUS receive_now(struct sock *k, const struct sock_pend *p, ULONG *bytes) WS2_REQUIRES(k->pend_lock)
{
    struct fast_msg m = { (LPWSABUF)p->bufs, p->count, 0, p->from, p->from_bytes, 0 };

    return fast_recv_pended(k, &m, bytes);
}

/* FALSE: nothing to be done now. */
static BOOL run_one(struct sock *k) WS2_REQUIRES(k->pend_lock)
{
    struct sock_pend *p = k->pend_first;
    ULONG bytes = 0;
    NTSTATUS status = p->accept.acceptor ? accept_now(k, &p->accept) : receive_now(k, p, &bytes);

    if (status == STATUS_DEVICE_NOT_READY)
        return FALSE;
    if (status == STATUS_NOT_FAST) { /* a buffer that Linux cannot touch, for one */
        give_all(k);
        return FALSE;
    }
    finish(k, take_out(k, &k->pend_first), status, bytes);
    return TRUE;
}

static void run(struct sock *k) WS2_REQUIRES(k->pend_lock)
{
    while (k->pend_first && run_one(k))
        ;
}

void pend_run(struct sock *k)
{
    lock_take(&k->pend_lock);
    run(k);
    lock_drop(&k->pend_lock);
}

/* The listener, with a reference, or NULL. */
static struct sock *listener_of(struct sock *acceptor)
{
    struct sock *k = acceptor->accept_on;

    return k && sock_try_hold(k) ? k : NULL;
}

void pend_run_for(struct sock *acceptor)
{
    struct sock *k = listener_of(acceptor);

    if (!k)
        return;
    pend_run(k);
    sock_put(k);
}

BOOL pend_add_accept(struct sock *k, const struct pend_accept *a, LPWSAOVERLAPPED ov)
{
    struct sock_pend *p;

    lock_take(&k->pend_lock);
    p = append(k, ov, 0);
    if (p) {
        sock_hold(a->acceptor);
        p->accept = *a;
        a->acceptor->accept_on = k;
        run(k);
    }
    lock_drop(&k->pend_lock);
    if (p)
        port_pended(k);
    return p != NULL;
}

/* What of `k` is cancelled. */
struct chosen {
    LPWSAOVERLAPPED ov;           /* NULL: any */
    const struct sock *acceptor;  /* NULL: any */
    BOOL own_thread_only;
};

static BOOL is_chosen(const struct sock_pend *p, const struct chosen *c)
{
    return (!c->ov || p->ov == c->ov) && (!c->acceptor || p->accept.acceptor == c->acceptor) &&
           (!c->own_thread_only || p->thread == GetCurrentThreadId());
}

static BOOL cancel(struct sock *k, const struct chosen *c)
{
    struct sock_pend **link;
    BOOL found = FALSE;

    if (!k->pends || k->pend_thread == GetCurrentThreadId()) /* that thread cancels what it has asked the device for */
        return FALSE;
    lock_take(&k->pend_lock);
    link = &k->pend_first;
    while (*link) {
        struct sock_pend *p = *link;

        if (is_chosen(p, c)) {
            found = TRUE;
            finish(k, take_out(k, link), STATUS_CANCELLED, 0);
        } else {
            link = &p->next;
        }
    }
    lock_drop(&k->pend_lock);
    return found;
}

BOOL pend_cancel(struct sock *k, LPWSAOVERLAPPED ov, BOOL own_thread_only)
{
    const struct chosen of_it = { .ov = ov, .own_thread_only = own_thread_only }, for_it = { .acceptor = k };
    struct sock *listener = k->closing ? listener_of(k) : NULL;

    if (listener) {
        cancel(listener, &for_it);
        sock_put(listener);
    }
    return cancel(k, &of_it);
}
