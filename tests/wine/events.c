/* SPDX-License-Identifier: MIT */
/* WSAEventSelect and WSAAsyncSelect: which events come when, and how often (wine-afd.md 3.14). */
#include "net.h"
#include <string.h>

#define ALL (FD_READ | FD_WRITE | FD_OOB | FD_ACCEPT | FD_CONNECT | FD_CLOSE)

static WSAEVENT event;
static WSANETWORKEVENTS got;

/* Everything that is recorded until `want` is complete or 3 s have gone. */
static long collect(SOCKET s, long want)
{
    long seen = 0;
    DWORD start = GetTickCount();

    memset(&got, 0, sizeof got);
    while ((seen & want) != want && GetTickCount() - start < 3000) {
        WSAWaitForMultipleEvents(1, &event, FALSE, 300, FALSE);
        CHECK_OK(WSAEnumNetworkEvents(s, event, &got));
        seen |= got.lNetworkEvents;
    }
    return seen;
}

/* What is recorded now; nothing is waited for. */
static long look(SOCKET s)
{
    CHECK_OK(WSAEnumNetworkEvents(s, event, &got));
    return got.lNetworkEvents;
}

static void connecting(void)
{
    union addr at;
    SOCKET listener = tcp_listen(AF_INET, &at), c = tcp_new(AF_INET), s;
    WSAEVENT other = WSACreateEvent();

    event = WSACreateEvent();
    CHECK_OK(WSAEventSelect(c, event, ALL));
    CHECK_OK(WSAEventSelect(listener, other, FD_ACCEPT | FD_WRITE));
    CHECK_FAILS(connect(c, &at.sa, sizeof at.v4), WSAEWOULDBLOCK);
    CHECK_INT(collect(c, FD_CONNECT | FD_WRITE), FD_CONNECT | FD_WRITE);
    CHECK_ERR(got.iErrorCode[FD_CONNECT_BIT], 0);
    CHECK(WaitForSingleObject(other, 3000) == WAIT_OBJECT_0);
    CHECK_OK(WSAEnumNetworkEvents(listener, other, &got));
    CHECK_INT(got.lNetworkEvents, FD_ACCEPT);
    s = accept(listener, NULL, NULL);
    NEED(s != INVALID_SOCKET);
    check_about("an accepted socket inherits the selection and has FD_WRITE");
    CHECK(WaitForSingleObject(other, 3000) == WAIT_OBJECT_0);
    CHECK_OK(WSAEnumNetworkEvents(s, other, &got));
    CHECK_INT(got.lNetworkEvents, FD_WRITE);
    check_about("the event is reset by the enumeration");
    CHECK(WaitForSingleObject(other, 0) == WAIT_TIMEOUT);
    check_about("nothing is left");
    CHECK_INT(look(c), 0);
    check_about("selecting made it nonblocking");
    CHECK_FAILS(recv(c, (char *)&at, 1, 0), WSAEWOULDBLOCK);
}

static void refused(void)
{
    union addr at;
    SOCKET closed = tcp_listen(AF_INET, &at), c = tcp_new(AF_INET);

    closesocket(closed);
    event = WSACreateEvent();
    CHECK_OK(WSAEventSelect(c, event, ALL));
    CHECK_FAILS(connect(c, &at.sa, sizeof at.v4), WSAEWOULDBLOCK);
    CHECK_INT(collect(c, FD_CONNECT), FD_CONNECT);
    CHECK_ERR(got.iErrorCode[FD_CONNECT_BIT], WSAECONNREFUSED);
}

static void reading(void)
{
    SOCKET pair[2];
    char buf[10];

    event = WSACreateEvent();
    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAEventSelect(pair[0], event, FD_READ | FD_CLOSE));
    send_all(pair[1], "abcd", 4);
    CHECK_INT(collect(pair[0], FD_READ), FD_READ);
    check_about("not again without a recv");
    CHECK_INT(look(pair[0]), 0);
    check_about("again after a recv that leaves data");
    CHECK_RET(recv(pair[0], buf, 1, 0), 1);
    CHECK_INT(collect(pair[0], FD_READ), FD_READ);
    CHECK_RET(recv(pair[0], buf, 3, 0), 3);
    check_about("not when nothing is left");
    CHECK_INT(look(pair[0]), 0);
    check_about("the end");
    CHECK_OK(closesocket(pair[1]));
    CHECK_INT(collect(pair[0], FD_CLOSE), FD_CLOSE);
    CHECK_ERR(got.iErrorCode[FD_CLOSE_BIT], 0);
    CHECK_INT(look(pair[0]), 0);
}

static void reset_is_close_with_error(void)
{
    SOCKET pair[2];

    event = WSACreateEvent();
    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAEventSelect(pair[0], event, FD_READ | FD_CLOSE));
    reset_connection(pair[1]);
    CHECK_INT(collect(pair[0], FD_CLOSE) & FD_CLOSE, FD_CLOSE);
    CHECK_ERR(got.iErrorCode[FD_CLOSE_BIT], WSAECONNABORTED);
}

/* Sends blocks until no more fits, and takes all on the other side, with what was sent before. */
static void fill_and_drain(SOCKET pair[2], int block_bytes, long long sent)
{
    static char block[1 << 18], in[1 << 18];
    long long taken = 0;
    int n;

    while ((n = send(pair[0], block, block_bytes, 0)) > 0)
        sent += n;
    CHECK_ERR(WSAGetLastError(), WSAEWOULDBLOCK);
    while (taken < sent)
        taken += recv_all(pair[1], in, sent - taken < (int)sizeof in ? (int)(sent - taken) : (int)sizeof in);
}

/* FD_WRITE comes after the select and then only after a send that did not fit. */
static void writing(void)
{
    int bytes = 1 << 14;
    SOCKET pair[2];

    event = WSACreateEvent();
    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAEventSelect(pair[0], event, FD_WRITE));
    CHECK_INT(collect(pair[0], FD_WRITE), FD_WRITE);
    CHECK_RET(send(pair[0], "x", 1, 0), 1);
    check_about("a send that fits brings none");
    CHECK_INT(look(pair[0]), 0);
    check_about("after one that did not");
    fill_and_drain(pair, 1 << 18, 1);
    CHECK_INT(collect(pair[0], FD_WRITE), FD_WRITE);
    check_about("and one of which not even a part did");
    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAEventSelect(pair[0], event, FD_WRITE));
    CHECK_INT(collect(pair[0], FD_WRITE), FD_WRITE);
    CHECK_OK(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, (char *)&bytes, sizeof bytes));
    CHECK_OK(setsockopt(pair[1], SOL_SOCKET, SO_RCVBUF, (char *)&bytes, sizeof bytes));
    fill_and_drain(pair, 512, 0);
    CHECK_INT(collect(pair[0], FD_WRITE), FD_WRITE);
    check_about("and while nothing was selected");
    CHECK_OK(WSAEventSelect(pair[0], NULL, 0));
    fill_and_drain(pair, 512, 0);
    CHECK_OK(WSAEventSelect(pair[0], event, FD_WRITE));
    CHECK_INT(collect(pair[0], FD_WRITE), FD_WRITE);
}

static void several_accepts(void)
{
    union addr at;
    SOCKET listener = tcp_listen(AF_INET, &at), c[3];

    event = WSACreateEvent();
    CHECK_OK(WSAEventSelect(listener, event, FD_ACCEPT));
    for (int i = 0; i < 3; i++) {
        c[i] = tcp_new(AF_INET);
        NEED_OK(connect(c[i], &at.sa, sizeof at.v4));
    }
    for (int i = 0; i < 3; i++) {
        check_about("connection %d", i);
        CHECK_INT(collect(listener, FD_ACCEPT), FD_ACCEPT);
        CHECK(accept(listener, NULL, NULL) != INVALID_SOCKET);
    }
}

static void event_misuse(void)
{
    SOCKET s = tcp_new(AF_INET), pair[2];

    CHECK_FAILS(WSAEventSelect(s, NULL, FD_READ), WSAEINVAL);
    CHECK_OK(WSAEventSelect(s, NULL, 0));
    tcp_pair(AF_INET, pair);
    event = WSACreateEvent();
    CHECK_OK(WSAEventSelect(pair[0], event, FD_READ));
    CHECK_FAILS(WSAEnumNetworkEvents(pair[0], event, NULL), WSAEFAULT);
    check_about("cleared: the event is no longer set");
    CHECK_OK(WSAEventSelect(pair[0], NULL, 0));
    send_all(pair[1], "x", 1);
    NEED(wait_readable(pair[0]));
    CHECK(WaitForSingleObject(event, 50) == WAIT_TIMEOUT);
}

/* Only the codes of reported events are written (measured on Windows). */
static void only_reported_codes_written(void)
{
    SOCKET pair[2];

    event = WSACreateEvent();
    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAEventSelect(pair[0], event, FD_READ | FD_WRITE | FD_CLOSE));
    CHECK(WaitForSingleObject(event, 3000) == WAIT_OBJECT_0);
    memset(&got, 0x5a, sizeof got);
    CHECK_INT(look(pair[0]) & FD_WRITE, FD_WRITE);
    CHECK_INT(got.iErrorCode[FD_WRITE_BIT], 0);
    CHECK_INT(got.iErrorCode[FD_READ_BIT], 0x5a5a5a5a);
}

/* ---- messages ---- */

#define WM_NET (WM_USER + 3)

static HWND window(void)
{
    HWND w = message_window();

    NEED(w);
    return w;
}

/* The next message about `s`, or 0 after `ms`. */
static LPARAM next_message(HWND w, SOCKET s, DWORD ms)
{
    DWORD start = GetTickCount();

    for (;;) {
        MSG msg;

        if (PeekMessageA(&msg, w, WM_NET, WM_NET, PM_REMOVE)) {
            CHECK_INT(msg.wParam, s);
            return msg.lParam;
        }
        if (GetTickCount() - start >= ms)
            return 0;
        MsgWaitForMultipleObjects(0, NULL, FALSE, 50, QS_ALLINPUT);
    }
}

static void messages(void)
{
    HWND w = window();
    SOCKET pair[2];
    char buf[10];

    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAAsyncSelect(pair[0], w, WM_NET, FD_READ | FD_WRITE | FD_CLOSE));
    CHECK_INT(next_message(w, pair[0], 3000), FD_WRITE);
    send_all(pair[1], "ab", 2);
    CHECK_INT(next_message(w, pair[0], 3000), FD_READ);
    check_about("one message for one arrival");
    CHECK_INT(next_message(w, pair[0], 100), 0);
    CHECK_RET(recv(pair[0], buf, 1, 0), 1);
    CHECK_INT(next_message(w, pair[0], 3000), FD_READ);
    CHECK_RET(recv(pair[0], buf, 1, 0), 1);
    CHECK_INT(next_message(w, pair[0], 100), 0);
    check_about("selecting again posts what is true again");
    CHECK_OK(WSAAsyncSelect(pair[0], w, WM_NET, FD_READ | FD_WRITE | FD_CLOSE));
    CHECK_INT(next_message(w, pair[0], 3000), FD_WRITE);
    CHECK_OK(closesocket(pair[1]));
    CHECK_INT(next_message(w, pair[0], 3000), FD_CLOSE);
    check_about("our own close posts nothing");
    CHECK_OK(closesocket(pair[0]));
    CHECK_INT(next_message(w, pair[0], 100), 0);
}

static void message_errors(void)
{
    union addr at;
    HWND w = window();
    SOCKET closed = tcp_listen(AF_INET, &at), c = tcp_new(AF_INET), pair[2];

    closesocket(closed);
    CHECK_OK(WSAAsyncSelect(c, w, WM_NET, FD_CONNECT));
    CHECK_FAILS(connect(c, &at.sa, sizeof at.v4), WSAEWOULDBLOCK);
    CHECK_INT(next_message(w, c, 5000), WSAMAKESELECTREPLY(FD_CONNECT, WSAECONNREFUSED));
    check_about("reset");
    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAAsyncSelect(pair[0], w, WM_NET, FD_CLOSE));
    reset_connection(pair[1]);
    CHECK_DIFFERS(next_message(w, pair[0], 5000), WSAMAKESELECTREPLY(FD_CLOSE, WSAECONNABORTED), FD_CLOSE);
    check_about("no such window");
    CHECK_FAILS(WSAAsyncSelect(c, (HWND)(ULONG_PTR)0xdead0, WM_NET, FD_READ), WSAEINVAL);
}

static void last_selection_wins(void)
{
    HWND w = window();
    SOCKET pair[2];

    event = WSACreateEvent();
    tcp_pair(AF_INET, pair);
    CHECK_OK(WSAAsyncSelect(pair[0], w, WM_NET, FD_READ));
    CHECK_OK(WSAEventSelect(pair[0], event, FD_READ));
    send_all(pair[1], "x", 1);
    CHECK(WaitForSingleObject(event, 3000) == WAIT_OBJECT_0);
    CHECK_INT(next_message(w, pair[0], 100), 0);
    CHECK_OK(WSAAsyncSelect(pair[0], w, WM_NET, FD_READ));
    CHECK_INT(next_message(w, pair[0], 3000), FD_READ);
    check_about("none");
    CHECK_OK(WSAAsyncSelect(pair[0], w, 0, 0));
    send_all(pair[1], "x", 1);
    CHECK_INT(next_message(w, pair[0], 100), 0);
}

static void accepted_inherits_messages(void)
{
    union addr at;
    HWND w = window();
    SOCKET listener = tcp_listen(AF_INET, &at), c = tcp_new(AF_INET), s;

    CHECK_OK(WSAAsyncSelect(listener, w, WM_NET, FD_ACCEPT | FD_READ | FD_WRITE));
    NEED_OK(connect(c, &at.sa, sizeof at.v4));
    CHECK_INT(next_message(w, listener, 3000), FD_ACCEPT);
    s = accept(listener, NULL, NULL);
    NEED(s != INVALID_SOCKET);
    CHECK_INT(next_message(w, s, 3000), FD_WRITE);
    send_all(c, "x", 1);
    CHECK_INT(next_message(w, s, 3000), FD_READ);
}

const struct test_case test_cases[] = {
    { "connecting", connecting },
    { "refused", refused },
    { "reading", reading },
    { "reset-is-close-with-error", reset_is_close_with_error },
    { "writing", writing },
    { "several-accepts", several_accepts },
    { "misuse", event_misuse },
    { "only-reported-codes-written", only_reported_codes_written },
    { "messages", messages },
    { "message-errors", message_errors },
    { "last-selection-wins", last_selection_wins },
    { "accepted-inherits-messages", accepted_inherits_messages },
    { 0 },
};
