/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/bufs.h"

#include <string.h>

#include "tests/unit/unit.h"

static char first[] = "abc", second[] = "", third[] = "defg";

static const struct {
    const char *why;
    uint64_t skip;
    uint32_t left;    /* buffers */
    const char *rest; /* bytes of all of them */
} cases[] = {
    { "nothing is taken", 0, 3, "abcdefg" },
    { "part of the first buffer", 2, 3, "cdefg" },
    { "the first buffer, and the empty one behind it", 3, 1, "defg" },
    { "into the third", 5, 1, "fg" },
    { "all", 7, 0, "" },
};

START_TEST(the_front_is_taken_off)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf bufs[] = { { 3, first }, { 0, second }, { 4, third } };
        char copy[8] = "", rest[8] = "";
        uint32_t left;

        bufs_copy(bufs, 3, cases[i].skip, copy);
        CASE_INT_EQ(strcmp(copy, cases[i].rest), 0, cases[i].why);
        left = bufs_skip(bufs, 3, cases[i].skip);
        CASE_INT_EQ(left, cases[i].left, cases[i].why);
        CASE_INT_EQ(bufs_bytes(bufs, left), strlen(cases[i].rest), cases[i].why);
        bufs_copy(bufs, left, 0, rest);
        CASE_INT_EQ(strcmp(rest, cases[i].rest), 0, cases[i].why);
    }
}
END_TEST

START_TEST(lengths_may_exceed_four_gigabytes_together)
{
    struct buf bufs[] = { { 0xFFFFFFF0, NULL }, { 0xFFFFFFF0, NULL } };

    CASE_INT_EQ(bufs_bytes(bufs, 2) == 0x1FFFFFFE0ULL, 1, "the sum is 64 bits wide");
}
END_TEST

UNIT_MAIN("tcpip/bufs", the_front_is_taken_off, lengths_may_exceed_four_gigabytes_together)
