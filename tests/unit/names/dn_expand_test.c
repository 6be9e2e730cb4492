/* SPDX-License-Identifier: MIT */
#include "ws2_32/compat/dn_expand.h"

#include "tests/unit/unit.h"

#include <string.h>

static const uint8_t msg[] = "\3www\7example\3com\0" /* 0 */
                             "\4mail\xc0\4"          /* 17 */
                             "\xc0\x11"              /* 24: to 17 */
                             "\xc0\x1a"              /* 26: to itself */
                             "\xc0\x1e"              /* 28: forward */
                             "\0"                    /* 30 */
                             "\2a.\1\\\1\1\0"        /* 31 */
                             "\x40xx"                /* 39: an extended label */
                             "\3ab";                 /* 42: cut off */

static const struct {
    const char *why;
    size_t at, room;
    int want;
    const char *text;
} cases[] = {
    {"a plain name", 0, 100, 17, "www.example.com"},
    {"a label before a pointer", 17, 100, 7, "mail.example.com"},
    {"a pointer to a pointer", 24, 100, 2, "mail.example.com"},
    {"a pointer to itself", 26, 100, -1, NULL},
    {"a pointer forward", 28, 100, -1, NULL},
    {"the root", 30, 100, 1, ""},
    {"what would confuse a reader is escaped", 31, 100, 8, "a\\..\\\\.\\001"},
    {"a kind of label that is not", 39, 100, -1, NULL},
    {"the message ends inside", 42, 100, -1, NULL},
    {"just enough room", 0, 16, 17, "www.example.com"},
    {"one too few", 0, 15, -1, NULL},
    {"no room", 30, 0, -1, NULL},
    {"beyond the end", 1000, 100, -1, NULL},
};

START_TEST(expands)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[100];
        int got = dn_expand_text(msg, sizeof msg - 1, cases[i].at, text, cases[i].room);

        CASE_INT_EQ(got, cases[i].want, cases[i].why);
        ck_assert_msg(got < 0 || !strcmp(text, cases[i].text), "%s: %s", cases[i].why, text);
    }
}
END_TEST

UNIT_MAIN("compat/dn_expand", expands)
