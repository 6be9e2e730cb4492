/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

#include <string.h>

#include "providers/tcpip/spi.h"

/* A connection taken from the listener that has no record yet. Its handle is ours to close until it has. */
struct incoming {
    HANDLE handle;
    union sock_addr peer, local;
    INT peer_bytes, local_bytes;
    int listener_hard; /* before it was taken */
};

/* `with_peer` FALSE: nobody wants the peer's name before there is a record, which can have it for less (addr_nt.c). */
static int take(struct sock *k, BOOL with_peer, struct incoming *in)
{
    ULONG value = 0;
    int hard = k->kernel_hard;
    NTSTATUS status =
        afd_call_blocking(k, AFD_ACCEPT, NULL, 0, &value, sizeof value, NULL);

    if (status)
        return err_from_ntstatus(status);
    k->deferred = FALSE;
    memset(in, 0, sizeof *in);
    in->listener_hard = hard;
    in->handle = (HANDLE)(ULONG_PTR)value;

    in->peer.any.sa_family = (u_short)k->family;
    /* A peer that has reset the connection already has no name any more; the first receive will tell. */
    if (with_peer && !afd_call(in->handle, AFD_GETPEERNAME, NULL, 0, &in->peer, sizeof in->peer, NULL))
        in->peer_bytes = sock_addr_bytes(k);
    return 0;
}

/* Refused connections are reset, which is as near to a refusal as an established one gets. */
static void reject(struct incoming *in)
{
    static const USHORT linger[2] = { 1, 0 };

    afd_call(in->handle, AFD_SET_LINGER, linger, sizeof linger, NULL, 0, NULL);
    NtClose(in->handle);
}

/* Gives the connection back to the server, which hands it to the next accept. */
static int defer(struct sock *k, struct incoming *in)
{
    ULONG value = (ULONG)(ULONG_PTR)in->handle;
    NTSTATUS status = afd_call(k->handle, AFD_DEFER, &value, sizeof value, NULL, 0, NULL);

    if (!status)
        k->deferred = TRUE;
    NtClose(in->handle);
    return status ? err_from_ntstatus(status) : WSATRY_AGAIN;
}

static int ask(struct sock *k, struct incoming *in, LPCONDITIONPROC condition, DWORD_PTR data)
{
    INT bytes = sock_addr_bytes(k);
    WSABUF caller_id = { (ULONG)bytes, (char *)&in->peer }, caller_data = { 0, NULL };
    WSABUF callee_id = { (ULONG)bytes, (char *)&in->local }, callee_data = { 0, NULL };
    GROUP group = 0;

    afd_call(in->handle, AFD_GETSOCKNAME, NULL, 0, &in->local, sizeof in->local, NULL);
    switch (condition(&caller_id, &caller_data, NULL, NULL, &callee_id, &callee_data, &group, data)) {
    case CF_ACCEPT:
        return 0;
    case CF_REJECT:
        reject(in);
        return WSAECONNREFUSED;
    case CF_DEFER:
        return defer(k, in);
    }
    reject(in);
    return WSAEINVAL;
}

/* The new record, with what an accepted socket has from its listener (wine-afd.md 3.4). */
static int make(struct sock *k, const struct incoming *in, struct sock **out)
{
    struct sock *n = sock_new(in->handle, k->family, k->type, k->protocol, k->overlapped);
    int err;

    if (!n) {
        NtClose(in->handle);
        return WSAENOBUFS;
    }
    n->catalog_id = k->catalog_id;
    n->peer = in->peer;
    n->peer_bytes = in->peer_bytes;
    n->state = SOCK_CONNECTED;
    sock_inherit(n, k);
    if ((int)n->kernel_hard != in->listener_hard)
        n->kernel_hard = HARD_UNSURE;
    if (!n->overlapped)
        afd_refuse_ports(in->handle);
    err = sock_register(n);
    if (err) {
        sock_forget(n);
        sock_put(n);
        return err;
    }
    *out = n;
    return 0;
}

static int do_accept(struct sock *k, LPCONDITIONPROC condition, DWORD_PTR data, struct sock **out)
{
    struct incoming in;
    int err;

    if (!sock_is_stream(k))
        return WSAEOPNOTSUPP;
    if (k->state != SOCK_LISTENING && !k->shared)
        return WSAEINVAL;
    err = take(k, condition != NULL, &in);
    if (!err && condition)
        err = ask(k, &in, condition, data);
    return err ? err : make(k, &in, out);
}

SOCKET WSPAPI WSPAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen, LPCONDITIONPROC condition,
                        DWORD_PTR callback_data, LPINT lp_errno)
{
    struct sock *k = sock_get(s), *n = NULL;
    SOCKET result = INVALID_SOCKET;
    int err = 0;

    if (!k)
        return (SOCKET)spi_fail(lp_errno, WSAENOTSOCK);
    /* Before a connection is taken, which could not be given back. */
    if (addr && addrlen && (check_pointer(addr) || check_pointer(addrlen) ||
                            *addrlen < sock_addr_bytes(k)))
        err = WSAEFAULT;
    if (!err)
        err = do_accept(k, condition, callback_data, &n);
    if (!err) {
        if (addr && addrlen) {
            union sock_addr peer;
            INT bytes;

            sock_peer_name(n, &peer, &bytes); /* which stays in the record; a peer that has reset it has none */
            memcpy(addr, &n->peer, sock_addr_bytes(n));
            *addrlen = sock_addr_bytes(n);
        }
        result = (SOCKET)n->handle;
        sock_put(n);
    } else {
        spi_fail(lp_errno, err);
    }
    sock_put(k);
    return result;
}
