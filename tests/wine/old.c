/* SPDX-License-Identifier: MIT */
/* wsock32.dll: a Winsock 1.1 program's view, by name and by ordinal; and the 1.1 blocking hooks. */
#include "net.h"
#include <stdio.h>
#include <string.h>

static HMODULE wsock32;

static void *by_ordinal(int n)
{
    void *f;

    if (!wsock32)
        wsock32 = LoadLibraryA("wsock32.dll");
    NEED(wsock32);
    f = (void *)GetProcAddress(wsock32, MAKEINTRESOURCEA(n));
    if (!f)
        check_fail(__FILE__, __LINE__, "wsock32 has no ordinal %d", n);
    return f;
}

/* The ordinals every Winsock 1.1 program was linked with, and their names. */
static void ordinals(void)
{
    static const struct {
        int n;
        const char *name;
    } rows[] = {
        { 1, "accept" },          { 2, "bind" },           { 3, "closesocket" },     { 4, "connect" },
        { 5, "getpeername" },     { 6, "getsockname" },    { 7, "getsockopt" },      { 8, "htonl" },
        { 9, "htons" },           { 10, "inet_addr" },     { 11, "inet_ntoa" },      { 12, "ioctlsocket" },
        { 13, "listen" },         { 14, "ntohl" },         { 15, "ntohs" },          { 16, "recv" },
        { 17, "recvfrom" },       { 18, "select" },        { 19, "send" },           { 20, "sendto" },
        { 21, "setsockopt" },     { 22, "shutdown" },      { 23, "socket" },         { 51, "gethostbyaddr" },
        { 52, "gethostbyname" },  { 53, "getprotobyname" }, { 54, "getprotobynumber" }, { 55, "getservbyname" },
        { 56, "getservbyport" },  { 57, "gethostname" },   { 101, "WSAAsyncSelect" }, { 111, "WSAGetLastError" },
        { 112, "WSASetLastError" }, { 115, "WSAStartup" }, { 116, "WSACleanup" },    { 151, "__WSAFDIsSet" },
        { 1100, "inet_network" }, { 1101, "getnetbyname" }, { 1107, "WSARecvEx" },
        { 1108, "s_perror" },     { 1110, "GetAddressByNameW" }, { 1112, "EnumProtocolsW" }, { 1140, "TransmitFile" },
        { 1141, "AcceptEx" },     { 1142, "GetAcceptExSockaddrs" },
    };

    for (int i = 0; i < COUNT(rows); i++) {
        void *f = by_ordinal(rows[i].n);

        check_about("%d %s", rows[i].n, rows[i].name);
        CHECK(f && f == (void *)GetProcAddress(wsock32, rows[i].name));
    }
}

/* ws2_32's own ordinals are the same but for one triple: there ioctlsocket is 10. */
static void in_ws2_32(void)
{
    static const struct {
        int n;
        const char *name;
    } rows[] = {
        { 1, "accept" },   { 3, "closesocket" }, { 4, "connect" },     { 9, "htons" },         { 10, "ioctlsocket" },
        { 11, "inet_addr" }, { 12, "inet_ntoa" }, { 13, "listen" },    { 18, "select" },       { 23, "socket" },
        { 52, "gethostbyname" }, { 101, "WSAAsyncSelect" }, { 111, "WSAGetLastError" }, { 115, "WSAStartup" },
        { 116, "WSACleanup" }, { 151, "__WSAFDIsSet" },
    };
    HMODULE ws2 = GetModuleHandleA("ws2_32.dll");

    for (int i = 0; i < COUNT(rows); i++) {
        void *f = (void *)GetProcAddress(ws2, MAKEINTRESOURCEA(rows[i].n));

        check_about("%d %s", rows[i].n, rows[i].name);
        CHECK(f && f == (void *)GetProcAddress(ws2, rows[i].name));
    }
}

/* The 1.1 numbers of the IP options differ from today's; wsock32 translates them (spi.md 9.6). */
static void old_option_numbers(void)
{
    int(WINAPI * set)(SOCKET, int, int, const char *, int) = by_ordinal(21);
    int(WINAPI * get)(SOCKET, int, int, char *, int *) = by_ordinal(7);
    SOCKET s = udp_bound(AF_INET, NULL);
    int value = 9, len = sizeof value;

    enum { OLD_MULTICAST_TTL = 3, OLD_TTL = 7 };

    CHECK_OK(set(s, IPPROTO_IP, OLD_MULTICAST_TTL, (char *)&value, sizeof value));
    value = 0;
    CHECK_OK(get(s, IPPROTO_IP, OLD_MULTICAST_TTL, (char *)&value, &len));
    CHECK_INT(value & 0xff, 9);
    value = 0;
    len = sizeof value;
    CHECK_OK(getsockopt(s, IPPROTO_IP, IP_MULTICAST_TTL, (char *)&value, &len));
    CHECK_INT(value & 0xff, 9);
    value = 77;
    CHECK_OK(set(s, IPPROTO_IP, OLD_TTL, (char *)&value, sizeof value));
    value = 0;
    len = sizeof value;
    CHECK_OK(getsockopt(s, IPPROTO_IP, IP_TTL, (char *)&value, &len));
    CHECK_INT(value, 77);
}

static void echo_by_ordinals(void)
{
    SOCKET(WINAPI * make)(int, int, int) = by_ordinal(23);
    int(WINAPI * do_bind)(SOCKET, const struct sockaddr *, int) = by_ordinal(2);
    int(WINAPI * name)(SOCKET, struct sockaddr *, int *) = by_ordinal(6);
    int(WINAPI * do_send)(SOCKET, const char *, int, int) = by_ordinal(19);
    int(WINAPI * do_recv)(SOCKET, char *, int, int) = by_ordinal(16);
    int(WINAPI * do_connect)(SOCKET, const struct sockaddr *, int) = by_ordinal(4);
    union addr a = loopback(AF_INET, 0);
    SOCKET s = make(AF_INET, SOCK_DGRAM, 0), c = make(AF_INET, SOCK_DGRAM, 0);
    int len = sizeof a;
    char buf[4];

    NEED_OK(do_bind(s, &a.sa, sizeof a.v4));
    NEED_OK(name(s, &a.sa, &len));
    NEED_OK(do_connect(c, &a.sa, sizeof a.v4));
    CHECK_RET(do_send(c, "old", 3, 0), 3);
    CHECK_RET(do_recv(s, buf, 4, 0), 3);
}

static void recv_ex(void)
{
    SOCKET pair[2];
    char buf[10];
    int flags = 0;

    tcp_pair(AF_INET, pair);
    send_all(pair[1], "abc", 3);
    CHECK_RET(WSARecvEx(pair[0], buf, sizeof buf, &flags), 3);
    CHECK_INT(flags, 0);
    udp_pair(AF_INET, pair);
    CHECK_RET(send(pair[1], "12345", 5, 0), 5);
    flags = 0;
    check_about("a truncated datagram is success with MSG_PARTIAL");
    CHECK_RET(WSARecvEx(pair[0], buf, 3, &flags), 3);
    CHECK_INT(flags & MSG_PARTIAL, MSG_PARTIAL);
}

static int hook_calls;

static int CALLBACK hook(void)
{
    hook_calls++;
    return FALSE;
}

static void hooks(void)
{
    WSADATA data;
    FARPROC old;

    NEED_OK(WSAStartup(MAKEWORD(1, 1), &data));
    CHECK_FALSE(WSAIsBlocking(), 0xdead);
    CHECK_FALSE(WSASetBlockingHook(NULL), WSAEFAULT);
    old = WSASetBlockingHook((FARPROC)hook);
    CHECK(old != NULL);
    CHECK_FAILS(WSACancelBlockingCall(), WSAEINVAL);
    CHECK_OK(WSAUnhookBlockingHook());
    CHECK_OK(WSACleanup());
}

static void hooks_refused_to_version_2(void)
{
    CHECK_FALSE(WSASetBlockingHook((FARPROC)hook), WSAEOPNOTSUPP);
    CHECK_FAILS(WSAUnhookBlockingHook(), WSAEOPNOTSUPP);
    CHECK_FAILS(WSACancelBlockingCall(), WSAEOPNOTSUPP);
}

const struct test_case test_cases[] = {
    { "ordinals", ordinals },
    { "in-ws2_32", in_ws2_32 },
    { "old-option-numbers", old_option_numbers },
    { "echo-by-ordinals", echo_by_ordinals },
    { "recv-ex", recv_ex },
    { "hooks", hooks, .unstarted = 1 },
    { "hooks-refused-to-version-2", hooks_refused_to_version_2 },
    { 0 },
};
