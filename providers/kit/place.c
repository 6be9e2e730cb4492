/* SPDX-License-Identifier: MIT */
#include "providers/kit/place.h"

#include <string.h>

#include "base/wsaerr.h"

static const struct catalog_info *find(const struct place_catalog *cat, uint32_t id)
{
    for (uint32_t i = 0; i < cat->count; i++)
        if (cat->entry[i].id == id)
            return &cat->entry[i];
    return NULL;
}

static bool is_own_id(const struct place_catalog *cat, uint32_t id)
{
    for (uint32_t i = 0; i < cat->own_count; i++)
        if (cat->own[i] == id)
            return true;
    return false;
}

/* The catalog is written by installers of all kinds: never index by a length from it unseen. */
static bool is_chain(const struct catalog_info *e)
{
    return e->chain_len > CATALOG_BASE && e->chain_len <= CATALOG_CHAIN_MAX;
}

static bool is_own_chain(const struct place_catalog *cat, const struct catalog_info *e)
{
    return is_chain(e) && is_own_id(cat, e->chain[0]);
}

/*
 * How well `e`, a chain of ours, fits the part of `given` from element `at`, where we stand: the same elements
 * below us, at least the same base, at least the same protocol, not at all.
 */
static int likeness(const struct catalog_info *e, const struct catalog_info *given, int32_t at)
{
    int32_t below = given->chain_len - at - 1;

    if (e->chain_len - 1 == below &&
        !memcmp(&e->chain[1], &given->chain[at + 1], (size_t)below * sizeof e->chain[0]))
        return 3;
    if (e->chain[e->chain_len - 1] == given->chain[given->chain_len - 1])
        return 2;
    return e->family == given->family && e->type == given->type && e->protocol == given->protocol;
}

static const struct catalog_info *own_chain_like(const struct place_catalog *cat,
                                                 const struct catalog_info *given, int32_t at)
{
    const struct catalog_info *best = NULL;
    int best_likeness = 0;

    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_info *e = &cat->entry[i];
        int how = is_own_chain(cat, e) ? likeness(e, given, at) : 0;

        if (how > best_likeness) {
            best = e;
            best_likeness = how;
        }
    }
    return best;
}

/*
 * The element after chain[at]. A chain entry of our own there means that our DLL is installed twice in this chain;
 * started again it would find the same place and start itself without end, so it is passed over.
 */
static const struct catalog_info *below(const struct place_catalog *cat,
                                        const struct catalog_info *chain, int32_t at)
{
    for (int step = 0; step < CATALOG_CHAIN_MAX && ++at < chain->chain_len; step++) {
        const struct catalog_info *e = find(cat, chain->chain[at]);

        if (!e)
            return NULL;
        if (is_own_chain(cat, e)) {
            chain = e;
            at = 0;
        } else if (!is_own_id(cat, e->id)) {
            return e;
        }
    }
    return NULL;
}

/*
 * The catalog has chains in two forms (spi.md B23). The documents put layer ids into a chain:
 *     { outer's layer id, our layer id, base }
 * Microsoft's sample, and so most of the world, puts the id of the entry laid over second:
 *     { outer's layer id, id of our chain, base }   where our chain = { our layer id, base }
 * Chains over chains mix them, so each element is asked whether it is either.
 */
int place_find(const struct place_catalog *cat, const struct catalog_info *given,
               struct place *out)
{
    const struct catalog_info *mine = NULL;
    const struct catalog_info *from = NULL; /* the chain to read on in, at element `at` */
    const struct catalog_info *next;
    int32_t at = 0;

    if (!is_chain(given))
        return WSAEINVALIDPROVIDER;

    for (int32_t i = 0; i < given->chain_len - 1 && !from; i++) {
        const struct catalog_info *e = i ? find(cat, given->chain[i]) : NULL;

        if (is_own_id(cat, given->chain[i])) {
            from = given;
            at = i;
            mine = i ? own_chain_like(cat, given, i) : find(cat, given->id);
        } else if (e && is_own_chain(cat, e)) {
            from = mine = e;
        }
    }

    /* A layer above that hands down an info of its own making: go by the protocol (spi.md 4.7). */
    if (!from)
        from = mine = own_chain_like(cat, given, given->chain_len - 1);
    if (!from)
        return WSAEINVALIDPROVIDER;

    next = below(cat, from, at);
    if (!next)
        return WSAEINVALIDPROVIDER;
    out->mine = mine ? mine : given;
    out->next = next;
    return 0;
}
