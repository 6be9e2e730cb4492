/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"
#include "providers/tcpip/pend.h"

NTSTATUS sock_shut(struct sock *k, INT how)
{
    NTSTATUS status;

    sock_tell(k);
    if (how == SD_SEND)
        send_mark_end(k);
    status = afd_call(k->handle, AFD_SHUTDOWN, &how, sizeof how, NULL, 0, NULL);
    if (!status && how == SD_SEND)
        k->shut_send = TRUE;
    if (!status && how == SD_RECEIVE)
        k->shut_recv = TRUE;
    return status;
}

/*
 * "Both" is done as receive and then send: the kernel's own "both" also drops event selections, and FD_CLOSE would
 * never come (wine-afd.md, SHUTDOWN).
 */
static int do_shutdown(struct sock *k, int how)
{
    union sock_addr peer;
    NTSTATUS status = STATUS_SUCCESS;
    INT bytes;

    if (how < SD_RECEIVE || how > SD_BOTH)
        return WSAEINVAL;
    if (sock_is_stream(k)) {
        if (sock_settle(k) != SOCK_CONNECTED)
            return WSAENOTCONN;
        /* Asked for now, because 8.0 forgets the peer once both sides have finished; the answer is kept. */
        sock_peer_name(k, &peer, &bytes);
    }

    if (how != SD_SEND) {
        pend_to_device(k);
        status = sock_shut(k, SD_RECEIVE);
    }
    if (!status && how != SD_RECEIVE)
        status = sock_shut(k, SD_SEND);
    return err_from_ntstatus(status);
}

static int shutdown_entry(SOCKET s, int how, const WSABUF *data, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    /* TCP has no disconnect data. */
    err = data && data->len ? WSAENOPROTOOPT : do_shutdown(k, how);
    sock_put(k);
    return spi_end(lp_errno, err);
}

int WSPAPI WSPShutdown(SOCKET s, int how, LPINT lp_errno)
{
    return shutdown_entry(s, how, NULL, lp_errno);
}

int WSPAPI WSPSendDisconnect(SOCKET s, LPWSABUF data, LPINT lp_errno)
{
    return shutdown_entry(s, SD_SEND, data, lp_errno);
}

int WSPAPI WSPRecvDisconnect(SOCKET s, LPWSABUF data, LPINT lp_errno)
{
    int err = shutdown_entry(s, SD_RECEIVE, NULL, lp_errno);

    if (!err && data)
        data->len = 0;
    return err;
}
