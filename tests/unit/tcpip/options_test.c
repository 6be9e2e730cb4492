/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/options_rules.h"

#include <string.h>

#include "base/wsaerr.h"
#include "tests/unit/unit.h"

enum { SOCKET = 0xFFFF, IP = 0, TCP = 6, UDP = 17, IPV6 = 41 };
enum { DEBUG = 1, ACCEPTCONN = 2, REUSEADDR = 4, KEEPALIVE = 8, DONTROUTE = 0x10, BROADCAST = 0x20,
       USELOOPBACK = 0x40, LINGER = 0x80, OOBINLINE = 0x100, SNDBUF = 0x1001, RCVBUF = 0x1002,
       SNDTIMEO = 0x1005, TYPE = 0x1008, CONNECT_CONTEXT = 0x7010, DONTLINGER = ~0x80,
       EXCLUSIVE = ~4 };

static const struct option_socket tcp4 = {2, 1}, udp4 = {2, 2}, raw4 = {2, 3}, tcp6 = {23, 1},
                                  udp6 = {23, 2};

static const struct {
    const char *why;
    int level, name;
    const struct option_socket *sock;
    int get, set; /* the error, 0: exists */
} existing[] = {
    {"SO_BROADCAST", SOCKET, BROADCAST, &udp4, 0, 0},
    {"SO_ACCEPTCONN cannot be set", SOCKET, ACCEPTCONN, &tcp4, 0, WSAENOPROTOOPT},
    {"SO_USELOOPBACK is not there", SOCKET, USELOOPBACK, &tcp4, WSAENOPROTOOPT, WSAENOPROTOOPT},
    {"SO_LINGER", SOCKET, LINGER, &tcp4, 0, 0},
    {"datagrams do not linger", SOCKET, LINGER, &udp4, WSAENOPROTOOPT, WSAENOPROTOOPT},
    {"SO_DONTLINGER, a negative number", SOCKET, DONTLINGER, &tcp6, 0, 0},
    {"SO_EXCLUSIVEADDRUSE, another", SOCKET, EXCLUSIVE, &udp6, 0, 0},
    {"SO_TYPE's refusal depends on the type", SOCKET, TYPE, &tcp4, 0, 0},
    {"SO_UPDATE_CONNECT_CONTEXT cannot be read", SOCKET, CONNECT_CONTEXT, &tcp4, WSAENOPROTOOPT, 0},
    {"an unknown option", SOCKET, 0x1234, &tcp4, WSAENOPROTOOPT, WSAENOPROTOOPT},
    {"an unknown level", 77, 1, &tcp4, WSAEINVAL, WSAEINVAL},
    {"UDP has no options", UDP, 1, &udp4, WSAEINVAL, WSAEINVAL},
    {"TCP_NODELAY", TCP, 1, &tcp6, 0, 0},
    {"TCP_NODELAY is not for datagrams", TCP, 1, &udp4, WSAEINVAL, WSAEINVAL},
    {"IP_HDRINCL on raw sockets", IP, 2, &raw4, 0, 0},
    {"IP_HDRINCL on others", IP, 2, &udp4, WSAEINVAL, WSAEINVAL},
    {"IP_PKTINFO", IP, 19, &udp4, 0, 0},
    {"IP_PKTINFO is not for streams", IP, 19, &tcp4, WSAEINVAL, WSAEINVAL},
    {"IP_RECVERR", IP, 75, &udp4, 0, 0},
    {"IP_RECVERR on a raw socket", IP, 75, &raw4, WSAEINVAL, WSAEINVAL},
    {"memberships cannot be read", IP, 12, &udp4, WSAENOPROTOOPT, 0},
    {"IP_GET_IFLIST", IP, 33, &udp4, WSAEINVAL, WSAEINVAL},
    {"IPV6_V6ONLY", IPV6, 27, &tcp6, 0, 0},
    {"IPV6_V6ONLY exists on IPv4 sockets too", IPV6, 27, &tcp4, 0, 0},
    {"other IPv6 options do not", IPV6, 4, &udp4, WSAEINVAL, WSAEINVAL},
    {"unknown IPv6 options on IPv4 sockets", IPV6, 99, &udp4, WSAEINVAL, WSAEINVAL},
    {"IPV6_MULTICAST_HOPS", IPV6, 10, &udp6, 0, 0},
};

START_TEST(options_exist_or_say_why_not)
{
    for (size_t i = 0; i < sizeof existing / sizeof *existing; i++) {
        const struct option_rule *rule;
        int err;

        rule = option_find(existing[i].level, existing[i].name, *existing[i].sock, false, &err);
        CASE_INT_EQ(err, existing[i].get, existing[i].why);
        CASE_INT_EQ(rule != NULL, !err, existing[i].why);
        rule = option_find(existing[i].level, existing[i].name, *existing[i].sock, true, &err);
        CASE_INT_EQ(err, existing[i].set, existing[i].why);
        CASE_INT_EQ(rule != NULL, !err, existing[i].why);
    }
}
END_TEST

static const struct option_rule *find(int level, int name, struct option_socket sock)
{
    int err;
    const struct option_rule *rule = option_find(level, name, sock, true, &err);

    ck_assert_msg(rule != NULL, "level %d, option %#x: %d", level, name, err);
    return rule;
}

/* All measured on Windows (wine-afd.md 2.7). `value` is what the four bytes given say. */
static const struct {
    const char *why;
    int level, name;
    const struct option_socket *sock;
    int bytes;
    uint32_t value;
    int err;
    uint32_t want;
} sets[] = {
    {"a boolean", SOCKET, BROADCAST, &udp4, 4, 1, 0, 1},
    {"is normalised", SOCKET, BROADCAST, &udp4, 4, 0x100, 0, 1},
    {"one byte of it", SOCKET, BROADCAST, &udp4, 1, 0x100, 0, 0},
    {"two bytes of it", SOCKET, BROADCAST, &udp4, 2, 0x100, 0, 1},
    {"longer than it is", SOCKET, BROADCAST, &udp4, 8, 1, 0, 1},
    {"no length: false", SOCKET, REUSEADDR, &udp4, 0, 1, 0, 0},
    {"no length at all, 4 bytes", SOCKET, REUSEADDR, &udp4, -1, 1, 0, 1},
    {"no length at all, a buffer size", SOCKET, RCVBUF, &udp4, -1, 4096, 0, 4096},
    {"no length at all, a linger", SOCKET, LINGER, &tcp4, -1, 0x50001, 0, 0x50001},
    {"keep-alive has one byte", SOCKET, KEEPALIVE, &tcp4, 4, 0x100, 0, 0},
    {"and any in it is true", SOCKET, KEEPALIVE, &tcp4, 4, 0x102, 0, 1},
    {"keep-alive, no length", SOCKET, KEEPALIVE, &tcp4, 0, 1, WSAEFAULT, 0},
    {"keep-alive, negative length", SOCKET, KEEPALIVE, &tcp4, -1, 1, WSAENOBUFS, 0},
    {"SO_DONTROUTE, no length", SOCKET, DONTROUTE, &tcp4, 0, 1, WSAEFAULT, 0},
    {"SO_DONTROUTE, negative length", SOCKET, DONTROUTE, &tcp4, -1, 1, WSAENOBUFS, 0},
    {"TCP_NODELAY, far too long", TCP, 1, &tcp4, 42, 1, 0, 1},
    {"TCP_NODELAY, negative length", TCP, 1, &tcp4, -1, 1, WSAENOBUFS, 0},
    {"a buffer size, short", SOCKET, SNDBUF, &tcp4, 2, 4096, WSAEFAULT, 0},
    {"a buffer size", SOCKET, SNDBUF, &tcp4, 4, 4096, 0, 4096},
    {"a timeout, short", SOCKET, SNDTIMEO, &tcp4, 1, 100, WSAEFAULT, 0},
    {"linger is taken as it is", SOCKET, LINGER, &tcp4, 4, 0x30100, 0, 0x30100},
    {"linger, short", SOCKET, LINGER, &tcp4, 2, 1, WSAEFAULT, 0},
    {"TTL", IP, 4, &udp4, 4, 255, 0, 255},
    {"TTL, one byte", IP, 4, &udp4, 1, 0x1FF, 0, 255},
    {"TTL, too large", IP, 4, &udp4, 4, 256, WSAEINVAL, 0},
    {"TTL, negative", IP, 4, &udp4, 4, UINT32_MAX, WSAEINVAL, 0},
    {"TOS, too large", IP, 3, &udp4, 4, 0x100, WSAEINVAL, 0},
    {"hops, -1 is the default", IPV6, 4, &udp6, 4, UINT32_MAX, 0, UINT32_MAX},
    {"hops, -2 is not", IPV6, 4, &udp6, 4, UINT32_MAX - 1, WSAEINVAL, 0},
    {"multicast loop becomes 0 or 1", IPV6, 11, &udp6, 4, 7, 0, 1},
    {"V6ONLY has one byte", IPV6, 27, &tcp6, 4, 0x100, 0, 0},
    {"IP_PKTINFO, short", IP, 19, &udp4, 2, 1, WSAEFAULT, 0},
    {"the keep-alive count is a byte", TCP, 16, &tcp4, 4, 0x100, WSAEINVAL, 0},
    {"MTU discovery 0", IP, 71, &udp4, 4, 0, WSAEINVAL, 0},
};

START_TEST(setting_takes_lengths_and_values_as_windows_does)
{
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const struct option_rule *rule = find(sets[i].level, sets[i].name, *sets[i].sock);
        uint8_t given[64] = {0}, to[OPTION_BYTES_MAX] = {0};
        uint32_t got;
        int bytes = -7;

        memcpy(given, &sets[i].value, 4);
        CASE_INT_EQ(option_take(rule, given, sets[i].bytes, to, &bytes), sets[i].err, sets[i].why);
        if (sets[i].err)
            continue;
        memcpy(&got, to, 4);
        CASE_INT_EQ(got, sets[i].want, sets[i].why);
        CASE_INT_EQ(bytes, 4, sets[i].why);
        ck_assert_msg(option_reads(rule, sets[i].bytes) <= 4, "%s", sets[i].why);
    }
}
END_TEST

START_TEST(setting_refuses_pointers_that_are_none)
{
    const struct option_rule *rule = find(SOCKET, BROADCAST, udp4);
    uint8_t to[OPTION_BYTES_MAX];
    int bytes;

    CASE_INT_EQ(option_take(rule, NULL, 4, to, &bytes), WSAEFAULT, "NULL");
    CASE_INT_EQ(option_take(rule, (void *)0xFFFF, 4, to, &bytes), WSAEFAULT, "the first 64 KiB");
    CASE_INT_EQ(option_take(rule, NULL, 0, to, &bytes), 0, "no length needs no pointer");
    rule = find(SOCKET, CONNECT_CONTEXT, tcp4);
    CASE_INT_EQ(option_take(rule, NULL, 0, to, &bytes), 0, "SO_UPDATE_CONNECT_CONTEXT has no value");
}
END_TEST

START_TEST(memberships_are_as_long_as_their_structures)
{
    uint8_t given[264] = {0}, to[OPTION_BYTES_MAX];
    int bytes;

    for (int name = 12; name <= 46; name++) {
        int err;
        const struct option_rule *rule = option_find(IP, name, udp4, true, &err);
        int least;

        if (!rule || rule->shape != SHAPE_RAW)
            continue;
        least = rule->least;
        CASE_INT_EQ(least, name <= 13 ? 8 : name <= 18 ? 12 : name <= 42 ? 136 : 264, "as declared");
        CASE_INT_EQ(option_take(rule, given, least - 1, to, &bytes), WSAEFAULT, "one byte short");
        CASE_INT_EQ(option_take(rule, given, least, to, &bytes), 0, "just right");
        CASE_INT_EQ(option_reads(rule, 1000), least, "reads no more");
    }
}
END_TEST

/* What getsockopt writes into eight bytes of 0xEE, for a value of 4 bytes. */
static const struct {
    const char *why;
    int level, name;
    const struct option_socket *sock;
    uint32_t value;
    int bytes, err, want_bytes;
    uint8_t want[4];
} gets[] = {
    {"a boolean", SOCKET, BROADCAST, &udp4, 2, 4, 0, 4, {1, 0, 0, 0}},
    {"with room to spare", SOCKET, BROADCAST, &udp4, 1, 8, 0, 4, {1, 0, 0, 0}},
    {"one byte", SOCKET, BROADCAST, &udp4, 1, 1, 0, 1, {1, 0xEE, 0xEE, 0xEE}},
    {"two bytes are written, one is told", SOCKET, OOBINLINE, &tcp4, 1, 2, 0, 1, {1, 0, 0xEE, 0xEE}},
    {"not so at other levels", IP, 11, &udp4, 1, 2, 0, 1, {1, 0xEE, 0xEE, 0xEE}},
    {"keep-alive is one byte", SOCKET, KEEPALIVE, &tcp4, 1, 4, 0, 1, {1, 0xEE, 0xEE, 0xEE}},
    {"TCP_NODELAY is one byte", TCP, 1, &tcp4, 1, 4, 0, 1, {1, 0xEE, 0xEE, 0xEE}},
    {"V6ONLY is one byte", IPV6, 27, &tcp6, 1, 2, 0, 1, {1, 0xEE, 0xEE, 0xEE}},
    {"TTL", IP, 4, &udp4, 128, 4, 0, 4, {128, 0, 0, 0}},
    {"TTL, short", IP, 4, &udp4, 128, 3, 0, 1, {128, 0xEE, 0xEE, 0xEE}},
    {"a buffer size", SOCKET, SNDBUF, &tcp4, 0x10000, 4, 0, 4, {0, 0, 1, 0}},
    {"a buffer size, short, is zeroed", SOCKET, SNDBUF, &tcp4, 0x10000, 2, WSAEFAULT, 2, {0, 0, 0xEE, 0xEE}},
    {"a timeout, short, is not", SOCKET, SNDTIMEO, &tcp4, 5, 2, WSAEFAULT, 2, {0xEE, 0xEE, 0xEE, 0xEE}},
    {"linger, short, is zeroed", SOCKET, LINGER, &tcp4, 5, 3, WSAEFAULT, 3, {0, 0, 0, 0xEE}},
    {"IP_PKTINFO, short, has no length", IP, 19, &udp4, 1, 3, WSAEFAULT, 0, {0xEE, 0xEE, 0xEE, 0xEE}},
    {"no length", SOCKET, BROADCAST, &udp4, 1, 0, WSAEFAULT, 0, {0xEE, 0xEE, 0xEE, 0xEE}},
    {"a negative one", SOCKET, BROADCAST, &udp4, 1, -1, WSAEFAULT, -1, {0xEE, 0xEE, 0xEE, 0xEE}},
};

START_TEST(reading_writes_what_windows_writes)
{
    for (size_t i = 0; i < sizeof gets / sizeof *gets; i++) {
        const struct option_rule *rule = find(gets[i].level, gets[i].name, *gets[i].sock);
        uint8_t from[4], to[8];
        int bytes = gets[i].bytes;

        memcpy(from, &gets[i].value, 4);
        memset(to, 0xEE, sizeof to);
        CASE_INT_EQ(option_give(rule, from, 4, to, &bytes), gets[i].err, gets[i].why);
        CASE_INT_EQ(bytes, gets[i].want_bytes, gets[i].why);
        for (int b = 0; b < 4; b++)
            CASE_INT_EQ(to[b], gets[i].want[b], gets[i].why);
        CASE_INT_EQ(to[4], 0xEE, gets[i].why);
    }
}
END_TEST

START_TEST(an_interface_may_be_a_number)
{
    static const uint8_t index3[4] = {0, 0, 0, 3}, large[4] = {0, 1, 2, 3}, any[4] = {0},
                         loopback[4] = {127, 0, 0, 1};

    CASE_INT_EQ(option_interface_index(index3), 3, "0.0.0.3");
    CASE_INT_EQ(option_interface_index(large), 0x10203, "0.1.2.3");
    CASE_INT_EQ(option_interface_index(any), 0, "the default interface");
    CASE_INT_EQ(option_interface_index(loopback), 0, "an address");
}
END_TEST

UNIT_MAIN("tcpip/options", options_exist_or_say_why_not,
          setting_takes_lengths_and_values_as_windows_does, setting_refuses_pointers_that_are_none,
          memberships_are_as_long_as_their_structures, reading_writes_what_windows_writes,
          an_interface_may_be_a_number)
