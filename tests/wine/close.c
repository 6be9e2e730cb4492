/* SPDX-License-Identifier: MIT */
/* How connections end, seen from both sides: graceful, half, abortive, with data still on the way. */
#include "styles.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct style *const styles[] = {
    &style_blocking,         &style_select,           &style_wsapoll,         &style_eventselect, &style_asyncselect,
    &style_overlapped_event, &style_completion_routine, &style_completion_port, &style_port_skip,   &style_threadpool_io,
};

/* The peer closes after sending: data first, then the end, and the end again. */
static void graceful(void)
{
    for (int i = 0; i < COUNT(styles); i++) {
        SOCKET pair[2];
        struct conn *c;
        char buf[16];

        check_about("style %s", styles[i]->name);
        tcp_pair(AF_INET, pair);
        c = conn_new(styles[i], pair[1], AF_INET, SOCK_STREAM);
        send_all(pair[0], "last", 4);
        CHECK_OK(closesocket(pair[0]));
        CHECK_RET(conn_recv_all(c, buf, 4), 4);
        CHECK_BYTES(buf, "last", 4);
        CHECK_RET(styles[i]->recv(c, buf, sizeof buf), 0);
        CHECK_RET(styles[i]->recv(c, buf, sizeof buf), 0);
        conn_free(c);
    }
}

/* After SD_SEND the other direction still works; after the answer the end is seen by both. */
static void half(void)
{
    for (int i = 0; i < COUNT(styles); i++) {
        SOCKET pair[2];
        struct conn *c;
        char buf[16];

        check_about("style %s", styles[i]->name);
        tcp_pair(AF_INET6, pair);
        c = conn_new(styles[i], pair[1], AF_INET6, SOCK_STREAM);
        send_all(pair[0], "question", 8);
        CHECK_OK(shutdown(pair[0], SD_SEND));
        CHECK_FAILS(send(pair[0], "x", 1, 0), WSAESHUTDOWN);
        CHECK_RET(conn_recv_all(c, buf, 8), 8);
        CHECK_RET(styles[i]->recv(c, buf, sizeof buf), 0);
        CHECK_RET(conn_send_all(c, "answer", 6), 6);
        CHECK_OK(shutdown(c->s, SD_SEND));
        CHECK_INT(recv_all(pair[0], buf, sizeof buf), 6);
        CHECK_BYTES(buf, "answer", 6);
        CHECK_OK(closesocket(pair[0]));
        conn_free(c);
    }
}

/* The reset comes while nothing is pending: the next receive says so, in every style. */
static void abortive(void)
{
    for (int i = 0; i < COUNT(styles); i++) {
        SOCKET pair[2];
        struct conn *c;
        char buf[16];

        check_about("style %s", styles[i]->name);
        tcp_pair(AF_INET, pair);
        c = conn_new(styles[i], pair[1], AF_INET, SOCK_STREAM);
        reset_connection(pair[0]);
        if (styles[i] == &style_completion_port || styles[i] == &style_threadpool_io)
            CHECK_DIFFERS(styles[i]->recv(c, buf, sizeof buf), -1, 0);
        else
            CHECK_FAILS2(styles[i]->recv(c, buf, sizeof buf), WSAECONNRESET, ERROR_NETNAME_DELETED);
        conn_free(c);
    }
}

static DWORD WINAPI reset_when_told(void *arg)
{
    SOCKET *s = arg;
    char c;

    NEED(recv(*s, &c, 1, 0) == 1);
    Sleep(50); /* so that the receive is pending most of the time; the result is the same either way */
    reset_connection(*s);
    return 0;
}

/* The reset comes while the receive is pending. */
static void abortive_while_pending(void)
{
    for (int i = 0; i < COUNT(styles); i++) {
        SOCKET pair[2];
        struct conn *c;
        HANDLE thread;
        char buf[16];

        check_about("style %s", styles[i]->name);
        tcp_pair(AF_INET, pair);
        c = conn_new(styles[i], pair[1], AF_INET, SOCK_STREAM);
        thread = thread_start(reset_when_told, &pair[0]);
        CHECK_RET(conn_send_all(c, "x", 1), 1);
        CHECK_FAILS2(styles[i]->recv(c, buf, sizeof buf), WSAECONNRESET, ERROR_NETNAME_DELETED);
        thread_join(thread);
        conn_free(c);
    }
}

/* Closing with unread data resets the connection: the peer must not take it for a clean end. */
static void close_with_unread_data(void)
{
    SOCKET pair[2];
    char c;

    tcp_pair(AF_INET, pair);
    send_all(pair[0], "unread", 6);
    NEED(wait_readable(pair[1]));
    CHECK_OK(closesocket(pair[1]));
    CHECK_FAILS(recv(pair[0], &c, 1, 0), WSAECONNRESET);
    CHECK_OK(closesocket(pair[0]));
}

#define BIG (4 << 20)

struct transfer {
    SOCKET s;
    char *data;
};

static DWORD WINAPI receive_slowly(void *arg)
{
    struct transfer *t = arg;
    int n = recv_all(t->s, t->data, BIG);

    CHECK_INT(n, BIG);
    return pattern_check(t->data, n, 5);
}

/* What was sent before closesocket arrives whole: a blocking send, then close. */
static void send_then_close(void)
{
    SOCKET pair[2];
    struct transfer t = { 0, malloc(BIG) };
    char *data = malloc(BIG);
    HANDLE thread;

    pattern_fill(data, BIG, 5);
    tcp_pair(AF_INET, pair);
    t.s = pair[1];
    thread = thread_start(receive_slowly, &t);
    send_all(pair[0], data, BIG);
    CHECK_OK(closesocket(pair[0]));
    CHECK_INT(thread_join(thread), 1);
}

/* And an overlapped send that is still pending at closesocket: the peer gets all of it (wine-afd.md rule 5). */
static void pending_send_then_close(void)
{
    SOCKET pair[2];
    struct transfer t = { 0, malloc(BIG) };
    char *data = malloc(BIG);
    OVERLAPPED o = { .hEvent = WSACreateEvent() };
    WSABUF buf = { BIG, data };
    int sends = 0, result;
    HANDLE thread;

    pattern_fill(data, BIG, 5);
    tcp_pair(AF_INET, pair);
    t.s = pair[1];
    /* A relay between the two (a stream layer) takes some of them at once. */
    do {
        result = WSASend(pair[0], &buf, 1, NULL, 0, &o, NULL);
    } while (!result && ++sends < 16);
    CHECK_INT(result, SOCKET_ERROR);
    CHECK_ERR(WSAGetLastError(), WSA_IO_PENDING);
    CHECK_OK(closesocket(pair[0]));
    while (sends--) {
        CHECK_INT(recv_all(t.s, t.data, BIG), BIG);
        CHECK(pattern_check(t.data, BIG, 5));
    }
    thread = thread_start(receive_slowly, &t);
    CHECK_INT(thread_join(thread), 1);
    CHECK(WaitForSingleObject(o.hEvent, 5000) == WAIT_OBJECT_0);
    CHECK_INT((int)o.Internal, 0);
    CHECK_INT(o.InternalHigh, BIG);
}

/*
 * The same behind a shutdown(): closesocket() comes back before the peer has received anything, for both may be the business of one thread,
 * and all of it arrives.
 */
static void shutdown_then_close(void (*begin)(SOCKET s, char *data))
{
    SOCKET pair[2];
    struct transfer t = { 0, malloc(BIG + 1) };
    char *data = malloc(BIG);

    pattern_fill(data, BIG, 5);
    tcp_pair(AF_INET, pair);
    t.s = pair[1];
    begin(pair[0], data);
    CHECK_OK(shutdown(pair[0], SD_SEND));
    CHECK_OK(closesocket(pair[0]));
    for (int at = 0; at >= 0;) { /* BIG bytes as often as they were sent, and the end */
        int n = recv_all(t.s, t.data, BIG);

        at = n ? at + n : -1;
        NEED(!n || n == BIG);
        CHECK(!n || pattern_check(t.data, BIG, 5));
    }
    closesocket(t.s);
}

/* A nonblocking send that was taken whole, though only a part of it can have gone. */
static void send_nonblocking(SOCKET s, char *data)
{
    int sends = 0, sent;

    set_nonblocking(s, 1);
    do {
        sent = send(s, data, BIG, 0);
    } while (sent == BIG && ++sends < 64);
    CHECK_INT(sent, SOCKET_ERROR);
    CHECK_ERR(WSAGetLastError(), WSAEWOULDBLOCK);
}

static void rest_then_shutdown_and_close(void)
{
    shutdown_then_close(send_nonblocking);
}

/* CloseHandle() does not wait either, but what has not gone is lost (doc/differences.md). */
static void rest_then_close_handle(void)
{
    SOCKET pair[2];
    char *data = calloc(1, BIG);
    int n;

    tcp_pair(AF_INET, pair);
    send_nonblocking(pair[0], data);
    NEED(CloseHandle((HANDLE)pair[0]));
    do {
        n = recv_all(pair[1], data, BIG);
    } while (n == BIG);
    CHECK(n >= 0);
    closesocket(pair[1]);
}

static OVERLAPPED overlapped_send;

static void send_overlapped(SOCKET s, char *data)
{
    WSABUF buf = { BIG, data };
    int sends = 0, result;

    overlapped_send.hEvent = WSACreateEvent();
    do {
        result = WSASend(s, &buf, 1, NULL, 0, &overlapped_send, NULL);
    } while (!result && ++sends < 64);
    CHECK_INT(result, SOCKET_ERROR);
    CHECK_ERR(WSAGetLastError(), WSA_IO_PENDING);
}

static void pending_send_then_shutdown_and_close(void)
{
    shutdown_then_close(send_overlapped);
    CHECK(WaitForSingleObject(overlapped_send.hEvent, 5000) == WAIT_OBJECT_0);
    CHECK_INT((int)overlapped_send.Internal, 0);
    CHECK_INT(overlapped_send.InternalHigh, BIG);
}

static void linger_zero_resets(void)
{
    SOCKET pair[2];
    char c;

    tcp_pair(AF_INET, pair);
    reset_connection(pair[0]);
    NEED(wait_readable(pair[1]));
    CHECK_FAILS(recv(pair[1], &c, 1, 0), WSAECONNRESET);
    CHECK_FAILS2(send(pair[1], "x", 1, 0), WSAECONNRESET, WSAECONNABORTED);
}

static void set_linger(SOCKET s, unsigned short on, unsigned short seconds)
{
    struct linger value = { on, seconds };

    NEED_OK(setsockopt(s, SOL_SOCKET, SO_LINGER, (const char *)&value, sizeof value));
}

static SOCKET client_of(const union addr *at)
{
    SOCKET s = tcp_new(AF_INET);

    NEED_OK(connect(s, &at->sa, sizeof at->v4));
    return s;
}

static SOCKET accepted_with(SOCKET listener, int on)
{
    SOCKET s = accept(listener, NULL, NULL);
    struct linger value = { 7, 7 };
    int bytes = sizeof value;

    NEED(s != INVALID_SOCKET);
    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_LINGER, (char *)&value, &bytes));
    CHECK_INT(value.l_onoff != 0, on);
    return s;
}

static void closes(SOCKET s, SOCKET other, int reset)
{
    char c;

    CHECK_OK(closesocket(s));
    NEED(wait_readable(other));
    if (reset)
        CHECK_FAILS(recv(other, &c, 1, 0), WSAECONNRESET);
    else
        CHECK_RET(recv(other, &c, 1, 0), 0);
    closesocket(other);
}

static void linger_from_listener(void)
{
    union addr at;
    SOCKET listener = tcp_listen(AF_INET, &at), c, s;

    check_about("connected before it was asked for");
    c = client_of(&at);
    set_linger(listener, 1, 0);
    closes(accepted_with(listener, 1), c, 1);
    check_about("connected afterwards");
    c = client_of(&at);
    closes(accepted_with(listener, 1), c, 1);
    check_about("taken back on the connection");
    c = client_of(&at);
    s = accepted_with(listener, 1);
    set_linger(s, 0, 0);
    closes(s, c, 0);
    check_about("connected before it was taken back on the listener");
    c = client_of(&at);
    set_linger(listener, 0, 0);
    closes(accepted_with(listener, 0), c, 0);
    check_about("connected afterwards, without");
    c = client_of(&at);
    closes(accepted_with(listener, 0), c, 0);
    closesocket(listener);

    check_about("asked for before anybody could connect");
    listener = tcp_new(AF_INET);
    bind_any_port(listener, AF_INET, &at);
    set_linger(listener, 1, 0);
    NEED_OK(listen(listener, 5));
    c = client_of(&at);
    closes(accepted_with(listener, 1), c, 1);
    check_about("taken back on the connection, then");
    c = client_of(&at);
    s = accepted_with(listener, 1);
    set_linger(s, 0, 0);
    closes(s, c, 0);
}

static void linger_time_all_taken(void)
{
    struct linger wait = { 1, 2 };
    DWORD start = GetTickCount();
    SOCKET pair[2];
    char c[2];

    tcp_pair(AF_INET, pair);
    NEED_OK(setsockopt(pair[1], SOL_SOCKET, SO_LINGER, (char *)&wait, sizeof wait));
    send_all(pair[1], "hi", 2);
    CHECK_INT(recv_all(pair[0], c, 2), 2);
    CHECK_OK(closesocket(pair[1]));
    check_about("nothing unsent: close does not wait");
    CHECK(GetTickCount() - start < 1500);
    CHECK_RET(recv(pair[0], c, 1, 0), 0);
}

static void shutdown_both(void)
{
    SOCKET pair[2];
    char c;

    tcp_pair(AF_INET, pair);
    CHECK_OK(shutdown(pair[0], SD_BOTH));
    CHECK_FAILS(send(pair[0], "x", 1, 0), WSAESHUTDOWN);
    CHECK_FAILS(recv(pair[0], &c, 1, 0), WSAESHUTDOWN);
    CHECK_RET(recv(pair[1], &c, 1, 0), 0);
    CHECK_OK(shutdown(pair[1], SD_SEND));
    CHECK_OK(closesocket(pair[0]));
    CHECK_OK(closesocket(pair[1]));
}

static void disconnect_calls(void)
{
    SOCKET pair[2];
    char c;

    tcp_pair(AF_INET, pair);
    CHECK_OK(WSASendDisconnect(pair[0], NULL));
    CHECK_FAILS(send(pair[0], "x", 1, 0), WSAESHUTDOWN);
    CHECK_RET(recv(pair[1], &c, 1, 0), 0);
    send_all(pair[1], "y", 1);
    CHECK_RET(recv(pair[0], &c, 1, 0), 1);
    CHECK_OK(WSARecvDisconnect(pair[0], NULL));
    CHECK_FAILS(recv(pair[0], &c, 1, 0), WSAESHUTDOWN);
}

/* ---- the process ends ---- */

enum { LAST_WORDS = 8 << 20 }; /* more than the system's buffers on both sides take */

static int child(int argc, char **argv)
{
    union addr at = loopback(AF_INET, (unsigned short)atoi(argv[0]));
    HANDLE said = (HANDLE)(ULONG_PTR)strtoull(argv[1], NULL, 10);
    char *data = malloc(LAST_WORDS);
    BOOL overlapped = !strcmp(argv[2], "overlapped");
    WSABUF buf = {LAST_WORDS, data};
    OVERLAPPED o = {.hEvent = WSACreateEvent()};
    u_long on = 1;
    WSADATA wsa;
    SOCKET s;

    (void)argc;
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &wsa));
    s = tcp_new(AF_INET);
    NEED_OK(connect(s, &at.sa, sizeof at.v4));
    pattern_fill(data, LAST_WORDS, 7);
    if (overlapped) {
        NEED(!WSASend(s, &buf, 1, NULL, 0, &o, NULL) || WSAGetLastError() == WSA_IO_PENDING);
    } else {
        NEED_OK(ioctlsocket(s, FIONBIO, &on));
        NEED(send(s, data, LAST_WORDS, 0) == LAST_WORDS);
    }
    SetEvent(said);
    if (strcmp(argv[2], "open"))
        closesocket(s);
    if (!strcmp(argv[2], "cleanup"))
        WSACleanup();
    ExitProcess(0);
}

/* What the process was told is sent arrives, though it ends before anybody has received any of it. */
static void process_ends(void)
{
    static const char *const how[] = {"open", "closed", "cleanup", "overlapped"};
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    char *got = malloc(LAST_WORDS);

    for (int i = 0; i < COUNT(how); i++) {
        HANDLE said = CreateEventW(&inherited, TRUE, FALSE, NULL), process;
        int little = 8192;
        union addr at;
        SOCKET listener = tcp_listen(AF_INET, &at), s;
        char args[64];

        check_about("%s", how[i]);
        CHECK_OK(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, (char *)&little, sizeof little));
        sprintf(args, "%u %llu %s", ntohs(at.v4.sin_port), (unsigned long long)(ULONG_PTR)said, how[i]);
        process = child_start(args, 1);
        s = accept(listener, NULL, NULL);
        NEED(s != INVALID_SOCKET);
        NEED(WaitForSingleObject(said, 20000) == WAIT_OBJECT_0);
        CHECK_INT(recv_all(s, got, LAST_WORDS), LAST_WORDS);
        CHECK(pattern_check(got, LAST_WORDS, 7));
        CHECK_INT(child_wait(process), 0);
        CHECK_OK(closesocket(s));
        CHECK_OK(closesocket(listener));
        CloseHandle(said);
    }
    free(got);
}

__attribute__((constructor)) static void take_child_role(void)
{
    test_child = child;
}

static void shutdown_misuse(void)
{
    SOCKET pair[2], fresh = tcp_new(AF_INET), udp = udp_bound(AF_INET, NULL);
    char c;

    tcp_pair(AF_INET, pair);
    CHECK_FAILS(shutdown(pair[0], 3), WSAEINVAL);
    CHECK_FAILS(shutdown(pair[0], -1), WSAEINVAL);
    CHECK_FAILS(shutdown(fresh, SD_SEND), WSAENOTCONN);
    CHECK_FAILS(shutdown(fresh, SD_BOTH), WSAENOTCONN);
    CHECK_OK(shutdown(udp, SD_RECEIVE));
    CHECK_FAILS(recv(udp, &c, 1, 0), WSAESHUTDOWN);
}

const struct test_case test_cases[] = {
    { "graceful", graceful },
    { "half", half },
    { "abortive", abortive },
    { "abortive-while-pending", abortive_while_pending },
    { "with-unread-data", close_with_unread_data },
    { "send-then-close", send_then_close },
    { "pending-send-then-close", pending_send_then_close },
    { "rest-then-shutdown-and-close", rest_then_shutdown_and_close },
    { "rest-then-close-handle", rest_then_close_handle },
    { "pending-send-then-shutdown-and-close", pending_send_then_shutdown_and_close },
    { "linger-zero-resets", linger_zero_resets },
    { "linger-from-listener", linger_from_listener },
    { "linger-time-all-taken", linger_time_all_taken },
    { "shutdown-both", shutdown_both },
    { "disconnect-calls", disconnect_calls },
    { "shutdown-misuse", shutdown_misuse },
    { "process-ends", process_ends },
    { 0 },
};
