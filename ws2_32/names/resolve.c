/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/resolve.h"

#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "ws2_32/names/named.h"
#include "ws2_32/names/order.h"

static int check(const struct resolve_request *rq)
{
    const int known = RESOLVE_PASSIVE | RESOLVE_CANONNAME | RESOLVE_NUMERICHOST | RESOLVE_NUMERICSERV | RESOLVE_ALL |
                      RESOLVE_ADDRCONFIG | RESOLVE_V4MAPPED | RESOLVE_FQDN | RESOLVE_OTHERS;
    const int named = RESOLVE_CANONNAME | RESOLVE_FQDN;

    if (!rq->node && !rq->service)
        return WSAHOST_NOT_FOUND;
    if (rq->flags & ~known)
        return WSAEINVAL;
    if ((rq->flags & named) == named || (rq->flags & named && !rq->node))
        return WSAEINVAL;
    if (rq->family && !addr_bytes(rq->family))
        return WSAEAFNOSUPPORT;
    if (rq->socktype < 0 || rq->socktype > RESOLVE_RAW)
        return WSAESOCKTNOSUPPORT;
    return 0;
}

/* A number is a number even if too large for a port: then no service has that name. */
static bool parse_port(const char *text, uint32_t *port)
{
    uint32_t v = 0;

    for (; *text >= '0' && *text <= '9'; text++)
        if (v <= 0xffff)
            v = v * 10 + (uint32_t)(*text - '0');
    *port = v;
    return !*text;
}

static void add_service(const struct resolve_request *rq, int socktype, int protocol, const char *proto,
                        struct resolve_result *out)
{
    struct resolve_port *p = &out->port[out->port_count];

    if ((rq->socktype && rq->socktype != socktype) || (rq->protocol && rq->protocol != protocol))
        return;
    if (!resolve_service(rq->service, proto, &p->port))
        return;
    p->socktype = socktype;
    out->port_count++;
}

static int find_ports(const struct resolve_request *rq, struct resolve_result *out)
{
    uint32_t number = 0;

    if (!rq->service || parse_port(rq->service, &number)) {
        if (number > 0xffff)
            return WSATYPE_NOT_FOUND;
        out->port[0] = (struct resolve_port){rq->socktype, (uint16_t)number};
        out->port_count = 1;
        return 0;
    }
    if (rq->flags & RESOLVE_NUMERICSERV)
        return WSAHOST_NOT_FOUND;
    add_service(rq, RESOLVE_STREAM, RESOLVE_TCP, "tcp", out);
    add_service(rq, RESOLVE_DGRAM, RESOLVE_UDP, "udp", out);
    return out->port_count ? 0 : WSATYPE_NOT_FOUND;
}

static struct name_addr mapped(const struct name_addr *a)
{
    struct name_addr six = {ADDR_INET6, {[10] = 0xff, [11] = 0xff}, 0};

    memcpy(six.ip + 12, a->ip, 4);
    return six;
}

/* No node: this machine, to listen on (any address) or to connect to (loopback). */
static int no_node(const struct resolve_request *rq, struct answer *out)
{
    struct name_addr six = {ADDR_INET6, {0}, 0}, four = {ADDR_INET, {0}, 0};
    int err = 0;

    if (!(rq->flags & RESOLVE_PASSIVE)) {
        six.ip[15] = 1;
        four.ip[0] = 127;
        four.ip[3] = 1;
    }
    if (rq->family != ADDR_INET)
        err = answer_add_addr(out, &six);
    if (!err && rq->family != ADDR_INET6)
        err = answer_add_addr(out, &four);
    return err;
}

/*
 * Drops what the caller did not ask for, in place and keeping the order. An IPv4 address becomes a mapped one for a
 * caller who wants IPv6 and either said AI_ALL or would get nothing.
 */
static void filter(const struct resolve_request *rq, struct answer *a)
{
    bool map = rq->family == ADDR_INET6 && rq->flags & RESOLVE_V4MAPPED;
    size_t kept = 0;

    for (size_t i = 0; map && !(rq->flags & RESOLVE_ALL) && i < a->addr_count; i++)
        map = a->addr[i].family != ADDR_INET6;
    for (size_t i = 0; i < a->addr_count; i++) {
        if (map && a->addr[i].family == ADDR_INET)
            a->addr[kept++] = mapped(&a->addr[i]);
        else if (!rq->family || a->addr[i].family == rq->family)
            a->addr[kept++] = a->addr[i];
    }
    a->addr_count = kept;
}

/* AI_ADDRCONFIG: no family that this machine cannot use. Loopback always works; with neither family all stays. */
static void drop_unusable(struct answer *a)
{
    bool needed = false, ip4 = true, ip6 = true;
    size_t kept = 0;

    for (size_t i = 0; i < a->addr_count; i++)
        needed = needed || !name_addr_is_loopback(&a->addr[i]);
    if (!needed)
        return;
    resolve_own_families(&ip4, &ip6);
    if (!ip4 && !ip6)
        return;
    for (size_t i = 0; i < a->addr_count; i++)
        if (name_addr_is_loopback(&a->addr[i]) || (a->addr[i].family == ADDR_INET ? ip4 : ip6))
            a->addr[kept++] = a->addr[i];
    a->addr_count = kept;
}

/*
 * The order to try them in. Only a choice between an IPv6 address and another needs it: what this machine has itself
 * takes a while to find out.
 */
static void put_in_order(struct answer *a)
{
    struct answer own = {0};
    size_t six = 0, far = 0;

    for (size_t i = 0; i < a->addr_count; i++) {
        six += a->addr[i].family == ADDR_INET6;
        far += !name_addr_is_loopback(&a->addr[i]);
    }
    if (a->addr_count < 2 || !six || !far || resolve_own_addresses(&own))
        return;
    order_sort(a->addr, a->addr_count, own.addr, own.addr_count);
    answer_free(&own);
}

static int find_host(const struct resolve_request *rq, struct answer *out)
{
    struct lookup q = {rq->node, NULL, rq->family, rq->name_space, rq->provider};
    struct name_addr numeric;
    int err;

    if (!rq->node)
        return no_node(rq, out);
    if (strnlen(rq->node, RESOLVE_NODE_MAX) == RESOLVE_NODE_MAX)
        return WSAHOST_NOT_FOUND;
    if (name_addr_parse(span_of(rq->node), &numeric)) {
        err = answer_add_addr(out, &numeric);
        if (!err)
            err = answer_set_canon(out, span_of(rq->node));
        filter(rq, out);
        return err ? err : out->addr_count ? 0 : WSAHOST_NOT_FOUND;
    }
    if (rq->flags & RESOLVE_NUMERICHOST)
        return WSAHOST_NOT_FOUND;

    if (rq->flags & RESOLVE_V4MAPPED)
        q.family = 0;
    err = source_lookup(&q, out);
    if (err)
        return err;
    if (rq->flags & RESOLVE_ADDRCONFIG)
        drop_unusable(out);
    put_in_order(out);
    filter(rq, out);
    named_put_all(out, rq->node);
    return out->addr_count ? 0 : WSANO_DATA;
}

int resolve(const struct resolve_request *rq, struct resolve_result *out)
{
    int err = check(rq);

    *out = (struct resolve_result){0};
    if (!err)
        err = find_ports(rq, out);
    if (!err)
        err = find_host(rq, &out->host);
    if (!err && rq->flags & (RESOLVE_CANONNAME | RESOLVE_FQDN) && !out->host.canon)
        err = answer_set_canon(&out->host, span_of(rq->node));
    if (err)
        answer_free(&out->host);
    return err;
}
