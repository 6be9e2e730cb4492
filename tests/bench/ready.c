/* SPDX-License-Identifier: MIT */
/* What do a send and a recv cost when neither has to wait? One thread, so nothing but the calls is measured. */
#include "bench.h"
#include "pair.h"

static SOCKET out, in;
static struct sockaddr_in to;
static char data[65536];

static void tcp_open(const struct bench_case *c)
{
    SOCKET pair[2];

    (void)c;
    tcp_pair(pair);
    out = pair[0];
    in = pair[1];
}

static void tcp_close(const struct bench_case *c)
{
    (void)c;
    closesocket(out);
    closesocket(in);
}

static void tcp_run(const struct bench_case *c, long n)
{
    for (long i = 0; i < n; i++) {
        if (send(out, data, (int)c->size, 0) != c->size)
            bench_fail("send");
        if (recv(in, data, (int)c->size, 0) != c->size)
            bench_fail("recv");
    }
}

static void udp_open(const struct bench_case *c)
{
    (void)c;
    in = udp_bound(&to);
}

static void udp_close(const struct bench_case *c)
{
    (void)c;
    closesocket(in);
}

/* One socket that sends to itself. */
static void udp_run(const struct bench_case *c, long n)
{
    for (long i = 0; i < n; i++) {
        struct sockaddr_in from;
        socklen_t from_len = sizeof from;

        if (sendto(in, data, (int)c->size, 0, (struct sockaddr *)&to, sizeof to) != c->size)
            bench_fail("sendto");
        if (recvfrom(in, data, sizeof data, 0, (struct sockaddr *)&from, &from_len) != c->size)
            bench_fail("recvfrom");
    }
}

const struct bench_case bench_cases[] = {
    { .name = "ready-tcp-64", .open = tcp_open, .run = tcp_run, .close = tcp_close, .size = 64 },
    { .name = "ready-udp-64", .open = udp_open, .run = udp_run, .close = udp_close, .size = 64 },
    { 0 },
};
