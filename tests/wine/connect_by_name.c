/* SPDX-License-Identifier: MIT */
/*
 * WSAConnectByName and WSAConnectByList. A host that does not answer is a listener whose backlog is full: Linux then ignores
 * attempts to connect, as a firewall would.
 */
#include "net.h"
#include <stdio.h>
#include <string.h>

enum { FILL_MAX = 200 };

/* A listener that answers nobody, and what fills it. */
struct hole {
    SOCKET listener, filler[FILL_MAX];
    int fillers;
    union addr at;
};

static int connects_soon(SOCKET s)
{
    struct timeval soon = { 0, 300000 };
    fd_set done = { 1, { s } };

    return select(0, NULL, &done, NULL, &soon) == 1;
}

static void hole_open(struct hole *h, int af)
{
    h->fillers = 0;
    h->listener = tcp_new(af);
    bind_any_port(h->listener, af, &h->at);
    NEED_OK(listen(h->listener, 1));
    for (;;) {
        SOCKET s = tcp_new(af);

        NEED(h->fillers < FILL_MAX);
        h->filler[h->fillers++] = s;
        set_nonblocking(s, 1);
        NEED(connect(s, &h->at.sa, addr_len(af)) == 0 || WSAGetLastError() == WSAEWOULDBLOCK);
        if (!connects_soon(s))
            return;
    }
}

static void hole_close(struct hole *h)
{
    while (h->fillers)
        closesocket(h->filler[--h->fillers]);
    closesocket(h->listener);
}

/* Far less than Linux takes to give up on an address, so that to wait for it would fail. */
static struct timeval patience = { 15, 0 };

static BOOL connect_list(SOCKET s, union addr **to, int count, struct timeval *timeout)
{
    struct {
        INT count;
        SOCKET_ADDRESS address[4];
    } list = { count, { { 0 } } };

    for (int i = 0; i < count; i++)
        list.address[i] = (SOCKET_ADDRESS){ &to[i]->sa, addr_len(to[i]->sa.sa_family) };
    return WSAConnectByList(s, (SOCKET_ADDRESS_LIST *)&list, NULL, NULL, NULL, NULL, timeout, NULL);
}

/* The listener's next connection on which something arrives: those of the race close at once. */
static void check_talks(SOCKET s, SOCKET listener)
{
    char c[4] = "";

    send_all(s, "over", 4);
    for (;;) {
        SOCKET a = accept(listener, NULL, NULL);
        int got;

        NEED(a != INVALID_SOCKET);
        got = recv_all(a, c, 4);
        closesocket(a);
        if (got)
            break;
    }
    CHECK_BYTES(c, "over", 4);
}

static int waits(SOCKET listener)
{
    struct timeval now = { 0, 0 };
    fd_set readable = { 1, { listener } };

    return select(0, &readable, NULL, NULL, &now);
}

static void service_of(const union addr *a, char text[16])
{
    sprintf(text, "%u", ntohs(a->v4.sin_port));
}

static void by_name(void)
{
    union addr where, local, remote, own;
    DWORD local_bytes = sizeof local, remote_bytes = sizeof remote;
    int own_bytes = sizeof own;
    SOCKET listener = tcp_listen(AF_INET, &where), s = tcp_new(AF_INET);
    char service[16];

    service_of(&where, service);
    CHECK_TRUE(WSAConnectByNameA(s, "localhost", service, &local_bytes, &local.sa, &remote_bytes, &remote.sa, NULL, NULL));
    CHECK_INT(remote_bytes, sizeof remote.v4);
    CHECK_INT(remote.v4.sin_port, where.v4.sin_port);
    CHECK_OK(getsockname(s, &own.sa, &own_bytes));
    CHECK_INT(local_bytes, own_bytes);
    CHECK_INT(local.v4.sin_port, own.v4.sin_port);
    check_talks(s, listener);
    CHECK_INT(waits(listener), 0); /* one address, one connection */
}

static void by_wide_name_in_time(void)
{
    union addr where, own;
    int own_bytes = sizeof own;
    SOCKET listener = tcp_listen(AF_INET, &where), s = tcp_new(AF_INET);
    WCHAR service[16];

    swprintf(service, 16, L"%u", ntohs(where.v4.sin_port));
    bind_any_port(s, AF_INET, &own);
    CHECK_TRUE(WSAConnectByNameW(s, (WCHAR *)L"localhost", service, NULL, NULL, NULL, NULL, &patience, NULL));
    check_about("the socket keeps the port it was bound to, and is connected in every respect");
    NEED_OK(getsockname(s, &where.sa, &own_bytes));
    CHECK_INT(where.v4.sin_port, own.v4.sin_port);
    NEED_OK(getpeername(s, &where.sa, &own_bytes));
    check_talks(s, listener);
    CHECK_OK(shutdown(s, SD_SEND));
    CHECK_INT(waits(listener), 0);
}

static void unknown_name(void)
{
    SOCKET s = tcp_new(AF_INET);
    struct addrinfo *list;
    int err = getaddrinfo("no-such-host.invalid", "80", NULL, &list);

    CHECK_FALSE(WSAConnectByNameA(s, "no-such-host.invalid", "80", NULL, NULL, NULL, NULL, NULL, NULL), err);
}

static void first_refuses(void)
{
    union addr nobody, where;
    SOCKET s = tcp_new(AF_INET), listener;

    closesocket(tcp_listen(AF_INET, &nobody));
    listener = tcp_listen(AF_INET, &where);
    CHECK_TRUE(connect_list(s, (union addr *[]){ &nobody, &where }, 2, NULL));
    check_talks(s, listener);
    CHECK_INT(waits(listener), 0); /* the only one left: no race */
    check_about("everybody refuses");
    s = tcp_new(AF_INET);
    CHECK_FALSE(connect_list(s, (union addr *[]){ &nobody, &nobody, &nobody }, 3, NULL), WSAECONNREFUSED);
    check_about("and once more in time, with the same socket");
    CHECK_FALSE(connect_list(s, (union addr *[]){ &nobody }, 1, &patience), WSAECONNREFUSED);
    CHECK_TRUE(connect_list(s, (union addr *[]){ &where }, 1, &patience));
    check_talks(s, listener);
}

static DWORD handles(void)
{
    DWORD count = 0;

    GetProcessHandleCount(GetCurrentProcess(), &count);
    return count;
}

static void first_hangs(void)
{
    struct hole hole;
    union addr where, peer;
    int peer_bytes = sizeof peer;
    SOCKET listener = tcp_listen(AF_INET, &where), s;
    DWORD before;

    hole_open(&hole, AF_INET);
    s = tcp_new(AF_INET); /* what the process opens once and for all is open after this one */
    CHECK_TRUE(connect_list(s, (union addr *[]){ &hole.at, &where }, 2, &patience));
    check_talks(s, listener);
    s = tcp_new(AF_INET);
    before = handles();
    CHECK_TRUE(connect_list(s, (union addr *[]){ &hole.at, &hole.at, &where, &hole.at }, 4, &patience));
    CHECK_INT(handles(), before); /* the losers are closed */
    NEED_OK(getpeername(s, &peer.sa, &peer_bytes));
    CHECK_INT(peer.v4.sin_port, where.v4.sin_port);
    check_talks(s, listener);
    hole_close(&hole);
}

/* localhost is ::1 and 127.0.0.1; nobody answers at ::1. */
static void first_address_of_a_name_hangs(void)
{
    struct hole hole;
    union addr where = { 0 }, peer;
    DWORD peer_bytes = sizeof peer, off = 0;
    SOCKET listener = tcp_new(AF_INET), s = tcp_new(AF_INET6);
    char service[16];

    hole_open(&hole, AF_INET6);
    where = loopback(AF_INET, ntohs(hole.at.v6.sin6_port));
    NEED_OK(bind(listener, &where.sa, sizeof where.v4));
    NEED_OK(listen(listener, 5));
    service_of(&hole.at, service);
    NEED_OK(setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, (char *)&off, sizeof off));
    CHECK_TRUE(WSAConnectByNameA(s, "localhost", service, NULL, NULL, &peer_bytes, &peer.sa, &patience, NULL));
    CHECK(IN6_IS_ADDR_V4MAPPED(&peer.v6.sin6_addr));
    check_talks(s, listener);
    hole_close(&hole);
}

static void times_out(void)
{
    struct timeval little = { 0, 400000 };
    struct hole hole;
    SOCKET s = tcp_new(AF_INET), another = tcp_new(AF_INET);

    hole_open(&hole, AF_INET);
    CHECK_FALSE(connect_list(s, (union addr *[]){ &hole.at }, 1, &little), WSAETIMEDOUT);
    CHECK_FALSE(connect_list(another, (union addr *[]){ &hole.at, &hole.at }, 2, &little), WSAETIMEDOUT);
    check_about("nonblocking");
    s = tcp_new(AF_INET);
    set_nonblocking(s, 1);
    CHECK_FALSE(connect_list(s, (union addr *[]){ &hole.at }, 1, &little), WSAETIMEDOUT);
    hole_close(&hole);
}

static void nonblocking(void)
{
    struct timeval *timeout[2] = { NULL, &patience };
    char c;

    for (int i = 0; i < 2; i++) {
        union addr where;
        SOCKET listener = tcp_listen(AF_INET, &where), s = tcp_new(AF_INET);

        set_nonblocking(s, 1);
        CHECK_TRUE(connect_list(s, (union addr *[]){ &where, &where }, 2, timeout[i]));
        CHECK_FAILS(recv(s, &c, 1, 0), WSAEWOULDBLOCK); /* the mode stays */
        check_talks(s, listener);
        closesocket(listener);
    }
}

/* A completion port that the program has tied the socket to hears of the program's operations only. */
static void in_port(void)
{
    union addr where;
    SOCKET listener = tcp_listen(AF_INET, &where), s = tcp_new(AF_INET), a;
    HANDLE port = CreateIoCompletionPort((HANDLE)s, NULL, 77, 0);
    OVERLAPPED ov = { 0 }, *done;
    char room[4];
    WSABUF buf = { sizeof room, room };
    DWORD flags = 0, bytes;
    ULONG_PTR key;

    NEED(port);
    CHECK_TRUE(connect_list(s, (union addr *[]){ &where }, 1, &patience));
    CHECK_FALSE(GetQueuedCompletionStatus(port, &bytes, &key, &done, 0), WAIT_TIMEOUT);
    a = accept(listener, NULL, NULL);
    NEED(a != INVALID_SOCKET);
    CHECK(WSARecv(s, &buf, 1, NULL, &flags, &ov, NULL) == 0 || WSAGetLastError() == WSA_IO_PENDING);
    send_all(a, "over", 4);
    CHECK_TRUE(GetQueuedCompletionStatus(port, &bytes, &key, &done, 10000));
    CHECK_INT(key, 77);
    CHECK(done == &ov);
    CHECK_INT(bytes, 4);
}

static void misuse(void)
{
    struct timeval negative = { -1, 0 };
    union addr four = loopback(AF_INET, 80), six = loopback(AF_INET6, 80);
    SOCKET s = tcp_new(AF_INET);
    OVERLAPPED ov = { 0 };

    CHECK_FALSE(WSAConnectByNameA(INVALID_SOCKET, "localhost", "80", NULL, NULL, NULL, NULL, NULL, NULL), WSAENOTSOCK);
    CHECK_FALSE(WSAConnectByNameA(s, NULL, "80", NULL, NULL, NULL, NULL, NULL, NULL), WSAEINVAL);
    CHECK_FALSE(WSAConnectByNameA(s, "localhost", NULL, NULL, NULL, NULL, NULL, NULL, NULL), WSAEINVAL);
    CHECK_FALSE(WSAConnectByNameA(s, "localhost", "80", NULL, NULL, NULL, NULL, NULL, &ov), WSAEINVAL);
    CHECK_FALSE(WSAConnectByNameA(s, "localhost", "80", NULL, NULL, NULL, NULL, &negative, NULL), WSAEINVAL);
    CHECK_FALSE(WSAConnectByList(s, NULL, NULL, NULL, NULL, NULL, NULL, NULL), WSAEINVAL);
    CHECK_FALSE(connect_list(s, NULL, 0, NULL), WSAEINVAL);
    CHECK_FALSE(connect_list(s, (union addr *[]){ &four, &six }, 2, NULL), WSAEINVAL);
    CHECK_FALSE(connect_list(INVALID_SOCKET, (union addr *[]){ &four }, 1, NULL), WSAENOTSOCK);
}

const struct test_case test_cases[] = {
    { "by-name", by_name },
    { "by-wide-name-in-time", by_wide_name_in_time },
    { "unknown-name", unknown_name },
    { "first-refuses", first_refuses },
    { "first-hangs", first_hangs },
    { "first-address-of-a-name-hangs", first_address_of_a_name_hangs },
    { "times-out", times_out },
    { "nonblocking", nonblocking },
    { "in-port", in_port },
    { "misuse", misuse },
    { 0 },
};
