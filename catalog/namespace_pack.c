/* SPDX-License-Identifier: MIT */
#include "catalog/namespace_pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

enum { MAGIC = 0x314E5357, HEAD_BYTES = 8, ENABLED = 1, STORES_CLASSES = 2 };

void namespace_journal_init(struct namespace_journal *j)
{
    memset(j, 0, sizeof *j);
}

void namespace_journal_deinit(struct namespace_journal *j)
{
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        namespaces_deinit(&j->ns[i]);
    namespace_journal_init(j);
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

static uint32_t mask_of(const bool flag[RECORDS_SECTIONS])
{
    uint32_t mask = 0;

    for (int i = 0; i < RECORDS_SECTIONS; i++)
        mask |= flag[i] ? 1u << i : 0;
    return mask;
}

static void put_journal(struct writer *w, const struct namespace_journal *j)
{
    put_u32(w, j->generation);
    put_u32(w, j->serial);
    put_u32(w, j->index);
    put_u32(w, (uint32_t)j->written);
    put_u32(w, (uint32_t)(j->written >> 32));
    put_u32(w, mask_of(j->pending));
    put_u32(w, mask_of(j->held));
    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        if (!j->held[i])
            continue;
        put_u32(w, j->ns[i].count);
        for (uint32_t k = 0; k < j->ns[i].count; k++)
            put_entry(w, &j->ns[i].entry[k]);
    }
}

/* FNV-1a: finds a damaged value, not a forged one. */
static uint32_t check_of(const uint8_t *bytes, size_t count)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return hash;
}

int namespace_journal_encode(const struct namespace_journal *j, uint8_t **out, size_t *bytes)
{
    struct writer w = {NULL, HEAD_BYTES}, head = {NULL, 0};

    put_journal(&w, j);
    *bytes = w.bytes;
    *out = malloc(w.bytes);
    if (!*out)
        return WSA_NOT_ENOUGH_MEMORY;
    w = (struct writer){*out, HEAD_BYTES};
    put_journal(&w, j);
    head.at = *out;
    put_u32(&head, MAGIC);
    put_u32(&head, check_of(*out + HEAD_BYTES, w.bytes - HEAD_BYTES));
    return 0;
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

static int take_journal(struct reader *r, struct namespace_journal *j)
{
    uint32_t pending, held, low;
    int err = 0;

    j->generation = take_u32(r);
    j->serial = take_u32(r);
    j->index = take_u32(r);
    low = take_u32(r);
    j->written = low | (uint64_t)take_u32(r) << 32;
    pending = take_u32(r);
    held = take_u32(r);
    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        uint32_t count;

        j->pending[i] = pending >> i & 1;
        j->held[i] = held >> i & 1;
        if (!j->held[i]) {
            err = j->pending[i] ? WSAEINVAL : 0;
            continue;
        }
        count = take_u32(r);
        for (uint32_t k = 0; !err && k < count; k++) /* ends with the bytes at the latest */
            err = take_entry(r, &j->ns[i]);
    }
    return err ? err : r->bad || r->left ? WSAEINVAL : 0;
}

int namespace_journal_decode(const uint8_t *bytes, size_t count, struct namespace_journal *j)
{
    struct reader r = {bytes, count, false};
    uint32_t magic = take_u32(&r), check = take_u32(&r);
    int err = WSAEINVAL;

    namespace_journal_init(j);
    if (!r.bad && magic == MAGIC && check == check_of(r.at, r.left))
        err = take_journal(&r, j);
    if (err)
        namespace_journal_deinit(j);
    return err;
}
