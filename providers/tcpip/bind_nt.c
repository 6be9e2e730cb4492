/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

#include <stdlib.h>
#include <string.h>

/* One record of GET_INTERFACE_LIST: 76 bytes. */
struct interface_record {
    ULONG flags;
    struct interface_addr {
        struct sockaddr_in addr;
        UCHAR rest[8];
    } address, broadcast, netmask;
};
_Static_assert(sizeof(struct interface_record) == 76, "GET_INTERFACE_LIST");

/* The host's IPv4 interfaces, to be freed; NULL when they cannot be had. */
static struct interface_record *interface_list(ULONG *count)
{
    for (ULONG room = 16; room <= 4096; room *= 4) {
        struct interface_record *list = malloc(room * sizeof *list);
        NTSTATUS status;
        ULONG bytes;

        if (!list)
            return NULL;
        status = afd_call(afd_device(), AFD_GET_INTERFACE_LIST, NULL, 0, list, room * sizeof *list,
                          &bytes);
        *count = bytes / sizeof *list;
        if (!status)
            return list;
        free(list);
        if (status != STATUS_BUFFER_TOO_SMALL)
            return NULL;
    }
    return NULL;
}

/*
 * Wine 8.0 binds a datagram socket to any IPv4 address whatever, on the wildcard (wine-afd.md, BIND); Windows refuses
 * one that is not the machine's. When the list cannot be had the kernel's answer has to do.
 */
static BOOL is_foreign(const struct sockaddr_in *name)
{
    ULONG count = 0, address = net32(name->sin_addr.s_addr);
    struct interface_record *list;
    BOOL foreign = TRUE;

    if (address == INADDR_ANY || address >> 24 == 127 || address == INADDR_BROADCAST)
        return FALSE;
    list = interface_list(&count);
    if (!list)
        return FALSE;
    for (ULONG i = 0; i < count && foreign; i++)
        foreign = name->sin_addr.s_addr != list[i].address.addr.sin_addr.s_addr &&
                  name->sin_addr.s_addr != list[i].broadcast.addr.sin_addr.s_addr;
    free(list);
    return foreign;
}

static int bind_to(struct sock *k, const union sock_addr *name)
{
    struct {
        INT zero;
        union sock_addr name;
    } in = { 0, *name };
    union sock_addr bound;
    ULONG bytes;
    NTSTATUS status = afd_call(k->handle, AFD_BIND, &in, sizeof in.zero + sock_addr_bytes(k),
                               &bound, sizeof bound, &bytes);

    if (status)
        return err_from_ntstatus(status);
    lock_take(&k->lock);
    k->local = bound;
    k->local_bytes = (INT)bytes;
    if (k->state == SOCK_NEW)
        k->state = SOCK_BOUND;
    lock_drop(&k->lock);
    return 0;
}

int sock_bind_any(struct sock *k)
{
    union sock_addr any = { .any.sa_family = (u_short)k->family };
    INT bytes;
    int err;

    if (k->state != SOCK_NEW || !sock_local_name(k, &any, &bytes))
        return 0;
    memset(&any, 0, sizeof any);
    any.any.sa_family = (u_short)k->family;
    err = bind_to(k, &any);
    /* Another thread's send or bind was faster: bound is bound. */
    return err && !sock_local_name(k, &any, &bytes) ? 0 : err;
}

int WSPAPI WSPBind(SOCKET s, const struct sockaddr *name, int namelen, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    union sock_addr addr;
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = sock_check_addr(k, name, namelen, &addr);
    if (!err && k->state != SOCK_NEW)
        err = WSAEINVAL;
    if (!err && k->type == SOCK_DGRAM && k->family == AF_INET && is_foreign(&addr.in))
        err = WSAEADDRNOTAVAIL;
    if (!err)
        err = bind_to(k, &addr);
    sock_put(k);
    return spi_end(lp_errno, err);
}

static int do_listen(struct sock *k, int backlog)
{
    struct afd_listen in = { 0, backlog, 0 };
    enum sock_state state;
    NTSTATUS status;

    if (!sock_is_stream(k))
        return WSAEOPNOTSUPP;
    state = sock_settle(k);
    if (state == SOCK_CONNECTED || state == SOCK_CONNECTED_EX)
        return WSAEISCONN;
    if (state != SOCK_BOUND && state != SOCK_LISTENING)
        return WSAEINVAL;
    status = afd_call(k->handle, AFD_LISTEN, &in, sizeof in, NULL, 0, NULL);
    if (!status) {
        k->state = SOCK_LISTENING;
        sock_linger_changed(k);
    }
    return err_from_ntstatus(status);
}

int WSPAPI WSPListen(SOCKET s, int backlog, LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = do_listen(k, backlog);
    sock_put(k);
    return spi_end(lp_errno, err);
}
