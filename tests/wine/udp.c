/* SPDX-License-Identifier: MIT */
/* Datagrams with addresses: recvfrom and WSARecvFrom in their styles, default peers, sizes, multicast. */
#include "net.h"
#include <stdlib.h>
#include <string.h>

static char in[70000];

static void from_addresses(void)
{
    static const int families[] = { AF_INET, AF_INET6 };

    for (int i = 0; i < 2; i++) {
        int af = families[i], len;
        union addr at, mine, from;
        SOCKET s = udp_bound(af, &at), c = udp_bound(af, &mine);
        OVERLAPPED o = { .hEvent = WSACreateEvent() };
        WSABUF buf = { sizeof in, in };
        DWORD n = 0, flags = 0;

        check_about("family %d", af);
        CHECK_RET(sendto(c, "one", 3, 0, &at.sa, addr_len(af)), 3);
        len = sizeof from;
        CHECK_RET(recvfrom(s, in, sizeof in, 0, &from.sa, &len), 3);
        CHECK_INT(len, addr_len(af));
        CHECK(!memcmp(&from, &mine, 8));
        check_about("family %d, overlapped", af);
        memset(&from, 0, sizeof from);
        len = sizeof from;
        CHECK_FAILS(WSARecvFrom(s, &buf, 1, NULL, &flags, &from.sa, &len, &o, NULL), WSA_IO_PENDING);
        CHECK_RET(sendto(c, "three", 5, 0, &at.sa, addr_len(af)), 5);
        CHECK_TRUE(WSAGetOverlappedResult(s, &o, &n, TRUE, &flags));
        CHECK_INT(n, 5);
        CHECK_INT(len, addr_len(af));
        CHECK(!memcmp(&from, &mine, 8));
    }
}

static void default_peer(void)
{
    union addr a_at, b_at, c_at, none = { .sa.sa_family = AF_INET }, got;
    SOCKET a = udp_bound(AF_INET, &a_at), b = udp_bound(AF_INET, &b_at), c = udp_bound(AF_INET, &c_at);
    int len = sizeof got;

    CHECK_FAILS(getpeername(a, &got.sa, &len), WSAENOTCONN);
    CHECK_OK(connect(a, &b_at.sa, sizeof b_at.v4));
    CHECK_OK(getpeername(a, &got.sa, &len));
    CHECK(!memcmp(&got, &b_at, 8));
    check_about("others' datagrams are not delivered");
    CHECK_RET(sendto(c, "no", 2, 0, &a_at.sa, sizeof a_at.v4), 2);
    CHECK_RET(sendto(b, "yes", 3, 0, &a_at.sa, sizeof a_at.v4), 3);
    CHECK_RET(recv(a, in, sizeof in, 0), 3);
    CHECK_RET(send(a, "hi", 2, 0), 2);
    CHECK_RET(recv(b, in, sizeof in, 0), 2);
    check_about("an address given goes there");
    CHECK_RET(sendto(a, "else", 4, 0, &c_at.sa, sizeof c_at.v4), 4);
    CHECK_RET(recv(c, in, sizeof in, 0), 2 + 2);
    check_about("another peer");
    CHECK_OK(connect(a, &c_at.sa, sizeof c_at.v4));
    CHECK_RET(send(a, "c", 1, 0), 1);
    CHECK_RET(recv(c, in, sizeof in, 0), 1);
    check_about("none");
    CHECK_OK(connect(a, &none.sa, sizeof none.v4));
    len = sizeof got;
    CHECK_FAILS(getpeername(a, &got.sa, &len), WSAENOTCONN);
    CHECK_FAILS(send(a, "x", 1, 0), WSAENOTCONN);
    check_about("connect binds");
    a = udp_new(AF_INET);
    CHECK_OK(connect(a, &b_at.sa, sizeof b_at.v4));
    len = sizeof got;
    CHECK_OK(getsockname(a, &got.sa, &len));
    CHECK(got.v4.sin_port != 0);
    CHECK_INT(got.v4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

/* A closed port answers with ICMP; the socket must go on working (wine-afd.md rule 6). */
static void nobody_there(void)
{
    union addr gone, at;
    SOCKET closed = udp_bound(AF_INET, &gone), s = udp_bound(AF_INET, &at), c = udp_new(AF_INET);
    DWORD limit = 2000;
    int n;

    closesocket(closed);
    CHECK_OK(connect(s, &gone.sa, sizeof gone.v4));
    for (int i = 0; i < 3; i++)
        CHECK_RET(send(s, "anyone?", 7, 0), 7);
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit));
    check_about("reported as WSAECONNRESET or not at all, and then it works");
    set_nonblocking(s, 1);
    n = recv(s, in, sizeof in, 0);
    CHECK(n == -1 && (WSAGetLastError() == WSAECONNRESET || WSAGetLastError() == WSAEWOULDBLOCK));
    set_nonblocking(s, 0);
    bind_any_port(c, AF_INET, &gone);
    CHECK_OK(connect(s, &gone.sa, sizeof gone.v4));
    CHECK_RET(sendto(c, "here", 4, 0, &at.sa, sizeof at.v4), 4);
    for (int i = 0; i < 4; i++) {
        n = recv(s, in, sizeof in, 0);
        if (n != -1 || WSAGetLastError() != WSAECONNRESET)
            break;
    }
    CHECK_INT(n, 4);
}

static void sizes(void)
{
    union addr at;
    SOCKET s = udp_bound(AF_INET, &at), c = udp_new(AF_INET);
    static char out[66000];
    static const int tried[] = { 0, 1, 1472, 1473, 9000, 65000, 65507 };

    for (int i = 0; i < COUNT(tried); i++) {
        check_about("%d bytes", tried[i]);
        pattern_fill(out, tried[i], i);
        CHECK_RET(sendto(c, out, tried[i], 0, &at.sa, sizeof at.v4), tried[i]);
        CHECK_RET(recv(s, in, sizeof in, 0), tried[i]);
        pattern_check(in, tried[i], i);
    }
    check_about("too long");
    CHECK_FAILS(sendto(c, out, 65508, 0, &at.sa, sizeof at.v4), WSAEMSGSIZE);
}

static void order_and_boundaries(void)
{
    SOCKET pair[2];

    udp_pair(AF_INET6, pair);
    for (int i = 0; i < 50; i++) {
        memset(in, i, i + 1);
        CHECK_RET(send(pair[0], in, i + 1, 0), i + 1);
    }
    for (int i = 0; i < 50; i++) {
        CHECK_RET(recv(pair[1], in, sizeof in, 0), i + 1);
        CHECK_INT(in[0], i);
    }
}

static void many_overlapped_receives(void)
{
    enum { N = 32 };
    static char data[N][64];
    static OVERLAPPED o[N];
    SOCKET pair[2];
    HANDLE port;
    int seen[N] = { 0 };

    udp_pair(AF_INET, pair);
    port = CreateIoCompletionPort((HANDLE)pair[0], NULL, 0, 0);
    for (int i = 0; i < N; i++) {
        WSABUF buf = { 64, data[i] };
        DWORD flags = 0;

        CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, &o[i], NULL), WSA_IO_PENDING);
    }
    for (int i = 0; i < N; i++) {
        char c[2] = { (char)i, 0 };

        CHECK_RET(send(pair[1], c, 1 + (i & 1), 0), 1 + (i & 1));
    }
    for (int i = 0; i < N; i++) {
        OVERLAPPED *done = NULL;
        ULONG_PTR key;
        DWORD n;
        int k;

        NEED(GetQueuedCompletionStatus(port, &n, &key, &done, 5000));
        k = (int)(done - o);
        NEED(k >= 0 && k < N);
        check_about("first in, first out: receive %d", k);
        CHECK_INT(data[k][0], k);
        CHECK_INT(n, 1 + (k & 1));
        CHECK_INT(seen[k]++, 0);
    }
}

static void sendto_on_stream_ignores_address(void)
{
    union addr odd = { .sa.sa_family = 1234 };
    int len = sizeof odd;
    SOCKET pair[2];

    tcp_pair(AF_INET, pair);
    CHECK_RET(sendto(pair[0], "abc", 3, 0, &odd.sa, 3), 3);
    check_about("recvfrom on a stream leaves the address alone");
    CHECK_RET(recvfrom(pair[1], in, 3, 0, &odd.sa, &len), 3);
    CHECK_INT(len, sizeof odd);
    CHECK_INT(odd.sa.sa_family, 1234);
}

static void multicast(void)
{
    struct ip_mreq group = { { { { 239, 77, 77, 77 } } }, { { { 127, 0, 0, 1 } } } };
    union addr at, any = { .sa.sa_family = AF_INET };
    SOCKET s = udp_new(AF_INET), c = udp_bound(AF_INET, NULL);
    struct in_addr via = { .S_un.S_addr = htonl(INADDR_LOOPBACK) };
    int len = sizeof at;

    NEED_OK(bind(s, &any.sa, sizeof any.v4));
    NEED_OK(getsockname(s, &at.sa, &len));
    if (setsockopt(s, IPPROTO_IP, IP_ADD_MEMBERSHIP, (char *)&group, sizeof group))
        skip("no multicast on this host's loopback (error %d)", WSAGetLastError());
    CHECK_OK(setsockopt(c, IPPROTO_IP, IP_MULTICAST_IF, (char *)&via, sizeof via));
    at.v4.sin_addr = group.imr_multiaddr;
    CHECK_RET(sendto(c, "all", 3, 0, &at.sa, sizeof at.v4), 3);
    NEED(wait_readable(s));
    CHECK_RET(recv(s, in, sizeof in, 0), 3);
    CHECK_OK(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, (char *)&group, sizeof group));
    check_about("left: a second leave fails");
    CHECK_FAILS(setsockopt(s, IPPROTO_IP, IP_DROP_MEMBERSHIP, (char *)&group, sizeof group), WSAEADDRNOTAVAIL);
}

static void broadcast_option(void)
{
    union addr to = loopback(AF_INET, 9);
    SOCKET s = udp_new(AF_INET);
    int on = 1;

    to.v4.sin_addr.s_addr = INADDR_BROADCAST;
    CHECK_FAILS(sendto(s, "x", 1, 0, &to.sa, sizeof to.v4), WSAEACCES);
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_BROADCAST, (char *)&on, sizeof on));
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_BROADCAST, (char *)&on, sizeof on));
}

static void v6_dual_stack(void)
{
    union addr any = { .sa.sa_family = AF_INET6 }, at, from;
    SOCKET s = udp_new(AF_INET6), c = udp_bound(AF_INET, NULL);
    int off = 0, len = sizeof at;

    CHECK_OK(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof off));
    NEED_OK(bind(s, &any.sa, sizeof any.v6));
    NEED_OK(getsockname(s, &at.sa, &len));
    at = loopback(AF_INET, ntohs(at.v6.sin6_port));
    CHECK_RET(sendto(c, "v4", 2, 0, &at.sa, sizeof at.v4), 2);
    len = sizeof from;
    CHECK_RET(recvfrom(s, in, sizeof in, 0, &from.sa, &len), 2);
    CHECK_INT(from.sa.sa_family, AF_INET6);
    CHECK(IN6_IS_ADDR_V4MAPPED(&from.v6.sin6_addr));
}

const struct test_case test_cases[] = {
    { "from-addresses", from_addresses },
    { "default-peer", default_peer },
    { "nobody-there", nobody_there },
    { "sizes", sizes },
    { "order-and-boundaries", order_and_boundaries },
    { "many-overlapped-receives", many_overlapped_receives },
    { "sendto-on-stream-ignores-address", sendto_on_stream_ignores_address },
    { "multicast", multicast },
    { "broadcast-option", broadcast_option },
    { "v6-dual-stack", v6_dual_stack },
    { 0 },
};
