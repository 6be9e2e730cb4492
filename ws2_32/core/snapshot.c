/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/snapshot.h"

#include <stdlib.h>

#include "base/lock.h"
#include "base/wsaerr.h"
#include "catalog/store.h"

static struct lock lock;
static struct snapshot *current; /* holds one reference; guarded by lock */

static struct snapshot *get_current(void)
{
    struct snapshot *snap;

    lock_take(&lock);
    snap = current;
    if (snap)
        snap->refs++;
    lock_drop(&lock);
    return snap;
}

/* Reading means asking another process, so it happens without the lock; of two readers the first one counts. */
static int read_first(struct snapshot **out)
{
    struct snapshot *snap = calloc(1, sizeof *snap);
    int err;

    if (!snap)
        return WSA_NOT_ENOUGH_MEMORY;
    err = store_read_permitted(&snap->cat);
    if (err) {
        free(snap);
        return err;
    }
    snap->refs = 1;

    lock_take(&lock);
    if (!current) {
        snap->refs++;
        current = snap;
        *out = snap;
        snap = NULL;
    } else {
        current->refs++;
        *out = current;
    }
    lock_drop(&lock);
    snapshot_put(snap);
    return 0;
}

int snapshot_get(struct snapshot **out)
{
    *out = get_current();
    return *out ? 0 : read_first(out);
}

void snapshot_put(struct snapshot *snap)
{
    unsigned refs;

    if (!snap)
        return;
    lock_take(&lock);
    refs = --snap->refs;
    lock_drop(&lock);
    if (refs)
        return;
    catalog_deinit(&snap->cat);
    free(snap);
}

void snapshot_forget(void)
{
    struct snapshot *snap;

    lock_take(&lock);
    snap = current;
    current = NULL;
    lock_drop(&lock);
    snapshot_put(snap);
}
