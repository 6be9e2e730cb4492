/* SPDX-License-Identifier: MIT */
#include "providers/kit/travel.h"

#include "tests/unit/unit.h"

enum { MANY = 500 };

START_TEST(order_is_that_of_arrival_then_of_leaving)
{
    static struct travel t[MANY];
    struct travel_queue q = { NULL, NULL, 0 };
    struct travel *last = NULL, *next;
    uint32_t chance = 1;
    unsigned taken = 0;

    for (int i = 0; i < MANY; i++) {
        chance = chance * 1103515245 + 12345;
        t[i].due = chance >> 16 & 63;
        t[i].bytes = (size_t)i;
        travel_put(&q, &t[i]);
    }
    ck_assert_uint_eq(q.weight, MANY * TRAVEL_OVERHEAD + MANY * (MANY - 1) / 2);
    for (uint64_t now = 0; now < 64; now++)
        while ((next = travel_take(&q, now))) {
            ck_assert_uint_eq(next->due, now);
            ck_assert_msg(!last || last->due < now || last < next, "two of one time stay in order");
            last = next;
            taken++;
        }
    ck_assert_uint_eq(taken, MANY);
    ck_assert_uint_eq(q.weight, 0);
    ck_assert(!q.first && !q.last);
}
END_TEST

START_TEST(nobody_is_early)
{
    struct travel_queue q = { NULL, NULL, 0 };
    struct travel a = { .due = 10 }, b = { .due = 5 }, c = { .due = TRAVEL_NEVER };

    ck_assert(travel_next(&q) == TRAVEL_NEVER);
    ck_assert(!travel_take(&q, TRAVEL_NEVER));
    travel_put(&q, &a);
    travel_put(&q, &b);
    travel_put(&q, &c);
    ck_assert_uint_eq(travel_next(&q), 5);
    ck_assert(!travel_take(&q, 4));
    ck_assert(travel_take(&q, 5) == &b);
    ck_assert(!travel_take(&q, 9));
    ck_assert_uint_eq(travel_next(&q), 10);
    ck_assert(travel_take(&q, 1000) == &a);
    ck_assert(!travel_take(&q, TRAVEL_NEVER - 1));
    ck_assert(travel_take(&q, TRAVEL_NEVER) == &c);
    ck_assert(!q.first && !q.last);
}
END_TEST

UNIT_MAIN("travel", order_is_that_of_arrival_then_of_leaving, nobody_is_early)
