/* SPDX-License-Identifier: MIT */
/*
 * A socket closed while something waits on it. Blocking calls in another thread end with WSAEINTR or WSAENOTSOCK
 * (Windows says one or the other by version; WSAECONNABORTED where the connection was the cause), overlapped ones with
 * an aborted status, and each exactly once.
 *
 * A thread cannot be seen to be inside a call, so the tests sleep a little before closing; if the close wins the race
 * the call finds no socket, which is one of the allowed answers too.
 */
#include "net.h"
#include <string.h>

struct call {
    SOCKET s;
    HANDLE started;
    int ret, err;
};

static void note_result(struct call *c, int ret)
{
    c->err = WSAGetLastError();
    c->ret = ret;
}

static DWORD WINAPI call_recv(void *arg)
{
    struct call *c = arg;
    char byte;

    SetEvent(c->started);
    note_result(c, recv(c->s, &byte, 1, 0));
    return 0;
}

static DWORD WINAPI call_recvfrom(void *arg)
{
    struct call *c = arg;
    union addr from;
    int len = sizeof from;
    char byte;

    SetEvent(c->started);
    note_result(c, recvfrom(c->s, &byte, 1, 0, &from.sa, &len));
    return 0;
}

static DWORD WINAPI call_accept(void *arg)
{
    struct call *c = arg;

    SetEvent(c->started);
    note_result(c, accept(c->s, NULL, NULL) == INVALID_SOCKET ? -1 : 0);
    return 0;
}

static DWORD WINAPI call_select(void *arg)
{
    struct call *c = arg;
    fd_set set = { 1, { c->s } };

    SetEvent(c->started);
    note_result(c, select(0, &set, NULL, NULL, NULL));
    return 0;
}

static DWORD WINAPI call_send(void *arg)
{
    struct call *c = arg;
    static char data[1 << 16];
    int n;

    SetEvent(c->started);
    do
        n = send(c->s, data, sizeof data, 0);
    while (n >= 0);
    note_result(c, n);
    return 0;
}

static void close_during(DWORD(WINAPI *fn)(void *), SOCKET s, struct call *c)
{
    HANDLE thread;

    c->s = s;
    c->started = CreateEventA(NULL, FALSE, FALSE, NULL);
    thread = thread_start(fn, c);
    WaitForSingleObject(c->started, INFINITE);
    Sleep(60);
    CHECK_OK(closesocket(s));
    thread_join(thread);
}

static void check_ended(const struct call *c)
{
    CHECK_INT(c->ret, -1);
    if (c->err != WSAEINTR && c->err != WSAENOTSOCK && c->err != WSAECONNABORTED)
        CHECK_ERR(c->err, WSAEINTR);
}

static void blocking_recv(void)
{
    SOCKET pair[2];
    struct call c;

    tcp_pair(AF_INET, pair);
    close_during(call_recv, pair[0], &c);
    check_ended(&c);
}

static void blocking_send(void)
{
    SOCKET pair[2];
    struct call c;

    tcp_pair(AF_INET, pair);
    close_during(call_send, pair[0], &c);
    check_ended(&c);
}

static void blocking_recvfrom(void)
{
    struct call c;

    close_during(call_recvfrom, udp_bound(AF_INET, NULL), &c);
    check_ended(&c);
}

static void blocking_accept(void)
{
    struct call c;

    close_during(call_accept, tcp_listen(AF_INET, NULL), &c);
    check_ended(&c);
}

/* select wakes: either it fails, or it reports the socket, whose next use says what happened. */
static void blocking_select(void)
{
    SOCKET pair[2];
    struct call c;

    tcp_pair(AF_INET, pair);
    close_during(call_select, pair[0], &c);
    if (c.ret == -1)
        check_ended(&c);
    else
        CHECK_INT(c.ret, 1);
}

static void overlapped_recv_event(void)
{
    SOCKET pair[2];
    OVERLAPPED o = { .hEvent = WSACreateEvent() };
    char byte;
    WSABUF buf = { 1, &byte };
    DWORD flags = 0, n;

    tcp_pair(AF_INET, pair);
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, &o, NULL), WSA_IO_PENDING);
    CHECK_OK(closesocket(pair[0]));
    CHECK(WaitForSingleObject(o.hEvent, 5000) == WAIT_OBJECT_0);
    CHECK_DIFFERS((unsigned)o.Internal, 0xC0000241u, 0xC0000120u); /* CONNECTION_ABORTED, CANCELLED */
    SetLastError(0);
    CHECK(!GetOverlappedResult((HANDLE)pair[0], &o, &n, FALSE));
    CHECK_DIFFERS(GetLastError(), ERROR_CONNECTION_ABORTED, ERROR_OPERATION_ABORTED);
}

/* TCP: connection aborted; UDP: cancelled (wine-afd.md 3.13). One packet each. */
static void overlapped_recv_port(void)
{
    static const struct {
        int type;
        DWORD err;
    } rows[] = { { SOCK_STREAM, ERROR_CONNECTION_ABORTED }, { SOCK_DGRAM, ERROR_OPERATION_ABORTED } };

    for (int i = 0; i < 2; i++) {
        HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
        OVERLAPPED o[3], *done;
        char byte[3];
        DWORD flags = 0, n;
        ULONG_PTR key;
        SOCKET pair[2];

        check_about(i ? "UDP" : "TCP");
        memset(o, 0, sizeof o);
        if (i)
            udp_pair(AF_INET, pair);
        else
            tcp_pair(AF_INET, pair);
        CHECK(CreateIoCompletionPort((HANDLE)pair[0], port, 77, 0) == port);
        for (int k = 0; k < 3; k++) {
            WSABUF buf = { 1, &byte[k] };

            CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, &o[k], NULL), WSA_IO_PENDING);
        }
        CHECK_OK(closesocket(pair[0]));
        for (int k = 0; k < 3; k++) {
            done = NULL;
            SetLastError(0);
            CHECK(!GetQueuedCompletionStatus(port, &n, &key, &done, 5000));
            CHECK_DIFFERS(GetLastError(), rows[i].err, ERROR_OPERATION_ABORTED);
            NEED(done >= &o[0] && done <= &o[2]);
            CHECK(done->Internal != 0x103);
            CHECK_INT(key, 77);
            CHECK_INT(n, 0);
        }
        done = NULL;
        CHECK(!GetQueuedCompletionStatus(port, &n, &key, &done, 0) && !done);
    }
}

static int routine_calls;
static DWORD routine_err;

static void CALLBACK routine(DWORD err, DWORD bytes, OVERLAPPED *o, DWORD flags)
{
    (void)bytes, (void)o, (void)flags;
    routine_calls++;
    routine_err = err;
}

static void overlapped_recv_routine(void)
{
    SOCKET pair[2];
    OVERLAPPED o = { 0 };
    char byte;
    WSABUF buf = { 1, &byte };
    DWORD flags = 0;

    tcp_pair(AF_INET, pair);
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, &o, routine), WSA_IO_PENDING);
    CHECK_OK(closesocket(pair[0]));
    while (!routine_calls)
        SleepEx(INFINITE, TRUE);
    CHECK_INT(routine_calls, 1);
    if (routine_err != WSAECONNABORTED)
        CHECK_ERR(routine_err, WSA_OPERATION_ABORTED);
}

static void cancel_io_ex(void)
{
    SOCKET pair[2];
    OVERLAPPED o = { .hEvent = WSACreateEvent() }, other = { .hEvent = WSACreateEvent() };
    char byte[2];
    WSABUF buf = { 1, byte }, buf2 = { 1, byte + 1 };
    DWORD flags = 0, n;

    tcp_pair(AF_INET, pair);
    CHECK_FAILS(WSARecv(pair[0], &buf, 1, NULL, &flags, &o, NULL), WSA_IO_PENDING);
    CHECK_FAILS(WSARecv(pair[0], &buf2, 1, NULL, &flags, &other, NULL), WSA_IO_PENDING);
    CHECK_FALSE(WSAGetOverlappedResult(pair[0], &o, &n, FALSE, &flags), WSA_IO_INCOMPLETE);
    CHECK(CancelIoEx((HANDLE)pair[0], &o));
    CHECK(WaitForSingleObject(o.hEvent, 5000) == WAIT_OBJECT_0);
    CHECK_FALSE(WSAGetOverlappedResult(pair[0], &o, &n, FALSE, &flags), WSA_OPERATION_ABORTED);
    check_about("the other receive still works");
    CHECK(WaitForSingleObject(other.hEvent, 0) == WAIT_TIMEOUT);
    send_all(pair[1], "z", 1);
    CHECK_TRUE(WSAGetOverlappedResult(pair[0], &other, &n, TRUE, &flags));
    CHECK_INT(n, 1);
    CHECK_INT(byte[1], 'z');
}

static void closed_handle_everywhere(void)
{
    SOCKET s = tcp_new(AF_INET);

    CHECK_OK(closesocket(s));
    CHECK_FAILS(closesocket(s), WSAENOTSOCK);
    CHECK_FAILS(listen(s, 1), WSAENOTSOCK);
}

/* CloseHandle instead of closesocket: the handle is gone, later calls say so, a new socket of that value is clean. */
static void close_handle_behind_our_back(void)
{
    for (int i = 0; i < 50; i++) {
        SOCKET s = tcp_new(AF_INET), t;
        char c;

        NEED(CloseHandle((HANDLE)s));
        CHECK_FAILS(recv(s, &c, 1, 0), WSAENOTSOCK);
        t = i & 1 ? udp_bound(AF_INET6, NULL) : tcp_new(AF_INET6);
        if (i & 1) {
            int type = 0, len = sizeof type;

            CHECK_OK(getsockopt(t, SOL_SOCKET, SO_TYPE, (char *)&type, &len));
            CHECK_INT(type, SOCK_DGRAM);
        } else {
            CHECK_FAILS(recv(t, &c, 1, 0), WSAENOTCONN);
        }
        CHECK_OK(closesocket(t));
    }
}

const struct test_case test_cases[] = {
    { "blocking-recv", blocking_recv },
    { "blocking-send", blocking_send },
    { "blocking-recvfrom", blocking_recvfrom },
    { "blocking-accept", blocking_accept },
    { "blocking-select", blocking_select },
    { "overlapped-recv-event", overlapped_recv_event },
    { "overlapped-recv-port", overlapped_recv_port },
    { "overlapped-recv-routine", overlapped_recv_routine },
    { "cancel-io-ex", cancel_io_ex },
    { "closed-handle", closed_handle_everywhere },
    { "close-handle-behind-our-back", close_handle_behind_our_back },
    { 0 },
};
