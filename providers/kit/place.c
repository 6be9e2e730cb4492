/* SPDX-License-Identifier: MIT */
#include "providers/kit/place.h"

#include <string.h>

#include "base/wsaerr.h"
#include "catalog/unfold.h"

static const struct catalog_info *find(const void *in, uint32_t id)
{
    const struct place_catalog *cat = in;

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

/* All that a chain says, in `cat`: catalog/unfold.h. */
struct way {
    const struct catalog_info *chain;
    uint32_t id[CATALOG_DEEP];
    int32_t count;
};

static bool follow(const struct place_catalog *cat, const struct catalog_info *chain, struct way *out)
{
    out->chain = chain;
    out->count = catalog_unfold(chain, find, cat, out->id);
    return out->count > 1;
}

/*
 * How well `e`, a chain of ours, fits `way` from element `at`, where we stand: the same elements below us, at least the same base,
 * at least the same protocol, not at all.
 */
static int likeness(const struct place_catalog *cat, const struct catalog_info *e, const struct way *way, int32_t at)
{
    struct way own;
    int32_t below = way->count - at - 1;

    if (!follow(cat, e, &own))
        return 0;
    if (own.count - 1 == below && !memcmp(&own.id[1], &way->id[at + 1], (size_t)below * sizeof own.id[0]))
        return 3;
    if (own.id[own.count - 1] == way->id[way->count - 1])
        return 2;
    return e->family == way->chain->family && e->type == way->chain->type && e->protocol == way->chain->protocol;
}

static const struct catalog_info *own_chain_like(const struct place_catalog *cat, const struct way *way, int32_t at)
{
    const struct catalog_info *best = NULL;
    int best_likeness = 0;

    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_info *e = &cat->entry[i];
        int how = is_own_chain(cat, e) ? likeness(cat, e, way, at) : 0;

        if (how > best_likeness) {
            best = e;
            best_likeness = how;
        }
    }
    return best;
}

/*
 * The element after `at`. A chain entry of our own there means that our DLL is installed twice in this chain;
 * started again it would find the same place and start itself without end, so it is passed over.
 */
static const struct catalog_info *below(const struct place_catalog *cat, const struct way *way, int32_t at)
{
    while (++at < way->count) {
        const struct catalog_info *e = find(cat, way->id[at]);

        if (!e || !(is_own_id(cat, e->id) || is_own_chain(cat, e)))
            return e;
    }
    return NULL;
}

static bool names(const struct catalog_info *chain, uint32_t id)
{
    for (int32_t i = 0; i < chain->chain_len; i++)
        if (chain->chain[i] == id)
            return true;
    return false;
}

/*
 * Each layer hands down what it was given (spi.md 4.7), and the next one finds itself there. A layer that is not made with the kit
 * does not look into the chains that a chain names; where `given` says no more than that, the next one gets what does name it.
 */
static const struct catalog_info *what_names(const struct catalog_info *given, const struct place *place)
{
    if (names(given, place->next->id))
        return given;
    return is_chain(place->next) ? place->next : place->mine;
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
    struct way way;
    int32_t at = -1;

    if (!is_chain(given) || !follow(cat, given, &way))
        return WSAEINVALIDPROVIDER;

    out->mine = NULL;
    for (int32_t i = 0; i < way.count - 1 && at < 0; i++) {
        const struct catalog_info *e = i ? find(cat, way.id[i]) : NULL;

        if (is_own_id(cat, way.id[i])) {
            at = i;
            out->mine = i ? own_chain_like(cat, &way, i) : find(cat, given->id);
        } else if (e && is_own_chain(cat, e)) {
            at = i;
            out->mine = e;
        }
    }

    /* A layer above that hands down an info of its own making: go by the protocol (spi.md 4.7). */
    if (at < 0) {
        out->mine = own_chain_like(cat, &way, way.count - 1);
        if (!out->mine || !follow(cat, out->mine, &way))
            return WSAEINVALIDPROVIDER;
        at = 0;
    }

    out->next = below(cat, &way, at);
    if (!out->next)
        return WSAEINVALIDPROVIDER;
    if (!out->mine)
        out->mine = given;
    out->hand = what_names(given, out);
    return 0;
}
