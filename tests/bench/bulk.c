/* SPDX-License-Identifier: MIT */
/* How much goes through one TCP connection from a thread that sends to a thread that receives? */
#include "bench.h"
#include "pair.h"
#include <string.h>

static SOCKET pair[2];
static thread_handle thread;
static char ours[1 << 20], theirs[1 << 20];

/* A batch is announced with its length, and answered with one byte when all of it has come. */
static THREAD_RUN receive(void *arg)
{
    long room = ((const struct bench_case *)arg)->size;
    int64_t left;

    while (recv_all(pair[1], (char *)&left, sizeof left)) {
        while (left) {
            long got = recv(pair[1], theirs, (int)(left < room ? left : room), 0);

            if (got <= 0)
                bench_fail("recv");
            left -= got;
        }
        send_all(pair[1], "", 1);
    }
    return 0;
}

static void open(const struct bench_case *c)
{
    tcp_pair(pair);
    thread = thread_start(receive, (void *)c);
}

static void run(const struct bench_case *c, long n)
{
    int64_t total = (int64_t)n * c->size;
    char done;

    send_all(pair[0], (const char *)&total, sizeof total);
    for (long i = 0; i < n; i++)
        send_all(pair[0], ours, c->size);
    if (!recv_all(pair[0], &done, 1))
        bench_fail("recv (end of stream)");
}

static void close_pair(const struct bench_case *c)
{
    (void)c;
    closesocket(pair[0]);
    thread_join(thread);
    closesocket(pair[1]);
}

const struct bench_case bench_cases[] = {
    { .name = "bulk-tcp-64k", .open = open, .run = run, .close = close_pair, .size = 65536, .bytes = 65536 },
    { .name = "bulk-tcp-1m", .open = open, .run = run, .close = close_pair, .size = 1 << 20, .bytes = 1 << 20 },
    { 0 },
};
