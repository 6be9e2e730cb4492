/* SPDX-License-Identifier: MIT */
#include "catalog/catalog.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/unit.h"

/* Name spaces of RFC 4122, appendix C, in memory order. */
static const struct catalog_guid dns = {{0x10, 0xB8, 0xA7, 0x6B, 0xAD, 0x9D, 0xD1, 0x11, 0x80, 0xB4, 0x00,
                                         0xC0, 0x4F, 0xD4, 0x30, 0xC8}};
static const struct catalog_guid url = {{0x11, 0xB8, 0xA7, 0x6B, 0xAD, 0x9D, 0xD1, 0x11, 0x80, 0xB4, 0x00,
                                         0xC0, 0x4F, 0xD4, 0x30, 0xC8}};
static const struct catalog_guid oid = {{0x12, 0xB8, 0xA7, 0x6B, 0xAD, 0x9D, 0xD1, 0x11, 0x80, 0xB4, 0x00,
                                         0xC0, 0x4F, 0xD4, 0x30, 0xC8}};

/*
 * The first is RFC 9562's own example (A.4); the others were computed with Python's uuid.uuid5().
 */
static const struct {
    const char *why;
    const struct catalog_guid *space;
    const char *name, *want;
} cases[] = {
    {"RFC 9562's example", &dns, "www.example.com", "2ed6657d-e927-568b-95e1-2665a8aea6a2"},
    {"another name", &dns, "python.org", "886313e1-3b8a-5372-9b90-0c9aee199e5d"},
    {"longer than one SHA-1 block", &url,
     "http://www.example.com/http://www.example.com/http://www.example.com/http://www.example.com/"
     "http://www.example.com/",
     "ad922a51-975f-5ff3-995a-861dd33d1ff2"},
    {"no name at all", &oid, "", "0a68eb57-c88a-5f34-9e9d-27f85e68af4f"},
};

static void text_of(const struct catalog_guid *g, char text[37])
{
    const uint8_t *b = g->byte;

    snprintf(text, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[3],
             b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
}

START_TEST(derives_the_published_guids)
{
    struct catalog_guid got;
    char text[37];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        catalog_guid_derive(cases[i].space, cases[i].name, strlen(cases[i].name), &got);
        text_of(&got, text);
        ck_assert_msg(!strcmp(text, cases[i].want), "%s: %s, not %s", cases[i].why, text,
                      cases[i].want);
    }
}
END_TEST

/* Lengths around SHA-1's padding limits (55, 56, 64): 16 bytes of name space come before. */
START_TEST(every_length_gives_another_guid)
{
    struct catalog_guid got[130];
    char bytes[130];

    memset(bytes, 'x', sizeof bytes);
    for (size_t n = 0; n < 130; n++) {
        catalog_guid_derive(&dns, bytes, n, &got[n]);
        ck_assert_int_eq(got[n].byte[7] >> 4, 5); /* the version, in memory order */
        ck_assert_int_eq(got[n].byte[8] >> 6, 2);
        for (size_t m = 0; m < n; m++)
            ck_assert_int_ne(memcmp(&got[m], &got[n], sizeof got[n]), 0);
    }
}
END_TEST

UNIT_MAIN("catalog/guid", derives_the_published_guids, every_length_gives_another_guid)
