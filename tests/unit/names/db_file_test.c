/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/db_file.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

static const char services[] = "# port/protocol\n"
                               "nothing\n"
                               "no-slash 7\n"
                               "no-proto 8/\n"
                               "too-big 65536/tcp\n"
                               "negative -1/tcp\n"
                               "hex 0x10/tcp\n"
                               "http 80/tcp www WWW-HTTP # web\n"
                               "http 80/udp\n"
                               "top 65535/udp\n"
                               "domain 53/udp\ndomain 53/tcp nameserver";

static const char protocols[] = "ip 0 IP\ntcp 6 TCP\nbig 256 BIG\nall 255";
static const char networks[] = "loopback 127\nlan 192.168.7 home\nwrong 300\nwrong2 1.2.3.4.5\ntest 192.0.2.0\n";

static struct span text_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static const struct {
    const char *why, *text;
    struct db_query q;
    const char *want; /* "name proto number", NULL: nothing */
} cases[] = {
    {"by name, the first protocol", services, {DB_SERVICES, "http", 0, NULL}, "http tcp 80"},
    {"by name and protocol", services, {DB_SERVICES, "http", 0, "udp"}, "http udp 80"},
    {"an empty protocol is any", services, {DB_SERVICES, "http", 0, ""}, "http tcp 80"},
    {"by alias, in any case", services, {DB_SERVICES, "www-Http", 0, "TCP"}, "http tcp 80"},
    {"a comment is no alias", services, {DB_SERVICES, "web", 0, NULL}, NULL},
    {"by port", services, {DB_SERVICES, NULL, 53, NULL}, "domain udp 53"},
    {"by port and protocol", services, {DB_SERVICES, NULL, 53, "tcp"}, "domain tcp 53"},
    {"the highest port", services, {DB_SERVICES, NULL, 65535, NULL}, "top udp 65535"},
    {"no protocol of that name", services, {DB_SERVICES, "http", 0, "sctp"}, NULL},
    {"a line of one word", services, {DB_SERVICES, "nothing", 0, NULL}, NULL},
    {"a port without protocol", services, {DB_SERVICES, "no-slash", 0, NULL}, NULL},
    {"a slash without protocol", services, {DB_SERVICES, "no-proto", 0, NULL}, NULL},
    {"a port too large", services, {DB_SERVICES, "too-big", 0, NULL}, NULL},
    {"a negative port", services, {DB_SERVICES, "negative", 0, NULL}, NULL},
    {"a hexadecimal port", services, {DB_SERVICES, "hex", 0, NULL}, NULL},
    {"a protocol by name", protocols, {DB_PROTOCOLS, "Tcp", 0, NULL}, "tcp  6"},
    {"a protocol by number, zero too", protocols, {DB_PROTOCOLS, NULL, 0, NULL}, "ip  0"},
    {"the last protocol", protocols, {DB_PROTOCOLS, NULL, 255, NULL}, "all  255"},
    {"one beyond the last protocol", protocols, {DB_PROTOCOLS, "big", 0, NULL}, NULL},
    {"a class A network", networks, {DB_NETWORKS, "loopback", 0, NULL}, "loopback  127"},
    {"three parts", networks, {DB_NETWORKS, "home", 0, NULL}, "lan  12625927"},
    {"all four parts", networks, {DB_NETWORKS, "test", 0, NULL}, "test  3221225984"},
    {"a part above 255", networks, {DB_NETWORKS, "wrong", 0, NULL}, NULL},
    {"five parts", networks, {DB_NETWORKS, "wrong2", 0, NULL}, NULL},
    {"nothing in nothing", "", {DB_SERVICES, "http", 0, NULL}, NULL},
};

START_TEST(finds)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct db_entry e;
        char got[100] = "";
        bool found = db_find(text_of(cases[i].text), &cases[i].q, &e);

        CASE_INT_EQ(found, cases[i].want != NULL, cases[i].why);
        if (found)
            snprintf(got, sizeof got, "%.*s %.*s %u", (int)e.name.chars, e.name.at, (int)e.proto.chars, e.proto.at,
                     e.number);
        ck_assert_msg(!found || !strcmp(got, cases[i].want), "%s: %s", cases[i].why, got);
    }
}
END_TEST

START_TEST(aliases_are_words_of_the_line)
{
    struct db_query q = {DB_SERVICES, "http", 0, "tcp"};
    struct span word;
    struct db_entry e;

    ck_assert(db_find(text_of(services), &q, &e));
    ck_assert(lines_word(&e.aliases, &word) && lines_equal(word, "www"));
    ck_assert(lines_word(&e.aliases, &word) && lines_equal(word, "www-http"));
    ck_assert(!lines_word(&e.aliases, &word));
}
END_TEST

/* Every line of the built-in texts is well-formed, and the ones that matter are there. */
START_TEST(the_builtin_texts_are_good)
{
    static const struct db_query needed[] = {
        {DB_SERVICES, "http", 0, "tcp"}, {DB_SERVICES, "https", 0, "tcp"}, {DB_SERVICES, "domain", 0, "udp"},
        {DB_SERVICES, "ftp", 0, "tcp"},  {DB_SERVICES, "smtp", 0, "tcp"},  {DB_PROTOCOLS, "tcp", 0, NULL},
        {DB_PROTOCOLS, NULL, 17, NULL},  {DB_NETWORKS, "loopback", 0, NULL},
    };
    struct db_entry e;

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        ck_assert_msg(db_find(db_builtin(needed[i].kind), &needed[i], &e), "entry %zu", i);
    for (int kind = DB_SERVICES; kind <= DB_NETWORKS; kind++) {
        struct span text = db_builtin(kind), line;

        while (lines_next(&text, &line))
            ck_assert_msg(db_has_entries(line, kind), "%.*s", (int)line.chars, line.at);
    }
}
END_TEST

UNIT_MAIN("names/db_file", finds, aliases_are_words_of_the_line, the_builtin_texts_are_good)
