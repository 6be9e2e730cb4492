/* SPDX-License-Identifier: MIT */
#include "catalog/namespace_pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/seal.h"

static const uint32_t ABSENT = UINT32_MAX; /* a count: that catalog is not held */

enum { ENABLED = 1, STORES_CLASSES = 2 };

void namespace_pack_init(struct namespace_pack *p)
{
    memset(p, 0, sizeof *p);
}

void namespace_pack_deinit(struct namespace_pack *p)
{
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        namespaces_deinit(&p->ns[i]);
    namespace_pack_init(p);
}

int namespace_pack_copy(struct namespace_pack *to, const struct namespace_pack *from)
{
    int err = 0;

    namespace_pack_init(to);
    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        to->held[i] = from->held[i];
        err = namespaces_copy(&to->ns[i], &from->ns[i]);
    }
    if (err)
        namespace_pack_deinit(to);
    return err;
}

/* ---- writing: first without a buffer, to know the size ---- */

struct writer {
    uint8_t *at; /* NULL: count only */
    size_t bytes;
};

static void put(struct writer *w, const void *data, size_t bytes)
{
    if (w->at && bytes)
        memcpy(w->at + w->bytes, data, bytes);
    w->bytes += bytes;
}

static void put_u32(struct writer *w, uint32_t value)
{
    put(w, &value, sizeof value); /* little-endian hosts only, as everywhere in the catalog */
}

static void put_text(struct writer *w, const catalog_char *text)
{
    uint32_t chars = 0;

    while (text[chars])
        chars++;
    put_u32(w, chars);
    put(w, text, chars * sizeof *text);
}

static void put_entry(struct writer *w, const struct namespace_entry *e)
{
    put(w, &e->provider, sizeof e->provider);
    put_u32(w, e->name_space);
    put_u32(w, e->version);
    put_u32(w, e->address_family);
    put_u32(w, (e->enabled ? ENABLED : 0) | (e->stores_classes ? STORES_CLASSES : 0));
    put_text(w, e->name);
    put_text(w, e->path);
    put_u32(w, e->info_bytes);
    put(w, e->info, e->info_bytes);
}

static void put_pack(struct writer *w, const void *head, size_t head_bytes, const struct namespace_pack *p)
{
    put(w, head, head_bytes);
    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        put_u32(w, p->held[i] ? p->ns[i].count : ABSENT);
        for (uint32_t k = 0; p->held[i] && k < p->ns[i].count; k++)
            put_entry(w, &p->ns[i].entry[k]);
    }
}

int namespace_pack_encode(uint32_t magic, const void *head, size_t head_bytes, const struct namespace_pack *p,
                          uint8_t **out, size_t *out_bytes)
{
    struct writer w = {NULL, SEAL_BYTES};

    put_pack(&w, head, head_bytes, p);
    *out = malloc(w.bytes);
    if (!*out)
        return WSA_NOT_ENOUGH_MEMORY;
    *out_bytes = w.bytes;
    w = (struct writer){*out, SEAL_BYTES};
    put_pack(&w, head, head_bytes, p);
    seal_set(*out, *out_bytes, magic);
    return 0;
}

int namespace_pack_write(struct reg_key *key, const char *name, uint32_t magic, const void *head,
                         size_t head_bytes, const struct namespace_pack *p)
{
    uint8_t *value;
    size_t bytes;
    int err = namespace_pack_encode(magic, head, head_bytes, p, &value, &bytes);

    if (err)
        return err;
    err = reg_set(key, name, REG_TYPE_BINARY, value, bytes);
    free(value);
    return err;
}

/* ---- reading ---- */

struct reader {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static void take(struct reader *r, void *to, size_t bytes)
{
    r->bad = r->bad || bytes > r->left;
    if (r->bad) {
        memset(to, 0, bytes);
        return;
    }
    memcpy(to, r->at, bytes);
    r->at += bytes;
    r->left -= bytes;
}

static uint32_t take_u32(struct reader *r)
{
    uint32_t value;

    take(r, &value, sizeof value);
    return value;
}

static void take_text(struct reader *r, catalog_char *to, size_t room)
{
    uint32_t chars = take_u32(r);

    r->bad = r->bad || chars >= room;
    if (!r->bad)
        take(r, to, chars * sizeof *to); /* the rest of the entry is zero */
}

/* Appends; nothing of a bad entry stays. */
static int take_entry(struct reader *r, struct namespaces *ns)
{
    struct namespace_entry e;
    uint32_t flags;
    int err = WSAEINVAL;

    memset(&e, 0, sizeof e);
    take(r, &e.provider, sizeof e.provider);
    e.name_space = take_u32(r);
    e.version = take_u32(r);
    e.address_family = take_u32(r);
    flags = take_u32(r);
    e.enabled = flags & ENABLED;
    e.stores_classes = flags & STORES_CLASSES;
    take_text(r, e.name, NAMESPACE_NAME_CHARS);
    take_text(r, e.path, NAMESPACE_PATH_CHARS);
    e.info_bytes = take_u32(r);
    if (r->bad || e.info_bytes > r->left)
        return WSAEINVAL;
    e.info = (uint8_t *)(uintptr_t)r->at; /* copied by the install */
    err = namespaces_install(ns, &e);
    r->at += e.info_bytes;
    r->left -= e.info_bytes;
    return err;
}

static int take_pack(struct reader *r, struct namespace_pack *p)
{
    int err = 0;

    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        uint32_t count = take_u32(r);

        p->held[i] = count != ABSENT;
        for (uint32_t k = 0; !err && p->held[i] && k < count; k++) /* ends with the bytes at the latest */
            err = take_entry(r, &p->ns[i]);
    }
    return err ? err : r->bad || r->left ? WSAEINVAL : 0;
}

int namespace_pack_decode(uint32_t magic, void *head, size_t head_bytes, const uint8_t *bytes, size_t count,
                          struct namespace_pack *p)
{
    struct reader r = {NULL, 0, false};
    int err;

    namespace_pack_init(p);
    if (!seal_holds(bytes, count, magic))
        return WSAEINVAL;
    r.at = bytes + SEAL_BYTES;
    r.left = count - SEAL_BYTES;
    take(&r, head, head_bytes);
    err = take_pack(&r, p);
    if (err)
        namespace_pack_deinit(p);
    return err;
}

int namespace_pack_read(struct reg_key *key, const char *name, size_t usual_bytes, uint32_t magic, void *head,
                        size_t head_bytes, struct namespace_pack *p)
{
    uint8_t *value;
    size_t bytes = 0;
    int err = seal_read(key, name, usual_bytes, &value, &bytes);

    namespace_pack_init(p);
    if (err)
        return err;
    err = namespace_pack_decode(magic, head, head_bytes, value, bytes, p);
    free(value);
    return err;
}
