/* SPDX-License-Identifier: MIT */
/*
 * The other side of the servers that are measured, a Linux program in every variant:
 *
 *     load echo PORT [--connections N] [--time MS] [--count N]    a 64-byte message under way on each connection
 *     load connect PORT [--time MS] [--count N]                   16 connections at a time, until the server closes them
 *     load sink                                                   takes what comes, one connection after another
 *
 * echo and connect print "rate N /s", counted after a quarter of the time has gone by; with --count they stop after
 * that many (at least as many as there are connections).
 */
#include "bench.h"
#include "pair.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define SIZE       64
#define CONNECTING 16

static int epoll;
static uint16_t port;
static uint64_t time_ns, began, counting;
static long done, counted_from, stop_after;
static long warm_up; /* the clock starts after so many: a server may have to accept them all first */

/* One more; 0 when it is time to stop. */
static int go_on(void)
{
    uint64_t now = clock_ns();

    done++;
    if (stop_after)
        return done < stop_after;
    if (done == warm_up)
        began = now;
    if (began && !counting && now >= began + time_ns / 4) {
        counting = now;
        counted_from = done;
    }
    return !counting || now < began + time_ns || done == counted_from;
}

static void print_rate(void)
{
    bench_result("rate", (double)(done - counted_from) * 1e9 / (double)(clock_ns() - counting), "/s");
}

static void watch(int fd, uint32_t events, int op)
{
    struct epoll_event ask = { .events = events, .data.fd = fd };

    if (epoll_ctl(epoll, op, fd, &ask))
        bench_fail("epoll_ctl");
}

static void echo(int connections)
{
    struct epoll_event events[64];
    char data[SIZE] = "";
    int *all = calloc((size_t)connections, sizeof *all);

    for (int i = 0; i < connections; i++) {
        all[i] = tcp_connect(port);
        watch(all[i], EPOLLIN, EPOLL_CTL_ADD);
    }
    warm_up = connections;
    for (int i = 0; i < connections; i++)
        send_all(all[i], data, SIZE);
    for (;;) {
        int n = epoll_wait(epoll, events, COUNT(events), 10000);

        if (n <= 0)
            bench_fail("no answer for 10 s");
        for (int i = 0; i < n; i++) {
            if (!recv_all(events[i].data.fd, data, SIZE))
                bench_refuse("the server closed a connection");
            if (!go_on())
                return;
            if (!stop_after || done + connections <= stop_after) /* nothing is under way at the end */
                send_all(events[i].data.fd, data, SIZE);
        }
    }
}

static void start_connect(void)
{
    struct sockaddr_in at = loopback(port);
    int fd = tcp_new();

    port_nonblocking(fd, 1);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) && errno != EINPROGRESS)
        bench_fail("connect");
    watch(fd, EPOLLIN, EPOLL_CTL_ADD);
}

/* The server resets a connection to close it: readable, with an error. */
static void connect_many(void)
{
    struct epoll_event events[CONNECTING];

    warm_up = CONNECTING;
    for (int i = 0; i < CONNECTING; i++)
        start_connect();
    for (;;) {
        int n = epoll_wait(epoll, events, COUNT(events), 10000);

        if (n <= 0)
            bench_fail("no connection for 10 s");
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            char byte;

            if (recv(fd, &byte, 1, 0) < 0 && errno != ECONNRESET)
                bench_fail("a connection");
            close(fd);
            if (!go_on())
                return;
            start_connect();
        }
    }
}

static void sink(void)
{
    static char data[1 << 20];
    int listener = tcp_listen(&port);

    printf("port %u\n", port);
    fflush(stdout);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0)
            bench_fail("accept");
        while (recv(fd, data, sizeof data, 0) > 0)
            ;
        close(fd);
    }
}

int main(int argc, char **argv)
{
    const char *connections = bench_option(argc, argv, "connections");
    const char *time_ms = bench_option(argc, argv, "time");
    const char *count = bench_option(argc, argv, "count");

    bench_name("load");
    if (argc > 1 && !strcmp(argv[1], "sink"))
        sink();
    if (argc < 3)
        bench_refuse("usage: load echo|connect PORT [--connections N] [--time MS] [--count N] | load sink");
    port = (uint16_t)atoi(argv[2]);
    time_ns = (uint64_t)((time_ms ? atof(time_ms) : 500) * 1e6);
    stop_after = count ? atol(count) : 0;
    epoll = epoll_create1(0);
    if (!strcmp(argv[1], "echo"))
        echo(connections ? atoi(connections) : 1);
    else
        connect_many();
    if (!stop_after)
        print_rate();
    return 0;
}
