/* SPDX-License-Identifier: MIT */
#include "catalog/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

static const char value_name[] = "ws2kit_Journal";

enum { MAGIC = 0x4A325357 /* "WS2J" */, ABSENT = -1, ENTRIES_MAX = 4096 };

/*
 * Little-endian as stored, like the records; followed by the entries of each section that is not
 * ABSENT.
 */
struct header {
    uint32_t magic, check, generation, serial, next_id;
    int32_t count[RECORDS_SECTIONS];
};
_Static_assert(sizeof(struct header) == 28, "stored form");

static void reset(struct journal *j)
{
    memset(j, 0, sizeof *j);
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        catalog_init(&j->cat[i]);
}

void journal_deinit(struct journal *j)
{
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        catalog_deinit(&j->cat[i]);
}

/* FNV-1a over what follows the `check` field. It finds a damaged value, not a forged one. */
static uint32_t check_of(const uint8_t *value, size_t bytes)
{
    uint32_t hash = 2166136261u;

    for (size_t i = offsetof(struct header, generation); i < bytes; i++)
        hash = (hash ^ value[i]) * 16777619u;
    return hash;
}

/*
 * Takes the entries of one section, if it is there and whole. Those we wrote ourselves are sound;
 * the check says so.
 */
static int take(const uint8_t **at, size_t *left, int32_t count, const struct header *h,
                struct catalog *cat)
{
    size_t bytes = (size_t)count * sizeof *cat->entry;

    if (count < 0 || count > ENTRIES_MAX || bytes > *left)
        return WSAEINVAL;
    cat->entry = count ? malloc(bytes) : NULL;
    if (count && !cat->entry)
        return WSA_NOT_ENOUGH_MEMORY;
    if (count)
        memcpy(cat->entry, *at, bytes);
    cat->count = (uint32_t)count;
    cat->serial = h->serial;
    cat->next_id = h->next_id;
    *at += bytes;
    *left -= bytes;
    return 0;
}

/* WSAEINVAL: damaged. */
static int decode(const uint8_t *value, size_t bytes, struct journal *j)
{
    struct header h;
    const uint8_t *at;
    size_t left;
    int err = 0;

    if (bytes < sizeof h)
        return WSAEINVAL;
    memcpy(&h, value, sizeof h);
    at = value + sizeof h;
    left = bytes - sizeof h;
    if (h.magic != MAGIC || h.check != check_of(value, bytes))
        return WSAEINVAL;
    j->generation = h.generation;
    j->serial = h.serial;
    j->next_id = h.next_id;
    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        j->pending[i] = h.count[i] != ABSENT;
        if (j->pending[i])
            err = take(&at, &left, h.count[i], &h, &j->cat[i]);
    }
    return err || !left ? err : WSAEINVAL;
}

int journal_read(struct reg_key *catalog_key, struct journal *j)
{
    struct header at_rest;
    uint8_t *value = NULL;
    uint32_t type = 0;
    size_t bytes = 0;
    int err = reg_get(catalog_key, value_name, &type, &at_rest, sizeof at_rest, &bytes);

    reset(j);
    if (!err)
        err = decode((uint8_t *)&at_rest, bytes, j);
    while (err == WSAEMSGSIZE) { /* once, unless another edit begins in between */
        size_t capacity = bytes;

        free(value);
        value = malloc(capacity);
        if (!value)
            return WSA_NOT_ENOUGH_MEMORY;
        err = reg_get(catalog_key, value_name, &type, value, capacity, &bytes);
        if (!err)
            err = decode(value, bytes, j);
    }
    free(value);
    if (err) {
        journal_deinit(j);
        reset(j);
    }
    return err == WSANO_DATA || err == WSAEINVAL ? 0 : err;
}

int journal_write(struct reg_key *catalog_key, const struct journal *j)
{
    struct header h = {MAGIC, 0, j->generation, j->serial, j->next_id, {ABSENT, ABSENT}};
    size_t bytes = sizeof h;
    uint8_t *value, *at;
    int err;

    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        if (!j->pending[i])
            continue;
        if (j->cat[i].count > ENTRIES_MAX)
            return WSAENOBUFS;
        h.count[i] = (int32_t)j->cat[i].count;
        bytes += j->cat[i].count * sizeof(struct catalog_entry);
    }
    value = malloc(bytes);
    if (!value)
        return WSA_NOT_ENOUGH_MEMORY;
    memcpy(value, &h, sizeof h);
    at = value + sizeof h;
    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        size_t part = j->pending[i] ? j->cat[i].count * sizeof(struct catalog_entry) : 0;

        if (part)
            memcpy(at, j->cat[i].entry, part);
        at += part;
    }
    ((struct header *)(void *)value)->check = check_of(value, bytes);
    err = reg_set(catalog_key, value_name, REG_TYPE_BINARY, value, bytes);
    free(value);
    return err;
}
