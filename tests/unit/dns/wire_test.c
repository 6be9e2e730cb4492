/* SPDX-License-Identifier: MIT */
#include "namespace/dns/wire.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/dns/message.h"

static char long_label[70], long_name[300];

static const struct {
    const char *why, *text, *back; /* back NULL: not a name */
} names[] = {
    {"an ordinary name", "www.Example.com", "www.Example.com"},
    {"a final dot adds nothing", "www.", "www"},
    {"the root", ".", "."},
    {"an empty label in front", ".www", NULL},
    {"an empty label in the middle", "a..b", NULL},
    {"two final dots", "a..", NULL},
    {"an escaped dot is no separator", "a\\.b.c", "a\\.b.c"},
    {"a decimal escape", "a\\066c", "aBc"},
    {"an escape of a control character stays one", "a\\000b", "a\\000b"},
    {"too large an escape", "a\\256", NULL},
    {"an unfinished escape", "a\\2", NULL},
    {"a backslash at the end", "a\\", NULL},
    {"bytes beyond ASCII", "\xc3\xa4", "\\195\\164"},
    {"a label of 64", long_label, NULL},
    {"a name of 256 bytes", long_name, NULL},
};

START_TEST(names_as_text)
{
    struct dns_name name;
    char text[DNS_NAME_CHARS];

    memset(long_label, 'a', 64);
    for (int i = 0; i < 127; i++)
        memcpy(long_name + 2 * i, "a.", 2);
    strcpy(long_name + 254, "bc");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        bool ok = dns_name_parse(names[i].text, &name);

        CASE_INT_EQ(ok, names[i].back != NULL, names[i].why);
        if (!ok)
            continue;
        ck_assert_uint_eq(dns_name_format(&name, text), strlen(names[i].back));
        ck_assert_msg(!strcmp(text, names[i].back), "%s: %s", names[i].why, text);
    }
    long_label[63] = 0;
    ck_assert(dns_name_parse(long_label, &name));
    long_name[253] = 0; /* 127 labels of one: 255 bytes on the wire */
    ck_assert(dns_name_parse(long_name, &name));
    ck_assert_uint_eq(name.len, 255);
}
END_TEST

START_TEST(names_compared)
{
    struct dns_name a, b, zone, root;

    ck_assert(dns_name_parse("WWW.example.COM", &a) && dns_name_parse("www.EXAMPLE.com.", &b));
    ck_assert(dns_name_parse("example.com", &zone) && dns_name_parse(".", &root));
    ck_assert(dns_name_equal(&a, &b) && !dns_name_equal(&a, &zone));
    ck_assert(dns_name_within(&a, &zone) && dns_name_within(&zone, &zone) && dns_name_within(&a, &root));
    ck_assert(!dns_name_within(&zone, &a));
    ck_assert(dns_name_parse("wwwexample.com", &b) && !dns_name_within(&b, &zone));
}
END_TEST

static const struct {
    const char *why;
    const char *bytes;
    size_t len, at;
    const char *text;  /* NULL: bad */
    size_t next;
} compressed[] = {
    {"no pointer", "\3www\0", 5, 0, "www", 5},
    {"a pointer back", "\3com\0\3www\xc0\0", 11, 5, "www.com", 11},
    {"two pointers", "\3com\0\1a\xc0\0\1b\xc0\5", 13, 9, "b.a.com", 13},
    {"a pointer to itself", "\xc0\0", 2, 0, NULL, 0},
    {"a pointer to its own label", "\1a\xc0\0", 4, 0, NULL, 0},
    {"two that point at each other", "\xc0\2\xc0\0", 4, 2, NULL, 0},
    {"a pointer forward", "\xc0\2\0", 3, 0, NULL, 0},
    {"a pointer past the end", "\1a\xc0\x40", 4, 0, NULL, 0},
    {"half a pointer", "\0\xc0", 2, 1, NULL, 0},
    {"a label past the end", "\4abc", 4, 0, NULL, 0},
    {"no end", "\1a\1b", 4, 0, NULL, 0},
    {"the reserved kinds of label", "\x41" "a\0", 3, 0, NULL, 0},
    {"the other reserved kind", "\x81" "a\0", 3, 0, NULL, 0},
    {"nothing", "", 0, 0, NULL, 0},
};

START_TEST(names_in_messages)
{
    for (size_t i = 0; i < sizeof compressed / sizeof *compressed; i++) {
        struct dns_reader r = {(const uint8_t *)compressed[i].bytes, compressed[i].len, compressed[i].at, false};
        struct dns_name name;
        char text[DNS_NAME_CHARS];

        dns_read_name(&r, &name);
        CASE_INT_EQ(r.bad, compressed[i].text == NULL, compressed[i].why);
        if (r.bad)
            continue;
        dns_name_format(&name, text);
        ck_assert_msg(!strcmp(text, compressed[i].text), "%s: %s", compressed[i].why, text);
        CASE_INT_EQ(r.pos, compressed[i].next, compressed[i].why);
    }
}
END_TEST

/* A chain of bare pointers goes down all the way and is cut off. */
START_TEST(pointer_chains_have_an_end)
{
    uint8_t msg[2 + 2 * 8000] = {0};
    struct dns_name name;
    struct dns_reader r = {msg, sizeof msg, sizeof msg - 2, false};

    for (unsigned i = 1; i <= 8000; i++) {
        msg[2 * i] = (uint8_t)(0xc0 | (2 * i - 2) >> 8);
        msg[2 * i + 1] = (uint8_t)(2 * i - 2);
    }
    dns_read_name(&r, &name);
    ck_assert(r.bad);
    r = (struct dns_reader){msg, sizeof msg, 2 * 127, false};
    dns_read_name(&r, &name);
    ck_assert(!r.bad);
}
END_TEST

static const struct {
    const char *why;
    uint16_t type;
    const char *rdata;
    size_t len;
    const char *want; /* NULL: bad */
    size_t want_len;
} rdatas[] = {
    {"A", DNS_A, "\1\2\3\4", 4, "\1\2\3\4", 4},
    {"a short A", DNS_A, "\1\2\3", 3, NULL, 0},
    {"a long A", DNS_A, "\1\2\3\4\5", 5, NULL, 0},
    {"AAAA", DNS_AAAA, "0123456789abcdef", 16, "0123456789abcdef", 16},
    {"MX with a pointer to the question", DNS_MX, "\0\012\2mx\xc0\014", 7, "\0\012\2mx\1q\0", 8},
    {"SRV", DNS_SRV, "\0\1\0\2\0\120\xc0\014", 8, "\0\1\0\2\0\120\1q\0", 9},
    {"SRV without a name", DNS_SRV, "\0\1\0\2\0\120", 6, NULL, 0},
    {"PTR with something behind", DNS_PTR, "\xc0\014x", 3, NULL, 0},
    {"PTR that goes on after its data", DNS_PTR, "\1", 1, NULL, 0},
    {"TXT of two strings", DNS_TXT, "\2ab\1c", 5, "\2ab\1c", 5},
    {"an empty string", DNS_TXT, "\0", 1, "\0", 1},
    {"TXT without any string", DNS_TXT, "", 0, NULL, 0},
    {"TXT that is cut off", DNS_TXT, "\5ab", 3, NULL, 0},
    {"a type not known here", 999, "whatever", 8, "whatever", 8},
};

START_TEST(data_of_records)
{
    for (size_t i = 0; i < sizeof rdatas / sizeof *rdatas; i++) {
        static struct message m;
        struct dns_reader r = {m.at, 0, 0, false};
        struct dns_header h;
        struct dns_question q;
        struct dns_record rec;
        uint8_t out[300];
        size_t bytes = 0, begun;
        bool ok;

        begin(&m, 1, DNS_QR, "q", rdatas[i].type);
        begun = begin_record(&m, ANSWERS, "q", rdatas[i].type, 5);
        memcpy(m.at + m.len, rdatas[i].rdata, rdatas[i].len);
        m.len += rdatas[i].len;
        end_record(&m, begun);
        r.len = m.len;
        dns_read_header(&r, &h);
        dns_read_question(&r, &q);
        dns_read_record(&r, &rec);
        ck_assert(!r.bad && r.pos == r.len);
        ck_assert_uint_eq(h.answers, 1);
        ck_assert_uint_eq(rec.ttl, 5);
        ok = dns_rdata(&r, &rec, out, sizeof out, &bytes);
        CASE_INT_EQ(ok, rdatas[i].want != NULL, rdatas[i].why);
        if (ok) {
            CASE_INT_EQ(bytes, rdatas[i].want_len, rdatas[i].why);
            ck_assert_msg(!memcmp(out, rdatas[i].want, bytes), "%s", rdatas[i].why);
            for (size_t cap = 0; cap < bytes; cap++)
                ck_assert(!dns_rdata(&r, &rec, out, cap, &bytes));
        }
    }
}
END_TEST

START_TEST(queries_read_back)
{
    struct dns_question q = {.type = DNS_AAAA, .class = DNS_IN}, back;
    struct dns_header h;
    struct dns_record opt;
    uint8_t msg[DNS_QUERY_BYTES];
    struct dns_reader r = {msg, 0, 0, false};

    ck_assert(dns_name_parse("www.example.com", &q.name));
    r.len = dns_write_query(0x1234, &q, DNS_UDP_BYTES, msg);
    dns_read_header(&r, &h);
    dns_read_question(&r, &back);
    dns_read_record(&r, &opt);
    ck_assert(!r.bad && r.pos == r.len);
    ck_assert_uint_eq(h.id, 0x1234);
    ck_assert_uint_eq(h.flags, DNS_RD);
    ck_assert(h.questions == 1 && !h.answers && !h.authorities && h.additionals == 1);
    ck_assert(back.type == DNS_AAAA && dns_name_equal(&back.name, &q.name));
    ck_assert(opt.type == DNS_OPT && opt.class == DNS_UDP_BYTES && !opt.ttl && !opt.rdata_len && opt.name.len == 1);
    ck_assert_uint_eq(dns_write_query(1, &q, 0, msg), 12 + 17 + 4);
}
END_TEST

UNIT_MAIN("dns/wire", names_as_text, names_compared, names_in_messages, pointer_chains_have_an_end, data_of_records,
          queries_read_back)
