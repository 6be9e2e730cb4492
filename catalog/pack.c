/* SPDX-License-Identifier: MIT */
#include "catalog/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/seal.h"

enum { ABSENT = -1 };

/* Little-endian as stored, like the records. The owner's head follows. */
struct frame {
    uint8_t seal[SEAL_BYTES];
    int32_t count[RECORDS_SECTIONS];
};
_Static_assert(sizeof(struct frame) == 16, "stored form");

void pack_init(struct pack *p)
{
    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        p->held[i] = false;
        catalog_init(&p->cat[i]);
    }
}

void pack_deinit(struct pack *p)
{
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        catalog_deinit(&p->cat[i]);
    pack_init(p);
}

int pack_put(struct pack *p, enum records_section section, const struct catalog *cat)
{
    struct catalog copy;
    int err = catalog_copy(&copy, cat);

    if (err)
        return err;
    catalog_deinit(&p->cat[section]);
    p->cat[section] = copy;
    p->held[section] = true;
    return 0;
}

int pack_encode(uint32_t magic, const void *head, size_t head_bytes, const struct pack *p, uint8_t **out,
                size_t *out_bytes)
{
    struct frame f = {{0}, {ABSENT, ABSENT}};
    size_t bytes = sizeof f + head_bytes;
    uint8_t *value, *at;

    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        if (!p->held[i])
            continue;
        if (p->cat[i].count > PACK_ENTRIES_MAX)
            return WSAENOBUFS;
        f.count[i] = (int32_t)p->cat[i].count;
        bytes += p->cat[i].count * sizeof(struct catalog_entry);
    }
    value = malloc(bytes);
    if (!value)
        return WSA_NOT_ENOUGH_MEMORY;
    at = value + sizeof f;
    memcpy(at, head, head_bytes);
    at += head_bytes;
    memcpy(value, &f, sizeof f);
    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        size_t part = p->held[i] ? p->cat[i].count * sizeof(struct catalog_entry) : 0;

        if (part)
            memcpy(at, p->cat[i].entry, part);
        at += part;
    }
    seal_set(value, bytes, magic);
    *out = value;
    *out_bytes = bytes;
    return 0;
}

/* The entries of one section; they are terminated even if whoever wrote them forged the checksum. */
static int take(const uint8_t **at, size_t *left, int32_t count, struct catalog *cat)
{
    size_t bytes;

    if (count < 0 || count > PACK_ENTRIES_MAX)
        return WSAEINVAL;
    bytes = (size_t)count * sizeof *cat->entry;
    if (bytes > *left)
        return WSAEINVAL;
    cat->entry = count ? malloc(bytes) : NULL;
    if (count && !cat->entry)
        return WSA_NOT_ENOUGH_MEMORY;
    if (count)
        memcpy(cat->entry, *at, bytes);
    cat->count = (uint32_t)count;
    for (uint32_t i = 0; i < cat->count; i++) {
        cat->entry[i].path[CATALOG_PATH_BYTES - 1] = 0;
        cat->entry[i].info.name[CATALOG_NAME_CHARS - 1] = 0;
    }
    *at += bytes;
    *left -= bytes;
    return 0;
}

int pack_decode(uint32_t magic, void *head, size_t head_bytes, const uint8_t *bytes, size_t count,
                struct pack *p)
{
    struct frame f;
    const uint8_t *at;
    size_t left;
    int err = 0;

    pack_init(p);
    if (count < sizeof f + head_bytes || !seal_holds(bytes, count, magic))
        return WSAEINVAL;
    memcpy(&f, bytes, sizeof f);
    memcpy(head, bytes + sizeof f, head_bytes);
    at = bytes + sizeof f + head_bytes;
    left = count - sizeof f - head_bytes;
    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        p->held[i] = f.count[i] != ABSENT;
        if (p->held[i])
            err = take(&at, &left, f.count[i], &p->cat[i]);
    }
    if (!err && left)
        err = WSAEINVAL;
    if (err)
        pack_deinit(p);
    return err;
}

int pack_read(struct reg_key *key, const char *name, size_t usual_bytes, uint32_t magic, void *head,
              size_t head_bytes, struct pack *p)
{
    uint8_t *value;
    size_t bytes = 0;
    int err = seal_read(key, name, usual_bytes, &value, &bytes);

    pack_init(p);
    if (err)
        return err;
    err = pack_decode(magic, head, head_bytes, value, bytes, p);
    free(value);
    return err;
}

int pack_write(struct reg_key *key, const char *name, uint32_t magic, const void *head, size_t head_bytes,
               const struct pack *p)
{
    uint8_t *value;
    size_t bytes;
    int err = pack_encode(magic, head, head_bytes, p, &value, &bytes);

    if (err)
        return err;
    err = reg_set(key, name, REG_TYPE_BINARY, value, bytes);
    free(value);
    return err;
}
