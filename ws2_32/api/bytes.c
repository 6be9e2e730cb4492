/* SPDX-License-Identifier: MIT */
/* Byte order: the Internet's, and that of a socket's own protocol, which its catalog entry states. */
#include "ws2_32/core/call.h"
#include "ws2_32/core/snapshot.h"

u_long WSAAPI htonl(u_long host)
{
    return __builtin_bswap32(host);
}

u_short WSAAPI htons(u_short host)
{
    return __builtin_bswap16(host);
}

u_long WSAAPI ntohl(u_long net)
{
    return __builtin_bswap32(net);
}

u_short WSAAPI ntohs(u_short net)
{
    return __builtin_bswap16(net);
}

static int byte_order_of(SOCKET s, BOOL *big_endian)
{
    const struct catalog_entry *entry;
    struct socket_entry *e = sockets_find(s);
    struct snapshot *snap;
    int err;

    if (!e)
        return WSAENOTSOCK;
    err = snapshot_get(&snap);
    if (err)
        return err;
    entry = catalog_find_id(&snap->cat, e->catalog_id);
    *big_endian = !entry || entry->info.network_byte_order == BIGENDIAN;
    snapshot_put(snap);
    return 0;
}

/* Whether to swap, for all four below. */
static int begin(SOCKET s, const void *result, BOOL *swap)
{
    struct call c;
    int err;

    if (call_begin(&c, s)) /* an inherited handle is adopted here */
        return SOCKET_ERROR;
    err = result ? byte_order_of(s, swap) : WSAEFAULT;
    c.err = err;
    return call_end(&c, err ? SOCKET_ERROR : 0);
}

int WSAAPI WSAHtonl(SOCKET s, u_long host, u_long *net)
{
    BOOL swap;

    if (begin(s, net, &swap))
        return SOCKET_ERROR;
    *net = swap ? __builtin_bswap32(host) : host;
    return 0;
}

int WSAAPI WSAHtons(SOCKET s, u_short host, u_short *net)
{
    BOOL swap;

    if (begin(s, net, &swap))
        return SOCKET_ERROR;
    *net = swap ? __builtin_bswap16(host) : host;
    return 0;
}

int WSAAPI WSANtohl(SOCKET s, u_long net, u_long *host)
{
    return WSAHtonl(s, net, host);
}

int WSAAPI WSANtohs(SOCKET s, u_short net, u_short *host)
{
    return WSAHtons(s, net, host);
}
