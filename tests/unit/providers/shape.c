/* SPDX-License-Identifier: MIT */
#include "providers/shape/shape.h"

#include "tests/unit/unit.h"

static const struct {
    const char *why, *key, *value;
    bool want;
} options[] = {
    { "milliseconds", "latency", "100ms", true },
    { "a bare time", "jitter", "5", true },
    { "a fraction", "out-latency", "0.5s", true },
    { "a rate", "rate", "1mbit", true },
    { "bytes per second", "in-rate", "10kB", true },
    { "less than a byte in a second", "rate", "7bit", false },
    { "no rate", "rate", "0", false },
    { "a share", "loss", "0.5%", true },
    { "more than all", "loss", "101%", false },
    { "a share without its sign", "loss", "5", false },
    { "a place", "reset", "64k", true },
    { "a share of connections", "stall", "5%", true },
    { "room for datagrams", "queue", "1m", true },
    { "no room", "in-queue", "0", true },
    { "more room than there is memory", "queue", "2g", false },
    { "order", "reorder", "1", true },
    { "order of one direction", "out-reorder", "0", true },
    { "order in words", "reorder", "yes", false },
    { "a seed", "seed", "7", true },
    { "a seed in words", "seed", "seven", false },
    { "no such key", "lateness", "1ms", false },
    { "no such unit", "latency", "1min", false },
    { "nothing", "latency", "", false },
    { "less than nothing", "latency", "-1ms", false },
    { "much too long a number", "reset", "99999999999999999999", false },
};

START_TEST(options_are_read)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct shape s;

        shape_init(&s);
        CASE_INT_EQ(shape_set(&s, options[i].key, options[i].value), options[i].want, options[i].why);
    }
}
END_TEST

START_TEST(values)
{
    struct shape s;

    shape_init(&s);
    ck_assert(shape_set(&s, "latency", "1.5ms"));
    ck_assert(shape_set(&s, "in-latency", "2s"));
    ck_assert(shape_set(&s, "rate", "1mbit"));
    ck_assert(shape_set(&s, "loss", "0.5%"));
    ck_assert(shape_set(&s, "reset", "64k"));
    ck_assert_uint_eq(s.direction[SHAPE_OUT].latency_us, 1500);
    ck_assert_uint_eq(s.direction[SHAPE_IN].latency_us, 2000000);
    ck_assert_uint_eq(s.direction[SHAPE_IN].bytes_per_s, 125000);
    ck_assert_uint_eq(s.direction[SHAPE_OUT].loss_millionths, 5000);
    ck_assert_uint_eq(s.direction[SHAPE_OUT].reset.after, 65536);
    ck_assert(s.direction[SHAPE_OUT].stall.after == SHAPE_NEVER);
}
END_TEST

/* When byte `place` arrives, if the stream is given in pieces of `piece` bytes, all at time 0. */
static uint64_t arrival(const struct shape *s, size_t piece, uint64_t place)
{
    struct shape_stream t;
    uint64_t position = 0, due = 0;

    shape_stream_begin(&t, s, SHAPE_OUT, 3);
    for (;;) {
        size_t left = piece;

        while (left) {
            size_t n = left;

            ck_assert_int_eq(shape_stream_next(&t, 0, &n, &due), SHAPE_GO);
            ck_assert_uint_gt(n, 0);
            ck_assert_uint_le(n, left);
            left -= n;
            position += n;
            if (position > place)
                return due;
        }
    }
}

START_TEST(pieces_do_not_matter)
{
    struct shape s;

    shape_init(&s);
    shape_set(&s, "jitter", "50ms");
    shape_set(&s, "seed", "11");
    for (uint64_t place = 0; place < 100000; place += 7777)
        ck_assert_uint_eq(arrival(&s, 100, place), arrival(&s, 65536, place));
}
END_TEST

START_TEST(rate_and_latency)
{
    struct shape s;
    struct shape_stream t;
    uint64_t due, last = 0;
    size_t total = 0;

    shape_init(&s);
    shape_set(&s, "rate", "1mbit"); /* 125000 bytes in a second */
    shape_set(&s, "latency", "100ms");
    shape_stream_begin(&t, &s, SHAPE_OUT, 0);
    while (total < 125000) {
        size_t n = 125000 - total;

        ck_assert_int_eq(shape_stream_next(&t, 0, &n, &due), SHAPE_GO);
        ck_assert_uint_ge(due, last);
        last = due;
        total += n;
    }
    ck_assert_uint_ge(last, 1099900);
    ck_assert_uint_le(last, 1100000);
    total = 1; /* the line is idle again: only latency and the byte itself */
    ck_assert_int_eq(shape_stream_next(&t, 5000000, &total, &due), SHAPE_GO);
    ck_assert_uint_eq(due, 5000000 + 8 + 100000);
}
END_TEST

START_TEST(breaks_at_the_byte)
{
    struct shape s;
    struct shape_stream t;
    uint64_t due;
    size_t n = 5000;

    shape_init(&s);
    shape_set(&s, "reset", "1000");
    shape_stream_begin(&t, &s, SHAPE_IN, 0);
    ck_assert_int_eq(shape_stream_next(&t, 0, &n, &due), SHAPE_GO);
    ck_assert_uint_eq(n, 1000);
    n = 4000;
    ck_assert_int_eq(shape_stream_next(&t, 0, &n, &due), SHAPE_RESET);

    shape_init(&s);
    shape_set(&s, "in-stall", "0");
    shape_stream_begin(&t, &s, SHAPE_IN, 0);
    ck_assert_int_eq(shape_stream_next(&t, 0, &n, &due), SHAPE_STALL);
    ck_assert(due == SHAPE_NEVER);
    shape_stream_begin(&t, &s, SHAPE_OUT, 0);
    ck_assert_int_eq(shape_stream_next(&t, 0, &n, &due), SHAPE_GO);
}
END_TEST

START_TEST(chance_is_fair_and_repeatable)
{
    struct shape s;
    unsigned broken = 0, lost = 0;

    shape_init(&s);
    shape_set(&s, "reset", "10%");
    shape_set(&s, "loss", "25%");
    shape_set(&s, "seed", "7");
    for (uint64_t i = 0; i < 10000; i++) {
        struct shape_stream a, b;

        shape_stream_begin(&a, &s, SHAPE_OUT, i);
        shape_stream_begin(&b, &s, SHAPE_OUT, i);
        ck_assert(a.reset_at == b.reset_at);
        ck_assert(a.reset_at == SHAPE_NEVER || a.reset_at < SHAPE_SOMEWHERE);
        broken += a.reset_at != SHAPE_NEVER;
        lost += shape_lost(&s, SHAPE_OUT, 1, i);
        ck_assert_int_eq(shape_lost(&s, SHAPE_OUT, 1, i), shape_lost(&s, SHAPE_OUT, 1, i));
    }
    ck_assert_uint_gt(broken, 800);
    ck_assert_uint_lt(broken, 1200);
    ck_assert_uint_gt(lost, 2300);
    ck_assert_uint_lt(lost, 2700);
    s.seed = 8;
    for (uint64_t i = 0, same = 0; i < 1000; i++) {
        same += shape_lost(&s, SHAPE_OUT, 1, i);
        ck_assert_uint_lt(same, 400);
    }
}
END_TEST

enum { DATAGRAMS = 1000 };

/* Each leaves a millisecond after the one before. */
static void send_many(const char *jitter, const char *reorder, uint64_t due[DATAGRAMS])
{
    struct shape s;
    struct shape_stream t;

    shape_init(&s);
    ck_assert(shape_set(&s, "latency", "20ms"));
    ck_assert(shape_set(&s, "jitter", jitter));
    ck_assert(shape_set(&s, "reorder", reorder));
    ck_assert(shape_set(&s, "seed", "5"));
    shape_stream_begin(&t, &s, SHAPE_IN, 1);
    for (uint64_t i = 0; i < DATAGRAMS; i++)
        ck_assert(shape_datagram_next(&t, i * 1000, i % 7, &due[i]));
}

START_TEST(datagrams_are_late)
{
    uint64_t due[DATAGRAMS], again[DATAGRAMS];
    unsigned overtaken = 0, late = 0;

    send_many("0", "0", due);
    for (uint64_t i = 0; i < DATAGRAMS; i++)
        ck_assert_uint_eq(due[i], i * 1000 + 20000);

    send_many("10ms", "1", due);
    send_many("10ms", "1", again);
    for (uint64_t i = 0; i < DATAGRAMS; i++) {
        ck_assert_uint_ge(due[i], i * 1000 + 20000);
        ck_assert_uint_le(due[i], i * 1000 + 30000);
        ck_assert_uint_eq(due[i], again[i]);
        overtaken += i && due[i] < due[i - 1];
        late += due[i] > i * 1000 + 25000;
    }
    ck_assert_uint_gt(overtaken, 300);
    ck_assert_uint_gt(late, 400);
    ck_assert_uint_lt(late, 600);

    send_many("10ms", "0", again);
    for (uint64_t i = 0; i < DATAGRAMS; i++) {
        ck_assert(again[i] == due[i] || (i && again[i] == again[i - 1] && due[i] < again[i]));
        ck_assert(!i || again[i] >= again[i - 1]);
    }
}
END_TEST

START_TEST(a_full_queue_loses)
{
    struct shape s;
    struct shape_stream t;
    uint64_t due;

    shape_init(&s);
    shape_set(&s, "rate", "1kB"); /* a byte in a millisecond */
    shape_set(&s, "queue", "250");
    shape_stream_begin(&t, &s, SHAPE_OUT, 1);
    ck_assert_msg(shape_datagram_next(&t, 0, 1000, &due), "a free line takes what the queue has no room for");
    ck_assert_uint_eq(due, 1000000);
    ck_assert(!shape_datagram_next(&t, 0, 100, &due));
    ck_assert_msg(!shape_datagram_next(&t, 800000, 51, &due), "200 bytes still wait");
    ck_assert(shape_datagram_next(&t, 800000, 50, &due));
    ck_assert_uint_eq(due, 1050000);
    ck_assert(!shape_datagram_next(&t, 800000, 1, &due));
    ck_assert(shape_datagram_next(&t, 801000, 1, &due));
    ck_assert_uint_eq(due, 1051000);
    ck_assert(shape_datagram_next(&t, 5000000, 60000, &due));
    ck_assert_uint_eq(due, 65000000);

    shape_init(&s);
    shape_set(&s, "queue", "0");
    shape_stream_begin(&t, &s, SHAPE_OUT, 1);
    for (int i = 0; i < 100; i++)
        ck_assert_msg(shape_datagram_next(&t, 0, 60000, &due), "without a rate nothing waits");
}
END_TEST

START_TEST(datagrams_are_lost_by_number)
{
    struct shape s;
    struct shape_stream t;
    uint64_t due;

    shape_init(&s);
    shape_set(&s, "loss", "30%");
    shape_set(&s, "rate", "1mbit");
    shape_set(&s, "queue", "1g");
    shape_set(&s, "seed", "7");
    shape_stream_begin(&t, &s, SHAPE_IN, 3);
    for (uint64_t i = 0; i < DATAGRAMS; i++)
        ck_assert_int_eq(shape_datagram_next(&t, i / 100, i % 1400, &due), !shape_lost(&s, SHAPE_IN, 3, i));
}
END_TEST

START_TEST(what_concerns_datagrams)
{
    static const struct {
        const char *key, *value;
        bool out, in, delays_out;
    } rows[] = {
        { "loss", "1%", true, true, false },     { "in-loss", "1%", false, true, false }, { "out-latency", "1ms", true, false, true },
        { "jitter", "1us", true, true, true },   { "in-rate", "1kB", false, true, false }, { "reset", "1k", false, false, false },
        { "latency", "0", false, false, false }, { "queue", "1k", false, false, false },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct shape s;

        shape_init(&s);
        ck_assert(shape_set(&s, rows[i].key, rows[i].value));
        CASE_INT_EQ(shape_is_for_datagrams(&s.direction[SHAPE_OUT]), rows[i].out, rows[i].key);
        CASE_INT_EQ(shape_is_for_datagrams(&s.direction[SHAPE_IN]), rows[i].in, rows[i].key);
        CASE_INT_EQ(shape_delays_datagrams(&s.direction[SHAPE_OUT]), rows[i].delays_out, rows[i].key);
    }
}
END_TEST

UNIT_MAIN("shape", datagrams_are_late, a_full_queue_loses, datagrams_are_lost_by_number, what_concerns_datagrams, options_are_read, values, pieces_do_not_matter, rate_and_latency, breaks_at_the_byte,
          chance_is_fair_and_repeatable)
