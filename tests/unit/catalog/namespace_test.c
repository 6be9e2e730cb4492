/* SPDX-License-Identifier: MIT */
/*
 * The name-space catalog: the model, its packed form, and the store over a registry in memory that
 * fails or stops at every call in turn.
 */
#include "catalog/namespace_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/backup.h"
#include "catalog/namespace_journal.h"
#include "catalog/verify.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/fake/reg.h"
#include "tests/unit/unit.h"

#define PARAMETERS "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters"
#define CATALOG    PARAMETERS "\\NameSpace_Catalog5"

static uint8_t blob[] = {1, 2, 3};

static struct catalog_guid guid_of(uint8_t n)
{
    struct catalog_guid guid = {{n, 0x33}};

    return guid;
}

static struct namespace_entry sample(uint8_t n)
{
    struct namespace_entry e;

    memset(&e, 0, sizeof e);
    e.provider = guid_of(n);
    e.name_space = 100 + n;
    e.version = n;
    e.enabled = true;
    e.name[0] = 'n';
    e.path[0] = 'p';
    e.info = blob;
    e.info_bytes = n % 2 ? sizeof blob : 0;
    return e;
}

static int add(struct namespaces *ns, void *arg)
{
    struct namespace_entry e = sample(*(uint8_t *)arg);

    return namespaces_install(ns, &e);
}

static int remove_first(struct namespaces *ns, void *arg)
{
    (void)arg;
    return ns->count ? namespaces_uninstall(ns, &ns->entry[0].provider) : WSAEINVAL;
}

static uint32_t stored(enum store_width width)
{
    struct namespaces ns;
    uint32_t count;

    ck_assert_int_eq(namespace_store_read(width, &ns), 0);
    ck_assert_int_eq(reg_fake_open_keys(), 0);
    ck_assert_int_eq(reg_fake_lock_depth(), 0);
    count = ns.count;
    namespaces_deinit(&ns);
    return count;
}

START_TEST(edits_of_the_value)
{
    struct namespaces ns;
    struct catalog_guid order[3], first;
    struct namespace_entry e = sample(1), bad = sample(2);

    namespaces_init(&ns);
    ck_assert_int_eq(namespaces_defaults(&ns), 0);
    ck_assert_uint_eq(ns.count, 2);
    first = ns.entry[0].provider;
    ck_assert_int_eq(namespaces_install(&ns, &e), 0);
    ck_assert_int_eq(namespaces_install(&ns, &e), WSAEINVAL);
    bad.name_space = NAMESPACE_ALL;
    ck_assert_int_eq(namespaces_install(&ns, &bad), WSAEINVAL);
    bad = sample(2);
    bad.path[0] = 0;
    ck_assert_int_eq(namespaces_install(&ns, &bad), WSAEINVAL);
    ck_assert_uint_eq(ns.count, 3);

    for (int i = 0; i < 3; i++)
        order[i] = ns.entry[2 - i].provider;
    ck_assert_int_eq(namespaces_reorder(&ns, order, 2), WSAEINVAL);
    ck_assert_int_eq(namespaces_reorder(&ns, order, 3), 0);
    ck_assert_uint_eq(ns.entry[0].name_space, 101);
    order[1] = order[0];
    ck_assert_int_eq(namespaces_reorder(&ns, order, 3), WSAEINVAL);
    order[1] = guid_of(9);
    ck_assert_int_eq(namespaces_reorder(&ns, order, 3), WSAEINVAL);

    ck_assert_int_eq(namespaces_enable(&ns, &order[1], false), WSAEINVAL);
    ck_assert_int_eq(namespaces_uninstall(&ns, &order[1]), WSAEINVAL);
    ck_assert_int_eq(namespaces_enable(&ns, &first, false), 0);
    ck_assert(!namespaces_find(&ns, &first)->enabled);
    ck_assert_int_eq(namespaces_uninstall(&ns, &e.provider), 0);
    ck_assert_uint_eq(ns.count, 2);
    ck_assert_ptr_null(namespaces_find(&ns, &e.provider));
    namespaces_deinit(&ns);
}
END_TEST

START_TEST(who_is_asked)
{
    struct namespace_entry e = sample(1);
    struct catalog_guid other = guid_of(2);
    const struct {
        const char *why;
        struct namespace_scope scope;
        bool want;
    } rows[] = {
        {"all", {NULL, NAMESPACE_ALL}, true},
        {"its name space", {NULL, 101}, true},
        {"another name space", {NULL, 102}, false},
        {"itself, whatever the name space", {&e.provider, 102}, true},
        {"another provider", {&other, 101}, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        e.enabled = true;
        CASE_INT_EQ(namespace_in_scope(&e, &rows[i].scope), rows[i].want, rows[i].why);
        e.enabled = false;
        CASE_INT_EQ(namespace_in_scope(&e, &rows[i].scope), false, rows[i].why);
    }
}
END_TEST

/* Every prefix of it, and it with every bit turned, is refused; memory may run out anywhere. */
START_TEST(packed)
{
    enum { MAGIC_HERE = 4711 };
    struct namespace_pack p, back;
    uint32_t head = 77, head_back = 0;
    uint8_t *bytes;
    size_t count;
    uint8_t n = 1;

    namespace_pack_init(&p);
    p.held[RECORDS_64] = true;
    ck_assert_int_eq(namespaces_defaults(&p.ns[RECORDS_64]), 0);
    ck_assert_int_eq(add(&p.ns[RECORDS_64], &n), 0);
    ck_assert_int_eq(namespace_pack_encode(MAGIC_HERE, &head, sizeof head, &p, &bytes, &count), 0);
    for (unsigned f = 1;; f++) {
        int err;

        fault_at(f);
        err = namespace_pack_decode(MAGIC_HERE, &head_back, sizeof head, bytes, count, &back);
        if (!fault_end()) {
            ck_assert_int_eq(err, 0);
            break;
        }
        ck_assert_int_eq(err, WSA_NOT_ENOUGH_MEMORY);
    }
    ck_assert(namespaces_equal(&back.ns[RECORDS_64], &p.ns[RECORDS_64]));
    ck_assert(back.held[RECORDS_64] && !back.held[RECORDS_32] && head_back == head);
    namespace_pack_deinit(&back);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(namespace_pack_decode(MAGIC_HERE, &head, sizeof head, bytes, i, &back), WSAEINVAL);
    for (size_t i = 0; i < count; i++) {
        bytes[i] ^= 4;
        ck_assert_int_eq(namespace_pack_decode(MAGIC_HERE, &head, sizeof head, bytes, count, &back), WSAEINVAL);
        bytes[i] ^= 4;
    }
    free(bytes);
    namespace_pack_deinit(&p);
}
END_TEST

START_TEST(created_and_read_in_three_requests)
{
    uint8_t n = 3;
    unsigned before;

    reg_fake_reset();
    ck_assert_uint_eq(stored(STORE_NATIVE), 2);
    ck_assert(!reg_fake_has(CATALOG, NULL));
    ck_assert_int_eq(namespace_store_create(), 0);
    ck_assert(reg_fake_has(CATALOG "\\Catalog_Entries64\\000000000002", "LibraryPath"));
    ck_assert(reg_fake_has(CATALOG "\\Catalog_Entries\\000000000002", "LibraryPath"));
    before = reg_fake_calls();
    ck_assert_uint_eq(stored(STORE_NATIVE), 2);
    ck_assert_uint_eq(reg_fake_calls() - before, 3);

    ck_assert_int_eq(namespace_store_edit(STORE_32, "test", add, &n), 0);
    ck_assert_uint_eq(stored(STORE_NATIVE), 2);
    ck_assert_uint_eq(stored(STORE_32), 3);
    ck_assert_int_eq(namespace_store_edit(STORE_32, "test", add, &n), WSAEINVAL);
    ck_assert_int_eq(namespace_store_create(), 0);
    ck_assert_uint_eq(stored(STORE_32), 3);
}
END_TEST

/* What others write is seen, damage is passed over, and what was emptied stays empty. */
START_TEST(other_software)
{
    uint32_t serial = 77;
    uint8_t n = 3;

    reg_fake_reset();
    ck_assert_int_eq(namespace_store_create(), 0);
    reg_fake_put(CATALOG "\\Catalog_Entries64\\000000000001", "ProviderId", REG_TYPE_BINARY, "x", 1);
    reg_fake_put(CATALOG, "Serial_Access_Num", REG_TYPE_DWORD, &serial, 4);
    ck_assert_uint_eq(stored(STORE_NATIVE), 1);
    ck_assert_int_eq(namespace_store_edit(STORE_NATIVE, "test", add, &n), 0);
    ck_assert_uint_eq(stored(STORE_NATIVE), 2);
    ck_assert_int_eq(namespace_store_edit(STORE_NATIVE, "test", remove_first, NULL), 0);
    ck_assert_int_eq(namespace_store_edit(STORE_NATIVE, "test", remove_first, NULL), 0);
    ck_assert_uint_eq(stored(STORE_NATIVE), 0);
    reg_fake_remove(PARAMETERS, "ws2kit_NameSpaces");
    ck_assert_uint_eq(stored(STORE_NATIVE), 0);
    reg_fake_remove(CATALOG, NULL);
    ck_assert_uint_eq(stored(STORE_NATIVE), 2);
}
END_TEST

/* Each registry call and allocation of an edit fails once: old catalog or new, and the next edit works. */
START_TEST(edit_survives_any_failure)
{
    for (unsigned f = 1;; f++) {
        uint8_t n = 3, m = 5;
        bool fired;
        int err;

        reg_fake_reset();
        ck_assert_int_eq(namespace_store_create(), 0);
        fault_at(f);
        err = namespace_store_edit(STORE_NATIVE, "test", add, &n);
        fired = fault_end();
        ck_assert_uint_eq(stored(STORE_NATIVE), err ? 2 : 3);
        ck_assert_int_eq(namespace_store_edit(STORE_NATIVE, "test", add, &m), 0);
        ck_assert_uint_eq(stored(STORE_NATIVE), err ? 3 : 4);
        if (!fired)
            break;
    }
}
END_TEST

/* The same for a process that dies at each write. */
START_TEST(edit_survives_any_crash)
{
    for (unsigned c = 1;; c++) {
        uint8_t n = 3, m = 5;
        uint32_t count;
        bool crashed;

        reg_fake_reset();
        ck_assert_int_eq(namespace_store_create(), 0);
        reg_fake_crash_at(c);
        (void)namespace_store_edit(STORE_NATIVE, "test", add, &n);
        crashed = reg_fake_restart();
        count = stored(STORE_NATIVE);
        ck_assert(count == 2 || count == 3);
        ck_assert_int_eq(namespace_store_edit(STORE_NATIVE, "test", add, &m), 0);
        ck_assert_uint_eq(stored(STORE_NATIVE), count + 1);
        reg_fake_remove(PARAMETERS, "ws2kit_NameSpaces"); /* and Windows' keys say the same */
        ck_assert_uint_eq(stored(STORE_NATIVE), count + 1);
        if (!crashed)
            break;
    }
}
END_TEST

START_TEST(read_survives_any_failure)
{
    for (unsigned f = 1;; f++) {
        struct namespaces ns;
        bool fired;
        int err;

        reg_fake_reset();
        ck_assert_int_eq(namespace_store_create(), 0);
        reg_fake_remove(PARAMETERS, "ws2kit_NameSpaces");
        fault_at(f);
        err = namespace_store_read(STORE_NATIVE, &ns);
        fired = fault_end();
        ck_assert(err || ns.count == 2);
        ck_assert_int_eq(reg_fake_open_keys(), 0);
        namespaces_deinit(&ns);
        if (!fired)
            break;
    }
}
END_TEST

/* ---- damage ---- */

#define RECORD2 CATALOG "\\Catalog_Entries64\\000000000002"

static void no_provider(void)
{
    reg_fake_remove(RECORD2, "ProviderId");
}

static void short_provider(void)
{
    reg_fake_put(RECORD2, "ProviderId", REG_TYPE_BINARY, "1234", 4);
}

static void same_provider(void)
{
    uint8_t id[16];

    ck_assert_uint_eq(reg_fake_fetch(CATALOG "\\Catalog_Entries64\\000000000001", "ProviderId", id, sizeof id), 16);
    reg_fake_put(RECORD2, "ProviderId", REG_TYPE_BINARY, id, sizeof id);
}

static void all_name_spaces(void)
{
    reg_fake_put(RECORD2, "SupportedNameSpace", REG_TYPE_DWORD, "\0\0\0\0", 4);
}

static void number_for_path(void)
{
    reg_fake_put(RECORD2, "LibraryPath", REG_TYPE_DWORD, "\1\0\0\0", 4);
}

static void gap(void)
{
    reg_fake_remove(CATALOG "\\Catalog_Entries64\\000000000001", NULL);
}

static void foreign(void)
{
    reg_fake_put(CATALOG "\\Catalog_Entries64\\notes", "x", REG_TYPE_DWORD, "0123", 4);
}

static void counter(void)
{
    reg_fake_put(CATALOG, "Num_Catalog_Entries64", REG_TYPE_DWORD, "\7\0\0\0", 4);
}

static void disabled(void)
{
    reg_fake_put(RECORD2, "Enabled", REG_TYPE_DWORD, "\0\0\0\0", 4);
}

static void ten_thousand(void)
{
    char path[256];

    for (unsigned i = 3; i <= 10000; i++) {
        snprintf(path, sizeof path, CATALOG "\\Catalog_Entries64\\%012u", i);
        reg_fake_put(path, "Version", REG_TYPE_DWORD, &i, 4);
    }
}

static uint32_t faults(enum fault_kind kind, bool *found)
{
    struct fault_list list = {0};
    uint32_t count;

    ck_assert_int_eq(namespace_store_verify(&list), 0);
    ck_assert_int_eq(reg_fake_open_keys(), 0);
    ck_assert_int_eq(reg_fake_lock_depth(), 0);
    *found = false;
    for (uint32_t i = 0; i < list.count; i++)
        *found = *found || list.fault[i].kind == kind;
    count = list.count;
    fault_list_deinit(&list);
    return count;
}

/* Programs use the two built-in entries all the time, and repair brings their records back. */
START_TEST(damage_is_named_and_mended)
{
    static const struct {
        const char *why;
        void (*damage)(void);
        enum fault_kind want;
    } rows[] = {
        {"no GUID", no_provider, FAULT_NS_PROVIDER},      {"a short GUID", short_provider, FAULT_NS_PROVIDER},
        {"a GUID twice", same_provider, FAULT_NS_TWICE},  {"NS_ALL", all_name_spaces, FAULT_NS_ALL},
        {"a number for a path", number_for_path, FAULT_NS_PATH}, {"a gap", gap, FAULT_GAP},
        {"a foreign key", foreign, FAULT_FOREIGN_KEY},    {"a wrong counter", counter, FAULT_COUNTER},
        {"what nobody counted", disabled, FAULT_UNCOUNTED}, {"ten thousand records", ten_thousand, FAULT_COUNTER},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool found;

        reg_fake_reset();
        ck_assert_int_eq(namespace_store_create(), 0);
        CASE_INT_EQ(faults(0, &found), 0, rows[i].why);
        rows[i].damage();
        CASE_INT_EQ(faults(rows[i].want, &found) > 0, true, rows[i].why);
        CASE_INT_EQ(found, true, rows[i].why);
        CASE_INT_EQ(stored(STORE_NATIVE) > 0, true, rows[i].why);
        CASE_INT_EQ(namespace_store_repair("test"), 0, rows[i].why);
        CASE_INT_EQ(faults(0, &found), 0, rows[i].why);
        CASE_INT_EQ(stored(STORE_NATIVE), 2, rows[i].why);
    }
}
END_TEST

/* Each change can be taken back, and records that were changed without a counter are kept and not taken in. */
START_TEST(backups)
{
    uint8_t n = 3;
    struct namespaces ns;
    struct backup b;
    uint32_t last;

    reg_fake_reset();
    ck_assert_int_eq(namespace_store_create(), 0);
    ck_assert_int_eq(backup_last(&last), 0);
    ck_assert_uint_eq(last, 1);
    disabled();
    ck_assert_int_eq(namespace_store_edit_both("adding", add, &n), 0);
    ck_assert_int_eq(backup_read(2, &b), 0);
    ck_assert_ptr_nonnull(strstr(b.why, backup_uncounted));
    ck_assert(b.names.held[RECORDS_64] && !b.names.held[RECORDS_32] && !b.held.held[RECORDS_64]);
    ck_assert(!b.names.ns[RECORDS_64].entry[1].enabled);
    backup_deinit(&b);
    ck_assert_int_eq(backup_read(3, &b), 0);
    ck_assert_str_eq(b.why, "test: adding");
    ck_assert_uint_eq(b.names.ns[RECORDS_64].count, 2);
    ck_assert(b.names.ns[RECORDS_64].entry[1].enabled && b.names.held[RECORDS_32]);
    backup_deinit(&b);
    ck_assert_int_eq(namespace_store_read(STORE_NATIVE, &ns), 0);
    ck_assert(ns.count == 3 && ns.entry[1].enabled);
    namespaces_deinit(&ns);
    ck_assert_uint_eq(stored(STORE_32), 3);

    ck_assert_int_eq(store_backup("by hand", &last), 0); /* of both catalogs */
    ck_assert_int_eq(backup_read(last, &b), 0);
    ck_assert_uint_eq(b.names.ns[RECORDS_64].count, 3);
    ck_assert_uint_eq(b.names.ns[RECORDS_32].count, 3);
    ck_assert_uint_eq(b.held.cat[RECORDS_64].count, 6);
    backup_deinit(&b);
}
END_TEST

START_TEST(no_rights)
{
    uint8_t n = 3;

    reg_fake_reset();
    ck_assert_int_eq(namespace_store_create(), 0);
    reg_fake_read_only(true);
    ck_assert_int_eq(namespace_store_edit(STORE_NATIVE, "test", add, &n), WSAEACCES);
    ck_assert_int_eq(namespace_store_repair("test"), WSAEACCES);
    ck_assert_uint_eq(stored(STORE_NATIVE), 2);
    reg_fake_read_only(false);
    ck_assert_int_eq(namespace_store_edit(STORE_NATIVE, "test", add, &n), 0);
}
END_TEST

START_TEST(one_before_all_others)
{
    struct namespaces ns;
    struct namespace_entry e = sample(1), bad = sample(2);

    namespaces_init(&ns);
    ck_assert_int_eq(namespaces_defaults(&ns), 0);
    ck_assert_int_eq(namespaces_install_first(&ns, &e), 0);
    ck_assert_uint_eq(ns.count, 3);
    ck_assert(!memcmp(&ns.entry[0].provider, &e.provider, sizeof e.provider));
    ck_assert_uint_eq(ns.entry[0].info_bytes, sizeof blob);
    ck_assert_mem_eq(ns.entry[0].info, blob, sizeof blob);
    ck_assert_int_eq(namespace_kind_of(&ns.entry[1]), NAMESPACE_KIND_HOSTS);
    ck_assert_int_eq(namespace_kind_of(&ns.entry[2]), NAMESPACE_KIND_DNS);
    ck_assert_int_eq(namespaces_install_first(&ns, &e), WSAEINVAL);
    bad.path[0] = 0;
    ck_assert_int_eq(namespaces_install_first(&ns, &bad), WSAEINVAL);
    ck_assert_uint_eq(ns.count, 3);
    for (unsigned n = 1;; n++) {
        bool failed;
        int err;

        e = sample(3);
        fault_at(n);
        err = namespaces_install_first(&ns, &e);
        failed = fault_end();
        ck_assert_int_eq(err, failed ? WSA_NOT_ENOUGH_MEMORY : 0);
        ck_assert_uint_eq(ns.count, failed ? 3 : 4);
        if (!failed)
            break;
    }
    namespaces_deinit(&ns);
}
END_TEST

/* Ours by GUID and path, in any case of letters; under another path the GUID is somebody else's. */
START_TEST(kinds)
{
    struct namespaces ns;
    struct namespace_entry *dns;

    namespaces_init(&ns);
    ck_assert_int_eq(namespaces_defaults(&ns), 0);
    dns = &ns.entry[1];
    ck_assert_int_eq(namespace_kind_of(dns), NAMESPACE_KIND_DNS);
    dns->path[1] = 's'; /* %systemRoot% */
    ck_assert_int_eq(namespace_kind_of(dns), NAMESPACE_KIND_DNS);
    dns->path[1] = 'x';
    ck_assert_int_eq(namespace_kind_of(dns), NAMESPACE_KIND_OTHER);
    dns->path[1] = 'S';
    dns->path[5] = 0;
    ck_assert_int_eq(namespace_kind_of(dns), NAMESPACE_KIND_OTHER);
    ns.entry[0].provider = guid_of(9);
    ck_assert_int_eq(namespace_kind_of(&ns.entry[0]), NAMESPACE_KIND_OTHER);
    namespaces_deinit(&ns);
}
END_TEST

UNIT_MAIN("namespace", one_before_all_others, kinds, edits_of_the_value, who_is_asked, packed, created_and_read_in_three_requests,
          other_software, edit_survives_any_failure, edit_survives_any_crash, read_survives_any_failure,
          damage_is_named_and_mended, backups, no_rights)
