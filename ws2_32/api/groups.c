/* SPDX-License-Identifier: MIT */
#include "ws2_32/api/groups.h"

int groups_add(struct groups *g, void (*key)(void))
{
    for (size_t i = 0; i < g->count; i++)
        if (g->key[i] == key)
            return i;
    if (g->count == GROUPS_MAX)
        return -1;
    g->key[g->count] = key;
    return g->count++;
}
