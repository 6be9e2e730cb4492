/* SPDX-License-Identifier: MIT */
/* select and WSAPoll: what each state of a socket shows, and their corners (wine-afd.md 3.10, 3.11). */
#include "net.h"
#include <stdlib.h>
#include <string.h>

static struct timeval now, five_seconds = { 5, 0 };

enum { R = 1, W = 2, E = 4 };

/* Which of the three sets `s` is in. */
static int sets(SOCKET s, struct timeval *limit)
{
    fd_set r = { 1, { s } }, w = r, e = r;
    int n = select(0, &r, &w, &e, limit);
    int got = (r.fd_count ? R : 0) | (w.fd_count ? W : 0) | (e.fd_count ? E : 0);

    CHECK_RET(n, r.fd_count + w.fd_count + e.fd_count);
    return got;
}

/* Waits for readability only, then looks at everything. */
static int sets_once_readable(SOCKET s)
{
    NEED(wait_readable(s));
    return sets(s, &now);
}

static void select_states(void)
{
    SOCKET fresh = tcp_new(AF_INET), udp = udp_new(AF_INET), pair[2], c, listener, s;
    union addr at;
    fd_set except;

    check_about("not connected");
    CHECK_INT(sets(fresh, &now), 0);
    check_about("unbound UDP");
    CHECK_INT(sets(udp, &now), W);
    check_about("listener");
    listener = tcp_listen(AF_INET, &at);
    CHECK_INT(sets(listener, &now), 0);
    c = tcp_new(AF_INET);
    NEED_OK(connect(c, &at.sa, sizeof at.v4));
    CHECK_INT(sets_once_readable(listener), R);
    check_about("connected");
    tcp_pair(AF_INET, pair);
    CHECK_INT(sets(pair[0], &now), W);
    send_all(pair[1], "d", 1);
    CHECK_INT(sets_once_readable(pair[0]), R | W);
    check_about("peer has finished");
    tcp_pair(AF_INET, pair);
    NEED_OK(shutdown(pair[1], SD_SEND));
    CHECK_INT(sets_once_readable(pair[0]), R | W);
    check_about("reset");
    tcp_pair(AF_INET, pair);
    reset_connection(pair[1]);
    CHECK_INT(sets_once_readable(pair[0]), R | W);
    check_about("refused");
    closesocket(listener);
    s = tcp_new(AF_INET);
    set_nonblocking(s, 1);
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEWOULDBLOCK);
    except = (fd_set){ 1, { s } };
    CHECK_RET(select(0, NULL, NULL, &except, &five_seconds), 1);
    CHECK_INT(sets(s, &now), E);
    CHECK_INT(sets(s, &now), E);
}

/* Not a socket that was closed: a layer's thread could be given its value again. */
static SOCKET no_socket(void) { return (SOCKET)CreateEventW(NULL, FALSE, FALSE, NULL); }

static void select_corners(void)
{
    SOCKET pair[2], bad = no_socket();
    fd_set r, w, empty = { 0 };
    DWORD start;

    tcp_pair(AF_INET, pair);
    check_about("nothing to watch");
    CHECK_FAILS(select(0, NULL, NULL, NULL, &now), WSAEINVAL);
    CHECK_FAILS(select(0, NULL, NULL, NULL, NULL), WSAEINVAL);
    CHECK_FAILS(select(0, &empty, &empty, &empty, &now), WSAEINVAL);
    check_about("a bad handle: sets untouched");
    r = (fd_set){ 2, { pair[0], bad } };
    CHECK_FAILS(select(0, &r, NULL, NULL, &now), WSAENOTSOCK);
    CHECK_INT(r.fd_count, 2);
    r = (fd_set){ 1, { pair[0] } };
    w = (fd_set){ 1, { INVALID_SOCKET } };
    CHECK_FAILS(select(0, &r, &w, NULL, &now), WSAENOTSOCK);
    CHECK_INT(r.fd_count, 1);
    check_about("twice in a set counts once");
    w = (fd_set){ 2, { pair[0], pair[0] } };
    CHECK_RET(select(0, NULL, &w, NULL, &now), 1);
    CHECK_INT(w.fd_count, 1);
    check_about("in two sets counts twice");
    send_all(pair[1], "x", 1);
    NEED(wait_readable(pair[0]));
    r = w = (fd_set){ 1, { pair[0] } };
    CHECK_RET(select(0, &r, &w, NULL, &now), 2);
    check_about("a timeout empties the sets");
    r = (fd_set){ 1, { pair[1] } };
    start = GetTickCount();
    CHECK_RET(select(0, &r, NULL, NULL, &(struct timeval){ 0, 200000 }), 0);
    CHECK_INT(r.fd_count, 0);
    CHECK(GetTickCount() - start >= 150);
    CHECK_FAILS(select(0, &(fd_set){ 1, { pair[1] } }, NULL, NULL, &(struct timeval){ -1, 0 }), WSAEINVAL);
    check_about("the first parameter means nothing");
    w = (fd_set){ 1, { pair[0] } };
    CHECK_RET(select(-7, NULL, &w, NULL, &now), 1);
    check_about("FD_ISSET");
    CHECK_INT(__WSAFDIsSet(pair[0], &w), 1);
    CHECK_INT(__WSAFDIsSet(pair[1], &w), 0);
}

static void select_order_kept(void)
{
    enum { N = 100 };
    fd_set *set = calloc(1, sizeof *set + N * sizeof(SOCKET));
    SOCKET s[N];
    union addr at[N], me;
    SOCKET from = udp_bound(AF_INET, &me);

    for (int i = 0; i < N; i++) {
        s[i] = udp_bound(i & 1 ? AF_INET6 : AF_INET, &at[i]);
        set->fd_array[i] = s[i];
    }
    set->fd_count = N;
    CHECK_RET(sendto(from, "a", 1, 0, &at[90].sa, sizeof at->v4), 1);
    CHECK_RET(sendto(from, "a", 1, 0, &at[4].sa, sizeof at->v4), 1);
    NEED(wait_readable(s[4]) && wait_readable(s[90]));
    CHECK_RET(select(0, set, NULL, NULL, NULL), 2);
    CHECK_INT(set->fd_count, 2);
    CHECK_INT(set->fd_array[0], s[4]);
    CHECK_INT(set->fd_array[1], s[90]);
}

static DWORD WINAPI send_soon(void *arg)
{
    Sleep(100);
    send_all(*(SOCKET *)arg, "!", 1);
    return 0;
}

static void select_wakes(void)
{
    SOCKET pair[2];
    HANDLE t;
    fd_set r;

    tcp_pair(AF_INET, pair);
    r = (fd_set){ 1, { pair[0] } };
    t = thread_start(send_soon, &pair[1]);
    CHECK_RET(select(0, &r, NULL, NULL, NULL), 1);
    CHECK_INT(r.fd_array[0], pair[0]);
    thread_join(t);
}

static void poll_states(void)
{
    SOCKET pair[2], listener, c, s;
    WSAPOLLFD fd;
    union addr at;

#define POLL(SOCK, EVENTS, WANT)                                                                                       \
    (fd = (WSAPOLLFD){ (SOCK), (EVENTS), 0x7777 }, CHECK_RET(WSAPoll(&fd, 1, 0), (WANT) ? 1 : 0), CHECK_INT(fd.revents, (WANT)))
    check_about("connected");
    tcp_pair(AF_INET, pair);
    POLL(pair[0], POLLRDNORM, 0);
    POLL(pair[0], POLLWRNORM, POLLWRNORM);
    POLL(pair[0], POLLRDNORM | POLLWRNORM | POLLRDBAND, POLLWRNORM);
    check_about("data");
    send_all(pair[1], "x", 1);
    NEED(wait_readable(pair[0]));
    POLL(pair[0], POLLRDNORM | POLLWRNORM, POLLRDNORM | POLLWRNORM);
    POLL(pair[0], 0, 0);
    check_about("listener");
    listener = tcp_listen(AF_INET, &at);
    POLL(listener, POLLRDNORM, 0);
    c = tcp_new(AF_INET);
    NEED_OK(connect(c, &at.sa, sizeof at.v4));
    NEED(wait_readable(listener));
    POLL(listener, POLLRDNORM, POLLRDNORM);
    check_about("the peer has finished");
    tcp_pair(AF_INET, pair);
    NEED_OK(shutdown(pair[1], SD_SEND));
    NEED(wait_readable(pair[0]));
    POLL(pair[0], POLLRDNORM, POLLHUP);
    check_about("reset");
    tcp_pair(AF_INET, pair);
    reset_connection(pair[1]);
    NEED(wait_readable(pair[0]));
    fd = (WSAPOLLFD){ pair[0], POLLRDNORM, 0 };
    CHECK_RET(WSAPoll(&fd, 1, 0), 1);
    CHECK_INT(fd.revents & (POLLHUP | POLLERR), POLLHUP | POLLERR);
    check_about("refused");
    closesocket(listener);
    s = tcp_new(AF_INET);
    set_nonblocking(s, 1);
    CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEWOULDBLOCK);
    fd = (WSAPOLLFD){ s, POLLWRNORM, 0 };
    CHECK_RET(WSAPoll(&fd, 1, 5000), 1);
    CHECK_INT(fd.revents, POLLWRNORM | POLLHUP | POLLERR);
#undef POLL
}

static void poll_corners(void)
{
    SOCKET pair[2], none = no_socket();
    WSAPOLLFD fd[3];
    DWORD start;

    tcp_pair(AF_INET, pair);
    CHECK_FAILS(WSAPoll(fd, 0, 0), WSAEINVAL);
    CHECK_FAILS(WSAPoll(NULL, 1, 0), WSAEFAULT);
    check_about("no socket at all");
    fd[0] = (WSAPOLLFD){ none, POLLRDNORM, 0 };
    CHECK_FAILS(WSAPoll(fd, 1, 0), WSAENOTSOCK);
    CHECK_INT(fd[0].revents, POLLNVAL);
    check_about("one that is none among others: marked, not counted");
    fd[0] = (WSAPOLLFD){ none, POLLWRNORM, 0 };
    fd[1] = (WSAPOLLFD){ pair[0], POLLWRNORM, 0 };
    CHECK_RET(WSAPoll(fd, 2, 0), 1);
    CHECK_INT(fd[0].revents, POLLNVAL);
    CHECK_INT(fd[1].revents, POLLWRNORM);
    check_about("INVALID_SOCKET is passed over; 0 by the reference, POLLNVAL as measured");
    fd[0] = (WSAPOLLFD){ INVALID_SOCKET, POLLWRNORM, 0x55 };
    CHECK_RET(WSAPoll(fd, 2, 0), 1);
    CHECK((fd[0].revents | POLLNVAL) == POLLNVAL);
    CHECK_INT(fd[1].revents, POLLWRNORM);
    check_about("bits that cannot be asked");
    fd[0] = (WSAPOLLFD){ pair[0], POLLERR, 0 };
    CHECK_FAILS(WSAPoll(fd, 1, 0), WSAEINVAL);
    fd[0] = (WSAPOLLFD){ pair[0], POLLPRI, 0 };
    CHECK_FAILS(WSAPoll(fd, 1, 0), WSAEINVAL);
    check_about("timeout");
    fd[0] = (WSAPOLLFD){ pair[0], POLLRDNORM, 0x55 };
    start = GetTickCount();
    CHECK_RET(WSAPoll(fd, 1, 200), 0);
    CHECK_INT(fd[0].revents, 0);
    CHECK(GetTickCount() - start >= 150);
    check_about("twice the same");
    fd[0] = fd[1] = (WSAPOLLFD){ pair[0], POLLWRNORM, 0 };
    CHECK_RET(WSAPoll(fd, 2, 0), 2);
    CHECK_INT(fd[0].revents, POLLWRNORM);
    CHECK_INT(fd[1].revents, POLLWRNORM);
}

static void poll_wakes(void)
{
    SOCKET pair[2];
    HANDLE t;
    WSAPOLLFD fd;

    tcp_pair(AF_INET6, pair);
    fd = (WSAPOLLFD){ pair[0], POLLIN, 0 };
    t = thread_start(send_soon, &pair[1]);
    CHECK_RET(WSAPoll(&fd, 1, -1), 1);
    CHECK_INT(fd.revents, POLLRDNORM);
    thread_join(t);
}

static void CALLBACK apc(ULONG_PTR arg)
{
    send_all(*(SOCKET *)arg, "a", 1);
}

/* Waits are alertable on Windows: an APC queued to the waiting thread runs inside them. */
static void waits_are_alertable(void)
{
    SOCKET pair[2];
    fd_set r;
    char c;

    tcp_pair(AF_INET, pair);
    check_about("select");
    QueueUserAPC(apc, GetCurrentThread(), (ULONG_PTR)&pair[1]);
    r = (fd_set){ 1, { pair[0] } };
    CHECK_RET(select(0, &r, NULL, NULL, &five_seconds), 1);
    check_about("recv");
    CHECK_RET(recv(pair[0], &c, 1, 0), 1);
    QueueUserAPC(apc, GetCurrentThread(), (ULONG_PTR)&pair[1]);
    CHECK_RET(recv(pair[0], &c, 1, 0), 1);
    check_about("WSAPoll");
    QueueUserAPC(apc, GetCurrentThread(), (ULONG_PTR)&pair[1]);
    CHECK_RET(WSAPoll(&(WSAPOLLFD){ pair[0], POLLIN, 0 }, 1, 5000), 1);
}

/* What is written about a connection can be done with it at once, whoever has to do it. */
static void connected_and_used(void)
{
    union addr at;
    SOCKET listener = tcp_listen(AF_INET, &at);

    for (int i = 0; i < 60; i++) {
        SOCKET s = tcp_new(AF_INET), in;
        WSAPOLLFD fd = { s, POLLWRNORM, 0 };
        union addr name;
        int bytes = sizeof name, error = -1, error_bytes = sizeof error;
        char c[2];

        set_nonblocking(s, 1);
        CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEWOULDBLOCK);
        NEED(WSAPoll(&fd, 1, 10000) == 1);
        CHECK_INT(fd.revents, POLLWRNORM);
        switch (i % 5) {
        case 0: /* urgent data, and the end */
            CHECK_RET(send(s, "u", 1, MSG_OOB), 1);
            CHECK_OK(shutdown(s, SD_SEND));
            break;
        case 1:
            CHECK_OK(shutdown(s, SD_BOTH));
            break;
        case 2:
            CHECK_OK(getpeername(s, &name.sa, &bytes));
            CHECK_INT(name.v4.sin_port, at.v4.sin_port);
            CHECK_OK(getsockopt(s, SOL_SOCKET, SO_ERROR, (char *)&error, &error_bytes));
            CHECK_INT(error, 0);
            break;
        case 3:
            CHECK_FAILS(connect(s, &at.sa, sizeof at.v4), WSAEISCONN);
            break;
        case 4:
            CHECK_FAILS(recv(s, c, 1, 0), WSAEWOULDBLOCK);
            CHECK_RET(send(s, "ab", 2, 0), 2);
            break;
        }
        bytes = sizeof name;
        in = accept(listener, &name.sa, &bytes);
        NEED(in != INVALID_SOCKET);
        CHECK_INT(bytes, sizeof name.v4);
        if (i % 5 == 1)
            CHECK_RET(recv(in, c, 1, 0), 0);
        if (i % 5 == 4)
            CHECK_RET(recv_all(in, c, 2), 2);
        closesocket(in);
        closesocket(s);
    }
}

const struct test_case test_cases[] = {
    { "select-states", select_states },
    { "select-corners", select_corners },
    { "select-order-kept", select_order_kept },
    { "select-wakes", select_wakes },
    { "poll-states", poll_states },
    { "poll-corners", poll_corners },
    { "poll-wakes", poll_wakes },
    { "connected-and-used", connected_and_used },
    { "waits-are-alertable", waits_are_alertable },
    { 0 },
};
