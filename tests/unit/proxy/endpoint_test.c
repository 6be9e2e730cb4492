/* SPDX-License-Identifier: MIT */
#include "providers/proxy/endpoint.h"

#include <string.h>

#include "base/addr.h"
#include "tests/unit/unit.h"

static const struct {
    const char *why, *text;
    int family;
    const char *want; /* NULL: refused */
} cases[] = {
    { "IPv4", "1.2.3.4:80", ADDR_INET, "1.2.3.4:80" },
    { "IPv6", "[2001:db8::1]:80", ADDR_INET6, "[2001:db8::1]:80" },
    { "mapped IPv4", "[::ffff:1.2.3.4]:80", ADDR_INET6, "1.2.3.4:80" },
    { "nearly mapped", "[::fffe:1.2.3.4]:80", ADDR_INET6, "[::fffe:102:304]:80" },
    { "no port", "1.2.3.4", ADDR_INET, "1.2.3.4:0" },
};

START_TEST(sockaddrs_are_read)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t sockaddr[ADDR_INET6_BYTES];
        char text[ENDPOINT_TEXT_BYTES];
        struct endpoint e;
        size_t bytes = addr_bytes(cases[i].family);

        ck_assert(addr_parse(cases[i].text, strlen(cases[i].text), cases[i].family, sockaddr));
        for (size_t n = 0; n < bytes; n++)
            CASE_INT_EQ(endpoint_from_sockaddr(sockaddr, n, &e), false, "one that is too short");
        CASE_INT_EQ(endpoint_from_sockaddr(sockaddr, bytes, &e), true, cases[i].why);
        CASE_INT_EQ(endpoint_format(&e, text), strlen(cases[i].want), cases[i].why);
        ck_assert_msg(!strcmp(text, cases[i].want), "%s: %s, not %s", cases[i].why, text, cases[i].want);
        sockaddr[0] = 99;
        CASE_INT_EQ(endpoint_from_sockaddr(sockaddr, bytes, &e), false, "another family");
    }
}
END_TEST

static const struct {
    const char *why, *text;
    int want; /* the kind, or -1 */
} hosts[] = {
    { "a name", "a-b_c.example", ENDPOINT_NAME },   { "IPv4", "1.2.3.4", ENDPOINT_IP4 },
    { "IPv6", "::1", ENDPOINT_IP6 },                { "IPv6 in brackets", "[::1]", ENDPOINT_IP6 },
    { "IPv4 in brackets", "[1.2.3.4]", -1 },        { "empty brackets", "[]", -1 },
    { "nothing", "", -1 },                          { "a space", "a b", -1 },
    { "a slash", "a/b", -1 },                       { "a line end", "a\r\nb", -1 },
    { "an umlaut", "b\xc3\xbc" "cher", -1 },        { "a colon", "a:b", -1 },
    { "a percent sign", "fe80::1%3", -1 },
};

START_TEST(hosts_are_read)
{
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct endpoint e;
        bool ok = endpoint_parse_host(hosts[i].text, strlen(hosts[i].text), &e);

        CASE_INT_EQ(ok ? (int)e.kind : -1, hosts[i].want, hosts[i].why);
    }
}
END_TEST

UNIT_MAIN("proxy/endpoint", sockaddrs_are_read, hosts_are_read)
