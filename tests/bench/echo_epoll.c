/* SPDX-License-Identifier: MIT */
/* The Linux echo server, against which every Windows one is held: one thread and epoll. */
#include "bench.h"
#include "serve.h"
#include <sys/epoll.h>

static int live;

static void handle(int fd)
{
    char data[4096];
    ssize_t got = recv(fd, data, sizeof data, 0);

    if (got <= 0) {
        close(fd);
        live--;
    } else if (send(fd, data, (size_t)got, 0) != got) {
        bench_fail("send");
    }
}

void serve(SOCKET listener, int argc, char **argv)
{
    SOCKET *sockets = serve_accept_all(listener, argc, argv, &live);
    int epoll = epoll_create1(0);
    struct epoll_event events[64];

    for (int i = 0; i < live; i++) {
        struct epoll_event ask = { .events = EPOLLIN, .data.fd = sockets[i] };

        if (epoll_ctl(epoll, EPOLL_CTL_ADD, sockets[i], &ask))
            bench_fail("epoll_ctl");
    }
    while (live) {
        int n = epoll_wait(epoll, events, COUNT(events), -1);

        if (n < 0)
            bench_fail("epoll_wait");
        for (int i = 0; i < n; i++)
            handle(events[i].data.fd);
    }
}
