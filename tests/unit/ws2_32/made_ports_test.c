/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/made_ports.h"

#include "tests/unit/unit.h"

static unsigned told, last_asleep, published;
static bool last_tied;

static void tell(uintptr_t port, unsigned asleep, bool tied)
{
    ck_assert_uint_eq(published, 0);
    ck_assert_uint_eq(port, 4);
    last_asleep = asleep;
    last_tied = tied;
    told++;
}

static void publish(void)
{
    published++;
}

/* What is told is what is so at that moment. */
START_TEST(tells_what_is_known)
{
    made_ports_add(4);
    made_ports_add(8);
    ck_assert_int_eq(made_ports_asleep(12), MADE_UNKNOWN);
    ck_assert_int_eq(made_ports_asleep(4), MADE_ASLEEP);
    ck_assert_int_eq(made_ports_asleep(4), MADE_ASLEEP);
    ck_assert_int_eq(made_ports_asleep(4), MADE_ASLEEP);
    ck_assert(made_ports_awake(4));
    made_ports_tied(4);
    made_ports_tied(16);
    made_ports_remove(8);
    made_ports_remove(20);
    made_ports_end(tell, publish);
    ck_assert_uint_eq(told, 1);
    ck_assert_uint_eq(last_asleep, 2);
    ck_assert(last_tied);
    ck_assert_uint_eq(published, 1);
}
END_TEST

/* Afterwards everything is the observer's, those included who fell asleep before. */
START_TEST(is_over_after_the_end)
{
    made_ports_add(4);
    ck_assert_int_eq(made_ports_asleep(4), MADE_ASLEEP);
    made_ports_end(tell, publish);
    ck_assert_uint_eq(last_asleep, 1);
    ck_assert(!last_tied);
    ck_assert(!made_ports_awake(4));
    ck_assert_int_eq(made_ports_asleep(4), MADE_OVER);
    ck_assert_int_eq(made_ports_asleep(8), MADE_OVER);
    made_ports_add(8);
    made_ports_end(tell, publish);
    ck_assert_uint_eq(told, 1);
}
END_TEST

/* There is room for so many; the others are the kernel's. */
START_TEST(is_bounded)
{
    unsigned known = 0;

    for (uintptr_t port = 4; port <= 4 * 1000; port += 4)
        made_ports_add(port);
    for (uintptr_t port = 4; port <= 4 * 1000; port += 4)
        known += made_ports_asleep(port) == MADE_ASLEEP;
    ck_assert_uint_eq(known, 64);
    for (uintptr_t port = 4; port <= 4 * 1000; port += 4)
        made_ports_remove(port);
    ck_assert_int_eq(made_ports_asleep(4), MADE_UNKNOWN);
    made_ports_add(4);
    ck_assert_int_eq(made_ports_asleep(4), MADE_ASLEEP);
}
END_TEST

UNIT_MAIN("made ports", tells_what_is_known, is_over_after_the_end, is_bounded)
