/* SPDX-License-Identifier: MIT */
#ifndef WS2_KIT_TRAVEL_H
#define WS2_KIT_TRAVEL_H
/* Datagrams on their way, in the order in which they arrive. Portable. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRAVEL_NEVER UINT64_MAX

/* What a queue counts a datagram as beside its bytes: those of no bytes take memory as well. */
enum { TRAVEL_OVERHEAD = 512 };

/* Embedded in who travels. */
struct travel {
    struct travel *next, *before;
    uint64_t due;
    size_t bytes;
};

/* Zero: empty. */
struct travel_queue {
    struct travel *first, *last;
    size_t weight;
};

static inline size_t travel_weight(size_t bytes)
{
    return bytes + TRAVEL_OVERHEAD;
}

/* Behind all that are due no later: of two that arrive at one time the one that left first is first. */
void travel_put(struct travel_queue *q, struct travel *t);
/* The first, if it is due; it is then out of the queue. NULL: none. */
struct travel *travel_take(struct travel_queue *q, uint64_t now);
/* When the first is due; TRAVEL_NEVER: nobody is on the way. */
uint64_t travel_next(const struct travel_queue *q);

#endif
