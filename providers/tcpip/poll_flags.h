/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_POLL_FLAGS_H
#define WS2_TCPIP_POLL_FLAGS_H
/*
 * What select() and WSAPoll() ask of the kernel and how its answer reads (wine-afd.md 3.10, 3.11). Pure.
 */
#include <stdbool.h>
#include <stdint.h>

/* The kernel's bits; nt.h has the same under AFD_POLL_*. */
enum {
    POLL_FLAG_READ = 0x001,
    POLL_FLAG_OOB = 0x002,
    POLL_FLAG_WRITE = 0x004,
    POLL_FLAG_HUP = 0x008,
    POLL_FLAG_RESET = 0x010,
    POLL_FLAG_CLOSE = 0x020,
    POLL_FLAG_CONNECT = 0x040,
    POLL_FLAG_ACCEPT = 0x080,
    POLL_FLAG_CONNECT_ERR = 0x100,
};

enum poll_set { POLL_SET_READ, POLL_SET_WRITE, POLL_SET_EXCEPT };

uint32_t poll_set_wants(enum poll_set set);
/* Whether a socket of which the kernel `found` this belongs in the set's result. */
bool poll_set_has(enum poll_set set, uint32_t found);

/* WSAPOLLFD.events that may be asked for. */
bool poll_events_valid(int events);
uint32_t poll_events_want(int events);
int poll_revents(int events, uint32_t found);

#endif
