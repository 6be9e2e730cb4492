/* SPDX-License-Identifier: MIT */
#include "providers/kit/place.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

enum {
    TCP = 1001,
    UDP = 1002,
    TCP6 = 1004,
    OURS = 1100, /* our layer entry, and our chains over TCP and UDP */
    OURS_TCP = 1101,
    OURS_UDP = 1102,
    OTHER = 1200, /* a layer over us, in the sample's form (an entry's id second) and in the documents' (layer ids) */
    OTHER_TCP = 1201,
    OTHER_TCP_DOC = 1202,
    THIRD = 1300, /* over the other */
    THIRD_TCP = 1301,
    THIRD_TCP_DOC = 1302,
    THIRD_MIXED = 1303,
    AGAIN = 1400, /* our DLL installed once more, over our own chain */
    AGAIN_TCP = 1401,
    UNDER = 1500, /* a layer under us */
    UNDER_UDP6 = 1501,
    OVER_UNDER = 1502,     /* we over its chain, */
    OVER_UNDER_DOC = 1503, /* and over its layer id */
    BROKEN = 1600,
    LOOP = 1601,
    FOLDED = 1700, /* a layer over THIRD_TCP that does not repeat what that says */
    FOLDED_TCP = 1701,
    FOLDED_ON = 1800, /* over that; we are named nowhere in it */
    FOLDED_ON_TCP = 1801,
    OURS_FOLDED = 1103, /* we over a chain over another; RAW */
    FOLDED_RAW = 1702,
    DEEP_RAW = 1802,
    RAW = 1003,
};

#define INET(t, p) .family = 2, .type = t, .protocol = p

static const struct catalog_info all[] = {
    { .id = OTHER_TCP, .chain_len = 3, .chain = { OTHER, OURS_TCP, TCP }, INET(1, 6) },
    { .id = OTHER_TCP_DOC, .chain_len = 3, .chain = { OTHER, OURS, TCP }, INET(1, 6) },
    { .id = THIRD_TCP, .chain_len = 4, .chain = { THIRD, OTHER_TCP, OURS_TCP, TCP }, INET(1, 6) },
    { .id = THIRD_TCP_DOC, .chain_len = 4, .chain = { THIRD, OTHER, OURS, TCP }, INET(1, 6) },
    { .id = THIRD_MIXED, .chain_len = 4, .chain = { THIRD, OTHER_TCP_DOC, OURS, TCP }, INET(1, 6) },
    { .id = OURS_UDP, .chain_len = 2, .chain = { OURS, UDP }, INET(2, 17) },
    { .id = OURS_TCP, .chain_len = 2, .chain = { OURS, TCP }, INET(1, 6) },
    { .id = OVER_UNDER, .chain_len = 3, .chain = { OURS, UNDER_UDP6, 1005 }, .family = 23, .type = 2, .protocol = 17 },
    { .id = OVER_UNDER_DOC, .chain_len = 3, .chain = { OURS, UNDER, 1005 }, .family = 23, .type = 2, .protocol = 17 },
    { .id = UNDER_UDP6, .chain_len = 2, .chain = { UNDER, 1005 }, .family = 23, .type = 2, .protocol = 17 },
    { .id = AGAIN_TCP, .chain_len = 3, .chain = { AGAIN, OURS_TCP, TCP }, INET(1, 6) },
    { .id = TCP, .chain_len = 1, INET(1, 6) },
    { .id = UDP, .chain_len = 1, INET(2, 17) },
    { .id = TCP6, .chain_len = 1, .family = 23, .type = 1, .protocol = 6 },
    { .id = 1005, .chain_len = 1, .family = 23, .type = 2, .protocol = 17 },
    { .id = OURS, .chain_len = 0 },
    { .id = OTHER, .chain_len = 0 },
    { .id = THIRD, .chain_len = 0 },
    { .id = AGAIN, .chain_len = 0 },
    { .id = UNDER, .chain_len = 0 },
    { .id = FOLDED_TCP, .chain_len = 3, .chain = { FOLDED, THIRD_TCP, TCP }, INET(1, 6) },
    { .id = FOLDED_ON_TCP, .chain_len = 4, .chain = { FOLDED_ON, FOLDED_TCP, THIRD_TCP, TCP }, INET(1, 6) },
    { .id = OURS_FOLDED, .chain_len = 3, .chain = { OURS, FOLDED_RAW, RAW }, INET(3, 0) },
    { .id = FOLDED_RAW, .chain_len = 3, .chain = { FOLDED, UNDER, RAW }, INET(3, 0) },
    { .id = DEEP_RAW, .chain_len = 3, .chain = { OTHER, OURS_FOLDED, RAW }, INET(3, 0) },
    { .id = RAW, .chain_len = 1, INET(3, 0) },
    { .id = BROKEN, .chain_len = 900, .chain = { OURS, OURS, OURS, OURS, OURS, OURS, OURS } },
    { .id = LOOP, .chain_len = 2, .chain = { AGAIN, LOOP }, .family = 9, .type = 9 },
};
static const uint32_t own[] = { OURS, AGAIN };
static const struct place_catalog cat = { all, sizeof all / sizeof *all, own, 2 };

static const struct {
    const char *why;
    struct {
        uint32_t id;
        int32_t chain_len;
        uint32_t chain[CATALOG_CHAIN_MAX];
        int32_t family, type, protocol;
    } given;
    int want;
    uint32_t mine, next, hand; /* hand 0: what was given */
} cases[] = {
    { "started by ws2_32: we stand first", { OURS_TCP, 2, { OURS, TCP } }, 0, OURS_TCP, TCP },
    { "each chain has its own base", { OURS_UDP, 2, { OURS, UDP } }, 0, OURS_UDP, UDP },
    { "over another layer's chain", { OVER_UNDER, 3, { OURS, UNDER_UDP6, 1005 } }, 0, OVER_UNDER, UNDER_UDP6 },
    { "over another layer's own entry", { OVER_UNDER_DOC, 3, { OURS, UNDER, 1005 } }, 0, OVER_UNDER_DOC, UNDER },
    { "under one layer, sample form", { OTHER_TCP, 3, { OTHER, OURS_TCP, TCP } }, 0, OURS_TCP, TCP },
    { "under one layer, documents' form", { OTHER_TCP_DOC, 3, { OTHER, OURS, TCP } }, 0, OURS_TCP, TCP },
    { "under two layers, sample form", { THIRD_TCP, 4, { THIRD, OTHER_TCP, OURS_TCP, TCP } }, 0, OURS_TCP, TCP },
    { "under two layers, documents' form", { THIRD_TCP_DOC, 4, { THIRD, OTHER, OURS, TCP } }, 0, OURS_TCP, TCP },
    { "under two layers, mixed", { THIRD_MIXED, 4, { THIRD, OTHER_TCP_DOC, OURS, TCP } }, 0, OURS_TCP, TCP },
    { "our DLL twice in a chain counts once", { AGAIN_TCP, 3, { AGAIN, OURS_TCP, TCP } }, 0, AGAIN_TCP, TCP },
    { "twice, documents' form", { 7, 3, { AGAIN, OURS, TCP } }, 0, 7, TCP },
    { "a new chain that the catalog does not show yet", { 7, 2, { OURS, TCP6 } }, 0, 7, TCP6 },
    { "documents' form over a base we have no chain for: by protocol",
      { 7, 3, { OTHER, OURS, TCP6 }, INET(2, 17) }, 0, OURS_UDP, TCP6 },
    { "no chain of ours is like it: the given one must do",
      { 7, 3, { OTHER, OURS, TCP6 }, .family = 77 }, 0, 7, TCP6 },
    { "an info that does not name us: by base", { 7, 2, { OTHER, UDP } }, 0, OURS_UDP, UDP },
    { "an info that does not name us: by protocol", { 7, 2, { OTHER, 55 }, INET(1, 6) }, 0, OURS_TCP, TCP, OURS_TCP },
    { "under a chain that is folded", { FOLDED_TCP, 3, { FOLDED, THIRD_TCP, TCP } }, 0, OURS_TCP, TCP },
    { "twice", { FOLDED_ON_TCP, 4, { FOLDED_ON, FOLDED_TCP, THIRD_TCP, TCP } }, 0, OURS_TCP, TCP },
    { "over a chain that is folded", { OURS_FOLDED, 3, { OURS, FOLDED_RAW, RAW } }, 0, OURS_FOLDED, FOLDED_RAW },
    { "folded above us: the chain below is named by its own info alone",
      { DEEP_RAW, 3, { OTHER, OURS_FOLDED, RAW } }, 0, OURS_FOLDED, FOLDED_RAW, FOLDED_RAW },
    { "a base entry", { TCP, 1 }, WSAEINVALIDPROVIDER, 0, 0 },
    { "a layer entry", { OURS, 0 }, WSAEINVALIDPROVIDER, 0, 0 },
    { "a length beyond the array", { 7, 8, { OURS, TCP } }, WSAEINVALIDPROVIDER, 0, 0 },
    { "a negative length", { 7, -2, { OURS, TCP } }, WSAEINVALIDPROVIDER, 0, 0 },
    { "the next element was removed", { 7, 2, { OURS, 4711 } }, WSAEINVALIDPROVIDER, 0, 0 },
    { "nothing of ours anywhere near", { 7, 2, { OTHER, 4711 }, .family = 77 }, WSAEINVALIDPROVIDER, 0, 0 },
    { "a chain that goes round", { LOOP, 2, { AGAIN, LOOP } }, WSAEINVALIDPROVIDER, 0, 0 },
    { "ourselves last", { 7, 2, { OTHER, OURS }, .family = 77 }, WSAEINVALIDPROVIDER, 0, 0 },
};

START_TEST(finds_its_place)
{
    struct catalog_info given = {
        .id = cases[_i].given.id,
        .chain_len = cases[_i].given.chain_len,
        .family = cases[_i].given.family,
        .type = cases[_i].given.type,
        .protocol = cases[_i].given.protocol,
    };
    struct place place = { 0 };
    int err;

    memcpy(given.chain, cases[_i].given.chain, sizeof given.chain);
    err = place_find(&cat, &given, &place);

    ck_assert_msg(err == cases[_i].want, "%s: %d, not %d", cases[_i].why, err, cases[_i].want);
    if (err)
        return;
    ck_assert_msg(place.mine->id == cases[_i].mine, "%s: we are %u, not %u", cases[_i].why,
                  place.mine->id, cases[_i].mine);
    ck_assert_msg(place.hand->id == (cases[_i].hand ? cases[_i].hand : given.id), "%s: it gets %u", cases[_i].why,
                  place.hand->id);
    ck_assert_msg(place.next->id == cases[_i].next, "%s: next is %u, not %u", cases[_i].why,
                  place.next->id, cases[_i].next);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("place");
    TCase *tests = tcase_create("place");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tests, finds_its_place, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
