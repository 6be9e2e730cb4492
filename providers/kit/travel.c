/* SPDX-License-Identifier: MIT */
#include "providers/kit/travel.h"

/* From the end: nearly always that is the place. */
void travel_put(struct travel_queue *q, struct travel *t)
{
    struct travel *before = q->last;

    while (before && before->due > t->due)
        before = before->before;
    t->before = before;
    t->next = before ? before->next : q->first;
    *(t->next ? &t->next->before : &q->last) = t;
    *(before ? &before->next : &q->first) = t;
    q->weight += travel_weight(t->bytes);
}

struct travel *travel_take(struct travel_queue *q, uint64_t now)
{
    struct travel *t = q->first;

    if (!t || t->due > now)
        return NULL;
    q->first = t->next;
    *(t->next ? &t->next->before : &q->last) = NULL;
    q->weight -= travel_weight(t->bytes);
    t->next = NULL;
    return t;
}

uint64_t travel_next(const struct travel_queue *q)
{
    return q->first ? q->first->due : TRAVEL_NEVER;
}
