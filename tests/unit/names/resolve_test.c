/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/resolve.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "tests/unit/fake/fault.h"

/* ---- the world: sources, services, adapters ---- */

static unsigned asked; /* sources other than source_localhost that were asked */
static bool own_ip4, own_ip6;

static int give(struct answer *out, const char *canon, const char *const *addrs)
{
    int err = answer_set_canon(out, span_of(canon));

    for (; !err && *addrs; addrs++) {
        struct name_addr addr;

        name_addr_parse(span_of(*addrs), &addr);
        err = answer_add_addr(out, &addr);
    }
    if (err)
        answer_free(out);
    return err;
}

int source_own(const struct lookup *q, struct answer *out)
{
    asked++;
    return *q->name ? WSAHOST_NOT_FOUND : give(out, "me", (const char *const[]){"2001:db8::1", "10.0.0.1", NULL});
}

int source_hosts(const struct lookup *q, struct answer *out)
{
    asked++;
    if (!q->name)
        return WSAHOST_NOT_FOUND;
    if (lines_equal(span_of("four"), q->name))
        return give(out, "four.example", (const char *const[]){"10.0.0.4", "10.0.0.5", NULL});
    if (lines_equal(span_of("both"), q->name))
        return give(out, "both.example", (const char *const[]){"10.0.0.4", "2001:db8::4", NULL});
    if (lines_equal(span_of("later"), q->name))
        return WSATRY_AGAIN;
    return WSAHOST_NOT_FOUND;
}

int source_dns(const struct lookup *q, struct answer *out)
{
    (void)q, (void)out;
    asked++;
    return WSAHOST_NOT_FOUND;
}

int source_own_reverse(const struct lookup *q, struct answer *out)
{
    (void)q, (void)out;
    asked++;
    return WSAHOST_NOT_FOUND;
}

int sources_of(const struct lookup *q, const struct source **list, size_t *count, void **owned)
{
    static const struct source usual[] = {{SOURCE_LOCAL, {0}}, {SOURCE_DNS, {0}}};

    *list = usual;
    *count = q->provider || (q->name_space && q->name_space != 12) ? 0 : 2;
    *owned = NULL;
    return *count ? 0 : q->provider ? WSAEINVAL : WSASERVICE_NOT_FOUND;
}

int source_provider(const uint8_t provider[16], const struct lookup *q, struct answer *out)
{
    (void)provider, (void)q, (void)out;
    ck_abort_msg("not in the list");
    return WSAHOST_NOT_FOUND;
}

bool resolve_service(const char *name, const char *proto, uint16_t *port)
{
    bool tcp = !strcmp(proto, "tcp");

    *port = 53;
    if (!strcmp(name, "domain"))
        return true;
    *port = 80;
    return !strcmp(name, "http") && tcp;
}

/* One address that makes IPv4 the better choice; none unless a test sets it. */
static bool own_known;

const struct answer *resolve_own_get(void)
{
    static struct name_addr addr = {ADDR_INET, {10, 0, 0, 1}, 0};
    static struct answer own;

    own = own_known ? (struct answer){.addr = &addr, .addr_count = 1} : (struct answer){0};
    return &own;
}

void resolve_own_put(const struct answer *own)
{
    (void)own;
}

void resolve_own_families(bool *ip4, bool *ip6)
{
    *ip4 = own_ip4;
    *ip6 = own_ip6;
}

/* "socktype:port,…|address,…|canon" */
static const char *describe(const struct resolve_result *r)
{
    static char out[512];
    size_t n = 0;

    for (size_t i = 0; i < r->port_count; i++)
        n += (size_t)sprintf(out + n, "%s%d:%u", i ? "," : "", r->port[i].socktype, r->port[i].port);
    for (size_t i = 0; i < r->addr_count; i++) {
        char ip[ADDR_TEXT_CHARS];

        if (r->addr[i].family == ADDR_INET)
            addr_ip4_format(r->addr[i].ip, ip);
        else
            addr_ip6_format(r->addr[i].ip, ip);
        n += (size_t)sprintf(out + n, "%s%s", i ? "," : "|", ip);
    }
    sprintf(out + n, "|%s", r->canon ? r->canon : "");
    return out;
}

enum {
    PASSIVE = RESOLVE_PASSIVE,
    CANON = RESOLVE_CANONNAME,
    NUMHOST = RESOLVE_NUMERICHOST,
    NUMSERV = RESOLVE_NUMERICSERV,
    ALL = RESOLVE_ALL,
    MAPPED = RESOLVE_V4MAPPED,
    FQDN = RESOLVE_FQDN,
    I4 = ADDR_INET,
    I6 = ADDR_INET6,
};

static const struct {
    const char *why;
    struct resolve_request rq; /* node, service, flags, family, socktype, protocol */
    int err;
    const char *want;
} cases[] = {
    {"nothing asked", {NULL, NULL, 0, 0, 0, 0}, WSAHOST_NOT_FOUND, NULL},
    {"unknown flag", {"a", NULL, 0x40, 0, 0, 0}, WSAEINVAL, NULL},
    {"unknown family", {"a", NULL, 0, 99, 0, 0}, WSAEAFNOSUPPORT, NULL},
    {"unknown socket type", {"a", NULL, 0, 0, 9, 0}, WSAESOCKTNOSUPPORT, NULL},
    {"negative socket type", {"a", NULL, 0, 0, -1, 0}, WSAESOCKTNOSUPPORT, NULL},
    {"canonical name of nothing", {NULL, "80", CANON, 0, 0, 0}, WSAEINVAL, NULL},
    {"two kinds of name", {"four", NULL, CANON | FQDN, 0, 0, 0}, WSAEINVAL, NULL},
    {"flags of other name spaces are borne", {"127.0.0.1", NULL, 0x10 | 0x4000, 0, 0, 0}, 0, "0:0|127.0.0.1|127.0.0.1"},

    {"to listen", {NULL, "80", PASSIVE, 0, 1, 0}, 0, "1:80|::,0.0.0.0|"},
    {"to connect to oneself", {NULL, "80", 0, 0, 1, 0}, 0, "1:80|::1,127.0.0.1|"},
    {"to listen on IPv4", {NULL, "80", PASSIVE, I4, 0, 0}, 0, "0:80|0.0.0.0|"},
    {"to connect by IPv6", {NULL, "80", 0, I6, 0, 0}, 0, "0:80|::1|"},

    {"a number", {"10.1.2.3", "80", 0, 0, 1, 6}, 0, "1:80|10.1.2.3|10.1.2.3"},
    {"a loose number", {"127.1", NULL, CANON, 0, 0, 0}, 0, "0:0|127.0.0.1|127.1"},
    {"an IPv6 number", {"2001:DB8::1", NULL, NUMHOST, 0, 0, 0}, 0, "0:0|2001:db8::1|2001:DB8::1"},
    {"brackets are for URLs", {"[::1]", NULL, 0, 0, 0, 0}, WSAHOST_NOT_FOUND, NULL},
    {"a number of the other family", {"10.1.2.3", NULL, 0, I6, 0, 0}, WSAHOST_NOT_FOUND, NULL},
    {"the same the other way", {"::1", NULL, MAPPED, I4, 0, 0}, WSAHOST_NOT_FOUND, NULL},
    {"a number to be mapped", {"10.1.2.3", NULL, MAPPED, I6, 0, 0}, 0, "0:0|::ffff:10.1.2.3|10.1.2.3"},
    {"mapping is for IPv6 callers", {"10.1.2.3", NULL, MAPPED, 0, 0, 0}, 0, "0:0|10.1.2.3|10.1.2.3"},
    {"a name where only a number may be", {"localhost", NULL, NUMHOST, 0, 0, 0}, WSAHOST_NOT_FOUND, NULL},

    {"localhost", {"LOCALHOST.", NULL, 0, 0, 0, 0}, 0, "0:0|::1,127.0.0.1|localhost"},
    {"localhost by IPv4", {"localhost", NULL, 0, I4, 0, 0}, 0, "0:0|127.0.0.1|localhost"},
    {"oneself", {"", NULL, 0, 0, 0, 0}, 0, "0:0|2001:db8::1,10.0.0.1|me"},
    {"a name", {"four", NULL, CANON, 0, 0, 0}, 0, "0:0|10.0.0.4,10.0.0.5|four.example"},
    {"a name without such addresses", {"four", NULL, 0, I6, 0, 0}, WSANO_DATA, NULL},
    {"they can be mapped", {"four", NULL, MAPPED, I6, 0, 0}, 0, "0:0|::ffff:10.0.0.4,::ffff:10.0.0.5|four.example"},
    {"but not if there are real ones", {"both", NULL, MAPPED, I6, 0, 0}, 0, "0:0|2001:db8::4|both.example"},
    {"unless all are wanted", {"both", NULL, MAPPED | ALL, I6, 0, 0}, 0, "0:0|::ffff:10.0.0.4,2001:db8::4|both.example"},
    {"AI_ALL alone maps nothing", {"both", NULL, ALL, I6, 0, 0}, 0, "0:0|2001:db8::4|both.example"},
    {"nobody knows it", {"nobody", NULL, 0, 0, 0, 0}, WSAHOST_NOT_FOUND, NULL},
    {"a source's own error", {"later", NULL, 0, 0, 0, 0}, WSATRY_AGAIN, NULL},
    {"the DNS name space has the hosts", {"four", NULL, 0, 0, 0, 0, 12}, 0, "0:0|10.0.0.4,10.0.0.5|four.example"},
    {"others are not there", {"four", NULL, 0, 0, 0, 0, 15}, WSASERVICE_NOT_FOUND, NULL},
    {"nor is any provider by itself", {"four", NULL, 0, 0, 0, 0, 0, "x"}, WSAEINVAL, NULL},

    {"the last port", {"127.0.0.1", "65535", 0, 0, 0, 0}, 0, "0:65535|127.0.0.1|127.0.0.1"},
    {"one more", {"127.0.0.1", "65536", 0, 0, 0, 0}, WSATYPE_NOT_FOUND, NULL},
    {"many more", {"127.0.0.1", "99999999999999999999", 0, 0, 0, 0}, WSATYPE_NOT_FOUND, NULL},
    {"no service of that name", {"127.0.0.1", "nosuch", 0, 0, 0, 0}, WSATYPE_NOT_FOUND, NULL},
    {"a service where only a number may be", {"127.0.0.1", "http", NUMSERV, 0, 0, 0}, WSAHOST_NOT_FOUND, NULL},
    {"a service of one protocol", {"127.0.0.1", "http", 0, 0, 0, 0}, 0, "1:80|127.0.0.1|127.0.0.1"},
    {"a service of two", {"127.0.0.1", "domain", 0, 0, 0, 0}, 0, "1:53,2:53|127.0.0.1|127.0.0.1"},
    {"of two, one wanted by type", {"127.0.0.1", "domain", 0, 0, 2, 0}, 0, "2:53|127.0.0.1|127.0.0.1"},
    {"of two, one wanted by protocol", {"127.0.0.1", "domain", 0, 0, 0, 6}, 0, "1:53|127.0.0.1|127.0.0.1"},
    {"of one, the other wanted", {"127.0.0.1", "http", 0, 0, 2, 0}, WSATYPE_NOT_FOUND, NULL},
    {"raw sockets have no services", {"127.0.0.1", "domain", 0, 0, 3, 0}, WSATYPE_NOT_FOUND, NULL},
};

static const char *without_unasked_canon(const char *text, int flags)
{
    static char out[512];

    strcpy(out, text);
    if (!(flags & (CANON | FQDN)))
        *strrchr(out, '|') = 0;
    return out;
}

START_TEST(resolves)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct resolve_result r;
        int err = resolve(&cases[i].rq, &r), flags = cases[i].rq.flags;
        char got[512];

        CASE_INT_EQ(err, cases[i].err, cases[i].why);
        if (err) {
            ck_assert_msg(!r.addr && !r.canon && !r.host.addr && !r.host.canon, "%s: an answer in spite of the error", cases[i].why);
            continue;
        }
        strcpy(got, without_unasked_canon(describe(&r), flags));
        ck_assert_msg(!strcmp(got, without_unasked_canon(cases[i].want, flags)), "%s: %s", cases[i].why, got);
        resolve_free(&r);
    }
}
END_TEST

START_TEST(long_names_are_unknown)
{
    static char name[RESOLVE_NODE_MAX + 10];
    struct resolve_request rq = {.node = name};
    struct resolve_result r;

    memset(name, 'a', RESOLVE_NODE_MAX);
    ck_assert_int_eq(resolve(&rq, &r), WSAHOST_NOT_FOUND);
}
END_TEST

static const struct {
    const char *why, *node;
    bool ip4, ip6;
    const char *want;
} usable[] = {
    {"both families", "both", true, true, "0:0|10.0.0.4,2001:db8::4"},
    {"IPv4 only", "both", true, false, "0:0|10.0.0.4"},
    {"IPv6 only", "both", false, true, "0:0|2001:db8::4"},
    {"no network: nothing would be left, so all stays", "both", false, false, "0:0|10.0.0.4,2001:db8::4"},
    {"loopback needs no network", "localhost", true, false, "0:0|::1,127.0.0.1"},
};

START_TEST(addrconfig_drops_what_cannot_be_used)
{
    for (size_t i = 0; i < sizeof usable / sizeof *usable; i++) {
        struct resolve_request rq = {.node = usable[i].node, .flags = RESOLVE_ADDRCONFIG};
        struct resolve_result r;

        own_ip4 = usable[i].ip4;
        own_ip6 = usable[i].ip6;
        ck_assert_int_eq(resolve(&rq, &r), 0);
        ck_assert_msg(!strcmp(without_unasked_canon(describe(&r), 0), usable[i].want), "%s: %s", usable[i].why,
                      describe(&r));
        resolve_free(&r);
    }
}
END_TEST

START_TEST(addresses_come_in_the_order_to_try_them)
{
    struct resolve_request rq = {.node = ""};
    struct resolve_result r;

    own_known = true;
    ck_assert_int_eq(resolve(&rq, &r), 0);
    ck_assert_str_eq(without_unasked_canon(describe(&r), 0), "0:0|10.0.0.1,2001:db8::1");
    resolve_free(&r);
    own_known = false;
}
END_TEST

/* The promise to programs that look up numbers and localhost all the time. */
START_TEST(numbers_and_localhost_ask_nobody)
{
    static const char *const nodes[] = {"127.0.0.1", "::1", "localhost", "10.0.0.1", NULL};

    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        struct resolve_request rq = {.node = nodes[i], .service = "80", .flags = RESOLVE_ADDRCONFIG};
        struct resolve_result r;

        asked = 0;
        ck_assert_int_eq(resolve(&rq, &r), 0);
        ck_assert_uint_eq(asked, 0);
        resolve_free(&r);
    }
}
END_TEST

START_TEST(survives_running_out_of_memory)
{
    static const char *const nodes[] = {"localhost", "both", "10.0.0.1", NULL};

    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
        for (unsigned n = 1;; n++) {
            struct resolve_request rq = {.node = nodes[i], .service = "80", .flags = nodes[i] ? CANON : 0};
            struct resolve_result r;
            int err;

            fault_at(n);
            err = resolve(&rq, &r);
            if (!fault_end()) {
                ck_assert_int_eq(err, 0);
                resolve_free(&r);
                break;
            }
            ck_assert_int_eq(err, WSA_NOT_ENOUGH_MEMORY);
            ck_assert(!r.canon && !r.addr && !r.host.canon && !r.host.addr);
        }
    }
}
END_TEST

START_TEST(addresses_are_asked_of_the_files_first)
{
    struct name_addr addr = {ADDR_INET, {10, 9, 9, 9}, 0};
    struct lookup q = {.addr = &addr};
    struct answer a = {0};

    asked = 0;
    ck_assert_int_eq(source_lookup(&q, &a), WSAHOST_NOT_FOUND);
    ck_assert_uint_eq(asked, 3);
}
END_TEST

/* Few addresses lie in the caller's room, more of them in memory: for every number, and when memory is out. */
START_TEST(an_answer_may_start_in_room_of_the_callers)
{
    for (size_t count = 1; count <= 20; count++) {
        for (unsigned n = 1;; n++) {
            struct name_addr room[4], addr = {ADDR_INET, {10, 0, 0, 0}, 0};
            struct answer a = {.room = room, .room_count = 4};
            int err = 0;

            fault_at(n);
            for (size_t i = 0; !err && i < count; i++) {
                addr.ip[3] = (uint8_t)i;
                err = answer_add_addr(&a, &addr);
            }
            if (fault_end()) {
                ck_assert_int_eq(err, WSA_NOT_ENOUGH_MEMORY);
                ck_assert_uint_gt(count, 4);
                answer_free(&a);
                continue;
            }
            ck_assert_int_eq(err, 0);
            ck_assert_uint_eq(a.addr_count, count);
            for (size_t i = 0; i < count; i++)
                ck_assert_uint_eq(a.addr[i].ip[3], i);
            ck_assert_int_eq(a.addr == room, count <= 4);
            answer_free(&a);
            ck_assert(!a.addr && !a.addr_count && a.room == room);
            break;
        }
    }
}
END_TEST

UNIT_MAIN("names/resolve", resolves, long_names_are_unknown, addrconfig_drops_what_cannot_be_used,
          addresses_come_in_the_order_to_try_them,
          numbers_and_localhost_ask_nobody, survives_running_out_of_memory,
          an_answer_may_start_in_room_of_the_callers, addresses_are_asked_of_the_files_first)
