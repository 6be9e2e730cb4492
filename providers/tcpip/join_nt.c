/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

#include <string.h>

#define AFD_IP_ADD_MEMBERSHIP   0x1203BC
#define AFD_IPV6_ADD_MEMBERSHIP 0x120424

static BOOL is_multicast(const union sock_addr *a)
{
    return a->any.sa_family == AF_INET ? IN_MULTICAST(net32(a->in.sin_addr.s_addr))
                                       : a->in6.sin6_addr.u.Byte[0] == 0xFF;
}

/* On the interface whose address the socket is bound to; unbound or on the wildcard, the host chooses. */
static NTSTATUS join4(struct sock *k, const union sock_addr *group)
{
    struct in_addr in[2] = { group->in.sin_addr };
    union sock_addr local;
    INT bytes;

    if (!sock_local_name(k, &local, &bytes))
        in[1] = local.in.sin_addr;
    return afd_call(k->handle, AFD_IP_ADD_MEMBERSHIP, in, sizeof in, NULL, 0, NULL);
}

static NTSTATUS join6(struct sock *k, const union sock_addr *group)
{
    struct {
        struct in6_addr group;
        ULONG index;
    } in = { group->in6.sin6_addr, group->in6.sin6_scope_id };

    return afd_call(k->handle, AFD_IPV6_ADD_MEMBERSHIP, &in, sizeof in, NULL, 0, NULL);
}

/*
 * IP multicast has neither a root nor a control connection: a leaf joins the group with its own socket, and that is
 * what comes back. A sender need not be a member.
 */
static int do_join(struct sock *k, const struct sockaddr *name, int namelen, DWORD flags)
{
    union sock_addr group;
    NTSTATUS status;
    int err;

    if (sock_is_stream(k))
        return WSAEOPNOTSUPP;
    if (flags != JL_SENDER_ONLY && flags != JL_RECEIVER_ONLY && flags != JL_BOTH)
        return WSAEINVAL;
    err = sock_check_addr(k, name, namelen, &group);
    if (err)
        return err;
    if (!is_multicast(&group))
        return WSAEADDRNOTAVAIL;
    if (flags == JL_SENDER_ONLY)
        return sock_bind_any(k);
    status = k->family == AF_INET ? join4(k, &group) : join6(k, &group);
    return err_from_ntstatus(status);
}

SOCKET WSPAPI WSPJoinLeaf(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF caller_data,
                          LPWSABUF callee_data, LPQOS sqos, LPQOS gqos, DWORD flags, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    (void)caller_data;
    (void)callee_data;
    (void)sqos;
    (void)gqos;
    if (!k)
        return (SOCKET)spi_fail(lp_errno, WSAENOTSOCK);
    err = do_join(k, name, namelen, flags);
    sock_put(k);
    return err ? (SOCKET)spi_fail(lp_errno, err) : s;
}
