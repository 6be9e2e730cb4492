/* SPDX-License-Identifier: MIT */
/*
 * An echo server and its client in one process, both in the same I/O style: every style over TCP and UDP, IPv4 and
 * IPv6. A wait that is never woken, a lost byte or a wrong count shows as a hang or a difference.
 */
#include "styles.h"
#include <string.h>

struct row {
    const struct style *style;
    int af, type;
};

static const int sizes[] = { 1, 2, 17, 1000, 1460, 4096, 30000, 3 };

struct server {
    const struct row *row;
    SOCKET s; /* TCP: listening, UDP: connected to the client */
};

/* Each side makes its conn in the thread that uses it: the window of WSAAsyncSelect belongs to a thread. */
static DWORD WINAPI serve_tcp(void *arg)
{
    struct server *server = arg;
    const struct style *style = server->row->style;
    struct conn *listener = conn_new(style, server->s, server->row->af, SOCK_STREAM);
    SOCKET s = style->accept(listener);
    struct conn *c;
    char buf[9000];

    NEED(s != INVALID_SOCKET);
    c = conn_new(style, s, server->row->af, SOCK_STREAM);
    for (;;) {
        int n = style->recv(c, buf, sizeof buf);

        NEED(n >= 0);
        if (n == 0)
            break;
        NEED_RET(conn_send_all(c, buf, n), n);
    }
    conn_free(c);
    conn_free(listener);
    return 0;
}

static void echo_tcp(const struct row *row)
{
    static char out[32768], in[32768];
    union addr at;
    struct server server = { row, tcp_listen(row->af, &at) };
    HANDLE thread = thread_start(serve_tcp, &server);
    struct conn *c = conn_new(row->style, tcp_new(row->af), row->af, SOCK_STREAM);

    NEED_OK(row->style->connect(c, &at.sa, addr_len(row->af)));
    for (int i = 0; i < COUNT(sizes); i++) {
        pattern_fill(out, sizes[i], i);
        memset(in, 0, sizeof in);
        NEED_RET(conn_send_all(c, out, sizes[i]), sizes[i]);
        NEED_RET(conn_recv_all(c, in, sizes[i]), sizes[i]);
        pattern_check(in, sizes[i], i);
    }
    CHECK_OK(shutdown(c->s, SD_SEND));
    CHECK_RET(row->style->recv(c, in, sizeof in), 0);
    thread_join(thread);
    conn_free(c);
}

static DWORD WINAPI serve_udp(void *arg)
{
    struct server *server = arg;
    const struct style *style = server->row->style;
    struct conn *c = conn_new(style, server->s, server->row->af, SOCK_DGRAM);
    static char buf[65536];

    for (int i = 0; i < COUNT(sizes); i++) {
        NEED_RET(style->recv(c, buf, sizeof buf), sizes[i]);
        NEED_RET(style->send(c, buf, sizes[i]), sizes[i]);
    }
    conn_free(c);
    return 0;
}

static void echo_udp(const struct row *row)
{
    static char out[32768], in[65536];
    SOCKET pair[2];
    struct server server;
    struct conn *c;
    HANDLE thread;

    udp_pair(row->af, pair);
    server = (struct server){ row, pair[1] };
    thread = thread_start(serve_udp, &server);
    c = conn_new(row->style, pair[0], row->af, SOCK_DGRAM);
    for (int i = 0; i < COUNT(sizes); i++) {
        pattern_fill(out, sizes[i], i);
        memset(in, 0, sizeof in);
        NEED_RET(row->style->send(c, out, sizes[i]), sizes[i]);
        NEED_RET(row->style->recv(c, in, sizeof in), sizes[i]);
        pattern_check(in, sizes[i], i);
    }
    thread_join(thread);
    conn_free(c);
}

static void echo(const void *arg)
{
    const struct row *row = arg;

    if (row->type == SOCK_STREAM)
        echo_tcp(row);
    else
        echo_udp(row);
}

#define ROWS(NAME, STYLE)                                                                                              \
    { "tcp4-" NAME, .run_row = echo, .row = &(const struct row){ &STYLE, AF_INET, SOCK_STREAM } },                     \
        { "tcp6-" NAME, .run_row = echo, .row = &(const struct row){ &STYLE, AF_INET6, SOCK_STREAM } },                \
        { "udp4-" NAME, .run_row = echo, .row = &(const struct row){ &STYLE, AF_INET, SOCK_DGRAM } },                  \
    {                                                                                                                  \
        "udp6-" NAME, .run_row = echo, .row = &(const struct row)                                                      \
        {                                                                                                              \
            &STYLE, AF_INET6, SOCK_DGRAM                                                                               \
        }                                                                                                              \
    }

const struct test_case test_cases[] = {
    ROWS("blocking", style_blocking),
    ROWS("select", style_select),
    ROWS("wsapoll", style_wsapoll),
    ROWS("eventselect", style_eventselect),
    ROWS("asyncselect", style_asyncselect),
    ROWS("overlapped-event", style_overlapped_event),
    ROWS("completion-routine", style_completion_routine),
    ROWS("completion-port", style_completion_port),
    ROWS("port-skip-on-success", style_port_skip),
    ROWS("threadpool-io", style_threadpool_io),
    { 0 },
};
