/* SPDX-License-Identifier: MIT */
#include "serve.h"
#include "bench.h"
#include "pair.h"
#include "which.h"
#include <stdio.h>
#include <stdlib.h>

static THREAD_RUN wait_for_end_of_input(void *arg)
{
    (void)arg;
    while (getchar() != EOF)
        ;
    _exit(0);
}

SOCKET *serve_accept_all(SOCKET listener, int argc, char **argv, int *count)
{
    const char *connections = bench_option(argc, argv, "connections");
    SOCKET *sockets;
    int on = 1;

    *count = connections ? atoi(connections) : 1;
    sockets = calloc((size_t)*count, sizeof *sockets);
    if (!sockets)
        bench_refuse("no memory");
    for (int i = 0; i < *count; i++) {
        sockets[i] = accept(listener, NULL, NULL);
        if (sockets[i] == INVALID_SOCKET)
            bench_fail("accept");
        if (setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on))
            bench_fail("TCP_NODELAY");
    }
    return sockets;
}

int main(int argc, char **argv)
{
    SOCKET listener;
    uint16_t port;

    port_start();
    which_print();
    thread_start(wait_for_end_of_input, NULL);
    listener = tcp_listen(&port);
    printf("port %u\n", port);
    fflush(stdout);
    serve(listener, argc, argv);
    return 0;
}
