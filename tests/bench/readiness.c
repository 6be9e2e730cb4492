/* SPDX-License-Identifier: MIT */
/* What does it cost to ask select or WSAPoll about 1, 64, 512 sockets of which the last is readable? */
#include "bench.h"
#include "pair.h"

#define MOST 512

static SOCKET sockets[MOST];
static WSAPOLLFD polled[MOST];
static fd_set readable;
static SOCKET highest;

static void open(const struct bench_case *c)
{
    struct sockaddr_in at;

    FD_ZERO(&readable);
    highest = 0;
    for (long i = 0; i < c->count; i++) {
        sockets[i] = udp_bound(&at);
        FD_SET(sockets[i], &readable);
        polled[i].fd = sockets[i];
        polled[i].events = POLLRDNORM;
        if (sockets[i] > highest)
            highest = sockets[i];
    }
    if (sendto(sockets[0], "", 1, 0, (struct sockaddr *)&at, sizeof at) != 1)
        bench_fail("sendto");
}

static void run_select(const struct bench_case *c, long n)
{
    struct timeval no_wait = { 0, 0 };

    (void)c;
    for (long i = 0; i < n; i++) {
        fd_set set = readable;

        if (select((int)highest + 1, &set, NULL, NULL, &no_wait) != 1)
            bench_fail("select did not say 1");
    }
}

static void run_poll(const struct bench_case *c, long n)
{
    for (long i = 0; i < n; i++) {
        if (WSAPoll(polled, (unsigned)c->count, 0) != 1)
            bench_fail("WSAPoll did not say 1");
    }
}

static void close_all(const struct bench_case *c)
{
    for (long i = 0; i < c->count; i++)
        closesocket(sockets[i]);
}

#define SELECT(n) { .name = "select-" #n, .open = open, .run = run_select, .close = close_all, .count = n }
#define POLL(n)   { .name = "wsapoll-" #n, .open = open, .run = run_poll, .close = close_all, .count = n }

const struct bench_case bench_cases[] = {
    SELECT(1), SELECT(64), SELECT(512), POLL(1), POLL(64), POLL(512), { 0 },
};
