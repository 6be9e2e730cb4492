/* SPDX-License-Identifier: MIT */
/*
 * Putting a layer over protocols and taking it out again: WSCInstallProviderAndChains, `wsctl
 * install layer` and the layers of one run are all this one edit.
 *
 * Chains have the form of Microsoft's sample (spi.md 1.2): [0] is the layer's hidden entry, [1]
 * the entry laid over, base or chain, and the rest that entry's own elements from 1 on. Position i
 * therefore stands for exactly one layer, and leaving a layer out of a chain is leaving its
 * element out. In a catalog that folds, a chain that would need an eighth element keeps the first
 * two and the base, and position 1 stands for all that lies beneath (catalog/unfold.h).
 *
 * A layer that passes real handles up (IFS) cannot work above one that makes its own: it would
 * claim a handle that means nothing to the kernel. So it goes in beneath the last such layer, and
 * the chains above are relinked, as the sample's installer does.
 */
#include "catalog/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/name.h"

static bool same_triple(const struct catalog_info *a, const struct catalog_info *b)
{
    return a->family == b->family && a->type == b->type && a->protocol == b->protocol;
}

/* Is this the entry that an application asking for exactly this triple gets? */
static bool topmost(const struct catalog *cat, const struct catalog_entry *e)
{
    if (!catalog_usable(cat, e) || e->info.provider_flags & CATALOG_PFL_NETWORKDIRECT)
        return false;
    for (const struct catalog_entry *above = cat->entry; above < e; above++)
        if (same_triple(&above->info, &e->info) && catalog_usable(cat, above))
            return false;
    return true;
}

/*
 * The highest entry at or beneath `top` that hands out kernel handles; NULL when the way down is
 * not in the sample's form, where the next entry cannot be told from a layer's hidden one.
 */
static const struct catalog_entry *beneath_own_handles(const struct catalog *cat,
                                                       const struct catalog_entry *top)
{
    for (uint32_t depth = 0; top && depth < cat->count; depth++) {
        if (top->info.service_flags[0] & CATALOG_XP1_IFS)
            return top;
        if (top->info.chain_len < 2)
            return top; /* a base without kernel handles: nothing is better below it */
        top = catalog_find_id(cat, top->info.chain[1]);
    }
    return NULL;
}

static int32_t position(const struct catalog_info *chain, uint32_t id)
{
    for (int32_t i = 1; i < chain->chain_len && i < CATALOG_CHAIN_MAX; i++)
        if (chain->chain[i] == id)
            return i;
    return -1;
}

static bool is_chain_id(const struct catalog *cat, uint32_t id)
{
    const struct catalog_entry *e = catalog_find_id(cat, id);

    return e && e->info.chain_len > CATALOG_BASE && e->info.chain_len <= CATALOG_CHAIN_MAX;
}

/*
 * Leaves { the chain's layer, `below`, base }: `below` says the rest. False if it does not, since it is no chain.
 */
static bool fold(const struct catalog *cat, struct catalog_info *chain, uint32_t below)
{
    if (!is_chain_id(cat, below))
        return false;
    chain->chain[1] = below;
    chain->chain[2] = chain->chain[chain->chain_len - 1];
    memset(&chain->chain[3], 0, sizeof chain->chain - 3 * sizeof chain->chain[0]);
    chain->chain_len = 3;
    return true;
}

/* Puts `id`, a chain, before element `at`; false when the chain is full and may not, or cannot, be folded. */
static bool insert_element(const struct catalog *cat, struct catalog_info *chain, int32_t at, uint32_t id)
{
    if (chain->chain_len >= CATALOG_CHAIN_MAX)
        return cat->folds && fold(cat, chain, at == 1 ? id : chain->chain[1]);
    memmove(&chain->chain[at + 1], &chain->chain[at],
            (size_t)(chain->chain_len - at) * sizeof chain->chain[0]);
    chain->chain[at] = id;
    chain->chain_len++;
    return true;
}

static void remove_element(struct catalog_info *chain, int32_t at)
{
    chain->chain_len--;
    memmove(&chain->chain[at], &chain->chain[at + 1],
            (size_t)(chain->chain_len - at) * sizeof chain->chain[0]);
    chain->chain[chain->chain_len] = 0;
}

/*
 * One GUID per chain, because a provider is started once per GUID; the triple is unique within a
 * layer.
 */
static void chain_guid(const struct catalog_guid *layer, const struct catalog_info *lower,
                       struct catalog_guid *out)
{
    const uint32_t triple[3] = {(uint32_t)lower->family, (uint32_t)lower->type,
                                (uint32_t)lower->protocol};
    uint8_t bytes[12];

    for (int i = 0; i < 12; i++)
        bytes[i] = (uint8_t)(triple[i / 4] >> (8 * (i % 4)));
    catalog_guid_derive(layer, bytes, sizeof bytes, out);
}

static bool fill_chain(const struct catalog *cat, struct catalog_entry *e, const struct catalog_entry *layer,
                       const struct catalog_entry *lower, uint32_t id)
{
    uint32_t beneath = (uint32_t)lower->info.chain_len - 1; /* elements below `lower` itself */

    *e = *lower;
    memcpy(e->path, layer->path, sizeof e->path);
    chain_guid(&layer->info.provider, &lower->info, &e->info.provider);
    e->info.id = id;
    e->info.chain[0] = layer->info.id;
    if (beneath + 2 <= CATALOG_CHAIN_MAX) {
        memset(&e->info.chain[1], 0, sizeof e->info.chain - sizeof e->info.chain[0]);
        e->info.chain_len = (int32_t)beneath + 2;
        e->info.chain[1] = lower->info.id;
        memcpy(&e->info.chain[2], &lower->info.chain[1], beneath * sizeof e->info.chain[0]);
    } else if (!cat->folds || !fold(cat, &e->info, lower->info.id)) {
        return false;
    }
    if (!(layer->info.service_flags[0] & CATALOG_XP1_IFS))
        e->info.service_flags[0] &= ~(uint32_t)CATALOG_XP1_IFS;

    memset(e->info.name, 0, sizeof e->info.name);
    name_append(e->info.name, layer->info.name);
    name_append_ascii(e->info.name, " over [");
    name_append(e->info.name, lower->info.name);
    name_append_ascii(e->info.name, "]");
    return true;
}

static void fill_layer(struct catalog_entry *e, const struct catalog_guid *provider,
                       const catalog_char *name, const char *path, uint32_t service_flags,
                       const struct catalog_info *lower, uint32_t id)
{
    memset(e, 0, sizeof *e);
    memcpy(e->path, path, strlen(path));
    e->info.service_flags[0] = (lower->service_flags[0] & ~(uint32_t)CATALOG_XP1_IFS) |
                               (service_flags & CATALOG_XP1_IFS);
    e->info.provider_flags = CATALOG_PFL_HIDDEN;
    e->info.provider = *provider;
    e->info.id = id;
    e->info.chain_len = CATALOG_LAYER;
    e->info.version = lower->version;
    e->info.family = lower->family;
    e->info.max_addr = lower->max_addr;
    e->info.min_addr = lower->min_addr;
    name_append(e->info.name, name);
}

/* Lets every chain from `top` down that lies over `lower` lie over `chain` instead. */
static bool relink(struct catalog *cat, const struct catalog_info *top,
                   const struct catalog_info *lower, const struct catalog_info *chain)
{
    for (uint32_t i = 0; i < cat->count; i++) {
        struct catalog_info *info = &cat->entry[i].info;
        int32_t at = position(info, lower->id);

        if (info->id == chain->id || at < 0 || !same_triple(info, top))
            continue;
        if (!insert_element(cat, info, at, chain->id))
            return false;
    }
    return true;
}

static bool name_taken(const struct catalog *cat, const catalog_char *name)
{
    for (uint32_t i = 0; i < cat->count; i++)
        if (cat->entry[i].info.chain_len == CATALOG_LAYER && name_equal(cat->entry[i].info.name, name))
            return true;
    return false;
}

/*
 * Builds in `next` (empty) what `cat` becomes: new chains, the old entries, the hidden entry. One
 * new chain per `over` entry; `over` holds indexes into cat.
 */
static int compose(const struct catalog *cat, const struct catalog_entry *layer,
                   const uint32_t *over, uint32_t chains, struct catalog *next)
{
    next->entry = calloc(cat->count + chains + 1, sizeof *next->entry);
    if (!next->entry)
        return WSA_NOT_ENOUGH_MEMORY;
    next->count = cat->count + chains + 1;
    next->serial = cat->serial;
    next->folds = cat->folds;
    next->next_id = cat->next_id + 1 + chains;
    memcpy(&next->entry[chains], cat->entry, cat->count * sizeof *cat->entry);
    next->entry[next->count - 1] = *layer;

    for (uint32_t i = 0; i < chains; i++) {
        const struct catalog_entry *top = &cat->entry[over[i]];
        const struct catalog_entry *lower = top;

        if (layer->info.service_flags[0] & CATALOG_XP1_IFS)
            lower = beneath_own_handles(cat, top);
        if (!lower || lower->info.chain_len == CATALOG_LAYER ||
            !fill_chain(cat, &next->entry[i], layer, lower, layer->info.id + 1 + i))
            return WSANO_RECOVERY;
        if (lower != top && !relink(next, &top->info, &lower->info, &next->entry[i].info))
            return WSANO_RECOVERY;
    }
    return 0;
}

/* A chain that went in beneath others must not be found before them. */
static void sink_inner_chains(struct catalog *next, uint32_t chains)
{
    for (uint32_t i = chains; i-- > 0;) {
        struct catalog_entry chain = next->entry[i];
        uint32_t last = i;

        for (uint32_t j = 0; j < next->count; j++)
            if (position(&next->entry[j].info, chain.info.id) > 0 && j > last)
                last = j;
        if (last == i)
            continue;
        memmove(&next->entry[i], &next->entry[i + 1], (last - i) * sizeof chain);
        next->entry[last] = chain;
    }
}

int catalog_install_layer(struct catalog *cat, const struct catalog_guid *provider,
                          const catalog_char *name, const char *path, uint32_t service_flags,
                          bool (*wanted)(const struct catalog_info *lower, void *arg), void *arg,
                          uint32_t *layer_id)
{
    struct catalog next;
    struct catalog_entry layer;
    uint32_t *over, chains = 0;
    int err;

    if (!name[0] || !path[0] || strnlen(path, CATALOG_PATH_BYTES) == CATALOG_PATH_BYTES ||
        name_chars(name) == CATALOG_NAME_CHARS || catalog_find_provider(cat, provider) ||
        name_taken(cat, name) || !cat->count)
        return WSAEINVAL;

    over = calloc(cat->count, sizeof *over);
    if (!over)
        return WSA_NOT_ENOUGH_MEMORY;
    for (uint32_t i = 0; i < cat->count; i++)
        if (topmost(cat, &cat->entry[i]) && wanted(&cat->entry[i].info, arg))
            over[chains++] = i;

    catalog_init(&next);
    err = chains ? 0 : WSAEINVAL;
    if (!err) {
        fill_layer(&layer, provider, name, path, service_flags, &cat->entry[over[0]].info,
                   cat->next_id);
        err = compose(cat, &layer, over, chains, &next);
    }
    free(over);
    if (err) {
        catalog_deinit(&next);
        return err;
    }
    sink_inner_chains(&next, chains);
    if (layer_id)
        *layer_id = layer.info.id;
    free(cat->entry);
    *cat = next;
    return 0;
}

static bool is_chain_of(const struct catalog_info *info, uint32_t layer_id)
{
    return info->chain_len >= 2 && info->chain_len <= CATALOG_CHAIN_MAX && info->chain[0] == layer_id;
}

/*
 * Takes element `at` out, and puts in its place what it stood for where the chain is folded there. A chain in another installer's
 * form, for which seven elements are then too few, stays as it is and names what is gone: unusable, so that no call goes past
 * a layer unseen.
 */
static void remove_part(const struct catalog *cat, struct catalog_info *chain, int32_t at)
{
    const struct catalog_entry *e = catalog_find_id(cat, chain->chain[at]);
    int32_t rest;

    if (!e || e->info.chain_len < 2 || e->info.chain_len > CATALOG_CHAIN_MAX || at + 1 >= chain->chain_len ||
        e->info.chain[1] == chain->chain[at + 1]) {
        remove_element(chain, at);
        return;
    }
    rest = e->info.chain_len - 1;
    if (at + rest > CATALOG_CHAIN_MAX) {
        fold(cat, chain, chain->chain[1]);
        return;
    }
    memset(&chain->chain[at], 0, (size_t)(CATALOG_CHAIN_MAX - at) * sizeof chain->chain[0]);
    memcpy(&chain->chain[at], &e->info.chain[1], (size_t)rest * sizeof chain->chain[0]);
    chain->chain_len = at + rest;
}

/* Does `id` name the layer itself or one of its chains? */
static bool is_part(const struct catalog *cat, uint32_t layer_id, uint32_t id)
{
    const struct catalog_entry *e = catalog_find_id(cat, id);

    return id == layer_id || (e && is_chain_of(&e->info, layer_id));
}

int catalog_remove_layer(struct catalog *cat, const struct catalog_guid *provider)
{
    const struct catalog_entry *layer = catalog_find_provider(cat, provider);
    uint32_t layer_id, kept = 0;

    if (!layer || layer->info.chain_len != CATALOG_LAYER)
        return WSAEINVAL;
    layer_id = layer->info.id;

    for (uint32_t i = 0; i < cat->count; i++) {
        struct catalog_info *info = &cat->entry[i].info;

        if (info->chain_len > CATALOG_CHAIN_MAX || is_chain_of(info, layer_id))
            continue;
        for (int32_t at = info->chain_len - 1; at > 0; at--)
            if (is_part(cat, layer_id, info->chain[at]))
                remove_part(cat, info, at);
    }
    /*
     * Whether an entry is part of the layer is read from the entry itself from here on: ids may be
     * gone already.
     */
    for (uint32_t i = 0; i < cat->count; i++)
        if (cat->entry[i].info.id != layer_id && !is_chain_of(&cat->entry[i].info, layer_id))
            cat->entry[kept++] = cat->entry[i];
    cat->count = kept;
    return 0;
}
