/* SPDX-License-Identifier: MIT */
/*
 * What does a connection cost from socket to closesocket, the way a program with nonblocking sockets makes
 * it: connect, wait for it in WSAPoll, accept on the other side, close both? One thread plays both sides.
 */
#include "bench.h"
#include "pair.h"

static SOCKET listener;
static struct sockaddr_in at;

static void open(const struct bench_case *c)
{
    uint16_t port;

    (void)c;
    listener = tcp_listen(&port);
    at = loopback(port);
    close_hard(listener);
    if (port_nonblocking(listener, 1))
        bench_fail("FIONBIO");
}

static void run(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++) {
        SOCKET out = tcp_new(), in;
        WSAPOLLFD wait = { .fd = out, .events = POLLWRNORM };

        if (port_nonblocking(out, 1))
            bench_fail("FIONBIO");
        if (connect(out, (struct sockaddr *)&at, sizeof at) && !port_would_block(port_error()))
            bench_fail("connect");
        if (WSAPoll(&wait, 1, 5000) != 1 || !(wait.revents & POLLWRNORM))
            bench_fail("WSAPoll: not connected");
        in = accept(listener, NULL, NULL);
        if (in == INVALID_SOCKET)
            bench_fail("accept");
        closesocket(in);
        closesocket(out);
    }
}

static void close_listener(const struct bench_case *c)
{
    (void)c;
    closesocket(listener);
}

const struct bench_case bench_cases[] = {
    { .name = "connect-accept", .open = open, .run = run, .close = close_listener },
    { 0 },
};
