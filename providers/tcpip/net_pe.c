/* SPDX-License-Identifier: MIT */
/*
 * Interfaces and their addresses, from iphlpapi. Every process loads this DLL and few ask such questions, so
 * iphlpapi is loaded when the first one comes.
 */
#include "providers/tcpip/sock.h"
#include "providers/tcpip/spi.h"

#include <iphlpapi.h>
#include <stdlib.h>
#include <string.h>

typedef ULONG(WINAPI *get_adapters_addresses)(ULONG, ULONG, void *, IP_ADAPTER_ADDRESSES *, ULONG *);

/* The module stays: unloading it at the end of a call would only mean loading it again. */
static get_adapters_addresses load(void)
{
    static void *volatile found;
    HMODULE iphlpapi;

    if (!found) {
        iphlpapi = LoadLibraryW(L"iphlpapi.dll");
        if (iphlpapi)
            found = (void *)GetProcAddress(iphlpapi, "GetAdaptersAddresses");
    }
    return (get_adapters_addresses)found;
}

/* The list of adapters with their unicast addresses; free() it. NULL: it cannot be had. */
static IP_ADAPTER_ADDRESSES *adapters(INT family)
{
    const ULONG flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
    get_adapters_addresses get = load();
    IP_ADAPTER_ADDRESSES *list = NULL;
    ULONG bytes = 16 * 1024, code = ERROR_BUFFER_OVERFLOW;

    for (int tries = 0; get && code == ERROR_BUFFER_OVERFLOW && tries < 4; tries++) {
        free(list);
        list = malloc(bytes);
        if (!list)
            return NULL;
        code = get(family, flags, NULL, list, &bytes);
    }
    if (code) {
        free(list);
        return NULL;
    }
    return list;
}

static BOOL same_ip(const struct sockaddr *a, const union sock_addr *b)
{
    if (a->sa_family != b->any.sa_family)
        return FALSE;
    if (a->sa_family == AF_INET)
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr == b->in.sin_addr.s_addr;
    return !memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &b->in6.sin6_addr, 16);
}

ULONG net_index_to_ip4(ULONG index)
{
    IP_ADAPTER_ADDRESSES *list = adapters(AF_INET);
    ULONG ip = 0;

    for (const IP_ADAPTER_ADDRESSES *a = list; a && !ip; a = a->Next)
        if (a->IfIndex == index && a->FirstUnicastAddress)
            ip = ((const struct sockaddr_in *)a->FirstUnicastAddress->Address.lpSockaddr)
                     ->sin_addr.s_addr;
    free(list);
    return ip;
}

ULONG net_mtu(const union sock_addr *addr)
{
    IP_ADAPTER_ADDRESSES *list = adapters(addr->any.sa_family);
    ULONG mtu = 0;

    for (const IP_ADAPTER_ADDRESSES *a = list; a && !mtu; a = a->Next)
        for (const IP_ADAPTER_UNICAST_ADDRESS *u = a->FirstUnicastAddress; u && !mtu; u = u->Next)
            if (same_ip(u->Address.lpSockaddr, addr))
                mtu = a->Mtu ? a->Mtu : 1500;
    free(list);
    return mtu;
}

static ULONG count_all(const IP_ADAPTER_ADDRESSES *list)
{
    ULONG n = 0;

    for (; list; list = list->Next)
        for (const IP_ADAPTER_UNICAST_ADDRESS *u = list->FirstUnicastAddress; u; u = u->Next)
            n++;
    return n;
}

struct net_address *net_addresses(INT family, ULONG *count)
{
    IP_ADAPTER_ADDRESSES *list = adapters(family);
    struct net_address *all = calloc(count_all(list) + 1, sizeof *all), *to = all;

    *count = 0;
    if (all) {
        for (const IP_ADAPTER_ADDRESSES *a = list; a; a = a->Next) {
            for (const IP_ADAPTER_UNICAST_ADDRESS *u = a->FirstUnicastAddress; u; u = u->Next) {
                memcpy(&to->addr, u->Address.lpSockaddr,
                       u->Address.iSockaddrLength < (INT)sizeof to->addr
                           ? u->Address.iSockaddrLength
                           : (INT)sizeof to->addr);
                to->prefix_bits = u->OnLinkPrefixLength;
                to->up = a->OperStatus == IfOperStatusUp;
                to->loopback = a->IfType == IF_TYPE_SOFTWARE_LOOPBACK;
                to->point_to_point = a->IfType == IF_TYPE_PPP;
                to->multicast = !(a->Flags & IP_ADAPTER_NO_MULTICAST);
                to++;
            }
        }
        *count = (ULONG)(to - all);
    }
    free(list);
    return all;
}
