/* SPDX-License-Identifier: MIT */
/* WSARecvMsg and WSASendMsg: data, addresses, packet information (wine-afd.md 3.8, 3.9). */
#include "net.h"
#include <string.h>

static LPFN_WSARECVMSG recv_msg;
static LPFN_WSASENDMSG send_msg;
static char data[256], control[256];
static union addr from;
static WSABUF buf;
static WSAMSG msg;

static void prepare(SOCKET s)
{
    if (!recv_msg) {
        recv_msg = extension(s, (GUID)WSAID_WSARECVMSG);
        send_msg = extension(s, (GUID)WSAID_WSASENDMSG);
    }
    memset(&from, 0, sizeof from);
    buf = (WSABUF){ sizeof data, data };
    msg = (WSAMSG){ &from.sa, sizeof from, &buf, 1, { sizeof control, control }, 0 };
}

static WSACMSGHDR *find(int level, int type)
{
    for (WSACMSGHDR *c = WSA_CMSG_FIRSTHDR(&msg); c; c = WSA_CMSG_NXTHDR(&msg, c))
        if (c->cmsg_level == level && c->cmsg_type == type)
            return c;
    return NULL;
}

static void pktinfo(const void *row)
{
    int af = *(const int *)row, on = 1;
    union addr at, sender_at;
    SOCKET s = udp_bound(af, &at), sender = udp_bound(af, &sender_at);
    WSACMSGHDR *c;
    DWORD n = 0;

    prepare(s);
    if (af == AF_INET)
        NEED_OK(setsockopt(s, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof on));
    else
        NEED_OK(setsockopt(s, IPPROTO_IPV6, IPV6_PKTINFO, (char *)&on, sizeof on));
    CHECK_RET(sendto(sender, "hello", 5, 0, &at.sa, addr_len(af)), 5);
    CHECK_OK(recv_msg(s, &msg, &n, NULL, NULL));
    CHECK_INT(n, 5);
    CHECK_BYTES(data, "hello", 5);
    CHECK_INT(msg.namelen, addr_len(af));
    CHECK(!memcmp(&from, &sender_at, 8));
    CHECK_INT(msg.dwFlags, 0);
    c = af == AF_INET ? find(IPPROTO_IP, IP_PKTINFO) : find(IPPROTO_IPV6, IPV6_PKTINFO);
    NEED(c);
    if (af == AF_INET) {
        IN_PKTINFO *info = (IN_PKTINFO *)WSA_CMSG_DATA(c);

        CHECK_INT(c->cmsg_len, WSA_CMSG_LEN(sizeof *info));
        CHECK_INT(info->ipi_addr.s_addr, htonl(INADDR_LOOPBACK));
        CHECK(info->ipi_ifindex > 0);
    } else {
        IN6_PKTINFO *info = (IN6_PKTINFO *)WSA_CMSG_DATA(c);

        CHECK_INT(c->cmsg_len, WSA_CMSG_LEN(sizeof *info));
        CHECK(!memcmp(&info->ipi6_addr, &at.v6.sin6_addr, 16));
        CHECK(info->ipi6_ifindex > 0);
    }
}

static void ttl_and_tos(void)
{
    union addr at;
    SOCKET s = udp_bound(AF_INET, &at), sender = udp_bound(AF_INET, NULL);
    int on = 1, ttl = 33, tos = 0x20;
    WSACMSGHDR *c;
    DWORD n = 0;

    prepare(s);
    NEED_OK(setsockopt(s, IPPROTO_IP, 21 /* IP_RECVTTL */, (char *)&on, sizeof on));
    NEED_OK(setsockopt(s, IPPROTO_IP, 40 /* IP_RECVTOS */, (char *)&on, sizeof on));
    NEED_OK(setsockopt(sender, IPPROTO_IP, IP_TTL, (char *)&ttl, sizeof ttl));
    NEED_OK(setsockopt(sender, IPPROTO_IP, IP_TOS, (char *)&tos, sizeof tos));
    CHECK_RET(sendto(sender, "t", 1, 0, &at.sa, sizeof at.v4), 1);
    CHECK_OK(recv_msg(s, &msg, &n, NULL, NULL));
    c = find(IPPROTO_IP, 4 /* IP_TTL */);
    if (!c)
        c = find(IPPROTO_IP, 21);
    if (CHECK(c))
        CHECK_INT(*(int *)WSA_CMSG_DATA(c), 33);
    c = find(IPPROTO_IP, 3 /* IP_TOS */);
    if (!c)
        c = find(IPPROTO_IP, 40);
    if (CHECK(c))
        CHECK_INT(*(int *)WSA_CMSG_DATA(c), 0x20);
}

static void overlapped(void)
{
    union addr at;
    SOCKET s = udp_bound(AF_INET, &at), sender = udp_bound(AF_INET, NULL);
    OVERLAPPED o = { .hEvent = WSACreateEvent() };
    int on = 1;
    DWORD n = 0, flags = 0x1234;

    prepare(s);
    NEED_OK(setsockopt(s, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof on));
    CHECK_FAILS(recv_msg(s, &msg, NULL, &o, NULL), WSA_IO_PENDING);
    CHECK_RET(sendto(sender, "later", 5, 0, &at.sa, sizeof at.v4), 5);
    CHECK_TRUE(WSAGetOverlappedResult(s, &o, &n, TRUE, &flags));
    CHECK_INT(n, 5);
    CHECK_INT(msg.namelen, sizeof(struct sockaddr_in));
    CHECK(find(IPPROTO_IP, IP_PKTINFO) != NULL);
}

static void truncation(void)
{
    union addr at;
    SOCKET s = udp_bound(AF_INET, &at), sender = udp_bound(AF_INET, NULL);
    int on = 1;
    DWORD n = 0;

    prepare(s);
    NEED_OK(setsockopt(s, IPPROTO_IP, IP_PKTINFO, (char *)&on, sizeof on));
    check_about("control too short");
    msg.Control.len = 4;
    CHECK_RET(sendto(sender, "12345678", 8, 0, &at.sa, sizeof at.v4), 8);
    CHECK_FAILS(recv_msg(s, &msg, &n, NULL, NULL), WSAEMSGSIZE);
    CHECK_INT(n, 8);
    CHECK_INT(msg.dwFlags & MSG_CTRUNC, MSG_CTRUNC);
    check_about("data too short");
    prepare(s);
    buf.len = 3;
    CHECK_RET(sendto(sender, "12345678", 8, 0, &at.sa, sizeof at.v4), 8);
    CHECK_FAILS(recv_msg(s, &msg, &n, NULL, NULL), WSAEMSGSIZE);
    CHECK_INT(msg.dwFlags & MSG_TRUNC, MSG_TRUNC);
    CHECK_BYTES(data, "123", 3);
}

static void sending(void)
{
    union addr at;
    SOCKET s = udp_bound(AF_INET, &at), sender = udp_new(AF_INET);
    WSABUF two[2] = { { 3, "abc" }, { 2, "de" } };
    DWORD n = 0;
    WSAMSG out = { &at.sa, sizeof at.v4, two, 2, { 0, NULL }, 0 };

    prepare(s);
    CHECK_OK(send_msg(sender, &out, 0, &n, NULL, NULL));
    CHECK_INT(n, 5);
    CHECK_OK(recv_msg(s, &msg, &n, NULL, NULL));
    CHECK_INT(n, 5);
    CHECK_BYTES(data, "abcde", 5);
    CHECK_OK(WSASendMsg(sender, &out, 0, &n, NULL, NULL));
    CHECK_RET(recv(s, data, sizeof data, 0), 5);
}

static void misuse(void)
{
    union addr at;
    SOCKET s = udp_bound(AF_INET, &at), fresh = udp_new(AF_INET), pair[2];
    WSAMSG out = { &at.sa, sizeof at.v4, &buf, 1, { 0, NULL }, 0 };
    int len = sizeof from;
    DWORD n;

    tcp_pair(AF_INET, pair);
    prepare(s);
    buf.len = 1;
    CHECK_FAILS(recv_msg(s, NULL, &n, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(recv_msg(INVALID_SOCKET, &msg, &n, NULL, NULL), WSAENOTSOCK);
    CHECK_FAILS(recv_msg(fresh, &msg, &n, NULL, NULL), WSAEINVAL);
    CHECK_FAILS(send_msg(fresh, NULL, 0, &n, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(getsockname(fresh, &from.sa, &len), WSAEINVAL);
    check_about("a stream");
    CHECK_FAILS(send_msg(pair[0], &out, 0, &n, NULL, NULL), WSAEINVAL);
    check_about("no byte count: fails, and binds");
    CHECK_FAILS(send_msg(fresh, &out, 0, NULL, NULL, NULL), WSAEFAULT);
    len = sizeof from;
    CHECK_OK(getsockname(fresh, &from.sa, &len));
    CHECK(from.v4.sin_port != 0);
}

static const int v4 = AF_INET, v6 = AF_INET6;

const struct test_case test_cases[] = {
    { "pktinfo-v4", .run_row = pktinfo, .row = &v4 },
    { "pktinfo-v6", .run_row = pktinfo, .row = &v6 },
    { "ttl-and-tos", ttl_and_tos },
    { "overlapped", overlapped },
    { "truncation", truncation },
    { "sending", sending },
    { "misuse", misuse },
    { 0 },
};
