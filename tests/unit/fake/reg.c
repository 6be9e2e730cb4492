/* SPDX-License-Identifier: MIT */
#include "tests/unit/fake/reg.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/wsaerr.h"
#include "tests/unit/fake/fault.h"

enum { VALUES_MAX = 64, NAME_BYTES = 128 };

struct value {
    char name[NAME_BYTES];
    uint32_t type;
    size_t bytes;
    void *data;
};

/*
 * Keys are never freed before the reset, since code may hold a deleted one open; `gone` marks
 * those.
 */
struct reg_key {
    char name[NAME_BYTES];
    struct reg_key **child; /* grows */
    uint32_t children;
    struct value value[VALUES_MAX];
    int values;
    uint64_t written;
    bool gone;
};

static struct reg_key *root;
static struct reg_key *graveyard[65536];
static unsigned buried;

static unsigned calls, crash_at, writes, hook_at;
static bool crashed, hook_ran, busy, read_only;
static void (*hook)(void);
static int open_keys, lock_depth;
static int others_keys, others_locks; /* held by processes that do not crash */

static uint64_t clock_now = 1000; /* ticks at each change */

static void free_key(struct reg_key *key)
{
    if (!key)
        return;
    for (uint32_t i = 0; i < key->children; i++)
        free_key(key->child[i]);
    for (int i = 0; i < key->values; i++)
        free(key->value[i].data);
    free(key->child);
    free(key);
}

void reg_fake_reset(void)
{
    free_key(root);
    while (buried)
        free_key(graveyard[--buried]);
    root = fault_free_calloc(1, sizeof *root);
    calls = crash_at = writes = hook_at = 0;
    crashed = hook_ran = busy = read_only = false;
    hook = NULL;
    open_keys = lock_depth = 0;
}

void reg_fake_crash_at(unsigned n)
{
    crash_at = n;
    writes = 0;
    crashed = false;
    others_keys = open_keys;
    others_locks = lock_depth;
}

bool reg_fake_restart(void)
{
    bool had = crashed;

    crash_at = 0;
    crashed = false;
    open_keys = others_keys;
    lock_depth = others_locks;
    return had;
}

void reg_fake_hook(unsigned n, void (*run)(void))
{
    hook = run;
    hook_at = calls + n;
    hook_ran = false;
}

bool reg_fake_hook_ran(void)
{
    return hook_ran;
}

void reg_fake_lock_busy(bool is_busy)
{
    busy = is_busy;
}

void reg_fake_read_only(bool is_read_only)
{
    read_only = is_read_only;
}

unsigned reg_fake_calls(void)
{
    return calls;
}

int reg_fake_open_keys(void)
{
    return open_keys;
}

int reg_fake_lock_depth(void)
{
    return lock_depth;
}

/* What every call begins with. */
static int enter(bool write)
{
    calls++;
    if (hook && calls == hook_at) {
        void (*run)(void) = hook;

        hook = NULL;
        hook_ran = true;
        run();
    }
    if (write && crash_at && ++writes >= crash_at)
        crashed = true;
    if (crashed || fault_now())
        return WSANO_RECOVERY;
    return write && read_only ? WSAEACCES : 0;
}

/* Children stand in the order of their names. The place of that one, or `children`. */
static uint32_t child_place(const struct reg_key *key, const char *name, size_t chars)
{
    uint32_t low = 0, high = key->children;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *there = key->child[middle]->name;
        int order = strncasecmp(there, name, chars);

        if (!order && !there[chars])
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle; /* a longer name of the same beginning comes after it */
    }
    return key->children;
}

static struct reg_key *child(struct reg_key *key, const char *name, size_t chars)
{
    uint32_t place = child_place(key, name, chars);

    return place < key->children ? key->child[place] : NULL;
}

/* As the registry lists them. */
static int by_name(const void *a, const void *b)
{
    return strcasecmp((*(struct reg_key *const *)a)->name, (*(struct reg_key *const *)b)->name);
}

static void sort_children(struct reg_key *key)
{
    if (key->children > 1 && by_name(&key->child[key->children - 2], &key->child[key->children - 1]) > 0)
        qsort(key->child, key->children, sizeof key->child[0], by_name);
}

static struct reg_key *walk(struct reg_key *key, const char *path, bool create)
{
    while (*path) {
        size_t chars = strcspn(path, "\\");
        struct reg_key *next = child(key, path, chars);

        if (!next && create) {
            next = fault_free_calloc(1, sizeof *next);
            memcpy(next->name, path, chars);
            if (key->children % 16 == 0)
                key->child = fault_free_realloc(key->child, (key->children + 16) * sizeof key->child[0]);
            key->child[key->children++] = next;
            sort_children(key);
            key->written = next->written = ++clock_now;
        }
        if (!next)
            return NULL;
        key = next;
        path += chars + (path[chars] != 0);
    }
    return key;
}

int reg_open(struct reg_key *parent, const char *path, struct reg_key **out)
{
    struct reg_key *key;
    int err = enter(false);

    if (err)
        return err;
    key = parent && parent->gone ? NULL : walk(parent ? parent : root, path, false);
    if (!key)
        return WSANO_DATA;
    open_keys++;
    *out = key;
    return 0;
}

int reg_create(struct reg_key *parent, const char *path, struct reg_key **out)
{
    int err = enter(true);

    if (err)
        return err;
    if (parent && parent->gone)
        return WSANO_DATA;
    *out = walk(parent ? parent : root, path, true);
    open_keys++;
    return 0;
}

void reg_close(struct reg_key *key)
{
    if (key)
        open_keys--;
}

static struct value *find(struct reg_key *key, const char *name)
{
    for (int i = 0; i < key->values; i++)
        if (!strcasecmp(key->value[i].name, name))
            return &key->value[i];
    return NULL;
}

int reg_get(struct reg_key *key, const char *name, uint32_t *type, void *data, size_t capacity,
            size_t *bytes)
{
    struct value *v;
    int err = enter(false);

    if (err)
        return err;
    v = key->gone ? NULL : find(key, name);
    if (!v)
        return WSANO_DATA;
    *type = v->type;
    *bytes = v->bytes;
    if (v->bytes > capacity)
        return WSAEMSGSIZE;
    if (v->bytes)
        memcpy(data, v->data, v->bytes);
    return 0;
}

static void store(struct reg_key *key, const char *name, uint32_t type, const void *data, size_t bytes)
{
    struct value *v = find(key, name);

    if (v && v->type == type && v->bytes == bytes && !memcmp(v->data, data, bytes))
        return; /* Wine does not count that as writing */
    key->written = ++clock_now;
    if (!v) {
        v = &key->value[key->values++];
        strncpy(v->name, name, sizeof v->name - 1);
        v->data = NULL;
    }
    v->type = type;
    v->bytes = bytes;
    v->data = fault_free_realloc(v->data, bytes + 1);
    if (bytes)
        memcpy(v->data, data, bytes);
}

int reg_set(struct reg_key *key, const char *name, uint32_t type, const void *data, size_t bytes)
{
    int err = enter(true);

    if (err)
        return err;
    if (key->gone)
        return WSANO_DATA;
    store(key, name, type, data, bytes);
    return 0;
}

static bool drop_value(struct reg_key *key, const char *name)
{
    struct value *v = find(key, name);

    if (!v)
        return false;
    key->written = ++clock_now;
    free(v->data);
    *v = key->value[--key->values];
    memset(&key->value[key->values], 0, sizeof *v);
    return true;
}

int reg_delete_value(struct reg_key *key, const char *name)
{
    int err = enter(true);

    if (err)
        return err;
    return !key->gone && drop_value(key, name) ? 0 : WSANO_DATA;
}

static void bury(struct reg_key *key)
{
    for (uint32_t i = 0; i < key->children; i++)
        bury(key->child[i]);
    key->children = 0;
    key->gone = true;
    graveyard[buried++] = key;
}

static bool drop_key(struct reg_key *parent, const char *name)
{
    uint32_t i = child_place(parent, name, strlen(name));

    if (i == parent->children)
        return false;
    bury(parent->child[i]);
    parent->written = ++clock_now;
    parent->children--;
    memmove(&parent->child[i], &parent->child[i + 1], (parent->children - i) * sizeof parent->child[0]);
    return true;
}

int reg_delete_key(struct reg_key *parent, const char *name)
{
    int err = enter(true);

    if (err)
        return err;
    return !parent->gone && drop_key(parent, name) ? 0 : WSANO_DATA;
}

int reg_count(struct reg_key *key, uint32_t *subkeys)
{
    int err = enter(false);

    if (err)
        return err;
    if (key->gone)
        return WSANO_DATA;
    *subkeys = key->children;
    return 0;
}

int reg_child(struct reg_key *key, uint32_t index, char name[REG_NAME_CHARS], uint64_t *written)
{
    int err = enter(false);

    if (err)
        return err;
    if (key->gone || index >= key->children)
        return WSANO_DATA;
    name[0] = 0;
    if (strlen(key->child[index]->name) < REG_NAME_CHARS)
        strcpy(name, key->child[index]->name);
    *written = key->child[index]->written;
    return 0;
}

int reg_name(struct reg_key *key, uint32_t index, char name[REG_NAME_CHARS])
{
    uint64_t written;

    return reg_child(key, index, name, &written);
}

uint64_t reg_now(void)
{
    return clock_now;
}

void reg_program(char name[REG_NAME_CHARS])
{
    strcpy(name, "test");
}

int reg_lock(void)
{
    int err = enter(false);

    if (err)
        return err;
    if (busy || lock_depth)
        return WSATRY_AGAIN;
    lock_depth++;
    return 0;
}

void reg_unlock(void)
{
    lock_depth--;
}

uint16_t reg_upcase(uint16_t c)
{
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

bool reg_two_widths(void)
{
    return true;
}

void reg_fake_put(const char *path, const char *name, uint32_t type, const void *data, size_t bytes)
{
    store(walk(root, path, true), name, type, data, bytes);
}

bool reg_fake_has(const char *path, const char *name)
{
    struct reg_key *key = walk(root, path, false);

    return key && (!name || find(key, name));
}

size_t reg_fake_fetch(const char *path, const char *name, void *data, size_t capacity)
{
    struct reg_key *key = walk(root, path, false);
    struct value *v = key ? find(key, name) : NULL;

    if (!v || v->bytes > capacity)
        return 0;
    memcpy(data, v->data, v->bytes);
    return v->bytes;
}

void reg_fake_remove(const char *path, const char *name)
{
    char parent[512];
    const char *last = strrchr(path, '\\');
    struct reg_key *key;

    if (name) {
        key = walk(root, path, false);
        if (key)
            drop_value(key, name);
        return;
    }
    memset(parent, 0, sizeof parent);
    memcpy(parent, path, last ? (size_t)(last - path) : 0);
    key = walk(root, parent, false);
    if (key)
        drop_key(key, last ? last + 1 : path);
}
