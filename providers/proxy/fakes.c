/* SPDX-License-Identifier: MIT */
#include "providers/proxy/fakes.h"

#include <stdlib.h>
#include <string.h>

#include "base/lock.h"

enum { BUCKETS = 4096 };

/* An entry's number, from 1 on, is what its addresses end in. Entries are filled in turn, and after the last one anew. */
struct entry {
    char *name; /* owned; in small letters, without a dot at the end */
    uint32_t link;
};

struct fakes {
    struct lock lock; /* guards all below */
    uint32_t last;    /* filled last; 0: none yet */
    uint32_t bucket[BUCKETS];
    struct entry entry[FAKES_MAX + 1]; /* [0] is not used */
};

static const uint8_t block4[4] = { 198, 18 };
static const uint8_t block6[16] = { 0x20, 0x01, 0x00, 0x02 };

/* Most of it is never touched, and so costs addresses only. */
struct fakes *fakes_new(void)
{
    return calloc(1, sizeof(struct fakes));
}

void fakes_free(struct fakes *f)
{
    for (uint32_t i = 1; f && i <= FAKES_MAX; i++)
        free(f->entry[i].name);
    free(f);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void plain(const char *name, char out[ENDPOINT_NAME_BYTES])
{
    size_t n = strlen(name);

    if (n && name[n - 1] == '.')
        n--;
    for (size_t i = 0; i < n; i++)
        out[i] = lower(name[i]);
    out[n] = 0;
}

/* FNV-1a. */
static uint32_t *bucket_of(struct fakes *f, const char *name)
{
    uint32_t hash = 2166136261u;

    while (*name)
        hash = (hash ^ (uint8_t)*name++) * 16777619u;
    return &f->bucket[hash % BUCKETS];
}

static void forget(struct fakes *f, uint32_t n)
{
    struct entry *e = &f->entry[n];
    uint32_t *at;

    if (!e->name)
        return;
    for (at = bucket_of(f, e->name); *at != n; at = &f->entry[*at].link)
        ;
    *at = e->link;
    free(e->name);
    e->name = NULL;
}

/* The entry's number, or 0 for no memory. */
static uint32_t number_of(struct fakes *f, const char *name)
{
    uint32_t *first = bucket_of(f, name);
    uint32_t n;
    char *copy;

    for (n = *first; n; n = f->entry[n].link)
        if (!strcmp(f->entry[n].name, name))
            return n;
    copy = malloc(strlen(name) + 1);
    if (!copy)
        return 0;
    strcpy(copy, name);
    n = f->last = f->last % FAKES_MAX + 1;
    forget(f, n);
    f->entry[n] = (struct entry){ copy, *first };
    *first = n;
    return n;
}

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 4; i-- > 0; value >>= 8)
        at[i] = (uint8_t)value;
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

bool fakes_put(struct fakes *f, const char *name, enum endpoint_kind kind, uint8_t ip[16])
{
    char key[ENDPOINT_NAME_BYTES];
    uint32_t n;

    plain(name, key);
    lock_take(&f->lock);
    n = number_of(f, key);
    lock_drop(&f->lock);
    if (!n)
        return false;
    if (kind == ENDPOINT_IP4) {
        put_u32(ip, get_u32(block4) + n);
    } else {
        memcpy(ip, block6, sizeof block6);
        put_u32(ip + 12, n);
    }
    return true;
}

bool fakes_is_fake(const struct endpoint *e)
{
    return (e->kind == ENDPOINT_IP4 && e->ip[0] == 198 && (e->ip[1] & ~1) == 18) ||
           (e->kind == ENDPOINT_IP6 && !memcmp(e->ip, block6, 6));
}

bool fakes_get(struct fakes *f, const struct endpoint *e, char name[ENDPOINT_NAME_BYTES])
{
    uint32_t n;
    bool found;

    if (!fakes_is_fake(e) || (e->kind == ENDPOINT_IP6 && memcmp(e->ip, block6, 12)))
        return false;
    n = e->kind == ENDPOINT_IP4 ? get_u32(e->ip) - get_u32(block4) : get_u32(e->ip + 12);
    if (!n || n > FAKES_MAX)
        return false;
    lock_take(&f->lock);
    found = f->entry[n].name != NULL;
    if (found)
        strcpy(name, f->entry[n].name);
    lock_drop(&f->lock);
    return found;
}
