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

/* ---- the same with completion ports: every operation is overlapped, and what is compared are the packets ---- */

enum { OPS = 4, POSTED_KEY = 1000 };

struct op {
    OVERLAPPED ov;
    DWORD flags, room_bytes;
    int pending;
    char room[DATA_MAX];
};

struct port_end {
    SOCKET s;
    int waiting, ended, skips;
    struct op recv[OPS]; /* started in a circle */
    unsigned first, count;
    struct op send;
};

static struct port_end port_ends[PAIRS][2];
static HANDLE both_ports[2];

/* Packets of receives that port_send() took on the way to its own, in their order: they come before what is in the port. */
static struct {
    OVERLAPPED_ENTRY packet[OPS + 2];
    ULONG count, next;
} kept;

static void open_port_pair(int pair)
{
    SOCKET made[2];

    if (is_stream(pair))
        tcp_pair(AF_INET, made);
    else
        udp_pair(AF_INET, made);
    for (int i = 0; i < 2; i++) {
        struct port_end *e = &port_ends[pair][i];

        memset(e, 0, sizeof *e);
        e->s = made[i];
        e->skips = (int)pick(2);
        CreateIoCompletionPort((HANDLE)e->s, both_ports[pair % 2], (ULONG_PTR)(pair * 2 + i), 0);
        if (e->skips)
            SetFileCompletionNotificationModes((HANDLE)e->s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS);
    }
}

static void say_packet(const char *what, int key, int op, int err, DWORD bytes, unsigned sum)
{
    fprintf(out, "%d: packet %s key %d op %d err %d bytes %lu sum %u\n", step, what, key, op, err, bytes, sum);
}

/* One packet: a receive's must be the oldest of its socket's, unless it was ended. FALSE: none came. */
static int one_packet(int pair, int side, DWORD ms)
{
    struct port_end *e = &port_ends[pair][side];
    OVERLAPPED *ov = NULL;
    ULONG_PTR key = 0;
    DWORD bytes = 0;
    int err = 0;

    if (kept.next < kept.count) { /* with their own status, that is, success */
        bytes = kept.packet[kept.next].dwNumberOfBytesTransferred;
        key = kept.packet[kept.next].lpCompletionKey;
        ov = kept.packet[kept.next++].lpOverlapped;
    } else if (!GetQueuedCompletionStatus(both_ports[pair % 2], &bytes, &key, &ov, ms)) {
        err = (int)GetLastError();
        if (!ov)
            return 0;
    }
    if (key == POSTED_KEY) {
        say_packet("posted", (int)key, 0, err, bytes, 0);
    } else if (ov == &e->send.ov && (int)key == pair * 2 + side) {
        e->send.pending = 0;
        say_packet("send", (int)key, 0, err, bytes, 0);
    } else {
        struct op *op = CONTAINING_RECORD(ov, struct op, ov);
        int at = (int)(op - e->recv);

        if (at < 0 || at >= OPS || !op->pending || (int)key != pair * 2 + side) {
            say_packet("UNEXPECTED", (int)key, at, err, bytes, 0);
            return 1;
        }
        op->pending = 0;
        say_packet((unsigned)at == e->first % OPS ? "receive" : "later receive", (int)key, at, err, bytes,
                   sum_of(op->room, (int)bytes));
        while (e->count && !e->recv[e->first % OPS].pending) {
            e->first++;
            e->count--;
        }
        if (!err || err == ERROR_MORE_DATA)
            e->waiting -= is_stream(pair) ? (int)bytes : 1;
    }
    return 1;
}

/* What has to come for this end comes, and nothing else. */
static void all_packets(int pair, int side)
{
    struct port_end *e = &port_ends[pair][side];

    while (e->count && (e->waiting || e->ended) && one_packet(pair, side, 5000))
        ;
    while (one_packet(pair, side, 0))
        say_packet("UNEXPECTED", -1, -1, 0, 0, 0);
}

static void port_send(int pair, int side)
{
    struct port_end *e = &port_ends[pair][side], *other = &port_ends[pair][!side];
    DWORD sent = 0;
    WSABUF buf = { 1 + pick(DATA_MAX - 1), e->send.room };
    int result;

    for (unsigned i = 0; i < buf.len; i++)
        e->send.room[i] = (char)pick(256);
    memset(&e->send.ov, 0, sizeof e->send.ov);
    result = WSASend(e->s, &buf, 1, &sent, 0, &e->send.ov, NULL);
    say("WSASend", result, sent);
    if (result)
        return;
    /* Its packet may be before or after those of the receives it ends: wait for it on another port's end, or by its status. */
    e->send.pending = !e->skips;
    other->waiting += is_stream(pair) ? (int)buf.len : 1;
    if (e->send.pending) {
        int seen = 0;

        kept.count = kept.next = 0;
        while (!seen && kept.count < OPS + 2) {
            OVERLAPPED_ENTRY *p = &kept.packet[kept.count];
            ULONG got = 0;

            if (!GetQueuedCompletionStatusEx(both_ports[pair % 2], p, 1, &got, 5000, FALSE))
                break;
            if (p->lpOverlapped == &e->send.ov) {
                seen = 1;
                say_packet("send", (int)p->lpCompletionKey, 0, (int)p->Internal, p->dwNumberOfBytesTransferred, 0);
            } else {
                kept.count++;
            }
        }
        if (!seen)
            say_packet("MISSING", pair * 2 + side, 0, 0, 0, 0);
        e->send.pending = 0;
    }
    all_packets(pair, !side);
}

static void port_receive(int pair, int side)
{
    struct port_end *e = &port_ends[pair][side];
    struct op *op = &e->recv[(e->first + e->count) % OPS];
    WSABUF bufs[2];
    DWORD bytes = 0;
    int result;

    if (e->count == OPS || (e->ended && e->count))
        return;
    /* Datagrams fit: port_send() keeps no packet's status. */
    op->room_bytes = is_stream(pair) ? 2 + pick(DATA_MAX - 2) : DATA_MAX;
    bufs[0] = (WSABUF){ 1, op->room };
    bufs[1] = (WSABUF){ op->room_bytes - 1, op->room + 1 };
    for (int i = 0; is_stream(pair) && e->waiting && !e->count && i < 2000; i++) {
        u_long have = 0;

        ioctlsocket(e->s, FIONREAD, &have);
        if ((int)have >= e->waiting)
            break;
        Sleep(1);
    }
    op->flags = 0;
    memset(&op->ov, 0, sizeof op->ov);
    op->pending = 1;
    e->count++;
    result = WSARecv(e->s, bufs, 2, &bytes, &op->flags, &op->ov, NULL);
    say("WSARecv", result, bytes);
    if (result ? WSAGetLastError() != WSA_IO_PENDING : e->skips) {
        op->pending = 0;
        e->count--;
        if (!result)
            e->waiting -= is_stream(pair) ? (int)bytes : 1;
    }
    all_packets(pair, side);
}

static void port_cancel(int pair, int side)
{
    struct port_end *e = &port_ends[pair][side];
    unsigned at = (e->first + pick(OPS)) % OPS;
    int was = e->recv[at].pending;

    say("CancelIoEx", CancelIoEx((HANDLE)e->s, &e->recv[at].ov) ? 0 : 1, GetLastError() == ERROR_NOT_FOUND);
    if (was)
        one_packet(pair, side, 5000);
    all_packets(pair, side);
}

/* Calls that get in the way of receives that wait. */
static void port_disturb(int pair, int side)
{
    struct port_end *e = &port_ends[pair][side];
    WSAPOLLFD fd = { e->s, POLLRDNORM, 0 };
    u_long on = 1, off = 0;
    char byte;

    if (!e->count || e->ended)
        return;
    if (pick(2)) {
        say("WSAPoll", WSAPoll(&fd, 1, 0), (unsigned)fd.revents);
    } else {
        ioctlsocket(e->s, FIONBIO, &on);
        say("peek", recv(e->s, &byte, 1, MSG_PEEK), 0);
        ioctlsocket(e->s, FIONBIO, &off);
    }
    all_packets(pair, side);
}

static void port_end_or_reopen(int pair, int side)
{
    struct port_end *other = &port_ends[pair][!side];

    if (pick(3) && is_stream(pair) && !other->ended) {
        say("shutdown", shutdown(port_ends[pair][side].s, SD_SEND), 0);
        other->ended = 1;
        all_packets(pair, !side);
        return;
    }
    for (int i = 0; i < 2; i++) {
        struct port_end *e = &port_ends[pair][i];
        unsigned ended = 0;

        for (int j = 0; j < OPS; j++) {
            ended += (unsigned)e->recv[j].pending;
            e->recv[j].pending = 0;
        }
        say("closesocket", closesocket(e->s), ended);
        for (unsigned j = 0; j < ended; j++) { /* in any order, and the other side's end may have been noticed before this one's */
            OVERLAPPED *ov = NULL;
            ULONG_PTR key = 0;
            DWORD bytes = 0;

            GetQueuedCompletionStatus(both_ports[pair % 2], &bytes, &key, &ov, 5000);
            say_packet("ended", (int)key, ov != NULL, 0, 0, 0);
        }
        e->count = 0;
    }
    open_port_pair(pair);
}

static void one_port_step(void)
{
    int pair = (int)pick(PAIRS), side = (int)pick(2);

    pair_now = pair;
    side_now = side;
    switch (pick(10)) {
    case 0:
    case 1:
    case 2:
        port_send(pair, side);
        break;
    case 3:
    case 4:
    case 5:
        port_receive(pair, side);
        break;
    case 6:
        port_cancel(pair, side);
        break;
    case 7:
        port_disturb(pair, side);
        break;
    case 8:
        PostQueuedCompletionStatus(both_ports[pair % 2], pick(100), POSTED_KEY, NULL);
        one_packet(pair, side, 5000);
        break;
    case 9:
        if (!pick(2))
            port_end_or_reopen(pair, side);
    }
}

static void port_script(void)
{
    for (int i = 0; i < 2; i++)
        both_ports[i] = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    for (int i = 0; i < PAIRS; i++)
        open_port_pair(i);
    for (step = 0; step < STEPS; step++)
        one_port_step();
    Sleep(50);
    for (int i = 0; i < 2; i++)
        all_packets(i, 0);
}

/* `SEED FILE`, or `SEED FILE ports` */
static int script(int argc, char **argv)
{
    WSADATA data;

    if (argc < 2 || WSAStartup(MAKEWORD(2, 2), &data))
        return 1;
    state = (unsigned)strtoul(argv[0], NULL, 10);
    out = fopen(argv[1], "w");
    if (!out)
        return 2;
    if (argc > 2) {
        port_script();
        fclose(out);
        return 0;
    }
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

static void run(unsigned seed, const char *file, const char *unix_half, const char *kind)
{
    char args[MAX_PATH + 20];

    SetEnvironmentVariableA("WS2KIT_UNIX", unix_half);
    snprintf(args, sizeof args, "%u %s %s", seed, file, kind);
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

static void seeds(unsigned first, unsigned count, const char *kind)
{
    char dir[MAX_PATH], fast[MAX_PATH], slow[MAX_PATH];

    GetTempPathA(sizeof dir, dir);
    NEED(GetTempFileNameA(dir, "ws2", 0, fast) && GetTempFileNameA(dir, "ws2", 0, slow));
    for (unsigned seed = first; seed < first + count; seed++) {
        run(seed, fast, NULL, kind);
        run(seed, slow, "0", kind);
        compare(seed, fast, slow);
    }
    DeleteFileA(fast);
    DeleteFileA(slow);
}

static void known_seeds(void)
{
    seeds(1, 3, "");
}

static void ports_known_seeds(void)
{
    seeds(1, 3, "ports");
}

/* A new one every time; the log names it. */
static void new_seed(void)
{
    unsigned seed = GetTickCount();

    note("seed %u", seed);
    seeds(seed, 1, "");
}

static void ports_new_seed(void)
{
    unsigned seed = GetTickCount();

    note("seed %u", seed);
    seeds(seed, 1, "ports");
}

const struct test_case test_cases[] = {
    { "known-seeds", known_seeds },
    { "new-seed", new_seed },
    { "ports-known-seeds", ports_known_seeds },
    { "ports-new-seed", ports_new_seed },
    { 0 },
};
