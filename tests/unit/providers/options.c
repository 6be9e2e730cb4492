/* SPDX-License-Identifier: MIT */
#include "providers/kit/options.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char dll[] = "C:\\windows\\system32\\ws2trace.dll";

static const struct {
    const char *why, *list, *key, *want; /* want NULL: not found */
} cases[] = {
    { "a plain option", "trace,file=x.log", "file", "x.log" },
    { "the second option", "trace,file=x.log,format=json", "format", "json" },
    { "the second layer", "count;trace,hex=4", "hex", "4" },
    { "another layer's options are not ours", "count,hex=4;trace", "hex", NULL },
    { "names compare without case", "Trace,HEX=4", "hex", "4" },
    { "named by path", "D:\\x\\WS2TRACE.dll,hex=4", "hex", "4" },
    { "named by Linux path", "/tmp/ws2trace.dll,hex=4", "hex", "4" },
    { "named by file without .dll", "ws2trace,hex=4", "hex", "4" },
    { "another DLL", "D:\\x\\ws2tracer.dll,hex=4", "hex", NULL },
    { "a switch", "trace,on", "on", "1" },
    { "an empty value", "trace,file=", "file", "" },
    { "a value with =", "trace,file=a=b", "file", "a=b" },
    { "a key that is the beginning of another", "trace,hexa=4", "hex", NULL },
    { "named twice: the first that has it", "trace,hex=4;trace,hex=5,on", "hex", "4" },
    { "named twice: looks on", "trace;trace,hex=5", "hex", "5" },
    { "nothing", "", "hex", NULL },
    { "only separators", ";;,,;=,;", "hex", NULL },
    { "too long for the buffer", "trace,file=0123456789abcdef", "file", NULL },
    { "just fits", "trace,file=0123456789abcde", "file", "0123456789abcde" },
};

START_TEST(finds_options)
{
    char value[16] = "untouched";
    bool found = options_find(cases[_i].list, "trace", dll, cases[_i].key, value, sizeof value);
    const char *want = cases[_i].want ? cases[_i].want : "untouched";

    ck_assert_msg(found == (cases[_i].want != NULL), "%s: found %d", cases[_i].why, found);
    ck_assert_msg(!strcmp(value, want), "%s: \"%s\", not \"%s\"", cases[_i].why, value, want);
}
END_TEST

static const struct {
    const char *why, *list, *known, *want; /* want NULL: all are known */
} unknown_cases[] = {
    { "all known", "trace,file=x.log,hex", "file hex", NULL },
    { "case does not matter", "trace,File=x.log", "file", NULL },
    { "a misspelt one", "trace,fiel=x.log", "file hex", "fiel" },
    { "the beginning of a known one", "trace,fil=x.log", "file", "fil" },
    { "behind known ones", "trace,file=x.log,hxe=4", "file hex", "hxe" },
    { "of another layer", "count,what=4;trace,hex=4", "hex", NULL },
    { "named twice", "trace,hex=4;trace,what=4", "hex", "what" },
    { "nothing is known", "trace,hex=4", "", "hex" },
    { "no option, or an empty one", "trace;trace,;trace,,=", "", NULL },
    { "cut short", "trace,0123456789abcdefghij", "", "0123456789abcde" },
};

START_TEST(finds_unknown_options)
{
    char key[16] = "untouched";
    bool found = options_unknown(unknown_cases[_i].list, "trace", dll, unknown_cases[_i].known, key, sizeof key);
    const char *want = unknown_cases[_i].want ? unknown_cases[_i].want : "untouched";

    ck_assert_msg(found == (unknown_cases[_i].want != NULL), "%s: found %d", unknown_cases[_i].why, found);
    ck_assert_msg(!strcmp(key, want), "%s: \"%s\", not \"%s\"", unknown_cases[_i].why, key, want);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *tests = tcase_create("options");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tests, finds_options, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(tests, finds_unknown_options, 0, sizeof unknown_cases / sizeof *unknown_cases);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
