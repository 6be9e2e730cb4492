/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/ext.h"

#include <stdlib.h>
#include <string.h>

#include "providers/tcpip/entry.h"
#include "providers/tcpip/spi.h"

/* ---- ConnectEx ---- */

static int state_error(enum sock_state state)
{
    switch (state) {
    case SOCK_BOUND:
        return 0;
    case SOCK_CONNECTED:
    case SOCK_CONNECTED_EX:
        return WSAEISCONN;
    case SOCK_NEW:
    case SOCK_LISTENING:
    case SOCK_CONNECTING:
    case SOCK_CONNECTING_EX:
    case SOCK_ACCEPTING:
        break;
    }
    return WSAEINVAL;
}

static int begin(struct sock *k, const union sock_addr *name)
{
    enum sock_state seen = sock_settle(k);
    int err;

    lock_take(&k->lock);
    err = state_error(k->state == seen ? seen : k->state);
    if (!err) {
        k->state = SOCK_CONNECTING_EX;
        k->peer = *name;
        k->peer_bytes = sock_addr_bytes(k);
        k->local_bytes = 0; /* the kernel completes it */
        k->reset = FALSE;
    }
    lock_drop(&k->lock);
    return err;
}

static void end(struct sock *k, enum sock_state state)
{
    lock_take(&k->lock);
    k->state = state;
    if (state == SOCK_BOUND)
        k->peer_bytes = 0;
    lock_drop(&k->lock);
}

static int connect_with(struct sock *k, const struct afd_connect *in, ULONG in_bytes, LPDWORD sent,
                        LPOVERLAPPED ov)
{
    NTSTATUS status = afd_start(k, AFD_CONNECT, in, in_bytes, NULL, 0, ov, NULL, AFD_KIND_OTHER);

    /* The first attempt after a failed one only reports the old failure (Wine 8.0). */
    if (status == STATUS_CONNECTION_ABORTED)
        status = afd_start(k, AFD_CONNECT, in, in_bytes, NULL, 0, ov, NULL, AFD_KIND_OTHER);
    if (status != STATUS_PENDING)
        end(k, status ? SOCK_BOUND : SOCK_CONNECTED_EX);
    return afd_started(k, status, ov, NULL, sent);
}

static BOOL nowhere(const union sock_addr *a)
{
    static const struct in6_addr any6;

    if (!a->in.sin_port)
        return TRUE;
    return a->any.sa_family == AF_INET ? !a->in.sin_addr.s_addr
                                       : !memcmp(&a->in6.sin6_addr, &any6, sizeof any6);
}

static int connect_ex(struct sock *k, const struct sockaddr *name, int name_bytes, const void *data,
                      DWORD data_bytes, LPDWORD sent, LPOVERLAPPED ov)
{
    const ULONG head = sizeof(struct afd_connect) + sock_addr_bytes(k);
    struct afd_connect *in;
    union sock_addr addr;
    int err = sock_check_addr(k, name, name_bytes, &addr);

    if (err)
        return err;
    if (!sock_is_stream(k))
        return WSAEINVAL;
    if (nowhere(&addr))
        return WSAEADDRNOTAVAIL;
    if (check_read(data, data_bytes))
        return WSAEFAULT;
    if (data_bytes > MAXLONG - head)
        return WSAENOBUFS;
    in = malloc(head + data_bytes);
    if (!in)
        return WSAENOBUFS;
    in->name_bytes = sock_addr_bytes(k);
    in->winsock_connect = 0;
    memcpy(in + 1, &addr, sock_addr_bytes(k));
    if (data_bytes)
        memcpy((char *)in + head, data, data_bytes);

    err = begin(k, &addr);
    if (!err)
        err = connect_with(k, in, head + data_bytes, sent, ov);
    free(in);
    return err;
}

BOOL PASCAL ext_connect_ex(SOCKET s, const struct sockaddr *name, int name_bytes, PVOID data,
                           DWORD data_bytes, LPDWORD sent, LPOVERLAPPED ov)
{
    struct sock *k;
    int err;

    if (!ov)
        return ext_end(ERROR_INVALID_PARAMETER);
    ov->Internal = STATUS_PENDING;
    k = sock_get(s);
    if (!k)
        return ext_end(WSAENOTSOCK);
    err = connect_ex(k, name, name_bytes, data, data_bytes, sent, ov);
    sock_put(k);
    return ext_end(err);
}

/* ---- DisconnectEx ---- */

/*
 * TF_REUSE_SOCKET: AcceptEx puts a new kernel object behind its acceptor's handle, so a disconnected socket can be an
 * acceptor again. It cannot be connected again.
 */
void sock_make_reusable(struct sock *k)
{
    lock_take(&k->lock);
    k->state = SOCK_NEW;
    k->peer_bytes = k->local_bytes = 0;
    k->shut_recv = k->shut_send = k->reset = FALSE;
    lock_drop(&k->lock);
}

static int disconnect(struct sock *k, LPOVERLAPPED ov, DWORD flags)
{
    const INT how = flags & TF_REUSE_SOCKET ? SD_BOTH : SD_SEND;
    enum sock_state state = sock_settle(k);
    union sock_addr peer;
    NTSTATUS status;
    INT bytes;

    if (!sock_is_stream(k) || (state != SOCK_CONNECTED && state != SOCK_CONNECTED_EX))
        return WSAENOTCONN;
    sock_peer_name(k, &peer, &bytes); /* 8.0 forgets it once both sides have finished */
    k->shut_send = TRUE;
    if (ov && k->overlapped)
        status = afd_start(k, AFD_SHUTDOWN, &how, sizeof how, NULL, 0, ov, NULL, AFD_KIND_OTHER);
    else
        status = afd_call(k->handle, AFD_SHUTDOWN, &how, sizeof how, NULL, 0, NULL);
    if (status)
        return err_from_ntstatus(status);

    if (flags & TF_REUSE_SOCKET)
        sock_make_reusable(k);
    if (ov && !k->overlapped)
        afd_finish(ov, STATUS_SUCCESS, 0);
    /* Windows always says so. A handle that asked for no packets has got none, and must be told now. */
    return ov && k->overlapped && !afd_skips_packets(k->handle) ? WSA_IO_PENDING : 0;
}

BOOL PASCAL ext_disconnect_ex(SOCKET s, LPOVERLAPPED ov, DWORD flags, DWORD reserved)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return ext_end(WSAENOTSOCK);
    err = reserved || (flags & ~TF_REUSE_SOCKET) ? WSAEINVAL : disconnect(k, ov, flags);
    sock_put(k);
    return ext_end(err);
}
