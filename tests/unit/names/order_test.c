/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/order.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"

/* Lists are texts with a space between the addresses. The first rows are the examples of RFC 6724 10.2. */
static const struct {
    const char *why, *own, *addrs, *want;
} cases[] = {
    {"prefer matching scope", "2001:db8:1::2 fe80::1 169.254.13.78", "2001:db8:1::1 198.51.100.121",
     "2001:db8:1::1 198.51.100.121"},
    {"prefer matching scope, IPv4", "fe80::1 198.51.100.117", "2001:db8:1::1 198.51.100.121",
     "198.51.100.121 2001:db8:1::1"},
    {"prefer higher precedence", "2001:db8:1::2 fe80::1 10.1.2.4", "10.1.2.3 2001:db8:1::1", "2001:db8:1::1 10.1.2.3"},
    {"prefer smaller scope", "2001:db8:1::2 fe80::2", "2001:db8:1::1 fe80::1", "fe80::1 2001:db8:1::1"},
    {"prefer matching label", "2002:c633:6401::2 fe80::2", "2001:db8:1::1 2002:c633:6401::1",
     "2002:c633:6401::1 2001:db8:1::1"},
    {"no IPv6 here", "10.0.0.1", "2001:db8::1 10.1.1.1", "10.1.1.1 2001:db8::1"},
    {"no IPv4 here", "2001:db8::2", "10.1.1.1 2001:db8::1", "2001:db8::1 10.1.1.1"},
    {"no network: as it came", "", "10.1.1.1 2001:db8::1", "10.1.1.1 2001:db8::1"},
    {"longest prefix", "2001:db8:5::2", "2001:db9::1 2001:db8:5::1", "2001:db8:5::1 2001:db9::1"},
    {"but IPv4 addresses take turns", "10.0.0.1", "192.0.2.1 10.0.0.2", "192.0.2.1 10.0.0.2"},
    {"private IPv6 addresses without one of our own", "2001:db8::2 10.0.0.1", "fd00::1 10.1.1.1", "10.1.1.1 fd00::1"},
    {"loopback is always there", "10.0.0.1", "2001:db8::1 ::1", "::1 2001:db8::1"},
};

static size_t parse(const char *list, struct name_addr *out)
{
    size_t n = 0, chars;

    for (; *list; list += chars + (list[chars] == ' ')) {
        chars = strcspn(list, " ");
        ck_assert(name_addr_parse((struct span){list, chars}, &out[n++]));
    }
    return n;
}

START_TEST(orders)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct name_addr addr[8], own[8];
        size_t count = parse(cases[i].addrs, addr), own_count = parse(cases[i].own, own);
        char got[512] = "", ip[ADDR_TEXT_CHARS];

        order_sort(addr, count, own, own_count);
        for (size_t k = 0; k < count; k++) {
            addr[k].family == ADDR_INET ? addr_ip4_format(addr[k].ip, ip) : addr_ip6_format(addr[k].ip, ip);
            sprintf(got + strlen(got), "%s%s", k ? " " : "", ip);
        }
        ck_assert_msg(!strcmp(got, cases[i].want), "%s: %s", cases[i].why, got);
    }
}
END_TEST

START_TEST(keeps_what_is_too_much)
{
    static struct name_addr addr[200];
    struct name_addr own;

    ck_assert(name_addr_parse(span_of("10.0.0.1"), &own));
    for (unsigned i = 0; i < 200; i++)
        addr[i] = (struct name_addr){ADDR_INET, {10, 1, 0, (uint8_t)i}, 0};
    order_sort(addr, 200, &own, 1);
    for (unsigned i = 0; i < 200; i++)
        ck_assert_uint_eq(addr[i].ip[3], i);
}
END_TEST

UNIT_MAIN("names/order", orders, keeps_what_is_too_much)
