/* SPDX-License-Identifier: MIT */
/* What verify names, and that repair leaves nothing for it to name, on catalogs and on stored ones. */
#include "catalog/verify.h"

#include <stdio.h>

#include "base/wsaerr.h"
#include "catalog/backup.h"
#include "catalog/store.h"
#include "tests/unit/catalog/sample.h"
#include "tests/unit/fake/reg.h"
#include "tests/unit/unit.h"

#define PARAMETERS "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters"
#define CATALOG    PARAMETERS "\\Protocol_Catalog9"
#define ENTRIES    CATALOG "\\Catalog_Entries64"

/* Six base entries, layer 1007 and its chain 1008 over TCP/IPv4. */
static struct catalog sound(void)
{
    struct catalog cat;

    catalog_init(&cat);
    ck_assert_int_eq(catalog_defaults(&cat, CATALOG_BASE_PATH), 0);
    ck_assert_int_eq(sample_layer(&cat, 0, CATALOG_XP1_IFS, NULL), 0);
    return cat;
}

static struct catalog_info *info_of(struct catalog *cat, uint32_t id)
{
    return (struct catalog_info *)(uintptr_t)&catalog_find_id(cat, id)->info;
}

static void nothing(struct catalog *cat)
{
    (void)cat;
}

static void duplicate(struct catalog *cat)
{
    info_of(cat, 1006)->id = 1002;
}

static void missing(struct catalog *cat)
{
    info_of(cat, 1008)->chain[1] = 4711;
}

static void missing_layer(struct catalog *cat)
{
    info_of(cat, 1008)->chain[0] = 4711;
}

static void missing_in_the_middle(struct catalog *cat)
{
    struct catalog_info *chain = info_of(cat, 1008);

    chain->chain_len = 3;
    chain->chain[2] = chain->chain[1];
    chain->chain[1] = 4711;
}

static void base_in_the_middle(struct catalog *cat)
{
    struct catalog_info *chain = info_of(cat, 1008);

    chain->chain_len = 3;
    chain->chain[2] = 1002;
}

static void ends_in_a_layer(struct catalog *cat)
{
    info_of(cat, 1008)->chain[1] = 1007;
}

static void begins_with_a_base(struct catalog *cat)
{
    info_of(cat, 1008)->chain[0] = 1002;
}

static void too_long(struct catalog *cat)
{
    info_of(cat, 1008)->chain_len = 8;
}

static void negative(struct catalog *cat)
{
    info_of(cat, 1008)->chain_len = -5;
}

static void cycle(struct catalog *cat)
{
    struct catalog_info *chain = info_of(cat, 1008);

    chain->chain_len = 3;
    chain->chain[2] = chain->chain[1];
    chain->chain[1] = 1008;
}

static void twice(struct catalog *cat)
{
    struct catalog_info *chain = info_of(cat, 1008);

    chain->chain_len = 3;
    chain->chain[2] = chain->chain[1];
    chain->chain[1] = 1007;
}

static void no_path(struct catalog *cat)
{
    cat->entry[3].path[0] = 0;
}

static void endless_path(struct catalog *cat)
{
    memset(cat->entry[3].path, 'p', sizeof cat->entry[3].path);
}

static void unused(struct catalog *cat)
{
    memmove(&cat->entry[0], &cat->entry[1], --cat->count * sizeof cat->entry[0]); /* the chain stands first */
}

static void no_base_at_all(struct catalog *cat)
{
    cat->count = 0;
}

static const struct {
    const char *why;
    void (*damage)(struct catalog *cat);
    enum fault_kind want;
    uint32_t id;
    uint32_t left; /* entries after repair */
} rows[] = {
    {"a sound catalog", nothing, 0, 0, 8},
    {"an id twice", duplicate, FAULT_DUPLICATE_ID, 1002, 7},
    {"a base that is not there", missing, FAULT_MISSING, 1008, 6},
    {"a layer that is not there", missing_layer, FAULT_MISSING, 1008, 6},
    {"a middle that is not there: the rest works", missing_in_the_middle, FAULT_MISSING, 1008, 8},
    {"a base in the middle", base_in_the_middle, FAULT_NO_BASE, 1008, 6},
    {"a layer at the end", ends_in_a_layer, FAULT_NO_BASE, 1008, 6},
    {"a base at the beginning", begins_with_a_base, FAULT_NO_LAYER, 1008, 6},
    {"too long", too_long, FAULT_LENGTH, 1008, 6},
    {"shorter than nothing", negative, FAULT_LENGTH, 1008, 6},
    {"a circle", cycle, FAULT_CYCLE, 1008, 6},
    {"a layer twice in a chain", twice, FAULT_TWICE, 1008, 8},
    {"no path", no_path, FAULT_PATH, 1003, 7},
    {"a path without end", endless_path, FAULT_PATH, 1003, 7},
    {"a layer without a chain", unused, FAULT_UNUSED_LAYER, 1007, 6},
    {"no base at all", no_base_at_all, FAULT_NO_BASE_AT_ALL, 0, 6},
};

static bool has(const struct fault_list *list, enum fault_kind kind, uint32_t id)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->fault[i].kind == kind && list->fault[i].id == id)
            return true;
    return false;
}

START_TEST(each_fault_has_a_name_and_a_cure)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fault_list list = {0};
        struct catalog cat = sound();
        char text[256];

        rows[i].damage(&cat);
        catalog_verify(&cat, RECORDS_64, &list);
        if (!i)
            CASE_INT_EQ(list.count, 0, rows[i].why);
        else
            CASE_INT_EQ(has(&list, rows[i].want, rows[i].id), true, rows[i].why);
        for (uint32_t f = 0; f < list.count; f++) {
            fault_text(&list.fault[f], text, sizeof text);
            ck_assert(text[0] && !strchr(text, '%'));
        }
        fault_list_deinit(&list);

        CASE_INT_EQ(catalog_repair(&cat, NULL), 0, rows[i].why);
        CASE_INT_EQ(cat.count, rows[i].left, rows[i].why);
        catalog_verify(&cat, RECORDS_64, &list);
        CASE_INT_EQ(list.count, 0, rows[i].why);
        fault_list_deinit(&list);
        catalog_deinit(&cat);
    }
}
END_TEST

START_TEST(a_layer_of_one_width_is_noted)
{
    struct fault_list list = {0};
    struct catalog cat64 = sound(), cat32;

    catalog_init(&cat32);
    ck_assert_int_eq(catalog_defaults(&cat32, CATALOG_BASE_PATH), 0);
    catalog_verify_widths(&cat64, &cat32, &list);
    ck_assert_uint_eq(list.count, 1);
    ck_assert(has(&list, FAULT_ONLY_64, 1007) && fault_is_note(FAULT_ONLY_64));
    catalog_verify_widths(&cat32, &cat64, &list);
    ck_assert(has(&list, FAULT_ONLY_32, 1007));
    fault_list_deinit(&list);
    catalog_deinit(&cat64);
    catalog_deinit(&cat32);
}
END_TEST

/* ---- stored ---- */

static const char record2[] = ENTRIES "\\000000000002";

static void short_record(void)
{
    reg_fake_put(record2, "PackedCatalogItem", REG_TYPE_BINARY, "1234", 4);
}

static void string_record(void)
{
    struct catalog_entry e;

    memset(&e, 0, sizeof e);
    reg_fake_put(record2, "PackedCatalogItem", REG_TYPE_STRING, &e, sizeof e);
}

static void empty_record(void)
{
    reg_fake_remove(record2, "PackedCatalogItem");
}

static void endless_record(void)
{
    struct catalog_entry e;

    memset(&e, 'p', sizeof e);
    reg_fake_put(record2, "PackedCatalogItem", REG_TYPE_BINARY, &e, sizeof e);
}

static void same_id(void)
{
    struct catalog_entry e;

    ck_assert_uint_eq(reg_fake_fetch(ENTRIES "\\000000000001", "PackedCatalogItem", &e, sizeof e), sizeof e);
    reg_fake_put(record2, "PackedCatalogItem", REG_TYPE_BINARY, &e, sizeof e);
}

static void gap(void)
{
    reg_fake_remove(record2, NULL);
}

static void foreign_key(void)
{
    reg_fake_put(ENTRIES "\\notes", "x", REG_TYPE_DWORD, "0123", 4);
}

static void counter(void)
{
    reg_fake_put(CATALOG, "Num_Catalog_Entries64", REG_TYPE_DWORD, "\7\0\0\0", 4);
}

static void next_id(void)
{
    reg_fake_put(CATALOG, "Next_Catalog_Entry_ID", REG_TYPE_DWORD, "\1\0\0\0", 4);
}

static const struct {
    const char *why;
    void (*damage)(void);
    enum fault_kind want;
} stored[] = {
    {"a short record", short_record, FAULT_RECORD_SIZE},  {"a string", string_record, FAULT_RECORD_TYPE},
    {"no value", empty_record, FAULT_RECORD_EMPTY},       {"texts without end", endless_record, FAULT_RECORD_TEXT},
    {"an id twice", same_id, FAULT_RECORD_ID},            {"a gap", gap, FAULT_GAP},
    {"a foreign key", foreign_key, FAULT_FOREIGN_KEY},    {"a wrong counter", counter, FAULT_COUNTER},
    {"a wrong next id", next_id, FAULT_NEXT_ID},          {"what nobody counted", gap, FAULT_UNCOUNTED},
};

static uint32_t faults(enum fault_kind kind, bool *found)
{
    struct fault_list list = {0};
    uint32_t count = 0;

    ck_assert_int_eq(store_verify(&list), 0);
    ck_assert_int_eq(reg_fake_open_keys(), 0);
    ck_assert_int_eq(reg_fake_lock_depth(), 0);
    *found = false;
    for (uint32_t i = 0; i < list.count; i++) {
        *found = *found || list.fault[i].kind == kind;
        count += !fault_is_note(list.fault[i].kind);
    }
    fault_list_deinit(&list);
    return count;
}

/* Repair brings all six entries back: programs used them all the time. */
START_TEST(stored_damage_is_named_and_mended)
{
    for (size_t i = 0; i < sizeof stored / sizeof stored[0]; i++) {
        struct catalog cat;
        bool found;

        reg_fake_reset();
        ck_assert_int_eq(store_create(), 0);
        CASE_INT_EQ(faults(0, &found), 0, stored[i].why);
        stored[i].damage();
        CASE_INT_EQ(faults(stored[i].want, &found) > 0, true, stored[i].why);
        CASE_INT_EQ(found, true, stored[i].why);
        CASE_INT_EQ(store_repair("test", catalog_repair, NULL), 0, stored[i].why);
        CASE_INT_EQ(faults(0, &found), 0, stored[i].why);
        ck_assert_int_eq(store_read_records(STORE_NATIVE, &cat), 0);
        CASE_INT_EQ(cat.count, 6, stored[i].why);
        catalog_deinit(&cat);
    }
}
END_TEST

/* Damage of that size costs time, and nothing else. */
START_TEST(ten_thousand_entries)
{
    struct catalog_entry e;
    struct catalog cat;
    char path[256];
    bool found;

    reg_fake_reset();
    ck_assert_int_eq(store_create(), 0);
    reg_fake_fetch(ENTRIES "\\000000000001", "PackedCatalogItem", &e, sizeof e);
    for (uint32_t i = 7; i <= 10000; i++) {
        e.info.id = 5000 + i;
        snprintf(path, sizeof path, ENTRIES "\\%012u", i);
        reg_fake_put(path, "PackedCatalogItem", REG_TYPE_BINARY, &e, sizeof e);
    }
    ck_assert_uint_ge(faults(FAULT_COUNTER, &found), 1);
    ck_assert(found);
    ck_assert_int_eq(store_read(STORE_NATIVE, &cat), 0);
    ck_assert_uint_eq(cat.count, 6); /* nobody counted them */
    catalog_deinit(&cat);
    reg_fake_put(CATALOG, "Num_Catalog_Entries64", REG_TYPE_DWORD, "\x10\x27\0\0", 4);
    ck_assert_int_eq(store_read(STORE_NATIVE, &cat), 0);
    ck_assert_uint_eq(cat.count, 10000);
    catalog_deinit(&cat);
}
END_TEST

static int add(struct catalog *cat, void *arg)
{
    struct catalog_info info = sample_info(1);
    struct catalog_guid guid = sample_guid(*(uint8_t *)arg);

    return catalog_install(cat, &guid, "c:\\x.dll", &info, 1);
}

START_TEST(the_last_twenty_changes_can_be_taken_back)
{
    struct backup b;
    uint32_t last;

    reg_fake_reset();
    ck_assert_int_eq(store_create(), 0);
    for (uint8_t n = 1; n <= 30; n++)
        ck_assert_int_eq(store_edit(STORE_NATIVE, "adding", add, &n), 0);
    ck_assert_int_eq(backup_last(&last), 0);
    ck_assert_uint_eq(last, 31); /* that of store_create() is the first */
    for (uint32_t n = 1; n <= last; n++) {
        ck_assert_int_eq(backup_read(n, &b), n > last - BACKUPS_KEPT ? 0 : WSANO_DATA);
        if (n > last - BACKUPS_KEPT) {
            ck_assert_str_eq(b.why, "test: adding");
            ck_assert_uint_eq(b.held.cat[RECORDS_64].count, 6 + n - 2);
            ck_assert_uint_eq(b.held.cat[RECORDS_32].count, 6);
        }
        backup_deinit(&b);
    }
    ck_assert_int_eq(store_backup("by hand", &last), 0);
    ck_assert_uint_eq(last, 32);
    ck_assert_int_eq(backup_read(32, &b), 0);
    ck_assert_uint_eq(b.held.cat[RECORDS_64].count, 36);
    backup_deinit(&b);
}
END_TEST

UNIT_MAIN("catalog/verify", each_fault_has_a_name_and_a_cure, a_layer_of_one_width_is_noted,
          stored_damage_is_named_and_mended, ten_thousand_entries, the_last_twenty_changes_can_be_taken_back)
