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
    DWORD count;
    struct sockaddr *from;
    INT *from_bytes;
    WSABUF bufs[];
};

BOOL pend_add(struct sock *k, const struct pend_recv *r, LPWSAOVERLAPPED ov)
{
    struct sock_pend *p;

    if (k->closing || !port_watch(k))
        return FALSE;
    p = malloc(sizeof *p + r->count * sizeof *r->bufs);
    if (!p)
        return FALSE;
    p->next = NULL;
    p->ov = ov;
    p->thread = GetCurrentThreadId();
    p->count = r->count;
    p->from = r->from;
    p->from_bytes = r->from_bytes;
    memcpy(p->bufs, r->bufs, r->count * sizeof *r->bufs);
    ov->InternalHigh = 0;
    ov->Internal = STATUS_PENDING;
    *k->pend_end = p;
    k->pend_end = &p->next;
    InterlockedIncrement(&k->pends);
    port_count_pends(k, 1);
    return TRUE;
}

static struct sock_pend *take_out(struct sock *k, struct sock_pend **link) WS2_REQUIRES(k->pend_lock)
{
    struct sock_pend *p = *link;

    *link = p->next;
    if (k->pend_end == &p->next)
        k->pend_end = link;
    InterlockedDecrement(&k->pends);
    port_count_pends(k, -1);
    return p;
}

/* The store to Internal is the completion for who polls it, and the packet for the others: nothing of `ov` is touched after them. */
static void finish(struct sock *k, struct sock_pend *p, NTSTATUS status, ULONG bytes)
    WS2_REQUIRES(k->pend_lock)
{
    LPWSAOVERLAPPED ov = p->ov;

    free(p);
    ov->InternalHigh = bytes;
    __atomic_store_n(&ov->Internal, (ULONG_PTR)(ULONG)status, __ATOMIC_RELEASE);
    port_tell(k, AFD_KIND_OTHER, ov, status, bytes);
}

/*
 * The program has been told that the receive is pending. A device that is done with it at once keeps to itself what it would have
 * told had it pended: an error always, success where the handle's mode says so.
 */
static void give(struct sock *k, struct sock_pend *p) WS2_REQUIRES(k->pend_lock)
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
    BOOL skips = k->port_modes & 1;
    NTSTATUS status = afd_start(k, AFD_RECVMSG, &in, sizeof in, NULL, 0, p->ov, NULL, AFD_KIND_OTHER);

    if (NT_ERROR(status))
        finish(k, p, status, 0);
    else if (status != STATUS_PENDING && skips)
        finish(k, p, status, (ULONG)p->ov->InternalHigh);
    else
        free(p);
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

/* FALSE: nothing to be done now. */
static BOOL run_one(struct sock *k) WS2_REQUIRES(k->pend_lock)
{
    struct sock_pend *p = k->pend_first;
    struct fast_msg m = { p->bufs, p->count, 0, p->from, p->from_bytes, 0 };
    NTSTATUS status;
    ULONG bytes;

    status = fast_recv_pended(k, &m, &bytes);
    if (status == STATUS_DEVICE_NOT_READY)
        return FALSE;
    if (status == STATUS_NOT_FAST) { /* a buffer that Linux cannot touch, for one */
        give_all(k);
        return FALSE;
    }
    finish(k, take_out(k, &k->pend_first), status, bytes);
    return TRUE;
}

void pend_run(struct sock *k)
{
    lock_take(&k->pend_lock);
    while (k->pend_first && run_one(k))
        ;
    lock_drop(&k->pend_lock);
}

BOOL pend_cancel(struct sock *k, LPWSAOVERLAPPED ov, BOOL own_thread_only)
{
    struct sock_pend **link;
    BOOL found = FALSE;

    if (!k->pends)
        return FALSE;
    lock_take(&k->pend_lock);
    link = &k->pend_first;
    while (*link) {
        struct sock_pend *p = *link;

        if ((!ov || p->ov == ov) && (!own_thread_only || p->thread == GetCurrentThreadId())) {
            found = TRUE;
            finish(k, take_out(k, link), STATUS_CANCELLED, 0);
        } else {
            link = &p->next;
        }
    }
    lock_drop(&k->pend_lock);
    return found;
}
