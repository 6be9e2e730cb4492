/* SPDX-License-Identifier: MIT */
#include "catalog/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

/* ---- faults ---- */

static const struct {
    const char *word, *text; /* %1: id, %2: other */
    bool note;
} faults[] = {
    [FAULT_DUPLICATE_ID] = {"duplicate-id", "entry %1 exists twice; programs see the first", false},
    [FAULT_LENGTH] = {"too-long", "entry %1 has a chain length of %2; 0 to 7 are possible", false},
    [FAULT_MISSING] = {"missing-entry", "chain %1 names entry %2, which does not exist", false},
    [FAULT_NO_LAYER] = {"no-layer", "chain %1 does not begin with a layer", false},
    [FAULT_NO_BASE] = {"no-base", "chain %1 does not end in a base protocol", false},
    [FAULT_CYCLE] = {"cycle", "chain %1 leads back to itself", false},
    [FAULT_TWICE] = {"element-twice", "chain %1 has entry %2 twice", false},
    [FAULT_PATH] = {"bad-path", "the DLL path of entry %1 is empty or too long", false},
    [FAULT_UNUSED_LAYER] = {"unused-layer", "no chain uses layer %1", false},
    [FAULT_NO_BASE_AT_ALL] = {"no-base-at-all", "there is no base protocol: no program has a network", false},
    [FAULT_RECORD_SIZE] = {"record-size", "record %1 has %2 bytes instead of 888", false},
    [FAULT_RECORD_TYPE] = {"record-type", "record %1 has registry type %2 instead of REG_BINARY", false},
    [FAULT_RECORD_EMPTY] = {"record-empty", "record %1 has no PackedCatalogItem", false},
    [FAULT_RECORD_TEXT] = {"record-text", "record %1 has a path or a name without end", false},
    [FAULT_RECORD_ID] = {"duplicate-id", "record %1 has id %2, which an earlier record has", false},
    [FAULT_GAP] = {"gap", "record %1 is missing", false},
    [FAULT_FOREIGN_KEY] = {"foreign-key", "key number %1 among the records is none", false},
    [FAULT_COUNTER] = {"counter", "the counter says %2, and there are %1 records", false},
    [FAULT_NEXT_ID] = {"next-id", "the next id is %2, and entry %1 exists", false},
    [FAULT_UNCOUNTED] = {"uncounted", "the records were changed without counting it; programs do not use the change, and the next edit puts it aside", false},
    [FAULT_UNFINISHED] = {"unfinished", "an edit was interrupted: it is in force, and the next edit or repair completes it", true},
    [FAULT_NS_PROVIDER] = {"no-provider-id", "record %1 has no ProviderId of 16 bytes", false},
    [FAULT_NS_TWICE] = {"provider-twice", "record %1 has a provider that an earlier record has", false},
    [FAULT_NS_ALL] = {"no-name-space", "record %1 serves no name space", false},
    [FAULT_NS_PATH] = {"bad-path", "record %1 has no DLL path, or one that is too long", false},
    [FAULT_ONLY_64] = {"only-64", "layer %1 is not in the catalog of 32-bit programs", true},
    [FAULT_ONLY_32] = {"only-32", "layer %1 is not in the catalog of 64-bit programs", true},
};

void fault_list_deinit(struct fault_list *list)
{
    free(list->fault);
    memset(list, 0, sizeof *list);
}

void fault_add(struct fault_list *list, enum fault_kind kind, enum records_section section, uint32_t id,
               uint32_t other)
{
    struct fault *grown = list->fault;

    if (list->count % 64 == 0) {
        grown = realloc(list->fault, (list->count + 64) * sizeof *grown);
        if (!grown) {
            list->lost = true;
            return;
        }
        list->fault = grown;
    }
    grown[list->count++] = (struct fault){kind, section, id, other};
}

bool fault_is_note(enum fault_kind kind)
{
    return faults[kind].note;
}

const char *fault_word(enum fault_kind kind)
{
    return faults[kind].word;
}

void fault_text(const struct fault *f, char *text, size_t bytes)
{
    size_t at = 0;

    for (const char *from = faults[f->kind].text; *from && at + 12 < bytes; from++) {
        if (*from == '%')
            at += (size_t)snprintf(text + at, bytes - at, "%u", *++from == '1' ? f->id : f->other);
        else
            text[at++] = *from;
    }
    text[at] = 0;
}

/* ---- one catalog ---- */

static bool is_chain(const struct catalog_info *info)
{
    return info->chain_len > CATALOG_BASE && info->chain_len <= CATALOG_CHAIN_MAX;
}

static bool has_element(const struct catalog_info *info, uint32_t id)
{
    for (int32_t i = 0; is_chain(info) && i < info->chain_len; i++)
        if (info->chain[i] == id)
            return true;
    return false;
}

static bool bad_path(const struct catalog_entry *e)
{
    return !e->path[0] || !memchr(e->path, 0, sizeof e->path);
}

static bool layer_is_used(const struct catalog *cat, uint32_t id)
{
    for (uint32_t i = 0; i < cat->count; i++)
        if (has_element(&cat->entry[i].info, id))
            return true;
    return false;
}

/* Does the way down from `e` come back to it? Circles elsewhere are found where they are. */
static bool leads_back(const struct catalog *cat, const struct catalog_entry *e, uint32_t to, int depth)
{
    for (int32_t i = 0; is_chain(&e->info) && i < e->info.chain_len; i++) {
        const struct catalog_entry *at = catalog_find_id(cat, e->info.chain[i]);

        if (e->info.chain[i] == to)
            return true;
        if (at && depth < CATALOG_CHAIN_MAX && is_chain(&at->info) && leads_back(cat, at, to, depth + 1))
            return true;
    }
    return false;
}

static void verify_chain(const struct catalog *cat, const struct catalog_entry *e, enum records_section section,
                         struct fault_list *list)
{
    const struct catalog_info *info = &e->info;
    uint32_t before = list->count;

    for (int32_t i = 0; i < info->chain_len; i++) {
        const struct catalog_entry *at = catalog_find_id(cat, info->chain[i]);
        bool last = i == info->chain_len - 1;

        for (int32_t j = 0; j < i; j++)
            if (info->chain[j] == info->chain[i])
                fault_add(list, FAULT_TWICE, section, info->id, info->chain[i]);
        if (!at)
            fault_add(list, FAULT_MISSING, section, info->id, info->chain[i]);
        else if (i == 0 && at->info.chain_len != CATALOG_LAYER)
            fault_add(list, FAULT_NO_LAYER, section, info->id, 0);
        else if ((at->info.chain_len == CATALOG_BASE) != last)
            fault_add(list, FAULT_NO_BASE, section, info->id, 0);
    }
    if (leads_back(cat, e, info->id, 0))
        fault_add(list, FAULT_CYCLE, section, info->id, 0);
    else if (list->count == before && !catalog_usable(cat, e))
        fault_add(list, FAULT_NO_BASE, section, info->id, 0); /* an element of it is a chain that has a fault */
}

void catalog_verify(const struct catalog *cat, enum records_section section, struct fault_list *list)
{
    bool base = false;

    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_entry *e = &cat->entry[i];
        const struct catalog_info *info = &e->info;

        base = base || info->chain_len == CATALOG_BASE;
        if (catalog_find_id(cat, info->id) != e)
            fault_add(list, FAULT_DUPLICATE_ID, section, info->id, 0);
        else if (info->chain_len < 0 || info->chain_len > CATALOG_CHAIN_MAX)
            fault_add(list, FAULT_LENGTH, section, info->id, (uint32_t)info->chain_len);
        else if (info->chain_len == CATALOG_LAYER && !layer_is_used(cat, info->id))
            fault_add(list, FAULT_UNUSED_LAYER, section, info->id, 0);
        else if (is_chain(info))
            verify_chain(cat, e, section, list);
        if (bad_path(e))
            fault_add(list, FAULT_PATH, section, info->id, 0);
    }
    if (!base)
        fault_add(list, FAULT_NO_BASE_AT_ALL, section, 0, 0);
}

static void note_missing(const struct catalog *here, const struct catalog *there, enum fault_kind kind,
                         enum records_section section, struct fault_list *list)
{
    for (uint32_t i = 0; i < here->count; i++)
        if (here->entry[i].info.chain_len == CATALOG_LAYER &&
            !catalog_find_provider(there, &here->entry[i].info.provider))
            fault_add(list, kind, section, here->entry[i].info.id, 0);
}

void catalog_verify_widths(const struct catalog *cat64, const struct catalog *cat32, struct fault_list *list)
{
    note_missing(cat64, cat32, FAULT_ONLY_64, RECORDS_64, list);
    note_missing(cat32, cat64, FAULT_ONLY_32, RECORDS_32, list);
}

/* ---- repair ---- */

static void remove_at(struct catalog *cat, uint32_t i)
{
    cat->count--;
    memmove(&cat->entry[i], &cat->entry[i + 1], (cat->count - i) * sizeof cat->entry[0]);
}

/* Takes what is not there, or there before, out of the middle; the ends say what a chain is. */
static bool mend_chain(const struct catalog *cat, struct catalog_info *info)
{
    bool mended = false;

    for (int32_t i = info->chain_len - 2; i > 0; i--) {
        bool drop = !catalog_find_id(cat, info->chain[i]);

        for (int32_t j = 0; j < i; j++)
            drop = drop || info->chain[j] == info->chain[i];
        if (!drop)
            continue;
        info->chain_len--;
        memmove(&info->chain[i], &info->chain[i + 1], (size_t)(info->chain_len - i) * sizeof info->chain[0]);
        info->chain[info->chain_len] = 0;
        mended = true;
    }
    return mended;
}

static bool hopeless(const struct catalog *cat, const struct catalog_entry *e)
{
    if (catalog_find_id(cat, e->info.id) != e || bad_path(e) || e->info.chain_len < 0 ||
        e->info.chain_len > CATALOG_CHAIN_MAX)
        return true;
    if (e->info.chain_len == CATALOG_LAYER)
        return !layer_is_used(cat, e->info.id);
    return is_chain(&e->info) && (leads_back(cat, e, e->info.id, 0) || !catalog_usable(cat, e));
}

/*
 * One round; what it removes may leave others without a foundation. Duplicates go first and chains
 * are mended before any is given up, so that one missing layer does not cost the chains above it.
 */
static bool repair_once(struct catalog *cat)
{
    bool changed = false;

    for (uint32_t i = cat->count; i-- > 0;)
        if (catalog_find_id(cat, cat->entry[i].info.id) != &cat->entry[i] || bad_path(&cat->entry[i])) {
            remove_at(cat, i);
            changed = true;
        }
    for (uint32_t i = 0; i < cat->count; i++)
        if (is_chain(&cat->entry[i].info))
            changed = mend_chain(cat, &cat->entry[i].info) || changed;
    for (uint32_t i = cat->count; i-- > 0;)
        if (hopeless(cat, &cat->entry[i])) {
            remove_at(cat, i);
            changed = true;
        }
    return changed;
}

static int add_defaults(struct catalog *cat)
{
    struct catalog built_in;
    struct catalog_entry *grown;
    int err;

    for (uint32_t i = 0; i < cat->count; i++)
        if (cat->entry[i].info.chain_len == CATALOG_BASE)
            return 0;
    catalog_init(&built_in);
    err = catalog_defaults(&built_in, CATALOG_BASE_PATH);
    if (err)
        return err;
    grown = realloc(cat->entry, (cat->count + built_in.count) * sizeof *grown);
    if (!grown) {
        catalog_deinit(&built_in);
        return WSA_NOT_ENOUGH_MEMORY;
    }
    cat->entry = grown;
    for (uint32_t i = 0; i < built_in.count; i++) {
        struct catalog_entry *e = &grown[cat->count];

        *e = built_in.entry[i];
        if (catalog_find_id(cat, e->info.id))
            e->info.id = cat->next_id++;
        if (e->info.id >= cat->next_id)
            cat->next_id = e->info.id + 1;
        cat->count++;
    }
    catalog_deinit(&built_in);
    return 0;
}

/* Each round but the last removes something, so this ends. */
int catalog_repair(struct catalog *cat, void *unused)
{
    (void)unused;
    while (repair_once(cat))
        ;
    return add_defaults(cat);
}
