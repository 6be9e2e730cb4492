/* SPDX-License-Identifier: MIT */
/* The DNS as a source. */
#include "ws2_32/names/source.h"

#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "namespace/dns/service_pe.h"

/* RFC 6761: what is below these is no DNS server's business. */
static bool is_special(const char *name)
{
    static const char *const special[] = {"localhost", "invalid"};
    size_t chars = strlen(name);
    const char *last;

    if (chars && name[chars - 1] == '.')
        chars--;
    for (last = name + chars; last > name && last[-1] != '.';)
        last--;
    for (int i = 0; i < 2; i++)
        if (lines_equal((struct span){last, (size_t)(name + chars - last)}, special[i]))
            return true;
    return false;
}

static int add_name(struct answer *out, const struct dns_name *name, bool canon)
{
    char text[DNS_NAME_CHARS];
    struct span span = {text, dns_name_format(name, text)};

    return canon ? answer_set_canon(out, span) : answer_add_alias(out, span);
}

/* The name at the end of the chain is the host's, all before it are aliases. */
static int add_names(struct answer *out, const struct dns_answer *a)
{
    struct dns_name name, next;
    struct dns_datum d;
    size_t pos = 0;
    int err;

    dns_answer_canon(a, &name);
    err = out->canon ? 0 : add_name(out, &name, true);
    next = a->question.name;
    while (!err && dns_answer_next(a, &pos, &d) && d.type == DNS_CNAME && dns_name_at(d.at, d.bytes, &name)) {
        err = add_name(out, &next, false);
        next = name;
    }
    return err;
}

static int add_addresses(struct answer *out, const struct dns_answer *a)
{
    struct dns_datum d;
    size_t pos = 0;
    int err = 0;

    while (!err && dns_answer_next(a, &pos, &d)) {
        struct name_addr addr = {d.type == DNS_A ? ADDR_INET : ADDR_INET6, {0}, 0};

        if (d.type != DNS_A && d.type != DNS_AAAA)
            continue;
        memcpy(addr.ip, d.at, d.bytes); /* 4 or 16: dns_rdata() saw to it */
        err = answer_add_addr(out, &addr);
    }
    return err;
}

/* Of two answers without data the one that says less for certain counts. */
static int worse(int a, int b)
{
    static const int order[] = {WSAHOST_NOT_FOUND, WSANO_DATA, WSANO_RECOVERY, WSATRY_AGAIN};
    int at = 0, bt = 0;

    for (int i = 0; i < 4; i++) {
        at = order[i] == a ? i : at;
        bt = order[i] == b ? i : bt;
    }
    return order[at > bt ? at : bt];
}

static int find_addr(const struct lookup *q, struct answer *out)
{
    char name[DNS_REVERSE_CHARS], text[DNS_NAME_CHARS];
    const uint16_t type = DNS_PTR;
    struct dns_answer *a;
    struct dns_name host;
    struct dns_datum d;
    size_t pos = 0;
    int err;

    dns_reverse_name(q->addr->ip, q->addr->family == ADDR_INET ? 4 : 16, name);
    err = dns_service_lookup(name, &type, 1, &a);
    if (err)
        return err;
    err = a->err;
    while (!err && dns_answer_next(a, &pos, &d)) {
        if (d.type != DNS_PTR || !dns_name_at(d.at, d.bytes, &host))
            continue;
        dns_name_format(&host, text);
        err = out->canon ? answer_add_alias(out, span_of(text)) : answer_set_canon(out, span_of(text));
    }
    if (!err)
        err = answer_add_addr(out, q->addr);
    dns_answer_put(a);
    return err;
}

static int find_name(const struct lookup *q, struct answer *out)
{
    static const uint16_t types[] = {DNS_AAAA, DNS_A};
    size_t count = q->family ? 1 : 2;
    struct dns_answer *a[2];
    int err, none = WSAHOST_NOT_FOUND;

    if (!*q->name || is_special(q->name))
        return WSAHOST_NOT_FOUND;
    err = (q->as_is ? dns_service_lookup_as_is : dns_service_lookup)(q->name, q->family == ADDR_INET ? types + 1 : types, count, a);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++) {
        if (!err && !a[i]->err && !q->unnamed)
            err = add_names(out, a[i]);
        if (!err && !a[i]->err)
            err = add_addresses(out, a[i]);
        none = worse(none, a[i]->err ? a[i]->err : WSAHOST_NOT_FOUND);
        dns_answer_put(a[i]);
    }
    return err ? err : out->addr_count ? 0 : none;
}

int source_dns(const struct lookup *q, struct answer *out)
{
    int err = q->name ? find_name(q, out) : find_addr(q, out);

    if (err)
        answer_free(out);
    return err;
}
