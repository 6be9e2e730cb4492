/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/named.h"

#include <string.h>

#include "base/addr.h"
#include "base/lock.h"

/*
 * An address has its place in one set of WAYS slots, by hash. Writers hold the lock. Readers take none: they read a slot's
 * version before and after what they want, and again if it moved; the version is odd while a writer is at work. The words
 * in between are stored with release and loaded with acquire order: who sees one of a write sees its odd version, too.
 */
enum { WAYS = 8, SETS = NAMED_MAX / WAYS, KEY_WORDS = 3, NAME_WORDS = NAMED_BYTES / 8, TRIES = 16 };

struct key {
    uint64_t word[KEY_WORDS]; /* the address; 1 for one that is there */
};

struct slot {
    uint32_t version;
    uint32_t used; /* the clock when it was last put */
    uint64_t key[KEY_WORDS];
    uint64_t name[NAME_WORDS]; /* bytes up to a NUL; "" after a name too long to keep */
};

static struct lock lock;
static uint32_t now; /* written under lock: how many writes there were */
static struct slot slots[SETS][WAYS];

static struct key key_of(const struct name_addr *a)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct key k = {{0, 0, 1}};
    uint8_t ip[16];

    if (a->family == ADDR_INET) {
        memcpy(ip, mapped, 12);
        memcpy(ip + 12, a->ip, 4);
    } else {
        memcpy(ip, a->ip, 16);
    }
    memcpy(k.word, ip, 16);
    return k;
}

static struct slot *set_of(const struct key *k)
{
    uint64_t h = k->word[0] * 0x9e3779b97f4a7c15u ^ k->word[1];

    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu; /* MurmurHash3's end: every bit of the address moves those taken */
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return slots[h >> 32 & (SETS - 1)];
}

static uint64_t load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static bool has_key(const struct slot *s, const struct key *k)
{
    return load(&s->key[0]) == k->word[0] && load(&s->key[1]) == k->word[1] && load(&s->key[2]) == k->word[2];
}

/* The name in `s` if it is the slot of `k`: 1. 0: it is another's. -1: a writer was there meanwhile. */
static int read_slot(const struct slot *s, const struct key *k, char name[NAMED_BYTES])
{
    uint32_t version = __atomic_load_n(&s->version, __ATOMIC_ACQUIRE);
    bool found = has_key(s, k);

    for (int i = 0; found && i < NAME_WORDS; i++) {
        uint64_t word = load(&s->name[i]);

        memcpy(name + 8 * i, &word, 8);
        if (memchr(name + 8 * i, 0, 8))
            break;
    }
    if (version & 1 || version != __atomic_load_n(&s->version, __ATOMIC_RELAXED))
        return -1;
    return found;
}

/* NULL: not there, or (after TRIES) always on the move. */
static struct slot *find(const struct key *k, char name[NAMED_BYTES])
{
    struct slot *set = set_of(k);

    for (int way = 0; way < WAYS; way++) {
        int got = -1;

        for (int i = 0; got < 0 && i < TRIES; i++)
            got = read_slot(&set[way], k, name);
        if (got > 0)
            return &set[way];
    }
    return NULL;
}

static void touch(struct slot *s)
{
    uint32_t t = __atomic_load_n(&now, __ATOMIC_RELAXED);

    if (__atomic_load_n(&s->used, __ATOMIC_RELAXED) != t) /* written only when something else was, so that it can stay shared */
        __atomic_store_n(&s->used, t, __ATOMIC_RELAXED);
}

static void write_slot(struct slot *s, const struct key *k, const char name[NAMED_BYTES]) WS2_REQUIRES(lock)
{
    uint32_t version = s->version;

    __atomic_store_n(&s->version, version + 1, __ATOMIC_RELAXED);
    for (int i = 0; i < KEY_WORDS; i++)
        __atomic_store_n(&s->key[i], k->word[i], __ATOMIC_RELEASE);
    for (int i = 0; i < NAME_WORDS; i++) {
        uint64_t word;

        memcpy(&word, name + 8 * i, 8);
        __atomic_store_n(&s->name[i], word, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&s->version, version + 2, __ATOMIC_RELEASE);
}

/* The slot of `k`, else the one that was put longest ago. */
static struct slot *slot_for(const struct key *k) WS2_REQUIRES(lock)
{
    struct slot *set = set_of(k), *oldest = set;

    for (int way = 0; way < WAYS; way++) {
        struct slot *s = &set[way];

        if (has_key(s, k))
            return s;
        if (now - __atomic_load_n(&s->used, __ATOMIC_RELAXED) > now - __atomic_load_n(&oldest->used, __ATOMIC_RELAXED))
            oldest = s;
    }
    return oldest;
}

void named_put(const struct name_addr *a, const char *name)
{
    size_t bytes = strnlen(name, 4 * NAMED_BYTES);
    char kept[NAMED_BYTES] = "", had[NAMED_BYTES];
    struct key k = key_of(a);
    struct name_addr numeric;
    struct slot *s;

    if (bytes && name[bytes - 1] == '.')
        bytes--;
    if (!bytes || name_addr_parse((struct span){name, bytes}, &numeric))
        return;
    if (bytes < NAMED_BYTES)
        memcpy(kept, name, bytes);
    s = find(&k, had);
    if (s && !strcmp(had, kept)) {
        touch(s);
        return;
    }
    lock_take(&lock);
    s = slot_for(&k);
    write_slot(s, &k, kept);
    __atomic_store_n(&now, now + 1, __ATOMIC_RELAXED);
    touch(s);
    lock_drop(&lock);
}

void named_put_all(const struct answer *a, const char *name)
{
    for (size_t i = 0; i < a->addr_count; i++)
        named_put(&a->addr[i], name);
}

bool named_find(const struct name_addr *a, char *name, size_t bytes)
{
    char found[NAMED_BYTES];
    struct key k = key_of(a);

    if (!find(&k, found)) {
        bool there;

        lock_take(&lock); /* writers may have been in the way of every try */
        there = find(&k, found) != NULL;
        lock_drop(&lock);
        if (!there)
            return false;
    }
    if (!*found || strlen(found) >= bytes)
        return false;
    memcpy(name, found, strlen(found) + 1);
    return true;
}
