/* SPDX-License-Identifier: MIT */
#include "namespace/dns/query.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/wsaerr.h"
#include "namespace/dns/lookup.h"
#include "tests/unit/dns/net.h"
#include "tests/unit/fake/fault.h"

enum { RESPONSE = DNS_QR | DNS_RD | 0x80 };

static void reply_to(struct message *m, const struct dns_question *q, unsigned id, unsigned flags)
{
    char name[DNS_NAME_CHARS];

    dns_name_format(&q->name, name);
    begin(m, id, flags, name, q->type);
}

#define RESPONDER(name)                                                                                              \
    static void name(struct message *m, const struct dns_question *q, unsigned id, bool edns, bool tcp, unsigned n)
#define UNUSED ((void)m, (void)q, (void)id, (void)edns, (void)tcp, (void)n)

RESPONDER(silent) { UNUSED; }

RESPONDER(good)
{
    UNUSED;
    reply_to(m, q, id, RESPONSE);
    if (q->type == DNS_A)
        put_a(m, "www.x", 300, 0x01020304);
    else
        put_soa(m, "x", 60, 30);
}

RESPONDER(servfail) { UNUSED, reply_to(m, q, id, RESPONSE | DNS_SERVFAIL); }
RESPONDER(refused) { UNUSED, reply_to(m, q, id, RESPONSE | DNS_REFUSED); }

RESPONDER(nxdomain)
{
    UNUSED, reply_to(m, q, id, RESPONSE | DNS_NXDOMAIN);
    put_soa(m, "x", 60, 30);
}

RESPONDER(no_edns)
{
    if (edns)
        reply_to(m, q, id, RESPONSE | DNS_FORMERR);
    else
        good(m, q, id, edns, tcp, n);
}

RESPONDER(wrong_id) { good(m, q, id + 1, edns, tcp, n); }

RESPONDER(not_a_response)
{
    good(m, q, id, edns, tcp, n);
    m->at[2] &= 0x7f;
}

RESPONDER(wrong_question)
{
    UNUSED;
    begin(m, id, RESPONSE, "other.x", q->type);
    put_a(m, "other.x", 300, 0x01020304);
}

RESPONDER(stranger)
{
    good(m, q, id, edns, tcp, n);
    net_from_stranger();
}

RESPONDER(truncated_udp)
{
    if (tcp)
        good(m, q, id, edns, tcp, n);
    else
        reply_to(m, q, id, RESPONSE | DNS_TC);
}

RESPONDER(truncated_always) { UNUSED, reply_to(m, q, id, RESPONSE | DNS_TC); }

RESPONDER(huge_tcp)
{
    UNUSED, reply_to(m, q, id, RESPONSE | (tcp ? 0 : DNS_TC));
    for (unsigned i = 0; tcp && m->len < DNS_MESSAGE_BYTES - 25; i++)
        put_a(m, "www.x", 300, i);
}

RESPONDER(out_of_bailiwick)
{
    UNUSED, reply_to(m, q, id, RESPONSE);
    put_a(m, "bank.example", 300, 0x06060606);
    put_a(m, "www.x", 300, 0x01020304);
}

RESPONDER(aliases)
{
    UNUSED, reply_to(m, q, id, RESPONSE); /* not in their order */
    put_cname(m, "b.x", 100, "c.y");
    put_a(m, "c.y", 200, 0x01020304);
    put_cname(m, "www.x", 50, "b.x");
}

/* Each message has one alias only; then a message has the data. */
RESPONDER(steps)
{
    char name[DNS_NAME_CHARS], next[32];
    unsigned step = 0;

    UNUSED, reply_to(m, q, id, RESPONSE);
    dns_name_format(&q->name, name);
    sscanf(name, "s%u", &step);
    snprintf(next, sizeof next, "s%u.x", step + 1);
    if (step < 5)
        put_cname(m, name, 300, next);
    else
        put_a(m, name, 300, 0x01020304);
}

RESPONDER(endless_steps)
{
    char name[DNS_NAME_CHARS], next[32];

    UNUSED, reply_to(m, q, id, RESPONSE);
    dns_name_format(&q->name, name);
    snprintf(next, sizeof next, "e%u.x", n);
    put_cname(m, name, 300, next);
}

RESPONDER(alias_loop)
{
    UNUSED, reply_to(m, q, id, RESPONSE);
    put_cname(m, "www.x", 100, "b.x");
    put_cname(m, "b.x", 100, "www.x");
}

RESPONDER(pointer_loop)
{
    UNUSED, reply_to(m, q, id, RESPONSE);
    m->at[ANSWERS + 1] = 1;
    put16(m, 0xc000u | (unsigned)m->len);
    put16(m, DNS_A), put16(m, DNS_IN), put32(m, 1), put16(m, 4), put32(m, 0);
}

RESPONDER(cut_off)
{
    good(m, q, id, edns, tcp, n);
    m->len -= 2;
}

RESPONDER(referral)
{
    size_t r;

    UNUSED, reply_to(m, q, id, DNS_QR | DNS_RD);
    r = begin_record(m, AUTHORITIES, "x", DNS_NS, 300);
    put_name(m, "ns.x");
    end_record(m, r);
}

RESPONDER(second_time)
{
    if (n)
        good(m, q, id, edns, tcp, n);
}

#define SERVERS(...) {__VA_ARGS__}
static const struct {
    const char *why;
    responder *server[3];
    int err;
    unsigned max_ms;
    unsigned udp[2], tcp; /* queries to the first two; over TCP to the first */
    const char *name;     /* NULL: www.x */
} cases[] = {
    {"an answer", {good}, 0, 10, {1}, 0, NULL},
    {"a silent server is asked three times", {silent}, WSATRY_AGAIN, 7000, {3}, 0, NULL},
    {"a lost answer", {second_time}, 0, 1010, {2}, 0, NULL},
    {"the first server is dead", {silent, good}, 0, 1010, {1, 1}, 0, NULL},
    {"three silent servers: the total counts", {silent, silent, silent}, WSATRY_AGAIN, DNS_TOTAL_MS, {3, 2}, 0, NULL},
    {"SERVFAIL from all", {servfail, servfail}, WSATRY_AGAIN, 10, {1, 1}, 0, NULL},
    {"SERVFAIL, then an answer", {servfail, good}, 0, 10, {1, 1}, 0, NULL},
    {"REFUSED from all", {refused, refused}, WSANO_RECOVERY, 10, {1, 1}, 0, NULL},
    {"NXDOMAIN is an answer", {nxdomain, good}, WSAHOST_NOT_FOUND, 10, {1, 0}, 0, NULL},
    {"a server without EDNS0", {no_edns}, 0, 10, {2}, 0, NULL},
    {"a wrong id is not believed", {wrong_id}, WSATRY_AGAIN, 7100, {3}, 0, NULL},
    {"a query is no answer", {not_a_response}, WSATRY_AGAIN, 7100, {3}, 0, NULL},
    {"another question's answer is not believed", {wrong_question}, WSATRY_AGAIN, 7100, {3}, 0, NULL},
    {"another sender is not believed", {stranger}, WSATRY_AGAIN, 7100, {3}, 0, NULL},
    {"a truncated answer comes over TCP", {truncated_udp}, 0, 100, {1}, 1, NULL},
    {"truncated over TCP too", {truncated_always}, WSANO_RECOVERY, 100, {1}, 1, NULL},
    {"64 KiB over TCP", {huge_tcp}, 0, 100000, {1}, 1, NULL},
    {"records that nobody asked for", {out_of_bailiwick}, 0, 10, {1}, 0, NULL},
    {"aliases in any order", {aliases}, 0, 10, {1}, 0, NULL},
    {"aliases one by one", {steps}, 0, 20, {6}, 0, "s0.x"},
    {"aliases without end", {endless_steps}, WSANO_RECOVERY, 100, {17}, 0, "e.x"},
    {"aliases in a circle", {alias_loop}, WSANO_RECOVERY, 10, {1}, 0, NULL},
    {"a compression pointer to itself", {pointer_loop}, WSANO_RECOVERY, 10, {1}, 0, NULL},
    {"nonsense, then an answer", {pointer_loop, good}, 0, 10, {1, 1}, 0, NULL},
    {"an answer that is cut off", {cut_off}, WSANO_RECOVERY, 10, {1}, 0, NULL},
    {"a server that only refers", {referral, good}, 0, 10, {1, 1}, 0, NULL},
};

static struct dns_question question(const char *name, uint16_t type)
{
    struct dns_question q = {.type = type, .class = DNS_IN};

    ck_assert(dns_name_parse(name, &q.name));
    return q;
}

static size_t count_data(const struct dns_answer *a, uint16_t type)
{
    struct dns_datum d;
    size_t pos = 0, n = 0;

    while (dns_answer_next(a, &pos, &d))
        n += d.type == type;
    return n;
}

static size_t servers_of(responder *const *r)
{
    size_t n = 0;

    while (n < 3 && r[n])
        n++;
    return n;
}

START_TEST(asks_servers)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dns_question q = question(cases[i].name ? cases[i].name : "www.x", DNS_A);
        struct dns_shun shun = {{0}};
        struct dns_config config;
        struct dns_answer *a;
        uint64_t start;
        struct dns_datum d;
        size_t pos = 0;

        net_reset(&config, servers_of(cases[i].server), cases[i].server);
        net_piece = 70; /* a millisecond each */
        start = net_clock;
        CASE_INT_EQ(dns_ask(&config, &net_fake, &shun, &q, 1, &a), 0, cases[i].why);
        CASE_INT_EQ(a->err, cases[i].err, cases[i].why);
        ck_assert_msg(net_clock - start <= cases[i].max_ms, "%s: %llu ms", cases[i].why,
                      (unsigned long long)(net_clock - start));
        CASE_INT_EQ(net_stats[0].udp, cases[i].udp[0], cases[i].why);
        CASE_INT_EQ(net_stats[1].udp, cases[i].udp[1], cases[i].why);
        CASE_INT_EQ(net_stats[0].tcp, cases[i].tcp, cases[i].why);
        CASE_INT_EQ(net_open_conns, 0, cases[i].why);
        if (!a->err && !strstr(cases[i].why, "64 KiB")) {
            CASE_INT_EQ(count_data(a, DNS_A), 1, cases[i].why);
            while (dns_answer_next(a, &pos, &d))
                ck_assert(d.type != DNS_A || !memcmp(d.at, "\1\2\3\4", 4));
        }
        dns_answer_put(a);
    }
}
END_TEST

START_TEST(details_of_answers)
{
    struct dns_question q[2] = {question("www.x", DNS_A), question("www.x", DNS_AAAA)};
    struct dns_shun shun = {{0}};
    struct dns_config config;
    struct dns_answer *a[2];
    struct dns_name name;
    char text[DNS_NAME_CHARS];
    uint8_t msg[512];

    net_reset(&config, 1, (responder *const[]){aliases});
    ck_assert_int_eq(dns_ask(&config, &net_fake, &shun, q, 1, a), 0);
    dns_answer_canon(a[0], &name);
    dns_name_format(&name, text);
    ck_assert_str_eq(text, "c.y");
    ck_assert_uint_eq(count_data(a[0], DNS_CNAME), 2);
    ck_assert_uint_eq(a[0]->ttl, 50); /* the shortest of the chain */
    ck_assert_uint_gt(dns_answer_message(a[0], msg, sizeof msg), 60);
    ck_assert_uint_eq(dns_answer_message(a[0], msg, 30), 0);
    dns_answer_put(a[0]);

    /* Two questions side by side, one of them without data. */
    net_reset(&config, 1, (responder *const[]){good});
    ck_assert_int_eq(dns_ask(&config, &net_fake, &shun, q, 2, a), 0);
    ck_assert_int_eq(a[0]->err, 0);
    ck_assert_int_eq(a[1]->err, WSANO_DATA);
    ck_assert_uint_eq(a[1]->ttl, 30); /* the SOA's minimum */
    ck_assert_uint_eq(net_stats[0].udp, 2);
    dns_answer_put(a[0]);
    dns_answer_put(a[1]);

    net_reset(&config, 1, (responder *const[]){huge_tcp});
    ck_assert_int_eq(dns_ask(&config, &net_fake, &shun, q, 1, a), 0);
    ck_assert_uint_eq(count_data(a[0], DNS_A), DNS_RECORDS_MAX);
    dns_answer_put(a[0]);
}
END_TEST

START_TEST(a_silent_server_comes_last_for_a_while)
{
    struct dns_question q = question("www.x", DNS_A);
    struct dns_shun shun = {{0}};
    struct dns_config config;
    struct dns_answer *a;

    net_reset(&config, 2, (responder *const[]){silent, good});
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(dns_ask(&config, &net_fake, &shun, &q, 1, &a), 0);
        ck_assert_int_eq(a->err, 0);
        dns_answer_put(a);
    }
    ck_assert_uint_eq(net_stats[0].udp, 1);
    net_clock += DNS_SHUN_MS;
    ck_assert_int_eq(dns_ask(&config, &net_fake, &shun, &q, 1, &a), 0);
    dns_answer_put(a);
    ck_assert_uint_eq(net_stats[0].udp, 2);
}
END_TEST

/* Each call to the network and each allocation fails once: there is an end, nothing leaks, and nothing false comes out. */
START_TEST(survives_any_failure)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (unsigned n = 1;; n++) {
            struct dns_question q = question(cases[i].name ? cases[i].name : "www.x", DNS_A);
            struct dns_shun shun = {{0}};
            struct dns_config config;
            struct dns_answer *a = NULL;
            bool fired;
            int err;

            if (strstr(cases[i].why, "64 KiB"))
                break; /* a thousand points of the same kind */
            net_reset(&config, servers_of(cases[i].server), cases[i].server);
            fault_at(n);
            err = dns_ask(&config, &net_fake, &shun, &q, 1, &a);
            fired = fault_end();
            CASE_INT_EQ(net_open_conns, 0, cases[i].why);
            ck_assert(!err || err == WSA_NOT_ENOUGH_MEMORY);
            ck_assert_msg(err || net_clock - 1000000 <= DNS_TOTAL_MS + DNS_TCP_WAIT_MS, "%s", cases[i].why);
            if (!err && !a->err)
                ck_assert_uint_eq(count_data(a, DNS_A), 1);
            if (!err)
                dns_answer_put(a);
            if (!fired)
                break;
        }
    }
}
END_TEST

/* ---- names with a search list, through the cache ---- */

/* x.one exists, without addresses; www.two has one; nothing else exists. */
RESPONDER(zones)
{
    char name[DNS_NAME_CHARS];

    UNUSED;
    dns_name_format(&q->name, name);
    if (!strcmp(name, "www.two")) {
        reply_to(m, q, id, RESPONSE);
        put_a(m, name, 300, 0x01020304);
    } else if (!strcmp(name, "x.one")) {
        reply_to(m, q, id, RESPONSE);
        put_soa(m, "one", 60, 60);
    } else if (!strcmp(name, "down.one")) {
        reply_to(m, q, id, RESPONSE | DNS_SERVFAIL);
    } else {
        reply_to(m, q, id, RESPONSE | DNS_NXDOMAIN);
    }
}

static const struct {
    const char *why, *name;
    int err; /* of the call, or of the answer */
    unsigned queries;
} searches[] = {
    {"found with the second suffix", "www", 0, 2},
    {"found as it is, having a dot", "www.two", 0, 1},
    {"a final dot: no suffix", "www.", WSAHOST_NOT_FOUND, 1},
    {"nowhere", "nix", WSAHOST_NOT_FOUND, 3},
    {"no data somewhere is better than nothing", "x", WSANO_DATA, 3},
    {"no answer: no further suffix", "down", WSATRY_AGAIN, 1},
    {"not a name", "a..b", WSAHOST_NOT_FOUND, 0},
    {"empty", "", WSAHOST_NOT_FOUND, 0},
};

START_TEST(search_list)
{
    static struct dns_resolver r;
    const uint16_t type = DNS_A;

    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
        struct dns_config config;
        struct dns_answer *a = NULL;
        int err;

        net_reset(&config, 1, (responder *const[]){zones});
        config.searches = 2;
        strcpy(config.search[0], "one");
        strcpy(config.search[1], "two");
        dns_cache_flush(&r.cache);
        err = dns_lookup(&r, &config, &net_fake, searches[i].name, &type, 1, &a);
        CASE_INT_EQ(err ? err : a->err, searches[i].err, searches[i].why);
        CASE_INT_EQ(net_stats[0].udp, searches[i].queries, searches[i].why);
        if (!err)
            dns_answer_put(a);
    }
    dns_cache_flush(&r.cache);
}
END_TEST

START_TEST(no_server_no_name)
{
    static struct dns_resolver r;
    const uint16_t type = DNS_A;
    struct dns_config config;
    struct dns_answer *a;

    net_reset(&config, 0, NULL);
    ck_assert_int_eq(dns_lookup(&r, &config, &net_fake, "www.x", &type, 1, &a), WSAHOST_NOT_FOUND);
}
END_TEST

START_TEST(reverse_names)
{
    char text[DNS_REVERSE_CHARS];

    dns_reverse_name((const uint8_t[]){1, 2, 3, 4}, 4, text);
    ck_assert_str_eq(text, "4.3.2.1.in-addr.arpa.");
    dns_reverse_name((const uint8_t[16]){0x20, 0x01, [15] = 0xab}, 16, text);
    ck_assert_str_eq(text, "b.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.2.ip6.arpa.");
}
END_TEST

UNIT_MAIN("dns/query", asks_servers, details_of_answers, a_silent_server_comes_last_for_a_while, survives_any_failure,
          search_list, no_server_no_name, reverse_names)
