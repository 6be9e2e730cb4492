/* SPDX-License-Identifier: MIT */
#include "namespace/nsp_lookup_pe.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "ws2_32/names/shape.h"

/* LUP_DUAL_ADDR: for a dual-stack socket, all of them IPv6. */
static void make_dual(struct answer *a)
{
    for (size_t i = 0; i < a->addr_count; i++)
        if (a->addr[i].family == ADDR_INET)
            a->addr[i] = name_addr_mapped(&a->addr[i]);
}

static void shape_addresses(struct lookup_state *l)
{
    if (l->what.flags & LUP_ADDRCONFIG)
        shape_drop_unusable(&l->answer);
    if (l->what.flags & LUP_NEAREST)
        shape_put_in_order(&l->answer);
    if (l->what.flags & LUP_DUAL_ADDR)
        make_dual(&l->answer);
}

/* Where a service without a name is to be bound: any address. */
static int any_address(struct lookup_state *l)
{
    static const struct name_addr any[] = {{ADDR_INET6, {0}, 0}, {ADDR_INET, {0}, 0}};
    int err = answer_add_addr(&l->answer, &any[0]);

    return err ? err : answer_add_addr(&l->answer, &any[1]);
}

static int find_host(struct lookup_state *l)
{
    struct name_addr addr;
    int err;
    struct lookup q = {.as_is = l->what.flags & LUP_DISABLE_IDN_ENCODING, .name = l->name[0] ? l->name : nsp_source.machine()};

    if (l->what.class == NSK_CLASS_HOST_BY_ADDR) {
        if (!name_addr_parse(span_of(l->name), &addr))
            return WSASERVICE_NOT_FOUND;
        q.name = NULL;
        q.addr = &addr;
    }
    if (!l->name[0] && l->what.class != NSK_CLASS_HOST_BY_NAME && l->what.flags & LUP_RES_SERVICE)
        return any_address(l);
    if (is_of_dns(&l->what))
        q.family = l->what.rr == RR_A ? ADDR_INET : ADDR_INET6;
    err = nsp_source.find(&q, &l->answer);
    if (!err)
        shape_addresses(l);
    return err;
}

/* "ftp/tcp", "21/tcp", "ftp": the system's own database. */
static int find_service(struct lookup_state *l)
{
    char text[NAME_BYTES], *protocol, *end;
    unsigned long port;
    struct servent *s;
    struct nsk_service service;

    strcpy(text, l->name);
    protocol = strchr(text, '/');
    if (protocol)
        *protocol++ = 0;
    if (protocol && !*protocol)
        protocol = NULL;
    port = strtoul(text, &end, 10);
    s = *text && !*end ? getservbyport(htons((u_short)port), protocol) : getservbyname(text, protocol);
    if (!s)
        return WSASERVICE_NOT_FOUND;
    service = (struct nsk_service){s->s_name, (const char *const *)s->s_aliases, (WORD)s->s_port, s->s_proto};
    l->service_bytes = (DWORD)nsk_service_blob(&service, NULL, 0);
    l->service = malloc(l->service_bytes);
    if (!l->service)
        return WSA_NOT_ENOUGH_MEMORY;
    nsk_service_blob(&service, l->service, l->service_bytes);
    return answer_set_canon(&l->answer, span_of(s->s_name));
}

int lookup_search(struct lookup_state *l)
{
    struct lookup q = {.name = l->name, .as_is = l->what.flags & LUP_DISABLE_IDN_ENCODING};
    int err = 0;

    switch (l->what.class) {
    case NSK_CLASS_HOSTNAME:
        return answer_set_canon(&l->answer, span_of(nsp_source.machine()));
    case NSK_CLASS_SERVICE:
        return find_service(l);
    default:
        break;
    }
    if (l->what.flags & LUP_FLUSHCACHE)
        nsp_source.flush();
    if (is_of_dns(&l->what) && nsp_source.records)
        err = nsp_source.records(&q, l->what.rr, &l->message, &l->message_bytes);
    if (!err && (!is_of_dns(&l->what) || l->what.rr == RR_A || l->what.rr == RR_AAAA))
        err = find_host(l);
    return err == WSAHOST_NOT_FOUND ? WSASERVICE_NOT_FOUND : err;
}
