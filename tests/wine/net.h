/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_NET_H
#define WS2_TESTS_NET_H
/*
 * What most tests begin with: sockets on loopback at ports the system picks, connected pairs, threads, and data one
 * can check. Everything here ends the case when it fails.
 */
#include "harness.h"

union addr {
    struct sockaddr sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    char room[128];
};

int addr_len(int af);
union addr loopback(int af, unsigned short port);

SOCKET tcp_new(int af);
SOCKET udp_new(int af);

/* A listening TCP socket / a bound UDP socket; *at (may be NULL) becomes its address. */
SOCKET tcp_listen(int af, union addr *at);
SOCKET udp_bound(int af, union addr *at);

/* Binds to loopback, port 0. */
void bind_any_port(SOCKET s, int af, union addr *at);

/* pair[0] called connect, pair[1] came out of accept. */
void tcp_pair(int af, SOCKET pair[2]);

/* Both UDP sockets connected to each other. */
void udp_pair(int af, SOCKET pair[2]);

void set_nonblocking(SOCKET s, int on);

/* Blocking loops, whatever the size. recv_all returns what came before the end of the stream. */
void send_all(SOCKET s, const void *data, int n);
int recv_all(SOCKET s, void *buf, int n);

/* Waits (select) until `s` is readable, at most 10 s. */
int wait_readable(SOCKET s);

/* A resets its connection: linger {1,0} and close. */
void reset_connection(SOCKET s);

/* Bytes that differ at every position one could confuse, and their check. */
void pattern_fill(void *buf, size_t n, unsigned seed);
int pattern_check(const void *buf, size_t n, unsigned seed);

/* The event is set when this thread waits in the kernel for the first time from now on: there APCs may run. */
void tell_wait(HANDLE event);

HANDLE thread_start(DWORD(WINAPI *run)(void *), void *arg);
DWORD thread_join(HANDLE thread);

/* WSAIoctl(SIO_GET_EXTENSION_FUNCTION_POINTER); ends the case if it fails. */
void *extension(SOCKET s, GUID id);

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

#endif
