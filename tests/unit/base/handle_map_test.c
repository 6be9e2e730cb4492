/* SPDX-License-Identifier: MIT */
#include "base/handle_map.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/wsaerr.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/unit.h"

static struct handle_map map;

static const uintptr_t near_handles[] = {0, 4, 8, 0xFFC, 0x1000, 0x3FFFFC},
                       far_handles[] = {1, 5, 0x400000, 0x7FFFFFFC, UINTPTR_MAX, 0x12345678};

/* Near and far handles obey the same rules. */
static void walk(uintptr_t handle)
{
    int a, b;
    void *old = &map;

    ck_assert_ptr_null(handle_map_find(&map, handle));
    ck_assert_ptr_null(handle_map_remove(&map, handle, NULL));
    ck_assert_int_eq(handle_map_set(&map, handle, &a, &old), 0);
    ck_assert_ptr_null(old);
    ck_assert_ptr_eq(handle_map_find(&map, handle), &a);
    ck_assert_int_eq(handle_map_set(&map, handle, &b, &old), 0);
    ck_assert_ptr_eq(old, &a);
    ck_assert_int_eq(handle_map_set(&map, handle, &b, NULL), 0);
    ck_assert_ptr_null(handle_map_remove(&map, handle, &a)); /* not what stands there */
    ck_assert_ptr_eq(handle_map_find(&map, handle), &b);
    ck_assert_ptr_eq(handle_map_remove(&map, handle, &b), &b);
    ck_assert_ptr_null(handle_map_find(&map, handle));
    ck_assert_int_eq(handle_map_set(&map, handle, &a, NULL), 0);
    ck_assert_ptr_eq(handle_map_remove(&map, handle, NULL), &a);
    ck_assert_ptr_null(handle_map_remove(&map, handle, NULL));
}

START_TEST(set_find_remove)
{
    for (size_t i = 0; i < sizeof near_handles / sizeof near_handles[0]; i++)
        walk(near_handles[i]);
    for (size_t i = 0; i < sizeof far_handles / sizeof far_handles[0]; i++)
        walk(far_handles[i]);
}
END_TEST

START_TEST(neighbours_do_not_meet)
{
    static int value[6];

    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(handle_map_set(&map, near_handles[i], &value[i], NULL), 0);
        ck_assert_int_eq(handle_map_set(&map, far_handles[i], &value[5 - i], NULL), 0);
    }
    for (int i = 0; i < 6; i++) {
        ck_assert_ptr_eq(handle_map_find(&map, near_handles[i]), &value[i]);
        ck_assert_ptr_eq(handle_map_find(&map, far_handles[i]), &value[5 - i]);
        ck_assert_ptr_null(handle_map_find(&map, near_handles[i] + 2));
    }
    for (int i = 0; i < 6; i++)
        ck_assert_ptr_eq(handle_map_remove(&map, far_handles[i], NULL), &value[5 - i]);
    ck_assert_uint_eq(map.far_count, 0); /* so that a miss is lock-free again */
}
END_TEST

static uintptr_t seen[12];
static int seen_count;

static void visit(uintptr_t handle, void *value, void *arg)
{
    ck_assert_ptr_eq(value, arg);
    ck_assert_int_lt(seen_count, 12);
    seen[seen_count++] = handle;
    (void)handle_map_remove(&map, handle, NULL); /* the lock is not held */
}

START_TEST(each_visits_all_once)
{
    int value;

    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(handle_map_set(&map, near_handles[i], &value, NULL), 0);
        ck_assert_int_eq(handle_map_set(&map, far_handles[i], &value, NULL), 0);
    }
    handle_map_each(&map, visit, &value);
    ck_assert_int_eq(seen_count, 12);
    for (int i = 0; i < 12; i++)
        for (int j = 0; j < i; j++)
            ck_assert_uint_ne(seen[i], seen[j]);
    seen_count = 0;
    handle_map_each(&map, visit, &value);
    ck_assert_int_eq(seen_count, 0);
}
END_TEST

START_TEST(without_memory_nothing_changes)
{
    static const uintptr_t handles[] = {0x2000, 0x500000};
    int value;

    for (int i = 0; i < 2; i++) {
        unsigned n;

        for (n = 1;; n++) {
            void *old = &value;
            int err;

            fault_at(n);
            err = handle_map_set(&map, handles[i], &value, &old);
            if (!fault_end()) {
                ck_assert_int_eq(err, 0);
                break;
            }
            ck_assert_int_eq(err, WSA_NOT_ENOUGH_MEMORY);
            ck_assert_ptr_eq(old, &value);
            ck_assert_ptr_null(handle_map_find(&map, handles[i]));
        }
        ck_assert_uint_eq(n, 2); /* one allocation each */
    }
}
END_TEST

/* ---- threads (to be run under ThreadSanitizer as well) ---- */

enum { THREADS = 4, ROUNDS = 20000, SHARED = 8 };

static struct object {
    uintptr_t handle;
    int filled;
} objects[THREADS][SHARED * 2];

static uintptr_t handle_of(int thread, int i)
{
    /* Half of them near, all pages shared; the other half far. */
    return i < SHARED ? (uintptr_t)(0x8000 + (i * THREADS + thread) * 4)
                      : (uintptr_t)(0x800000 + (i * THREADS + thread) * 4);
}

static void *writer(void *arg)
{
    int thread = (int)(uintptr_t)arg;

    for (int round = 0; round < ROUNDS; round++) {
        int i = round % (SHARED * 2);
        struct object *o = &objects[thread][i];

        if (!o->filled) { /* type-stable: filled once, before it can be found */
            o->handle = handle_of(thread, i);
            o->filled = 42;
        }
        if (handle_map_set(&map, o->handle, o, NULL))
            return "set failed";
        if (handle_map_find(&map, o->handle) != o)
            return "own handle not found";
        if (handle_map_remove(&map, o->handle, o) != o)
            return "own handle not removed";
    }
    return NULL;
}

static void *reader(void *arg)
{
    (void)arg;
    for (int round = 0; round < ROUNDS; round++) {
        uintptr_t handle = handle_of(round % THREADS, round / THREADS % (SHARED * 2));
        struct object *o = handle_map_find(&map, handle);

        if (o && (o->handle != handle || o->filled != 42))
            return "found another's object, or half of one";
    }
    return NULL;
}

START_TEST(threads_see_whole_objects)
{
    pthread_t thread[THREADS * 2];

    for (uintptr_t i = 0; i < THREADS * 2; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, i < THREADS ? writer : reader, (void *)i), 0);
    for (int i = 0; i < THREADS * 2; i++) {
        void *complaint;

        ck_assert_int_eq(pthread_join(thread[i], &complaint), 0);
        ck_assert_msg(!complaint, "%s", (char *)complaint);
    }
    ck_assert_uint_eq(map.far_count, 0);
}
END_TEST

/*
 * Several threads move one handle: each value taken out was put in, and each that was put in is
 * taken out once.
 */
static int puts_done[THREADS], takes_done[THREADS], left;
static int tokens[THREADS];

static void *mover(void *arg)
{
    int me = (int)(uintptr_t)arg;

    for (int round = 0; round < ROUNDS; round++) {
        void *old = NULL;

        if (handle_map_set(&map, 0x900, &tokens[me], &old))
            return "set failed";
        puts_done[me]++;
        takes_done[me] += old != NULL;
        takes_done[me] += handle_map_remove(&map, 0x900, NULL) != NULL;
    }
    return NULL;
}

START_TEST(nothing_is_lost_or_doubled)
{
    pthread_t thread[THREADS];
    int puts_all = 0, takes_all = 0;

    for (uintptr_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, mover, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(thread[i], NULL), 0);
        puts_all += puts_done[i];
        takes_all += takes_done[i];
    }
    left = handle_map_find(&map, 0x900) != NULL;
    ck_assert_int_eq(puts_all, THREADS * ROUNDS);
    ck_assert_int_eq(takes_all + left, puts_all);
}
END_TEST

UNIT_MAIN("base/handle_map", set_find_remove, neighbours_do_not_meet, each_visits_all_once,
          without_memory_nothing_changes, threads_see_whole_objects, nothing_is_lost_or_doubled)
