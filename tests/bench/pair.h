/* SPDX-License-Identifier: MIT */
#ifndef WS2_BENCH_PAIR_H
#define WS2_BENCH_PAIR_H
/* Sockets to measure with, on IPv4 loopback. What fails here fails the case. */
#include "port.h"

SOCKET tcp_new(void);
SOCKET udp_new(void);

/* Listens at a port the system picks; *port in host order, may be NULL. */
SOCKET tcp_listen(uint16_t *port);
/* Blocking connect to loopback, TCP_NODELAY on. */
SOCKET tcp_connect(uint16_t port);
/* pair[0] connected, pair[1] accepted, both with TCP_NODELAY. */
void tcp_pair(SOCKET pair[2]);

/* Bound to loopback; *at becomes its address. */
SOCKET udp_bound(struct sockaddr_in *at);
/* Both connected to each other. */
void udp_pair(SOCKET pair[2]);

struct sockaddr_in loopback(uint16_t port);

/* All of it, on a blocking socket. recv_all returns 0 at the end of the stream. */
void send_all(SOCKET s, const char *data, long n);
int recv_all(SOCKET s, char *data, long n);

/*
 * Makes closing `s`, and every socket accepted from it, a reset. The benchmarks open and close far more connections than there
 * are ports; without this they would run into those that still wait in TIME_WAIT.
 */
void close_hard(SOCKET s);

#endif
