/* SPDX-License-Identifier: MIT */
#include "pair.h"
#include "bench.h"
#include <string.h>

static SOCKET socket_new(int type)
{
    SOCKET s = socket(AF_INET, type, 0);

    if (s == INVALID_SOCKET)
        bench_fail("socket");
    return s;
}

SOCKET tcp_new(void)
{
    return socket_new(SOCK_STREAM);
}

SOCKET udp_new(void)
{
    return socket_new(SOCK_DGRAM);
}

struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in at;

    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return at;
}

static void bind_any_port(SOCKET s, struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;

    *at = loopback(0);
    if (bind(s, (struct sockaddr *)at, sizeof *at))
        bench_fail("bind");
    if (getsockname(s, (struct sockaddr *)at, &len))
        bench_fail("getsockname");
}

SOCKET tcp_listen(uint16_t *port)
{
    SOCKET s = tcp_new();
    struct sockaddr_in at;

    bind_any_port(s, &at);
    if (listen(s, 4096))
        bench_fail("listen");
    if (port)
        *port = ntohs(at.sin_port);
    return s;
}

static void no_delay(SOCKET s)
{
    int on = 1;

    if (setsockopt(s, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on))
        bench_fail("TCP_NODELAY");
}

SOCKET tcp_connect(uint16_t port)
{
    struct sockaddr_in at = loopback(port);
    SOCKET s = tcp_new();

    if (connect(s, (struct sockaddr *)&at, sizeof at))
        bench_fail("connect");
    no_delay(s);
    return s;
}

void tcp_pair(SOCKET pair[2])
{
    uint16_t port;
    SOCKET listener = tcp_listen(&port);

    pair[0] = tcp_connect(port);
    pair[1] = accept(listener, NULL, NULL);
    if (pair[1] == INVALID_SOCKET)
        bench_fail("accept");
    no_delay(pair[1]);
    closesocket(listener);
}

SOCKET udp_bound(struct sockaddr_in *at)
{
    SOCKET s = udp_new();

    bind_any_port(s, at);
    return s;
}

void udp_pair(SOCKET pair[2])
{
    struct sockaddr_in at[2];

    for (int i = 0; i < 2; i++)
        pair[i] = udp_bound(&at[i]);
    for (int i = 0; i < 2; i++) {
        if (connect(pair[i], (struct sockaddr *)&at[!i], sizeof at[!i]))
            bench_fail("connect (UDP)");
    }
}

void send_all(SOCKET s, const char *data, long n)
{
    while (n) {
        long sent = send(s, data, (int)n, 0);

        if (sent <= 0)
            bench_fail("send");
        data += sent;
        n -= sent;
    }
}

int recv_all(SOCKET s, char *data, long n)
{
    while (n) {
        long got = recv(s, data, (int)n, 0);

        if (got < 0)
            bench_fail("recv");
        if (!got)
            return 0;
        data += got;
        n -= got;
    }
    return 1;
}

void close_hard(SOCKET s)
{
    struct linger hard;

    hard.l_onoff = 1;
    hard.l_linger = 0;
    if (setsockopt(s, SOL_SOCKET, SO_LINGER, (const char *)&hard, sizeof hard))
        bench_fail("SO_LINGER");
}
