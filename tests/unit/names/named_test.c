/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/named.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "tests/unit/unit.h"

static struct name_addr ip4(unsigned n)
{
    return (struct name_addr){ADDR_INET, {10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 0};
}

static void ck_named(const struct name_addr *a, const char *want)
{
    char name[NAMED_BYTES] = "untouched";

    ck_assert_int_eq(named_find(a, name, sizeof name), want != NULL);
    ck_assert_str_eq(name, want ? want : "untouched");
}

START_TEST(the_last_name_counts)
{
    struct name_addr a = ip4(1), b = ip4(2);

    ck_named(&a, NULL);
    named_put(&a, "one.example");
    named_put(&b, "b.example");
    ck_named(&a, "one.example");
    named_put(&a, "two.example.");
    ck_named(&a, "two.example");
    named_put(&a, "two.example");
    ck_named(&a, "two.example");
    ck_named(&b, "b.example");
}
END_TEST

START_TEST(what_is_no_name_is_not_kept)
{
    static const char *const none[] = {"", ".", "10.0.0.1", "::1", "0x7f.1"};
    struct name_addr a = ip4(1);

    named_put(&a, "kept.example");
    for (int i = 0; i < 5; i++) {
        named_put(&a, none[i]);
        ck_named(&a, "kept.example");
    }
}
END_TEST

START_TEST(mapped_and_plain_are_one_address_and_ipv6_is_another)
{
    struct name_addr four = ip4(1), mapped = {ADDR_INET6, {[10] = 0xff, 0xff, 10, 0, 0, 1}, 0};
    struct name_addr six = {ADDR_INET6, {[12] = 10, 0, 0, 1}, 0}, scoped = six;

    named_put(&mapped, "m.example");
    ck_named(&four, "m.example");
    ck_named(&six, NULL);
    scoped.scope = 3;
    named_put(&scoped, "six.example");
    ck_named(&six, "six.example");
    ck_named(&four, "m.example");
}
END_TEST

START_TEST(long_names)
{
    char name[NAMED_BYTES + 2], got[NAMED_BYTES];
    struct name_addr a = ip4(1);

    memset(name, 'n', sizeof name);
    name[NAMED_BYTES - 1] = 0;
    named_put(&a, name);
    ck_named(&a, name);
    ck_assert(!named_find(&a, got, NAMED_BYTES - 1));
    ck_assert(!named_find(&a, got, 0));
    name[NAMED_BYTES - 1] = 'n';
    name[NAMED_BYTES] = 0;
    named_put(&a, name); /* not the name before either: that would be a wrong answer */
    ck_named(&a, NULL);
}
END_TEST

/* Ten times as many as there is room for: the number stays bounded, and one that is asked for again and again stays. */
START_TEST(bounded)
{
    char name[32], got[NAMED_BYTES];
    struct name_addr favourite = ip4(0xffffff), a;
    int known = 0;

    named_put(&favourite, "favourite.example");
    for (unsigned n = 0; n < 10 * NAMED_MAX; n++) {
        snprintf(name, sizeof name, "n%u.example", n);
        a = ip4(n);
        named_put(&a, name);
        ck_named(&a, name);
        named_put(&favourite, "favourite.example");
    }
    ck_named(&favourite, "favourite.example");
    for (unsigned n = 0; n < 10 * NAMED_MAX; n++) {
        a = ip4(n);
        known += named_find(&a, got, sizeof got);
    }
    ck_assert_int_le(known, NAMED_MAX);
    ck_assert_int_ge(known, NAMED_MAX * 9 / 10); /* sets fill unevenly, but ten times over all do */
}
END_TEST

/* A name belongs to its address: "<n>-<filler of n>" for address n, however the two are mixed up. */
static void *hammer(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;

    for (int i = 0; i < 20000; i++) {
        unsigned n = (seed = seed * 1103515245 + 12345) >> 16 & 7, v = seed >> 24 & 1;
        struct name_addr a = ip4(n);
        char name[NAMED_BYTES], got[NAMED_BYTES];
        size_t fill = 20 + 150 * v;

        name[0] = (char)('0' + n);
        memset(name + 1, v ? 'x' : 'y', fill);
        name[fill + 1] = 0;
        named_put(&a, name);
        if (!named_find(&a, got, sizeof got))
            return "forgotten";
        if (got[0] != name[0] || strspn(got + 1, "x") + strspn(got + 1, "y") != strlen(got + 1) ||
            (strlen(got) != 21 && strlen(got) != 171))
            return "torn";
    }
    return NULL;
}

START_TEST(threads)
{
    pthread_t t[4];
    void *complaint;

    for (uintptr_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&t[i], NULL, hammer, (void *)(i + 1)), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &complaint);
        ck_assert_ptr_null(complaint);
    }
}
END_TEST

UNIT_MAIN("named", the_last_name_counts, what_is_no_name_is_not_kept, mapped_and_plain_are_one_address_and_ipv6_is_another,
          long_names, bounded, threads)
