/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"
#include "providers/tcpip/fast.h"

#include <string.h>

static INT bytes_of_family(INT family)
{
    return family == AF_INET    ? (INT)sizeof(struct sockaddr_in)
           : family == AF_INET6 ? (INT)sizeof(struct sockaddr_in6)
                                : 0;
}

int sock_check_addr(const struct sock *k, const struct sockaddr *name, INT namelen,
                    union sock_addr *out)
{
    INT bytes;

    if (check_pointer(name) || namelen < (INT)sizeof name->sa_family)
        return WSAEFAULT;
    bytes = bytes_of_family(name->sa_family);
    if (!bytes)
        return WSAEAFNOSUPPORT; /* before the length, which nobody could know (3.2) */
    if (namelen < bytes)
        return WSAEFAULT;
    if (name->sa_family != k->family)
        return WSAEAFNOSUPPORT;
    memset(out, 0, sizeof *out);
    memcpy(out, name, bytes);
    return 0;
}

int sock_local_name(struct sock *k, union sock_addr *name, INT *bytes)
{
    NTSTATUS status = STATUS_SUCCESS;
    ULONG got;
    BOOL known;

    lock_take(&k->lock);
    known = k->local_bytes && !k->shared;
    *name = k->local;
    *bytes = k->local_bytes;
    lock_drop(&k->lock);
    if (known)
        return 0;
    *bytes = fast_name(k, FALSE, name);
    if (!*bytes) {
        status = afd_call(k->handle, AFD_GETSOCKNAME, NULL, 0, name, sizeof *name, &got);
        *bytes = (INT)got;
    }
    if (!status && (k->state == SOCK_CONNECTED || k->state == SOCK_LISTENING)) {
        lock_take(&k->lock); /* it cannot change any more */
        k->local = *name;
        k->local_bytes = *bytes;
        lock_drop(&k->lock);
    }
    return err_from_ntstatus(status);
}

/* A stream's peer, for the first time: asked of the kernel, and kept, because 8.0 forgets it after a shutdown. */
static int learn_peer(struct sock *k, union sock_addr *name, INT *bytes)
{
    ULONG got = 0;
    NTSTATUS status = STATUS_SUCCESS;

    if (!fast_name(k, TRUE, name))
        status = afd_call(k->handle, AFD_GETPEERNAME, NULL, 0, name, sizeof *name, &got);
    if (status)
        return err_from_ntstatus(status);
    *bytes = sock_addr_bytes(k);
    lock_take(&k->lock);
    k->peer = *name;
    k->peer_bytes = *bytes;
    lock_drop(&k->lock);
    return 0;
}

int sock_peer_name(struct sock *k, union sock_addr *name, INT *bytes)
{
    enum sock_state state = sock_settle(k);

    lock_take(&k->lock);
    *name = k->peer;
    *bytes = k->peer_bytes;
    lock_drop(&k->lock);
    if (!sock_is_stream(k))
        return *bytes ? 0 : WSAENOTCONN;
    if (state == SOCK_CONNECTING) /* Windows knows the target already */
        return 0;
    if (state != SOCK_CONNECTED)
        return WSAENOTCONN;
    return *bytes ? 0 : learn_peer(k, name, bytes);
}

static int copy_name(int err, const union sock_addr *from, INT bytes, struct sockaddr *name,
                     LPINT namelen)
{
    if (err)
        return err;
    if (check_pointer(name) || check_pointer(namelen) || *namelen < bytes)
        return WSAEFAULT;
    memcpy(name, from, bytes);
    *namelen = bytes;
    return 0;
}

int WSPAPI WSPGetSockName(SOCKET s, struct sockaddr *name, LPINT namelen, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    union sock_addr local;
    INT bytes;
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = sock_local_name(k, &local, &bytes);
    sock_put(k);
    return spi_end(lp_errno, copy_name(err, &local, bytes, name, namelen));
}

/* Not connected comes before a bad pointer, as on Windows. */
int WSPAPI WSPGetPeerName(SOCKET s, struct sockaddr *name, LPINT namelen, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    union sock_addr peer;
    INT bytes;
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = sock_peer_name(k, &peer, &bytes);
    sock_put(k);
    return spi_end(lp_errno, copy_name(err, &peer, bytes, name, namelen));
}
