/* SPDX-License-Identifier: MIT */
#include "catalog/catalog.h"

#include "catalog/unfold.h"
#include "tests/unit/catalog/sample.h"
#include "tests/unit/unit.h"

/*
 * What the rows below refer to: bases 1001, 1002; layers 1400, 1500; chains 1401 = {1400, 1001},
 * 1501 over it; an orphan.
 */
static const struct {
    uint32_t id;
    int32_t len;
    uint32_t chain[CATALOG_CHAIN_MAX];
} present[] = {
    {1001, 1, {0}},
    {1002, 1, {0xDEAD, 0xBEEF}}, /* a base's chain array may hold garbage */
    {1400, 0, {0}},
    {1500, 0, {0}},
    {1401, 2, {1400, 1001}},
    {1501, 3, {1500, 1401, 1001}},
    {1601, 2, {1600, 1001}}, /* its layer is gone */
    {1701, 3, {1400, 1702, 1001}},
    {1702, 3, {1500, 1701, 1001}}, /* these two contain each other */
    {1502, 3, {1500, 1501, 1001}}, /* does not repeat what 1501 says */
    {1801, -1, {1400, 1001}},
    {1802, 8, {1400, 1400, 1400, 1400, 1400, 1400, 1001}},
    {1803, 0x7FFFFFFF, {1400, 1001}},
};

static const struct {
    const char *why;
    int32_t len;
    uint32_t chain[CATALOG_CHAIN_MAX];
    bool usable;
} cases[] = {
    {"a base", 1, {0}, true},
    {"a layer's own entry", 0, {0}, false},
    {"one layer over the base", 2, {1400, 1001}, true},
    {"two layers by their own entries", 3, {1500, 1400, 1001}, true},
    {"a chain over a chain", 3, {1500, 1401, 1001}, true},
    {"a chain over a chain over a chain", 4, {1500, 1501, 1401, 1001}, true},
    {"over a chain that is folded", 4, {1400, 1502, 1501, 1001}, true},
    {"what follows a chain is not what that says", 4, {1400, 1501, 1601, 1001}, false},
    {"seven elements", 7, {1400, 1500, 1400, 1500, 1400, 1500, 1002}, true},
    {"a base in the middle", 3, {1400, 1001, 1001}, false},
    {"a base on top", 2, {1001, 1001}, false},
    {"no base at the end", 2, {1400, 1500}, false},
    {"a chain at the end", 2, {1400, 1401}, false},
    {"a chain on top", 3, {1401, 1400, 1001}, false},
    {"an element that does not exist", 3, {1400, 1900, 1001}, false},
    {"a layer that does not exist", 2, {1900, 1001}, false},
    {"a base that does not exist", 2, {1400, 1900}, false},
    {"over an orphan", 3, {1500, 1601, 1001}, false},
    {"over chains that contain each other", 3, {1500, 1701, 1001}, false},
    {"over a damaged entry", 3, {1500, 1803, 1001}, false},
    {"length -1", -1, {1400, 1001}, false},
    {"length 8", 8, {1400, 1500, 1400, 1500, 1400, 1500, 1400}, false},
    {"length 0x7fffffff", 0x7FFFFFFF, {1400, 1001}, false},
    {"length -0x80000000", INT32_MIN, {1400, 1001}, false},
};

/* Appends to `cat`, which is initialised. */
static void fill(struct catalog *cat)
{
    for (size_t i = 0; i < sizeof present / sizeof present[0]; i++) {
        struct catalog_info info = sample_info(present[i].len);

        info.id = present[i].id;
        memcpy(info.chain, present[i].chain, sizeof info.chain);
        sample_add(cat, &info);
    }
}

START_TEST(usable_is_what_ends_in_its_only_base)
{
    struct catalog cat;

    catalog_init(&cat);
    fill(&cat);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct catalog_entry top;

        memset(&top, 0, sizeof top);
        top.info = sample_info(cases[i].len);
        top.info.id = 5000;
        memcpy(top.info.chain, cases[i].chain, sizeof top.info.chain);
        CASE_INT_EQ(catalog_usable(&cat, &top), cases[i].usable, cases[i].why);
        CASE_INT_EQ(catalog_base_of(&cat, &top) != NULL, cases[i].usable, cases[i].why);
    }
    catalog_deinit(&cat);
}
END_TEST

START_TEST(the_base_is_the_last_element)
{
    struct catalog cat;

    catalog_init(&cat);
    fill(&cat);
    ck_assert_uint_eq(catalog_base_of(&cat, catalog_find_id(&cat, 1501))->info.id, 1001);
    ck_assert_uint_eq(catalog_base_of(&cat, catalog_find_id(&cat, 1002))->info.id, 1002);
    ck_assert_ptr_null(catalog_base_of(&cat, catalog_find_id(&cat, 1400)));
    catalog_deinit(&cat);
}
END_TEST

/* Every entry a chain of every other: a search without a bound would not come back. */
START_TEST(a_hostile_catalog_is_answered_soon)
{
    struct catalog cat;

    catalog_init(&cat);
    for (uint32_t i = 0; i < 100; i++) {
        struct catalog_info info = sample_info(7);

        info.id = 2000 + i;
        info.chain[0] = 1400;
        for (uint32_t j = 1; j < 6; j++)
            info.chain[j] = 2000 + (i * 7 + j * 13) % 100;
        info.chain[6] = 1001;
        sample_add(&cat, &info);
    }
    fill(&cat);
    for (uint32_t i = 0; i < cat.count; i++)
        ck_assert(cat.entry[i].info.id < 2000 || !catalog_usable(&cat, &cat.entry[i]));
    catalog_deinit(&cat);
}
END_TEST

START_TEST(the_way_goes_through_inner_chains)
{
    static const uint32_t want[] = {1500, 1501, 1401, 1001};
    const struct catalog_entry *round, *damaged;
    uint32_t way[CATALOG_DEEP];
    struct catalog cat;

    catalog_init(&cat);
    fill(&cat);
    ck_assert_int_eq(catalog_way(&cat, &catalog_find_id(&cat, 1502)->info, way), 4);
    ck_assert_int_eq(memcmp(way, want, sizeof want), 0);
    round = catalog_find_id(&cat, 1701);
    damaged = catalog_find_id(&cat, 1802);
    ck_assert_int_eq(catalog_way(&cat, &round->info, way), -1);
    ck_assert_int_eq(catalog_way(&cat, &damaged->info, way), 0);
    ck_assert_int_eq(catalog_way(&cat, &catalog_find_id(&cat, 1001)->info, way), 0);
    ck_assert_int_eq(catalog_way(&cat, &catalog_find_id(&cat, 1400)->info, way), 0);
    catalog_deinit(&cat);
}
END_TEST

UNIT_MAIN("catalog/chain", usable_is_what_ends_in_its_only_base, the_base_is_the_last_element, the_way_goes_through_inner_chains,
          a_hostile_catalog_is_answered_soon)
