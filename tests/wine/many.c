/* SPDX-License-Identifier: MIT */
/*
 * 200 connections at once, served by one thread: over one completion port, in one select set (beyond FD_SETSIZE), in
 * one WSAPoll array. The clients are served too, by the same loop, so both ends are in the style.
 */
#include "net.h"
#include <stdlib.h>
#include <string.h>

#define PAIRS  200
#define ROUNDS 5

/* An end sends its block, the other returns it, ROUNDS times. Even ends start. */
struct end {
    OVERLAPPED o;
    SOCKET s;
    unsigned seed;
    int rounds;
    int sending, done; /* bytes of the block that have gone through */
    char block[512];
};

static struct end ends[2 * PAIRS];
static int finished;

static void make_pairs(int nonblocking)
{
    union addr at;
    SOCKET listener = tcp_listen(AF_INET, &at);

    for (int i = 0; i < PAIRS; i++) {
        struct end *a = &ends[2 * i], *b = a + 1;

        a->s = tcp_new(AF_INET);
        NEED_OK(connect(a->s, &at.sa, sizeof at.v4));
        b->s = accept(listener, NULL, NULL);
        NEED(b->s != INVALID_SOCKET);
        a->seed = b->seed = i;
        a->sending = 1;
        pattern_fill(a->block, sizeof a->block, i);
        if (nonblocking) {
            set_nonblocking(a->s, 1);
            set_nonblocking(b->s, 1);
        }
    }
}

/* n more bytes of the block are through; turns the end round when it is complete. */
static void advance(struct end *e, int n)
{
    NEED(n > 0);
    e->done += n;
    if (e->done < (int)sizeof e->block)
        return;
    e->done = 0;
    if (!e->sending)
        NEED(pattern_check(e->block, sizeof e->block, e->seed));
    e->sending = !e->sending;
    if (++e->rounds == 2 * ROUNDS)
        finished++;
}

static void issue(struct end *e)
{
    WSABUF buf = { sizeof e->block - e->done, e->block + e->done };
    DWORD flags = 0;
    int r;

    memset(&e->o, 0, sizeof e->o);
    r = e->sending ? WSASend(e->s, &buf, 1, NULL, 0, &e->o, NULL) : WSARecv(e->s, &buf, 1, NULL, &flags, &e->o, NULL);
    NEED(r == 0 || WSAGetLastError() == WSA_IO_PENDING);
}

static void in_port(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);

    make_pairs(0);
    for (int i = 0; i < 2 * PAIRS; i++) {
        NEED(CreateIoCompletionPort((HANDLE)ends[i].s, port, i, 0) == port);
        issue(&ends[i]);
    }
    while (finished < 2 * PAIRS) {
        DWORD n = 0;
        ULONG_PTR key = 0;
        OVERLAPPED *o = NULL;
        struct end *e;

        NEED(GetQueuedCompletionStatus(port, &n, &key, &o, INFINITE));
        e = CONTAINING_RECORD(o, struct end, o);
        NEED(e == &ends[key]);
        advance(e, n);
        if (e->rounds < 2 * ROUNDS)
            issue(e);
    }
}

static void step(struct end *e)
{
    int n = e->sending ? send(e->s, e->block + e->done, sizeof e->block - e->done, 0)
                       : recv(e->s, e->block + e->done, sizeof e->block - e->done, 0);

    if (n < 0) {
        NEED(WSAGetLastError() == WSAEWOULDBLOCK);
        return;
    }
    advance(e, n);
}

static int in_set(const fd_set *set, SOCKET s)
{
    for (u_int i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] == s)
            return 1;
    return 0;
}

/* fd_sets of our own size: the count decides, not FD_SETSIZE. */
static void in_select(void)
{
    fd_set *in = calloc(1, sizeof(fd_set) + sizeof(SOCKET) * 2 * PAIRS);
    fd_set *out = calloc(1, sizeof(fd_set) + sizeof(SOCKET) * 2 * PAIRS);

    make_pairs(1);
    while (finished < 2 * PAIRS) {
        int n;

        in->fd_count = out->fd_count = 0;
        for (int i = 0; i < 2 * PAIRS; i++) {
            fd_set *set = ends[i].sending ? out : in;

            if (ends[i].rounds < 2 * ROUNDS)
                set->fd_array[set->fd_count++] = ends[i].s;
        }
        n = select(0, in, out, NULL, NULL);
        NEED(n > 0);
        CHECK_INT(in->fd_count + out->fd_count, n);
        for (int i = 0; i < 2 * PAIRS; i++)
            if (in_set(ends[i].sending ? out : in, ends[i].s))
                step(&ends[i]);
    }
}

static void in_poll(void)
{
    static WSAPOLLFD fds[2 * PAIRS];

    make_pairs(1);
    while (finished < 2 * PAIRS) {
        int n, ready = 0;

        for (int i = 0; i < 2 * PAIRS; i++) {
            fds[i].fd = ends[i].rounds < 2 * ROUNDS ? ends[i].s : INVALID_SOCKET;
            fds[i].events = ends[i].sending ? POLLWRNORM : POLLRDNORM;
        }
        n = WSAPoll(fds, 2 * PAIRS, -1);
        NEED(n > 0);
        for (int i = 0; i < 2 * PAIRS; i++) {
            if (fds[i].fd == INVALID_SOCKET || !fds[i].revents)
                continue;
            ready++;
            CHECK_INT(fds[i].revents, fds[i].events);
            step(&ends[i]);
        }
        CHECK_INT(ready, n);
    }
}

const struct test_case test_cases[] = {
    { "in-port", in_port },
    { "in-select", in_select },
    { "in-poll", in_poll },
    { 0 },
};
