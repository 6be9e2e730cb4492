/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

#include <stdlib.h>

#include "providers/tcpip/fast.h"
#include "providers/tcpip/pend.h"
#include "providers/tcpip/port.h"

/*
 * Addresses of the overlapped requests of a socket that pended, in two lists: so that closesocket can cancel those that
 * are no sends and let the sends finish (wine-afd.md 6.4), and so that no data are moved past them (fast.h). Only
 * addresses: the memory behind them is the application's and may be gone; cancelling an address that is not pending does
 * nothing. When more are used than fit, the oldest is forgotten, and its request is ended by the kernel at the close
 * instead.
 */
enum { PENDING_MAX = 64 };

struct sock_pending {
    unsigned count, next;
    BOOL forgot;
    LPWSAOVERLAPPED at[PENDING_MAX];
};

static void remember_pending(struct sock *k, enum afd_kind kind, LPWSAOVERLAPPED ov)
{
    struct sock_pending *p;
    unsigned i = 0;

    lock_take(&k->lock);
    if (!k->pending[kind])
        k->pending[kind] = calloc(1, sizeof *k->pending[kind]);
    p = k->pending[kind];
    if (p) {
        while (i < p->count && p->at[i] != ov)
            i++;
        if (i == p->count) {
            if (i == PENDING_MAX && !fast_still_pending((void **)p->at, p->count))
                p->count = p->next = 0;
            else
                p->forgot = p->forgot || i == PENDING_MAX;
            p->at[p->next] = ov;
            p->next = (p->next + 1) % PENDING_MAX;
            if (p->count < PENDING_MAX)
                p->count++;
        }
    } else {
        k->given = TRUE; /* no memory: the fast way is closed, for nobody knows what is pending */
    }
    lock_drop(&k->lock);
}

BOOL afd_has_pending(struct sock *k, enum afd_kind kind)
{
    struct sock_pending *p = k->pending[kind];
    BOOL pending;

    if (!p || (!p->count && !p->forgot))
        return FALSE;
    lock_take(&k->lock);
    pending = p->forgot || (p->count && fast_still_pending((void **)p->at, p->count));
    if (!pending)
        p->count = p->next = 0;
    lock_drop(&k->lock);
    return pending;
}

void afd_cancel_pending(struct sock *k, BOOL keep_sends)
{
    struct sock_pending *p;
    IO_STATUS_BLOCK ignored;

    if (!keep_sends) {
        NtCancelIoFileEx(k->handle, NULL, &ignored);
        return;
    }
    lock_take(&k->lock);
    p = k->pending[AFD_KIND_OTHER];
    for (unsigned i = 0; p && i < p->count; i++)
        NtCancelIoFileEx(k->handle, (IO_STATUS_BLOCK *)p->at[i], &ignored);
    lock_drop(&k->lock);
}

/*
 * The APC of an operation with a completion routine: `context` is the routine, and the status block is the front of
 * the OVERLAPPED, so nothing had to be allocated that a thread which ends without running its APCs would leave behind.
 */
static void NTAPI run_routine(void *context, IO_STATUS_BLOCK *iosb, ULONG reserved)
{
    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine = (LPWSAOVERLAPPED_COMPLETION_ROUTINE)context;

    (void)reserved;
    routine((DWORD)err_from_ntstatus(iosb->Status), (DWORD)iosb->Information,
            (LPWSAOVERLAPPED)iosb, 0);
}

static NTSTATUS start(HANDLE handle, ULONG code, const void *in, ULONG in_bytes, void *out,
                      ULONG out_bytes, LPWSAOVERLAPPED ov,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    void *context = ov;

    ov->Internal = STATUS_PENDING; /* all of it: the kernel stores 32 bits */
    if (routine)
        return NtDeviceIoControlFile(handle, NULL, run_routine, (void *)routine,
                                     (IO_STATUS_BLOCK *)ov, code, (void *)in, in_bytes, out,
                                     out_bytes);
    if ((ULONG_PTR)ov->hEvent & 1) /* "no packet" */
        context = NULL;
    return NtDeviceIoControlFile(handle, ov->hEvent, NULL, context, (IO_STATUS_BLOCK *)ov, code,
                                 (void *)in, in_bytes, out, out_bytes);
}

NTSTATUS afd_start(struct sock *k, ULONG code, const void *in, ULONG in_bytes, void *out,
                   ULONG out_bytes, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   enum afd_kind kind)
{
    BOOL data = code == AFD_RECVMSG || code == AFD_SENDMSG || code == AFD_TRANSMIT;
    BOOL packet = port_serves(k) && !routine && !((ULONG_PTR)ov->hEvent & 1);
    NTSTATUS status;

    sock_tell(k);
    if (packet)
        port_is_foreign(k);
    if (packet && data)
        port_expect(k, kind, ov);
    status = start(k->handle, code, in, in_bytes, out, out_bytes, ov, routine);
    if (packet && data && status != STATUS_PENDING && (NT_ERROR(status) || k->port_modes & 1))
        port_unexpect(k, ov);
    if (status == STATUS_PENDING) {
        if (kind == AFD_KIND_SEND)
            k->had_pending_send = TRUE;
        remember_pending(k, kind, ov);
    }
    if (routine)
        thread_has_routines();
    return status;
}

BOOL afd_skips_packets(HANDLE handle)
{
    IO_STATUS_BLOCK iosb;
    ULONG modes = 0;

    return !NtQueryInformationFile(handle, &iosb, &modes, sizeof modes,
                                   FileIoCompletionNotificationInformation) &&
           (modes & 1);
}

/*
 * The count of an operation that finished at once. Its packet is on the port already, so another thread may have had it and
 * freed the OVERLAPPED; then nobody can want the count any more, but the program must not crash for it.
 */
static DWORD count_of(LPWSAOVERLAPPED ov)
{
    return IsBadReadPtr(ov, sizeof *ov) ? 0 : (DWORD)ov->InternalHigh;
}

int afd_started(struct sock *k, NTSTATUS status, LPWSAOVERLAPPED ov,
                LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *bytes)
{
    switch (status) {
    case STATUS_SUCCESS:
        if (bytes)
            *bytes = count_of(ov);
        return 0;
    case STATUS_PENDING:
        return WSA_IO_PENDING;
    case STATUS_BUFFER_OVERFLOW:
        /* Truncated, and its indication is on the way: an error at once would have the application see it twice. */
        if (routine || !afd_skips_packets(k->handle))
            return WSA_IO_PENDING;
        if (bytes)
            *bytes = count_of(ov);
        break;
    }
    return err_from_ntstatus(status);
}

void afd_finish(LPWSAOVERLAPPED ov, NTSTATUS status, ULONG bytes)
{
    afd_finish_to(ov, status, bytes, NULL);
}

void afd_finish_to(LPWSAOVERLAPPED ov, NTSTATUS status, ULONG bytes,
                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    HANDLE event = (HANDLE)((ULONG_PTR)ov->hEvent & ~(ULONG_PTR)1);

    ov->InternalHigh = bytes;
    __atomic_store_n(&ov->Internal, (ULONG_PTR)(ULONG)status, __ATOMIC_RELEASE);
    if (routine)
        NtQueueApcThread(GetCurrentThread(), run_routine, (void *)routine, (IO_STATUS_BLOCK *)ov,
                         0);
    else if (event)
        SetEvent(event);
}

NTSTATUS afd_complete(struct sock *k, NTSTATUS status, LPWSAOVERLAPPED ov,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    HANDLE event = (HANDLE)((ULONG_PTR)ov->hEvent & ~(ULONG_PTR)1);

    port_is_foreign(k);
    start(k->handle, AFD_COMPLETE_ASYNC, &status, sizeof status, NULL, 0, ov, routine);
    /* The server leaves the event reset after this one status. */
    if (status == STATUS_NOT_SUPPORTED && event && !routine)
        SetEvent(event);
    return status;
}

/* The kernel stores the low 32 bits, from another thread. */
static NTSTATUS status_of(const OVERLAPPED *ov)
{
    return (NTSTATUS)*(const volatile ULONG_PTR *)&ov->Internal;
}

static void run_pended(SOCKET s)
{
    struct sock *k = sock_find((HANDLE)s);

    if (!k)
        return;
    if (k->pends)
        pend_run(k);
    sock_put(k);
}

/* Waits until `ov` is done. With no event of its own only the socket's handle can be waited on, which other operations
 * signal as well, and those that wait in the process never do. */
static void wait_done(SOCKET s, LPWSAOVERLAPPED ov)
{
    HANDLE event = (HANDLE)((ULONG_PTR)ov->hEvent & ~(ULONG_PTR)1);

    while (status_of(ov) == STATUS_PENDING) {
        run_pended(s);
        if (status_of(ov) != STATUS_PENDING)
            break;
        LARGE_INTEGER step = { .QuadPart = event ? -10000000 : -500000 };

        if (NtWaitForSingleObject(event ? event : (HANDLE)s, FALSE, &step) != STATUS_TIMEOUT &&
            status_of(ov) == STATUS_PENDING)
            Sleep(1);
    }
}

BOOL WSPAPI WSPGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED ov, LPDWORD bytes, BOOL wait,
                                   LPDWORD flags, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    BOOL stream, reset;
    NTSTATUS status;
    int err;

    if (!k) {
        spi_fail(lp_errno, WSAENOTSOCK);
        return FALSE;
    }
    stream = sock_is_stream(k);
    reset = k->reset;
    sock_put(k);
    if (check_pointer(ov) || check_pointer(bytes) || check_pointer(flags)) {
        spi_fail(lp_errno, WSAEFAULT);
        return FALSE;
    }
    if (wait)
        wait_done(s, ov);
    status = status_of(ov);
    if (status == STATUS_PENDING) {
        spi_fail(lp_errno, WSA_IO_INCOMPLETE);
        return FALSE;
    }
    *bytes = (DWORD)ov->InternalHigh;
    *flags = status == STATUS_BUFFER_OVERFLOW && !stream ? MSG_PARTIAL : 0;

    /* A receive that found a reset connection looks like end of stream to the 8.0 kernel (rule 4). */
    err = !status && reset && !ov->InternalHigh ? WSAECONNRESET : err_from_ntstatus(status);
    if (err) {
        spi_fail(lp_errno, err);
        return FALSE;
    }
    return TRUE;
}
