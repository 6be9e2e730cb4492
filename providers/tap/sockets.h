/* SPDX-License-Identifier: MIT */
#ifndef WS2_TAP_SOCKETS_H
#define WS2_TAP_SOCKETS_H
/*
 * What the layer knows of each socket, and how what happens to it becomes packets. tap_pe.c tells; each function takes the lock itself
 * and asks the provider below, when it must, without it.
 */
#include <stdint.h>

#include "providers/kit/ws2kit_layer.h"

/* A new socket under that handle; whatever stood there is forgotten. */
void sock_made(SOCKET s);
/* A connection was asked for at `time`; its end comes later. */
void sock_asked(SOCKET s, const struct sockaddr *name, int bytes, uint64_t time);
/* It may take its time, so that the request is shown now. */
void sock_waits(SOCKET s);
/* It is there, or (`err`) it is not. Both do nothing unless one was asked for. */
void sock_connected(SOCKET s);
void sock_refused(SOCKET s, int err);
/* True while the end of a connect is not known; sock_settle() finds out that it succeeded. */
BOOL sock_is_asking(SOCKET s);
BOOL sock_any_asking(void);
void sock_settle(SOCKET s);
void sock_accepted(SOCKET s);
/* A datagram socket has a default peer from now on, or another one. */
void sock_peer(SOCKET s);

/* WS2KIT_SENT and WS2KIT_RECEIVED; and that an overlapped send starts. */
void sock_sending(SOCKET s);
void sock_moved(const struct ws2kit_ended *e);

void sock_shut(SOCKET s);
/* It is about to be closed: whether that ends the connection or breaks it off. */
void sock_closing(SOCKET s, BOOL abortive);
/* Another process, or another handle, has it too: its connection does not end with this one. */
void sock_shared(SOCKET s);
/* It has been disconnected, and may be used again. */
void sock_disconnected(SOCKET s);
void sock_gone(SOCKET s);
/* All sockets: Winsock's last cleanup, or (`alone`) the end of the process, with all other threads gone. */
void sock_stop(BOOL alone);

#endif
