/* SPDX-License-Identifier: MIT */
/*
 * The stored name-space catalog. The scheme is that of catalog/store.c, where the reasons stand: a
 * journal holds both catalogs whole and writing it is the commit; then Windows' keys follow, the
 * serial number last; then the journal is put at rest with a stamp, by which the next reader knows
 * that its copies are what Windows' keys say.
 */
#include "catalog/namespace_store.h"

#include <stdio.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/backup.h"
#include "catalog/namespace_journal.h"
#include "catalog/namespace_records.h"
#include "catalog/reg.h"
#include "catalog/verify.h"

static const struct keys_name key_name = {"Current_NameSpace_Catalog", "NameSpace_Catalog5"};

enum { UNLOCKED_READS = 8 };

/* ---- reading ---- */

static int read_section(struct reg_key *catalog, enum records_section section, struct namespaces *ns,
                        bool *exists)
{
    int err = namespace_records_read(catalog, section, ns, exists);

    if (!err && !*exists) {
        namespaces_deinit(ns);
        err = namespaces_defaults(ns);
    }
    return err;
}

/* One attempt; *settled: no writer came between. */
static int read_once(struct keys *k, enum records_section section, struct namespaces *ns, bool *settled)
{
    struct namespace_journal before, after;
    bool exists;
    int err = namespace_journal_read(k->parameters, &before);

    if (err)
        return err;
    *settled = before.pending[section] ||
               (before.held.held[section] && !stamp_check(&before.stamp, k->parameters));
    if (*settled) {
        *ns = before.held.ns[section];
        namespaces_init(&before.held.ns[section]);
        namespace_journal_deinit(&before);
        return 0;
    }
    err = keys_open_catalog(k, &key_name);
    if (!err)
        err = read_section(k->catalog, section, ns, &exists);
    if (!err)
        err = namespace_journal_read(k->parameters, &after);
    if (!err) {
        *settled = after.generation == before.generation && !after.pending[section];
        namespace_journal_deinit(&after);
    }
    namespace_journal_deinit(&before);
    return err;
}

static int read_settled(struct keys *k, enum records_section section, struct namespaces *ns)
{
    bool settled = false;
    int err = 0;

    for (int i = 0; !err && !settled && i < UNLOCKED_READS; i++) {
        namespaces_deinit(ns);
        err = read_once(k, section, ns, &settled);
    }
    if (err || settled)
        return err;
    err = reg_lock();
    if (err)
        return err;
    namespaces_deinit(ns);
    err = read_once(k, section, ns, &settled);
    reg_unlock();
    return err;
}

int namespace_store_read(enum store_width width, struct namespaces *ns)
{
    struct keys k;
    int err = keys_open_parameters(&k);

    namespaces_init(ns);
    if (!err)
        err = read_settled(&k, keys_section(width), ns);
    keys_close(&k);
    if (err)
        namespaces_deinit(ns);
    if (err == WSANO_DATA)
        err = namespaces_defaults(ns);
    return err;
}

/* ---- writing ---- */

/* An edit under way; the journal holds what programs use. */
struct edit {
    struct keys keys;
    struct namespace_journal journal;
    struct namespace_pack records; /* what Windows' keys hold, where that is something else and nothing counted it */
    bool exists[RECORDS_SECTIONS];
};

/* Steps 2 and 3, from what the journal says. */
static int complete(struct edit *e)
{
    struct namespace_journal *j = &e->journal;
    int err = 0;

    for (int i = 0; !err && i < RECORDS_SECTIONS; i++)
        if (j->pending[i])
            err = namespace_records_write(e->keys.catalog, i, &j->held.ns[i]);
    if (!err)
        err = reg_set(e->keys.catalog, "Serial_Access_Num", REG_TYPE_DWORD, &j->serial, sizeof j->serial);
    if (err)
        return err;
    memset(j->pending, 0, sizeof j->pending);
    stamp_set(&j->stamp, &e->keys, NULL);
    return namespace_journal_write(e->keys.parameters, j);
}

/* Takes one section of Windows' records in, or puts it aside if programs use something else. */
static int take_section(struct edit *e, int section, bool copy_is_good)
{
    struct namespace_pack *held = &e->journal.held;
    struct namespaces found;
    int err;

    namespaces_init(&found);
    err = read_section(e->keys.catalog, section, &found, &e->exists[section]);
    if (err) {
        namespaces_deinit(&found);
    } else if (copy_is_good && held->held[section]) {
        e->records.ns[section] = found;
        e->records.held[section] = e->exists[section] && !namespaces_equal(&found, &held->ns[section]);
    } else {
        namespaces_deinit(&held->ns[section]);
        held->ns[section] = found;
        held->held[section] = true;
    }
    return err;
}

static int read_old(struct edit *e)
{
    bool copy_is_good = !stamp_check(&e->journal.stamp, e->keys.parameters);
    uint32_t serial = 0;
    int err = numbered_get_dword(e->keys.catalog, "Serial_Access_Num", &serial);

    err = err == WSANO_DATA ? 0 : err;
    for (int i = 0; !err && i < RECORDS_SECTIONS; i++)
        if (keys_has_section(i))
            err = take_section(e, i, copy_is_good);
    e->journal.serial = serial;
    return err;
}

static void end(struct edit *e)
{
    namespace_journal_deinit(&e->journal);
    namespace_pack_deinit(&e->records);
    keys_close(&e->keys);
    reg_unlock();
}

/* Takes the lock, completes what a predecessor left, reads what there is. On failure nothing is held. */
static int begin(struct edit *e)
{
    int err = reg_lock();

    if (err)
        return err;
    memset(e, 0, sizeof *e);
    err = keys_create(&e->keys, &key_name);
    if (!err)
        err = namespace_journal_read(e->keys.parameters, &e->journal);
    if (!err && (e->journal.pending[0] || e->journal.pending[1]))
        err = complete(e);
    if (!err)
        err = read_old(e);
    if (err)
        end(e);
    return err;
}

static int keep_backup(const struct namespace_pack *names, const char *why)
{
    struct backup b = {.time = reg_now(), .names = *names};

    backup_reason(&b, why);
    return backup_write(&b);
}

/* Records that the edit will write over and that nobody counted would be lost otherwise. */
static int keep_uncounted(const struct edit *e)
{
    struct namespace_pack names = e->records;
    bool any = false;

    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        names.held[i] = names.held[i] && e->journal.pending[i];
        any = any || names.held[i];
    }
    return any ? keep_backup(&names, backup_uncounted) : 0;
}

/*
 * Once the journal is written it is committed, whatever becomes of the rest. `before` is what was in
 * force. A change that could not be taken back is not made.
 */
static int commit(struct edit *e, const struct namespace_pack *before, const char *why)
{
    struct namespace_journal *j = &e->journal;
    int err = keep_uncounted(e);

    if (!err)
        err = keep_backup(before, why);
    if (err)
        return err;
    j->generation++;
    j->serial++;
    j->stamp.written = 0;
    err = namespace_journal_write(e->keys.parameters, j);
    if (!err)
        (void)complete(e);
    return err;
}

static int edit(bool other, enum records_section section, const char *why,
                int (*change)(struct namespaces *ns, void *arg), void *arg)
{
    struct namespace_pack before;
    struct edit e;
    int err = begin(&e);

    if (err)
        return keys_api_err(err);
    err = namespace_pack_copy(&before, &e.journal.held);
    if (!err)
        err = change(&e.journal.held.ns[section], arg);
    if (!err && other)
        err = change(&e.journal.held.ns[RECORDS_32], arg);
    if (!err) {
        e.journal.pending[section] = true;
        e.journal.pending[RECORDS_32] = other || section == RECORDS_32;
        err = commit(&e, &before, why);
    }
    namespace_pack_deinit(&before);
    end(&e);
    return keys_api_err(err);
}

int namespace_store_edit(enum store_width width, const char *why,
                         int (*change)(struct namespaces *ns, void *arg), void *arg)
{
    return edit(false, keys_section(width), why, change, arg);
}

int namespace_store_edit_both(const char *why, int (*change)(struct namespaces *ns, void *arg), void *arg)
{
    enum records_section native = keys_section(STORE_NATIVE);

    return edit(native != RECORDS_32, native, why, change, arg);
}

static int as_it_is(struct namespaces *ns, void *unused)
{
    (void)ns;
    (void)unused;
    return 0;
}

/* An edit writes all records anew, and sweeps away what is none. */
int namespace_store_repair(const char *why)
{
    return namespace_store_edit_both(why, as_it_is, NULL);
}

int namespace_store_create(void)
{
    struct edit e;
    int err = begin(&e);

    if (err)
        return keys_api_err(err);
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        e.journal.pending[i] = keys_has_section(i) && !e.exists[i];
    if (e.journal.pending[0] || e.journal.pending[1]) {
        err = commit(&e, &e.journal.held, "the built-in name spaces");
    } else if (stamp_check(&e.journal.stamp, e.keys.parameters) == WSANO_DATA) {
        stamp_set(&e.journal.stamp, &e.keys, NULL);
        err = namespace_journal_write(e.keys.parameters, &e.journal);
    }
    end(&e);
    return keys_api_err(err);
}

/* ---- looking for faults ---- */

static int verify_section(struct keys *k, const struct namespace_journal *j, int section, struct fault_list *list)
{
    struct namespaces found;
    bool exists;
    int err;

    if (j->pending[section]) {
        fault_add(list, FAULT_UNFINISHED, section, 0, 0);
        return 0;
    }
    namespaces_init(&found);
    err = read_section(k->catalog, section, &found, &exists);
    if (!err)
        err = namespace_records_verify(k->catalog, section, list);
    if (!err && exists && j->held.held[section] && !stamp_check(&j->stamp, k->parameters) &&
        !namespaces_equal(&found, &j->held.ns[section]))
        fault_add(list, FAULT_UNCOUNTED, section, 0, 0);
    namespaces_deinit(&found);
    return err;
}

int namespace_store_verify(struct fault_list *list)
{
    struct namespace_journal j;
    struct keys k;
    int err = reg_lock();

    if (err)
        return err;
    err = keys_open(&k, &key_name);
    if (!err) {
        err = namespace_journal_read(k.parameters, &j);
        for (int i = 0; !err && i < RECORDS_SECTIONS; i++)
            if (keys_has_section(i))
                err = verify_section(&k, &j, i, list);
        namespace_journal_deinit(&j);
        keys_close(&k);
    } else if (err == WSANO_DATA) {
        err = 0; /* no catalog: programs use the built-in one */
    }
    reg_unlock();
    return err || !list->lost ? keys_api_err(err) : WSA_NOT_ENOUGH_MEMORY;
}
