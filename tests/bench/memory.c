/* SPDX-License-Identifier: MIT */
/*
 * Holds sockets for somebody else to weigh: says "ready 0", waits for a line, connects `--sockets N` sockets to each
 * other, says "ready N", waits for the end of its input.
 */
#include "bench.h"
#include "pair.h"
#include "which.h"
#include <stdio.h>
#include <stdlib.h>

static void hold(int count)
{
    uint16_t port;
    SOCKET listener = tcp_listen(&port);

    for (int i = 0; i < count; i += 2) {
        tcp_connect(port);
        if (accept(listener, NULL, NULL) == INVALID_SOCKET)
            bench_fail("accept");
    }
}

int main(int argc, char **argv)
{
    const char *sockets = bench_option(argc, argv, "sockets");
    int count = sockets ? atoi(sockets) : 2000;
    SOCKET pair[2];

    bench_name("memory");
    port_start();
    which_print();
    tcp_pair(pair); /* what is needed once is there now */
    printf("ready 0\n");
    fflush(stdout);
    getchar();
    hold(count);
    printf("ready %d\n", count);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
