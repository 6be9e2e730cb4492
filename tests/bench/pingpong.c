/* SPDX-License-Identifier: MIT */
/* How long does a message take there and back when both sides wait for it in a blocking recv? Two threads. */
#include "bench.h"
#include "pair.h"

static SOCKET pair[2];
static thread_handle thread;
static char ours[65536], theirs[65536];

static THREAD_RUN echo_tcp(void *arg)
{
    long size = ((const struct bench_case *)arg)->size;

    while (recv_all(pair[1], theirs, size))
        send_all(pair[1], theirs, size);
    return 0;
}

static THREAD_RUN echo_udp(void *arg)
{
    (void)arg;
    for (;;) {
        long got = recv(pair[1], theirs, sizeof theirs, 0);

        if (got < 0)
            bench_fail("recv (echo)");
        if (!got)
            return 0;
        send_all(pair[1], theirs, got);
    }
}

static void tcp_open(const struct bench_case *c)
{
    tcp_pair(pair);
    thread = thread_start(echo_tcp, (void *)c);
}

static void udp_open(const struct bench_case *c)
{
    udp_pair(pair);
    thread = thread_start(echo_udp, (void *)c);
}

static void run(const struct bench_case *c, long n)
{
    for (long i = 0; i < n; i++) {
        send_all(pair[0], ours, c->size);
        if (!recv_all(pair[0], ours, c->size))
            bench_fail("recv (end of stream)");
    }
}

static void tcp_close(const struct bench_case *c)
{
    (void)c;
    closesocket(pair[0]);
    thread_join(thread);
    closesocket(pair[1]);
}

static void udp_close(const struct bench_case *c)
{
    (void)c;
    if (send(pair[0], ours, 0, 0))
        bench_fail("send (nothing)");
    thread_join(thread);
    closesocket(pair[0]);
    closesocket(pair[1]);
}

const struct bench_case bench_cases[] = {
    { .name = "pingpong-tcp-1", .open = tcp_open, .run = run, .close = tcp_close, .size = 1 },
    { .name = "pingpong-tcp-64", .open = tcp_open, .run = run, .close = tcp_close, .size = 64 },
    { .name = "pingpong-tcp-16k", .open = tcp_open, .run = run, .close = tcp_close, .size = 16384 },
    { .name = "pingpong-udp-64", .open = udp_open, .run = run, .close = udp_close, .size = 64 },
    { 0 },
};
