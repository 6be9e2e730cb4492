/* SPDX-License-Identifier: MIT */
#ifndef WS2_BENCH_PORT_H
#define WS2_BENCH_PORT_H
/*
 * What lets one source measure Windows sockets and Linux ones: the names that differ, threads and the clock. A benchmark
 * includes this and then writes plain Winsock; where the two systems have different means for the same work
 * (completion ports and epoll), it has two files.
 */
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32

#define FD_SETSIZE 1024 /* as Linux has it: 512 sockets must fit */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>

#define THREAD_RUN DWORD WINAPI
typedef HANDLE thread_handle;

#else

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREAD_RUN void *
typedef pthread_t thread_handle;

typedef int SOCKET;
typedef struct pollfd WSAPOLLFD;

#define INVALID_SOCKET (-1)
#define SOCKET_ERROR   (-1)
#define SD_SEND        SHUT_WR
#define SD_BOTH        SHUT_RDWR
#define WSAPoll        poll
#define closesocket    close

#endif

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

/* WSAStartup, or nothing. */
void port_start(void);

/* The last socket error of this thread, and whether it says "later". */
int port_error(void);
int port_would_block(int err);

/* FIONBIO in the system's own spelling; 0 or SOCKET_ERROR. */
int port_nonblocking(SOCKET s, int on);

uint64_t clock_ns(void);

thread_handle thread_start(THREAD_RUN (*run)(void *), void *arg);
void thread_join(thread_handle thread);

#endif
