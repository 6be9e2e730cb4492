/* SPDX-License-Identifier: MIT */
/* The Linux counterpart of accept_ex.c: accept until there is none, then wait in epoll. */
#include "bench.h"
#include "pair.h"
#include "serve.h"
#include <sys/epoll.h>

void serve(SOCKET listener, int argc, char **argv)
{
    struct epoll_event event = { .events = EPOLLIN };
    int epoll = epoll_create1(0);

    (void)argc;
    (void)argv;
    if (port_nonblocking(listener, 1) || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event))
        bench_fail("epoll_ctl");
    while (epoll_wait(epoll, &event, 1, -1) == 1) {
        int fd;

        while ((fd = accept(listener, NULL, NULL)) >= 0) {
            close_hard(fd);
            close(fd);
        }
    }
}
