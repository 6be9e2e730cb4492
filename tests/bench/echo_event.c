/* SPDX-License-Identifier: MIT */
/* An echo server on WSAEventSelect: an event for each connection, so at most 64 of them. */
#include "bench.h"
#include "serve.h"

static WSAEVENT events[WSA_MAXIMUM_WAIT_EVENTS];
static SOCKET *sockets;
static int live;

static void end(int i)
{
    closesocket(sockets[i]);
    WSACloseEvent(events[i]);
    live--;
    sockets[i] = sockets[live];
    events[i] = events[live];
}

static void handle(int i)
{
    WSANETWORKEVENTS happened;
    char data[4096];
    int got;

    if (WSAEnumNetworkEvents(sockets[i], events[i], &happened))
        bench_fail("WSAEnumNetworkEvents");
    if (happened.lNetworkEvents & FD_READ) {
        got = recv(sockets[i], data, sizeof data, 0);
        if (got > 0 && send(sockets[i], data, got, 0) != got)
            bench_fail("send");
    }
    if (happened.lNetworkEvents & FD_CLOSE)
        end(i);
}

void serve(SOCKET listener, int argc, char **argv)
{
    sockets = serve_accept_all(listener, argc, argv, &live);
    if (live > WSA_MAXIMUM_WAIT_EVENTS)
        bench_refuse("more than %d connections", WSA_MAXIMUM_WAIT_EVENTS);
    for (int i = 0; i < live; i++) {
        events[i] = WSACreateEvent();
        if (WSAEventSelect(sockets[i], events[i], FD_READ | FD_CLOSE))
            bench_fail("WSAEventSelect");
    }
    while (live) {
        DWORD i = WSAWaitForMultipleEvents((DWORD)live, events, FALSE, WSA_INFINITE, FALSE);

        if (i - WSA_WAIT_EVENT_0 >= (DWORD)live)
            bench_fail("WSAWaitForMultipleEvents");
        handle((int)(i - WSA_WAIT_EVENT_0));
    }
}
