/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/hosts_file.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "tests/unit/fake/fault.h"

static const char file[] = "\xef\xbb\xbf# a comment, after a byte order mark\n"
                           "127.0.0.1 localhost\r\n"
                           "\t10.0.0.1   box.example.net box  #box2\n"
                           "10.0.0.2 box other\n"
                           "10.0.0.1 box\n"
                           "fe80::1%3 six six-alias\r"
                           "1.2.3 box3 # loose form\n"
                           "not-an-address box4\n"
                           "10.0.0.9\n"
                           "10.0.0.9 nine\n"
                           "[::1] bracket\n"
                           "10.0.0.3:80 port\n"
                           "10.0.0.7 last";

static struct span text_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

/* "canon|alias,alias|address,address", or "" for nothing. */
static const char *describe(const struct answer *a)
{
    static char out[512];
    size_t n = (size_t)sprintf(out, "%s|", a->canon ? a->canon : "");

    for (size_t i = 0; i < a->alias_count; i++)
        n += (size_t)sprintf(out + n, "%s%s", i ? "," : "", a->alias[i]);
    out[n++] = '|';
    out[n] = 0;
    for (size_t i = 0; i < a->addr_count; i++) {
        char ip[ADDR_TEXT_CHARS];

        if (a->addr[i].family == ADDR_INET)
            addr_ip4_format(a->addr[i].ip, ip);
        else
            addr_ip6_format(a->addr[i].ip, ip);
        n += (size_t)sprintf(out + n, "%s%s", i ? "," : "", ip);
        if (a->addr[i].scope)
            n += (size_t)sprintf(out + n, "%%%u", a->addr[i].scope);
    }
    return out;
}

static const struct {
    const char *why, *name, *want; /* want NULL: not found */
} by_name[] = {
    {"a name of its own", "localhost", "localhost||127.0.0.1"},
    {"case does not count, nor a final dot", "LocalHost.", "localhost||127.0.0.1"},
    {"several lines: the first gives the name, each its address", "box", "box.example.net|box,other|10.0.0.1,10.0.0.2"},
    {"a comment ends the line", "box2", NULL},
    {"a carriage return alone ends a line", "six-alias", "six|six-alias|fe80::1%3"},
    {"the loose address forms of BSD", "box3", "box3||1.2.0.3"},
    {"a line without an address", "box4", NULL},
    {"brackets are not an address", "bracket", NULL},
    {"nor is a port part of one", "port", NULL},
    {"the last line needs no end", "last", "last||10.0.0.7"},
    {"part of a name is no name", "las", NULL},
    {"the empty name", "", NULL},
};

START_TEST(finds_names)
{
    struct hosts_index *ix = hosts_index_new(text_of(file));

    for (size_t i = 0; i < sizeof by_name / sizeof *by_name; i++) {
        struct answer a = {0};
        int err = hosts_find_name(text_of(file), by_name[i].name, &a);

        CASE_INT_EQ(err, by_name[i].want ? 0 : WSAHOST_NOT_FOUND, by_name[i].why);
        ck_assert_msg(err || !strcmp(describe(&a), by_name[i].want), "%s: %s", by_name[i].why, describe(&a));
        answer_free(&a);
        ck_assert_int_eq(hosts_index_find_name(ix, text_of(file), by_name[i].name, &a), err);
        ck_assert_msg(err || !strcmp(describe(&a), by_name[i].want), "index: %s: %s", by_name[i].why, describe(&a));
        answer_free(&a);
    }
    hosts_index_free(ix);
}
END_TEST

static const struct {
    const char *why, *addr, *want;
} by_addr[] = {
    {"the first line with the address", "10.0.0.1", "box.example.net|box|10.0.0.1"},
    {"a line without names is passed over", "10.0.0.9", "nine||10.0.0.9"},
    {"IPv6, whatever the scope", "fe80::1", "six|six-alias|fe80::1"},
    {"unknown", "10.1.1.1", NULL},
};

START_TEST(finds_addresses)
{
    struct hosts_index *ix = hosts_index_new(text_of(file));

    for (size_t i = 0; i < sizeof by_addr / sizeof *by_addr; i++) {
        struct name_addr addr;
        struct answer a = {0};
        int err;

        ck_assert(name_addr_parse(text_of(by_addr[i].addr), &addr));
        err = hosts_find_addr(text_of(file), &addr, &a);
        CASE_INT_EQ(err, by_addr[i].want ? 0 : WSAHOST_NOT_FOUND, by_addr[i].why);
        ck_assert_msg(err || !strcmp(describe(&a), by_addr[i].want), "%s: %s", by_addr[i].why, describe(&a));
        answer_free(&a);
        ck_assert_int_eq(hosts_index_find_addr(ix, text_of(file), &addr, &a), err);
        ck_assert_msg(err || !strcmp(describe(&a), by_addr[i].want), "index: %s: %s", by_addr[i].why, describe(&a));
        answer_free(&a);
    }
    hosts_index_free(ix);
}
END_TEST

START_TEST(an_answer_has_an_end)
{
    static char big[200000];
    struct answer a = {0};
    size_t n = 0;

    for (unsigned i = 0; i < ANSWER_MAX + 100; i++)
        n += (size_t)sprintf(big + n, "10.0.%u.%u many a%u\n", i / 256, i % 256, i);
    ck_assert_int_eq(hosts_find_name((struct span){big, n}, "many", &a), 0);
    ck_assert_uint_eq(a.addr_count, ANSWER_MAX);
    ck_assert_uint_eq(a.alias_count, ANSWER_MAX);
    answer_free(&a);
}
END_TEST

START_TEST(long_files_are_indexed)
{
    enum { LINES = 100000 };
    char *big = malloc(LINES * 64), name[32];
    struct hosts_index *ix;
    struct answer a = {0};
    size_t n = 0;

    for (unsigned i = 0; i < LINES; i++)
        n += (size_t)sprintf(big + n, "0.0.%u.%u ads%u.example ads%u.example\n", i >> 8 & 255, i & 255, i, i);
    ix = hosts_index_new((struct span){big, n});
    for (unsigned i = 0; i < 100000; i += 37) { /* without the index this takes minutes */
        sprintf(name, "ADS%u.example.", i);
        ck_assert_int_eq(hosts_index_find_name(ix, (struct span){big, n}, name, &a), 0);
        ck_assert_uint_eq(a.addr_count, 1);
        ck_assert_uint_eq(a.alias_count, 0);
        answer_free(&a);
    }
    hosts_index_free(ix);
    free(big);
}
END_TEST

START_TEST(an_index_needs_memory)
{
    for (unsigned n = 1;; n++) {
        struct hosts_index *ix;

        fault_at(n);
        ix = hosts_index_new(text_of(file));
        ck_assert(!ix == fault_end());
        hosts_index_free(ix);
        if (ix)
            break;
    }
}
END_TEST

START_TEST(survives_running_out_of_memory)
{
    for (unsigned n = 1;; n++) {
        struct answer a = {0};
        int err;

        fault_at(n);
        err = hosts_find_name(text_of(file), "box", &a);
        if (!fault_end()) {
            ck_assert_int_eq(err, 0);
            answer_free(&a);
            break;
        }
        ck_assert_int_eq(err, WSA_NOT_ENOUGH_MEMORY);
        ck_assert(!a.canon && !a.alias_count && !a.addr_count);
    }
}
END_TEST

UNIT_MAIN("names/hosts_file", finds_names, finds_addresses, an_answer_has_an_end, long_files_are_indexed,
          an_index_needs_memory, survives_running_out_of_memory)
