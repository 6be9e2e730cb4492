/* SPDX-License-Identifier: MIT */
/* LSP categories: who is let in, and the stored words. */
#include "catalog/category.h"

#include <string.h>

#include "base/wsaerr.h"
#include "tests/unit/catalog/sample.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/fake/reg.h"
#include "tests/unit/unit.h"

enum {
    SYS = (int)CATEGORY_SYSTEM,
    INSPECTOR = 1,
    FIREWALL = 8,
    CRYPTO = 0x40,
};

static const struct {
    const char *why;
    uint32_t app, layer;
    bool want;
} rows[] = {
    {"the documented example: a system layer", SYS | FIREWALL | CRYPTO, SYS, true},
    {"... one without category", SYS | FIREWALL | CRYPTO, 0, false},
    {"... a firewall that is not system", SYS | FIREWALL | CRYPTO, FIREWALL, false},
    {"... one that does more than is admitted", SYS | FIREWALL | CRYPTO, SYS | FIREWALL | CRYPTO | INSPECTOR, false},
    {"... all that is admitted", SYS | FIREWALL | CRYPTO, SYS | FIREWALL | CRYPTO, true},
    {"the second program: a firewall", FIREWALL | CRYPTO, FIREWALL, true},
    {"... a system layer", FIREWALL | CRYPTO, SYS, false},
    {"... a system firewall", FIREWALL | CRYPTO, SYS | FIREWALL, false},
    {"... none", FIREWALL | CRYPTO, 0, false},
    {"a program that admits nothing", 0, FIREWALL, false},
    {"... nothing at all", 0, 0, false},
};

START_TEST(who_is_let_in)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CASE_INT_EQ(category_permits(rows[i].app, rows[i].layer), rows[i].want, rows[i].why);
}
END_TEST

START_TEST(words_of_layers)
{
    struct catalog_guid a = sample_guid(1), b = sample_guid(2);
    uint32_t word = 0;

    reg_fake_reset();
    ck_assert_int_eq(category_get(STORE_NATIVE, &a, &word), WSANO_DATA);
    ck_assert_int_eq(category_set(STORE_NATIVE, &a, FIREWALL), 0);
    ck_assert_int_eq(category_set(STORE_32, &a, CRYPTO), 0);
    ck_assert_int_eq(category_get(STORE_NATIVE, &a, &word), 0);
    ck_assert_uint_eq(word, FIREWALL);
    ck_assert_int_eq(category_get(STORE_32, &a, &word), 0);
    ck_assert_uint_eq(word, CRYPTO);
    ck_assert_int_eq(category_get(STORE_NATIVE, &b, &word), WSANO_DATA);
    category_forget(STORE_NATIVE, &a);
    ck_assert_int_eq(category_get(STORE_NATIVE, &a, &word), WSANO_DATA);
    ck_assert_int_eq(category_get(STORE_32, &a, &word), 0);
    ck_assert_int_eq(reg_fake_open_keys(), 0);
}
END_TEST

static struct app_id app(const catalog_char *path, const catalog_char *args)
{
    struct app_id id = {path, args, 0, 0};

    while (path[id.path_chars])
        id.path_chars++;
    while (args[id.args_chars])
        id.args_chars++;
    return id;
}

START_TEST(words_of_programs)
{
    struct app_id plain = app(u"C:\\a.exe", u""), dash_x = app(u"c:\\A.EXE", u"-x"),
                  dash_y = app(u"C:\\a.exe", u"-y"), other = app(u"C:\\b.exe", u"-x");
    uint32_t word = 77;

    reg_fake_reset();
    ck_assert_int_eq(app_category_get(&plain, &word), WSANO_DATA);
    ck_assert_int_eq(app_category_add(&plain, FIREWALL, &word), 0);
    ck_assert_uint_eq(word, 0);
    ck_assert_int_eq(app_category_add(&dash_x, CRYPTO, &word), 0);
    ck_assert_int_eq(app_category_add(&dash_x, INSPECTOR, &word), 0); /* added to what there is */
    ck_assert_uint_eq(word, CRYPTO);
    ck_assert_int_eq(app_category_get(&dash_x, &word), 0);
    ck_assert_uint_eq(word, CRYPTO | INSPECTOR);
    ck_assert_int_eq(app_category_get(&dash_y, &word), WSANO_DATA);
    ck_assert_int_eq(app_category_find(&dash_y, &word), 0); /* any arguments */
    ck_assert_uint_eq(word, FIREWALL);
    ck_assert_int_eq(app_category_find(&dash_x, &word), 0); /* its own go first */
    ck_assert_uint_eq(word, CRYPTO | INSPECTOR);
    ck_assert_int_eq(app_category_find(&other, &word), WSANO_DATA);
    ck_assert_int_eq(reg_fake_open_keys(), 0);
    ck_assert_int_eq(reg_fake_lock_depth(), 0);
}
END_TEST

START_TEST(adding_survives_any_failure)
{
    struct app_id a = app(u"C:\\a.exe", u"-x");

    for (unsigned n = 1;; n++) {
        uint32_t word = 0;
        bool fired;
        int err;

        reg_fake_reset();
        ck_assert_int_eq(app_category_add(&a, CRYPTO, &word), 0);
        fault_at(n);
        err = app_category_add(&a, FIREWALL, &word);
        fired = fault_end();
        ck_assert_int_eq(reg_fake_open_keys(), 0);
        ck_assert_int_eq(reg_fake_lock_depth(), 0);
        ck_assert_int_eq(app_category_get(&a, &word), 0);
        ck_assert_uint_eq(word, err ? CRYPTO : CRYPTO | FIREWALL);
        if (!fired)
            break;
    }
}
END_TEST

/* B over A over TCP: the program admits B's kind only, so only TCP without layers is left. */
START_TEST(chains_are_filtered_by_every_layer_in_them)
{
    struct catalog_guid a = sample_guid(0), b = sample_guid(1);
    struct catalog cat;
    uint32_t count;

    reg_fake_reset();
    catalog_init(&cat);
    ck_assert_int_eq(catalog_defaults(&cat, "x.dll"), 0);
    ck_assert_int_eq(sample_layer(&cat, 0, CATALOG_XP1_IFS, NULL), 0);
    ck_assert_int_eq(sample_layer(&cat, 1, CATALOG_XP1_IFS, NULL), 0);
    count = cat.count;
    ck_assert_int_eq(category_set(STORE_NATIVE, &a, CRYPTO), 0);
    ck_assert_int_eq(category_set(STORE_NATIVE, &b, FIREWALL), 0);
    ck_assert_int_eq(category_filter(STORE_NATIVE, &cat, FIREWALL | CRYPTO), 0);
    ck_assert_uint_eq(cat.count, count);
    ck_assert_int_eq(category_filter(STORE_NATIVE, &cat, CRYPTO), 0);
    ck_assert_uint_eq(cat.count, count - 1); /* A alone stays */
    ck_assert_int_eq(category_filter(STORE_NATIVE, &cat, FIREWALL), 0);
    ck_assert_uint_eq(cat.count, count - 2);
    for (uint32_t i = 0; i < cat.count; i++)
        ck_assert_int_le(cat.entry[i].info.chain_len, 1);
    catalog_deinit(&cat);
}
END_TEST

UNIT_MAIN("catalog/category", who_is_let_in, words_of_layers, words_of_programs, adding_survives_any_failure,
          chains_are_filtered_by_every_layer_in_them)
