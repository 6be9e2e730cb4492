/* SPDX-License-Identifier: MIT */
#include "catalog/run_layers.h"

#include "base/wsaerr.h"
#include "catalog/unfold.h"
#include "tests/unit/catalog/sample.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/unit.h"

static const struct {
    const char *list;
    int count;
    const char *name, *path; /* of the first */
} lists[] = {
    {"trace", 1, "trace", "%SystemRoot%\\system32\\ws2trace.dll"},
    {"trace,file=c:\\a;shape", 2, "trace", "%SystemRoot%\\system32\\ws2trace.dll"},
    {"Trace", 1, "trace", "%SystemRoot%\\system32\\ws2Trace.dll"},
    {"c:\\some dir\\My.DLL,x=y", 1, "my", "c:\\some dir\\My.DLL"},
    {"c:/a/b.dll", 1, "b", "c:/a/b.dll"},
    {"z:b.dll", 1, "b", "z:b.dll"},
    {"layer.dll", 1, "layer", "layer.dll"},
    {"c:\\x\\noext", 1, "noext", "c:\\x\\noext"},
    {"a;b;c;d;e;f", 6, "a", "%SystemRoot%\\system32\\ws2a.dll"},
    {"a;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q;r;s;t;u;v;w;x;y;z;1;2;3;4;5;6", 32, "a", "%SystemRoot%\\system32\\ws2a.dll"},
    {"a;b;c;d;e;f;g;h;i;j;k;l;m;n;o;p;q;r;s;t;u;v;w;x;y;z;1;2;3;4;5;6;7", -1, NULL, NULL},
    {"", -1, NULL, NULL},
    {";", -1, NULL, NULL},
    {"trace;", -1, NULL, NULL},
    {";trace", -1, NULL, NULL},
    {"trace;;shape", -1, NULL, NULL},
    {",file=a", -1, NULL, NULL},
    {"trace,file=a;TRACE,file=b", -1, NULL, NULL},
    {"c:\\dir\\", -1, NULL, NULL},
};

START_TEST(lists_are_split)
{
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct run_layer layer[RUN_LAYERS_MAX];
        catalog_char want[CATALOG_NAME_CHARS];

        CASE_INT_EQ(run_layers_parse(lists[i].list, layer), lists[i].count, lists[i].list);
        if (lists[i].count < 0)
            continue;
        sample_name(want, lists[i].name);
        ck_assert_msg(name_equal(layer[0].name, want), "%s", lists[i].list);
        ck_assert_str_eq(layer[0].path, lists[i].path);
    }
}
END_TEST

START_TEST(long_names_are_refused)
{
    char text[600];
    struct run_layer layer;
    size_t longest = 0;

    for (size_t n = 1; n < sizeof text; n++) {
        memset(text, 'a', n);
        if (run_layers_name(text, n, &layer)) {
            longest = n;
            ck_assert_uint_lt(strlen(layer.path), CATALOG_PATH_BYTES);
        }
    }
    ck_assert_uint_eq(longest, 259 - strlen("%SystemRoot%\\system32\\ws2") - strlen(".dll"));
}
END_TEST

START_TEST(the_guid_depends_on_the_name_alone)
{
    struct run_layer a, b, c;

    ck_assert(run_layers_name("c:\\one\\My.dll", 13, &a));
    ck_assert(run_layers_name("d:\\two\\MY.DLL", 13, &b));
    ck_assert(run_layers_name("d:\\two\\my2.dll", 14, &c));
    ck_assert_int_eq(memcmp(&a.provider, &b.provider, sizeof a.provider), 0);
    ck_assert_int_ne(memcmp(&a.provider, &c.provider, sizeof a.provider), 0);
}
END_TEST

static struct catalog layered(const char *list)
{
    struct run_layer layer[RUN_LAYERS_MAX];
    struct catalog cat;
    int count = run_layers_parse(list, layer);

    ck_assert_int_gt(count, 0);
    catalog_init(&cat);
    ck_assert_int_eq(catalog_defaults(&cat, "c:\\base.dll"), 0);
    ck_assert_int_eq(run_layers_apply(&cat, layer, count), 0);
    return cat;
}

START_TEST(the_first_is_outermost_and_tcp_and_udp_are_covered)
{
    static const struct {
        int family, type, protocol;
        int32_t len;
    } want[] = {{2, 1, 6, 3}, {2, 2, 17, 3}, {23, 1, 6, 3}, {23, 2, 17, 3}, {2, 3, 1, 1}, {23, 3, 1, 1}};
    struct catalog cat = layered("trace;shape");
    const struct catalog_entry *e;

    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        ck_assert_int_eq(catalog_select(&cat, want[i].family, want[i].type, want[i].protocol, &e), 0);
        ck_assert_int_eq(e->info.chain_len, want[i].len);
        if (want[i].len == 3) {
            ck_assert_str_eq(e->path, "%SystemRoot%\\system32\\ws2trace.dll");
            ck_assert(run_layers_owns(e->info.id) && run_layers_owns(e->info.chain[0]) &&
                      run_layers_owns(e->info.chain[1]) && !run_layers_owns(e->info.chain[2]));
        }
    }
    ck_assert_uint_eq(cat.next_id, 1007); /* stored ids go on where they were */
    catalog_deinit(&cat);
}
END_TEST

START_TEST(two_processes_of_a_run_agree)
{
    struct catalog a = layered("trace,file=a;c:\\x\\my.dll"), b = layered("trace,file=a;c:\\x\\my.dll");

    ck_assert(sample_equal(&a, &b));
    catalog_deinit(&a);
    catalog_deinit(&b);
}
END_TEST

START_TEST(what_is_installed_for_good_stays_put)
{
    struct run_layer layer[RUN_LAYERS_MAX];
    struct catalog cat, before;

    catalog_init(&cat);
    ck_assert_int_eq(catalog_defaults(&cat, "c:\\base.dll"), 0);
    ck_assert_int_eq(run_layers_parse("trace", layer), 1);
    ck_assert_int_eq(run_layers_put(&cat, layer), 0);
    ck_assert_int_eq(catalog_copy(&before, &cat), 0);
    ck_assert_int_eq(run_layers_apply(&cat, layer, 1), 0);
    ck_assert(sample_equal(&before, &cat));
    catalog_deinit(&before);
    catalog_deinit(&cat);
}
END_TEST

/* An installer, run under layers, stores a chain over the topmost entry that it sees. */
START_TEST(stored_chains_do_not_name_a_runs_entries)
{
    struct catalog cat = layered("trace;shape");
    const struct catalog_entry *top;
    struct catalog_info info, untouched = sample_info(3);

    ck_assert_int_eq(catalog_select(&cat, 2, 1, 6, &top), 0);
    info = top->info;
    info.chain_len = top->info.chain_len + 1;
    memmove(&info.chain[2], &top->info.chain[1], 2 * sizeof info.chain[0]);
    info.chain[0] = 1100;
    info.chain[1] = top->info.id;
    ck_assert(run_layers_named(&info) && run_layers_strip(&cat, &info) && !run_layers_named(&info));
    ck_assert_int_eq(info.chain_len, 2);
    ck_assert_uint_eq(info.chain[0], 1100);
    ck_assert_uint_eq(info.chain[1], 1001);
    ck_assert_uint_eq(info.chain[2], 0);

    untouched.chain[0] = 1100;
    untouched.chain[1] = 1101;
    untouched.chain[2] = 1001;
    ck_assert(!run_layers_named(&untouched));
    untouched.chain_len = 0x7FFFFFFF;
    ck_assert(!run_layers_named(&untouched));
    catalog_deinit(&cat);
}
END_TEST

/* As before, but over ten layers of the run, which lie over four that are stored: a chain that is folded in the midst. */
START_TEST(stored_chains_keep_what_is_stored_beneath_a_deep_run)
{
    struct run_layer layer[RUN_LAYERS_MAX];
    uint32_t want[6] = {1100}, way[CATALOG_DEEP];
    const struct catalog_entry *top;
    struct catalog_info info;
    struct catalog cat;

    catalog_init(&cat);
    ck_assert_int_eq(catalog_defaults(&cat, "c:\\base.dll"), 0);
    for (uint8_t n = 0; n < 4; n++)
        ck_assert_int_eq(sample_layer(&cat, n, CATALOG_XP1_IFS, NULL), 0);
    ck_assert_int_eq(catalog_select(&cat, 2, 1, 6, &top), 0);
    want[1] = top->info.id;
    memcpy(&want[2], &top->info.chain[1], 4 * sizeof want[0]);
    ck_assert_int_eq(run_layers_parse("a;b;c;d;e;f;g;h;i;j", layer), 10);
    ck_assert_int_eq(run_layers_apply(&cat, layer, 10), 0);
    ck_assert_int_eq(catalog_select(&cat, 2, 1, 6, &top), 0);
    ck_assert_int_eq(catalog_way(&cat, &top->info, way), 15);
    ck_assert(catalog_usable(&cat, top) && catalog_base_of(&cat, top)->info.id == 1001);

    info = top->info;
    info.chain_len = 3;
    info.chain[0] = 1100;
    info.chain[1] = top->info.id;
    info.chain[2] = 1001;
    ck_assert(run_layers_strip(&cat, &info));
    ck_assert_int_eq(info.chain_len, 6);
    ck_assert_int_eq(memcmp(info.chain, want, sizeof want), 0);
    catalog_deinit(&cat);
}
END_TEST

/* Six stored layers, and one more that was put over the run: there is no room for it in what is stored. */
START_TEST(what_does_not_fit_without_a_run_is_refused)
{
    struct run_layer layer[RUN_LAYERS_MAX];
    const struct catalog_entry *top;
    struct catalog_info info;
    struct catalog cat;

    catalog_init(&cat);
    ck_assert_int_eq(catalog_defaults(&cat, "c:\\base.dll"), 0);
    for (uint8_t n = 0; n < 6; n++)
        ck_assert_int_eq(sample_layer(&cat, n, CATALOG_XP1_IFS, NULL), 0);
    ck_assert_int_eq(run_layers_parse("a", layer), 1);
    ck_assert_int_eq(run_layers_apply(&cat, layer, 1), 0);
    ck_assert_int_eq(catalog_select(&cat, 2, 1, 6, &top), 0);
    ck_assert_int_eq(top->info.chain_len, 3);
    info = top->info;
    info.chain[0] = 1100;
    info.chain[1] = top->info.id;
    info.chain[2] = 1001;
    ck_assert(!run_layers_strip(&cat, &info));
    catalog_deinit(&cat);
}
END_TEST

START_TEST(applying_without_memory_fails)
{
    struct run_layer layer[RUN_LAYERS_MAX];
    int count = run_layers_parse("trace;shape", layer);
    unsigned n;

    for (n = 1;; n++) {
        struct catalog cat;
        int err;

        catalog_init(&cat);
        ck_assert_int_eq(catalog_defaults(&cat, "c:\\base.dll"), 0);
        fault_at(n);
        err = run_layers_apply(&cat, layer, count);
        if (!fault_end()) {
            ck_assert_int_eq(err, 0);
            catalog_deinit(&cat);
            break;
        }
        ck_assert_int_eq(err, WSA_NOT_ENOUGH_MEMORY);
        ck_assert_uint_eq(cat.next_id, 1007);
        catalog_deinit(&cat);
    }
    ck_assert_uint_eq(n - 1, 4);
}
END_TEST

UNIT_MAIN("catalog/run_layers", lists_are_split, long_names_are_refused, the_guid_depends_on_the_name_alone,
          the_first_is_outermost_and_tcp_and_udp_are_covered, two_processes_of_a_run_agree,
          what_is_installed_for_good_stays_put, stored_chains_do_not_name_a_runs_entries,
          stored_chains_keep_what_is_stored_beneath_a_deep_run, what_does_not_fit_without_a_run_is_refused,
          applying_without_memory_fails)
