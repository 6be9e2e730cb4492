/* SPDX-License-Identifier: MIT */
#include "base/handle_map.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

struct handle_map_far {
    struct handle_map_far *next;
    uintptr_t handle;
    void *value; /* NULL: free for reuse */
};

static void **slot_of(struct handle_map *m, size_t index)
{
    void **page = __atomic_load_n(&m->page[index / HANDLE_MAP_SLOTS], __ATOMIC_ACQUIRE);

    return page ? &page[index % HANDLE_MAP_SLOTS] : NULL;
}

static struct handle_map_far *find_far(struct handle_map *m, uintptr_t handle)
    WS2_REQUIRES(m->lock)
{
    struct handle_map_far *f = m->beyond;

    while (f && !(f->value && f->handle == handle))
        f = f->next;
    return f;
}

void *handle_map_find_far(struct handle_map *m, uintptr_t handle)
{
    struct handle_map_far *f;
    void *value;

    if (!__atomic_load_n(&m->far_count, __ATOMIC_ACQUIRE))
        return NULL;

    lock_take(&m->lock);
    f = find_far(m, handle);
    value = f ? f->value : NULL;
    lock_drop(&m->lock);
    return value;
}

static int set_far(struct handle_map *m, uintptr_t handle, void *value, void **old)
    WS2_REQUIRES(m->lock)
{
    struct handle_map_far *f = find_far(m, handle);

    if (f) {
        *old = f->value;
        f->value = value;
        return 0;
    }
    for (f = m->beyond; f && f->value; f = f->next)
        ;
    if (!f) {
        f = calloc(1, sizeof *f);
        if (!f)
            return WSA_NOT_ENOUGH_MEMORY;
        f->next = m->beyond;
        m->beyond = f;
    }
    f->handle = handle;
    f->value = value;
    __atomic_add_fetch(&m->far_count, 1, __ATOMIC_RELEASE);
    return 0;
}

static int set_near(struct handle_map *m, size_t index, void *value, void **old)
    WS2_REQUIRES(m->lock)
{
    void ***page = &m->page[index / HANDLE_MAP_SLOTS];

    if (!*page) {
        void **fresh = calloc(HANDLE_MAP_SLOTS, sizeof *fresh);

        if (!fresh)
            return WSA_NOT_ENOUGH_MEMORY;
        __atomic_store_n(page, fresh, __ATOMIC_RELEASE);
    }
    *old = __atomic_exchange_n(&(*page)[index % HANDLE_MAP_SLOTS], value, __ATOMIC_ACQ_REL);
    return 0;
}

int handle_map_set(struct handle_map *m, uintptr_t handle, void *value, void **old)
{
    void *before = NULL;
    int err;

    lock_take(&m->lock);
    err = handle_map_is_near(handle) ? set_near(m, handle >> 2, value, &before)
                          : set_far(m, handle, value, &before);
    lock_drop(&m->lock);
    if (!err && old)
        *old = before;
    return err;
}

void *handle_map_remove(struct handle_map *m, uintptr_t handle, void *expected)
{
    struct handle_map_far *f = NULL;
    void **place = NULL;
    void *value = NULL;

    lock_take(&m->lock);
    if (handle_map_is_near(handle)) {
        place = slot_of(m, handle >> 2);
    } else {
        f = find_far(m, handle);
        place = f ? &f->value : NULL;
    }
    if (place && *place && (!expected || *place == expected)) {
        value = *place;
        __atomic_store_n(place, NULL, __ATOMIC_RELEASE);
        if (f)
            __atomic_sub_fetch(&m->far_count, 1, __ATOMIC_RELEASE);
    }
    lock_drop(&m->lock);
    return value;
}

void handle_map_each(struct handle_map *m, void (*visit)(uintptr_t handle, void *value, void *arg),
                     void *arg)
{
    struct handle_map_far *f;

    for (size_t i = 0; i < (size_t)HANDLE_MAP_PAGES * HANDLE_MAP_SLOTS; i++) {
        void **slot = slot_of(m, i);
        void *value;

        if (!slot) {
            i += HANDLE_MAP_SLOTS - 1;
            continue;
        }
        value = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
        if (value)
            visit((uintptr_t)i << 2, value, arg);
    }

    /* Far records are never freed, only their value is emptied, so the walk needs the lock for one step at a time. */
    lock_take(&m->lock);
    f = m->beyond;
    lock_drop(&m->lock);
    for (; f; f = f->next) {
        void *value = __atomic_load_n(&f->value, __ATOMIC_ACQUIRE);

        if (value)
            visit(f->handle, value, arg);
    }
}

void handle_map_free(struct handle_map *m)
{
    for (int i = 0; i < HANDLE_MAP_PAGES; i++)
        free(m->page[i]);
    while (m->beyond) {
        struct handle_map_far *next = m->beyond->next;

        free(m->beyond);
        m->beyond = next;
    }
    memset(m, 0, sizeof *m);
}
