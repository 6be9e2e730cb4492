/* SPDX-License-Identifier: MIT */
#ifndef WS2_TAP_CAPTURE_H
#define WS2_TAP_CAPTURE_H
/*
 * The file. It is made when the first packet comes, so that programs that load Winsock and do not use it leave none, and it stays open
 * until the process ends, over any number of WSAStartup and WSACleanup. What an event brings is one write, and in the
 * file when the program hears of the event: whoever kills the program loses nothing of it.
 *
 * The caller serialises all calls but capture_time().
 */
#include <stdint.h>

#include "providers/tap/packet.h"

/* Reads the options: `file`, `snap`. */
void capture_start(void);
/* `text`, UTF-8: what lies below the layer; said in the file's head. */
void capture_below(const char *text);

/* Now, in nanoseconds since 1970. */
uint64_t capture_time(void);

void capture_packet(void *unused, const struct packet *p);
/* After the packets of an event. */
void capture_flush(void);

#endif
