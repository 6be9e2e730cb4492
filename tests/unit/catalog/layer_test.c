/* SPDX-License-Identifier: MIT */
#include "catalog/catalog.h"

#include "base/wsaerr.h"
#include "catalog/unfold.h"
#include "tests/unit/catalog/sample.h"
#include "tests/unit/unit.h"

static struct catalog builtin(void)
{
    struct catalog cat;

    catalog_init(&cat);
    ck_assert_int_eq(catalog_defaults(&cat, "c:\\base.dll"), 0);
    return cat;
}

static const struct catalog_entry *tcp(const struct catalog *cat)
{
    const struct catalog_entry *e = NULL;

    ck_assert_int_eq(catalog_select(cat, 2, 1, 6, &e), 0);
    return e;
}

static void assert_chain(const struct catalog_entry *e, int32_t len, const uint32_t *want)
{
    ck_assert_int_eq(e->info.chain_len, len);
    for (int32_t i = 0; i < CATALOG_CHAIN_MAX; i++)
        ck_assert_msg(e->info.chain[i] == (i < len ? want[i] : 0), "element %d is %u, not %u", i,
                      e->info.chain[i], i < len ? want[i] : 0);
}

START_TEST(one_layer_over_everything)
{
    struct catalog cat = builtin();
    struct catalog_guid guid = sample_guid(1);
    catalog_char name[CATALOG_NAME_CHARS], want[CATALOG_NAME_CHARS];
    uint32_t id = 0;

    sample_name(name, "trace");
    ck_assert_int_eq(catalog_install_layer(&cat, &guid, name, "c:\\t.dll", CATALOG_XP1_IFS,
                                           sample_everything, NULL, &id),
                     0);
    ck_assert_uint_eq(cat.count, 13);
    ck_assert_uint_eq(id, 1007);
    for (uint32_t i = 0; i < 6; i++) {
        const struct catalog_info *chain = &cat.entry[i].info, *base = &cat.entry[6 + i].info;

        assert_chain(&cat.entry[i], 2, (uint32_t[]){1007, 1001 + i});
        ck_assert_uint_eq(chain->id, 1008 + i);
        ck_assert_uint_eq(base->id, 1001 + i); /* chains come first, in the order of what they lie over */
        ck_assert_str_eq(cat.entry[i].path, "c:\\t.dll");
        ck_assert_uint_eq(chain->service_flags[0], base->service_flags[0]);
        ck_assert_uint_eq(chain->provider_flags, base->provider_flags);
        ck_assert_int_eq(chain->protocol_max_offset, base->protocol_max_offset);
        for (uint32_t j = 0; j < i; j++)
            ck_assert_int_ne(memcmp(&chain->provider, &cat.entry[j].info.provider, 16), 0);
    }
    sample_name(want, "trace over [MSAFD Tcpip [UDP/IP]]");
    ck_assert(name_equal(cat.entry[1].info.name, want));

    ck_assert_uint_eq(cat.entry[12].info.id, 1007);
    ck_assert_int_eq(cat.entry[12].info.chain_len, CATALOG_LAYER);
    ck_assert_uint_eq(cat.entry[12].info.provider_flags, CATALOG_PFL_HIDDEN);
    ck_assert_int_eq(cat.entry[12].info.type, 0);
    ck_assert_int_eq(cat.entry[12].info.protocol, 0);
    ck_assert_int_eq(memcmp(&cat.entry[12].info.provider, &guid, sizeof guid), 0);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(equal_input_gives_equal_chains)
{
    struct catalog a = builtin(), b = builtin();

    ck_assert_int_eq(sample_layer(&a, 1, CATALOG_XP1_IFS, NULL), 0);
    ck_assert_int_eq(sample_layer(&b, 1, CATALOG_XP1_IFS, NULL), 0);
    ck_assert(sample_equal(&a, &b));
    catalog_deinit(&a);
    catalog_deinit(&b);
}
END_TEST

START_TEST(layers_stack)
{
    struct catalog cat = builtin();

    ck_assert_int_eq(sample_layer(&cat, 1, CATALOG_XP1_IFS, NULL), 0); /* 1007, chain 1008 */
    ck_assert_int_eq(sample_layer(&cat, 2, CATALOG_XP1_IFS, NULL), 0); /* 1009, chain 1010 */
    assert_chain(tcp(&cat), 3, (uint32_t[]){1009, 1008, 1001});
    ck_assert_int_eq(sample_layer(&cat, 3, CATALOG_XP1_IFS, NULL), 0); /* 1011, chain 1012 */
    assert_chain(tcp(&cat), 4, (uint32_t[]){1011, 1010, 1008, 1001});
    ck_assert_uint_eq(catalog_base_of(&cat, tcp(&cat))->info.id, 1001);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(six_layers_are_the_limit)
{
    struct catalog cat = builtin(), before;

    for (uint8_t n = 1; n <= 6; n++)
        ck_assert_int_eq(sample_layer(&cat, n, CATALOG_XP1_IFS, NULL), 0);
    ck_assert_int_eq(tcp(&cat)->info.chain_len, 7);
    ck_assert_int_eq(catalog_copy(&before, &cat), 0);
    ck_assert_int_eq(sample_layer(&cat, 7, CATALOG_XP1_IFS, NULL), WSANO_RECOVERY); /* 10.12 */
    ck_assert(sample_equal(&before, &cat));
    ck_assert_uint_eq(cat.next_id, before.next_id);
    catalog_deinit(&before);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(a_layer_with_handles_of_its_own_clears_the_flag)
{
    struct catalog cat = builtin();

    ck_assert_int_eq(sample_layer(&cat, 1, 0, NULL), 0);
    ck_assert_uint_eq(tcp(&cat)->info.service_flags[0], 0x00066);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(an_ifs_layer_goes_beneath_one_with_handles_of_its_own)
{
    struct catalog cat = builtin();

    ck_assert_int_eq(sample_layer(&cat, 1, 0, NULL), 0);               /* 1007, 1008 */
    ck_assert_int_eq(sample_layer(&cat, 2, 0, NULL), 0);               /* 1009, 1010 */
    ck_assert_int_eq(sample_layer(&cat, 3, CATALOG_XP1_IFS, NULL), 0); /* 1011, 1012 */
    assert_chain(tcp(&cat), 4, (uint32_t[]){1009, 1008, 1012, 1001});
    assert_chain(catalog_find_id(&cat, 1008), 3, (uint32_t[]){1007, 1012, 1001});
    assert_chain(catalog_find_id(&cat, 1012), 2, (uint32_t[]){1011, 1001});
    ck_assert_uint_eq(catalog_find_id(&cat, 1012)->info.service_flags[0], 0x20066);
    ck_assert_uint_eq(tcp(&cat)->info.id, 1010); /* and it is still the top one that programs get */
    for (uint32_t i = 0; i < cat.count; i++)
        ck_assert(cat.entry[i].info.chain_len == CATALOG_LAYER || catalog_usable(&cat, &cat.entry[i]));
    ck_assert(catalog_find_id(&cat, 1012) > catalog_find_id(&cat, 1008));
    catalog_deinit(&cat);
}
END_TEST

START_TEST(going_beneath_can_be_too_long_for_those_above)
{
    struct catalog cat = builtin(), before;

    for (uint8_t n = 1; n <= 6; n++)
        ck_assert_int_eq(sample_layer(&cat, n, 0, NULL), 0);
    ck_assert_int_eq(catalog_copy(&before, &cat), 0);
    ck_assert_int_eq(sample_layer(&cat, 7, CATALOG_XP1_IFS, NULL), WSANO_RECOVERY);
    ck_assert(sample_equal(&before, &cat));
    catalog_deinit(&before);
    catalog_deinit(&cat);
}
END_TEST

static bool nothing(const struct catalog_info *lower, void *arg)
{
    (void)lower;
    (void)arg;
    return false;
}

static bool count_asked(const struct catalog_info *lower, void *arg)
{
    ++*(int *)arg;
    return lower->protocol == 17;
}

START_TEST(only_the_topmost_of_a_triple_is_asked)
{
    struct catalog cat = builtin();
    struct catalog_guid guid = sample_guid(2);
    catalog_char name[CATALOG_NAME_CHARS];
    int asked = 0;

    ck_assert_int_eq(sample_layer(&cat, 1, CATALOG_XP1_IFS, NULL), 0);
    sample_name(name, "second");
    ck_assert_int_eq(catalog_install_layer(&cat, &guid, name, "c:\\t.dll", CATALOG_XP1_IFS, count_asked,
                                           &asked, NULL),
                     0);
    ck_assert_int_eq(asked, 6);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(what_is_refused)
{
    struct catalog cat = builtin(), before;
    struct catalog_guid used = sample_guid(1), fresh = sample_guid(9);
    catalog_char name[CATALOG_NAME_CHARS], empty[CATALOG_NAME_CHARS] = {0};
    char path[300];

    ck_assert_int_eq(sample_layer(&cat, 1, CATALOG_XP1_IFS, NULL), 0);
    ck_assert_int_eq(catalog_copy(&before, &cat), 0);
    memset(path, 'p', sizeof path);
    path[260] = 0;
    sample_name(name, "new");
#define TRY(guid, name, path, wanted)                                                               \
    catalog_install_layer(&cat, guid, name, path, CATALOG_XP1_IFS, wanted, NULL, NULL)
    ck_assert_int_eq(TRY(&used, name, "c:\\t.dll", sample_everything), WSAEINVAL);
    ck_assert_int_eq(TRY(&fresh, empty, "c:\\t.dll", sample_everything), WSAEINVAL);
    ck_assert_int_eq(TRY(&fresh, name, "", sample_everything), WSAEINVAL);
    ck_assert_int_eq(TRY(&fresh, name, path, sample_everything), WSAEINVAL);
    ck_assert_int_eq(TRY(&fresh, name, "c:\\t.dll", nothing), WSAEINVAL);
    sample_name(name, "layer B"); /* sample_layer's name for 1 */
    ck_assert_int_eq(TRY(&fresh, name, "c:\\t.dll", sample_everything), WSAEINVAL);
    ck_assert(sample_equal(&before, &cat));
    sample_name(name, "new");
    path[259] = 0;
    ck_assert_int_eq(TRY(&fresh, name, path, sample_everything), 0);
#undef TRY
    catalog_deinit(&before);
    catalog_deinit(&cat);
}
END_TEST

START_TEST(a_long_name_is_cut)
{
    struct catalog cat = builtin();
    struct catalog_guid guid = sample_guid(1);
    catalog_char name[CATALOG_NAME_CHARS];
    char text[256];

    memset(text, 'n', sizeof text);
    text[255] = 0;
    sample_name(name, text);
    ck_assert_int_eq(catalog_install_layer(&cat, &guid, name, "c:\\t.dll", CATALOG_XP1_IFS,
                                           sample_everything, NULL, NULL),
                     0);
    ck_assert_uint_eq(name_chars(cat.entry[0].info.name), 255);
    catalog_deinit(&cat);
}
END_TEST

/* Removing in any order relinks what lies above and, in the end, gives back what there was. */
START_TEST(removal_relinks)
{
    static const uint8_t order[6][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};

    for (int o = 0; o < 6; o++) {
        struct catalog cat = builtin(), before;

        ck_assert_int_eq(catalog_copy(&before, &cat), 0);
        for (uint8_t n = 1; n <= 3; n++)
            ck_assert_int_eq(sample_layer(&cat, n, n == 2 ? 0 : CATALOG_XP1_IFS, NULL), 0);
        for (int i = 0; i < 3; i++) {
            struct catalog_guid guid = sample_guid(order[o][i]);

            ck_assert_int_eq(tcp(&cat)->info.chain_len, 4 - i);
            ck_assert_int_eq(catalog_remove_layer(&cat, &guid), 0);
            for (uint32_t j = 0; j < cat.count; j++)
                ck_assert(cat.entry[j].info.chain_len == CATALOG_LAYER ||
                          catalog_usable(&cat, &cat.entry[j]));
            ck_assert_int_eq(catalog_remove_layer(&cat, &guid), WSAEINVAL);
        }
        ck_assert(sample_equal(&before, &cat));
        catalog_deinit(&before);
        catalog_deinit(&cat);
    }
}
END_TEST

/* Each layer once, those that pass kernel handles up beneath the others, the base last. */
static void way_is_whole(const struct catalog *cat, int layers)
{
    uint32_t way[CATALOG_DEEP];
    bool beneath = false;

    ck_assert_int_eq(catalog_way(cat, &tcp(cat)->info, way), layers ? layers + 1 : 0);
    ck_assert_uint_eq(layers ? way[layers] : tcp(cat)->info.id, 1001);
    for (int i = 0; i < layers; i++) {
        const struct catalog_entry *e = i ? catalog_find_id(cat, way[i]) : tcp(cat);
        bool ifs = e->info.service_flags[0] & CATALOG_XP1_IFS;

        ck_assert(!beneath || ifs);
        beneath = beneath || ifs;
        for (int j = 1; j < i; j++)
            ck_assert_uint_ne(way[i], way[j]);
    }
    for (uint32_t j = 0; j < cat->count; j++)
        ck_assert(cat->entry[j].info.chain_len == CATALOG_LAYER || catalog_usable(cat, &cat->entry[j]));
}

/* Thirty layers, of both kinds in every order, one on another; then out again, one by one. */
START_TEST(deep_chains_are_folded)
{
    enum { LAYERS = 30 };
    uint32_t state = 7;

    for (int round = 0; round < 4; round++) {
        struct catalog cat = builtin(), before;
        uint8_t there[LAYERS];

        cat.folds = true;
        ck_assert_int_eq(catalog_copy(&before, &cat), 0);
        for (int n = 0; n < LAYERS; n++) {
            state = state * 1664525u + 1013904223u;
            there[n] = (uint8_t)n;
            ck_assert_int_eq(sample_layer(&cat, (uint8_t)n, state >> 31 ? CATALOG_XP1_IFS : 0, NULL), 0);
            way_is_whole(&cat, n + 1);
        }
        for (int left = LAYERS; left > 0; left--) {
            struct catalog_guid guid;
            int which;

            state = state * 1664525u + 1013904223u;
            which = (int)((state >> 8) % (uint32_t)left);
            guid = sample_guid(there[which]);
            there[which] = there[left - 1];
            ck_assert_int_eq(catalog_remove_layer(&cat, &guid), 0);
            way_is_whole(&cat, left - 1);
        }
        ck_assert(sample_equal(&before, &cat));
        catalog_deinit(&before);
        catalog_deinit(&cat);
    }
}
END_TEST

START_TEST(only_layers_can_be_removed_as_layers)
{
    struct catalog cat = builtin();
    struct catalog_guid base = cat.entry[0].info.provider, chain;

    ck_assert_int_eq(catalog_remove_layer(&cat, &base), WSAEINVAL);
    ck_assert_int_eq(sample_layer(&cat, 1, CATALOG_XP1_IFS, NULL), 0);
    chain = tcp(&cat)->info.provider;
    ck_assert_int_eq(catalog_remove_layer(&cat, &chain), WSAEINVAL);
    ck_assert_uint_eq(cat.count, 8);
    catalog_deinit(&cat);
}
END_TEST

/* Damage elsewhere in the catalog must not be followed out of an array. */
START_TEST(damaged_chains_are_left_alone)
{
    struct catalog cat = builtin();
    struct catalog_guid guid = sample_guid(1);
    struct catalog_info wild = sample_info(0x7FFFFFFF);

    wild.id = 3000;
    wild.provider = sample_guid(5);
    wild.service_flags[0] = 0;
    sample_add(&cat, &wild);
    wild.id = 3001;
    wild.chain_len = -5;
    sample_add(&cat, &wild);
    ck_assert_int_eq(sample_layer(&cat, 1, 0, NULL), 0);
    ck_assert_int_eq(sample_layer(&cat, 2, CATALOG_XP1_IFS, NULL), 0);
    ck_assert_int_eq(catalog_remove_layer(&cat, &guid), 0);
    ck_assert_int_eq(catalog_find_id(&cat, 3000)->info.chain_len, 0x7FFFFFFF);
    catalog_deinit(&cat);
}
END_TEST

UNIT_MAIN("catalog/layer", one_layer_over_everything, equal_input_gives_equal_chains, layers_stack,
          six_layers_are_the_limit, a_layer_with_handles_of_its_own_clears_the_flag,
          an_ifs_layer_goes_beneath_one_with_handles_of_its_own,
          going_beneath_can_be_too_long_for_those_above, only_the_topmost_of_a_triple_is_asked,
          what_is_refused, a_long_name_is_cut, removal_relinks, deep_chains_are_folded,
          only_layers_can_be_removed_as_layers,
          damaged_chains_are_left_alone)
