/* SPDX-License-Identifier: MIT */
/* Interfaces, addresses and routes. */
#include "providers/tcpip/ioctl.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "providers/tcpip/spi.h"

int ioctl_interface_list(struct ioctl_request *r)
{
    ULONG info = 0;
    NTSTATUS status;

    if (check_pointer(r->out)) {
        r->no_bytes = TRUE;
        return WSAEFAULT;
    }
    if (r->ov)
        return ioctl_start(r, AFD_GET_INTERFACE_LIST, NULL, 0);
    status = afd_call(r->k->handle, AFD_GET_INTERFACE_LIST, NULL, 0, r->out, r->out_bytes, &info);
    r->bytes = status ? 0 : info;
    return err_from_ntstatus(status);
}

/* 0.0.0.0 / 255.255.255.255 style masks: the first `bits` bits set. */
static void fill_bits(BYTE *to, ULONG bytes, ULONG bits)
{
    for (ULONG i = 0; i < bytes; i++) {
        ULONG here = bits > 8 ? 8 : bits;

        to[i] = (BYTE)(0xFF00 >> here);
        bits -= here;
    }
}

static void interface_info(const struct net_address *from, INTERFACE_INFO_EX *to,
                           union sock_addr room[3])
{
    INT bytes = from->addr.any.sa_family == AF_INET6 ? (INT)sizeof room->in6 : (INT)sizeof room->in;
    SOCKET_ADDRESS *const at[3] = {&to->iiAddress, &to->iiBroadcastAddress, &to->iiNetmask};

    to->iiFlags = (from->up ? IFF_UP : 0) | (from->multicast ? IFF_MULTICAST : 0) |
                  (from->loopback ? IFF_LOOPBACK : IFF_BROADCAST) |
                  (from->point_to_point ? IFF_POINTTOPOINT : 0);
    memset(room, 0, 3 * sizeof *room);
    room[0] = from->addr;
    for (int i = 0; i < 3; i++) {
        room[i].any.sa_family = from->addr.any.sa_family;
        at[i]->lpSockaddr = &room[i].any;
        at[i]->iSockaddrLength = bytes;
    }
    if (bytes == sizeof room->in6) {
        fill_bits((BYTE *)&room[2].in6.sin6_addr, 16, from->prefix_bits);
        return;
    }
    room[1].in.sin_addr.s_addr = INADDR_BROADCAST;
    fill_bits((BYTE *)&room[2].in.sin_addr, 4, from->prefix_bits);
}

/* The records first, then three addresses for each. */
int ioctl_interface_list_ex(struct ioctl_request *r)
{
    ULONG count = 0;
    struct net_address *all = net_addresses(AF_UNSPEC, &count);
    DWORD needed = count * (sizeof(INTERFACE_INFO_EX) + 3 * sizeof(union sock_addr));
    INTERFACE_INFO_EX *to = r->out;
    int err = 0;

    if (!all)
        return WSAENOBUFS;
    if (r->out_bytes < needed || check_write(r->out, needed))
        err = WSAEFAULT;
    for (ULONG i = 0; !err && i < count; i++)
        interface_info(&all[i], &to[i], (union sock_addr *)(to + count) + 3 * i);
    free(all);
    r->bytes = err ? 0 : needed;
    return err;
}

static INT addr_size(const struct sock *k)
{
    return sock_addr_bytes(k);
}

/* A SOCKET_ADDRESS_LIST with the addresses behind it; the loopback is not an address to be reached at. */
int ioctl_address_list(struct ioctl_request *r)
{
    const DWORD head = offsetof(SOCKET_ADDRESS_LIST, Address);
    ULONG count = 0, listed = 0;
    struct net_address *all = net_addresses(r->k->family, &count);
    SOCKET_ADDRESS_LIST *to = r->out;
    DWORD needed;
    char *room;

    if (!all)
        return WSAENOBUFS;
    for (ULONG i = 0; i < count; i++)
        listed += !all[i].loopback;
    needed = head + listed * (sizeof(SOCKET_ADDRESS) + addr_size(r->k));

    if (!r->out || r->out_bytes < needed || check_write(r->out, needed)) {
        BOOL no_head = r->out && r->out_bytes && r->out_bytes < head;

        free(all);
        r->bytes = no_head ? 0 : needed;
        return no_head ? WSAEINVAL : WSAEFAULT;
    }
    room = (char *)r->out + head + listed * sizeof(SOCKET_ADDRESS);
    to->iAddressCount = 0;
    for (ULONG i = 0; i < count; i++) {
        SOCKET_ADDRESS *a = &to->Address[to->iAddressCount];

        if (all[i].loopback)
            continue;
        memcpy(room, &all[i].addr, addr_size(r->k));
        a->lpSockaddr = (LPSOCKADDR)room;
        a->iSockaddrLength = addr_size(r->k);
        room += addr_size(r->k);
        to->iAddressCount++;
    }
    free(all);
    r->bytes = needed;
    return 0;
}

/* Blocking: waits for a change of the machine's addresses; nonblocking: WSAEWOULDBLOCK; overlapped: stays pending. */
int ioctl_address_list_change(struct ioctl_request *r)
{
    const INT force_async = r->ov != NULL;

    r->out = NULL;
    r->out_bytes = 0;
    return ioctl_start(r, AFD_ADDRESS_LIST_CHANGE, &force_async, sizeof force_async);
}

struct connect_input {
    struct afd_connect head;
    union sock_addr to;
};

/*
 * The address from which the system would send to `to`: a datagram socket that lives for this question is connected,
 * which sends nothing.
 */
static int route(const union sock_addr *to, INT bytes, union sock_addr *from)
{
    struct afd_create create = {to->any.sa_family, SOCK_DGRAM, IPPROTO_UDP, 0};
    struct connect_input connect = {{bytes, 1}, *to};
    const INT broadcast = 1;
    HANDLE handle;
    NTSTATUS status = afd_open(&handle, FALSE);

    if (status)
        return err_from_ntstatus(status);
    connect.to.in.sin_port = 0x0900; /* discard, in network order: 8.0 refuses port 0 */
    status = afd_call(handle, AFD_CREATE, &create, sizeof create, NULL, 0, NULL);
    if (!status) {
        afd_call(handle, 0x120374 /* SO_BROADCAST */, &broadcast, sizeof broadcast, NULL, 0, NULL);
        status = afd_call(handle, AFD_CONNECT, &connect, sizeof connect.head + bytes, NULL, 0, NULL);
    }
    if (!status)
        status = afd_call(handle, AFD_GETSOCKNAME, NULL, 0, from, sizeof *from, NULL);
    NtClose(handle);
    from->in.sin_port = 0;
    return err_from_ntstatus(status);
}

static BOOL is_zero(const union sock_addr *a)
{
    static const struct in6_addr zero;

    return a->any.sa_family == AF_INET ? !a->in.sin_addr.s_addr
                                       : !memcmp(&a->in6.sin6_addr, &zero, sizeof zero);
}

int ioctl_routing_interface(struct ioctl_request *r)
{
    const DWORD bytes = addr_size(r->k);
    union sock_addr to, from;
    int err;

    r->no_bytes = TRUE;
    memset(&to, 0, sizeof to);
    if (r->in_bytes < sizeof to.in || check_read(r->in, sizeof to.in))
        return WSAEINVAL;
    memcpy(&to, r->in, sizeof to.in);
    if (to.any.sa_family != r->k->family)
        return WSAEAFNOSUPPORT;
    if (ioctl_in(r, &to, bytes) || is_zero(&to))
        return WSAEINVAL;
    if (!r->out)
        return WSAEFAULT;
    r->no_bytes = FALSE;
    if (r->out_bytes < bytes) {
        r->bytes = bytes;
        return WSAEFAULT;
    }
    err = route(&to, bytes, &from);
    return err ? err : ioctl_out(r, &from, bytes);
}

/*
 * Puts the addresses that can be reached before those that cannot, and leaves their order alone otherwise. The
 * entries keep pointing where they pointed.
 */
int ioctl_address_list_sort(struct ioctl_request *r)
{
    const DWORD head = offsetof(SOCKET_ADDRESS_LIST, Address);
    const SOCKET_ADDRESS_LIST *in = r->in;
    SOCKET_ADDRESS_LIST *out = r->out;
    SOCKET_ADDRESS *sorted;
    DWORD count, to = 0, needed;

    if (r->in_bytes < head || check_read(in, head) || in->iAddressCount < 0)
        return WSAEINVAL;
    count = (DWORD)in->iAddressCount;
    if (count > (r->in_bytes - head) / sizeof *sorted || check_read(in, head + count * sizeof *sorted))
        return WSAEINVAL;
    needed = r->in_bytes;
    if (r->out_bytes < needed || check_write(out, needed)) {
        r->bytes = needed;
        return WSAEFAULT;
    }
    sorted = malloc((count + 1) * sizeof *sorted);
    if (!sorted)
        return WSAENOBUFS;
    for (int reachable = 1; reachable >= 0; reachable--) {
        for (DWORD i = 0; i < count; i++) {
            union sock_addr addr = {{0}}, from;
            INT bytes = in->Address[i].iSockaddrLength;

            if (bytes > (INT)sizeof addr || bytes < (INT)sizeof addr.in ||
                check_read(in->Address[i].lpSockaddr, bytes))
                bytes = 0;
            memcpy(&addr, in->Address[i].lpSockaddr, bytes);
            if ((bytes && !route(&addr, bytes, &from)) == reachable)
                sorted[to++] = in->Address[i];
        }
    }
    memmove(out, in, needed);
    memcpy(out->Address, sorted, to * sizeof *sorted);
    free(sorted);
    r->bytes = needed;
    return 0;
}

int ioctl_broadcast_address(struct ioctl_request *r)
{
    struct sockaddr_in all = {.sin_family = AF_INET};

    if (r->k->family != AF_INET || sock_is_stream(r->k))
        return WSAEOPNOTSUPP;
    all.sin_addr.s_addr = INADDR_BROADCAST;
    return ioctl_out(r, &all, sizeof all);
}
