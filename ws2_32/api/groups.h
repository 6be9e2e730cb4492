/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_API_GROUPS_H
#define WS2_32_API_GROUPS_H
/*
 * The sockets of one select() or WSAPoll() sorted by who can be asked about them. Providers are told apart by their function:
 * two GUIDs served by one DLL, as TCP/IP's for IPv4 and IPv6 are, can be asked together. Portable.
 */
#include <stdbool.h>
#include <stddef.h>

enum { GROUPS_MAX = 16 }; /* different provider DLLs in one call */

struct groups {
    size_t count;
    void (*key[GROUPS_MAX])(void);
};

/* The number of `key`'s group, made if it is new; -1 when there are too many. */
int groups_add(struct groups *g, void (*key)(void));

#endif
