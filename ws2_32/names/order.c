/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/order.h"

#include <string.h>

#include "base/addr.h"

enum scope { SCOPE_LINK = 2, SCOPE_SITE = 5, SCOPE_GLOBAL = 14 };

/* RFC 6724 2.1: the default policy table, longest prefixes first. */
static const struct policy {
    uint8_t prefix[16];
    uint8_t bits, precedence, label;
} policies[] = {
    {{[15] = 1}, 128, 50, 0},
    {{[10] = 0xff, [11] = 0xff}, 96, 35, 4},
    {{0}, 96, 1, 3},
    {{0x20, 0x01}, 32, 5, 5},
    {{0x20, 0x02}, 16, 30, 2},
    {{0x3f, 0xfe}, 16, 1, 12},
    {{0xfe, 0xc0}, 10, 1, 11},
    {{0xfc}, 7, 3, 13},
    {{0}, 0, 40, 1},
};

/* What the rules want to know of one destination. */
struct known {
    struct name_addr addr;
    bool usable;       /* some own address can reach it */
    bool scope_fits, label_fits;
    uint8_t precedence;
    enum scope scope;
    unsigned prefix; /* bits in common with the source; IPv6 only */
};

static void as_ip6(const struct name_addr *a, uint8_t ip[16])
{
    memset(ip, 0, 16);
    if (a->family == ADDR_INET6) {
        memcpy(ip, a->ip, 16);
        return;
    }
    ip[10] = ip[11] = 0xff;
    memcpy(ip + 12, a->ip, 4);
}

static unsigned common_bits(const uint8_t *a, const uint8_t *b)
{
    for (unsigned i = 0; i < 16; i++)
        if (a[i] != b[i])
            return i * 8 + (unsigned)__builtin_clz((unsigned)(a[i] ^ b[i])) - 24;
    return 128;
}

static const struct policy *policy_of(const struct name_addr *a)
{
    const struct policy *p = policies;
    uint8_t ip[16];

    as_ip6(a, ip);
    while (common_bits(ip, p->prefix) < p->bits)
        p++; /* the last one fits everything */
    return p;
}

/* RFC 6724 3.1 and 3.2. */
static enum scope scope_of(const struct name_addr *a)
{
    const uint8_t *ip = a->ip;

    if (name_addr_is_loopback(a))
        return SCOPE_LINK;
    if (a->family == ADDR_INET)
        return ip[0] == 169 && ip[1] == 254 ? SCOPE_LINK : SCOPE_GLOBAL;
    if (ip[0] == 0xff)
        return (enum scope)(ip[1] & 0xf);
    if (ip[0] == 0xfe && (ip[1] & 0xc0) == 0x80)
        return SCOPE_LINK;
    return ip[0] == 0xfe && (ip[1] & 0xc0) == 0xc0 ? SCOPE_SITE : SCOPE_GLOBAL;
}

static unsigned prefix_of(const struct name_addr *a, const struct name_addr *b)
{
    return a->family == ADDR_INET6 && b->family == ADDR_INET6 ? common_bits(a->ip, b->ip) : 0;
}

/* Section 5, rules 2, 6 and 8: whether `a` is the better source for `to` than `b`. */
static bool better_source(const struct name_addr *a, const struct name_addr *b, const struct name_addr *to)
{
    enum scope as = scope_of(a), bs = scope_of(b), ds = scope_of(to);
    bool al = policy_of(a)->label == policy_of(to)->label, bl = policy_of(b)->label == policy_of(to)->label;

    if (as != bs)
        return as < bs ? as >= ds : bs < ds;
    if (al != bl)
        return al;
    return prefix_of(a, to) > prefix_of(b, to);
}

static struct known look_at(const struct name_addr *to, const struct name_addr *own, size_t own_count)
{
    struct known k = {*to, false, false, false, policy_of(to)->precedence, scope_of(to), 0};
    const struct name_addr *source = name_addr_is_loopback(to) ? to : NULL;

    for (size_t i = 0; !name_addr_is_loopback(to) && i < own_count; i++)
        if (own[i].family == to->family && (!source || better_source(&own[i], source, to)))
            source = &own[i];
    if (source && scope_of(source) < k.scope)
        source = NULL; /* a link-local source does not get beyond the link */
    if (source) {
        k.usable = true;
        k.scope_fits = scope_of(source) == k.scope;
        k.label_fits = policy_of(source)->label == policy_of(to)->label;
        k.prefix = prefix_of(source, to);
    }
    return k;
}

/* Section 6, rules 1, 2, 5, 6, 8 and 9; the others are about things that no one here knows. Rule 9 would undo the turns that
 * servers give IPv4 addresses, so it is for IPv6 (as in most resolvers). */
static bool goes_before(const struct known *a, const struct known *b)
{
    if (a->usable != b->usable)
        return a->usable;
    if (a->scope_fits != b->scope_fits)
        return a->scope_fits;
    if (a->label_fits != b->label_fits)
        return a->label_fits;
    if (a->precedence != b->precedence)
        return a->precedence > b->precedence;
    if (a->scope != b->scope)
        return a->scope < b->scope;
    return a->addr.family == ADDR_INET6 && b->addr.family == ADDR_INET6 && a->prefix > b->prefix;
}

enum { SORTED_MAX = 64 }; /* nobody tries more; the rest stays behind these as it came */

void order_sort(struct name_addr *addr, size_t count, const struct name_addr *own, size_t own_count)
{
    struct known known[SORTED_MAX];

    if (!own_count)
        return;
    if (count > SORTED_MAX)
        count = SORTED_MAX;
    for (size_t i = 0; i < count; i++) { /* insertion: keeps the order of equals */
        struct known k = look_at(&addr[i], own, own_count);
        size_t at = i;

        for (; at && goes_before(&k, &known[at - 1]); at--)
            known[at] = known[at - 1];
        known[at] = k;
    }
    for (size_t i = 0; i < count; i++)
        addr[i] = known[i].addr;
}
