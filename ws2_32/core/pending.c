/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/pending.h"

#include <stdlib.h>

#include "base/lock.h"

enum { BUCKETS = 512 };

struct operation {
    struct operation *next;
    uintptr_t socket;
    void *overlapped;
};

static struct lock lock;
static struct operation *bucket[BUCKETS]; /* by address of the OVERLAPPED; guarded by lock */

static struct operation **bucket_of(const void *overlapped)
{
    return &bucket[((uintptr_t)overlapped >> 5) % BUCKETS];
}

bool pending_begin(uintptr_t socket, void *overlapped)
{
    struct operation *op = malloc(sizeof *op), **at = bucket_of(overlapped);

    if (!op)
        return false;
    op->socket = socket;
    op->overlapped = overlapped;
    lock_take(&lock);
    op->next = *at;
    *at = op;
    lock_drop(&lock);
    return true;
}

static struct operation *take(struct operation **at, uintptr_t socket, const void *overlapped) WS2_REQUIRES(lock)
{
    struct operation *op;

    while (*at && !((*at)->socket == socket && (!overlapped || (*at)->overlapped == overlapped)))
        at = &(*at)->next;
    op = *at;
    if (op)
        *at = op->next;
    return op;
}

bool pending_end(uintptr_t socket, void *overlapped)
{
    struct operation *op;

    lock_take(&lock);
    op = take(bucket_of(overlapped), socket, overlapped);
    lock_drop(&lock);
    free(op);
    return op != NULL;
}

/* Goes through everything: sockets with operations left are closed by layers that are at fault. Others find nothing to go through. */
void *pending_take(uintptr_t socket)
{
    struct operation *op = NULL;
    void *overlapped = NULL;

    lock_take(&lock);
    for (int i = 0; !op && i < BUCKETS; i++)
        op = take(&bucket[i], socket, NULL);
    lock_drop(&lock);
    if (op)
        overlapped = op->overlapped;
    free(op);
    return overlapped;
}
