/* SPDX-License-Identifier: MIT */
/*
 * Random sequences of what installers do: no sequence makes a catalog that verify has anything
 * against, a refused operation changes nothing, and text that is written reads back.
 */
#include "catalog/catalog.h"

#include <stdio.h>

#include "base/wsaerr.h"
#include "catalog/text.h"
#include "catalog/verify.h"
#include "tests/unit/catalog/sample.h"
#include "tests/unit/unit.h"

enum { SEQUENCES = 60, STEPS = 60, LAYERS = 12 };

static uint32_t state;

static uint32_t roll(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static bool some(const struct catalog_info *lower, void *arg)
{
    return *(uint32_t *)arg >> (lower->family == 23 ? 3 + lower->type : lower->type) & 1;
}

static int install_layer(struct catalog *cat)
{
    uint32_t n = roll(LAYERS), which = roll(256);
    catalog_char name[CATALOG_NAME_CHARS];
    struct catalog_guid guid = sample_guid((uint8_t)n);
    char text[] = "layer A";

    text[6] = (char)('A' + n);
    sample_name(name, text);
    return catalog_install_layer(cat, &guid, name, "c:\\layer.dll", roll(2) ? CATALOG_XP1_IFS : 0, some, &which, NULL);
}

static int remove_layer(struct catalog *cat)
{
    struct catalog_guid guid = sample_guid((uint8_t)roll(LAYERS));

    return catalog_remove_layer(cat, &guid);
}

static int install_base(struct catalog *cat)
{
    struct catalog_info info[2] = {sample_info(1), sample_info(1)};
    struct catalog_guid guid = sample_guid((uint8_t)(100 + roll(4)));

    info[0].family = info[1].family = 40;
    return catalog_install(cat, &guid, "c:\\base.dll", info, 1 + roll(2));
}

static int reorder(struct catalog *cat)
{
    uint32_t ids[256];

    for (uint32_t i = 0; i < cat->count; i++)
        ids[i] = cat->entry[i].info.id;
    for (uint32_t i = cat->count; i-- > 1;) {
        uint32_t j = roll(i + 1), id = ids[i];

        ids[i] = ids[j];
        ids[j] = id;
    }
    if (!roll(8))
        ids[0] = ids[cat->count - 1]; /* no permutation any more, unless there is one entry */
    return catalog_reorder(cat, ids, cat->count);
}

static int update(struct catalog *cat)
{
    struct catalog_entry e = cat->entry[roll(cat->count)];

    e.info.message_size = roll(1000);
    return catalog_update(cat, &e.info.provider, roll(8) ? e.path : "", &e.info, 1);
}

static void assert_valid(const struct catalog *cat)
{
    struct fault_list list = {0};
    char text[256] = "";

    catalog_verify(cat, RECORDS_64, &list);
    if (list.count)
        fault_text(&list.fault[0], text, sizeof text);
    ck_assert_msg(!list.count, "%s", text);
    fault_list_deinit(&list);
    for (uint32_t i = 0; i < cat->count; i++)
        ck_assert_uint_lt(cat->entry[i].info.id, cat->next_id);
}

static void assert_text_round_trip(const struct catalog *cat)
{
    struct pack p, back;
    const char *why = "";
    unsigned line;
    char *text;

    pack_init(&p);
    ck_assert_int_eq(pack_put(&p, RECORDS_64, cat), 0);
    ck_assert_int_eq(text_write(&p, &text), 0);
    ck_assert_msg(!text_read(text, strlen(text), &back, &line, &why), "line %u: %s", line, why);
    ck_assert(sample_equal(&back.cat[RECORDS_64], cat));
    free(text);
    pack_deinit(&p);
    pack_deinit(&back);
}

START_TEST(no_sequence_makes_an_invalid_catalog)
{
    int (*const steps[])(struct catalog *) = {install_layer, install_layer, install_layer, remove_layer,
                                              remove_layer,  install_base,  reorder,       update};
    unsigned done = 0;

    for (uint32_t seed = 1; seed <= SEQUENCES; seed++) {
        struct catalog cat, before;

        state = seed;
        catalog_init(&cat);
        ck_assert_int_eq(catalog_defaults(&cat, CATALOG_BASE_PATH), 0);
        for (int i = 0; i < STEPS; i++) {
            int err;

            ck_assert_int_eq(catalog_copy(&before, &cat), 0);
            err = steps[roll(sizeof steps / sizeof steps[0])](&cat);
            done += !err;
            if (err)
                ck_assert(sample_equal(&before, &cat));
            assert_valid(&cat);
            catalog_deinit(&before);
        }
        assert_text_round_trip(&cat);
        catalog_deinit(&cat);
    }
    ck_assert_uint_gt(done, SEQUENCES * STEPS / 4); /* not all of it was refused */
}
END_TEST

/* Any bytes for a catalog: repair ends, and leaves nothing to complain about. */
START_TEST(repair_copes_with_anything)
{
    for (uint32_t seed = 1; seed <= 300; seed++) {
        struct catalog cat;

        state = seed;
        catalog_init(&cat);
        ck_assert_int_eq(catalog_defaults(&cat, CATALOG_BASE_PATH), 0);
        for (int i = 0; i < 12; i++) {
            struct catalog_info info = sample_info((int32_t)roll(10) - 1);

            info.id = 1001 + roll(20);
            for (int c = 0; c < CATALOG_CHAIN_MAX; c++)
                info.chain[c] = 1001 + roll(20);
            sample_add(&cat, &info);
        }
        ck_assert_int_eq(catalog_repair(&cat, NULL), 0);
        assert_valid(&cat);
        catalog_deinit(&cat);
    }
}
END_TEST

static const struct {
    const char *why, *text;
    unsigned line;
} wrong[] = {
    {"nothing", "", 0},
    {"an entry before a catalog", "entry 1\n", 1},
    {"another width", "catalog 16\n", 1},
    {"a field before an entry", "catalog 64\nfamily 2\n", 2},
    {"an id that is none", "catalog 64\nentry x\n", 2},
    {"an id twice", "catalog 64\nentry 1\nchain base\npath x\nentry 1\n", 5},
    {"an unknown field", "catalog 64\nentry 1\nfrob 2\n", 3},
    {"too few numbers", "catalog 64\nentry 1\nprotocol 2\n", 3},
    {"too many numbers", "catalog 64\nentry 1\nfamily 2 3\n", 3},
    {"a number that is none", "catalog 64\nentry 1\nfamily two\n", 3},
    {"a chain too long", "catalog 64\nentry 1\nchain 1 2 3 4 5 6 7 8\n", 3},
    {"a chain of one", "catalog 64\nentry 1\nchain 1\n", 3},
    {"a GUID that is none", "catalog 64\nentry 1\nprovider {12}\n", 3},
    {"a name that is not UTF-8", "catalog 64\nentry 1\nname \xFF\n", 3},
    {"half an escape", "catalog 64\nentry 1\nname \\u12\n", 3},
    {"no path", "catalog 64\nentry 1\nchain base\n", 3},
};

START_TEST(wrong_text_is_refused_with_its_line)
{
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *why = NULL;
        unsigned line = 99;
        struct pack p;

        CASE_INT_EQ(text_read(wrong[i].text, strlen(wrong[i].text), &p, &line, &why), WSAEINVAL, wrong[i].why);
        CASE_INT_EQ(line, wrong[i].line, wrong[i].why);
        ck_assert_ptr_nonnull(why);
        pack_deinit(&p);
    }
}
END_TEST

UNIT_MAIN("catalog/property", no_sequence_makes_an_invalid_catalog, repair_copes_with_anything,
          wrong_text_is_refused_with_its_line)
