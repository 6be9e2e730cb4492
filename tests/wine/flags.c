/* SPDX-License-Identifier: MIT */
/* MSG_PEEK, MSG_WAITALL, MSG_OOB, truncated datagrams, receive and send timeouts. */
#include "net.h"
#include <string.h>

static SOCKET pair[2];
static char in[256];

static void peek(void)
{
    WSABUF buf = { 3, in };
    DWORD n = 0, flags = MSG_PEEK;

    tcp_pair(AF_INET, pair);
    send_all(pair[1], "abc", 3);
    CHECK_RET(recv(pair[0], in, 1, MSG_PEEK), 1);
    NEED(wait_readable(pair[0]));
    CHECK_RET(recv(pair[0], in, sizeof in, MSG_PEEK), 3);
    CHECK_OK(WSARecv(pair[0], &buf, 1, &n, &flags, NULL, NULL));
    CHECK_INT(n, 3);
    CHECK_RET(recv(pair[0], in, sizeof in, 0), 3);
    CHECK_BYTES(in, "abc", 3);
    check_about("datagram");
    udp_pair(AF_INET, pair);
    CHECK_RET(send(pair[1], "12345", 5, 0), 5);
    CHECK_RET(recv(pair[0], in, sizeof in, MSG_PEEK), 5);
    CHECK_FAILS(recv(pair[0], in, 2, MSG_PEEK), WSAEMSGSIZE);
    CHECK_RET(recv(pair[0], in, sizeof in, 0), 5);
}

static DWORD WINAPI send_in_pieces(void *arg)
{
    SOCKET s = *(SOCKET *)arg;

    for (int i = 0; i < 10; i++) {
        char c = (char)('0' + i);

        send_all(s, &c, 1);
        Sleep(10); /* so that the pieces do not arrive as one */
    }
    return 0;
}

static void waitall(void)
{
    HANDLE t;

    tcp_pair(AF_INET, pair);
    t = thread_start(send_in_pieces, &pair[1]);
    CHECK_RET(recv(pair[0], in, 10, MSG_WAITALL), 10);
    CHECK_BYTES(in, "0123456789", 10);
    thread_join(t);
    check_about("ended early by the end of the stream");
    send_all(pair[1], "xyz", 3);
    CHECK_OK(shutdown(pair[1], SD_SEND));
    CHECK_RET(recv(pair[0], in, 10, MSG_WAITALL), 3);
}

static void waitall_overlapped(void)
{
    OVERLAPPED o = { .hEvent = WSACreateEvent() };
    WSABUF buf = { 10, in };
    DWORD n = 0, flags = MSG_WAITALL;
    HANDLE t;

    tcp_pair(AF_INET, pair);
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, &o, NULL), WSA_IO_PENDING);
    t = thread_start(send_in_pieces, &pair[1]);
    CHECK_TRUE(WSAGetOverlappedResult(pair[0], &o, &n, TRUE, &flags));
    CHECK(n >= 1 && n <= 10);
    CHECK_DIFFERS(n == 10, 1, 0);
    CHECK_BYTES(in, "0123456789", n);
    thread_join(t);
}

static void oob(void)
{
    fd_set except;
    struct timeval limit = { 3, 0 };
    u_long mark = 9, waiting = 9;

    tcp_pair(AF_INET, pair);
    send_all(pair[1], "ab", 2);
    CHECK_RET(send(pair[1], "!", 1, MSG_OOB), 1);
    except = (fd_set){ 1, { pair[0] } };
    CHECK_RET(select(0, NULL, NULL, &except, &limit), 1);
    CHECK_OK(ioctlsocket(pair[0], FIONREAD, &waiting));
    CHECK_INT(waiting, 2);
    CHECK_OK(ioctlsocket(pair[0], SIOCATMARK, &mark));
    CHECK_INT(mark, 0);
    CHECK_RET(recv(pair[0], in, sizeof in, 0), 2);
    CHECK_BYTES(in, "ab", 2);
    CHECK_RET(recv(pair[0], in, 1, MSG_OOB), 1);
    CHECK_INT(in[0], '!');
    check_about("once");
    except = (fd_set){ 1, { pair[0] } };
    CHECK_RET(select(0, NULL, NULL, &except, &(struct timeval){ 0, 0 }), 0);
    set_nonblocking(pair[0], 1);
    CHECK_FAILS2(recv(pair[0], in, 1, MSG_OOB), WSAEWOULDBLOCK, WSAEINVAL);
}

static void oob_inline(void)
{
    int on = 1;

    tcp_pair(AF_INET, pair);
    CHECK_OK(setsockopt(pair[0], SOL_SOCKET, SO_OOBINLINE, (char *)&on, sizeof on));
    send_all(pair[1], "ab", 2);
    CHECK_RET(send(pair[1], "!", 1, MSG_OOB), 1);
    send_all(pair[1], "c", 1);
    CHECK_INT(recv_all(pair[0], in, 4), 4);
    CHECK_BYTES(in, "ab!c", 4);
    CHECK_FAILS(recv(pair[0], in, 1, MSG_OOB), WSAEINVAL);
}

static void datagram_too_long(void)
{
    WSABUF buf = { 4, in };
    DWORD n = 0, flags = 0;
    OVERLAPPED o = { .hEvent = WSACreateEvent() };

    udp_pair(AF_INET, pair);
    CHECK_RET(send(pair[1], "1234567", 7, 0), 7);
    CHECK_FAILS(recv(pair[0], in, 4, 0), WSAEMSGSIZE);
    CHECK_BYTES(in, "1234", 4);
    check_about("the rest is gone");
    set_nonblocking(pair[0], 1);
    CHECK_FAILS(recv(pair[0], in, 4, 0), WSAEWOULDBLOCK);
    check_about("WSARecv says MSG_PARTIAL");
    CHECK_RET(send(pair[1], "1234567", 7, 0), 7);
    NEED(wait_readable(pair[0]));
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, &n, &flags, NULL, NULL), WSAEMSGSIZE);
    CHECK_INT(n, 4);
    CHECK_INT(flags & MSG_PARTIAL, MSG_PARTIAL);
    check_about("overlapped");
    flags = 0;
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, &o, NULL), WSA_IO_PENDING);
    CHECK_RET(send(pair[1], "1234567", 7, 0), 7);
    CHECK_FALSE(WSAGetOverlappedResult(pair[0], &o, &n, TRUE, &flags), WSAEMSGSIZE);
    CHECK_INT(n, 4);
}

static void empty_datagram(void)
{
    WSABUF none = { 0, in };
    DWORD n = 9, flags = 0;

    udp_pair(AF_INET, pair);
    CHECK_RET(send(pair[1], NULL, 0, 0), 0);
    NEED(wait_readable(pair[0]));
    CHECK_RET(recv(pair[0], in, sizeof in, 0), 0);
    CHECK_RET(send(pair[1], "x", 1, 0), 1);
    check_about("an empty buffer takes the datagram");
    CHECK_FAILS(WSARecv(pair[0], &none, 1, &n, &flags, NULL, NULL), WSAEMSGSIZE);
    set_nonblocking(pair[0], 1);
    CHECK_FAILS(recv(pair[0], in, 1, 0), WSAEWOULDBLOCK);
}

static void receive_timeout(void)
{
    DWORD limit = 200, start;

    tcp_pair(AF_INET, pair);
    CHECK_OK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit));
    start = GetTickCount();
    CHECK_FAILS(recv(pair[0], in, 1, 0), WSAETIMEDOUT);
    CHECK(GetTickCount() - start >= 150);
    check_about("data in time");
    send_all(pair[1], "x", 1);
    CHECK_RET(recv(pair[0], in, 1, 0), 1);
    check_about("UDP");
    udp_pair(AF_INET6, pair);
    CHECK_OK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit));
    CHECK_FAILS(recv(pair[0], in, 1, 0), WSAETIMEDOUT);
}

static void send_timeout(void)
{
    static char block[1 << 20];
    DWORD limit = 200;
    int n, rounds = 0;

    tcp_pair(AF_INET, pair);
    CHECK_OK(setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, (char *)&limit, sizeof limit));
    do
        n = send(pair[0], block, sizeof block, 0);
    while (n > 0 && ++rounds < 200);
    CHECK_INT(n, -1);
    CHECK_ERR(WSAGetLastError(), WSAETIMEDOUT);
}

/* An overlapped receive ignores nothing it should not: it waits beyond SO_RCVTIMEO. */
static void timeout_not_for_overlapped(void)
{
    OVERLAPPED o = { .hEvent = WSACreateEvent() };
    WSABUF buf = { 1, in };
    DWORD limit = 100, flags = 0, n;

    tcp_pair(AF_INET, pair);
    CHECK_OK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, (char *)&limit, sizeof limit));
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, &o, NULL), WSA_IO_PENDING);
    CHECK(WaitForSingleObject(o.hEvent, 300) == WAIT_TIMEOUT);
    send_all(pair[1], "x", 1);
    CHECK_TRUE(WSAGetOverlappedResult(pair[0], &o, &n, TRUE, &flags));
}

const struct test_case test_cases[] = {
    { "peek", peek },
    { "waitall", waitall },
    { "waitall-overlapped", waitall_overlapped },
    { "oob", oob },
    { "oob-inline", oob_inline },
    { "datagram-too-long", datagram_too_long },
    { "empty-datagram", empty_datagram },
    { "receive-timeout", receive_timeout },
    { "send-timeout", send_timeout },
    { "timeout-not-for-overlapped", timeout_not_for_overlapped },
    { 0 },
};
