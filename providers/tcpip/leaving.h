/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_LEAVING_H
#define WS2_TCPIP_LEAVING_H
/*
 * What the program was told is sent, and is not yet: the rest of a nonblocking send, the sends that were queued on a socket when it was
 * closed. On Windows the system has such data and sends them whatever becomes of the process. Here they would go with it, so the
 * end of a process waits for them, up to 30 s, since the peer may never read.
 */
#include <windows.h>

struct leaving {
    struct leaving *next;
    /* Whether it is gone, or lost; any thread. NULL: not before leaving_remove(). */
    BOOL (*has_left)(const struct leaving *l);
};

/* The memory stays the caller's, and there until leaving_remove(). */
void leaving_add(struct leaving *l);
void leaving_remove(struct leaving *l);

#endif
