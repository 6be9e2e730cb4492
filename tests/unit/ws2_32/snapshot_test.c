/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/snapshot.h"

#include "base/wsaerr.h"
#include "catalog/store.h"
#include "tests/unit/fake/fault.h"
#include "tests/unit/fake/reg.h"
#include "tests/unit/unit.h"

/* In the DLL it adds the layers of the environment, and knows the program, which the host has not. */
int store_read_permitted(struct catalog *cat)
{
    return store_read(STORE_NATIVE, cat);
}

START_TEST(stays_the_same_until_forgotten)
{
    struct snapshot *a, *b, *c;

    reg_fake_reset();
    ck_assert_int_eq(snapshot_get(&a), 0);
    ck_assert_int_eq(snapshot_get(&b), 0);
    ck_assert_ptr_eq(a, b);
    ck_assert_uint_gt(a->cat.count, 0);
    snapshot_forget();
    ck_assert_uint_gt(a->cat.count, 0); /* who holds it may go on */
    ck_assert_int_eq(snapshot_get(&c), 0);
    ck_assert_ptr_ne(a, c);
    snapshot_put(a);
    snapshot_put(b);
    snapshot_put(c);
    snapshot_forget();
}
END_TEST

/* A failure is not remembered. */
START_TEST(survives_any_failure)
{
    for (unsigned n = 1;; n++) {
        struct snapshot *snap = NULL;
        int err;

        reg_fake_reset();
        ck_assert_int_eq(store_create(), 0);
        fault_at(n);
        err = snapshot_get(&snap);
        if (!fault_end()) {
            ck_assert_int_eq(err, 0);
            snapshot_put(snap);
            break;
        }
        if (err)
            ck_assert_int_eq(snapshot_get(&snap), 0);
        snapshot_put(snap);
        snapshot_forget();
    }
    snapshot_forget();
}
END_TEST

UNIT_MAIN("snapshot", stays_the_same_until_forgotten, survives_any_failure)
