/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_RACE_H
#define WS2_32_NAMES_RACE_H
/*
 * Happy Eyeballs (RFC 8305, section 5): which of several addresses to try when. A further attempt starts when the one
 * before it has failed, or has said nothing for RACE_STAGGER_MS. Only decides; sockets and clocks are the caller's.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RACE_MAX = 64,         /* addresses; further ones are left out */
    RACE_STAGGER_MS = 250, /* the RFC's "Connection Attempt Delay" */
    RACE_NONE = -1,
};

struct race {
    size_t count, started, failed;
    uint64_t next_ms;              /* when the next one may start if nobody fails before */
    uint8_t state[RACE_MAX];       /* of each address: enum in race.c */
};

void race_init(struct race *r, size_t count, uint64_t now_ms);

/* The address to start an attempt at now, which thereby has begun; RACE_NONE: nothing to start at this time. */
int race_start(struct race *r, uint64_t now_ms);

void race_fail(struct race *r, int which);

/* All others have failed, so that nothing is to be gained by racing. */
bool race_is_alone(const struct race *r, int which);

bool race_is_lost(const struct race *r); /* every attempt has failed */

/* How long nothing is to be started; UINT64_MAX: for good. */
uint64_t race_wait_ms(const struct race *r, uint64_t now_ms);

/*
 * The order to try addresses in (RFC 8305, section 4): as they come, but the families take turns from the second on.
 * order[] becomes a permutation of the indices of six[], which tells whether each is an IPv6 address.
 */
void race_interleave(const bool *six, size_t count, size_t *order);

#endif
