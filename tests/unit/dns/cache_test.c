/* SPDX-License-Identifier: MIT */
#include "namespace/dns/cache.h"

#include "tests/unit/unit.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/wsaerr.h"
#include "tests/unit/fake/fault.h"

static struct dns_cache cache;
static unsigned fetches; /* atomic */

struct plan {
    int err;
    int answer_err;
    uint32_t ttl;
    useconds_t takes;
};

static int fetch(void *arg, const struct dns_question *q, size_t count, struct dns_answer **out)
{
    const struct plan *p = arg;

    __atomic_add_fetch(&fetches, (unsigned)count, __ATOMIC_RELAXED);
    if (p->takes)
        usleep(p->takes);
    if (p->err)
        return p->err;
    for (size_t i = 0; i < count; i++) {
        out[i] = dns_answer_failed(&q[i], p->answer_err, p->ttl);
        if (!out[i]) {
            while (i--)
                dns_answer_put(out[i]);
            return WSA_NOT_ENOUGH_MEMORY;
        }
    }
    return 0;
}

static struct dns_question question(const char *name, uint16_t type)
{
    struct dns_question q = {.type = type, .class = DNS_IN};

    dns_name_parse(name, &q.name);
    return q;
}

static int get(const char *name, uint16_t type, uint64_t now, struct plan *p)
{
    struct dns_question q = question(name, type);
    struct dns_answer *a;
    int err = dns_cache_get(&cache, now, &q, 1, fetch, p, &a);

    if (!err) {
        ck_assert_int_eq(a->err, p->answer_err);
        dns_answer_put(a);
    }
    return err;
}

static const struct {
    const char *why, *name;
    uint16_t type;
    uint64_t now;
    struct plan plan;
    unsigned fetches; /* in all */
} steps[] = {
    {"not there", "a.x", DNS_A, 1000, {0, 0, 10, 0}, 1},
    {"there", "a.x", DNS_A, 1000, {0, 0, 10, 0}, 1},
    {"in any case", "A.X", DNS_A, 10999, {0, 0, 10, 0}, 1},
    {"another type", "a.x", DNS_AAAA, 1000, {0, WSANO_DATA, 5, 0}, 2},
    {"no data is kept too", "a.x", DNS_AAAA, 5999, {0, WSANO_DATA, 5, 0}, 2},
    {"for as long as it says", "a.x", DNS_AAAA, 6000, {0, WSANO_DATA, 5, 0}, 3},
    {"the end of its time", "a.x", DNS_A, 11000, {0, 0, 10, 0}, 4},
    {"no time at all", "b.x", DNS_A, 11000, {0, 0, 0, 0}, 5},
    {"not kept", "b.x", DNS_A, 11000, {0, WSATRY_AGAIN, 0, 0}, 6},
    {"a failure is not kept", "b.x", DNS_A, 11000, {0, 0, 10, 0}, 7},
};

START_TEST(keeps_answers_for_their_time)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        CASE_INT_EQ(get(steps[i].name, steps[i].type, steps[i].now, (struct plan *)&steps[i].plan), 0, steps[i].why);
        CASE_INT_EQ(fetches, steps[i].fetches, steps[i].why);
    }
    dns_cache_flush(&cache);
    ck_assert_uint_eq(cache.answers, 0);
    ck_assert_uint_eq(cache.bytes, 0);
}
END_TEST

START_TEST(peeks)
{
    struct dns_question q = question("a.x", DNS_A);
    struct plan p = {0, 0, 10, 0};
    struct dns_answer *a;

    ck_assert_ptr_null(dns_cache_peek(&cache, 0, &q));
    ck_assert_int_eq(get("a.x", DNS_A, 0, &p), 0);
    a = dns_cache_peek(&cache, 0, &q);
    ck_assert_ptr_nonnull(a);
    dns_cache_flush(&cache); /* who holds an answer keeps it */
    ck_assert_int_eq(a->question.type, DNS_A);
    dns_answer_put(a);
    ck_assert_ptr_null(dns_cache_peek(&cache, 0, &q));
}
END_TEST

START_TEST(is_bounded)
{
    struct plan p = {0, 0, 1000, 0};
    char name[32];

    for (unsigned i = 0; i < DNS_CACHE_ANSWERS + 500; i++) {
        snprintf(name, sizeof name, "h%u.x", i);
        ck_assert_int_eq(get(name, DNS_A, 0, &p), 0);
        ck_assert_int_eq(get("h0.x", DNS_A, 0, &p), 0); /* in use all the time */
    }
    ck_assert_uint_eq(cache.answers, DNS_CACHE_ANSWERS);
    ck_assert_uint_le(cache.bytes, DNS_CACHE_BYTES);
    fetches = 0;
    get("h0.x", DNS_A, 0, &p);
    ck_assert_uint_eq(fetches, 0);
    get("h1.x", DNS_A, 0, &p);
    ck_assert_uint_eq(fetches, 1);
    dns_cache_flush(&cache);
}
END_TEST

enum { THREADS = 16 };

static void *one_of_many(void *arg)
{
    struct plan p = {0, 0, *(uint32_t *)arg, 100000};
    struct dns_question q[2] = {question("a.x", DNS_A), question("a.x", DNS_AAAA)};
    struct dns_answer *a[2];

    ck_assert_int_eq(dns_cache_get(&cache, 0, q, 2, fetch, &p, a), 0);
    dns_answer_put(a[0]);
    dns_answer_put(a[1]);
    return NULL;
}

START_TEST(one_fetches_for_all)
{
    for (uint32_t ttl = 0; ttl < 2; ttl++) {
        pthread_t t[THREADS];

        fetches = 0;
        for (int i = 0; i < THREADS; i++)
            pthread_create(&t[i], NULL, one_of_many, &ttl);
        for (int i = 0; i < THREADS; i++)
            pthread_join(t[i], NULL);
        /* With a TTL of 0, who comes after the others are served asks again. */
        ck_assert_uint_le(fetches, ttl ? 2 : 4);
    }
    dns_cache_flush(&cache);
}
END_TEST

static void *hammer(void *arg)
{
    unsigned seed = *(unsigned *)arg;
    char name[32];

    for (int i = 0; i < 3000; i++) {
        struct plan p = {0, 0, seed % 3, 0};

        seed = seed * 1103515245u + 12345;
        snprintf(name, sizeof name, "h%u.x", seed >> 16 & 63);
        ck_assert_int_eq(get(name, DNS_A, (uint64_t)i, &p), 0);
        if (i % 500 == 0)
            dns_cache_flush(&cache);
    }
    return NULL;
}

START_TEST(many_threads)
{
    unsigned seed[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    pthread_t t[8];

    for (int i = 0; i < 8; i++)
        pthread_create(&t[i], NULL, hammer, &seed[i]);
    for (int i = 0; i < 8; i++)
        pthread_join(t[i], NULL);
    dns_cache_flush(&cache);
    ck_assert_uint_eq(cache.answers, 0);
    for (int i = 0; i < DNS_CACHE_BUCKETS; i++)
        ck_assert_ptr_null(cache.bucket[i]);
}
END_TEST

START_TEST(survives_running_out_of_memory)
{
    for (unsigned n = 1;; n++) {
        struct plan p = {0, 0, 10, 0};
        struct dns_question q[2] = {question("a.x", DNS_A), question("a.x", DNS_AAAA)};
        struct dns_answer *a[2];
        int err;

        fault_at(n);
        err = dns_cache_get(&cache, 0, q, 2, fetch, &p, a);
        if (!fault_end()) {
            ck_assert_int_eq(err, 0);
            dns_answer_put(a[0]);
            dns_answer_put(a[1]);
            break;
        }
        ck_assert_int_eq(err, WSA_NOT_ENOUGH_MEMORY);
        ck_assert_uint_eq(cache.answers, 0); /* and it can be asked again */
    }
    dns_cache_flush(&cache);
}
END_TEST

UNIT_MAIN("dns/cache", keeps_answers_for_their_time, peeks, is_bounded, one_fetches_for_all, many_threads,
          survives_running_out_of_memory)
