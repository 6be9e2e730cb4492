/* SPDX-License-Identifier: MIT */
/* Sixteen mebibytes each way at once, compared byte by byte, in the styles that copy data in different ways. */
#include "styles.h"
#include <stdlib.h>
#include <string.h>

#define SIZE  (16 << 20)
#define CHUNK 100000

struct side {
    const struct style *style;
    SOCKET s;
    unsigned seed;
};

static DWORD WINAPI sender(void *arg)
{
    struct side *side = arg;
    struct conn *c = conn_new(side->style, side->s, AF_INET, SOCK_STREAM);
    char *data = malloc(SIZE);

    pattern_fill(data, SIZE, side->seed);
    for (int at = 0; at < SIZE; at += CHUNK) {
        int n = SIZE - at < CHUNK ? SIZE - at : CHUNK;

        NEED_RET(conn_send_all(c, data + at, n), n);
    }
    CHECK_OK(shutdown(c->s, SD_SEND));
    free(data);
    return 0;
}

static DWORD WINAPI receiver(void *arg)
{
    struct side *side = arg;
    struct conn *c = conn_new(side->style, side->s, AF_INET, SOCK_STREAM);
    char *data = malloc(SIZE + 1);

    NEED_RET(conn_recv_all(c, data, SIZE + 1), SIZE);
    pattern_check(data, SIZE, side->seed);
    free(data);
    return 0;
}

static void one_way(const void *row)
{
    const struct style *style = row;
    SOCKET pair[2];
    struct side from = { style, 0, 3 }, to = { style, 0, 3 };
    HANDLE thread;

    tcp_pair(AF_INET, pair);
    from.s = pair[0];
    to.s = pair[1];
    thread = thread_start(sender, &from);
    receiver(&to);
    thread_join(thread);
}

/* Both directions of one connection, four threads, blocking calls. */
static void both_ways(void)
{
    SOCKET pair[2];
    struct side side[4];
    HANDLE thread[3];

    tcp_pair(AF_INET, pair);
    for (int i = 0; i < 4; i++)
        side[i] = (struct side){ &style_blocking, pair[i >> 1], i == 0 || i == 3 ? 11 : 12 };
    thread[0] = thread_start(sender, &side[0]);
    thread[1] = thread_start(receiver, &side[1]);
    thread[2] = thread_start(sender, &side[2]);
    receiver(&side[3]);
    for (int i = 0; i < 3; i++)
        thread_join(thread[i]);
}

/* A connection that takes little at once. */
static void small_pair(SOCKET pair[2])
{
    const int room = 4096;
    union addr at;
    SOCKET listener = tcp_new(AF_INET);

    pair[0] = tcp_new(AF_INET);
    bind_any_port(listener, AF_INET, &at);
    NEED_OK(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, (const char *)&room, sizeof room));
    NEED_OK(setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, (const char *)&room, sizeof room));
    NEED_OK(listen(listener, 1));
    NEED_OK(connect(pair[0], &at.sa, addr_len(AF_INET)));
    pair[1] = accept(listener, NULL, NULL);
    NEED(pair[1] != INVALID_SOCKET);
    NEED_OK(closesocket(listener));
}

/*
 * One direction is over, and the last piece of the other still on its way when its end comes. Whoever relays such a connection must not wait
 * for its own other side.
 */
static void end_behind_a_rest(void)
{
    enum { TIMES = 20, PIECE = 30000 };
    static char out[PIECE], in[PIECE + 1];

    pattern_fill(out, sizeof out, 4);
    for (int i = 0; i < TIMES; i++) {
        SOCKET pair[2];

        check_about("%d", i);
        small_pair(pair);
        CHECK_OK(shutdown(pair[1], SD_SEND));
        CHECK_INT(recv_all(pair[0], in, 1), 0);
        set_nonblocking(pair[0], 1); /* so that all of it is there, with its end, before the other side has received anything */
        CHECK_RET(send(pair[0], out, PIECE, 0), PIECE);
        CHECK_OK(shutdown(pair[0], SD_SEND));
        CHECK_OK(closesocket(pair[0]));
        CHECK_INT(recv_all(pair[1], in, sizeof in), PIECE);
        pattern_check(in, PIECE, 4);
        CHECK_OK(closesocket(pair[1]));
    }
}

/* Eight receives and eight sends always in flight: bytes arrive in the order of the calls. */
static void many_in_flight(void)
{
    enum { DEPTH = 8, BLOCK = 64 << 10, BLOCKS = SIZE / BLOCK };
    struct {
        OVERLAPPED o;
        char *data;
        int filled;
    } out[DEPTH], in[DEPTH];
    SOCKET pair[2];
    int sent = 0, received = 0;
    size_t position = 0;
    static char want[BLOCK];

    tcp_pair(AF_INET, pair);
    for (int i = 0; i < DEPTH; i++) {
        WSABUF buf;
        DWORD flags = 0;

        memset(&in[i].o, 0, sizeof in[i].o);
        memset(&out[i].o, 0, sizeof out[i].o);
        in[i].o.hEvent = WSACreateEvent();
        out[i].o.hEvent = WSACreateEvent();
        in[i].data = malloc(BLOCK);
        out[i].data = malloc(BLOCK);
        buf = (WSABUF){ BLOCK, in[i].data };
        NEED(!WSARecv(pair[1], &buf, 1, NULL, &flags, &in[i].o, NULL) || WSAGetLastError() == WSA_IO_PENDING);
    }
    for (int i = 0; position < SIZE; i = (i + 1) % DEPTH) {
        DWORD n, flags;
        WSABUF buf;

        while (sent < BLOCKS && sent - (int)(position / BLOCK) < DEPTH) {
            int k = sent % DEPTH;

            if (sent >= DEPTH) {
                NEED(WSAGetOverlappedResult(pair[0], &out[k].o, &n, TRUE, &flags));
                NEED(n == BLOCK);
            }
            for (int b = 0; b < BLOCK; b++)
                out[k].data[b] = (char)(((size_t)sent * BLOCK + b) * 7 + sent);
            buf = (WSABUF){ BLOCK, out[k].data };
            NEED(!WSASend(pair[0], &buf, 1, NULL, 0, &out[k].o, NULL) || WSAGetLastError() == WSA_IO_PENDING);
            sent++;
        }
        NEED(WSAGetOverlappedResult(pair[1], &in[i].o, &n, TRUE, &flags));
        NEED(n > 0);
        for (DWORD b = 0; b < n; b++)
            want[b] = (char)((position + b) * 7 + (position + b) / BLOCK);
        NEED(CHECK_BYTES(in[i].data, want, n));
        position += n;
        received++;
        flags = 0;
        buf = (WSABUF){ BLOCK, in[i].data };
        NEED(!WSARecv(pair[1], &buf, 1, NULL, &flags, &in[i].o, NULL) || WSAGetLastError() == WSA_IO_PENDING);
    }
    note("%d receives", received);
}

/* A nonblocking send takes all or nothing on Windows (wine-afd.md section 8). */
static void nonblocking_send_all_or_nothing(void)
{
    SOCKET pair[2];
    char *data = calloc(1, 1 << 20), *in = malloc(1 << 20);
    long long sent = 0, got = 0;
    int n;

    tcp_pair(AF_INET, pair);
    set_nonblocking(pair[0], 1);
    for (;;) {
        n = send(pair[0], data, 1 << 20, 0);
        if (n < 0)
            break;
        CHECK_INT(n, 1 << 20);
        sent += n;
        NEED(sent < 1 << 30);
    }
    CHECK_ERR(WSAGetLastError(), WSAEWOULDBLOCK);
    while (got < sent) {
        n = recv(pair[1], in, 1 << 20, 0);
        NEED(n > 0);
        got += n;
    }
    set_nonblocking(pair[1], 1);
    CHECK_FAILS(recv(pair[1], in, 1, 0), WSAEWOULDBLOCK);
    check_about("writable again");
    {
        fd_set set = { 1, { pair[0] } };
        struct timeval limit = { 5, 0 };

        CHECK_RET(select(0, NULL, &set, NULL, &limit), 1);
        CHECK_RET(send(pair[0], data, 10, 0), 10);
    }
}

/* Many buffers in one call, and a receive scattered over many. */
static void gather_and_scatter(void)
{
    enum { N = 64 };
    char out[N * 10], in[N * 10];
    WSABUF from[N], to[N];
    SOCKET pair[2];
    DWORD n = 0, flags = 0, have = 0;

    tcp_pair(AF_INET, pair);
    pattern_fill(out, sizeof out, 9);
    for (int i = 0; i < N; i++) {
        from[i] = (WSABUF){ 10, out + i * 10 };
        to[i] = (WSABUF){ 10, in + i * 10 };
    }
    CHECK_OK(WSASend(pair[0], from, N, &n, 0, NULL, NULL));
    CHECK_INT(n, sizeof out);
    CHECK_OK(WSARecv(pair[1], to, N, &have, &flags, NULL, NULL));
    CHECK_INT(have, sizeof in);
    pattern_check(in, have, 9);
}

const struct test_case test_cases[] = {
    { "one-way-blocking", .run_row = one_way, .row = &style_blocking },
    { "one-way-select", .run_row = one_way, .row = &style_select },
    { "one-way-eventselect", .run_row = one_way, .row = &style_eventselect },
    { "one-way-overlapped-event", .run_row = one_way, .row = &style_overlapped_event },
    { "one-way-completion-routine", .run_row = one_way, .row = &style_completion_routine },
    { "one-way-completion-port", .run_row = one_way, .row = &style_completion_port },
    { "one-way-port-skip-on-success", .run_row = one_way, .row = &style_port_skip },
    { "both-ways", both_ways },
    { "end-behind-a-rest", end_behind_a_rest },
    { "many-in-flight", many_in_flight },
    { "nonblocking-send-all-or-nothing", nonblocking_send_all_or_nothing },
    { "gather-and-scatter", gather_and_scatter },
    { 0 },
};
