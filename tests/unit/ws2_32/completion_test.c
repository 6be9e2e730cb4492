/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/completion.h"

#include <pthread.h>

#include "base/wsaerr.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/unit.h"

static uintptr_t stale;

static int open_handle(uintptr_t handle)
{
    return completion_open(handle, &stale);
}

START_TEST(a_tie_is_found_until_the_handle_is_closed)
{
    struct completion_port p;

    ck_assert(!completion_known(64));
    ck_assert_int_eq(open_handle(64), 0);
    ck_assert(completion_known(64));
    ck_assert(!completion_get(64, &p));
    ck_assert_uint_eq(completion_tie(64, 1000, 7), 0);
    ck_assert(completion_tied(64));
    ck_assert(!completion_tied(68));
    ck_assert(completion_get(64, &p));
    ck_assert_uint_eq(p.port, 1000);
    ck_assert_uint_eq(p.key, 7);
    ck_assert_uint_eq(completion_put(&p), 0);
    ck_assert_uint_eq(completion_close(64), 1000);
    ck_assert(!completion_known(64));
    ck_assert_uint_eq(completion_close(64), 0);
}
END_TEST

START_TEST(the_port_comes_back_once_from_whoever_is_last)
{
    struct completion_port first, second;

    ck_assert_int_eq(open_handle(64), 0);
    completion_tie(64, 1000, 7);
    ck_assert(completion_get(64, &first));
    ck_assert(completion_get(64, &second));
    ck_assert_uint_eq(completion_close(64), 0); /* two packets are still on their way */
    ck_assert_uint_eq(completion_put(&first), 0);
    ck_assert_uint_eq(completion_put(&second), 1000);
}
END_TEST

START_TEST(another_tie_replaces_the_first)
{
    struct completion_port p;

    ck_assert_int_eq(open_handle(64), 0);
    completion_tie(64, 1000, 7);
    ck_assert_uint_eq(completion_tie(64, 2000, 8), 1000);
    ck_assert(completion_get(64, &p));
    ck_assert_uint_eq(p.port, 2000);
    ck_assert_uint_eq(p.key, 8);
    ck_assert_uint_eq(completion_tie(64, 0, 0), 0); /* p holds it */
    ck_assert(!completion_get(64, &(struct completion_port){ 0 }));
    ck_assert_uint_eq(completion_put(&p), 2000);
    ck_assert_uint_eq(completion_tie(68, 3000, 9), 3000); /* nobody's handle */
    completion_close(64);
}
END_TEST

START_TEST(a_handle_used_again_starts_without_the_past)
{
    ck_assert_int_eq(open_handle(64), 0);
    completion_tie(64, 1000, 7);
    completion_set_modes(64, COMPLETION_SKIP_PORT);
    completion_set_modes(64, COMPLETION_SKIP_EVENT);
    ck_assert_uint_eq(completion_modes(64), COMPLETION_SKIP_PORT | COMPLETION_SKIP_EVENT);
    completion_close(64);
    ck_assert_uint_eq(completion_modes(64), 0);
    ck_assert_int_eq(open_handle(64), 0);
    ck_assert_uint_eq(completion_modes(64), 0);
    ck_assert(!completion_get(64, &(struct completion_port){ 0 }));
    completion_close(64);
}
END_TEST

START_TEST(a_handle_closed_behind_our_back)
{
    ck_assert_int_eq(open_handle(64), 0);
    completion_tie(64, 1000, 7);
    ck_assert_int_eq(open_handle(64), 0);
    ck_assert_uint_eq(stale, 1000);
    ck_assert(!completion_get(64, &(struct completion_port){ 0 }));
    completion_close(64);
    ck_assert(!completion_known(64));
}
END_TEST

START_TEST(the_event_for_waiters_stays)
{
    ck_assert_uint_eq(completion_waiter(64), 0);
    ck_assert_uint_eq(completion_set_waiter(64, 5000), 0); /* not known */
    ck_assert_int_eq(open_handle(64), 0);
    ck_assert_uint_eq(completion_set_waiter(64, 5000), 5000);
    ck_assert_uint_eq(completion_set_waiter(64, 6000), 5000);
    ck_assert_uint_eq(completion_waiter(64), 5000);
    completion_close(64);
    ck_assert_uint_eq(completion_waiter(64), 0);
    ck_assert_int_eq(open_handle(68), 0);
    ck_assert_uint_eq(completion_waiter(68), 5000); /* who still holds it sets an event that is there */
}
END_TEST

START_TEST(duplicates)
{
    ck_assert_uint_eq(completion_original(68), 0);
    completion_duplicated(68, 64); /* of a handle that is not known */
    ck_assert_uint_eq(completion_original(68), 0);
    ck_assert_int_eq(open_handle(64), 0);
    completion_duplicated(68, 64);
    completion_duplicated(72, 68);
    ck_assert_uint_eq(completion_original(68), 64);
    ck_assert_uint_eq(completion_original(72), 64);
    ck_assert_uint_eq(completion_original(64), 0);
    ck_assert_int_eq(open_handle(76), 0);
    completion_duplicated(76, 64); /* the value is a handle's own by now */
    ck_assert_uint_eq(completion_original(76), 0);
    completion_close(64);
    ck_assert_uint_eq(completion_original(68), 0); /* though others are known */
    completion_close(76);
}
END_TEST

START_TEST(decision)
{
    static const struct {
        const char *why;
        uintptr_t event;
        bool tied, all_seen;
        uintptr_t want_event;
        enum completion_packet want;
    } rows[] = {
        { "polling", 0, false, true, 0, PACKET_NONE },
        { "event", 100, false, true, 100, PACKET_NONE },
        { "port", 0, true, true, 0, PACKET_EXACT },
        { "event and port", 100, true, true, 100, PACKET_EXACT },
        { "low bit: no packet", 101, true, true, 100, PACKET_NONE },
        { "low bit without a port", 101, false, false, 100, PACKET_NONE },
        { "a port may be there that we did not see", 0, false, false, 0, PACKET_BY_HANDLE },
        { "a port seen all the same", 0, true, false, 0, PACKET_EXACT },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct completion_plan plan = completion_decide(rows[i].event, rows[i].tied, rows[i].all_seen);

        CASE_INT_EQ(plan.event, rows[i].want_event, rows[i].why);
        CASE_INT_EQ(plan.packet, rows[i].want, rows[i].why);
    }
}
END_TEST

START_TEST(success_at_once_is_pending_only_where_a_packet_would_surprise)
{
    ck_assert(!completion_result_pending(0, true, false));
    ck_assert(completion_result_pending(COMPLETION_SKIP_PORT, true, false));
    ck_assert(!completion_result_pending(COMPLETION_SKIP_PORT, false, false));
    ck_assert(!completion_result_pending(COMPLETION_SKIP_PORT, true, true));
    ck_assert(!completion_result_pending(COMPLETION_SKIP_EVENT, true, false));
}
END_TEST

START_TEST(without_memory_nothing_is_kept)
{
    for (unsigned n = 1;; n++) {
        uintptr_t handle = 64 + 0x100000 * n, back; /* each on a page of its own, which has to be allocated */
        int err;

        fault_at(n);
        err = open_handle(handle);
        back = err ? 0 : completion_tie(handle, 1000, 7);
        if (!fault_end()) {
            ck_assert_uint_eq(completion_close(handle), 1000);
            break;
        }
        if (err) {
            ck_assert_int_eq(err, WSA_NOT_ENOUGH_MEMORY);
            ck_assert(!completion_known(handle));
        } else {
            ck_assert_uint_eq(back, 1000);
            ck_assert_uint_eq(completion_close(handle), 0);
        }
    }
}
END_TEST

/* Each port handed in must come back exactly once, whatever the threads do. */
enum { ROUNDS = 20000, THREADS = 4 };
static unsigned came_back[THREADS * ROUNDS + 1];

static void back(uintptr_t port)
{
    if (port)
        __atomic_fetch_add(&came_back[port], 1, __ATOMIC_RELAXED);
}

static void *tie_and_use(void *arg)
{
    uintptr_t thread = (uintptr_t)arg;

    for (uintptr_t i = 0; i < ROUNDS; i++) {
        struct completion_port p;

        back(completion_tie(64, thread * ROUNDS + i + 1, i));
        if (completion_get(64, &p))
            back(completion_put(&p));
        if (i % 64 == 0) {
            uintptr_t left;

            back(completion_close(64));
            completion_open(64, &left);
            back(left);
        }
    }
    return NULL;
}

START_TEST(threads)
{
    pthread_t thread[THREADS];

    ck_assert_int_eq(open_handle(64), 0);
    for (uintptr_t t = 0; t < THREADS; t++)
        pthread_create(&thread[t], NULL, tie_and_use, (void *)t);
    for (int t = 0; t < THREADS; t++)
        pthread_join(thread[t], NULL);
    back(completion_close(64));
    for (int i = 1; i <= THREADS * ROUNDS; i++)
        ck_assert_uint_eq(came_back[i], 1);
}
END_TEST

UNIT_MAIN("completion", a_tie_is_found_until_the_handle_is_closed, the_port_comes_back_once_from_whoever_is_last,
          another_tie_replaces_the_first, a_handle_used_again_starts_without_the_past,
          a_handle_closed_behind_our_back, the_event_for_waiters_stays, duplicates, decision,
          success_at_once_is_pending_only_where_a_packet_would_surprise, without_memory_nothing_is_kept, threads)
