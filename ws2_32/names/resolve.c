/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/resolve.h"

#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "ws2_32/names/named.h"
#include "ws2_32/names/shape.h"

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

/* No node: this machine, to listen on (any address) or to connect to (loopback). */
static void no_node(const struct resolve_request *rq, struct resolve_result *out)
{
    struct name_addr six = {ADDR_INET6, {0}, 0}, four = {ADDR_INET, {0}, 0};

    if (!(rq->flags & RESOLVE_PASSIVE)) {
        six.ip[15] = 1;
        four.ip[0] = 127;
        four.ip[3] = 1;
    }
    if (rq->family != ADDR_INET)
        out->few[out->addr_count++] = six;
    if (rq->family != ADDR_INET6)
        out->few[out->addr_count++] = four;
}

/*
 * Drops what the caller did not ask for, in place and keeping the order. An IPv4 address becomes a mapped one for a
 * caller who wants IPv6 and either said AI_ALL or would get nothing.
 */
static size_t filter(const struct resolve_request *rq, struct name_addr *addr, size_t count)
{
    bool map = rq->family == ADDR_INET6 && rq->flags & RESOLVE_V4MAPPED;
    size_t kept = 0;

    for (size_t i = 0; map && !(rq->flags & RESOLVE_ALL) && i < count; i++)
        map = addr[i].family != ADDR_INET6;
    for (size_t i = 0; i < count; i++) {
        if (map && addr[i].family == ADDR_INET)
            addr[kept++] = name_addr_mapped(&addr[i]);
        else if (!rq->family || addr[i].family == rq->family)
            addr[kept++] = addr[i];
    }
    return kept;
}

/* WSAHOST_NOT_FOUND: the node is no address. WSANO_DATA: not one of that family. */
static int numeric(const struct resolve_request *rq, size_t chars, struct resolve_result *out)
{
    if (!name_addr_parse((struct span){rq->node, chars}, &out->few[0]))
        return WSAHOST_NOT_FOUND;
    out->addr_count = filter(rq, out->few, 1);
    out->canon = rq->node;
    return out->addr_count ? 0 : WSANO_DATA;
}

static int ask_sources(const struct resolve_request *rq, struct resolve_result *out)
{
    bool named = rq->flags & (RESOLVE_CANONNAME | RESOLVE_FQDN);
    struct lookup q = {rq->node, NULL, rq->family, !named, rq->name_space, rq->provider};
    int err;

    if (rq->flags & RESOLVE_V4MAPPED)
        q.family = 0;
    out->host.room = out->few;
    out->host.room_count = sizeof out->few / sizeof *out->few;
    err = source_lookup(&q, &out->host);
    if (err)
        return err;
    if (rq->flags & RESOLVE_ADDRCONFIG)
        shape_drop_unusable(&out->host);
    shape_put_in_order(&out->host);
    out->addr = out->host.addr;
    out->addr_count = filter(rq, out->host.addr, out->host.addr_count);
    for (size_t i = 0; i < out->addr_count; i++)
        named_put(&out->addr[i], rq->node);
    out->canon = out->host.canon ? out->host.canon : rq->node;
    return out->addr_count ? 0 : WSANO_DATA;
}

static int find_host(const struct resolve_request *rq, struct resolve_result *out)
{
    size_t chars;
    int err;

    out->addr = out->few;
    if (!rq->node) {
        no_node(rq, out);
        return 0;
    }
    chars = strnlen(rq->node, RESOLVE_NODE_MAX);
    if (chars == RESOLVE_NODE_MAX)
        return WSAHOST_NOT_FOUND;
    err = numeric(rq, chars, out);
    if (err == WSAHOST_NOT_FOUND && !(rq->flags & RESOLVE_NUMERICHOST))
        return ask_sources(rq, out);
    return err ? WSAHOST_NOT_FOUND : 0;
}

int resolve(const struct resolve_request *rq, struct resolve_result *out)
{
    int err = check(rq);

    *out = (struct resolve_result){0};
    if (!err)
        err = find_ports(rq, out);
    if (!err)
        err = find_host(rq, out);
    if (!(rq->flags & (RESOLVE_CANONNAME | RESOLVE_FQDN)))
        out->canon = NULL;
    if (err)
        resolve_free(out);
    return err;
}

void resolve_free(struct resolve_result *r)
{
    answer_free(&r->host);
    r->addr = NULL;
    r->canon = NULL;
}
