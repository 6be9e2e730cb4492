/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_PACKETS_H
#define WS2_TESTS_PACKETS_H
/*
 * Sockets tied to a completion port, receives that wait, and the packets that come of them.
 */
#include "net.h"

enum { KEY = 0x77 };

/* A receive of its own, with room. */
struct op {
    OVERLAPPED ov;
    char data[64];
    DWORD flags;
};

HANDLE port_new(void);
void tie(SOCKET s, HANDLE port, ULONG_PTR key);

/* pair[1] is tied to a new port. */
HANDLE tied_pair(SOCKET pair[2]);

/* Starts a receive; WSA_IO_PENDING, 0 or another error. */
int start_recv(SOCKET s, struct op *op);
/* The same for one that has to wait. */
void pend_recv(SOCKET s, struct op *op);

/* The next packet: its error code, or -1 when none came within `ms`. */
int packet(HANDLE port, OVERLAPPED **ov, DWORD *bytes, ULONG_PTR *key, DWORD ms);
/* The next packet is that one, with the key KEY. */
void want_packet(HANDLE port, const void *ov, DWORD bytes, int err);
/* There is none. */
void want_none(HANDLE port);

#endif
