/* SPDX-License-Identifier: MIT */
/* The selection cases of spi.md 13.3 that the catalog decides. */
#include "catalog/catalog.h"

#include "base/wsaerr.h"
#include "tests/unit/catalog/sample.h"
#include "tests/unit/unit.h"

static struct catalog builtin(void)
{
    struct catalog cat;

    catalog_init(&cat);
    ck_assert_int_eq(catalog_defaults(&cat, "c:\\base.dll"), 0);
    return cat;
}

static const struct {
    const char *why;
    int family, type, protocol, err;
    uint32_t id;
} builtin_cases[] = {
    {"3.1 TCP by default", 2, 1, 0, 0, 1001},
    {"3.1 TCP", 2, 1, 6, 0, 1001},
    {"3.1 UDP by default", 2, 2, 0, 0, 1002},
    {"3.1 UDP", 2, 2, 17, 0, 1002},
    {"3.1 raw ICMP: hidden entries are found", 2, 3, 1, 0, 1003},
    {"3.1 raw 0", 2, 3, 0, 0, 1003},
    {"3.1 raw 255", 2, 3, 255, 0, 1003},
    {"3.1 TCP over IPv6", 23, 1, 6, 0, 1004},
    {"3.1 UDP over IPv6", 23, 2, 0, 0, 1005},
    {"3.1 raw IPv6", 23, 3, 58, 0, 1006},
    {"3.2 any type of IPv4", 2, 0, 0, 0, 1001},
    {"3.3 any family, stream, TCP", 0, 1, 6, 0, 1001},
    {"3.3 any family, datagram, UDP", 0, 2, 17, 0, 1002},
    {"3.3 TCP alone", 0, 0, 6, 0, 1001},
    {"3.3 UDP alone", 0, 0, 17, 0, 1002},
    {"3.4 nothing asked", 0, 0, 0, WSAEINVAL, 0},
    {"3.4 a type alone", 0, 1, 0, WSAEINVAL, 0},
    {"3.5 unknown family", 99, 1, 0, WSAEAFNOSUPPORT, 0},
    {"3.6 unknown type", 2, 77, 0, WSAESOCKTNOSUPPORT, 0},
    {"3.7 UDP over a stream", 2, 1, 17, WSAEPROTOTYPE, 0},
    {"3.7 TCP over datagrams", 2, 2, 6, WSAEPROTOTYPE, 0},
    {"3.8 raw's last number, as a stream", 2, 1, 250, WSAEPROTOTYPE, 0},
    {"3.8 a protocol that nobody has", 2, 1, 256, WSAEPROTONOSUPPORT, 0},
    {"3.8 raw beyond its range", 2, 3, 256, WSAEPROTONOSUPPORT, 0},
    {"a negative protocol", 2, 1, -1, WSAEPROTONOSUPPORT, 0},
    {"unknown family and type", 99, 77, 0, WSAESOCKTNOSUPPORT, 0},
};

START_TEST(triples_in_the_built_in_catalog)
{
    struct catalog cat = builtin();

    for (size_t i = 0; i < sizeof builtin_cases / sizeof builtin_cases[0]; i++) {
        const struct catalog_entry *e = NULL;
        int err = catalog_select(&cat, builtin_cases[i].family, builtin_cases[i].type,
                                 builtin_cases[i].protocol, &e);

        CASE_INT_EQ(err, builtin_cases[i].err, builtin_cases[i].why);
        CASE_INT_EQ(e ? e->info.id : 0, builtin_cases[i].id, builtin_cases[i].why);
    }
    catalog_deinit(&cat);
}
END_TEST

static const struct {
    const char *why;
    int32_t protocol, offset;
    uint32_t flags;
    int asked, err;
} ranges[] = {
    {"3.9 below", 100, 5, 0, 99, WSAEPROTONOSUPPORT},
    {"3.9 first", 100, 5, 0, 100, 0},
    {"3.9 last", 100, 5, 0, 105, 0},
    {"3.9 above", 100, 5, 0, 106, WSAEPROTONOSUPPORT},
    {"3.10 negative, first", -2, 1, 0, -2, 0},
    {"3.10 negative, last", -2, 1, 0, -1, 0},
    {"3.10 negative, above", -2, 1, 0, 0, WSAEPROTONOSUPPORT},
    {"NetBIOS-like", INT32_MIN, 3, 0, INT32_MIN + 3, 0},
    {"a range that would run over INT_MAX", INT32_MAX - 1, 100, 0, INT32_MAX, 0},
    {"a range that would run over INT_MAX does not wrap", INT32_MAX - 1, 100, 0, INT32_MIN,
     WSAEPROTONOSUPPORT},
    {"3.11 zero without the flag", 6, 0, 0, 0, WSAEPROTONOSUPPORT},
    {"zero with the flag", 6, 0, CATALOG_PFL_MATCHES_ZERO, 0, 0},
    {"Network Direct entries carry no sockets", 6, 0, CATALOG_PFL_NETWORKDIRECT, 6, WSAEAFNOSUPPORT},
    {"hidden entries do", 6, 0, CATALOG_PFL_HIDDEN, 6, 0},
};

START_TEST(protocol_ranges)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct catalog_info info = sample_info(CATALOG_BASE);
        const struct catalog_entry *e;
        struct catalog cat;

        catalog_init(&cat);
        info.id = 1001;
        info.protocol = ranges[i].protocol;
        info.protocol_max_offset = ranges[i].offset;
        info.provider_flags = ranges[i].flags;
        sample_add(&cat, &info);
        CASE_INT_EQ(catalog_select(&cat, 2, 1, ranges[i].asked, &e), ranges[i].err, ranges[i].why);
        catalog_deinit(&cat);
    }
}
END_TEST

START_TEST(layers_own_entries_count_nowhere)
{
    struct catalog_info info = sample_info(CATALOG_LAYER);
    struct catalog cat = builtin();
    const struct catalog_entry *e;

    info.id = 1100;
    info.family = 55;
    sample_add(&cat, &info);
    ck_assert_int_eq(catalog_select(&cat, 55, 1, 6, &e), WSAEAFNOSUPPORT); /* 3.12 */
    ck_assert_int_eq(catalog_select_family(&cat, 55, &e), WSAEINVAL);
    ck_assert_int_eq(catalog_select_info(&cat, &info, &e), WSAEINVALIDPROVIDER); /* 3.18 */
    catalog_deinit(&cat);
}
END_TEST

START_TEST(the_first_in_order_wins)
{
    struct catalog cat = builtin();
    struct catalog_info info = sample_info(CATALOG_BASE);
    uint32_t ids[7] = {1100, 1001, 1002, 1003, 1004, 1005, 1006};
    const struct catalog_entry *e;

    info.id = 1100;
    sample_add(&cat, &info);
    ck_assert_int_eq(catalog_select(&cat, 2, 1, 6, &e), 0);
    ck_assert_uint_eq(e->info.id, 1001);
    ck_assert_int_eq(catalog_reorder(&cat, ids, 7), 0); /* 3.13 */
    ck_assert_int_eq(catalog_select(&cat, 2, 1, 6, &e), 0);
    ck_assert_uint_eq(e->info.id, 1100);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(an_orphan_chain_is_stepped_over)
{
    struct catalog cat = builtin();
    struct catalog_guid guid = sample_guid(1);
    struct catalog_info orphan;
    const struct catalog_entry *e;
    uint32_t layer_id;

    ck_assert_int_eq(sample_layer(&cat, 1, CATALOG_XP1_IFS, &layer_id), 0);
    ck_assert_int_eq(catalog_select(&cat, 2, 1, 6, &e), 0);
    ck_assert_int_eq(e->info.chain_len, 2);
    orphan = e->info;
    ck_assert_int_eq(catalog_deinstall(&cat, &guid), 0); /* 10.7: the hidden entry first */
    ck_assert_ptr_nonnull(catalog_find_id(&cat, orphan.id));
    ck_assert_int_eq(catalog_select(&cat, 2, 1, 6, &e), 0);
    ck_assert_uint_eq(e->info.id, 1001);
    ck_assert_int_eq(catalog_select_info(&cat, &orphan, &e), WSAEINVALIDPROVIDER);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(an_info_is_found_by_id_then_guid)
{
    struct catalog cat = builtin();
    struct catalog_info info = cat.entry[4].info;
    const struct catalog_entry *e;

    ck_assert_int_eq(catalog_select_info(&cat, &info, &e), 0); /* 3.15 */
    ck_assert_uint_eq(e->info.id, 1005);
    info.id = 77; /* 3.16 */
    ck_assert_int_eq(catalog_select_info(&cat, &info, &e), 0);
    ck_assert_uint_eq(e->info.id, 1005);
    info.type = 88;
    ck_assert_int_eq(catalog_select_info(&cat, &info, &e), 0);
    ck_assert_uint_eq(e->info.id, 1004);
    info.id = 1001; /* another provider's id */
    ck_assert_int_eq(catalog_select_info(&cat, &info, &e), 0);
    ck_assert_uint_eq(e->info.id, 1004);
    info.provider = sample_guid(9); /* 3.17 */
    ck_assert_int_eq(catalog_select_info(&cat, &info, &e), WSAEINVAL);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(a_family_alone)
{
    struct catalog cat = builtin();
    const struct catalog_entry *e;

    ck_assert_int_eq(catalog_select_family(&cat, 2, &e), 0);
    ck_assert_uint_eq(e->info.id, 1001);
    ck_assert_int_eq(catalog_select_family(&cat, 23, &e), 0);
    ck_assert_uint_eq(e->info.id, 1004);
    ck_assert_int_eq(catalog_select_family(&cat, 99, &e), WSAEINVAL);
    ck_assert_int_eq(catalog_select_family(&cat, 0, &e), WSAEINVAL);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(an_empty_catalog_has_nothing)
{
    struct catalog cat;
    const struct catalog_entry *e;

    catalog_init(&cat);
    ck_assert_int_eq(catalog_select(&cat, 2, 1, 6, &e), WSAEAFNOSUPPORT);
    catalog_deinit(&cat);
}
END_TEST

UNIT_MAIN("catalog/select", triples_in_the_built_in_catalog, protocol_ranges,
          layers_own_entries_count_nowhere, the_first_in_order_wins, an_orphan_chain_is_stepped_over,
          an_info_is_found_by_id_then_guid, a_family_alone, an_empty_catalog_has_nothing)
