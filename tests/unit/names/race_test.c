/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/race.h"

#include <string.h>

#include "tests/unit/unit.h"

START_TEST(one_after_the_other_when_nobody_answers)
{
    struct race r;

    race_init(&r, 3, 1000);
    ck_assert_int_eq(race_wait_ms(&r, 1000), 0);
    ck_assert_int_eq(race_start(&r, 1000), 0);
    ck_assert_int_eq(race_start(&r, 1000), RACE_NONE);
    ck_assert_int_eq(race_wait_ms(&r, 1100), 150);
    ck_assert_int_eq(race_start(&r, 1249), RACE_NONE);
    ck_assert_int_eq(race_start(&r, 1250), 1);
    ck_assert_int_eq(race_start(&r, 1260), RACE_NONE);
    ck_assert_int_eq(race_start(&r, 2000), 2);
    ck_assert_int_eq(race_start(&r, 9000), RACE_NONE);
    ck_assert(race_wait_ms(&r, 9000) == UINT64_MAX);
    ck_assert(!race_is_lost(&r));
}
END_TEST

START_TEST(a_failure_starts_the_next_at_once)
{
    struct race r;

    race_init(&r, 3, 0);
    ck_assert_int_eq(race_start(&r, 0), 0);
    race_fail(&r, 0);
    ck_assert_int_eq(race_wait_ms(&r, 5), 0);
    ck_assert_int_eq(race_start(&r, 5), 1);
    ck_assert(!race_is_alone(&r, 1));
    race_fail(&r, 1);
    race_fail(&r, 1); /* told twice: counted once */
    ck_assert_int_eq(race_start(&r, 6), 2);
    ck_assert(race_is_alone(&r, 2));
    ck_assert(!race_is_lost(&r));
    race_fail(&r, 2);
    ck_assert(race_is_lost(&r));
    ck_assert_int_eq(race_start(&r, 7), RACE_NONE);
}
END_TEST

/* 0 hangs, 1 begins after its time, then 0 fails: that does not shorten 1's head start over 2. */
START_TEST(an_old_failure_does_not_hurry)
{
    struct race r;

    race_init(&r, 3, 0);
    race_start(&r, 0);
    ck_assert_int_eq(race_start(&r, 250), 1);
    race_fail(&r, 0);
    ck_assert_int_eq(race_start(&r, 260), RACE_NONE);
    ck_assert_int_eq(race_wait_ms(&r, 260), 240);
    ck_assert_int_eq(race_start(&r, 500), 2);
}
END_TEST

START_TEST(one_address_is_alone_from_the_start)
{
    struct race r;

    race_init(&r, 1, 0);
    ck_assert_int_eq(race_start(&r, 0), 0);
    ck_assert(race_is_alone(&r, 0));
    race_init(&r, 0, 0);
    ck_assert(race_is_lost(&r));
    race_init(&r, RACE_MAX + 5, 0);
    ck_assert_uint_eq(r.count, RACE_MAX);
}
END_TEST

static const struct {
    const char *why, *families, *want;
} orders[] = {
    {"nothing", "", ""},
    {"one family stays as it is", "4444", "0123"},
    {"six first", "666444", "031425"},
    {"four first", "444666", "031425"},
    {"taking turns already", "6464", "0123"},
    {"more of one", "64666", "01234"},
    {"one of the other at the end", "66664", "04123"},
};

START_TEST(families_take_turns)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        size_t order[8], count = strlen(orders[i].families);
        char got[9] = "";
        bool six[8];

        for (size_t k = 0; k < count; k++)
            six[k] = orders[i].families[k] == '6';
        race_interleave(six, count, order);
        for (size_t k = 0; k < count; k++)
            got[k] = (char)('0' + order[k]);
        ck_assert_msg(!strcmp(got, orders[i].want), "%s: %s", orders[i].why, got);
    }
}
END_TEST

UNIT_MAIN("race", one_after_the_other_when_nobody_answers, a_failure_starts_the_next_at_once, an_old_failure_does_not_hurry,
          one_address_is_alone_from_the_start, families_take_turns)
