/* SPDX-License-Identifier: MIT */
/* The order that sporder.exe changes before it is applied. */
#include "catalog/sporder/order.h"

#include "tests/unit/fake/fault.h"
#include "tests/unit/unit.h"

static const struct {
    const char *why;
    uint32_t from;
    int64_t to;
    bool done;
    uint32_t want[4];
} rows[] = {
    {"up", 2, 1, true, {0, 2, 1, 3}},
    {"down", 1, 2, true, {0, 2, 1, 3}},
    {"to the top", 3, 0, true, {3, 0, 1, 2}},
    {"to the bottom", 0, 3, true, {1, 2, 3, 0}},
    {"where it is", 2, 2, true, {0, 1, 2, 3}},
    {"above the first", 0, -1, false, {0, 1, 2, 3}},
    {"below the last", 3, 4, false, {0, 1, 2, 3}},
    {"what is not there", 4, 0, false, {0, 1, 2, 3}},
};

START_TEST(moves)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct order o;
        bool changed = false;

        ck_assert(order_init(&o, 4));
        CASE_INT_EQ(order_changed(&o), 0, rows[i].why);
        CASE_INT_EQ(order_move(&o, rows[i].from, rows[i].to), rows[i].done, rows[i].why);
        for (uint32_t k = 0; k < 4; k++) {
            CASE_INT_EQ(o.at[k], rows[i].want[k], rows[i].why);
            changed = changed || rows[i].want[k] != k;
        }
        CASE_INT_EQ(order_changed(&o), changed, rows[i].why);
        order_deinit(&o);
    }
}
END_TEST

START_TEST(nothing_in_it)
{
    struct order o;

    ck_assert(order_init(&o, 0));
    ck_assert(!order_move(&o, 0, 0) && !order_changed(&o));
    order_deinit(&o);
    fault_at(1);
    ck_assert(!order_init(&o, 4));
    ck_assert(fault_end());
    ck_assert_uint_eq(o.count, 0);
}
END_TEST

UNIT_MAIN("catalog/sporder", moves, nothing_in_it)
