/* SPDX-License-Identifier: MIT */
#include "ws2_32/api/groups.h"

#include "tests/unit/unit.h"

START_TEST(equal_keys_share_a_group)
{
    struct groups g = { 0 };

    ck_assert_int_eq(groups_add(&g, (void (*)(void))8), 0);
    ck_assert_int_eq(groups_add(&g, (void (*)(void))16), 1);
    ck_assert_int_eq(groups_add(&g, (void (*)(void))8), 0);
    ck_assert_uint_eq(g.count, 2);
}
END_TEST

START_TEST(there_is_an_end)
{
    struct groups g = { 0 };

    for (uintptr_t i = 0; i < GROUPS_MAX; i++)
        ck_assert_int_eq(groups_add(&g, (void (*)(void))(i + 1)), i);
    ck_assert_int_eq(groups_add(&g, (void (*)(void))(uintptr_t)(GROUPS_MAX + 1)), -1);
    ck_assert_int_eq(groups_add(&g, (void (*)(void))3), 2);
}
END_TEST

UNIT_MAIN("groups", equal_keys_share_a_group, there_is_an_end)
