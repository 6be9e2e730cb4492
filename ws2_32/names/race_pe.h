/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_RACE_PE_H
#define WS2_32_NAMES_RACE_PE_H
/*
 * A race of addresses (race.h) with sockets. A connection cannot be moved into the socket that the program brought, and a socket that
 * hangs while connecting cannot be connected elsewhere. So sockets of our own run the race, and the program's connects to
 * the address that won. An address that is alone, because it is the only one or the last that has not failed, is not raced to:
 * the program's socket connects to it at once.
 */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "ws2_32/names/race.h"

/* When the program wants an answer at the latest. */
struct race_limit {
    bool timed;
    ULONGLONG at; /* of GetTickCount64, if timed */
};

/* NULL: none. The time runs from here. */
struct race_limit race_limit(const struct timeval *timeout);

/* What a socket must have in common with the program's to reach what that one reaches. */
struct race_model {
    SOCKET s;
    WSAPROTOCOL_INFOW info;
    bool mapped; /* an IPv6 socket that takes mapped IPv4 addresses */
    struct sockaddr_storage local;
    int local_bytes; /* 0: not bound */
};

/* Of the program's socket; 0 or an error. */
int race_model(SOCKET s, struct race_model *m);

/*
 * Connects the program's socket to the first address, in this order, that answers. The error of the last one to fail;
 * WSAETIMEDOUT when time is up.
 */
int race_connect(struct race_model *m, const SOCKET_ADDRESS *to, size_t count, const struct race_limit *l);

#endif
