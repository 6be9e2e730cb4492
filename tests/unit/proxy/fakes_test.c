/* SPDX-License-Identifier: MIT */
#include "providers/proxy/fakes.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/fake/fault.h"
#include "tests/unit/unit.h"

static struct endpoint fake(struct fakes *f, const char *name, enum endpoint_kind kind)
{
    struct endpoint e = { .kind = kind };

    ck_assert(fakes_put(f, name, kind, e.ip));
    ck_assert(fakes_is_fake(&e));
    return e;
}

static const char *name_of(struct fakes *f, const struct endpoint *e)
{
    static char name[ENDPOINT_NAME_BYTES];

    return fakes_get(f, e, name) ? name : "none";
}

START_TEST(a_name_and_its_addresses)
{
    struct fakes *f = fakes_new();
    struct endpoint a4 = fake(f, "a.example", ENDPOINT_IP4), a6 = fake(f, "A.example.", ENDPOINT_IP6);
    struct endpoint b4 = fake(f, "b.example", ENDPOINT_IP4);

    ck_assert_str_eq(name_of(f, &a4), "a.example");
    ck_assert_str_eq(name_of(f, &a6), "a.example");
    ck_assert_str_eq(name_of(f, &b4), "b.example");
    ck_assert(!memcmp(a4.ip, (uint8_t[4]){ 198, 18, 0, 1 }, 4));
    ck_assert(!memcmp(a6.ip, (uint8_t[16]){ 0x20, 1, 0, 2, [15] = 1 }, 16));
    fakes_free(f);
}
END_TEST

static const struct {
    const char *why, *text;
    bool fake;
} strangers[] = {
    { "before the block", "198.17.255.255", false }, { "its first address", "198.18.0.0", true },
    { "never given", "198.18.0.2", true },           { "its last address", "198.19.255.255", true },
    { "after the block", "198.20.0.0", false },      { "before the IPv6 block", "2001:1:ffff::", false },
    { "its first address", "2001:2::", true },       { "elsewhere in it", "2001:2::1:0:0:1", true },
    { "never given", "2001:2::ffff:ffff", true },    { "after the IPv6 block", "2001:2:1::1", false },
    { "an ordinary address", "8.8.8.8", false },
};

START_TEST(other_addresses_stand_for_no_name)
{
    struct fakes *f = fakes_new();

    fake(f, "a.example", ENDPOINT_IP4);
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        struct endpoint e;

        ck_assert(endpoint_parse_host(strangers[i].text, strlen(strangers[i].text), &e));
        CASE_INT_EQ(fakes_is_fake(&e), strangers[i].fake, strangers[i].why);
        ck_assert_msg(!strcmp(name_of(f, &e), "none"), "%s", strangers[i].why);
    }
    fakes_free(f);
}
END_TEST

/* The table is as large as it is: then the oldest name goes, and only that. */
START_TEST(the_oldest_makes_room)
{
    struct fakes *f = fakes_new();
    struct endpoint first, second, last, again;
    char name[32];

    first = fake(f, "n1", ENDPOINT_IP4);
    second = fake(f, "n2", ENDPOINT_IP4);
    for (int i = 3; i <= FAKES_MAX; i++) {
        snprintf(name, sizeof name, "n%d", i);
        last = fake(f, name, ENDPOINT_IP4);
    }
    ck_assert_str_eq(name_of(f, &first), "n1");
    ck_assert_str_eq(name_of(f, &last), "n65536");
    again = fake(f, "new", ENDPOINT_IP4);
    ck_assert(!memcmp(again.ip, first.ip, 4));
    ck_assert_str_eq(name_of(f, &first), "new");
    ck_assert_str_eq(name_of(f, &second), "n2");
    again = fake(f, "n1", ENDPOINT_IP4);
    ck_assert_str_eq(name_of(f, &again), "n1");
    ck_assert_str_eq(name_of(f, &second), "n1");
    fakes_free(f);
}
END_TEST

START_TEST(no_memory_is_said)
{
    for (unsigned n = 1;; n++) {
        struct fakes *f;
        uint8_t ip[16];
        bool put;

        fault_at(n);
        f = fakes_new();
        put = f && fakes_put(f, "a.example", ENDPOINT_IP4, ip);
        if (!fault_end()) {
            ck_assert(put);
            fakes_free(f);
            break;
        }
        ck_assert(!put);
        ck_assert(!f || fakes_put(f, "a.example", ENDPOINT_IP4, ip));
        fakes_free(f);
    }
}
END_TEST

UNIT_MAIN("proxy/fakes", a_name_and_its_addresses, other_addresses_stand_for_no_name, the_oldest_makes_room, no_memory_is_said)
