/* SPDX-License-Identifier: MIT */
#ifndef WS2_BASE_HANDLE_MAP_H
#define WS2_BASE_HANDLE_MAP_H
/*
 * Handle value -> pointer, read without locks.
 *
 * Handles are small multiples of four, so the map is a two-level array indexed by handle / 4; values
 * beyond it live in a short locked list. Pages are published once and never freed, so a reader needs
 * no lock and writes nothing. What a reader gets may have been removed a moment ago: the pointed-to
 * objects must come from memory that is never unmapped (type-stable), and say themselves whether
 * they are still alive.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"

enum { HANDLE_MAP_PAGES = 1024, HANDLE_MAP_SLOTS = 1024 }; /* handles up to 4 Mi */

struct handle_map {
    struct lock lock;
    void **page[HANDLE_MAP_PAGES];
    struct handle_map_far *beyond; /* guarded by lock */
    size_t far_count;              /* read without lock: zero lets a miss stay lock-free */
};

/* What handle_map_find() does with a handle beyond the array. */
void *handle_map_find_far(struct handle_map *m, uintptr_t handle);

static inline int handle_map_is_near(uintptr_t handle)
{
    return handle >> 2 < (uintptr_t)HANDLE_MAP_PAGES * HANDLE_MAP_SLOTS && !(handle & 3);
}

/* The pointer stored for `handle`, or NULL. */
static inline void *handle_map_find(struct handle_map *m, uintptr_t handle)
{
    void **page;

    if (!handle_map_is_near(handle))
        return handle_map_find_far(m, handle);
    page = __atomic_load_n(&m->page[(handle >> 2) / HANDLE_MAP_SLOTS], __ATOMIC_ACQUIRE);
    return page ? __atomic_load_n(&page[(handle >> 2) % HANDLE_MAP_SLOTS], __ATOMIC_ACQUIRE) : NULL;
}

/*
 * Stores `value` (not NULL) for `handle`; what stood there before, or NULL, goes to *old when `old`
 * is not NULL. 0, or WSA_NOT_ENOUGH_MEMORY with nothing changed.
 */
int handle_map_set(struct handle_map *m, uintptr_t handle, void *value, void **old);

/* Empties `handle` if `expected` still stands there (NULL: whatever stands there). Returns what it took out. */
void *handle_map_remove(struct handle_map *m, uintptr_t handle, void *expected);

/* Gives back all that the map holds; nobody uses it any more. It is then empty. */
void handle_map_free(struct handle_map *m);

/* Calls `visit` for each entry, without the lock held; entries that come or go meanwhile may be missed. */
void handle_map_each(struct handle_map *m, void (*visit)(uintptr_t handle, void *value, void *arg),
                     void *arg);

#endif
