/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"
#include "providers/tcpip/spi.h"

#include <string.h>

struct connect_request {
    struct afd_connect head;
    union sock_addr name;
};

static BOOL is_any(const union sock_addr *a)
{
    static const struct in6_addr any6;

    return a->any.sa_family == AF_INET ? !a->in.sin_addr.s_addr
                                       : !memcmp(&a->in6.sin6_addr, &any6, sizeof any6);
}

static BOOL is_loopback(const union sock_addr *a)
{
    static const struct in6_addr loopback6 = { .u.Byte = { [15] = 1 } };

    return a->any.sa_family == AF_INET ? (net32(a->in.sin_addr.s_addr) >> 24) == 127
                                       : !memcmp(&a->in6.sin6_addr, &loopback6, sizeof loopback6);
}

/* sin_port and sin6_port lie at the same place. */
static u_short port_of(const union sock_addr *a)
{
    return a->in.sin_port;
}

/* ---- streams ---- */

/*
 * Which states a connect() is refused in, and how (wine-afd.md 3.5); for ConnectEx (3.6) the socket must be bound, and
 * every attempt that is under way is WSAEINVAL.
 */
static int state_error(enum sock_state state, enum sock_state to)
{
    BOOL ex = to == SOCK_CONNECTING_EX;

    switch (state) {
    case SOCK_NEW:
        return ex ? WSAEINVAL : 0;
    case SOCK_BOUND:
        return 0;
    case SOCK_CONNECTING:
        return ex ? WSAEINVAL : WSAEALREADY;
    case SOCK_CONNECTED:
        return WSAEISCONN;
    case SOCK_CONNECTED_EX:
        return ex ? WSAEISCONN : WSAEINVAL;
    case SOCK_LISTENING:
    case SOCK_CONNECTING_EX:
    case SOCK_ACCEPTING:
        break;
    }
    return WSAEINVAL;
}

int sock_begin_connect(struct sock *k, const union sock_addr *name, enum sock_state to)
{
    enum sock_state seen = sock_settle(k);
    int err;

    lock_take(&k->lock);
    err = state_error(k->state == seen ? seen : k->state, to);
    if (!err) {
        k->state = to;
        k->peer = *name;
        k->peer_bytes = sock_addr_bytes(k);
        k->local_bytes = 0; /* the kernel chooses or completes it */
        k->mask_error = FALSE;
        k->reset = FALSE;
        k->untold = FALSE;
    }
    lock_drop(&k->lock);
    return err;
}

void sock_end_connect(struct sock *k, enum sock_state state)
{
    lock_take(&k->lock);
    k->state = state;
    if (state == SOCK_BOUND)
        k->peer_bytes = 0;
    lock_drop(&k->lock);
}

static int connect_stream(struct sock *k, const union sock_addr *name)
{
    struct connect_request in = { { sock_addr_bytes(k), 1 }, *name };
    ULONG in_bytes = sizeof in.head + sock_addr_bytes(k);
    NTSTATUS status;
    int err;

    if (is_any(name) || !port_of(name))
        return WSAEADDRNOTAVAIL;
    err = sock_begin_connect(k, name, SOCK_CONNECTING);
    if (err)
        return err;

    status = afd_call_blocking(k, AFD_CONNECT, &in, in_bytes, NULL, 0, NULL);
    /* The first attempt after a failed one only reports the old failure (Wine 8.0). */
    if (status == STATUS_CONNECTION_ABORTED)
        status = afd_call_blocking(k, AFD_CONNECT, &in, in_bytes, NULL, 0, NULL);

    switch (status) {
    case STATUS_SUCCESS:
        sock_end_connect(k, SOCK_CONNECTED);
        return 0;
    case STATUS_DEVICE_NOT_READY: /* nonblocking: sock_settle() will find out */
    case STATUS_REQUEST_ABORTED:  /* the host goes on connecting */
        break;
    case STATUS_ADDRESS_ALREADY_ASSOCIATED: /* somebody else who shares the socket is connecting it */
        return WSAEALREADY;
    default:
        sock_end_connect(k, SOCK_BOUND);
        k->mask_error = !k->nonblocking;
    }
    return err_from_ntstatus(status);
}

/* ---- datagrams: the default peer is kept here and nowhere else (rule 6) ---- */

/* The address that datagrams to `peer` will leave from: asked of a socket that lives for this question only. */
static int route_to(const union sock_addr *peer, INT bytes, union sock_addr *local)
{
    struct afd_create create = { peer->any.sa_family, SOCK_DGRAM, IPPROTO_UDP, 0 };
    struct connect_request in = { { bytes, 1 }, *peer };
    HANDLE probe;
    NTSTATUS status = afd_open(&probe, FALSE);

    if (status)
        return err_from_ntstatus(status);
    status = afd_call(probe, AFD_CREATE, &create, sizeof create, NULL, 0, NULL);
    if (!status)
        status = afd_call(probe, AFD_CONNECT, &in, sizeof in.head + bytes, NULL, 0, NULL);
    if (!status)
        status = afd_call(probe, AFD_GETSOCKNAME, NULL, 0, local, sizeof *local, NULL);
    NtClose(probe);
    return err_from_ntstatus(status);
}

/*
 * Makes getsockname() answer like Windows, where connecting a datagram socket chooses its address: `local` is the
 * bound name, whose address part is replaced when it is the wildcard. Only a missing route is an error; a broadcast
 * address, which 8.0 does not let us ask about, leaves the wildcard.
 */
static int choose_local(const union sock_addr *peer, INT bytes, union sock_addr *local)
{
    u_short port = port_of(local);
    union sock_addr route = *local;
    int err = 0;

    if (!is_any(local))
        return 0;
    if (is_loopback(peer)) {
        route = *peer;
        if (peer->any.sa_family == AF_INET)
            route.in.sin_addr.s_addr = net32(INADDR_LOOPBACK);
    } else {
        err = route_to(peer, bytes, &route);
    }
    if (err == WSAENETUNREACH || err == WSAEHOSTUNREACH)
        return err;
    if (!err) {
        *local = route;
        local->in.sin_port = port;
    }
    return 0;
}

static int connect_datagram(struct sock *k, const union sock_addr *name)
{
    union sock_addr local;
    INT bytes;
    int err;

    if (!port_of(name) && k->type == SOCK_DGRAM)
        return WSAEADDRNOTAVAIL;
    err = sock_bind_any(k);
    if (!err)
        err = sock_local_name(k, &local, &bytes);
    if (!err)
        err = choose_local(name, sock_addr_bytes(k), &local);
    if (err)
        return err;

    lock_take(&k->lock);
    k->peer = *name;
    k->local = local;
    k->local_bytes = bytes;
    k->peer_bytes = sock_addr_bytes(k);
    lock_drop(&k->lock);
    return 0;
}

static int dissolve(struct sock *k)
{
    lock_take(&k->lock);
    k->peer_bytes = 0;
    k->local_bytes = 0; /* the kernel knows the wildcard it is really bound to */
    lock_drop(&k->lock);
    return 0;
}

static int do_connect(struct sock *k, const struct sockaddr *name, int namelen)
{
    union sock_addr addr;
    BOOL stream = sock_is_stream(k);
    int err;

    /* On a stream the kernel would take AF_UNSPEC for success and be corrupt. */
    if (!check_pointer(name) && namelen >= (int)sizeof name->sa_family &&
        name->sa_family == AF_UNSPEC)
        return stream ? WSAEAFNOSUPPORT : dissolve(k);
    err = sock_check_addr(k, name, namelen, &addr);
    if (err)
        return err;
    if (stream)
        return connect_stream(k, &addr);
    return is_any(&addr) ? dissolve(k) : connect_datagram(k, &addr);
}

int WSPAPI WSPConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF caller_data,
                      LPWSABUF callee_data, LPQOS sqos, LPQOS gqos, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    (void)caller_data; /* TCP/IP has no connect data, and no quality of service to ask for */
    (void)sqos;
    (void)gqos;
    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = do_connect(k, name, namelen);
    sock_put(k);
    if (!err && callee_data)
        callee_data->len = 0;
    return spi_end(lp_errno, err);
}
