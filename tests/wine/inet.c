/* SPDX-License-Identifier: MIT */
/* Byte order and address text: the old inet_ calls, the new ones, WSAStringToAddress and WSAAddressToString. */
#include "net.h"
#include <stdio.h>
#include <string.h>

static void byte_order(void)
{
    SOCKET s = tcp_new(AF_INET);
    u_long l = 0;
    u_short h = 0;

    CHECK_INT(htons(0x1234), 0x3412);
    CHECK_INT(ntohs(0x1234), 0x3412);
    CHECK_INT(htonl(0x12345678), 0x78563412);
    CHECK_INT(ntohl(0x12345678), 0x78563412);
    CHECK_OK(WSAHtonl(s, 0x12345678, &l));
    CHECK_INT(l, 0x78563412);
    CHECK_OK(WSANtohl(s, 0x12345678, &l));
    CHECK_INT(l, 0x78563412);
    CHECK_OK(WSAHtons(s, 0x1234, &h));
    CHECK_INT(h, 0x3412);
    CHECK_OK(WSANtohs(s, 0x1234, &h));
    CHECK_INT(h, 0x3412);
    CHECK_FAILS(WSAHtonl(s, 1, NULL), WSAEFAULT);
    CHECK_FAILS(WSANtohs(s, 1, NULL), WSAEFAULT);
    CHECK_FAILS(WSAHtonl(INVALID_SOCKET, 1, &l), WSAENOTSOCK);
}

static void old_text(void)
{
    static const struct {
        const char *text;
        unsigned value; /* host order */
    } rows[] = {
        { "1.2.3.4", 0x01020304 },    { "127.0.0.1", 0x7f000001 }, { "255.255.255.255", 0xffffffff },
        { "0.0.0.0", 0 },             { "1.2.3", 0x01020003 },     { "1.2", 0x01000002 },
        { "1", 1 },                   { "0x7f.1", 0x7f000001 },    { "0x7f000001", 0x7f000001 },
        { "010.0.0.1", 0x08000001 },  { "1.2.65535", 0x0102ffff }, { "1.16777215", 0x01ffffff },
        { "4294967295", 0xffffffff }, { "256.0.0.1", INADDR_NONE }, { "1.2.3.4.5", INADDR_NONE },
        { "a.b.c.d", INADDR_NONE },   { "1.2.3.", INADDR_NONE },   { "1..2", INADDR_NONE },
        { "1.2.3.256", INADDR_NONE }, { "1.2.65536", INADDR_NONE }, { "host", INADDR_NONE },
        { " ", 0 },                   { "1.2.3.4 rest", 0x01020304 },
    };

    for (int i = 0; i < COUNT(rows); i++) {
        check_about("\"%s\"", rows[i].text);
        CHECK_INT(inet_addr(rows[i].text), htonl(rows[i].value));
    }
    check_about("the empty text is no address on today's Windows");
    CHECK_INT(inet_addr(""), INADDR_NONE);
    check_about("inet_ntoa");
    CHECK_STR(inet_ntoa((struct in_addr){ .S_un.S_addr = htonl(0x01020304) }), "1.2.3.4");
    CHECK_STR(inet_ntoa((struct in_addr){ .S_un.S_addr = 0xffffffff }), "255.255.255.255");
}

static void new_text(void)
{
    static const struct {
        int af, ok;
        const char *text, *back;
    } rows[] = {
        { AF_INET, 1, "1.2.3.4", "1.2.3.4" },
        { AF_INET, 1, "255.255.255.255", "255.255.255.255" },
        { AF_INET, 0, "1.2.3" },
        { AF_INET, 0, "1.2.3.256" },
        { AF_INET, 0, "1.2.3.4.5" },
        { AF_INET, 0, "0x1.2.3.4" },
        { AF_INET, 0, "1.2.3.4 " },
        { AF_INET, 0, "" },
        { AF_INET6, 1, "::", "::" },
        { AF_INET6, 1, "::1", "::1" },
        { AF_INET6, 1, "2001:db8::1", "2001:db8::1" },
        { AF_INET6, 1, "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
        { AF_INET6, 1, "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
        { AF_INET6, 1, "::ffff:1.2.3.4", "::ffff:1.2.3.4" },
        { AF_INET6, 1, "fe80::1", "fe80::1" },
        { AF_INET6, 1, "0:0:0:0:0:0:0:0", "::" },
        { AF_INET6, 1, "1::", "1::" },
        { AF_INET6, 0, "1:2:3:4:5:6:7:8:9" },
        { AF_INET6, 0, "1::2::3" },
        { AF_INET6, 0, "12345::" },
        { AF_INET6, 0, ":" },
        { AF_INET6, 0, "1:2:3:4:5:6:7" },
        { AF_INET6, 0, "::g" },
        { AF_INET6, 0, "1.2.3.4" },
        { AF_INET6, 0, "" },
    };

    for (int i = 0; i < COUNT(rows); i++) {
        unsigned char bin[16];
        char text[64];

        check_about("%d \"%s\"", rows[i].af, rows[i].text);
        CHECK_INT(inet_pton(rows[i].af, rows[i].text, bin), rows[i].ok);
        if (!rows[i].ok)
            continue;
        CHECK_STR(inet_ntop(rows[i].af, bin, text, sizeof text), rows[i].back);
        CHECK(inet_ntop(rows[i].af, bin, text, strlen(rows[i].back)) == NULL);
        CHECK_STR(inet_ntop(rows[i].af, bin, text, strlen(rows[i].back) + 1), rows[i].back);
    }
    check_about("other families");
    CHECK_FAILS(inet_pton(1234, "1.2.3.4", &(char[16]){ 0 }), WSAEAFNOSUPPORT);
    CHECK_FALSE(inet_ntop(1234, &(char[16]){ 0 }, (char[64]){ 0 }, 64), WSAEAFNOSUPPORT);
    check_about("the buffer's end");
    CHECK_FALSE(inet_ntop(AF_INET, "\1\2\3\4", (char[64]){ 0 }, 4), ERROR_INVALID_PARAMETER);
}

static void address_strings(void)
{
    static const struct {
        int af;
        const char *text, *back; /* NULL: refused */
    } rows[] = {
        { AF_INET, "1.2.3.4", "1.2.3.4" },
        { AF_INET, "1.2.3.4:80", "1.2.3.4:80" },
        { AF_INET, "127.0.0.1:65535", "127.0.0.1:65535" },
        { AF_INET, "1.2.3.4:65536", NULL },
        { AF_INET, "1.2.3.4:", NULL },
        { AF_INET, "1.2.3.4:8a", NULL },
        { AF_INET, "nonsense", NULL },
        { AF_INET, "", NULL },
        { AF_INET6, "::1", "::1" },
        { AF_INET6, "[::1]:80", "[::1]:80" },
        { AF_INET6, "[2001:db8::1]", "2001:db8::1" },
        { AF_INET6, "fe80::1%7", "fe80::1%7" },
        { AF_INET6, "[fe80::1%7]:99", "[fe80::1%7]:99" },
        { AF_INET6, "[::1]:65536", NULL },
        { AF_INET6, "[::1", NULL },
        { AF_INET6, "::1::", NULL },
        { AF_INET6, "", NULL },
    };

    for (int i = 0; i < COUNT(rows); i++) {
        union addr a;
        int len = sizeof a;
        char text[128];
        DWORD n;

        check_about("%d \"%s\"", rows[i].af, rows[i].text);
        if (!rows[i].back) {
            CHECK_FAILS(WSAStringToAddressA((char *)rows[i].text, rows[i].af, NULL, &a.sa, &len), WSAEINVAL);
            continue;
        }
        CHECK_OK(WSAStringToAddressA((char *)rows[i].text, rows[i].af, NULL, &a.sa, &len));
        CHECK_INT(len, addr_len(rows[i].af));
        CHECK_INT(a.sa.sa_family, rows[i].af);
        n = sizeof text;
        CHECK_OK(WSAAddressToStringA(&a.sa, len, NULL, text, &n));
        CHECK_STR(text, rows[i].back);
        CHECK_INT(n, strlen(rows[i].back) + 1);
        n = (DWORD)strlen(rows[i].back);
        CHECK_FAILS(WSAAddressToStringA(&a.sa, len, NULL, text, &n), WSAEFAULT);
        CHECK_INT(n, strlen(rows[i].back) + 1);
        len = 3;
        CHECK_FAILS(WSAStringToAddressA((char *)rows[i].text, rows[i].af, NULL, &a.sa, &len), WSAEFAULT);
        CHECK_INT(len, addr_len(rows[i].af));
    }
}

static void address_string_misuse(void)
{
    union addr a = loopback(AF_INET, 1);
    WCHAR text[64];
    DWORD n = 64;
    int len = sizeof a;

    CHECK_FAILS2(WSAAddressToStringW(NULL, 0, NULL, text, &n), WSAEINVAL, WSAEFAULT);
    CHECK_FAILS2(WSAAddressToStringW(&a.sa, sizeof a.v4, NULL, text, NULL), WSAEFAULT, WSAEINVAL);
    a.sa.sa_family = 1234;
    CHECK_FAILS(WSAAddressToStringW(&a.sa, sizeof a.v4, NULL, text, &n), WSAEINVAL);
    CHECK_FAILS(WSAStringToAddressW(NULL, AF_INET, NULL, &a.sa, &len), WSAEINVAL);
    CHECK_FAILS(WSAStringToAddressW(L"1.2.3.4", 1234, NULL, &a.sa, &len), WSAEINVAL);
}

const struct test_case test_cases[] = {
    { "byte-order", byte_order },
    { "old-text", old_text },
    { "new-text", new_text },
    { "address-strings", address_strings },
    { "address-string-misuse", address_string_misuse },
    { 0 },
};
