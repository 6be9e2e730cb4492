/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_GETXBY_PE_H
#define WS2_32_NAMES_GETXBY_PE_H
/*
 * The six database questions of Winsock 1.1, as data: gethostbyname and its kin answer them at once, WSAAsyncGetXByY
 * on another thread.
 */
#include <winsock2.h>
#include <stdbool.h>

#include "ws2_32/names/answer.h"

enum xby_kind { XBY_HOST_NAME, XBY_HOST_ADDR, XBY_SERVICE, XBY_PROTOCOL };

struct xby_query {
    enum xby_kind kind;
    const char *name;      /* ANSI. Hosts: NULL or "" is this machine. Others: NULL means by number */
    const char *proto;     /* services; may be NULL */
    int number;            /* port in host order, or protocol */
    struct name_addr addr; /* XBY_HOST_ADDR */
};

/* Fills addr from the arguments of gethostbyaddr: 0, WSAEFAULT or WSAEAFNOSUPPORT. */
int xby_addr(const char *addr, int addr_bytes, int family, struct name_addr *out);

/*
 * Packs the answer into the memory that `room` returns for the number of bytes it takes. `room` may return NULL, which
 * gives WSAENOBUFS. The other errors are those of the question.
 */
int xby_answer(const struct xby_query *q, void *(*room)(size_t bytes, void *arg), void *arg);

#endif
