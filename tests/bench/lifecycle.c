/* SPDX-License-Identifier: MIT */
/* What do socket and closesocket cost, and does it grow with the number of sockets that are open already? */
#include "bench.h"
#include "pair.h"
#include <stdlib.h>

static SOCKET *idle;
static long held;

/*
 * Some below the number in the case's name when the machine has not that many descriptors to give: Wine needs one
 * in the wineserver for every socket of the prefix. The runner knows the limit and says it (BENCH_DESCRIPTORS).
 */
static long affordable(long want)
{
    const char *limit = getenv("BENCH_DESCRIPTORS");
    long most = limit ? atol(limit) - 1000 : want;

    if (want <= most)
        return want;
    bench_note("%ld sockets open instead of %ld: the machine's limit is %s descriptors", most, want, limit);
    return most;
}

static void open(const struct bench_case *c)
{
    long want = affordable(c->count);

    idle = calloc((size_t)want + 1, sizeof *idle);
    if (!idle)
        bench_refuse("no memory");
    for (held = 0; held < want; held++) {
        idle[held] = socket(AF_INET, SOCK_STREAM, 0);
        if (idle[held] == INVALID_SOCKET)
            bench_fail("socket, with others open");
    }
}

static void run(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++)
        closesocket(tcp_new());
}

static void close_idle(const struct bench_case *c)
{
    (void)c;
    while (held)
        closesocket(idle[--held]);
    free(idle);
}

#define WITH(name_, n) { .name = name_, .open = open, .run = run, .close = close_idle, .count = n }

const struct bench_case bench_cases[] = {
    WITH("socket-close", 0),
    WITH("socket-close-1000", 1000),
    WITH("socket-close-20000", 20000),
    { 0 },
};
