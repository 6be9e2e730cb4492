/* SPDX-License-Identifier: MIT */
/*
 * Address text. The C library's inet_pton serves as the second opinion on which texts are
 * addresses.
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

static const struct {
    const char *text; /* as it is to be printed */
    uint8_t ip[16];
} canonical[] = {
    /*
     * RFC 5952: lower case, no leading zeros, the longest run of zeros, the first of equal runs,
     * never a single zero
     */
    {"::", {0}},
    {"::1", {[15] = 1}},
    {"2001:db8::1", {0x20, 1, 0x0d, 0xb8, [15] = 1}},
    {"2001:db8:0:1:1:1:1:1", {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}},
    {"2001:0:0:1::1", {0x20, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}},
    {"2001:db8::1:0:0:1", {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}},
    {"fe80::abcd:ef01", {0xfe, 0x80, [12] = 0xab, 0xcd, 0xef, 0x01}},
    {"1:2:3:4:5:6:7:8", {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8}},
    {"1::", {0, 1}},
    {"::ffff:1.2.3.4", {[10] = 0xff, 0xff, 1, 2, 3, 4}},
};

START_TEST(ip6_prints_as_rfc_5952)
{
    for (size_t i = 0; i < sizeof canonical / sizeof canonical[0]; i++) {
        char text[ADDR_TEXT_CHARS];
        uint8_t ip[16];

        ck_assert_uint_eq(addr_ip6_format(canonical[i].ip, text), strlen(canonical[i].text));
        ck_assert_str_eq(text, canonical[i].text);
        ck_assert(addr_ip6_parse(text, strlen(text), ip));
        ck_assert_int_eq(memcmp(ip, canonical[i].ip, 16), 0);
    }
}
END_TEST

static uint32_t random_state = 12345;

static uint32_t next_random(uint32_t below)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

START_TEST(what_is_printed_is_read_back)
{
    for (int round = 0; round < 20000; round++) {
        char text[ADDR_TEXT_CHARS];
        uint8_t ip[16], back[16];

        for (int i = 0; i < 16; i++)
            ip[i] = next_random(3) ? 0 : (uint8_t)next_random(256);
        ck_assert_uint_eq(addr_ip6_format(ip, text), strlen(text));
        ck_assert_msg(addr_ip6_parse(text, strlen(text), back) && !memcmp(ip, back, 16), "%s", text);
        ck_assert_msg(inet_pton(AF_INET6, text, back) == 1 && !memcmp(ip, back, 16), "%s", text);
        ck_assert_uint_eq(addr_ip4_format(ip, text), strlen(text));
        ck_assert_msg(addr_ip4_parse(text, strlen(text), back) && !memcmp(ip, back, 4), "%s", text);
    }
}
END_TEST

/* Random texts over the alphabet of addresses, and addresses with one character changed. */
static void random_text(char *text, size_t chars)
{
    static const char alphabet[] = "0123456789abcdefF::::....gx ";
    static const char *const seeds[] = {"1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "2001:db8::1", "1.2.3.4",
                                        "255.255.255.255", "::", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7::"};
    size_t n = 0;

    if (next_random(2)) {
        strcpy(text, seeds[next_random(8)]);
        for (uint32_t edits = next_random(3); edits; edits--)
            text[next_random((uint32_t)strlen(text))] = alphabet[next_random(sizeof alphabet - 1)];
        return;
    }
    for (n = 0; n < 1 + next_random((uint32_t)chars - 2); n++)
        text[n] = alphabet[next_random(sizeof alphabet - 1)];
    text[n] = 0;
}

START_TEST(strict_parsers_agree_with_inet_pton)
{
    int good = 0;

    for (int round = 0; round < 60000; round++) {
        char text[48];
        uint8_t ours[16], theirs[16];
        bool want;

        random_text(text, 44);
        want = inet_pton(AF_INET6, text, theirs) == 1;
        ck_assert_msg(addr_ip6_parse(text, strlen(text), ours) == want, "\"%s\" should be %d", text, want);
        ck_assert_msg(!want || !memcmp(ours, theirs, 16), "%s", text);
        good += want;
        want = inet_pton(AF_INET, text, theirs) == 1;
        ck_assert_msg(addr_ip4_parse(text, strlen(text), ours) == want, "\"%s\" should be %d", text, want);
        ck_assert_msg(!want || !memcmp(ours, theirs, 4), "%s", text);
        good += want;
    }
    ck_assert_int_gt(good, 3000);
}
END_TEST

static const struct {
    const char *text;
    bool good;
    uint8_t ip[4];
} loose[] = {
    {"1.2.3.4", true, {1, 2, 3, 4}},
    {"1.2.3", true, {1, 2, 0, 3}},
    {"1.2", true, {1, 0, 0, 2}},
    {"1", true, {0, 0, 0, 1}},
    {"0", true, {0, 0, 0, 0}},
    {"0x7f.1", true, {127, 0, 0, 1}},
    {"0X7F000001", true, {127, 0, 0, 1}},
    {"017700000001", true, {127, 0, 0, 1}},
    {"010.010.010.010", true, {8, 8, 8, 8}},
    {"4294967295", true, {255, 255, 255, 255}},
    {"1.16777215", true, {1, 255, 255, 255}},
    {"1.2.65535", true, {1, 2, 255, 255}},
    {"4294967296", false, {0}},
    {"1.16777216", false, {0}},
    {"1.2.65536", false, {0}},
    {"1.2.3.256", false, {0}},
    {"256.1", false, {0}},
    {"1.2.3.4.5", false, {0}},
    {"", false, {0}},
    {".", false, {0}},
    {"1.", false, {0}},
    {"0x", false, {0}},
    {"08", false, {0}},
    {"-1", false, {0}},
    {"1..2", false, {0}},
};

START_TEST(loose_ip4_is_inet_addr)
{
    for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++) {
        uint8_t ip[4];

        CASE_INT_EQ(addr_ip4_parse_loose(loose[i].text, strlen(loose[i].text), ip), loose[i].good,
                    loose[i].text);
        if (loose[i].good)
            CASE_INT_EQ(memcmp(ip, loose[i].ip, 4), 0, loose[i].text);
    }
}
END_TEST

static const struct {
    const char *text;
    int family;
    bool good;
    uint16_t port;
    uint32_t scope;
    const char *back; /* as it is printed */
} sockaddrs[] = {
    {"1.2.3.4:80", ADDR_INET, true, 80, 0, "1.2.3.4:80"},
    {"1.2.3.4", ADDR_INET, true, 0, 0, "1.2.3.4"},
    {"1.2.3.4:65535", ADDR_INET, true, 65535, 0, "1.2.3.4:65535"},
    {"1.2.3.4:65536", ADDR_INET, false, 0, 0, NULL},
    {"1.2.3.4:", ADDR_INET, false, 0, 0, NULL},
    {"1.2.3.4:80x", ADDR_INET, false, 0, 0, NULL},
    {"1.2.3.4", ADDR_INET6, false, 0, 0, NULL},
    {"::1", ADDR_INET6, true, 0, 0, "::1"},
    {"[::1]:80", ADDR_INET6, true, 80, 0, "[::1]:80"},
    {"[fe80::1%3]:80", ADDR_INET6, true, 80, 3, "[fe80::1%3]:80"},
    {"fe80::1%4294967295", ADDR_INET6, true, 0, 4294967295u, "fe80::1%4294967295"},
    {"fe80::1%4294967296", ADDR_INET6, false, 0, 0, NULL},
    {"[::1", ADDR_INET6, false, 0, 0, NULL},
    {"::1]", ADDR_INET6, false, 0, 0, NULL},
    {"::1", ADDR_INET, false, 0, 0, NULL},
    {"", ADDR_INET, false, 0, 0, NULL},
    {"", ADDR_INET6, false, 0, 0, NULL},
    {"1.2.3.4", 99, false, 0, 0, NULL},
};

START_TEST(sockaddr_text_both_ways)
{
    for (size_t i = 0; i < sizeof sockaddrs / sizeof sockaddrs[0]; i++) {
        size_t bytes = addr_bytes(sockaddrs[i].family);
        uint8_t sockaddr[ADDR_INET6_BYTES], *exact;
        char text[ADDR_TEXT_CHARS];
        const char *why = sockaddrs[i].text;
        uint32_t scope;

        memset(sockaddr, 0xEE, sizeof sockaddr);
        CASE_INT_EQ(addr_parse(why, strlen(why), sockaddrs[i].family, sockaddr), sockaddrs[i].good, why);
        if (!sockaddrs[i].good)
            continue;
        CASE_INT_EQ(sockaddr[0] | sockaddr[1] << 8, sockaddrs[i].family, why);
        CASE_INT_EQ(sockaddr[2] << 8 | sockaddr[3], sockaddrs[i].port, why);
        memcpy(&scope, sockaddr + 24, 4);
        if (bytes == ADDR_INET6_BYTES)
            CASE_INT_EQ(scope, sockaddrs[i].scope, why);

        exact = malloc(bytes); /* the sanitizer guards its end */
        memcpy(exact, sockaddr, bytes);
        CASE_INT_EQ(addr_format(exact, bytes, text), strlen(sockaddrs[i].back), why);
        ck_assert_str_eq(text, sockaddrs[i].back);
        CASE_INT_EQ(addr_format(exact, bytes - 1, text), 0, why);
        free(exact);
    }
}
END_TEST

START_TEST(families)
{
    ck_assert_uint_eq(addr_bytes(ADDR_INET), 16);
    ck_assert_uint_eq(addr_bytes(ADDR_INET6), 28);
    ck_assert_uint_eq(addr_bytes(0), 0);
    ck_assert_uint_eq(addr_bytes(99), 0);
}
END_TEST

UNIT_MAIN("base/addr", ip6_prints_as_rfc_5952, what_is_printed_is_read_back,
          strict_parsers_agree_with_inet_pton, loose_ip4_is_inet_addr, sockaddr_text_both_ways, families)
