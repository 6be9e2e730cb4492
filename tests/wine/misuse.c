/* SPDX-License-Identifier: MIT */
/* Wrong use: handles that are no sockets, null pointers, short lengths, calls in the wrong state. */
#include "net.h"
#include <string.h>

static char room[512];
static union addr at;
static WSABUF buf = { 1, room };
static DWORD n, flags;
static int len;

/* Each socket call on `s`; all must say WSAENOTSOCK. */
static void every_call_on(SOCKET s)
{
    struct timeval now = { 0, 0 };
    fd_set set = { 1, { s } };
    WSANETWORKEVENTS events;
    WSAPROTOCOL_INFOW info;
    OVERLAPPED o = { 0 };
    u_long value = 0;
    int one = 1;

    at = loopback(AF_INET, 9);
    CHECK_FAILS(bind(s, &at.sa, sizeof at.v4), WSAENOTSOCK);
    CHECK_FAILS(listen(s, 1), WSAENOTSOCK);
    CHECK_FAILS(accept(s, NULL, NULL), WSAENOTSOCK);
    CHECK_FAILS(WSAAccept(s, NULL, NULL, NULL, 0), WSAENOTSOCK);
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAENOTSOCK);
    CHECK_FAILS(WSAConnect(s, &at.sa, sizeof at.v4, NULL, NULL, NULL, NULL), WSAENOTSOCK);
    CHECK_FAILS(send(s, room, 1, 0), WSAENOTSOCK);
    CHECK_FAILS(recv(s, room, 1, 0), WSAENOTSOCK);
    CHECK_FAILS(sendto(s, room, 1, 0, &at.sa, sizeof at.v4), WSAENOTSOCK);
    len = sizeof at;
    CHECK_FAILS(recvfrom(s, room, 1, 0, &at.sa, &len), WSAENOTSOCK);
    CHECK_FAILS(WSASend(s, &buf, 1, &n, 0, NULL, NULL), WSAENOTSOCK);
    CHECK_FAILS(WSASend(s, &buf, 1, &n, 0, &o, NULL), WSAENOTSOCK);
    CHECK_FAILS(WSARecv(s, &buf, 1, &n, &flags, NULL, NULL), WSAENOTSOCK);
    CHECK_FAILS(WSARecv(s, &buf, 1, &n, &flags, &o, NULL), WSAENOTSOCK);
    CHECK_FAILS(WSASendTo(s, &buf, 1, &n, 0, &at.sa, sizeof at.v4, NULL, NULL), WSAENOTSOCK);
    CHECK_FAILS(WSARecvFrom(s, &buf, 1, &n, &flags, NULL, NULL, NULL, NULL), WSAENOTSOCK);
    CHECK_FAILS(WSASendDisconnect(s, NULL), WSAENOTSOCK);
    CHECK_FAILS(WSARecvDisconnect(s, NULL), WSAENOTSOCK);
    CHECK_FAILS(shutdown(s, SD_BOTH), WSAENOTSOCK);
    len = sizeof at;
    CHECK_FAILS(getsockname(s, &at.sa, &len), WSAENOTSOCK);
    CHECK_FAILS(getpeername(s, &at.sa, &len), WSAENOTSOCK);
    len = sizeof one;
    CHECK_FAILS(getsockopt(s, SOL_SOCKET, SO_TYPE, (char *)&one, &len), WSAENOTSOCK);
    CHECK_FAILS(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (char *)&one, sizeof one), WSAENOTSOCK);
    CHECK_FAILS(ioctlsocket(s, FIONBIO, &value), WSAENOTSOCK);
    CHECK_FAILS(WSAIoctl(s, FIONREAD, NULL, 0, &value, 4, &n, NULL, NULL), WSAENOTSOCK);
    CHECK_FAILS(select(0, &set, NULL, NULL, &now), WSAENOTSOCK);
    CHECK_FAILS(WSAEventSelect(s, NULL, 0), WSAENOTSOCK);
    CHECK_FAILS(WSAEnumNetworkEvents(s, NULL, &events), WSAENOTSOCK);
    CHECK_FAILS(WSADuplicateSocketW(s, GetCurrentProcessId(), &info), WSAENOTSOCK);
    CHECK_FALSE(WSAGetOverlappedResult(s, &o, &n, FALSE, &flags), WSAENOTSOCK);
    CHECK_FALSE(TransmitFile(s, NULL, 0, 0, NULL, NULL, 0), WSAENOTSOCK);
    CHECK_FAILS(closesocket(s), WSAENOTSOCK);
}

static void not_sockets(void)
{
    HANDLE r, w, file;
    char path[MAX_PATH], dir[MAX_PATH];
    SOCKET closed = tcp_new(AF_INET);

    CHECK_OK(closesocket(closed));
    check_about("INVALID_SOCKET");
    every_call_on(INVALID_SOCKET);
    check_about("0");
    every_call_on(0);
    check_about("a closed socket");
    every_call_on(closed);
    check_about("an unaligned value");
    every_call_on(0xabcd1237);
    check_about("a huge value");
    every_call_on((SOCKET)0x7fffffff0);
    check_about("an event");
    r = CreateEventA(NULL, TRUE, TRUE, NULL);
    every_call_on((SOCKET)r);
    check_about("a pipe");
    NEED(CreatePipe(&r, &w, NULL, 0));
    every_call_on((SOCKET)r);
    check_about("a file");
    GetTempPathA(sizeof dir, dir);
    GetTempFileNameA(dir, "wst", 0, path);
    file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    NEED(file != INVALID_HANDLE_VALUE);
    every_call_on((SOCKET)file);
    check_about("the other handles are unharmed");
    CHECK(WriteFile(w, "x", 1, &n, NULL));
    CHECK(WriteFile(file, "x", 1, &n, NULL));
}

static void bind_wrong(void)
{
    SOCKET s = tcp_new(AF_INET), s6 = tcp_new(AF_INET6), other;
    union addr a = loopback(AF_INET, 0), b;

    CHECK_FAILS(bind(s, NULL, sizeof a.v4), WSAEFAULT);
    CHECK_FAILS(bind(s, &a.sa, 15), WSAEFAULT);
    CHECK_FAILS(bind(s, &a.sa, 0), WSAEFAULT);
    CHECK_FAILS(bind(s, &a.sa, -1), WSAEFAULT);
    a.sa.sa_family = 1234;
    CHECK_FAILS(bind(s, &a.sa, sizeof a.v4), WSAEAFNOSUPPORT);
    a = loopback(AF_INET6, 0);
    CHECK_FAILS(bind(s6, &a.sa, 27), WSAEFAULT);
    a = loopback(AF_INET, 0);
    a.v4.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 is nobody's */
    CHECK_FAILS(bind(s, &a.sa, sizeof a.v4), WSAEADDRNOTAVAIL);
    bind_any_port(s, AF_INET, &b);
    check_about("bound already");
    CHECK_FAILS(bind(s, &b.sa, sizeof b.v4), WSAEINVAL);
    a = loopback(AF_INET, 0);
    CHECK_FAILS(bind(s, &a.sa, sizeof a.v4), WSAEINVAL);
    check_about("port in use");
    other = tcp_new(AF_INET);
    CHECK_FAILS(bind(other, &b.sa, sizeof b.v4), WSAEADDRINUSE);
    check_about("and with the first listening");
    CHECK_OK(listen(s, 1));
    CHECK_FAILS(bind(other, &b.sa, sizeof b.v4), WSAEADDRINUSE);
    check_about("UDP to a foreign address");
    s = udp_new(AF_INET);
    a.v4.sin_addr.s_addr = htonl(0xc0000201);
    CHECK_FAILS(bind(s, &a.sa, sizeof a.v4), WSAEADDRNOTAVAIL);
}

static void listen_and_accept_wrong(void)
{
    SOCKET fresh = tcp_new(AF_INET), udp = udp_new(AF_INET), bound_udp = udp_bound(AF_INET, NULL), pair[2];
    SOCKET listener = tcp_listen(AF_INET, &at), c = tcp_new(AF_INET), s;
    union addr a;

    CHECK_FAILS(listen(fresh, 1), WSAEINVAL);
    CHECK_FAILS(listen(bound_udp, 1), WSAEOPNOTSUPP);
    CHECK_FAILS(listen(udp, 1), WSAEOPNOTSUPP);
    tcp_pair(AF_INET, pair);
    CHECK_FAILS(listen(pair[0], 1), WSAEISCONN);
    CHECK_OK(listen(listener, 5));
    CHECK_FAILS(accept(fresh, NULL, NULL), WSAEINVAL);
    CHECK_FAILS(accept(pair[0], NULL, NULL), WSAEINVAL);
    CHECK_FAILS(accept(bound_udp, NULL, NULL), WSAEOPNOTSUPP);
    set_nonblocking(listener, 1);
    CHECK_FAILS(accept(listener, NULL, NULL), WSAEWOULDBLOCK);
    CHECK_OK(connect(c, &at.sa, sizeof at.v4));
    NEED(wait_readable(listener));
    check_about("a short address length leaves the connection waiting");
    len = 3;
    CHECK_FAILS(accept(listener, &a.sa, &len), WSAEFAULT);
    len = 0;
    CHECK_FAILS(accept(listener, &a.sa, &len), WSAEFAULT);
    s = accept(listener, &a.sa, NULL);
    CHECK(s != INVALID_SOCKET);
    CHECK_FAILS(connect(listener, &at.sa, sizeof at.v4), WSAEINVAL);
    CHECK_FAILS(recv(listener, room, 1, 0), WSAENOTCONN);
    CHECK_FAILS(send(listener, room, 1, 0), WSAENOTCONN);
}

static void connect_wrong(void)
{
    SOCKET s = tcp_new(AF_INET), pair[2], closed = tcp_listen(AF_INET, &at);
    union addr a = at;

    CHECK_OK(closesocket(closed));
    CHECK_FAILS(connect(s, NULL, sizeof a.v4), WSAEFAULT);
    CHECK_FAILS(connect(s, &a.sa, 15), WSAEFAULT);
    CHECK_FAILS(connect(s, &a.sa, 0), WSAEFAULT);
    a.sa.sa_family = 1234;
    CHECK_FAILS(connect(s, &a.sa, sizeof a.v4), WSAEAFNOSUPPORT);
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAECONNREFUSED);
    check_about("the refused socket can try again");
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAECONNREFUSED);
    closed = tcp_listen(AF_INET, &at);
    CHECK_OK(connect(s, &at.sa, sizeof at.v4));
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEISCONN);
    tcp_pair(AF_INET, pair);
    CHECK_FAILS(connect(pair[1], &at.sa, sizeof at.v4), WSAEISCONN);
}

static void names_wrong(void)
{
    SOCKET fresh = tcp_new(AF_INET), pair[2];
    union addr a;

    len = sizeof a;
    CHECK_FAILS(getsockname(fresh, &a.sa, &len), WSAEINVAL);
    CHECK_FAILS(getpeername(fresh, &a.sa, &len), WSAENOTCONN);
    CHECK_FAILS(getpeername(fresh, NULL, NULL), WSAENOTCONN);
    tcp_pair(AF_INET, pair);
    len = 3;
    CHECK_FAILS(getsockname(pair[0], &a.sa, &len), WSAEFAULT);
    len = 3;
    CHECK_FAILS(getpeername(pair[0], &a.sa, &len), WSAEFAULT);
    len = sizeof a;
    CHECK_FAILS(getsockname(pair[0], NULL, &len), WSAEFAULT);
    CHECK_FAILS(getsockname(pair[0], &a.sa, NULL), WSAEFAULT);
    CHECK_FAILS(getpeername(pair[0], &a.sa, NULL), WSAEFAULT);
    check_about("both sides shut down: the peer's name stays");
    CHECK_OK(shutdown(pair[0], SD_BOTH));
    CHECK_OK(shutdown(pair[1], SD_BOTH));
    len = sizeof a;
    CHECK_OK(getpeername(pair[0], &a.sa, &len));
}

static void transfer_wrong(void)
{
    SOCKET fresh = tcp_new(AF_INET), udp = udp_new(AF_INET), pair[2], bound = udp_bound(AF_INET, &at);
    OVERLAPPED o = { 0 };
    WSABUF odd = { 0xffffffff, room };
    union addr a = at;

    tcp_pair(AF_INET, pair);
    check_about("not connected");
    CHECK_FAILS(recv(fresh, room, 1, 0), WSAENOTCONN);
    CHECK_FAILS(send(fresh, room, 1, 0), WSAENOTCONN);
    CHECK_FAILS(WSARecv(fresh, &buf, 1, &n, &flags, &o, NULL), WSAENOTCONN);
    CHECK_FAILS(WSASend(fresh, &buf, 1, &n, 0, &o, NULL), WSAENOTCONN);
    CHECK_FAILS(send(udp, room, 1, 0), WSAENOTCONN);
    CHECK_FAILS(recv(udp, room, 1, 0), WSAEINVAL);
    CHECK_FAILS(send(bound, room, 1, 0), WSAENOTCONN);
    check_about("buffers and counts");
    set_nonblocking(pair[0], 1);
    CHECK_FAILS(WSARecv(pair[0], &buf, 0, &n, &flags, NULL, NULL), WSAEINVAL);
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, &n, NULL, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(WSARecv(pair[0], NULL, 1, &n, &flags, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(WSARecv(pair[0], &odd, 1, &n, &flags, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(WSASend(pair[0], &buf, 1, NULL, 0, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(WSASend(pair[0], NULL, 1, &n, 0, NULL, NULL), WSAEFAULT);
    CHECK_FAILS(send(pair[0], (char *)1, 10, 0), WSAEFAULT);
    CHECK_FAILS(recv(bound, room, 1, MSG_OOB), WSAEOPNOTSUPP);
    check_about("datagram addresses");
    CHECK_FAILS(sendto(udp, room, 1, 0, &a.sa, 3), WSAEFAULT);
    CHECK_RET(sendto(udp, "x", 1, 0, &a.sa, sizeof a.v4), 1);
    len = 3;
    CHECK_FAILS(recvfrom(bound, room, 1, 0, &a.sa, &len), WSAEFAULT);
    check_about("the datagram was kept");
    len = sizeof a;
    CHECK_RET(recvfrom(bound, room, 1, 0, &a.sa, &len), 1);
    check_about("broadcast needs its option");
    a = at;
    a.v4.sin_addr.s_addr = INADDR_BROADCAST;
    CHECK_FAILS(sendto(udp, room, 1, 0, &a.sa, sizeof a.v4), WSAEACCES);
    check_about("zero bytes on a stream");
    CHECK_RET(send(pair[1], room, 0, 0), 0);
    CHECK_FAILS(recv(pair[0], room, 1, 0), WSAEWOULDBLOCK);
}

static void overlapped_wrong(void)
{
    SOCKET pair[2], duplicate;
    OVERLAPPED o = { .hEvent = WSACreateEvent() };

    (void)duplicate;
    tcp_pair(AF_INET, pair);
    CHECK_FALSE(WSAGetOverlappedResult(pair[0], NULL, &n, FALSE, &flags), WSAEFAULT);
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, &o, NULL), WSA_IO_PENDING);
    CHECK_FALSE(WSAGetOverlappedResult(pair[0], &o, NULL, FALSE, &flags), WSAEFAULT);
    CHECK_FALSE(WSAGetOverlappedResult(pair[0], &o, &n, FALSE, NULL), WSAEFAULT);
    CHECK_FALSE(WSAGetOverlappedResult(pair[0], &o, &n, FALSE, &flags), WSA_IO_INCOMPLETE);
    send_all(pair[1], "1", 1);
    CHECK_TRUE(WSAGetOverlappedResult(pair[0], &o, &n, TRUE, &flags));
    CHECK_INT(n, 1);
}

static void CALLBACK never(DWORD err, DWORD bytes, OVERLAPPED *o, DWORD f)
{
    (void)err, (void)bytes, (void)o, (void)f;
    check_fail(__FILE__, __LINE__, "the completion routine was called");
}

static void routine_with_port(void)
{
    SOCKET pair[2];
    OVERLAPPED o = { 0 };

    tcp_pair(AF_INET, pair);
    NEED(CreateIoCompletionPort((HANDLE)pair[0], NULL, 0, 0));
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, &o, never), WSAEINVAL);
    CHECK_FAILS(WSASend(pair[0], &buf, 1, NULL, 0, &o, never), WSAEINVAL);
    SleepEx(10, TRUE);
}

static void events_wrong(void)
{
    WSAEVENT e = WSACreateEvent(), many[WSA_MAXIMUM_WAIT_EVENTS + 1];

    CHECK_INT(WSA_MAXIMUM_WAIT_EVENTS, 64);
    NEED(e != WSA_INVALID_EVENT);
    for (int i = 0; i < COUNT(many); i++)
        many[i] = e;
    CHECK_INT(WSAWaitForMultipleEvents(1, &e, FALSE, 0, FALSE), WSA_WAIT_TIMEOUT);
    CHECK_TRUE(WSASetEvent(e));
    CHECK_INT(WSAWaitForMultipleEvents(1, &e, FALSE, 0, FALSE), WSA_WAIT_EVENT_0);
    CHECK_INT(WSAWaitForMultipleEvents(1, &e, FALSE, 0, FALSE), WSA_WAIT_EVENT_0);
    CHECK_TRUE(WSAResetEvent(e));
    CHECK_INT(WSAWaitForMultipleEvents(1, &e, FALSE, 0, FALSE), WSA_WAIT_TIMEOUT);
    CHECK_INT(WSAWaitForMultipleEvents(0, &e, FALSE, 0, FALSE), WSA_WAIT_FAILED);
    CHECK_INT(WSAWaitForMultipleEvents(COUNT(many), many, FALSE, 0, FALSE), WSA_WAIT_FAILED);
    CHECK_TRUE(WSACloseEvent(e));
    CHECK_FALSE(WSASetEvent(e), WSA_INVALID_HANDLE);
    CHECK_FALSE(WSAResetEvent(e), WSA_INVALID_HANDLE);
    CHECK_FALSE(WSACloseEvent(e), WSA_INVALID_HANDLE);
}

const struct test_case test_cases[] = {
    { "not-sockets", not_sockets },
    { "bind", bind_wrong },
    { "listen-and-accept", listen_and_accept_wrong },
    { "connect", connect_wrong },
    { "names", names_wrong },
    { "transfer", transfer_wrong },
    { "overlapped", overlapped_wrong },
    { "routine-with-port", routine_with_port },
    { "events", events_wrong },
    { 0 },
};
