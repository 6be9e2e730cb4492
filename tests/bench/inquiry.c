/* SPDX-License-Identifier: MIT */
/* What do the small calls cost that only ask or set something, and a recv that has nothing to bring? */
#include "bench.h"
#include "pair.h"

static SOCKET pair[2];

static void open(const struct bench_case *c)
{
    (void)c;
    tcp_pair(pair);
    if (port_nonblocking(pair[0], 1))
        bench_fail("FIONBIO");
}

static void close_pair(const struct bench_case *c)
{
    (void)c;
    closesocket(pair[0]);
    closesocket(pair[1]);
}

static void run_getsockname(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++) {
        struct sockaddr_in at;
        socklen_t len = sizeof at;

        if (getsockname(pair[0], (struct sockaddr *)&at, &len))
            bench_fail("getsockname");
    }
}

static void run_so_error(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++) {
        int err;
        socklen_t len = sizeof err;

        if (getsockopt(pair[0], SOL_SOCKET, SO_ERROR, (char *)&err, &len))
            bench_fail("SO_ERROR");
    }
}

static void run_fionbio(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++) {
        if (port_nonblocking(pair[0], 1))
            bench_fail("FIONBIO");
    }
}

static void run_would_block(const struct bench_case *c, long n)
{
    char byte;

    (void)c;
    for (long i = 0; i < n; i++) {
        if (recv(pair[0], &byte, 1, 0) != SOCKET_ERROR || !port_would_block(port_error()))
            bench_fail("recv did not say that it would block");
    }
}

#define INQUIRY(text, f) { .name = text, .open = open, .run = f, .close = close_pair }

const struct bench_case bench_cases[] = {
    INQUIRY("getsockname", run_getsockname),
    INQUIRY("so-error", run_so_error),
    INQUIRY("fionbio", run_fionbio),
    INQUIRY("recv-would-block", run_would_block),
    { 0 },
};
