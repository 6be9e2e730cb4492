/* SPDX-License-Identifier: MIT */
/*
 * The same seeded script of operations, once as it comes and once with WS2KIT_UNIX=0, in two processes: every result of
 * one must be the other's. The script is made from the seed alone, never from results; it waits until what was sent has
 * arrived, so that nothing depends on time.
 */
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 4, STEPS = 300, LINE = 160, DATA_MAX = 3000 };

struct end {
    SOCKET s;
    int waiting; /* stream: bytes sent to it and not read; datagram: datagrams */
    int selected, nonblocking, finished, ended;
    HANDLE event;
    WSAOVERLAPPED ov;
    int pending;
    char room[DATA_MAX];
};

static FILE *out;
static unsigned state;
static int step, pair_now, side_now;
static struct end ends[PAIRS][2];

static unsigned pick(unsigned below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static int is_stream(int pair)
{
    return pair < PAIRS / 2;
}

static unsigned sum_of(const char *data, int n)
{
    unsigned sum = 0;

    for (int i = 0; i < n; i++)
        sum = sum * 31 + (unsigned char)data[i];
    return sum;
}

static void say(const char *what, int result, unsigned detail)
{
    int err = result < 0 ? WSAGetLastError() : 0;

    fprintf(out, "%d: %d.%d %s -> %d err %d, %u\n", step, pair_now, side_now, what, result, err, detail);
}

/* Loopback delivers at once, but not by contract. */
static void settle(int pair, struct end *e)
{
    u_long have = 0;

    for (int i = 0; i < 2000 && e->waiting; i++) {
        ioctlsocket(e->s, FIONREAD, &have);
        if (is_stream(pair) ? (int)have >= e->waiting : have > 0)
            return;
        Sleep(1);
    }
}

static void open_pair(int pair)
{
    SOCKET made[2];

    if (is_stream(pair))
        tcp_pair(AF_INET, made);
    else
        udp_pair(AF_INET, made);
    for (int i = 0; i < 2; i++) {
        struct end *e = &ends[pair][i];
        HANDLE event = e->event ? e->event : WSACreateEvent();

        memset(e, 0, sizeof *e);
        e->s = made[i];
        e->event = event;
    }
}

static void collect(int pair, struct end *e)
{
    DWORD bytes = 0, flags = 0;

    if (!e->pending || !e->waiting)
        return;
    WaitForSingleObject(e->ov.hEvent, 5000);
    say("overlapped receive", WSAGetOverlappedResult(e->s, &e->ov, &bytes, FALSE, &flags) ? (int)bytes : -1,
        sum_of(e->room, (int)bytes));
    e->waiting -= is_stream(pair) ? (int)bytes : 1;
    e->pending = 0;
    WSACloseEvent(e->ov.hEvent);
}

static void do_send(int pair, struct end *e, struct end *other)
{
    char data[DATA_MAX];
    int n = 1 + (int)pick(DATA_MAX - 1), cut = (int)pick((unsigned)n);
    WSABUF bufs[2] = { { (ULONG)cut, data }, { (ULONG)(n - cut), data + cut } };
    DWORD sent = 0;
    int result;

    for (int i = 0; i < n; i++)
        data[i] = (char)pick(256);
    if (pick(2)) {
        result = WSASend(e->s, bufs, 2, &sent, 0, NULL, NULL);
        say("WSASend", result < 0 ? -1 : (int)sent, 0);
        result = result < 0 ? -1 : n;
    } else {
        result = send(e->s, data, n, 0);
        say("send", result, 0);
    }
    if (result > 0)
        other->waiting += is_stream(pair) ? n : 1;
    collect(pair, other);
    settle(pair, other);
}

/* Only what cannot block: data, the end, or a nonblocking socket. */
static void do_receive(int pair, struct end *e)
{
    static char data[DATA_MAX];
    int n = 1 + (int)pick(DATA_MAX - 1), peek = pick(4) == 0, from = (int)pick(2), result;
    union addr at;
    int len = sizeof at;

    if (e->pending || (!e->waiting && !e->nonblocking && !e->ended))
        return;
    memset(data, 0, sizeof data);
    memset(&at, 0, sizeof at);
    if (from)
        result = recvfrom(e->s, data, n, peek ? MSG_PEEK : 0, &at.sa, &len);
    else
        result = recv(e->s, data, n, peek ? MSG_PEEK : 0);
    say(peek ? "peek" : "receive", result, sum_of(data, result < 0 ? n : result));
    if (from)
        say("from", at.v4.sin_family, is_stream(pair) ? 0 : at.v4.sin_addr.s_addr);
    if (!peek && e->waiting)
        e->waiting -= !is_stream(pair) ? 1 : result > 0 ? result : 0;
    settle(pair, e);
}

static void do_overlapped_receive(int pair, struct end *e)
{
    WSABUF buf = { 1 + pick(DATA_MAX - 1), e->room };
    DWORD bytes = 0, flags = 0;
    int result;

    if (e->pending || e->ended)
        return;
    memset(&e->ov, 0, sizeof e->ov);
    e->ov.hEvent = WSACreateEvent();
    result = WSARecv(e->s, &buf, 1, &bytes, &flags, &e->ov, NULL);
    say("WSARecv", result, bytes);
    e->pending = !result || WSAGetLastError() == WSA_IO_PENDING;
    if (e->pending)
        collect(pair, e);
    else
        WSACloseEvent(e->ov.hEvent);
    settle(pair, e);
}

static void do_look(struct end *e)
{
    WSAPOLLFD fd = { e->s, (SHORT)(pick(2) ? POLLRDNORM | POLLWRNORM : POLLRDNORM), 0 };
    fd_set r, w, x;
    int result;

    if (e->pending)
        return;
    result = WSAPoll(&fd, 1, 0);
    say("WSAPoll", result, (unsigned)fd.revents);
    FD_ZERO(&r);
    FD_ZERO(&w);
    FD_ZERO(&x);
    FD_SET(e->s, &r);
    FD_SET(e->s, &w);
    FD_SET(e->s, &x);
    {
        struct timeval none = { 0, 0 };

        result = select(0, &r, &w, &x, &none);
    }
    say("select", result, (FD_ISSET(e->s, &r) != 0) + 2u * (FD_ISSET(e->s, &w) != 0) + 4u * (FD_ISSET(e->s, &x) != 0));
}

static void do_ask(struct end *e)
{
    u_long have = 0;
    int value = 0, len = sizeof value;
    union addr at;

    if (!e->pending)
        say("FIONREAD", ioctlsocket(e->s, FIONREAD, &have), have);
    say("SO_ERROR", getsockopt(e->s, SOL_SOCKET, SO_ERROR, (char *)&value, &len), (unsigned)value);
    len = sizeof at;
    memset(&at, 0, sizeof at);
    say("getsockname", getsockname(e->s, &at.sa, &len), at.v4.sin_addr.s_addr);
    len = sizeof at;
    memset(&at, 0, sizeof at);
    say("getpeername", getpeername(e->s, &at.sa, &len), at.v4.sin_addr.s_addr);
}

static void do_mode(struct end *e)
{
    u_long on = pick(2);
    int result = ioctlsocket(e->s, FIONBIO, &on);

    say("FIONBIO", result, on);
    if (!result)
        e->nonblocking = (int)on;
}

/* FD_READ is certain when there are data, and otherwise must not come. */
static void do_select_events(struct end *e)
{
    WSANETWORKEVENTS events = { 0 };
    long mask = pick(3) ? FD_READ : 0;
    int result;

    if (e->pending)
        return;
    ResetEvent(e->event);
    result = WSAEventSelect(e->s, e->event, mask);
    say("WSAEventSelect", result, (unsigned)mask);
    e->selected = mask != 0;
    e->nonblocking = 1;
    if (!mask)
        return;
    WaitForSingleObject(e->event, e->waiting ? 200 : 10);
    result = WSAEnumNetworkEvents(e->s, e->event, &events);
    say("WSAEnumNetworkEvents", result, (unsigned)events.lNetworkEvents);
}

static void do_finish(int pair, struct end *e, struct end *other)
{
    if (!is_stream(pair) || pick(4))
        return;
    say("shutdown", shutdown(e->s, SD_SEND), 0);
    e->finished = 1;
    if (other->pending && !other->waiting) {
        DWORD bytes = 0, flags = 0;

        WaitForSingleObject(other->ov.hEvent, 5000);
        say("overlapped end", WSAGetOverlappedResult(other->s, &other->ov, &bytes, FALSE, &flags), bytes);
        other->pending = 0;
        WSACloseEvent(other->ov.hEvent);
    }
    if (!other->ended)
        Sleep(1);
    other->ended = 1;
}

static void do_reopen(int pair)
{
    if (ends[pair][0].pending || ends[pair][1].pending || pick(3))
        return;
    for (int i = 0; i < 2; i++)
        say("closesocket", closesocket(ends[pair][i].s), 0);
    open_pair(pair);
}

static void one_step(void)
{
    int pair = (int)pick(PAIRS), side = (int)pick(2);
    struct end *e = &ends[pair][side], *other = &ends[pair][!side];

    pair_now = pair;
    side_now = side;
    switch (pick(12)) {
    case 0:
    case 1:
    case 2:
        do_send(pair, e, other);
        break;
    case 3:
    case 4:
    case 5:
        do_receive(pair, e);
        break;
    case 6:
        do_overlapped_receive(pair, e);
        break;
    case 7:
        do_look(e);
        break;
    case 8:
        do_ask(e);
        break;
    case 9:
        do_mode(e);
        break;
    case 10:
        do_select_events(e);
        break;
    case 11:
        if (pick(2))
            do_finish(pair, e, other);
        else
            do_reopen(pair);
    }
}

/* `SEED FILE` */
static int script(int argc, char **argv)
{
    WSADATA data;

    if (argc != 2 || WSAStartup(MAKEWORD(2, 2), &data))
        return 1;
    state = (unsigned)strtoul(argv[0], NULL, 10);
    out = fopen(argv[1], "w");
    if (!out)
        return 2;
    for (int i = 0; i < PAIRS; i++)
        open_pair(i);
    for (step = 0; step < STEPS; step++)
        one_step();
    fclose(out);
    return 0;
}

__attribute__((constructor)) static void set_child(void)
{
    test_child = script;
}

static void run(unsigned seed, const char *file, const char *unix_half)
{
    char args[MAX_PATH + 20];

    SetEnvironmentVariableA("WS2KIT_UNIX", unix_half);
    snprintf(args, sizeof args, "%u %s", seed, file);
    CHECK_INT(child_wait(child_start(args, 0)), 0);
}

/* The first difference is enough. */
static void compare(unsigned seed, const char *fast, const char *slow)
{
    FILE *a = fopen(fast, "r"), *b = fopen(slow, "r");
    char line_a[LINE], line_b[LINE];
    int lines = 0, more_a, more_b;

    NEED(a && b);
    check_about("seed %u", seed);
    do {
        line_a[0] = line_b[0] = 0;
        more_a = fgets(line_a, sizeof line_a, a) != NULL;
        more_b = fgets(line_b, sizeof line_b, b) != NULL;
        lines++;
    } while (more_a && more_b && !strcmp(line_a, line_b));
    CHECK_STR(line_a, line_b);
    CHECK(lines > STEPS / 2);
    fclose(a);
    fclose(b);
}

static void seeds(unsigned first, unsigned count)
{
    char dir[MAX_PATH], fast[MAX_PATH], slow[MAX_PATH];

    GetTempPathA(sizeof dir, dir);
    NEED(GetTempFileNameA(dir, "ws2", 0, fast) && GetTempFileNameA(dir, "ws2", 0, slow));
    for (unsigned seed = first; seed < first + count; seed++) {
        run(seed, fast, NULL);
        run(seed, slow, "0");
        compare(seed, fast, slow);
    }
    DeleteFileA(fast);
    DeleteFileA(slow);
}

static void known_seeds(void)
{
    seeds(1, 3);
}

/* A new one every time; the log names it. */
static void new_seed(void)
{
    unsigned seed = GetTickCount();

    note("seed %u", seed);
    seeds(seed, 1);
}

const struct test_case test_cases[] = {
    { "known-seeds", known_seeds },
    { "new-seed", new_seed },
    { 0 },
};
