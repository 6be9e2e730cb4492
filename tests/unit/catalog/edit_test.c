/* SPDX-License-Identifier: MIT */
/*
 * Install, deinstall, update and order as spi.md 13.10 wants them; each edit does all of what it
 * says or nothing.
 */
#include "catalog/catalog.h"

#include "base/wsaerr.h"
#include "tests/unit/catalog/sample.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/unit.h"

static struct catalog builtin(void)
{
    struct catalog cat;

    catalog_init(&cat);
    ck_assert_int_eq(catalog_defaults(&cat, "c:\\base.dll"), 0);
    return cat;
}

START_TEST(the_built_in_entries_are_windows_own)
{
    static const struct {
        const char *name;
        uint8_t provider;
        uint32_t flags, pfl, message;
        int32_t family, addr, type, protocol, offset;
    } want[] = {
        {"MSAFD Tcpip [TCP/IP]", 0xE7, 0x20066, 0x8, 0, 2, 16, 1, 6, 0},
        {"MSAFD Tcpip [UDP/IP]", 0xE7, 0x20609, 0x8, 65527, 2, 16, 2, 17, 0},
        {"MSAFD Tcpip [RAW/IP]", 0xE7, 0x20609, 0xC, 65527, 2, 16, 3, 0, 255},
        {"MSAFD Tcpip [TCP/IPv6]", 0xF9, 0x20066, 0x8, 0, 23, 28, 1, 6, 0},
        {"MSAFD Tcpip [UDP/IPv6]", 0xF9, 0x20609, 0x8, 65527, 23, 28, 2, 17, 0},
        {"MSAFD Tcpip [RAW/IPv6]", 0xF9, 0x20609, 0xC, 65527, 23, 28, 3, 0, 255},
    };
    struct catalog cat = builtin();

    ck_assert_uint_eq(cat.count, 6);
    ck_assert_uint_eq(cat.next_id, 1007);
    for (uint32_t i = 0; i < cat.count; i++) {
        const struct catalog_info *info = &cat.entry[i].info;
        catalog_char name[CATALOG_NAME_CHARS];

        sample_name(name, want[i].name);
        ck_assert_msg(name_equal(info->name, name), "%s", want[i].name);
        CASE_INT_EQ(info->id, 1001 + i, want[i].name);
        CASE_INT_EQ(info->provider.byte[3], want[i].provider, want[i].name);
        CASE_INT_EQ(info->service_flags[0], want[i].flags, want[i].name);
        CASE_INT_EQ(info->provider_flags, want[i].pfl, want[i].name);
        CASE_INT_EQ(info->message_size, want[i].message, want[i].name);
        CASE_INT_EQ(info->family, want[i].family, want[i].name);
        CASE_INT_EQ(info->max_addr, want[i].addr, want[i].name);
        CASE_INT_EQ(info->min_addr, want[i].addr, want[i].name);
        CASE_INT_EQ(info->type, want[i].type, want[i].name);
        CASE_INT_EQ(info->protocol, want[i].protocol, want[i].name);
        CASE_INT_EQ(info->protocol_max_offset, want[i].offset, want[i].name);
        CASE_INT_EQ(info->version, 2, want[i].name);
        CASE_INT_EQ(info->chain_len, 1, want[i].name);
        ck_assert_str_eq(cat.entry[i].path, "c:\\base.dll");
    }
    catalog_deinit(&cat);
}
END_TEST

START_TEST(install_appends_with_fresh_ids)
{
    struct catalog cat = builtin();
    struct catalog_info infos[2] = {sample_info(1), sample_info(0)};
    struct catalog_guid guid = sample_guid(1), other = sample_guid(2);

    infos[0].id = 1001; /* 10.4: what the caller says about id and GUID is overwritten */
    infos[0].provider = other;
    infos[1].service_flags[0] = 0xFFFFFFFF; /* 1.11: unknown bits are kept */
    infos[1].provider_flags = 0xFFFFFFFF;
    infos[0].name[CATALOG_NAME_CHARS - 1] = 'x';
    ck_assert_int_eq(catalog_install(&cat, &guid, "c:\\x.dll", infos, 2), 0);
    ck_assert_uint_eq(cat.count, 8);
    ck_assert_uint_eq(cat.entry[6].info.id, 1007);
    ck_assert_uint_eq(cat.entry[7].info.id, 1008);
    ck_assert_uint_eq(cat.next_id, 1009);
    ck_assert_int_eq(memcmp(&cat.entry[6].info.provider, &guid, sizeof guid), 0);
    ck_assert_str_eq(cat.entry[7].path, "c:\\x.dll");
    ck_assert_uint_eq(cat.entry[7].info.service_flags[0], 0xFFFFFFFF);
    ck_assert_uint_eq(cat.entry[7].info.provider_flags, 0xFFFFFFFF);
    ck_assert_uint_eq(cat.entry[6].info.name[CATALOG_NAME_CHARS - 1], 0);
    ck_assert_uint_eq(infos[0].id, 1001); /* the list is the caller's */

    ck_assert_int_eq(catalog_install(&cat, &guid, "c:\\y.dll", infos, 1), WSANO_RECOVERY); /* 10.2 */
    ck_assert_uint_eq(cat.count, 8);
    catalog_deinit(&cat);
}
END_TEST

static const struct {
    const char *why;
    size_t path_bytes;
    int32_t chain_len;
    uint32_t count;
    int err;
} refused[] = {
    {"a path of 259 bytes", 259, 1, 1, 0},
    {"a path of 260 bytes", 260, 1, 1, WSAEINVAL},
    {"a path of 1000 bytes", 1000, 1, 1, WSAEINVAL},
    {"no path", 0, 1, 1, WSAEINVAL},
    {"no entry", 10, 1, 0, WSAEINVAL},
    {"a negative chain", 10, -1, 1, WSAEINVAL},
    {"a chain of 7", 10, 7, 1, 0},
    {"a chain of 8", 10, 8, 1, WSAEINVAL},
};

START_TEST(install_refuses_what_no_catalog_may_hold)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct catalog cat = builtin();
        struct catalog_info info = sample_info(refused[i].chain_len);
        struct catalog_guid guid = sample_guid(1);
        char path[1001];

        memset(path, 'p', sizeof path);
        path[refused[i].path_bytes] = 0;
        CASE_INT_EQ(catalog_install(&cat, &guid, path, &info, refused[i].count), refused[i].err,
                    refused[i].why);
        CASE_INT_EQ(cat.count, refused[i].err ? 6 : 7, refused[i].why);
        catalog_deinit(&cat);
    }
}
END_TEST

START_TEST(deinstall_takes_all_of_a_guid)
{
    struct catalog cat = builtin();
    struct catalog_guid ip4 = cat.entry[0].info.provider, unknown = sample_guid(1);

    ck_assert_int_eq(catalog_deinstall(&cat, &unknown), WSAEINVAL); /* 10.6 */
    ck_assert_uint_eq(cat.count, 6);
    ck_assert_int_eq(catalog_deinstall(&cat, &ip4), 0);
    ck_assert_uint_eq(cat.count, 3);
    for (uint32_t i = 0; i < 3; i++)
        ck_assert_uint_eq(cat.entry[i].info.id, 1004 + i);
    ck_assert_uint_eq(cat.next_id, 1007); /* ids are not used again */
    catalog_deinit(&cat);
}
END_TEST

START_TEST(update_replaces_infos_in_place)
{
    struct catalog cat = builtin();
    struct catalog_info infos[2] = {cat.entry[2].info, cat.entry[1].info};
    struct catalog_guid ip4 = cat.entry[0].info.provider, unknown = sample_guid(1);
    struct catalog before;

    infos[0].message_size = 1;
    infos[1].message_size = 2;
    infos[1].provider = unknown; /* the GUID stays */
    ck_assert_int_eq(catalog_update(&cat, &ip4, "c:\\new.dll", infos, 2), 0);
    ck_assert_uint_eq(cat.entry[2].info.message_size, 1);
    ck_assert_uint_eq(cat.entry[1].info.message_size, 2);
    ck_assert_int_eq(memcmp(&cat.entry[1].info.provider, &ip4, sizeof ip4), 0);
    ck_assert_str_eq(cat.entry[0].path, "c:\\new.dll"); /* the path is the GUID's */
    ck_assert_str_eq(cat.entry[3].path, "c:\\base.dll");

    ck_assert_int_eq(catalog_copy(&before, &cat), 0);
    ck_assert_int_eq(catalog_update(&cat, &unknown, "c:\\z.dll", infos, 2), WSANO_RECOVERY); /* 10.8 */
    infos[1].id = 1004; /* IPv6's */
    ck_assert_int_eq(catalog_update(&cat, &ip4, "c:\\z.dll", infos, 2), WSAEINVAL);
    infos[1].id = 4711;
    ck_assert_int_eq(catalog_update(&cat, &ip4, "c:\\z.dll", infos, 2), WSAEINVAL);
    infos[1].id = infos[0].id;
    ck_assert_int_eq(catalog_update(&cat, &ip4, "c:\\z.dll", infos, 2), WSAEINVAL);
    ck_assert_int_eq(catalog_update(&cat, &ip4, "c:\\z.dll", infos, 0), WSAEINVAL);
    ck_assert(sample_equal(&before, &cat));
    catalog_deinit(&before);
    catalog_deinit(&cat);
}
END_TEST

static const struct {
    const char *why;
    uint32_t ids[7], count;
    int err;
} orders[] = {
    {"10.9 a permutation", {1006, 1001, 1005, 1002, 1004, 1003}, 6, 0},
    {"10.9 too short", {1001, 1002, 1003, 1004, 1005}, 5, WSAEINVAL},
    {"10.9 too long", {1001, 1002, 1003, 1004, 1005, 1006, 1007}, 7, WSAEINVAL},
    {"10.9 one twice", {1001, 1002, 1003, 1004, 1005, 1001}, 6, WSAEINVAL},
    {"10.9 an unknown id", {1001, 1002, 1003, 1004, 1005, 1007}, 6, WSAEINVAL},
    {"nothing", {0}, 0, WSAEINVAL},
};

START_TEST(order_is_an_exact_permutation)
{
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct catalog cat = builtin();

        CASE_INT_EQ(catalog_reorder(&cat, orders[i].ids, orders[i].count), orders[i].err,
                    orders[i].why);
        for (uint32_t j = 0; j < cat.count; j++)
            CASE_INT_EQ(cat.entry[j].info.id, orders[i].err ? 1001 + j : orders[i].ids[j],
                        orders[i].why);
        catalog_deinit(&cat);
    }
}
END_TEST

static int do_install(struct catalog *cat)
{
    struct catalog_info info = sample_info(1);
    struct catalog_guid guid = sample_guid(1);

    return catalog_install(cat, &guid, "c:\\x.dll", &info, 1);
}

static int do_reorder(struct catalog *cat)
{
    return catalog_reorder(cat, orders[0].ids, 6);
}

static int do_layer(struct catalog *cat)
{
    return sample_layer(cat, 1, CATALOG_XP1_IFS, NULL);
}

static int do_copy(struct catalog *cat)
{
    struct catalog copy;
    int err = catalog_copy(&copy, cat);

    if (!err) {
        catalog_deinit(cat);
        *cat = copy;
    }
    return err;
}

static const struct {
    const char *why;
    int (*edit)(struct catalog *cat);
    unsigned allocations;
} edits[] = {
    {"install", do_install, 1},
    {"reorder", do_reorder, 1},
    {"install a layer", do_layer, 2},
    {"copy", do_copy, 1},
};

START_TEST(an_edit_without_memory_changes_nothing)
{
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct catalog cat = builtin(), before;
        unsigned n;

        ck_assert_int_eq(catalog_copy(&before, &cat), 0);
        for (n = 1;; n++) {
            int err;

            fault_at(n);
            err = edits[i].edit(&cat);
            if (!fault_end()) {
                CASE_INT_EQ(err, 0, edits[i].why);
                break;
            }
            CASE_INT_EQ(err, WSA_NOT_ENOUGH_MEMORY, edits[i].why);
            ck_assert_msg(sample_equal(&before, &cat), "%s", edits[i].why);
        }
        CASE_INT_EQ(n - 1, edits[i].allocations, edits[i].why); /* the loop really went round */
        catalog_deinit(&before);
        catalog_deinit(&cat);
    }
}
END_TEST

UNIT_MAIN("catalog/edit", the_built_in_entries_are_windows_own, install_appends_with_fresh_ids,
          install_refuses_what_no_catalog_may_hold, deinstall_takes_all_of_a_guid,
          update_replaces_infos_in_place, order_is_an_exact_permutation,
          an_edit_without_memory_changes_nothing)
