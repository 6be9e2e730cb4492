/* SPDX-License-Identifier: MIT */
#include "providers/kit/relay_buf.h"

#include <string.h>

#include "tests/unit/unit.h"

static unsigned char pattern(size_t i)
{
    return (unsigned char)(i * 7 + i / 251);
}

/* One check for all of them: Check notes each one it makes, which takes longer than the comparison. */
static bool is_pattern(const char *data, size_t from, size_t bytes)
{
    bool same = true;

    for (size_t i = 0; i < bytes; i++)
        same = same && (unsigned char)data[i] == pattern(from + i);
    return same;
}

/* Random pieces in, random pieces out, with room lent in between: the same bytes in the same order. */
START_TEST(fifo_keeps_order)
{
    struct fifo f = {0};
    size_t in = 0, out = 0, room, n;
    const char *front;
    unsigned seed = 1;

    while (out < 3000000) {
        seed = seed * 1103515245 + 12345;
        if (in < 3000000 && (seed >> 16) % 3) {
            size_t wanted = (seed >> 8) % FIFO_BLOCK + 1;
            char *to = fifo_room(&f, wanted, &room);

            ck_assert_ptr_nonnull(to);
            ck_assert_uint_ge(room, wanted);
            front = fifo_front(&f, &n); /* something goes out while the room is lent */
            if (n > 3) {
                ck_assert(is_pattern(front, out, 3));
                fifo_taken(&f, 3);
                out += 3;
            }
            n = (seed >> 4) % (room + 1);
            for (size_t i = 0; i < n; i++)
                to[i] = (char)pattern(in + i);
            fifo_added(&f, n);
            in += n;
        } else {
            front = fifo_front(&f, &n);
            n = n ? (seed >> 3) % n + 1 : 0;
            ck_assert(is_pattern(front, out, n));
            fifo_taken(&f, n);
            out += n;
        }
        ck_assert_uint_eq(f.bytes, in - out);
    }
    fifo_free(&f);
    ck_assert_ptr_null(f.first);
}
END_TEST

START_TEST(fifo_takes_over_block_borders)
{
    static char big[3 * FIFO_BLOCK + 5];
    struct fifo f = {0};
    size_t n;

    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)pattern(i);
    ck_assert(fifo_put(&f, big, sizeof big));
    ck_assert_uint_eq(f.bytes, sizeof big);
    fifo_taken(&f, 2 * FIFO_BLOCK + 1);
    ck_assert_uint_eq((unsigned char)*fifo_front(&f, &n), pattern(2 * FIFO_BLOCK + 1));
    ck_assert_uint_eq(n, FIFO_BLOCK - 1);
    fifo_clear(&f);
    ck_assert_uint_eq(f.bytes, 0);
    fifo_front(&f, &n);
    ck_assert_uint_eq(n, 0);
    fifo_free(&f);
}
END_TEST

/* What is left moves to the front, lent room stays where it is, and there is an end to growing. */
START_TEST(inbox_grows_to_its_limit)
{
    struct inbox b = {0};
    size_t room, total = 0;
    bool full = false;
    char *to;

    while ((to = inbox_room(&b, &room, &full))) {
        ck_assert_uint_ge(room, INBOX_LEAST_ROOM);
        memset(to, 'x', room);
        inbox_added(&b, room);
        total += room;
    }
    ck_assert(full);
    ck_assert_uint_gt(total, 64 * 1024);
    ck_assert_uint_eq(inbox_bytes(&b), total);
    inbox_taken(&b, total - 1);
    to = inbox_room(&b, &room, &full);
    ck_assert_ptr_nonnull(to);
    ck_assert_uint_eq(inbox_bytes(&b), 1);
    inbox_taken(&b, 1); /* while lent: the room must not move */
    ck_assert_ptr_eq(to, b.data + b.end);
    memcpy(to, "abc", 3);
    inbox_added(&b, 3);
    ck_assert_mem_eq(b.data + b.start, "abc", 3);
    inbox_free(&b);
}
END_TEST

START_TEST(due_keeps_order)
{
    struct due d = {0};
    uint64_t next;

    ck_assert_uint_eq(due_ready(&d, 5, &next), 0);
    ck_assert_uint_eq(next, UINT64_MAX);
    ck_assert(due_add(&d, 10, 100));
    ck_assert(due_add(&d, 20, 50)); /* cannot overtake */
    ck_assert(due_add(&d, 5, 200));
    ck_assert_uint_eq(due_ready(&d, 99, &next), 0);
    ck_assert_uint_eq(next, 100);
    ck_assert_uint_eq(due_ready(&d, 100, &next), 30);
    ck_assert_uint_eq(next, 200);
    due_taken(&d, 25);
    ck_assert_uint_eq(due_ready(&d, 1000, &next), 10);
    ck_assert_uint_eq(next, UINT64_MAX);
    ck_assert(due_add(&d, 1, UINT64_MAX));
    ck_assert_uint_eq(due_ready(&d, UINT64_MAX - 1, &next), 10); /* never is never */
    ck_assert_uint_eq(next, UINT64_MAX);
    due_free(&d);
}
END_TEST

START_TEST(due_ring_grows)
{
    struct due d = {0};
    uint64_t next;
    size_t in = 0, out = 0;

    for (unsigned i = 1; i < 5000; i++) {
        ck_assert(due_add(&d, i, i));
        in += i;
        if (i % 3 == 0) {
            size_t n = due_ready(&d, i - 1, &next);

            ck_assert_uint_eq(next, i);
            due_taken(&d, n);
            out += n;
        }
        ck_assert_uint_eq(d.bytes, in - out);
    }
    due_free(&d);
}
END_TEST

UNIT_MAIN("relay_buf", fifo_keeps_order, fifo_takes_over_block_borders, inbox_grows_to_its_limit,
          due_keeps_order, due_ring_grows)
