/* SPDX-License-Identifier: MIT */
#include "namespace/dns/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "namespace/dns/query.h"

/*
 * An entry is being fetched (answer NULL) or done. One that is being fetched is held by its fetcher and by all who wait;
 * it is out of the order, so that it cannot be dropped. Entries leave the buckets when they are stale; who holds one still reads
 * its answer.
 *
 * The order is that of arrival, with a second chance: one whose turn it is to go, and that was used since it came or was
 * last spared, goes to the new end instead. Thus a use only sets a mark, which needs no lock of one's own.
 */
struct dns_cache_entry {
    struct dns_cache_entry *next; /* in the bucket */
    struct dns_cache_entry *newer, *older;
    struct dns_question question;
    struct dns_answer *answer;
    int err; /* of the fetch; then there is no answer */
    bool done;
    bool used;    /* since it came, or was spared; set by those who only share the lock */
    bool listed;  /* in its bucket */
    bool flushed; /* do not keep it */
    unsigned refs;
    uint32_t hash;
    uint64_t expires_ms;
};

static uint32_t hash_of(const struct dns_cache *c, const struct dns_question *q)
{
    uint32_t hash = 2166136261u ^ c->salt; /* FNV-1a over the folded name */

    for (size_t i = 0; i < q->name.len; i++) {
        uint8_t ch = q->name.wire[i];

        hash = (hash ^ (ch >= 'A' && ch <= 'Z' ? ch + 32u : ch)) * 16777619u;
    }
    hash = (hash ^ q->type) * 16777619u;
    return hash ^ hash >> 15;
}

static struct dns_cache_entry **bucket_of(struct dns_cache *c, uint32_t hash)
{
    return &c->bucket[hash % DNS_CACHE_BUCKETS];
}

static size_t bytes_of(const struct dns_cache_entry *e)
{
    return sizeof *e + sizeof *e->answer + e->answer->bytes;
}

static void drop_ref(struct dns_cache_entry *e)
{
    if (--e->refs)
        return;
    dns_answer_put(e->answer);
    free(e);
}

static void link_newest(struct dns_cache *c, struct dns_cache_entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    if (c->newest)
        c->newest->newer = e;
    else
        c->oldest = e;
    c->newest = e;
}

static void unlink_order(struct dns_cache *c, struct dns_cache_entry *e)
{
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void unlist(struct dns_cache *c, struct dns_cache_entry *e)
{
    struct dns_cache_entry **at = bucket_of(c, e->hash);

    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    e->listed = false;
}

/* Takes a kept entry out; the cache's reference goes with it. */
static void drop(struct dns_cache *c, struct dns_cache_entry *e)
{
    unlist(c, e);
    unlink_order(c, e);
    c->answers--;
    c->bytes -= bytes_of(e);
    drop_ref(e);
}

/* Makes room. Each entry is spared once at most before one goes, so it ends. */
static void drop_one(struct dns_cache *c)
{
    struct dns_cache_entry *e = c->oldest;

    while (__atomic_load_n(&e->used, __ATOMIC_RELAXED)) {
        __atomic_store_n(&e->used, false, __ATOMIC_RELAXED);
        unlink_order(c, e);
        link_newest(c, e);
        e = c->oldest;
    }
    drop(c, e);
}

static bool is_for(const struct dns_cache_entry *e, uint32_t hash, const struct dns_question *q)
{
    return e->hash == hash && e->question.type == q->type && dns_name_equal(&e->question.name, &q->name);
}

/* By the one who fetched it. */
static struct dns_answer *first_use(struct dns_cache_entry *e)
{
    dns_answer_hold(e->answer);
    return e->answer;
}

/* The lock may be shared. */
static struct dns_answer *use(struct dns_cache_entry *e)
{
    if (!__atomic_load_n(&e->used, __ATOMIC_RELAXED)) /* most often it is: then its memory stays unwritten */
        __atomic_store_n(&e->used, true, __ATOMIC_RELAXED);
    return first_use(e);
}

/* The answer if it is there and fresh, held; else NULL. The lock may be shared. */
static struct dns_answer *look(struct dns_cache *c, uint64_t now_ms, const struct dns_question *q)
{
    uint32_t hash = hash_of(c, q);

    for (struct dns_cache_entry *e = *bucket_of(c, hash); e; e = e->next)
        if (is_for(e, hash, q))
            return e->done && e->expires_ms > now_ms ? use(e) : NULL;
    return NULL;
}

/* The entry for `q`, fetched or being fetched; stale ones are dropped on the way. */
static struct dns_cache_entry *find(struct dns_cache *c, uint64_t now_ms, const struct dns_question *q)
{
    uint32_t hash = hash_of(c, q);
    struct dns_cache_entry *e = *bucket_of(c, hash), *next;

    for (; e; e = next) {
        next = e->next;
        if (!is_for(e, hash, q))
            continue;
        if (!e->done || e->expires_ms > now_ms)
            return e;
        drop(c, e);
    }
    return NULL;
}

static struct dns_cache_entry *begin_fetch(struct dns_cache *c, const struct dns_question *q)
{
    struct dns_cache_entry *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    e->question = *q;
    e->hash = hash_of(c, q);
    e->refs = 1;
    e->listed = true;
    e->next = *bucket_of(c, e->hash);
    *bucket_of(c, e->hash) = e;
    return e;
}

/* Makes the entry known as done, and keeps it if it may be kept. Takes over `answer`. */
static void end_fetch(struct dns_cache *c, struct dns_cache_entry *e, int err, struct dns_answer *answer, uint64_t now_ms)
{
    e->done = true;
    e->err = err;
    e->answer = answer;
    if (err || !answer->ttl || e->flushed) {
        unlist(c, e);
        return;
    }
    e->expires_ms = now_ms + answer->ttl * 1000ull;
    e->refs++;
    link_newest(c, e);
    c->answers++;
    c->bytes += bytes_of(e);
    while (c->answers > DNS_CACHE_ANSWERS || (c->bytes > DNS_CACHE_BYTES && c->answers > 1))
        drop_one(c);
}

struct dns_answer *dns_cache_peek(struct dns_cache *c, uint64_t now_ms, const struct dns_question *q)
{
    struct dns_answer *a;

    lock_take_shared(&c->lock);
    a = look(c, now_ms, q);
    lock_drop_shared(&c->lock);
    return a;
}

/* All of them, or none. */
static bool peek_all(struct dns_cache *c, uint64_t now_ms, const struct dns_question *q, size_t count, struct dns_answer **out)
{
    size_t found = 0;

    lock_take_shared(&c->lock);
    while (found < count && (out[found] = look(c, now_ms, &q[found])))
        found++;
    lock_drop_shared(&c->lock);
    if (found == count)
        return true;
    while (found) {
        dns_answer_put(out[--found]);
        out[found] = NULL;
    }
    return false;
}

/* What one caller wants: entries that are done, that it waits for, or that it fetches. */
struct want {
    struct dns_cache_entry *entry[DNS_BATCH_MAX];
    bool mine[DNS_BATCH_MAX];
    struct dns_question fetch[DNS_BATCH_MAX];
    size_t fetches;
};

static int claim(struct dns_cache *c, uint64_t now_ms, const struct dns_question *q, size_t count, struct want *w)
{
    int err = 0;

    lock_take(&c->lock);
    for (size_t i = 0; !err && i < count; i++) {
        w->entry[i] = find(c, now_ms, &q[i]);
        if (!w->entry[i]) {
            w->entry[i] = begin_fetch(c, &q[i]);
            w->mine[i] = w->entry[i];
            if (w->mine[i])
                w->fetch[w->fetches++] = q[i];
        }
        if (w->entry[i])
            w->entry[i]->refs++;
        else
            err = WSA_NOT_ENOUGH_MEMORY;
    }
    lock_drop(&c->lock);
    return err;
}

static void publish(struct dns_cache *c, uint64_t now_ms, size_t count, struct want *w, int err,
                    struct dns_answer **fetched)
{
    size_t at = 0;

    lock_take(&c->lock);
    for (size_t i = 0; i < count; i++) {
        if (!w->mine[i])
            continue;
        end_fetch(c, w->entry[i], err, err ? NULL : fetched[at++], now_ms);
        drop_ref(w->entry[i]); /* the fetcher's; this caller's own is still there */
    }
    lock_drop(&c->lock);
    turn_wake_all(&c->turn);
}

static int collect(struct dns_cache *c, size_t count, struct want *w, struct dns_answer **out)
{
    int err = 0;

    lock_take(&c->lock);
    for (size_t i = 0; i < count; i++) {
        struct dns_cache_entry *e = w->entry[i];

        out[i] = NULL;
        if (!e)
            continue;
        while (!e->done)
            turn_wait(&c->turn, &c->lock);
        if (e->err)
            err = e->err;
        else
            out[i] = w->mine[i] ? first_use(e) : use(e);
        drop_ref(e);
    }
    lock_drop(&c->lock);
    return err;
}

int dns_cache_get(struct dns_cache *c, uint64_t now_ms, const struct dns_question *q, size_t count, dns_fetch_fn *fetch,
                  void *arg, struct dns_answer **out)
{
    struct want w = {0};
    struct dns_answer *fetched[DNS_BATCH_MAX] = {0};
    int claim_err, err;

    if (peek_all(c, now_ms, q, count, out))
        return 0;
    err = claim_err = claim(c, now_ms, q, count, &w);
    if (w.fetches) { /* after a failed claim too: others may wait already */
        if (!err)
            err = fetch(arg, w.fetch, w.fetches, fetched);
        publish(c, now_ms, count, &w, err, fetched);
    }
    err = collect(c, count, &w, out);
    if (claim_err)
        err = claim_err;
    for (size_t i = 0; err && i < count; i++) {
        dns_answer_put(out[i]);
        out[i] = NULL;
    }
    return err;
}

void dns_cache_flush(struct dns_cache *c)
{
    lock_take(&c->lock);
    while (c->oldest)
        drop(c, c->oldest);
    for (size_t i = 0; i < DNS_CACHE_BUCKETS; i++)
        for (struct dns_cache_entry *e = c->bucket[i]; e; e = e->next)
            e->flushed = true;
    lock_drop(&c->lock);
}
