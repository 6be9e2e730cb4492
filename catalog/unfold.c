/* SPDX-License-Identifier: MIT */
#include "catalog/unfold.h"

static bool is_chain(const struct catalog_info *info)
{
    return info && info->chain_len > CATALOG_BASE && info->chain_len <= CATALOG_CHAIN_MAX;
}

/* Ends: each turn fills one place of the list. */
int32_t catalog_unfold(const struct catalog_info *chain,
                       const struct catalog_info *(*find)(const void *in, uint32_t id), const void *in,
                       uint32_t list[CATALOG_DEEP])
{
    int32_t at = 0, count = 0;

    if (!is_chain(chain))
        return 0;
    for (;;) {
        const struct catalog_info *inner = at ? find(in, chain->chain[at]) : NULL; /* [0] is this chain's own layer */

        if (count == CATALOG_DEEP)
            return -1;
        list[count++] = chain->chain[at];
        if (is_chain(inner)) {
            chain = inner;
            at = 0;
        }
        if (++at >= chain->chain_len)
            return count;
    }
}
