/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/pending.h"

#include "tests/unit/fake/fault.h"
#include "tests/unit/unit.h"

START_TEST(each_ends_once)
{
    int a, b;

    ck_assert(!pending_end(64, &a));
    ck_assert(pending_begin(64, &a));
    ck_assert(pending_begin(64, &b));
    ck_assert(!pending_end(68, &a)); /* another socket's */
    ck_assert(pending_end(64, &a));
    ck_assert(!pending_end(64, &a));
    ck_assert(pending_end(64, &b));
}
END_TEST

START_TEST(what_is_left_of_a_socket_is_found)
{
    char room[3000];
    int found = 0;

    for (int i = 0; i < 3000; i++)
        ck_assert(pending_begin(i % 3 ? 64 : 68, &room[i]));
    while (pending_take(68))
        found++;
    ck_assert_int_eq(found, 1000);
    ck_assert_ptr_null(pending_take(68));
    ck_assert(!pending_end(68, &room[0]));
    ck_assert(pending_end(64, &room[1]));
    while (pending_take(64))
        found++;
    ck_assert_int_eq(found, 2999);
}
END_TEST

START_TEST(without_memory_it_is_not_followed)
{
    int a;

    fault_at(1);
    ck_assert(!pending_begin(64, &a));
    ck_assert(!pending_end(64, &a));
    ck_assert_ptr_null(pending_take(64));
}
END_TEST

UNIT_MAIN("pending", each_ends_once, what_is_left_of_a_socket_is_found, without_memory_it_is_not_followed)
