/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_UNIT_UNIT_H
#define WS2_TESTS_UNIT_UNIT_H
/*
 * A test file is a program: test functions (START_TEST), and a list of them at the end. Each test
 * runs in a process of its own, so one crash is one failure. Cases are rows with a sentence; a
 * failure prints it.
 */
#include <check.h>
#include <stdlib.h>

#define UNIT_MAIN(name, ...)                                                                        \
    int main(void)                                                                                  \
    {                                                                                               \
        const TTest *const tests[] = {__VA_ARGS__};                                                 \
        Suite *suite = suite_create(name);                                                          \
        TCase *tcase = tcase_create(name);                                                          \
        SRunner *runner = srunner_create(suite);                                                    \
        int failed;                                                                                 \
                                                                                                    \
        tcase_set_timeout(tcase, 120);                                                              \
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)                                 \
            tcase_add_test(tcase, tests[i]);                                                        \
        suite_add_tcase(suite, tcase);                                                              \
        srunner_run_all(runner, CK_NORMAL);                                                         \
        failed = srunner_ntests_failed(runner);                                                     \
        srunner_free(runner);                                                                       \
        return failed != 0;                                                                         \
    }

/* For rows: says which one, and both values. */
#define CASE_INT_EQ(got, want, why)                                                                 \
    do {                                                                                            \
        long long got_ = (got), want_ = (want);                                                     \
        ck_assert_msg(got_ == want_, "%s: %s is %lld, not %lld", why, #got, got_, want_);           \
    } while (0)

#endif
