/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/ext.h"

#include <stdlib.h>
#include <string.h>

#include "providers/tcpip/entry.h"
#include "providers/tcpip/spi.h"

/* ---- ConnectEx ---- */

static int connect_with(struct sock *k, const struct afd_connect *in, ULONG in_bytes, LPDWORD sent,
                        LPOVERLAPPED ov)
{
    NTSTATUS status = afd_start(k, AFD_CONNECT, in, in_bytes, NULL, 0, ov, NULL, AFD_KIND_OTHER);

    /* The first attempt after a failed one only reports the old failure (Wine 8.0). */
    if (status == STATUS_CONNECTION_ABORTED)
        status = afd_start(k, AFD_CONNECT, in, in_bytes, NULL, 0, ov, NULL, AFD_KIND_OTHER);
    if (status != STATUS_PENDING)
        sock_end_connect(k, status ? SOCK_BOUND : SOCK_CONNECTED_EX);
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

    err = sock_begin_connect(k, &addr, SOCK_CONNECTING_EX);
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
 * The completion of an overlapped DisconnectEx: a TRANSMIT of nothing. It completes when the data before it have gone
 * out, with no bytes, and unlike an operation that is done at once it posts its packet even where
 * FILE_SKIP_COMPLETION_PORT_ON_SUCCESS is set, as Windows does here.
 */
static int complete_later(struct sock *k, LPOVERLAPPED ov)
{
    const struct afd_transmit nothing = {.chunk = 1};
    NTSTATUS status =
        afd_start(k, AFD_TRANSMIT, &nothing, sizeof nothing, NULL, 0, ov, NULL, AFD_KIND_SEND);

    if (status == STATUS_PIPE_DISCONNECTED) /* disconnected before: Windows lets it be repeated */
        status = afd_complete(k, STATUS_SUCCESS, ov, NULL);
    return !status || status == STATUS_PENDING ? WSA_IO_PENDING : err_from_ntstatus(status);
}

static int disconnect(struct sock *k, LPOVERLAPPED ov)
{
    enum sock_state state = sock_settle(k);
    union sock_addr peer;
    NTSTATUS status;
    INT bytes;
    int err = 0;

    if (!sock_is_stream(k) || (state != SOCK_CONNECTED && state != SOCK_CONNECTED_EX))
        return WSAENOTCONN;
    sock_peer_name(k, &peer, &bytes); /* 8.0 forgets it once both sides have finished */
    if (ov && k->overlapped)
        err = complete_later(k, ov);
    if (err && err != WSA_IO_PENDING)
        return err;

    status = sock_shut(k, SD_SEND);
    if (err) /* started; it will be told there */
        return err;
    if (!status && ov)
        afd_finish(ov, STATUS_SUCCESS, 0);
    return err_from_ntstatus(status);
}

/*
 * TF_REUSE_SOCKET is refused: the server keeps what was shut down, even when AcceptEx puts a new connection behind the
 * handle. A program that is told so closes the socket.
 */
BOOL PASCAL ext_disconnect_ex(SOCKET s, LPOVERLAPPED ov, DWORD flags, DWORD reserved)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return ext_end(WSAENOTSOCK);
    if (reserved || (flags & ~TF_REUSE_SOCKET))
        err = WSAEINVAL;
    else
        err = flags ? WSAEOPNOTSUPP : disconnect(k, ov);
    sock_put(k);
    return ext_end(err);
}
