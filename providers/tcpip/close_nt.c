/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"
#include "providers/tcpip/leaving.h"
#include "providers/tcpip/pend.h"

#include <stdlib.h>

/*
 * A send that is still queued when its handle is closed is cut off, and if the handle's value is given to another
 * socket the rest of the data goes there (wine-afd.md 6.4). So a socket with queued sends is closed by a thread of its
 * own when they have ended: sends are carried out in order, and one of no bytes at the end of the queue marks it (send_nt.c).
 */
struct finisher {
    struct leaving leaving;
    struct sock *sock;
};

static DWORD WINAPI finish_sends(void *arg)
{
    struct finisher *f = arg;
    struct sock *k = f->sock;
    HMODULE module = NULL;

    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                           GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       (LPCWSTR)(void *)finish_sends, &module);
    send_wait_queued(k);
    leaving_remove(&f->leaving);
    free(f);
    sock_put(k);
    FreeLibraryAndExitThread(module, 0);
}

/* The thread, which has its own references to the socket and to this DLL; NULL when it cannot be had. */
static HANDLE start_finisher(struct sock *k)
{
    struct finisher *f = calloc(1, sizeof *f);
    HMODULE module;
    HANDLE thread;

    if (!f || !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)finish_sends, &module)) {
        free(f);
        return NULL;
    }
    sock_hold(k);
    f->sock = k;
    leaving_add(&f->leaving);
    thread = CreateThread(NULL, 0, finish_sends, f, 0, NULL);
    if (!thread) {
        leaving_remove(&f->leaving);
        free(f);
        sock_put(k);
        FreeLibrary(module);
    }
    return thread;
}

/* SO_LINGER with a time makes closesocket() on a blocking socket wait for the sends, and then give them up (rule 12). */
static void leave_sends(struct sock *k)
{
    HANDLE thread = start_finisher(k);
    BOOL wait = k->linger.l_onoff && !k->nonblocking;

    if (!thread || (wait && WaitForSingleObject(thread, k->linger.l_linger * 1000) == WAIT_TIMEOUT))
        afd_cancel_pending(k, FALSE);
    if (thread)
        CloseHandle(thread);
}

/*
 * The handle itself is closed with the last reference (sock_put), so that no call that is under way in another thread
 * can find its value given to another socket.
 */
int WSPAPI WSPCloseSocket(SOCKET s, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    BOOL hard;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    if (!sock_forget(k)) {
        sock_put(k);
        return spi_fail(lp_errno, WSAENOTSOCK);
    }
    hard = k->linger.l_onoff && !k->linger.l_linger;
    afd_cancel_blocking(k);
    pend_cancel(k, NULL, FALSE);
    if (k->had_pending_send && !hard) {
        afd_cancel_pending(k, TRUE);
        if (send_is_queued(k))
            leave_sends(k);
    } else if (k->had_pending_send || k->pending[AFD_KIND_OTHER]) {
        afd_cancel_pending(k, FALSE);
    }
    sock_put(k);
    return 0;
}

int WSPAPI WSPCancelBlockingCall(LPINT lp_errno)
{
    return spi_end(lp_errno, afd_cancel_thread() ? 0 : WSAEINVAL);
}
