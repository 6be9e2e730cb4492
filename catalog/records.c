/* SPDX-License-Identifier: MIT */
#include "catalog/records.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/name.h"
#include "catalog/verify.h"

static bool sound(struct catalog_entry *e, uint32_t type, size_t bytes)
{
    if (type != REG_TYPE_BINARY || bytes != sizeof *e || !memchr(e->path, 0, sizeof e->path))
        return false;
    e->path[CATALOG_PATH_BYTES - 1] = 0; /* what comes after the first NUL may be anything, and counts for nothing */
    e->info.name[CATALOG_NAME_CHARS - 1] = 0;
    return true;
}

/*
 * Appends the record to `cat`, which has room. WSANO_DATA: there is no such key; a damaged record
 * is passed over.
 */
static int read_record(struct reg_key *entries, uint64_t number, struct catalog *cat, bool *clean)
{
    struct catalog_entry *e = &cat->entry[cat->count];
    char name[NUMBERED_CHARS];
    struct reg_key *key;
    uint32_t type = 0;
    size_t bytes = 0;
    int err;

    numbered_name(number, name);
    err = reg_open(entries, name, &key);
    if (err)
        return err;
    err = reg_get(key, "PackedCatalogItem", &type, e, sizeof *e, &bytes);
    reg_close(key);
    if (err == WSANO_DATA || err == WSAEMSGSIZE)
        return 0;
    if (!err && bytes == sizeof *e && e->info.name[CATALOG_NAME_CHARS - 1])
        *clean = false;
    if (!err && sound(e, type, bytes) && !catalog_find_id(cat, e->info.id))
        cat->count++; /* find_id sees only the entries counted so far: of two equal ids the first one stays */
    return err;
}

/* The long way, for keys that are not numbered 1 to n without a gap. */
static int read_listed(struct reg_key *entries, uint32_t subkeys, struct catalog *cat)
{
    uint64_t *number;
    uint32_t count;
    bool clean;
    int err = numbered_list(entries, subkeys, NULL, NULL, &number, &count);

    if (err)
        return err;
    for (uint32_t i = 0; !err && i < count; i++) {
        err = read_record(entries, number[i], cat, &clean);
        if (err == WSANO_DATA)
            err = 0;
    }
    free(number);
    return err;
}

static int read_entries(struct reg_key *entries, uint32_t subkeys, struct catalog *cat, bool *exact)
{
    bool clean = true;
    int err = 0;

    *exact = !subkeys;
    if (!subkeys)
        return 0;
    cat->entry = calloc(subkeys, sizeof *cat->entry);
    if (!cat->entry)
        return WSA_NOT_ENOUGH_MEMORY;
    for (uint32_t i = 1; !err && i <= subkeys; i++)
        err = read_record(entries, i, cat, &clean);
    *exact = clean && cat->count == subkeys && subkeys < RECORDS_MAX;
    if (err == WSANO_DATA) {
        cat->count = 0;
        *exact = false;
        err = read_listed(entries, subkeys, cat);
    }
    return err;
}

int records_read(struct reg_key *catalog_key, enum records_section section, struct catalog *cat,
                 struct records_state *state)
{
    struct reg_key *entries;
    uint32_t subkeys, counter = 0;
    int err = reg_open(catalog_key, numbered_names[section].entries, &entries);

    state->exists = state->exact = false;
    if (err)
        return err == WSANO_DATA ? 0 : err;
    err = reg_count(entries, &subkeys);
    if (!err && subkeys > RECORDS_MAX)
        subkeys = RECORDS_MAX;
    if (!err)
        err = read_entries(entries, subkeys, cat, &state->exact);
    reg_close(entries);

    /*
     * An empty catalog that says that it is empty is one that somebody emptied. One without a
     * counter is how Wine makes a prefix, and one with records of which none can be read is lost.
     */
    state->exists = cat->count > 0;
    if (!err && !cat->count && !subkeys) {
        err = numbered_get_dword(catalog_key, numbered_names[section].counter, &counter);
        state->exists = !err && counter == 0;
        if (err == WSANO_DATA)
            err = 0;
    }
    return err;
}

static int write_record(struct reg_key *entries, uint64_t number, const struct catalog_entry *e)
{
    char name[NUMBERED_CHARS];
    struct reg_key *key;
    int err;

    numbered_name(number, name);
    err = reg_create(entries, name, &key);
    if (err)
        return err;
    err = reg_set(key, "PackedCatalogItem", REG_TYPE_BINARY, e, sizeof *e);
    if (!err)
        err = reg_set(key, "ProtocolName", REG_TYPE_STRING, e->info.name,
                      (name_chars(e->info.name) + 1) * sizeof e->info.name[0]);
    reg_close(key);
    return err;
}

int records_write(struct reg_key *catalog_key, enum records_section section,
                  const struct catalog *cat, const struct catalog *old)
{
    struct reg_key *entries;
    int err = reg_create(catalog_key, numbered_names[section].entries, &entries);

    if (err)
        return err;
    for (uint32_t i = 0; !err && i < cat->count; i++)
        if (!old || i >= old->count || memcmp(&cat->entry[i], &old->entry[i], sizeof *cat->entry))
            err = write_record(entries, (uint64_t)i + 1, &cat->entry[i]);
    if (!err)
        err = numbered_sweep(entries, cat->count);
    reg_close(entries);
    if (!err)
        err = reg_set(catalog_key, numbered_names[section].counter, REG_TYPE_DWORD, &cat->count,
                      sizeof cat->count);
    return err;
}

/* ---- looking for faults ---- */

static int verify_record(struct reg_key *entries, enum records_section section, uint64_t number,
                         uint32_t *ids, uint32_t *id_count, struct fault_list *list)
{
    char name[NUMBERED_CHARS];
    struct catalog_entry e;
    struct reg_key *key;
    uint32_t type = 0;
    size_t bytes = 0;
    int err;

    numbered_name(number, name);
    err = reg_open(entries, name, &key);
    if (err)
        return err == WSANO_DATA ? 0 : err; /* gone meanwhile */
    err = reg_get(key, "PackedCatalogItem", &type, &e, sizeof e, &bytes);
    reg_close(key);
    if (err && err != WSANO_DATA && err != WSAEMSGSIZE)
        return err;
    if (err == WSANO_DATA) {
        fault_add(list, FAULT_RECORD_EMPTY, section, (uint32_t)number, 0);
    } else if (bytes != sizeof e) {
        fault_add(list, FAULT_RECORD_SIZE, section, (uint32_t)number, (uint32_t)bytes);
    } else if (type != REG_TYPE_BINARY) {
        fault_add(list, FAULT_RECORD_TYPE, section, (uint32_t)number, type);
    } else {
        if (!memchr(e.path, 0, sizeof e.path) || e.info.name[CATALOG_NAME_CHARS - 1])
            fault_add(list, FAULT_RECORD_TEXT, section, (uint32_t)number, 0);
        for (uint32_t i = 0; i < *id_count; i++)
            if (ids[i] == e.info.id) {
                fault_add(list, FAULT_RECORD_ID, section, (uint32_t)number, e.info.id);
                return 0;
            }
        ids[(*id_count)++] = e.info.id;
    }
    return 0;
}

struct foreign {
    enum records_section section;
    struct fault_list *list;
};

static void foreign_key(void *arg, uint32_t place)
{
    const struct foreign *f = arg;

    fault_add(f->list, FAULT_FOREIGN_KEY, f->section, place, 0);
}

static int verify_entries(struct reg_key *entries, enum records_section section, uint32_t subkeys,
                          struct fault_list *list)
{
    uint32_t *ids = calloc((size_t)subkeys + 1, sizeof *ids), count = 0, id_count = 0;
    struct foreign foreign = {section, list};
    uint64_t *number = NULL, last = 0;
    int err = ids ? numbered_list(entries, subkeys, foreign_key, &foreign, &number, &count) : WSA_NOT_ENOUGH_MEMORY;

    for (uint32_t i = 0; !err && i < count; i++) {
        if (number[i] != last + 1)
            fault_add(list, FAULT_GAP, section, (uint32_t)last + 1, 0);
        last = number[i];
        err = verify_record(entries, section, number[i], ids, &id_count, list);
    }
    free(number);
    free(ids);
    return err;
}

int records_verify(struct reg_key *catalog_key, enum records_section section, struct fault_list *list)
{
    struct reg_key *entries;
    uint32_t subkeys = 0, counter = 0;
    int err = reg_open(catalog_key, numbered_names[section].entries, &entries);

    if (!err) {
        err = reg_count(entries, &subkeys);
        if (!err)
            err = verify_entries(entries, section, subkeys < RECORDS_MAX ? subkeys : RECORDS_MAX, list);
        reg_close(entries);
    }
    if (err && err != WSANO_DATA)
        return err;
    err = numbered_get_dword(catalog_key, numbered_names[section].counter, &counter);
    if ((!err || (err == WSANO_DATA && subkeys)) && counter != subkeys)
        fault_add(list, FAULT_COUNTER, section, subkeys, counter);
    return err == WSANO_DATA ? 0 : err;
}
