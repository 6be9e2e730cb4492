/* SPDX-License-Identifier: MIT */
/*
 * Which entries can be used. Any installer can write the catalog, so nothing in it is trusted.
 *
 * An element below the top of a chain may be a layer's hidden entry or, in the form that
 * Microsoft's installers write, a chain itself (spi.md 1.2), and then that chain must be sound
 * too: its layer will look for its own elements. A bad chain disables its own protocol only.
 */
#include "catalog/catalog.h"

/* The longest sound chain takes 64 visits; chains that lead in circles run out of them. */
enum { VISITS = 256 };

static bool sound(const struct catalog *cat, const struct catalog_entry *e, int *visits)
{
    int32_t len = e->info.chain_len;

    if (--*visits < 0 || len < CATALOG_BASE || len > CATALOG_CHAIN_MAX)
        return false;
    for (int32_t i = 0; len > CATALOG_BASE && i < len; i++) {
        const struct catalog_entry *at = catalog_find_id(cat, e->info.chain[i]);

        if (!at || (at->info.chain_len == CATALOG_BASE) != (i == len - 1))
            return false;
        if (i == 0 && at->info.chain_len != CATALOG_LAYER)
            return false;
        if (at->info.chain_len != CATALOG_LAYER && !sound(cat, at, visits))
            return false;
    }
    return true;
}

bool catalog_usable(const struct catalog *cat, const struct catalog_entry *top)
{
    int visits = VISITS;

    return sound(cat, top, &visits);
}

const struct catalog_entry *catalog_base_of(const struct catalog *cat,
                                            const struct catalog_entry *top)
{
    if (!catalog_usable(cat, top))
        return NULL;
    if (top->info.chain_len == CATALOG_BASE)
        return top;
    return catalog_find_id(cat, top->info.chain[top->info.chain_len - 1]);
}
