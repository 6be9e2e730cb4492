/* SPDX-License-Identifier: MIT */
#include "namespace/nsp_lookup_pe.h"

#include <ws2tcpip.h>

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"

union address {
    SOCKADDR_STORAGE any;
    SOCKADDR_IN in;
    SOCKADDR_IN6 in6;
};

/* One result in the making; its pieces point to each other until it is packed. */
struct result {
    WSAQUERYSETW query;
    WCHAR name[NAME_BYTES];
    BLOB blob;
    BYTE *blob_bytes;       /* owned */
    CSADDR_INFO *csa;       /* owned */
    union address *address; /* owned: remote and local for each */
};

static int socket_protocol(const struct lookup_state *l, int family)
{
    if (l->what.class != NSK_CLASS_UDP && nsk_protocol_wanted(l->query, family, IPPROTO_TCP))
        return IPPROTO_TCP;
    if ((l->what.class != NSK_CLASS_TCP || is_of_dns(&l->what)) && nsk_protocol_wanted(l->query, family, IPPROTO_UDP))
        return IPPROTO_UDP;
    return 0;
}

static INT fill_address(const struct name_addr *from, WORD port, union address *to)
{
    if (from->family == ADDR_INET) {
        to->in.sin_family = AF_INET;
        to->in.sin_port = htons(port);
        memcpy(&to->in.sin_addr, from->ip, 4);
        return sizeof to->in;
    }
    to->in6.sin6_family = AF_INET6;
    to->in6.sin6_port = htons(port);
    to->in6.sin6_scope_id = from->scope;
    memcpy(&to->in6.sin6_addr, from->ip, 16);
    return sizeof to->in6;
}

static int put_addresses(const struct lookup_state *l, struct result *r)
{
    const struct answer *a = &l->answer;
    WORD port = is_of_dns(&l->what) ? 0 : l->what.port;

    if (!a->addr_count)
        return 0;
    r->csa = calloc(a->addr_count, sizeof *r->csa);
    r->address = calloc(2 * a->addr_count, sizeof *r->address);
    if (!r->csa || !r->address)
        return WSA_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < a->addr_count; i++) {
        int family = a->addr[i].family == ADDR_INET ? AF_INET : AF_INET6, protocol = socket_protocol(l, family);
        CSADDR_INFO *csa = &r->csa[r->query.dwNumberOfCsAddrs];
        SOCKET_ADDRESS remote = {(SOCKADDR *)&r->address[2 * i], 0}, local = {(SOCKADDR *)&r->address[2 * i + 1], 0};

        if (!protocol)
            continue;
        remote.iSockaddrLength = local.iSockaddrLength = fill_address(&a->addr[i], port, &r->address[2 * i]);
        local.lpSockaddr->sa_family = (u_short)family;
        csa->RemoteAddr = l->what.flags & LUP_RES_SERVICE ? local : remote;
        csa->LocalAddr = l->what.flags & LUP_RES_SERVICE ? remote : local;
        csa->iProtocol = protocol;
        csa->iSocketType = protocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
        r->query.dwNumberOfCsAddrs++;
    }
    r->query.lpcsaBuffer = r->csa;
    return r->query.dwNumberOfCsAddrs || !l->query->dwNumberOfProtocols ? 0 : WSANO_DATA;
}

/* A hostent has addresses of one family: IPv4, unless only others are wanted. */
static int put_host_blob(const struct lookup_state *l, struct result *r)
{
    const struct answer *a = &l->answer;
    BOOL in6 = !socket_protocol(l, AF_INET) && socket_protocol(l, AF_INET6);
    const char **alias = calloc(a->alias_count + 1, sizeof *alias);
    const void **addr = calloc(a->addr_count + 1, sizeof *addr);
    struct nsk_host host = {a->canon ? a->canon : l->name, alias, in6 ? AF_INET6 : AF_INET, in6 ? 16 : 4, addr};
    size_t count = 0;

    for (size_t i = 0; alias && addr && i < a->alias_count; i++)
        alias[i] = a->alias[i];
    for (size_t i = 0; alias && addr && i < a->addr_count; i++)
        if (a->addr[i].family == (in6 ? ADDR_INET6 : ADDR_INET))
            addr[count++] = a->addr[i].ip;
    if (alias && addr && count) {
        r->blob.cbSize = (DWORD)nsk_host_blob(&host, NULL, 0);
        r->blob_bytes = malloc(r->blob.cbSize);
        if (r->blob_bytes)
            nsk_host_blob(&host, r->blob_bytes, r->blob.cbSize);
    }
    free(alias);
    free(addr);
    return count && !r->blob_bytes ? WSA_NOT_ENOUGH_MEMORY : 0;
}

static int put_blob(const struct lookup_state *l, struct result *r)
{
    const BYTE *bytes = l->message ? l->message : l->service;
    int err = 0;

    if (bytes) {
        r->blob.cbSize = l->message ? l->message_bytes : l->service_bytes;
        r->blob.pBlobData = (BYTE *)bytes;
    } else if (l->answer.addr_count) {
        err = put_host_blob(l, r);
        r->blob.pBlobData = r->blob_bytes;
    }
    r->query.lpBlob = r->blob.pBlobData ? &r->blob : NULL;
    return err;
}

static void free_result(struct result *r)
{
    free(r->blob_bytes);
    free(r->csa);
    free(r->address);
    free(r);
}

size_t lookup_results(const struct lookup_state *l)
{
    return l->what.flags & LUP_RETURN_ALIASES ? 1 + l->answer.alias_count : 1;
}

int lookup_pack(const struct lookup_state *l, DWORD *bytes, void *buf)
{
    struct result *r = calloc(1, sizeof *r);
    const char *name = l->at ? l->answer.alias[l->at - 1] : l->answer.canon ? l->answer.canon : l->name;
    int err = 0;

    if (!r)
        return WSA_NOT_ENOUGH_MEMORY;
    if (MultiByteToWideChar(CP_UTF8, 0, name, -1, r->name, NAME_BYTES))
        r->query.lpszServiceInstanceName = r->name;
    r->query.lpServiceClassId = l->query->lpServiceClassId;
    r->query.dwNameSpace = NS_DNS;
    r->query.lpszQueryString = l->query->lpszQueryString;
    r->query.dwOutputFlags = l->change;
    if (l->at) {
        r->query.dwOutputFlags |= RESULT_IS_ALIAS;
    } else {
        err = put_addresses(l, r);
        if (!err)
            err = put_blob(l, r);
    }
    if (!err) {
        nsk_keep_wanted(&r->query, l->what.flags);
        err = nsk_pack(&r->query, buf, bytes);
    }
    free_result(r);
    return err;
}
