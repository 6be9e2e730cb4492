/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/sockets.h"

#include <stdlib.h>

#include "base/handle_map.h"
#include "base/lock.h"
#include "base/wsaerr.h"

enum { BLOCK_ENTRIES = 64 };

static struct handle_map map;
static struct lock lock; /* taken before the map's own */
static struct socket_entry *free_list;

static struct socket_entry *take_free(void) WS2_REQUIRES(lock)
{
    struct socket_entry *e = free_list;

    if (!e) {
        struct socket_entry *block = calloc(BLOCK_ENTRIES, sizeof *block);

        if (!block)
            return NULL;
        for (int i = 0; i < BLOCK_ENTRIES; i++) {
            block[i].next_free = free_list;
            free_list = &block[i];
        }
        e = free_list;
    }
    free_list = e->next_free;
    return e;
}

static void drop(struct socket_entry *e) WS2_REQUIRES(lock)
{
    if (--e->refs)
        return;
    e->next_free = free_list;
    free_list = e;
}

/*
 * Field by field, since a reader that lost a race with closesocket() may be looking at this very entry: it sees each field
 * as the old or the new socket has it, and handle_map_set() publishes them all to those who look the handle up from now on.
 */
static void fill(struct socket_entry *e, const struct socket_entry *want) WS2_REQUIRES(lock)
{
    __atomic_store_n(&e->handle, want->handle, __ATOMIC_RELAXED);
    __atomic_store_n(&e->provider, want->provider, __ATOMIC_RELAXED);
    __atomic_store_n(&e->catalog_id, want->catalog_id, __ATOMIC_RELAXED);
    __atomic_store_n(&e->base, want->base, __ATOMIC_RELAXED);
    __atomic_store_n(&e->base_id, want->base_id, __ATOMIC_RELAXED);
    __atomic_store_n(&e->kind, want->kind, __ATOMIC_RELAXED);
    __atomic_store_n(&e->context, want->context, __ATOMIC_RELAXED);
    e->closing = false;
    e->refs = 1;
}

static int add(const struct socket_entry *want) WS2_REQUIRES(lock)
{
    struct socket_entry *e = take_free();
    void *old = NULL;
    int err;

    if (!e)
        return WSA_NOT_ENOUGH_MEMORY;
    fill(e, want);
    err = handle_map_set(&map, want->handle, e, &old);
    if (err)
        old = e;
    if (old)
        drop(old);
    return err;
}

struct socket_entry *sockets_find(uintptr_t handle)
{
    return handle_map_find(&map, handle);
}

int sockets_own(uintptr_t handle, struct provider *provider, uint32_t catalog_id, bool fresh)
{
    struct socket_entry want = {
        .handle = handle,
        .provider = provider,
        .catalog_id = catalog_id,
        .base = provider,
        .base_id = catalog_id,
        .kind = SOCKET_IFS,
    };
    struct socket_entry *e;
    int err = 0;

    lock_take(&lock);
    e = handle_map_find(&map, handle);
    if (!e || fresh || e->closing) {
        err = add(&want);
    } else {
        __atomic_store_n(&e->catalog_id, catalog_id, __ATOMIC_RELAXED);
        __atomic_store_n(&e->provider, provider, __ATOMIC_RELEASE);
    }
    lock_drop(&lock);
    return err;
}

int sockets_add(uintptr_t handle, struct provider *provider, uint32_t catalog_id, uintptr_t context)
{
    struct socket_entry want = {
        .handle = handle,
        .provider = provider,
        .catalog_id = catalog_id,
        .base = provider,
        .base_id = catalog_id,
        .kind = SOCKET_OWN,
        .context = context,
    };
    int err;

    lock_take(&lock);
    err = add(&want);
    lock_drop(&lock);
    return err;
}

bool sockets_take(uintptr_t handle)
{
    struct socket_entry *e;

    lock_take(&lock);
    e = handle_map_find(&map, handle);
    if (e && e->kind == SOCKET_OWN && handle_map_remove(&map, handle, e))
        drop(e);
    else
        e = NULL;
    lock_drop(&lock);
    return e != NULL;
}

void sockets_forget(uintptr_t handle)
{
    struct socket_entry *e = handle_map_find(&map, handle);

    if (!e || __atomic_load_n(&e->kind, __ATOMIC_RELAXED) != SOCKET_IFS)
        return;
    lock_take(&lock);
    e = handle_map_find(&map, handle);
    if (e && e->kind == SOCKET_IFS && !e->closing && handle_map_remove(&map, handle, e))
        drop(e);
    lock_drop(&lock);
}

struct socket_entry *sockets_close_begin(uintptr_t handle)
{
    struct socket_entry *e;

    lock_take(&lock);
    e = handle_map_find(&map, handle);
    if (e && e->closing)
        e = NULL;
    if (e) {
        e->closing = true;
        e->refs++;
    }
    lock_drop(&lock);
    return e;
}

void sockets_close_end(struct socket_entry *e, bool closed)
{
    lock_take(&lock);
    if (!closed)
        e->closing = false;
    else if (e->kind == SOCKET_IFS && handle_map_remove(&map, e->handle, e))
        drop(e);
    drop(e);
    lock_drop(&lock);
}

static void clear_one(uintptr_t handle, void *value, void *arg)
{
    void (**visit)(uintptr_t, enum socket_kind) = arg;
    struct socket_entry *e = value;
    enum socket_kind kind;
    void *taken;

    lock_take(&lock);
    kind = e->kind;
    taken = handle_map_remove(&map, handle, e);
    if (taken)
        drop(e);
    lock_drop(&lock);
    if (taken)
        (*visit)(handle, kind);
}

void sockets_clear(void (*visit)(uintptr_t handle, enum socket_kind kind))
{
    handle_map_each(&map, clear_one, &visit);
}
