/* SPDX-License-Identifier: MIT */
/*
 * The stored catalog, over a registry in memory that fails or stops at every call in turn, and
 * with another process between any two calls. What must hold each time: a reader finds the old
 * catalog or the new one, nothing is left locked or open, and the next edit works.
 */
#include "catalog/store.h"

#include <stdio.h>

#include "base/wsaerr.h"
#include "tests/unit/catalog/sample.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/fake/reg.h"
#include "tests/unit/unit.h"

#define PARAMETERS "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters"
#define CATALOG    PARAMETERS "\\Protocol_Catalog9"

static int add(struct catalog *cat, void *arg)
{
    struct catalog_info info = sample_info(1);
    struct catalog_guid guid = sample_guid(*(uint8_t *)arg);

    return catalog_install(cat, &guid, "c:\\x.dll", &info, 1);
}

static int shrink(struct catalog *cat, void *arg)
{
    struct catalog_guid ip4 = {{0xA0, 0x1A, 0x0F, 0xE7, 0x8B, 0xAB, 0xCF, 0x11, 0x8C, 0xA3, 0x00, 0x80,
                                0x5F, 0x48, 0xA1, 0x92}};

    (void)arg;
    return catalog_deinstall(cat, &ip4);
}

static int refuse(struct catalog *cat, void *arg)
{
    (void)arg;
    cat->count = 0;
    return WSAEINVAL;
}

static struct catalog read_width(enum store_width width)
{
    struct catalog cat;

    ck_assert_int_eq(store_read(width, &cat), 0);
    ck_assert_int_eq(reg_fake_open_keys(), 0);
    ck_assert_int_eq(reg_fake_lock_depth(), 0);
    return cat;
}

static uint32_t count_of(enum store_width width)
{
    struct catalog cat = read_width(width);
    uint32_t count = cat.count;

    catalog_deinit(&cat);
    return count;
}

static uint32_t dword(const char *name)
{
    uint32_t value = 0;

    ck_assert_uint_eq(reg_fake_fetch(CATALOG, name, &value, sizeof value), sizeof value);
    return value;
}

/* Do Windows' keys alone, as another program would read them, hold `cat`? */
static bool keys_hold(const struct catalog *cat, const char *entries, const char *counter)
{
    char path[256];
    struct catalog_entry e;

    if (dword(counter) != cat->count)
        return false;
    for (uint32_t i = 0; i < cat->count; i++) {
        snprintf(path, sizeof path, CATALOG "\\%s\\%012u", entries, i + 1);
        if (reg_fake_fetch(path, "PackedCatalogItem", &e, sizeof e) != sizeof e ||
            memcmp(&e, &cat->entry[i], sizeof e) != 0)
            return false;
    }
    snprintf(path, sizeof path, CATALOG "\\%s\\%012u", entries, cat->count + 1);
    return !reg_fake_has(path, NULL);
}

static void assert_keys(enum store_width width)
{
    struct catalog cat = read_width(width);

    ck_assert(width == STORE_NATIVE ? keys_hold(&cat, "Catalog_Entries64", "Num_Catalog_Entries64")
                                    : keys_hold(&cat, "Catalog_Entries", "Num_Catalog_Entries"));
    catalog_deinit(&cat);
}

/* As Wine makes a prefix: the key is there, and empty. */
static void fresh_prefix(void)
{
    reg_fake_reset();
    reg_fake_put(CATALOG "\\Catalog_Entries", "x", REG_TYPE_DWORD, "0123", 4);
    reg_fake_remove(CATALOG "\\Catalog_Entries", "x");
}

static void created(void)
{
    fresh_prefix();
    ck_assert_int_eq(store_create(), 0);
}

START_TEST(a_prefix_without_a_catalog_has_the_built_in_one)
{
    reg_fake_reset();
    ck_assert_uint_eq(count_of(STORE_NATIVE), 6);
    ck_assert(!reg_fake_has("SYSTEM", NULL)); /* and reading writes nothing */
    fresh_prefix();
    ck_assert_uint_eq(count_of(STORE_NATIVE), 6);
    ck_assert_uint_eq(count_of(STORE_32), 6);
}
END_TEST

START_TEST(create_writes_windows_schema)
{
    struct catalog_entry e;
    uint16_t text[64];

    created();
    assert_keys(STORE_NATIVE);
    assert_keys(STORE_32);
    ck_assert_uint_eq(dword("Next_Catalog_Entry_ID"), 1007);
    ck_assert_uint_eq(dword("Serial_Access_Num"), 1);
    ck_assert_uint_eq(reg_fake_fetch(PARAMETERS, "WinSock_Registry_Version", text, sizeof text), 8);
    ck_assert_int_eq(memcmp(text, u"2.0", 8), 0);
    ck_assert_uint_eq(reg_fake_fetch(PARAMETERS, "Current_Protocol_Catalog", text, sizeof text), 36);
    ck_assert_int_eq(memcmp(text, u"Protocol_Catalog9", 36), 0);
    ck_assert_uint_eq(
        reg_fake_fetch(CATALOG "\\Catalog_Entries64\\000000000001", "PackedCatalogItem", &e, sizeof e), 888);
    ck_assert_str_eq(e.path, "%SystemRoot%\\system32\\ws2tcpip.dll");
    ck_assert_uint_eq(reg_fake_fetch(CATALOG "\\Catalog_Entries\\000000000006", "ProtocolName", text,
                                     sizeof text),
                      sizeof u"MSAFD Tcpip [RAW/IPv6]");

    ck_assert_int_eq(store_create(), 0); /* again: there is nothing to do */
    ck_assert_uint_eq(dword("Serial_Access_Num"), 1);
}
END_TEST

START_TEST(an_edit_is_one_serial_number)
{
    struct catalog cat;
    uint8_t n = 1;

    created();
    ck_assert_int_eq(store_edit(STORE_NATIVE, "test", add, &n), 0);
    cat = read_width(STORE_NATIVE);
    ck_assert_uint_eq(cat.count, 7);
    ck_assert_uint_eq(cat.entry[6].info.id, 1007);
    catalog_deinit(&cat);
    assert_keys(STORE_NATIVE);
    ck_assert_uint_eq(dword("Serial_Access_Num"), 2);
    ck_assert_uint_eq(dword("Next_Catalog_Entry_ID"), 1008);
    ck_assert_uint_eq(count_of(STORE_32), 6);

    ck_assert_int_eq(store_edit(STORE_32, "test", shrink, NULL), 0);
    ck_assert_uint_eq(count_of(STORE_32), 3);
    ck_assert_uint_eq(count_of(STORE_NATIVE), 7);
    assert_keys(STORE_32);
    ck_assert_uint_eq(dword("Serial_Access_Num"), 3);
    ck_assert_uint_eq(dword("Next_Catalog_Entry_ID"), 1008);
}
END_TEST

START_TEST(the_first_edit_starts_from_the_built_in_catalog)
{
    uint8_t n = 1;

    reg_fake_reset();
    ck_assert_int_eq(store_edit(STORE_NATIVE, "test", add, &n), 0);
    ck_assert_uint_eq(count_of(STORE_NATIVE), 7);
    assert_keys(STORE_NATIVE);
    ck_assert_uint_eq(count_of(STORE_32), 6);
    ck_assert_int_eq(store_create(), 0); /* completes the other width, keeps this one */
    ck_assert_uint_eq(count_of(STORE_NATIVE), 7);
    assert_keys(STORE_32);
}
END_TEST

static int empty(struct catalog *cat, void *arg)
{
    (void)arg;
    cat->count = 0;
    return 0;
}

START_TEST(a_catalog_can_be_emptied)
{
    created();
    ck_assert_int_eq(store_edit(STORE_NATIVE, "test", empty, NULL), 0);
    ck_assert_uint_eq(count_of(STORE_NATIVE), 0);
    ck_assert_uint_eq(count_of(STORE_32), 6);
    assert_keys(STORE_NATIVE);
}
END_TEST

START_TEST(a_refused_change_writes_nothing)
{
    created();
    ck_assert_int_eq(store_edit(STORE_NATIVE, "test", refuse, NULL), WSAEINVAL);
    ck_assert_uint_eq(dword("Serial_Access_Num"), 1);
    assert_keys(STORE_NATIVE);
    ck_assert_uint_eq(count_of(STORE_NATIVE), 6);
}
END_TEST

static int refuse_second(struct catalog *cat, void *arg)
{
    return ++*(int *)arg == 2 ? WSAEINVAL : shrink(cat, NULL);
}

START_TEST(both_widths_change_or_none)
{
    int calls = 0;

    created();
    ck_assert_int_eq(store_edit_both("test", refuse_second, &calls), WSAEINVAL);
    ck_assert_int_eq(calls, 2);
    ck_assert_uint_eq(count_of(STORE_NATIVE), 6);
    ck_assert_uint_eq(count_of(STORE_32), 6);
    ck_assert_int_eq(store_edit_both("test", shrink, NULL), 0);
    assert_keys(STORE_NATIVE);
    assert_keys(STORE_32);
    ck_assert_uint_eq(count_of(STORE_NATIVE), 3);
    ck_assert_uint_eq(count_of(STORE_32), 3);
    ck_assert_uint_eq(dword("Serial_Access_Num"), 2);
}
END_TEST

START_TEST(a_busy_lock_and_missing_rights)
{
    uint8_t n = 1;

    created();
    reg_fake_lock_busy(true);
    ck_assert_int_eq(store_edit(STORE_NATIVE, "test", add, &n), WSATRY_AGAIN);
    ck_assert_uint_eq(count_of(STORE_NATIVE), 6); /* readers do not need it */
    reg_fake_lock_busy(false);
    reg_fake_read_only(true);
    ck_assert_int_eq(store_edit(STORE_NATIVE, "test", add, &n), WSAEACCES);
    ck_assert_uint_eq(count_of(STORE_NATIVE), 6);
    reg_fake_read_only(false);
    ck_assert_int_eq(store_edit(STORE_NATIVE, "test", add, &n), 0);
}
END_TEST

/* ---- every call fails once ---- */

static int edit_add(void)
{
    uint8_t n = 1;

    return store_edit(STORE_NATIVE, "test", add, &n);
}

static int edit_shrink(void)
{
    return store_edit(STORE_NATIVE, "test", shrink, NULL);
}

static int edit_both(void)
{
    return store_edit_both("test", shrink, NULL);
}

static const struct {
    const char *why;
    int (*edit)(void);
    uint32_t native, narrow; /* entries afterwards */
} edits[] = {
    {"an entry more", edit_add, 7, 6},
    {"three entries less", edit_shrink, 3, 6},
    {"both catalogs", edit_both, 3, 3},
};
enum { EDITS = sizeof edits / sizeof edits[0] };

static void assert_old_or_new(size_t i, bool is_new)
{
    CASE_INT_EQ(count_of(STORE_NATIVE), is_new ? edits[i].native : 6, edits[i].why);
    CASE_INT_EQ(count_of(STORE_32), is_new ? edits[i].narrow : 6, edits[i].why);
}

/* Afterwards Windows' keys are in order, whatever happened before. */
static void assert_next_edit_works(size_t i, bool is_new)
{
    uint8_t n = 2;

    CASE_INT_EQ(store_edit(STORE_NATIVE, "test", add, &n), 0, edits[i].why);
    CASE_INT_EQ(count_of(STORE_NATIVE), (is_new ? edits[i].native : 6) + 1, edits[i].why);
    CASE_INT_EQ(count_of(STORE_32), is_new ? edits[i].narrow : 6, edits[i].why);
    assert_keys(STORE_NATIVE);
    assert_keys(STORE_32);
}

START_TEST(an_edit_survives_any_failure)
{
    for (size_t i = 0; i < EDITS; i++) {
        for (unsigned n = 1;; n++) {
            bool fired;
            int err;

            created();
            fault_at(n);
            err = edits[i].edit();
            fired = fault_end();
            ck_assert_int_eq(reg_fake_open_keys(), 0);
            ck_assert_int_eq(reg_fake_lock_depth(), 0);
            if (!fired)
                CASE_INT_EQ(err, 0, edits[i].why);
            else if (err)
                ck_assert_msg(err == WSANO_RECOVERY || err == WSA_NOT_ENOUGH_MEMORY, "%d", err);
            assert_old_or_new(i, !err);
            assert_next_edit_works(i, !err);
            if (!fired) {
                ck_assert_uint_gt(n, 40); /* it really went through the registry */
                break;
            }
        }
    }
}
END_TEST

START_TEST(an_edit_survives_any_crash)
{
    for (size_t i = 0; i < EDITS; i++) {
        unsigned were_new = 0;

        for (unsigned n = 1;; n++) {
            bool crashed, is_new;

            created();
            reg_fake_crash_at(n);
            (void)edits[i].edit();
            crashed = reg_fake_restart();
            is_new = count_of(STORE_NATIVE) == edits[i].native;
            if (!crashed)
                CASE_INT_EQ(is_new, true, edits[i].why);
            ck_assert_msg(is_new || !were_new, "%s: committed at write %u and then not", edits[i].why, n);
            were_new += is_new;
            assert_old_or_new(i, is_new);
            assert_next_edit_works(i, is_new);
            if (!crashed)
                break;
        }
        CASE_INT_EQ(were_new > 5, true, edits[i].why); /* crashes after the commit took part */
    }
}
END_TEST

/* The completion that follows a crash can crash as well. */
START_TEST(a_crash_while_cleaning_up_after_a_crash)
{
    for (unsigned first = 1;; first += 3) {
        bool crashed, is_new;

        for (unsigned second = 1;; second += 2) {
            uint8_t n = 2;
            bool again;
            uint32_t native;

            created();
            reg_fake_crash_at(first);
            (void)edit_both();
            crashed = reg_fake_restart();
            is_new = count_of(STORE_NATIVE) == 3;
            reg_fake_crash_at(second);
            (void)store_edit(STORE_NATIVE, "test", add, &n);
            again = reg_fake_restart();
            native = count_of(STORE_NATIVE) - (is_new ? 3 : 6);
            ck_assert_uint_le(native, 1);
            ck_assert_uint_eq(count_of(STORE_32), is_new ? 3 : 6);
            n = 3;
            ck_assert_int_eq(store_edit(STORE_NATIVE, "test", add, &n), 0);
            ck_assert_uint_eq(count_of(STORE_NATIVE), (is_new ? 3 : 6) + native + 1);
            assert_keys(STORE_NATIVE);
            assert_keys(STORE_32);
            if (!again)
                break;
        }
        if (!crashed)
            break;
    }
}
END_TEST

START_TEST(create_survives_any_failure_and_any_crash)
{
    for (int crash = 0; crash < 2; crash++) {
        for (unsigned n = 1;; n++) {
            bool hit;

            fresh_prefix();
            if (crash)
                reg_fake_crash_at(n);
            else
                fault_at(n);
            (void)store_create();
            hit = crash ? reg_fake_restart() : fault_end();
            ck_assert_uint_eq(count_of(STORE_NATIVE), 6);
            ck_assert_int_eq(store_create(), 0);
            assert_next_edit_works(0, false);
            if (!hit)
                break;
        }
    }
}
END_TEST

/* The way most reads go, and the long one. */
static int (*const reads[])(enum store_width, struct catalog *) = {store_read, store_read_records};
static const unsigned least_calls[] = {3, 15};

static void assert_failing_read(int (*read)(enum store_width, struct catalog *), unsigned least)
{
    unsigned n;

    created();
    for (n = 1;; n++) {
        struct catalog cat;
        bool fired;
        int err;

        fault_at(n);
        err = read(STORE_NATIVE, &cat);
        fired = fault_end();
        ck_assert_int_eq(reg_fake_open_keys(), 0);
        if (!fired) {
            ck_assert_int_eq(err, 0);
            ck_assert_uint_eq(cat.count, 6);
            catalog_deinit(&cat);
            break;
        }
        ck_assert_msg(err == WSANO_RECOVERY || err == WSA_NOT_ENOUGH_MEMORY, "call %u: %d", n, err);
        ck_assert_uint_eq(cat.count, 0);
    }
    ck_assert_uint_gt(n, least);
}

START_TEST(a_read_that_fails_says_so)
{
    for (int i = 0; i < 2; i++)
        assert_failing_read(reads[i], least_calls[i]);
}
END_TEST

/* ---- other processes in between ---- */

static size_t hook_edit;
static unsigned hook_crash;

static void run_edit(void)
{
    if (hook_crash)
        reg_fake_crash_at(hook_crash);
    (void)edits[hook_edit].edit();
    if (hook_crash)
        (void)reg_fake_restart();
}

/* A writer that runs, wholly or up to any of its writes, between any two calls of a reader. */
static void assert_old_or_new_seen(int (*read)(enum store_width, struct catalog *))
{
    unsigned saw_old = 0, saw_new = 0;

    for (hook_edit = 0; hook_edit < EDITS; hook_edit++) {
        for (hook_crash = 0; hook_crash < 60; hook_crash++) {
            for (unsigned at = 1;; at++) {
                struct catalog cat;
                bool is_new;

                created();
                reg_fake_hook(at, run_edit);
                ck_assert_int_eq(read(STORE_NATIVE, &cat), 0);
                ck_assert_int_eq(reg_fake_open_keys(), 0);
                if (!reg_fake_hook_ran()) {
                    catalog_deinit(&cat);
                    break;
                }
                is_new = cat.count == edits[hook_edit].native;
                if (!is_new)
                    CASE_INT_EQ(cat.count, 6, edits[hook_edit].why);
                for (uint32_t i = 0; i < cat.count; i++) /* and it is that one throughout */
                    CASE_INT_EQ(cat.entry[i].info.id,
                                is_new && cat.count == 3 ? 1004 + i : 1001 + i, edits[hook_edit].why);
                *(is_new ? &saw_new : &saw_old) += 1;
                catalog_deinit(&cat);
            }
        }
    }
    ck_assert_uint_gt(saw_old, 50);
    ck_assert_uint_gt(saw_new, 50);
}

START_TEST(a_reader_sees_the_old_or_the_new)
{
    for (int i = 0; i < 2; i++)
        assert_old_or_new_seen(reads[i]);
}
END_TEST

static void edit_again(void)
{
    static uint8_t n = 10;
    int err;

    n++;
    err = store_edit(STORE_NATIVE, "test", add, &n);
    if (err)
        ck_assert_int_eq(err, WSATRY_AGAIN); /* now the reader has taken the lock */
    reg_fake_hook(18, edit_again);
}

START_TEST(a_reader_among_restless_writers_gets_through)
{
    struct catalog cat;

    created();
    reg_fake_hook(10, edit_again);
    ck_assert_int_eq(store_read_records(STORE_NATIVE, &cat), 0);
    ck_assert_uint_gt(cat.count, 6);
    ck_assert_int_eq(reg_fake_lock_depth(), 0);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(reading_is_cheap)
{
    struct catalog cat;
    unsigned before;

    created();
    before = reg_fake_calls();
    cat = read_width(STORE_NATIVE);
    ck_assert_uint_eq(reg_fake_calls() - before, 3);
    catalog_deinit(&cat);

    before = reg_fake_calls();
    ck_assert_int_eq(store_read_records(STORE_NATIVE, &cat), 0);
    /*
     * three opens, the catalog's name, the journal twice, the count, and two calls for each entry
     */
    ck_assert_uint_eq(reg_fake_calls() - before, 7 + 2 * cat.count);
    catalog_deinit(&cat);
}
END_TEST

UNIT_MAIN("catalog/store", a_prefix_without_a_catalog_has_the_built_in_one, create_writes_windows_schema,
          an_edit_is_one_serial_number, the_first_edit_starts_from_the_built_in_catalog,
          a_catalog_can_be_emptied, a_refused_change_writes_nothing, both_widths_change_or_none,
          a_busy_lock_and_missing_rights, an_edit_survives_any_failure, an_edit_survives_any_crash,
          a_crash_while_cleaning_up_after_a_crash, create_survives_any_failure_and_any_crash,
          a_read_that_fails_says_so, a_reader_sees_the_old_or_the_new,
          a_reader_among_restless_writers_gets_through, reading_is_cheap)
