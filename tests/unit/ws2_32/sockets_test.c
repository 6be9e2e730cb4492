/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/sockets.h"

#include <pthread.h>

#include "base/wsaerr.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/unit.h"

/* Stand-ins: the table never looks inside a provider. */
static struct provider *const base = (struct provider *)16, *const layer = (struct provider *)32,
                              *const other = (struct provider *)48;

static void ck_owner(uintptr_t handle, struct provider *owner, uint32_t id)
{
    struct socket_entry *e = sockets_find(handle);

    if (!owner) {
        ck_assert_ptr_null(e);
        return;
    }
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_eq(e->provider, owner);
    ck_assert_uint_eq(e->catalog_id, id);
}

START_TEST(last_caller_owns_and_the_first_is_remembered)
{
    ck_assert_int_eq(sockets_own(64, base, 1001, true), 0);
    ck_assert_int_eq(sockets_own(64, layer, 1101, false), 0);
    ck_assert_int_eq(sockets_own(64, other, 1201, false), 0);
    ck_owner(64, other, 1201);
    ck_assert_ptr_eq(sockets_find(64)->base, base);
    ck_assert_uint_eq(sockets_find(64)->base_id, 1001);
}
END_TEST

START_TEST(a_fresh_socket_replaces_what_closehandle_left)
{
    ck_assert_int_eq(sockets_own(64, base, 1001, true), 0);
    ck_assert_int_eq(sockets_own(64, layer, 1101, false), 0);
    ck_assert_int_eq(sockets_own(64, base, 1002, true), 0);
    ck_owner(64, base, 1002);
}
END_TEST

START_TEST(a_handle_that_closes_by_itself_is_forgotten)
{
    struct socket_entry *e;

    sockets_forget(64); /* not there */
    ck_assert_int_eq(sockets_own(64, base, 1001, true), 0);
    e = sockets_close_begin(64);
    sockets_forget(64); /* closesocket() has it */
    ck_owner(64, base, 1001);
    sockets_close_end(e, false);
    sockets_forget(64);
    ck_owner(64, NULL, 0);
    ck_assert_int_eq(sockets_add(64, layer, 1101, 0), 0);
    sockets_forget(64); /* its layer says when */
    ck_owner(64, layer, 1101);
}
END_TEST

START_TEST(closing)
{
    struct socket_entry *e;

    ck_assert_int_eq(sockets_own(64, base, 1001, true), 0);
    e = sockets_close_begin(64);
    ck_assert_ptr_nonnull(e);
    ck_assert_ptr_null(sockets_close_begin(64)); /* one at a time */
    sockets_close_end(e, false);                 /* WSAEWOULDBLOCK */
    ck_owner(64, base, 1001);
    e = sockets_close_begin(64);
    ck_assert_ptr_nonnull(e);
    sockets_close_end(e, true);
    ck_owner(64, NULL, 0);
    ck_assert_ptr_null(sockets_close_begin(64));
}
END_TEST

/* The kernel may give the value to another thread's socket before closesocket() has come back. */
START_TEST(value_reused_while_closing)
{
    struct socket_entry *e;

    ck_assert_int_eq(sockets_own(64, base, 1001, true), 0);
    e = sockets_close_begin(64);
    ck_assert_int_eq(sockets_own(64, base, 1002, true), 0);
    ck_assert_int_eq(sockets_own(64, layer, 1102, false), 0);
    sockets_close_end(e, true);
    ck_owner(64, layer, 1102);
}
END_TEST

/* The same from a provider that does not say that it is a base: while a close is under way, the value is another socket's. */
START_TEST(value_reused_while_closing_by_who_does_not_say_so)
{
    struct socket_entry *e;

    ck_assert_int_eq(sockets_own(64, base, 1001, true), 0);
    e = sockets_close_begin(64);
    ck_assert_int_eq(sockets_own(64, layer, 1102, false), 0);
    ck_assert_ptr_ne(sockets_find(64), e);
    sockets_close_end(e, true);
    ck_owner(64, layer, 1102);
}
END_TEST

/* Memory of entries is used again, but not while somebody has one in hand. */
START_TEST(entries_are_used_again_when_nobody_holds_them)
{
    struct socket_entry *first, *held;

    ck_assert_int_eq(sockets_own(64, base, 1001, true), 0);
    first = sockets_find(64);
    ck_assert_int_eq(sockets_own(64, base, 1001, true), 0);
    ck_assert_ptr_ne(sockets_find(64), first);
    ck_assert_int_eq(sockets_own(68, base, 1001, true), 0);
    ck_assert_ptr_eq(sockets_find(68), first); /* replaced, and so free */

    ck_assert_int_eq(sockets_add(72, layer, 1101, 1), 0);
    held = sockets_close_begin(72);
    ck_assert(sockets_take(72));
    ck_assert_int_eq(sockets_add(76, layer, 1101, 2), 0);
    ck_assert_ptr_ne(sockets_find(76), held);
    sockets_close_end(held, true);
    ck_assert_int_eq(sockets_add(80, layer, 1101, 3), 0);
    ck_assert_ptr_eq(sockets_find(80), held);
    ck_assert_uint_eq(sockets_find(76)->context, 2);
}
END_TEST

START_TEST(own_handles_go_when_their_provider_says_so)
{
    struct socket_entry *e;

    ck_assert_int_eq(sockets_add(64, layer, 1101, 0xabc), 0);
    ck_assert_int_eq(sockets_find(64)->kind, SOCKET_OWN);
    ck_assert_uint_eq(sockets_find(64)->context, 0xabc);
    e = sockets_close_begin(64);
    sockets_close_end(e, true);
    ck_owner(64, layer, 1101);
    ck_assert(sockets_take(64));
    ck_assert(!sockets_take(64));

    ck_assert_int_eq(sockets_add(68, layer, 1101, 1), 0);
    e = sockets_close_begin(68);
    ck_assert(sockets_take(68)); /* from inside WSPCloseSocket */
    sockets_close_end(e, true);
    ck_owner(68, NULL, 0);

    ck_assert_int_eq(sockets_own(72, base, 1001, true), 0);
    ck_assert(!sockets_take(72));
}
END_TEST

static int own_seen, ifs_seen;

static void count(uintptr_t handle, enum socket_kind kind)
{
    (void)handle;
    if (kind == SOCKET_OWN)
        own_seen++;
    else
        ifs_seen++;
}

START_TEST(clearing)
{
    for (uintptr_t h = 4; h < 4000; h += 4)
        ck_assert_int_eq(h % 8 ? sockets_own(h, base, 1, true) : sockets_add(h, layer, 2, h), 0);
    ck_assert_int_eq(sockets_own(0x7ffffff1, base, 1, true), 0);
    sockets_clear(count);
    ck_assert_int_eq(own_seen, 499);
    ck_assert_int_eq(ifs_seen, 501);
    for (uintptr_t h = 4; h < 4000; h += 4)
        ck_owner(h, NULL, 0);
}
END_TEST

START_TEST(survives_lack_of_memory)
{
    for (unsigned n = 1;; n++) {
        int err;

        fault_at(n);
        err = sockets_own(0x200000 + n * 0x2000, base, 1001, true);
        if (!fault_end())
            break;
        ck_assert_int_eq(err, WSA_NOT_ENOUGH_MEMORY);
        ck_owner(0x200000 + n * 0x2000, NULL, 0);
    }
}
END_TEST

/* Threads open and close their own values and look at each other's: nobody sees a half-made entry. */
enum { THREADS = 4, ROUNDS = 20000, VALUES = 8 };

static void *hammer(void *arg)
{
    uintptr_t mine = 4 + 4 * VALUES * (uintptr_t)arg;

    for (int i = 0; i < ROUNDS; i++) {
        uintptr_t h = mine + 4 * (i % VALUES);
        struct socket_entry *e;
        struct provider *p;

        if (sockets_own(h, base, 1001, true) || sockets_own(h, layer, 1101, false))
            return "no memory";
        e = sockets_find(4 + 4 * (i % (VALUES * THREADS)));
        p = e ? __atomic_load_n(&e->provider, __ATOMIC_ACQUIRE) : base;
        if (p != base && p != layer)
            return "an entry without a provider";
        e = sockets_find(h);
        if (!e || __atomic_load_n(&e->provider, __ATOMIC_ACQUIRE) != layer)
            return "not what this thread stored";
        e = sockets_close_begin(h);
        if (!e)
            return "somebody else closed it";
        sockets_close_end(e, true);
    }
    return NULL;
}

START_TEST(threads)
{
    pthread_t thread[THREADS];

    for (uintptr_t i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&thread[i], NULL, hammer, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) {
        void *what;

        pthread_join(thread[i], &what);
        ck_assert_msg(!what, "%s", (char *)what);
    }
}
END_TEST

UNIT_MAIN("sockets", last_caller_owns_and_the_first_is_remembered,
          a_fresh_socket_replaces_what_closehandle_left, a_handle_that_closes_by_itself_is_forgotten, closing,
          value_reused_while_closing, value_reused_while_closing_by_who_does_not_say_so,
          entries_are_used_again_when_nobody_holds_them,
          own_handles_go_when_their_provider_says_so, clearing, survives_lack_of_memory, threads)
