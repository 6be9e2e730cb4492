/* SPDX-License-Identifier: MIT */
/*
 * Socket options: defaults, round trips, and what each length does (wine-afd.md 2.5 to 2.7, measured on Windows).
 */
#include "net.h"
#include <string.h>

enum kind { TCP4, UDP4, TCP6, UDP6 };

static SOCKET new_socket(enum kind k)
{
    switch (k) {
    case TCP4:
        return tcp_new(AF_INET);
    case UDP4:
        return udp_new(AF_INET);
    case TCP6:
        return tcp_new(AF_INET6);
    default:
        return udp_new(AF_INET6);
    }
}

/* How short lengths are treated. */
enum shape {
    TAKES_SHORT, /* 1 or 2 bytes are accepted, and only those used */
    BYTE_BACK,   /* the same, and a full GET returns one byte */
    FULL_ONLY,   /* short is WSAEFAULT */
};

struct row {
    const char *name;
    enum kind kind;
    int level, option, initial, set, read_back;
    enum shape shape;
};

#define INITIAL_ANY (-999)

static const struct row rows[] = {
    { "SO_BROADCAST", UDP4, SOL_SOCKET, SO_BROADCAST, 0, 7, 1, TAKES_SHORT },
    { "SO_BROADCAST on TCP", TCP4, SOL_SOCKET, SO_BROADCAST, 0, 1, 1, TAKES_SHORT },
    { "SO_KEEPALIVE", TCP4, SOL_SOCKET, SO_KEEPALIVE, 0, 1, 1, BYTE_BACK },
    { "SO_OOBINLINE", TCP4, SOL_SOCKET, SO_OOBINLINE, 0, 2, 1, TAKES_SHORT },
    { "SO_REUSEADDR", TCP4, SOL_SOCKET, SO_REUSEADDR, 0, 1, 1, TAKES_SHORT },
    { "SO_EXCLUSIVEADDRUSE", TCP4, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 0, 1, 1, TAKES_SHORT },
    { "SO_DONTLINGER", TCP4, SOL_SOCKET, SO_DONTLINGER, 1, 0, 0, TAKES_SHORT },
    { "SO_DONTROUTE", TCP4, SOL_SOCKET, SO_DONTROUTE, 0, 1, 1, BYTE_BACK },
    { "SO_DEBUG", TCP4, SOL_SOCKET, SO_DEBUG, 0, 2, 1, TAKES_SHORT },
    { "SO_RCVBUF", TCP4, SOL_SOCKET, SO_RCVBUF, INITIAL_ANY, 40000, 40000, FULL_ONLY },
    { "SO_SNDBUF", TCP4, SOL_SOCKET, SO_SNDBUF, INITIAL_ANY, 40000, 40000, FULL_ONLY },
    { "SO_RCVTIMEO", TCP4, SOL_SOCKET, SO_RCVTIMEO, 0, 12345, 12345, FULL_ONLY },
    { "SO_SNDTIMEO", UDP6, SOL_SOCKET, SO_SNDTIMEO, 0, 12345, 12345, FULL_ONLY },
    { "TCP_NODELAY", TCP4, IPPROTO_TCP, TCP_NODELAY, 0, 1, 1, BYTE_BACK },
    { "TCP_NODELAY v6", TCP6, IPPROTO_TCP, TCP_NODELAY, 0, 1, 1, BYTE_BACK },
    { "IP_TTL", TCP4, IPPROTO_IP, IP_TTL, 128, 44, 44, TAKES_SHORT },
    { "IP_TOS", UDP4, IPPROTO_IP, IP_TOS, 0, 0x20, 0x20, TAKES_SHORT },
    { "IP_MULTICAST_TTL", UDP4, IPPROTO_IP, IP_MULTICAST_TTL, 1, 5, 5, TAKES_SHORT },
    { "IP_MULTICAST_LOOP", UDP4, IPPROTO_IP, IP_MULTICAST_LOOP, 1, 0, 0, TAKES_SHORT },
    { "IP_PKTINFO", UDP4, IPPROTO_IP, IP_PKTINFO, 0, 1, 1, FULL_ONLY },
    { "IP_RECVTTL", UDP4, IPPROTO_IP, 21, 0, 1, 1, FULL_ONLY },
    { "IP_RECVTOS", UDP4, IPPROTO_IP, 40, 0, 1, 1, FULL_ONLY },
    { "IPV6_V6ONLY", TCP6, IPPROTO_IPV6, IPV6_V6ONLY, 1, 0, 0, BYTE_BACK },
    { "IPV6_UNICAST_HOPS", TCP6, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 128, 33, 33, TAKES_SHORT },
    { "IPV6_MULTICAST_HOPS", UDP6, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1, 5, 5, TAKES_SHORT },
    { "IPV6_MULTICAST_LOOP", UDP6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1, 0, 0, TAKES_SHORT },
    { "IPV6_PKTINFO", UDP6, IPPROTO_IPV6, IPV6_PKTINFO, 0, 1, 1, FULL_ONLY },
    { "IPV6_HOPLIMIT", UDP6, IPPROTO_IPV6, IPV6_HOPLIMIT, 0, 1, 1, FULL_ONLY },
    { "IPV6_RECVTCLASS", UDP6, IPPROTO_IPV6, 40, 0, 1, 1, FULL_ONLY },
    { "IPV6_DONTFRAG", UDP6, IPPROTO_IPV6, IPV6_DONTFRAG, 0, 1, 1, TAKES_SHORT },
    { "IP_DONTFRAGMENT", UDP4, IPPROTO_IP, IP_DONTFRAGMENT, 0, 1, 1, TAKES_SHORT },
};

/* One-byte answers leave the rest of the buffer alone: start from zero. */
static int get(SOCKET s, const struct row *r, int *len)
{
    int value = 0;

    *len = sizeof value;
    CHECK_OK(getsockopt(s, r->level, r->option, (char *)&value, len));
    return value;
}

static void round_trips(void)
{
    for (int i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        SOCKET s = new_socket(r->kind);
        int len, value;

        check_about("%s", r->name);
        value = get(s, r, &len);
        CHECK_INT(len, r->shape == BYTE_BACK ? 1 : 4);
        /* a TTL of 64 is the host's default; Windows has 128 */
        if (r->initial != INITIAL_ANY && !(r->initial == 128 && value == 64))
            CHECK_INT(value, r->initial);
        CHECK_OK(setsockopt(s, r->level, r->option, (const char *)&r->set, sizeof r->set));
        CHECK_INT(get(s, r, &len), r->read_back);
        closesocket(s);
    }
}

static void short_lengths(void)
{
    for (int i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        SOCKET s = new_socket(r->kind);
        int len, value = r->set;

        for (int n = 1; n <= 2; n++) {
            check_about("%s, %d bytes", r->name, n);
            if (r->shape == FULL_ONLY) {
                CHECK_FAILS(setsockopt(s, r->level, r->option, (char *)&value, n), WSAEFAULT);
                len = n;
                CHECK_FAILS(getsockopt(s, r->level, r->option, (char *)&value, &len), WSAEFAULT);
                value = r->set;
                continue;
            }
            CHECK_OK(setsockopt(s, r->level, r->option, (char *)&value, n));
            CHECK_INT(get(s, r, &len), r->read_back);
            len = n;
            value = 0;
            CHECK_OK(getsockopt(s, r->level, r->option, (char *)&value, &len));
            CHECK_INT(value & 0xff, r->read_back);
            value = r->set;
        }
        closesocket(s);
    }
}

static void bad_pointers(void)
{
    for (int i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        SOCKET s = new_socket(r->kind);
        int len, value = r->set;

        check_about("%s", r->name);
        CHECK_FAILS(setsockopt(s, r->level, r->option, NULL, sizeof value), WSAEFAULT);
        CHECK_FAILS(setsockopt(s, r->level, r->option, (char *)1, sizeof value), WSAEFAULT);
        len = sizeof value;
        CHECK_FAILS(getsockopt(s, r->level, r->option, NULL, &len), WSAEFAULT);
        CHECK_FAILS(getsockopt(s, r->level, r->option, (char *)&value, NULL), WSAEFAULT);
        len = 0;
        CHECK_FAILS(getsockopt(s, r->level, r->option, (char *)&value, &len), WSAEFAULT);
        len = -1;
        CHECK_FAILS(getsockopt(s, r->level, r->option, (char *)&value, &len), WSAEFAULT);
        closesocket(s);
        len = sizeof value;
        CHECK_FAILS(getsockopt(s, r->level, r->option, (char *)&value, &len), WSAENOTSOCK);
        CHECK_FAILS(setsockopt(s, r->level, r->option, (char *)&value, sizeof value), WSAENOTSOCK);
    }
}

static void long_values(void)
{
    SOCKET s = tcp_new(AF_INET);
    int room[12] = { 1 }, len, value = 0;

    CHECK_OK(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)room, 42));
    len = sizeof value;
    CHECK_OK(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &len));
    CHECK_INT(value, 1);
    check_about("only the low byte counts");
    value = 0x100;
    CHECK_OK(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, sizeof value));
    value = 0;
    len = sizeof value;
    CHECK_OK(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &len));
    CHECK_INT(value, 0);
    check_about("values that do not fit");
    value = 0x100;
    CHECK_FAILS(setsockopt(s, IPPROTO_IP, IP_TTL, (char *)&value, sizeof value), WSAEINVAL);
    CHECK_FAILS(setsockopt(s, IPPROTO_IP, IP_TOS, (char *)&value, sizeof value), WSAEINVAL);
}

static void linger(void)
{
    SOCKET s = tcp_new(AF_INET), udp = udp_new(AF_INET);
    struct linger l = { 9, 9 };
    int len = sizeof l;

    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&l, &len));
    CHECK_INT(len, sizeof l);
    CHECK_INT(l.l_onoff, 0);
    l = (struct linger){ 1, 7 };
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&l, sizeof l));
    memset(&l, 0, sizeof l);
    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&l, &len));
    CHECK_INT(l.l_onoff, 1);
    CHECK_INT(l.l_linger, 7);
    check_about("read back as set");
    l = (struct linger){ 0x100, 5 };
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&l, sizeof l));
    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&l, &len));
    CHECK_INT(l.l_onoff, 0x100);
    check_about("short");
    CHECK_FAILS(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&l, 2), WSAEFAULT);
    len = 1;
    CHECK_FAILS(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&l, &len), WSAEFAULT);
    check_about("datagram");
    CHECK_FAILS(setsockopt(udp, SOL_SOCKET, SO_LINGER, (char *)&l, sizeof l), WSAENOPROTOOPT);
}

static void read_only(void)
{
    SOCKET tcp = tcp_new(AF_INET), udp = udp_new(AF_INET), listener = tcp_listen(AF_INET, NULL);
    int value = 1, len = sizeof value;

    CHECK_FAILS(setsockopt(tcp, SOL_SOCKET, SO_TYPE, (char *)&value, sizeof value), WSAENOPROTOOPT);
    CHECK_FAILS(setsockopt(udp, SOL_SOCKET, SO_TYPE, (char *)&value, sizeof value), WSAEINVAL);
    CHECK_FAILS(setsockopt(tcp, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, sizeof value), WSAENOPROTOOPT);
    CHECK_OK(getsockopt(tcp, SOL_SOCKET, SO_TYPE, (char *)&value, &len));
    CHECK_INT(value, SOCK_STREAM);
    CHECK_OK(getsockopt(udp, SOL_SOCKET, SO_TYPE, (char *)&value, &len));
    CHECK_INT(value, SOCK_DGRAM);
    value = 9;
    CHECK_OK(getsockopt(tcp, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, &len));
    CHECK_INT(value & 0xff, 0);
    len = sizeof value;
    CHECK_OK(getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, (char *)&value, &len));
    CHECK_INT(value & 0xff, 1);
    len = sizeof value;
    CHECK_OK(getsockopt(udp, SOL_SOCKET, SO_MAX_MSG_SIZE, (char *)&value, &len));
    CHECK_INT(value, 65507);
}

static void unknown(void)
{
    SOCKET s = tcp_new(AF_INET);
    int value = 1, len = sizeof value;

    CHECK_FAILS(getsockopt(s, SOL_SOCKET, 0x7fff, (char *)&value, &len), WSAENOPROTOOPT);
    CHECK_FAILS(setsockopt(s, SOL_SOCKET, 0x7fff, (char *)&value, len), WSAENOPROTOOPT);
    CHECK_FAILS(getsockopt(s, IPPROTO_TCP, 0x7fff, (char *)&value, &len), WSAENOPROTOOPT);
    CHECK_FAILS(setsockopt(s, IPPROTO_TCP, 0x7fff, (char *)&value, len), WSAENOPROTOOPT);
    CHECK_FAILS(setsockopt(s, IPPROTO_IP, 0x7fff, (char *)&value, len), WSAENOPROTOOPT);
    CHECK_FAILS(getsockopt(s, 0x7777, 1, (char *)&value, &len), WSAEINVAL);
    CHECK_FAILS(setsockopt(s, 0x7777, 1, (char *)&value, len), WSAEINVAL);
    CHECK_FAILS(getsockopt(s, SOL_SOCKET, SO_SNDLOWAT, (char *)&value, &len), WSAENOPROTOOPT);
    CHECK_FAILS(getsockopt(s, SOL_SOCKET, SO_RCVLOWAT, (char *)&value, &len), WSAENOPROTOOPT);
}

/* SO_OPENTYPE is per thread and needs no socket. */
static DWORD WINAPI other_open_type(void *arg)
{
    int value = 99, len = sizeof value;

    (void)arg;
    CHECK_OK(getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&value, &len));
    return value;
}

static void open_type(void)
{
    int value = SO_SYNCHRONOUS_NONALERT, len = sizeof value;

    CHECK_OK(setsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&value, sizeof value));
    value = 0;
    CHECK_OK(getsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&value, &len));
    CHECK_INT(value, SO_SYNCHRONOUS_NONALERT);
    CHECK_INT(thread_join(thread_start(other_open_type, NULL)), 0);
    CHECK_FAILS(setsockopt(INVALID_SOCKET, SOL_SOCKET, SO_OPENTYPE, (char *)&value, 2), WSAEFAULT);
}

static void protocol_info(void)
{
    SOCKET s = tcp_new(AF_INET6);
    WSAPROTOCOL_INFOW w;
    WSAPROTOCOL_INFOA a;
    int len = sizeof w;

    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&w, &len));
    CHECK_INT(len, sizeof w);
    CHECK_INT(w.iAddressFamily, AF_INET6);
    CHECK_INT(w.iSocketType, SOCK_STREAM);
    CHECK_INT(w.iProtocol, IPPROTO_TCP);
    CHECK_INT(w.iMaxSockAddr, 28);
    CHECK(w.dwServiceFlags1 & XP1_IFS_HANDLES);
    CHECK(w.dwCatalogEntryId != 0);
    CHECK(w.szProtocol[0] != 0);
    len = sizeof a;
    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOA, (char *)&a, &len));
    CHECK_INT(len, sizeof a);
    CHECK_INT(a.dwCatalogEntryId, w.dwCatalogEntryId);
    CHECK_INT(a.szProtocol[0], w.szProtocol[0]);
    len = 100;
    CHECK_FAILS(getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&w, &len), WSAEFAULT);
    CHECK_INT(len, sizeof w);
}

static int error_of(SOCKET s)
{
    int value = -1, len = sizeof value;

    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&value, &len));
    return value;
}

static void so_error(void)
{
    union addr at;
    SOCKET s = tcp_new(AF_INET), closed = tcp_listen(AF_INET, &at);
    fd_set except;

    closesocket(closed);
    CHECK_ERR(error_of(s), 0);
    check_about("after a blocking connect failed: 0");
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAECONNREFUSED);
    CHECK_ERR(error_of(s), 0);
    check_about("after a nonblocking one: its error, more than once");
    s = tcp_new(AF_INET);
    set_nonblocking(s, 1);
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEWOULDBLOCK);
    FD_ZERO(&except);
    FD_SET(s, &except);
    CHECK_RET(select(0, NULL, NULL, &except, NULL), 1);
    CHECK_ERR(error_of(s), WSAECONNREFUSED);
    CHECK_ERR(error_of(s), WSAECONNREFUSED);
}

static void connect_time(void)
{
    SOCKET pair[2], s = tcp_new(AF_INET);
    DWORD value = 0;
    int len = sizeof value;

    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_CONNECT_TIME, (char *)&value, &len));
    CHECK_INT(value, 0xffffffff);
    tcp_pair(AF_INET, pair);
    for (int i = 0; i < 2; i++) {
        CHECK_OK(getsockopt(pair[i], SOL_SOCKET, SO_CONNECT_TIME, (char *)&value, &len));
        CHECK(value < 5);
    }
}

/* An accepted socket has the listener's options. */
static void inherited_by_accept(void)
{
    union addr at;
    SOCKET listener = tcp_listen(AF_INET, &at), c = tcp_new(AF_INET), s;
    struct linger l = { 1, 3 };
    int on = 1, value = 0, len = sizeof value;
    DWORD timeout = 4321;

    CHECK_OK(setsockopt(listener, SOL_SOCKET, SO_KEEPALIVE, (char *)&on, sizeof on));
    CHECK_OK(setsockopt(listener, SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof on));
    CHECK_OK(setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, (char *)&on, sizeof on));
    CHECK_OK(setsockopt(listener, SOL_SOCKET, SO_LINGER, (char *)&l, sizeof l));
    CHECK_OK(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, (char *)&timeout, sizeof timeout));
    CHECK_OK(connect(c, &at.sa, sizeof at.v4));
    s = accept(listener, NULL, NULL);
    NEED(s != INVALID_SOCKET);
    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (char *)&value, &len));
    CHECK_INT(value & 0xff, 1);
    value = 0, len = sizeof value;
    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_OOBINLINE, (char *)&value, &len));
    CHECK_INT(value, 1);
    value = 0, len = sizeof value;
    CHECK_OK(getsockopt(s, IPPROTO_TCP, TCP_NODELAY, (char *)&value, &len));
    CHECK_INT(value & 0xff, 1);
    len = sizeof value;
    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&value, &len));
    CHECK_INT(value, 4321);
    memset(&l, 0, sizeof l);
    len = sizeof l;
    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&l, &len));
    CHECK_INT(l.l_onoff, 1);
    CHECK_INT(l.l_linger, 3);
    l.l_onoff = 0;
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&l, sizeof l));
}

static void v6only_on_v4(void)
{
    SOCKET s = tcp_new(AF_INET);
    int value = 0, len = sizeof value;

    CHECK_OK(getsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&value, &len));
    CHECK_INT(value & 0xff, 1);
    value = 0;
    CHECK_OK(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&value, sizeof value));
    bind_any_port(s, AF_INET, NULL);
    CHECK_FAILS(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&value, sizeof value), WSAEINVAL);
}

const struct test_case test_cases[] = {
    { "round-trips", round_trips },
    { "short-lengths", short_lengths },
    { "bad-pointers", bad_pointers },
    { "long-values", long_values },
    { "linger", linger },
    { "read-only", read_only },
    { "unknown", unknown },
    { "open-type", open_type },
    { "protocol-info", protocol_info },
    { "so-error", so_error },
    { "connect-time", connect_time },
    { "inherited-by-accept", inherited_by_accept },
    { "v6only-on-v4", v6only_on_v4 },
    { 0 },
};
