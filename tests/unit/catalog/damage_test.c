/* SPDX-License-Identifier: MIT */
/*
 * A damaged catalog, as other software leaves it (spi.md 2.6 and 13.2): what is readable is used,
 * in order.
 */
#include "catalog/store.h"

#include <stdio.h>

#include "base/wsaerr.h"
#include "catalog/backup.h"
#include "catalog/verify.h"
#include "tests/unit/catalog/sample.h"
#include "tests/unit/fake/reg.h"
#include "tests/unit/unit.h"

#define PARAMETERS "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters"
#define CATALOG    PARAMETERS "\\Protocol_Catalog9"
#define ENTRIES    CATALOG "\\Catalog_Entries64"

static void put_record(const char *number, const struct catalog_entry *e, size_t bytes)
{
    char path[256];

    snprintf(path, sizeof path, ENTRIES "\\%s", number);
    reg_fake_put(path, "PackedCatalogItem", REG_TYPE_BINARY, e, bytes);
}

static struct catalog_entry fetch_record(unsigned number)
{
    struct catalog_entry e;
    char path[256];

    snprintf(path, sizeof path, ENTRIES "\\%012u", number);
    ck_assert_uint_eq(reg_fake_fetch(path, "PackedCatalogItem", &e, sizeof e), sizeof e);
    return e;
}

static void remove_record(unsigned number)
{
    char path[256];

    snprintf(path, sizeof path, ENTRIES "\\%012u", number);
    reg_fake_remove(path, NULL);
}

static void set_counter(uint32_t value)
{
    reg_fake_put(CATALOG, "Num_Catalog_Entries64", REG_TYPE_DWORD, &value, 4);
}

static void nothing(void)
{
}

static void gap(void)
{
    remove_record(3);
}

static void gap_at_the_start(void)
{
    remove_record(1);
    remove_record(2);
}

static void counter_too_big(void)
{
    set_counter(100);
}

static void counter_too_small(void)
{
    set_counter(2);
}

static void counter_missing(void)
{
    reg_fake_remove(CATALOG, "Num_Catalog_Entries64");
}

static void short_record(void)
{
    struct catalog_entry e = fetch_record(2);

    put_record("000000000002", &e, 887);
}

static void long_record(void)
{
    struct catalog_entry e[2];

    memset(e, 0, sizeof e);
    e[0] = fetch_record(2);
    put_record("000000000002", e, 889);
}

static void empty_record(void)
{
    struct catalog_entry e = fetch_record(2);

    put_record("000000000002", &e, 0);
}

static void record_without_value(void)
{
    reg_fake_remove(ENTRIES "\\000000000002", "PackedCatalogItem");
}

static void record_of_another_type(void)
{
    struct catalog_entry e = fetch_record(2);

    reg_fake_put(ENTRIES "\\000000000002", "PackedCatalogItem", REG_TYPE_STRING, &e, sizeof e);
}

static void endless_path(void)
{
    struct catalog_entry e = fetch_record(2);

    memset(e.path, 'p', sizeof e.path);
    put_record("000000000002", &e, sizeof e);
}

static void duplicate_id(void)
{
    struct catalog_entry e = fetch_record(2);

    e.info.id = 1001;
    e.info.type = 77;
    put_record("000000000002", &e, sizeof e);
}

static void foreign_keys(void)
{
    reg_fake_put(ENTRIES "\\notes", "x", REG_TYPE_DWORD, "0123", 4);
    reg_fake_put(ENTRIES "\\00000000000A", "x", REG_TYPE_DWORD, "0123", 4);
}

static void far_number(void)
{
    struct catalog_entry e = fetch_record(2);

    remove_record(2);
    put_record("999999999999", &e, sizeof e);
}

static void endless_name(void)
{
    struct catalog_entry e = fetch_record(2);

    memset(e.info.name, 'n', sizeof e.info.name);
    put_record("000000000002", &e, sizeof e);
}

static void all_unreadable(void)
{
    struct catalog_entry e = fetch_record(2);
    char number[16];

    for (int i = 1; i <= 6; i++) {
        snprintf(number, sizeof number, "%012d", i);
        put_record(number, &e, 5);
    }
}

static void no_entries_key(void)
{
    reg_fake_remove(ENTRIES, NULL);
}

static void wild_journal(void)
{
    uint8_t bytes[5000];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37);
    memcpy(bytes, "WS2K", 4);
    reg_fake_put(PARAMETERS, "ws2kit_Journal", REG_TYPE_BINARY, bytes, sizeof bytes);
}

static void short_journal(void)
{
    reg_fake_put(PARAMETERS, "ws2kit_Journal", REG_TYPE_BINARY, "WS2K", 4);
}

static void catalog_name_missing(void)
{
    reg_fake_remove(PARAMETERS, "Current_Protocol_Catalog");
}

static void catalog_name_wild(void)
{
    reg_fake_put(PARAMETERS, "Current_Protocol_Catalog", REG_TYPE_STRING, u"..\\..\\x", 16);
}

static void catalog_name_endless(void)
{
    uint16_t text[400];

    for (int i = 0; i < 400; i++)
        text[i] = 'n';
    reg_fake_put(PARAMETERS, "Current_Protocol_Catalog", REG_TYPE_STRING, text, sizeof text);
}

static const struct {
    const char *why;
    void (*damage)(void);
    uint32_t count, ids[6];
} cases[] = {
    {"no damage", nothing, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"2.2 a gap", gap, 5, {1001, 1002, 1004, 1005, 1006}},
    {"2.2 the first two gone", gap_at_the_start, 4, {1003, 1004, 1005, 1006}},
    {"2.3 counter too big", counter_too_big, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"2.3 counter too small", counter_too_small, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"2.3 counter missing", counter_missing, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"2.4 887 bytes", short_record, 5, {1001, 1003, 1004, 1005, 1006}},
    {"2.4 889 bytes", long_record, 5, {1001, 1003, 1004, 1005, 1006}},
    {"2.4 no bytes", empty_record, 5, {1001, 1003, 1004, 1005, 1006}},
    {"2.4 no value", record_without_value, 5, {1001, 1003, 1004, 1005, 1006}},
    {"2.4 a string", record_of_another_type, 5, {1001, 1003, 1004, 1005, 1006}},
    {"2.5 a path without end", endless_path, 5, {1001, 1003, 1004, 1005, 1006}},
    {"2.6 an id twice", duplicate_id, 5, {1001, 1003, 1004, 1005, 1006}},
    {"keys that are no records", foreign_keys, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"a number far away", far_number, 6, {1001, 1003, 1004, 1005, 1006, 1002}},
    {"a name without end is cut", endless_name, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"nothing readable: the built-in catalog", all_unreadable, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"2.8 no entries at all", no_entries_key, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"a wild journal", wild_journal, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"a short journal", short_journal, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"no catalog name", catalog_name_missing, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"a catalog name that leads elsewhere", catalog_name_wild, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
    {"a catalog name without end", catalog_name_endless, 6, {1001, 1002, 1003, 1004, 1005, 1006}},
};

static int add(struct catalog *cat, void *arg)
{
    struct catalog_info info = sample_info(1);
    struct catalog_guid guid = sample_guid(1);

    (void)arg;
    return catalog_install(cat, &guid, "c:\\x.dll", &info, 1);
}

static struct catalog read_catalog(void)
{
    struct catalog cat;

    ck_assert_int_eq(store_read_records(STORE_NATIVE, &cat), 0);
    return cat;
}

START_TEST(what_is_readable_is_used)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct catalog cat;

        reg_fake_reset();
        ck_assert_int_eq(store_create(), 0);
        cases[i].damage();
        cat = read_catalog();
        CASE_INT_EQ(cat.count, cases[i].count, cases[i].why);
        for (uint32_t j = 0; j < cat.count; j++) {
            CASE_INT_EQ(cat.entry[j].info.id, cases[i].ids[j], cases[i].why);
            CASE_INT_EQ(cat.entry[j].info.type != 77, 1, cases[i].why);
            CASE_INT_EQ(name_chars(cat.entry[j].info.name) < CATALOG_NAME_CHARS, 1, cases[i].why);
        }
        catalog_deinit(&cat);
    }
}
END_TEST

/*
 * The next edit numbers and counts anew what programs use: all six, or what is readable if whoever did
 * the damage counted it.
 */
START_TEST(an_edit_mends_the_numbering)
{
    for (size_t i = 0; i < 2 * sizeof cases / sizeof cases[0]; i++) {
        const typeof(cases[0]) *c = &cases[i / 2];
        uint32_t counter = 4242, count = (i % 2 ? c->count : 6) + 1;
        struct catalog cat;
        char path[256];

        reg_fake_reset();
        ck_assert_int_eq(store_create(), 0);
        c->damage();
        if (i % 2)
            reg_fake_put(CATALOG, "Serial_Access_Num", REG_TYPE_DWORD, &counter, sizeof counter);
        CASE_INT_EQ(store_edit(STORE_NATIVE, "test", add, NULL), 0, c->why);
        cat = read_catalog();
        CASE_INT_EQ(cat.count, count, c->why);
        reg_fake_fetch(CATALOG, "Num_Catalog_Entries64", &counter, sizeof counter);
        CASE_INT_EQ(counter, count, c->why);
        for (uint32_t j = 0; j < count; j++) {
            struct catalog_entry e = fetch_record(j + 1);

            CASE_INT_EQ(memcmp(&e, &cat.entry[j], sizeof e), 0, c->why);
        }
        snprintf(path, sizeof path, ENTRIES "\\%012u", count + 1);
        CASE_INT_EQ(reg_fake_has(path, NULL), 0, c->why);
        CASE_INT_EQ(reg_fake_has(ENTRIES "\\notes", NULL), 0, c->why);
        catalog_deinit(&cat);
    }
}
END_TEST

START_TEST(an_id_is_never_given_twice)
{
    static const uint32_t counters[] = {0, 1, 1006, 0xFFFFFFFF};

    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) { /* 2.7 */
        struct catalog cat;

        reg_fake_reset();
        ck_assert_int_eq(store_create(), 0);
        reg_fake_put(CATALOG, "Next_Catalog_Entry_ID", REG_TYPE_DWORD, &counters[i], 4);
        ck_assert_int_eq(store_edit(STORE_NATIVE, "test", add, NULL), 0);
        cat = read_catalog();
        ck_assert_uint_eq(cat.count, 7);
        ck_assert_uint_ge(cat.entry[6].info.id, 1007);
        catalog_deinit(&cat);
    }
}
END_TEST

static uint32_t message_size_seen(int (*read)(enum store_width, struct catalog *))
{
    struct catalog cat;
    uint32_t size;

    ck_assert_int_eq(read(STORE_NATIVE, &cat), 0);
    size = cat.entry[1].info.message_size;
    catalog_deinit(&cat);
    return size;
}

/* What another program writes into Windows' keys is seen if it counts it, as Windows' schema asks. */
START_TEST(foreign_edits_count)
{
    static const char *const counters[] = {"Serial_Access_Num", "Num_Catalog_Entries64",
                                           "Next_Catalog_Entry_ID"};
    struct catalog_entry e;
    struct catalog cat;

    for (uint32_t i = 0; i < 3; i++) {
        uint32_t counter = 4242;

        reg_fake_reset();
        ck_assert_int_eq(store_create(), 0);
        e = fetch_record(2);
        e.info.message_size = 4711;
        put_record("000000000002", &e, sizeof e);
        ck_assert_uint_eq(message_size_seen(store_read_records), 4711);
        ck_assert_uint_ne(message_size_seen(store_read), 4711); /* uncounted: damage */
        reg_fake_put(CATALOG, counters[i], REG_TYPE_DWORD, &counter, 4);
        ck_assert_uint_eq(message_size_seen(store_read), 4711);
    }

    reg_fake_remove(PARAMETERS, NULL); /* a tool that resets everything */
    cat = read_catalog();
    ck_assert_uint_eq(cat.count, 6);
    catalog_deinit(&cat);

    ck_assert_int_eq(store_create(), 0);
    ck_assert_int_eq(store_edit(STORE_NATIVE, "test", add, NULL), 0);
    reg_fake_remove(CATALOG, NULL); /* one that removes the catalog only */
    ck_assert_int_eq(store_read(STORE_NATIVE, &cat), 0);
    ck_assert_uint_eq(cat.count, 6);
    catalog_deinit(&cat);
}
END_TEST

/*
 * Records that were changed without a counter are not what programs use, and an edit does not make
 * them so; what was in them can be had back from the history.
 */
START_TEST(an_edit_puts_uncounted_records_aside)
{
    struct catalog_entry e;
    struct backup b;
    uint32_t last, usual;

    reg_fake_reset();
    ck_assert_int_eq(store_create(), 0);
    ck_assert_int_eq(backup_last(&last), 0);
    e = fetch_record(2);
    usual = e.info.message_size;
    e.info.message_size = 4711;
    put_record("000000000002", &e, sizeof e);
    ck_assert_int_eq(store_edit(STORE_32, "test", add, NULL), 0); /* not about them: they lie where they lie */
    ck_assert_uint_eq(message_size_seen(store_read_records), 4711);
    ck_assert_uint_eq(message_size_seen(store_read), usual);

    ck_assert_int_eq(store_edit(STORE_NATIVE, "test", add, NULL), 0);
    ck_assert_uint_eq(message_size_seen(store_read), usual);
    ck_assert_uint_eq(message_size_seen(store_read_records), usual);
    ck_assert_int_eq(backup_read(last + 2, &b), 0);
    ck_assert_ptr_nonnull(strstr(b.why, backup_uncounted));
    ck_assert(b.held.held[RECORDS_64] && !b.held.held[RECORDS_32]);
    ck_assert_uint_eq(b.held.cat[RECORDS_64].entry[1].info.message_size, 4711);
    backup_deinit(&b);
    ck_assert_int_eq(backup_read(last + 3, &b), 0); /* and what was in force before the edit */
    ck_assert_str_eq(b.why, "test: test");
    ck_assert_uint_eq(b.held.cat[RECORDS_64].entry[1].info.message_size, usual);
    backup_deinit(&b);

    put_record("000000000002", &e, sizeof e); /* repair takes the same way */
    ck_assert_int_eq(store_repair("test", catalog_repair, NULL), 0);
    ck_assert_uint_eq(message_size_seen(store_read_records), usual);
    ck_assert_int_eq(backup_read(last + 4, &b), 0);
    ck_assert_ptr_nonnull(strstr(b.why, backup_uncounted));
    backup_deinit(&b);
}
END_TEST

/* A sibling that appears moves the place of the catalog's key: slower, and right. */
START_TEST(a_stamp_that_is_off)
{
    struct catalog cat;
    bool no_apps = false;
    unsigned before;

    reg_fake_reset();
    ck_assert_int_eq(store_create(), 0);
    ck_assert_int_eq(store_read_apps(STORE_NATIVE, &cat, &no_apps), 0);
    ck_assert(no_apps);
    catalog_deinit(&cat);
    reg_fake_put(PARAMETERS "\\AppId_Catalog\\00000001", "x", REG_TYPE_DWORD, "0123", 4);
    ck_assert_int_eq(store_read_apps(STORE_NATIVE, &cat, &no_apps), 0);
    ck_assert(!no_apps);
    ck_assert_uint_eq(cat.count, 6);
    catalog_deinit(&cat);
    ck_assert_int_eq(store_create(), 0); /* sets it right */
    before = reg_fake_calls();
    ck_assert_int_eq(store_read_apps(STORE_NATIVE, &cat, &no_apps), 0);
    ck_assert_uint_eq(reg_fake_calls() - before, 3);
    ck_assert(!no_apps);
    catalog_deinit(&cat);
}
END_TEST

/*
 * Any single byte of a committed journal changed: the catalog is the old one or the new one, never
 * anything else.
 */
START_TEST(a_flipped_bit_in_a_journal_is_noticed)
{
    static uint8_t bytes[16384];
    size_t count;

    reg_fake_reset();
    ck_assert_int_eq(store_create(), 0);
    reg_fake_crash_at(8); /* of an edit: after the commit, among the records */
    (void)store_edit(STORE_NATIVE, "test", add, NULL);
    ck_assert(reg_fake_restart());
    count = reg_fake_fetch(PARAMETERS, "ws2kit_Journal", bytes, sizeof bytes);
    ck_assert_uint_eq(count, 16 + 64 + (7 + 6) * 888);
    for (size_t i = 0; i < count; i += i < 64 ? 1 : 31) {
        struct catalog cat;

        bytes[i] ^= 0x10;
        reg_fake_put(PARAMETERS, "ws2kit_Journal", REG_TYPE_BINARY, bytes, count);
        cat = read_catalog();
        ck_assert_uint_eq(cat.count, 6);
        catalog_deinit(&cat);
        bytes[i] ^= 0x10;
    }
    reg_fake_put(PARAMETERS, "ws2kit_Journal", REG_TYPE_BINARY, bytes, count - 1);
    {
        struct catalog cat = read_catalog();

        ck_assert_uint_eq(cat.count, 6);
        catalog_deinit(&cat);
    }
}
END_TEST

UNIT_MAIN("catalog/damage", what_is_readable_is_used, an_edit_mends_the_numbering,
          an_id_is_never_given_twice, foreign_edits_count, an_edit_puts_uncounted_records_aside, a_stamp_that_is_off, a_flipped_bit_in_a_journal_is_noticed)
