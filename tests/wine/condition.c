/* SPDX-License-Identifier: MIT */
/* WSAAccept's condition function: accept, reject, defer. */
#include "net.h"
#include <string.h>

static union addr at, caller, callee;
static int calls, answer;
static DWORD thread_id;

static int CALLBACK condition(LPWSABUF caller_id, LPWSABUF caller_data, LPQOS qos, LPQOS group_qos, LPWSABUF callee_id,
                              LPWSABUF callee_data, GROUP *group, DWORD_PTR context)
{
    (void)caller_data, (void)qos, (void)group_qos, (void)callee_data, (void)group;
    calls++;
    thread_id = GetCurrentThreadId();
    CHECK_INT(context, 0x1234567);
    NEED(caller_id && callee_id);
    CHECK_INT(caller_id->len, sizeof(struct sockaddr_in));
    memcpy(&caller, caller_id->buf, sizeof caller.v4);
    memcpy(&callee, callee_id->buf, sizeof callee.v4);
    return answer;
}

static SOCKET connect_to(void)
{
    SOCKET c = tcp_new(AF_INET);

    NEED_OK(connect(c, &at.sa, sizeof at.v4));
    return c;
}

static void accepts(void)
{
    SOCKET listener = tcp_listen(AF_INET, &at), c = connect_to(), s;
    union addr mine, peer;
    int len = sizeof mine, peer_len = sizeof peer;

    answer = CF_ACCEPT;
    s = WSAAccept(listener, &peer.sa, &peer_len, condition, 0x1234567);
    NEED(s != INVALID_SOCKET);
    CHECK_INT(calls, 1);
    CHECK_INT(thread_id, GetCurrentThreadId());
    CHECK_OK(getsockname(c, &mine.sa, &len));
    CHECK(!memcmp(&caller, &mine, 8));
    CHECK(!memcmp(&callee, &at, 8));
    CHECK_INT(peer_len, sizeof peer.v4);
    CHECK(!memcmp(&peer, &mine, 8));
    send_all(c, "k", 1);
    CHECK_INT(recv_all(s, &len, 1), 1);
}

static void rejects(void)
{
    SOCKET listener = tcp_listen(AF_INET, &at), c = connect_to();
    char byte;
    int n;

    answer = CF_REJECT;
    CHECK_FAILS(WSAAccept(listener, NULL, NULL, condition, 0x1234567), WSAECONNREFUSED);
    CHECK_INT(calls, 1);
    n = recv(c, &byte, 1, 0);
    CHECK(n == 0 || (n == -1 && WSAGetLastError() == WSAECONNRESET));
    check_about("the connection is gone from the backlog");
    set_nonblocking(listener, 1);
    CHECK_FAILS(accept(listener, NULL, NULL), WSAEWOULDBLOCK);
}

static void defers(void)
{
    SOCKET listener = tcp_listen(AF_INET, &at), c = connect_to(), s;
    fd_set r = { 1, { listener } };
    struct timeval now = { 0, 0 };
    char byte;

    answer = CF_DEFER;
    CHECK_FAILS(WSAAccept(listener, NULL, NULL, condition, 0x1234567), WSATRY_AGAIN);
    check_about("still waiting: select says so, and it is offered again");
    CHECK_RET(select(0, &r, NULL, NULL, &now), 1);
    CHECK_FAILS(WSAAccept(listener, NULL, NULL, condition, 0x1234567), WSATRY_AGAIN);
    CHECK_INT(calls, 2);
    answer = CF_ACCEPT;
    s = WSAAccept(listener, NULL, NULL, condition, 0x1234567);
    NEED(s != INVALID_SOCKET);
    CHECK_INT(calls, 3);
    send_all(c, "k", 1);
    CHECK_INT(recv_all(s, &byte, 1), 1);
}

static void deferred_by_plain_accept(void)
{
    SOCKET listener = tcp_listen(AF_INET, &at), c = connect_to(), s;
    char byte;

    answer = CF_DEFER;
    CHECK_FAILS(WSAAccept(listener, NULL, NULL, condition, 0x1234567), WSATRY_AGAIN);
    s = accept(listener, NULL, NULL);
    NEED(s != INVALID_SOCKET);
    send_all(c, "k", 1);
    CHECK_INT(recv_all(s, &byte, 1), 1);
}

static void conditional_accept_option(void)
{
    SOCKET listener = tcp_new(AF_INET), c, s;
    BOOL on = TRUE;

    CHECK_OK(setsockopt(listener, SOL_SOCKET, SO_CONDITIONAL_ACCEPT, (char *)&on, sizeof on));
    bind_any_port(listener, AF_INET, &at);
    NEED_OK(listen(listener, 5));
    c = connect_to();
    answer = CF_ACCEPT;
    s = WSAAccept(listener, NULL, NULL, condition, 0x1234567);
    CHECK(s != INVALID_SOCKET);
    closesocket(c);
}

const struct test_case test_cases[] = {
    { "accepts", accepts },
    { "rejects", rejects },
    { "defers", defers },
    { "deferred-by-plain-accept", deferred_by_plain_accept },
    { "conditional-accept-option", conditional_accept_option },
    { 0 },
};
