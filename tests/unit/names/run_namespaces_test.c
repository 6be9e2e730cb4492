/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/run_namespaces.h"

#include <string.h>

#include "catalog/run_layers.h"
#include "tests/unit/unit.h"

START_TEST(lists_are_split)
{
    static const struct {
        const char *list;
        int count;
        const char *path; /* of the first */
        uint32_t name_space;
    } rows[] = {
        {"proxy", 1, "%SystemRoot%\\system32\\ws2proxy.dll", 12},
        {"proxy,server=a:1;c:\\dir\\my.dll", 2, "%SystemRoot%\\system32\\ws2proxy.dll", 12},
        {"c:\\dir\\my.dll,ns=37", 1, "c:\\dir\\my.dll", 37},
        {"my.dll,x=ns=3,ns=4294967295,y", 1, "my.dll", 4294967295u},
        {"my.dll,ns=4294967296", -1, NULL, 0},
        {"my.dll,ns=0", -1, NULL, 0},
        {"my.dll,ns=", -1, NULL, 0},
        {"my.dll,ns=dns", -1, NULL, 0},
        {"a;b;c;d;e;f;g;h", 8, "%SystemRoot%\\system32\\ws2a.dll", 12},
        {"a;b;c;d;e;f;g;h;i", -1, NULL, 0},
        {"a;b;A", -1, NULL, 0},
        {"", -1, NULL, 0},
        {";", -1, NULL, 0},
        {"a;", -1, NULL, 0},
        {",ns=3", -1, NULL, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct run_namespace run[RUN_NAMESPACES_MAX];

        CASE_INT_EQ(run_namespaces_parse(rows[i].list, run), rows[i].count, rows[i].list);
        if (rows[i].count < 0)
            continue;
        ck_assert_str_eq(run[0].path, rows[i].path);
        CASE_INT_EQ(run[0].name_space, rows[i].name_space, rows[i].list);
    }
}
END_TEST

START_TEST(a_dll_has_one_guid_as_layer_and_as_name_space)
{
    struct run_namespace run[RUN_NAMESPACES_MAX];
    struct run_layer layer[RUN_LAYERS_MAX];

    ck_assert_int_eq(run_namespaces_parse("proxy,a=b", run), 1);
    ck_assert_int_eq(run_layers_parse("Proxy", layer), 1);
    ck_assert_mem_eq(&run[0].provider, &layer[0].provider, sizeof run[0].provider);
}
END_TEST

UNIT_MAIN("names/run_namespaces", lists_are_split, a_dll_has_one_guid_as_layer_and_as_name_space)
