/* SPDX-License-Identifier: MIT */
/*
 * The codec against what a real server said: answers of dnsmasq 2.90 as they came over the wire (capture.py), which are part of
 * the fuzzer's corpus too, the folder CORPUS.
 */
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "namespace/dns/reply.h"
#include "tests/unit/unit.h"

static const struct {
    const char *file, *question;
    enum dns_verdict verdict;
    int err;          /* of the answer; or the server's rcode */
    const char *data; /* what the answer says, in order */
} cases[] = {
    {"a", "four.test 1", DNS_DONE, 0, "A 10.1.2.3;"},
    {"aaaa", "six.test 28", DNS_DONE, 0, "AAAA 2001:db8::5;"},
    {"cname", "alias2.test 1", DNS_DONE, 0, "CNAME alias.test;CNAME both.test;A 10.1.2.4;"},
    {"cname_itself", "alias2.test 5", DNS_DONE, 0, "CNAME alias.test;"},
    {"mx", "mail.test 15", DNS_DONE, 0, "MX 20 mx2.test;MX 10 mx.test;"},
    {"txt", "text.test 16", DNS_DONE, 0, "TXT \"one\" \"two words\";"},
    {"srv", "_http._tcp.test 33", DNS_DONE, 0, "SRV 1 2 8080 both.test;"},
    {"ptr", "7.2.1.10.in-addr.arpa 12", DNS_DONE, 0, "PTR seven.test;"},
    {"ptr6", "4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa 12", DNS_DONE, 0, "PTR both.test;"},
    {"nodata", "four.test 28", DNS_DONE, WSANO_DATA, ""},
    {"nxdomain", "none.test 1", DNS_DONE, WSAHOST_NOT_FOUND, ""},
    {"refused", "elsewhere.example 1", DNS_FAILED, DNS_REFUSED, NULL},
    {"case", "FoUr.TeSt 1", DNS_DONE, 0, "A 10.1.2.3;"},
    {"no_edns", "four.test 1", DNS_DONE, 0, "A 10.1.2.3;"},
    {"truncated", "big.test 16", DNS_TRUNCATED, 0, NULL},
};

static uint8_t msg[DNS_MESSAGE_BYTES];

static size_t load(const char *file)
{
    char path[1024];
    size_t bytes;
    FILE *f;

    snprintf(path, sizeof path, CORPUS "/dnsmasq_%s", file);
    f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s is missing", path);
    bytes = fread(msg, 1, sizeof msg, f);
    fclose(f);
    return bytes;
}

static struct dns_question question_of(size_t bytes, uint16_t *id)
{
    struct dns_reader r = {msg, bytes, 0, false};
    struct dns_question q;
    struct dns_header h;

    dns_read_header(&r, &h);
    dns_read_question(&r, &q);
    ck_assert(!r.bad && h.questions == 1);
    *id = h.id;
    return q;
}

static const char *name_text(const uint8_t *at, size_t bytes)
{
    static char text[DNS_NAME_CHARS];
    struct dns_name name;

    ck_assert(dns_name_at(at, bytes, &name));
    dns_name_format(&name, text);
    return text;
}

static unsigned u16(const uint8_t *at)
{
    return (unsigned)(at[0] << 8 | at[1]);
}

static size_t describe(const struct dns_datum *d, char *to)
{
    char ip[ADDR_TEXT_CHARS];
    size_t n;

    switch (d->type) {
    case DNS_A:
        addr_ip4_format(d->at, ip);
        return (size_t)sprintf(to, "A %s;", ip);
    case DNS_AAAA:
        addr_ip6_format(d->at, ip);
        return (size_t)sprintf(to, "AAAA %s;", ip);
    case DNS_CNAME:
        return (size_t)sprintf(to, "CNAME %s;", name_text(d->at, d->bytes));
    case DNS_PTR:
        return (size_t)sprintf(to, "PTR %s;", name_text(d->at, d->bytes));
    case DNS_MX:
        return (size_t)sprintf(to, "MX %u %s;", u16(d->at), name_text(d->at + 2, d->bytes - 2u));
    case DNS_SRV:
        return (size_t)sprintf(to, "SRV %u %u %u %s;", u16(d->at), u16(d->at + 2), u16(d->at + 4),
                               name_text(d->at + 6, d->bytes - 6u));
    case DNS_TXT:
        n = (size_t)sprintf(to, "TXT");
        for (size_t at = 0; at < d->bytes; at += d->at[at] + 1u)
            n += (size_t)sprintf(to + n, " \"%.*s\"", d->at[at], (const char *)d->at + at + 1);
        return n + (size_t)sprintf(to + n, ";");
    default:
        ck_abort_msg("type %u", d->type);
    }
    return 0;
}

static struct dns_answer *read_answer(const char *file, enum dns_verdict verdict, unsigned *rcode, char question[DNS_NAME_CHARS + 8])
{
    size_t bytes = load(file), n;
    struct dns_answer *a = NULL;
    struct dns_collect c;
    uint16_t id;
    struct dns_question q = question_of(bytes, &id);

    n = dns_name_format(&q.name, question);
    sprintf(question + n, " %u", q.type);
    dns_collect_begin(&c, &q);
    CASE_INT_EQ(dns_collect_reply(&c, id, msg, bytes), verdict, file);
    *rcode = c.rcode;
    if (verdict == DNS_DONE) {
        a = dns_collect_finish(&c);
        ck_assert_ptr_nonnull(a);
    }
    dns_collect_free(&c);
    return a;
}

START_TEST(every_kind_of_answer)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char question[DNS_NAME_CHARS + 8], said[4096] = "";
        unsigned rcode;
        struct dns_answer *a = read_answer(cases[i].file, cases[i].verdict, &rcode, question);
        struct dns_datum d;
        size_t pos = 0, n = 0;

        ck_assert_str_eq(question, cases[i].question);
        if (cases[i].verdict == DNS_FAILED)
            CASE_INT_EQ(rcode, cases[i].err, cases[i].file);
        if (!a)
            continue;
        CASE_INT_EQ(a->err, cases[i].err, cases[i].file);
        while (dns_answer_next(a, &pos, &d))
            n += describe(&d, said + n);
        ck_assert_msg(!strcmp(said, cases[i].data), "%s: %s", cases[i].file, said);
        dns_answer_put(a);
    }
}
END_TEST

/* How many data an answer has, and that each of them is one of the kind. */
static size_t count(const char *file, const char *start)
{
    char question[DNS_NAME_CHARS + 8], said[DNS_NAME_CHARS];
    unsigned rcode;
    struct dns_answer *a = read_answer(file, DNS_DONE, &rcode, question);
    struct dns_datum d;
    size_t pos = 0, n = 0;

    for (; dns_answer_next(a, &pos, &d); n++) {
        describe(&d, said);
        ck_assert_msg(!strncmp(said, start, strlen(start)), "%s: %s", file, said);
        ck_assert_uint_eq(d.ttl, 300);
    }
    dns_answer_put(a);
    return n;
}

START_TEST(many_records)
{
    ck_assert_uint_eq(count("many_a", "A 10.7.0."), 16);
    ck_assert_uint_eq(count("tcp", "TXT \"00"), 8);
}
END_TEST

/* Cut off anywhere or with any one byte turned round, an answer is read or refused; which it is, the sanitizers see to. */
START_TEST(damaged)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t bytes = load(cases[i].file);
        uint16_t id;
        struct dns_question q = question_of(bytes, &id);

        for (size_t at = 0; at < 2 * bytes; at++) {
            uint8_t *copy = malloc(at < bytes ? at + 1 : bytes);
            size_t length = at < bytes ? at : bytes;
            struct dns_collect c;

            memcpy(copy, msg, length);
            if (at >= bytes)
                copy[at - bytes] ^= 0xff;
            dns_collect_begin(&c, &q);
            if (dns_collect_reply(&c, id, copy, length) == DNS_DONE)
                dns_answer_put(dns_collect_finish(&c));
            dns_collect_free(&c);
            free(copy);
        }
    }
}
END_TEST

UNIT_MAIN("dns/captured", every_kind_of_answer, many_records, damaged)
