/* SPDX-License-Identifier: MIT */
#include "catalog/sporder/order.h"

#include <stdlib.h>
#include <string.h>

bool order_init(struct order *o, uint32_t count)
{
    o->at = calloc((size_t)count + 1, sizeof *o->at);
    o->count = o->at ? count : 0;
    for (uint32_t i = 0; i < o->count; i++)
        o->at[i] = i;
    return o->at;
}

void order_deinit(struct order *o)
{
    free(o->at);
    o->at = NULL;
    o->count = 0;
}

bool order_move(struct order *o, uint32_t from, int64_t to)
{
    uint32_t moved;

    if (from >= o->count || to < 0 || to >= o->count)
        return false;
    moved = o->at[from];
    if (to < from)
        memmove(&o->at[to + 1], &o->at[to], (from - (size_t)to) * sizeof moved);
    else
        memmove(&o->at[from], &o->at[from + 1], ((size_t)to - from) * sizeof moved);
    o->at[to] = moved;
    return true;
}

bool order_changed(const struct order *o)
{
    for (uint32_t i = 0; i < o->count; i++)
        if (o->at[i] != i)
            return true;
    return false;
}
