/* SPDX-License-Identifier: MIT */
/*
 * Which entries can be used. Any installer can write the catalog, so nothing in it is trusted.
 *
 * An element below the top of a chain may be a layer's hidden entry or, in the form that
 * Microsoft's installers write, a chain itself (spi.md 1.2), and then that chain must be sound
 * too: its layer will look for its own elements. A bad chain disables its own protocol only.
 */
#include "catalog/catalog.h"

#include <string.h>

#include "catalog/unfold.h"

/* Two for each element of the longest way; chains that lead in circles run out of them. */
enum { VISITS = 256 };

/* Does `e` from element `at` on repeat what `inner`, the chain before it, says? Then it is as sound as `inner` is. */
static bool repeats(const struct catalog_info *e, int32_t at, const struct catalog_info *inner)
{
    return inner && inner->chain_len > CATALOG_BASE && inner->chain_len - 1 == e->chain_len - at &&
           !memcmp(&inner->chain[1], &e->chain[at], (size_t)(e->chain_len - at) * sizeof e->chain[0]);
}

static bool sound(const struct catalog *cat, const struct catalog_entry *e, int *visits)
{
    const struct catalog_info *before = NULL;
    int32_t len = e->info.chain_len;

    if (--*visits < 0 || len < CATALOG_BASE || len > CATALOG_CHAIN_MAX)
        return false;
    for (int32_t i = 0; len > CATALOG_BASE && i < len; i++) {
        const struct catalog_entry *at = catalog_find_id(cat, e->info.chain[i]);

        if (!at || (at->info.chain_len == CATALOG_BASE) != (i == len - 1))
            return false;
        if (i == 0 && at->info.chain_len != CATALOG_LAYER)
            return false;
        if (i > 0 && repeats(&e->info, i, before))
            return true;
        if (at->info.chain_len != CATALOG_LAYER && !sound(cat, at, visits))
            return false;
        before = &at->info;
    }
    return true;
}

static const struct catalog_info *find_info(const void *cat, uint32_t id)
{
    const struct catalog_entry *e = catalog_find_id(cat, id);

    return e ? &e->info : NULL;
}

int32_t catalog_way(const struct catalog *cat, const struct catalog_info *chain, uint32_t *list)
{
    return catalog_unfold(chain, find_info, cat, list);
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

/* Another installer's form: the layers' own entries, then the base. Is `low` what is left of `top` without its first? */
static bool is_rest(const struct catalog_info *top, const struct catalog_info *low)
{
    if (low->chain_len != top->chain_len - 1)
        return false;
    for (int32_t i = 0; i < low->chain_len; i++)
        if (low->chain[i] != top->chain[i + 1])
            return false;
    return true;
}

const struct catalog_entry *catalog_beneath(const struct catalog *cat, const struct catalog_entry *top)
{
    const struct catalog_entry *low;

    if (top->info.chain_len < 2 || !catalog_usable(cat, top))
        return NULL;
    low = catalog_find_id(cat, top->info.chain[1]);
    for (uint32_t i = 0; low->info.chain_len == CATALOG_LAYER && i < cat->count; i++)
        if (is_rest(&top->info, &cat->entry[i].info))
            low = &cat->entry[i];
    if (low->info.chain_len == CATALOG_LAYER) /* the layers beneath have no entry that programs see: the base it is */
        low = catalog_base_of(cat, top);
    return low && catalog_usable(cat, low) ? low : NULL;
}
