/* SPDX-License-Identifier: MIT */
/*
 * The stored catalog: snapshots and transactions.
 *
 * Windows' schema is some tens of keys with fixed names, so changing the catalog takes some tens
 * of requests, and other software reads and writes those keys directly: they have to stay the
 * truth. What makes an edit one event is a journal, one value that holds both catalogs whole:
 *
 *   1. the journal is written with the new catalogs, pending      <- the commit: one request, done or not done
 *   2. Windows' keys are brought up to date, the serial number last
 *   3. the journal is put at rest, with a stamp: when the catalog's key was last written to
 *
 * A reader that finds its catalog pending takes it from the journal. One that finds the journal at
 * rest takes the copy in it, if the stamp is still right: three requests in all, to open the key
 * above, to read the journal, and to ask for the time of the catalog's key. If not, it reads
 * Windows' keys, looks at the journal again, and starts over if it moved; so it sees the old
 * catalog or the new one, never both. Whoever stops between 1 and 3, by a crash or because the
 * registry fails, has committed; the next editor completes step 2, which may be repeated, before
 * it begins. The lock lives no longer than its owner, so nobody waits for the dead.
 *
 * Other programs that change Windows' keys change a counter or the serial number as well, which
 * lie in the catalog's key and move its time: that is seen at once, by everybody. So is a catalog
 * key that was replaced or removed. A record that was changed with neither is damage by Windows'
 * own rules: what programs use stays in force, and an edit changes that and nothing else. Tools
 * read the records themselves (store_read_records), verify names the difference, and the edit that
 * writes over such records keeps a backup of them first, so that history tells it and restore can
 * put it in force. What a foreign program writes between 1 and 3 is overwritten by the completion,
 * as if its write had come just before the edit.
 */
#include "catalog/store.h"

#include <string.h>

#include "base/wsaerr.h"
#include "catalog/backup.h"
#include "catalog/journal.h"
#include "catalog/namespace_store.h"
#include "catalog/reg.h"
#include "catalog/verify.h"

static const struct keys_name key_name = {"Current_Protocol_Catalog", "Protocol_Catalog9"};

/* Reads without the lock that a writer may spoil before the reader takes the lock itself. */
enum { UNLOCKED_READS = 8 };

/* ---- reading ---- */

/* The stored catalog, or the built-in one if nobody has written any. `state` may be NULL. */
static int read_section(struct reg_key *catalog_key, enum records_section section,
                        struct catalog *cat, struct records_state *state)
{
    struct records_state found;
    int err = records_read(catalog_key, section, cat, &found);

    if (!err && !found.exists) {
        catalog_deinit(cat);
        err = catalog_defaults(cat, CATALOG_BASE_PATH);
        found.exact = false;
    }
    if (state)
        *state = found;
    return err;
}

static void take_held(struct journal *j, enum records_section section, struct catalog *cat)
{
    *cat = j->held.cat[section];
    catalog_init(&j->held.cat[section]);
    j->held.held[section] = false;
}

/*
 * One attempt. *settled: no writer came between. *no_apps stays as it was unless the stamp says
 * that there are none: a categorised program has a key that comes before the catalog's among its
 * siblings, so it cannot have appeared since without moving the catalog's place.
 */
static int read_once(struct keys *k, enum records_section section, struct catalog *cat, bool copy,
                     bool *settled, bool *no_apps)
{
    struct journal before, after;
    int err = journal_read(k->parameters, &before);

    if (err)
        return err;
    *settled = before.pending[section];
    if (!*settled && copy && before.held.held[section]) {
        err = stamp_check(&before.stamp, k->parameters);
        *settled = !err;
        if (!err)
            *no_apps = !before.has_apps;
        else if (err == WSANO_DATA)
            err = 0;
    }
    if (!err && *settled) {
        take_held(&before, section, cat);
    } else if (!err) {
        err = keys_open_catalog(k, &key_name);
        if (!err)
            err = read_section(k->catalog, section, cat, NULL);
        cat->serial = before.serial;
        if (!err)
            err = journal_read(k->parameters, &after);
        if (!err) {
            *settled = after.generation == before.generation && !after.pending[section];
            journal_deinit(&after);
        }
    }
    journal_deinit(&before);
    return err;
}

static int read_settled(struct keys *k, enum records_section section, struct catalog *cat, bool copy,
                        bool *no_apps)
{
    bool settled = false;
    int err = 0;

    for (int i = 0; !err && !settled && i < UNLOCKED_READS; i++) {
        catalog_deinit(cat);
        err = read_once(k, section, cat, copy, &settled, no_apps);
    }
    if (err || settled)
        return err;

    err = reg_lock();
    if (err)
        return err;
    catalog_deinit(cat);
    err = read_once(k, section, cat, copy, &settled, no_apps);
    reg_unlock();
    return err;
}

/* Whoever reads need not know why the registry refused. */
static int read_err(int err)
{
    return err == WSAEACCES ? WSANO_RECOVERY : keys_api_err(err);
}

static int read_store(enum store_width width, struct catalog *cat, bool copy, bool *no_apps)
{
    struct keys k;
    int err = keys_open_parameters(&k);

    catalog_init(cat);
    *no_apps = false;
    if (!err)
        err = read_settled(&k, keys_section(width), cat, copy, no_apps);
    keys_close(&k);
    if (err)
        catalog_deinit(cat);
    if (err == WSANO_DATA)
        err = catalog_defaults(cat, CATALOG_BASE_PATH);
    return read_err(err);
}

int store_read_apps(enum store_width width, struct catalog *cat, bool *no_apps)
{
    return read_store(width, cat, true, no_apps);
}

int store_read(enum store_width width, struct catalog *cat)
{
    bool no_apps;

    return read_store(width, cat, true, &no_apps);
}

int store_read_records(enum store_width width, struct catalog *cat)
{
    bool no_apps;

    return read_store(width, cat, false, &no_apps);
}

int store_serial(uint32_t *serial)
{
    struct keys k;
    int err = keys_open(&k, &key_name);

    if (err)
        return err;
    err = numbered_get_dword(k.catalog, "Serial_Access_Num", serial);
    keys_close(&k);
    return err;
}

/* ---- writing ---- */

/* An edit under way. */
struct edit {
    struct keys keys;
    struct journal journal;
    struct pack old;                   /* what Windows' keys hold */
    bool exact[RECORDS_SECTIONS];      /* ... record for record */
    bool exists[RECORDS_SECTIONS];
    bool uncounted[RECORDS_SECTIONS];  /* ... and it is not what programs use */
};

/* Steps 2 and 3. */
static int complete(struct edit *e)
{
    struct journal *j = &e->journal;
    struct reg_key *key = e->keys.catalog;
    int err = 0;

    for (int i = 0; !err && i < RECORDS_SECTIONS; i++)
        if (j->pending[i])
            err = records_write(key, i, &j->held.cat[i], e->exact[i] ? &e->old.cat[i] : NULL);
    if (!err)
        err = reg_set(key, "Next_Catalog_Entry_ID", REG_TYPE_DWORD, &j->next_id, sizeof j->next_id);
    if (!err)
        err = reg_set(key, "Serial_Access_Num", REG_TYPE_DWORD, &j->serial, sizeof j->serial);
    if (err)
        return err;
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        j->pending[i] = false;
    stamp_set(&j->stamp, &e->keys, &j->has_apps);
    return journal_write(e->keys.parameters, j);
}

/* The counters as they stand in Windows' keys, where other software may have moved them. */
static int read_counters(struct reg_key *catalog_key, struct journal *j)
{
    int err;

    j->next_id = CATALOG_FIRST_ID;
    j->serial = 0;
    err = numbered_get_dword(catalog_key, "Next_Catalog_Entry_ID", &j->next_id);
    if (!err || err == WSANO_DATA)
        err = numbered_get_dword(catalog_key, "Serial_Access_Num", &j->serial);
    return err == WSANO_DATA ? 0 : err;
}

/* An id is never given twice, whatever the counter says (spi.md 2.6). */
static void raise_next_id(struct journal *j, const struct catalog *cat)
{
    for (uint32_t i = 0; i < cat->count; i++)
        if (cat->entry[i].info.id >= j->next_id && cat->entry[i].info.id != UINT32_MAX)
            j->next_id = cat->entry[i].info.id + 1;
}

static int read_old(struct edit *e)
{
    int err = 0;

    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        struct records_state state = {false, false};

        if (!keys_has_section(i))
            continue;
        err = read_section(e->keys.catalog, i, &e->old.cat[i], &state);
        e->old.held[i] = true;
        e->exact[i] = state.exact;
        e->exists[i] = state.exists;
        if (!err)
            raise_next_id(&e->journal, &e->old.cat[i]);
    }
    return err;
}

static void end(struct edit *e)
{
    journal_deinit(&e->journal);
    pack_deinit(&e->old);
    keys_close(&e->keys);
    reg_unlock();
}

static bool same(const struct catalog *a, const struct catalog *b)
{
    return a->count == b->count && (!a->count || !memcmp(a->entry, b->entry, a->count * sizeof *a->entry));
}

/* The journal gets what programs use, which an edit starts from. */
static int hold_what_is_used(struct edit *e)
{
    struct journal *j = &e->journal;
    bool copy_is_good = !stamp_check(&j->stamp, e->keys.parameters);
    int err = 0;

    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        if (copy_is_good && j->held.held[i]) {
            raise_next_id(j, &j->held.cat[i]);
            e->uncounted[i] = e->exists[i] && !same(&e->old.cat[i], &j->held.cat[i]);
        } else if (e->old.held[i]) {
            err = pack_put(&j->held, i, &e->old.cat[i]);
        }
    }
    return err;
}

/*
 * Opens the catalog for an edit, with the lock taken, completes what a predecessor left, and reads
 * what there is. On failure nothing is held.
 */
static int begin(struct edit *e)
{
    int err = reg_lock();

    if (err)
        return err;
    memset(e, 0, sizeof *e);
    journal_init(&e->journal);
    pack_init(&e->old);
    err = keys_create(&e->keys, &key_name);
    if (!err)
        err = journal_read(e->keys.parameters, &e->journal);
    if (!err && journal_is_pending(&e->journal))
        err = complete(e);
    if (!err)
        err = read_counters(e->keys.catalog, &e->journal);
    if (!err)
        err = read_old(e);
    if (!err)
        err = hold_what_is_used(e);
    if (err)
        end(e);
    return err;
}

static int keep_backup(const struct pack *held, const char *why)
{
    struct backup b = {.time = reg_now(), .held = *held};

    backup_reason(&b, why);
    return backup_write(&b);
}

/* Records that the edit will write over and that nobody counted would be lost otherwise. */
static int keep_uncounted(const struct edit *e)
{
    struct pack held = e->old;
    bool any = false;

    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        held.held[i] = e->uncounted[i] && e->journal.pending[i];
        any = any || held.held[i];
    }
    return any ? keep_backup(&held, backup_uncounted) : 0;
}

/*
 * Step 1, and then as much of 2 and 3 as the registry allows: it is committed whatever becomes of
 * those. `before` is what was in force. A change that could not be taken back is not made.
 */
static int commit(struct edit *e, const struct pack *before, const char *why)
{
    struct journal *j = &e->journal;
    int err = keep_uncounted(e);

    if (!err)
        err = keep_backup(before, why);
    if (err)
        return err;
    j->generation++;
    j->serial++;
    j->stamp.written = 0;
    err = journal_write(e->keys.parameters, j);
    if (!err)
        (void)complete(e);
    return err;
}

static int edit_section(struct edit *e, enum records_section section,
                        int (*change)(struct catalog *cat, void *arg), void *arg)
{
    struct journal *j = &e->journal;
    struct catalog *cat = &j->held.cat[section];
    int err;

    cat->next_id = j->next_id;
    cat->serial = j->serial;
    err = change(cat, arg);
    j->next_id = cat->next_id;
    j->pending[section] = true;
    return err;
}

static int copy_held(struct pack *to, const struct pack *from)
{
    int err = 0;

    pack_init(to);
    for (int i = 0; !err && i < RECORDS_SECTIONS; i++)
        if (from->held[i])
            err = pack_put(to, i, &from->cat[i]);
    return err;
}

static int edit(bool repair, bool other, enum records_section section, const char *why,
                int (*change)(struct catalog *cat, void *arg), void *arg)
{
    struct pack before;
    struct edit e;
    int err = begin(&e);

    if (err)
        return keys_api_err(err);
    if (repair)
        memset(e.exact, 0, sizeof e.exact);
    err = copy_held(&before, &e.journal.held);
    if (!err)
        err = edit_section(&e, section, change, arg);
    if (!err && other)
        err = edit_section(&e, RECORDS_32, change, arg);
    if (!err)
        err = commit(&e, &before, why);
    pack_deinit(&before);
    end(&e);
    return keys_api_err(err);
}

int store_edit(enum store_width width, const char *why, int (*change)(struct catalog *cat, void *arg),
               void *arg)
{
    return edit(false, false, keys_section(width), why, change, arg);
}

int store_edit_both(const char *why, int (*change)(struct catalog *cat, void *arg), void *arg)
{
    enum records_section native = keys_section(STORE_NATIVE);

    return edit(false, native != RECORDS_32, native, why, change, arg);
}

int store_repair(const char *why, int (*change)(struct catalog *cat, void *arg), void *arg)
{
    enum records_section native = keys_section(STORE_NATIVE);

    return edit(true, native != RECORDS_32, native, why, change, arg);
}

int store_create(void)
{
    struct edit e;
    int err = begin(&e);

    if (err)
        return keys_api_err(err);
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        e.journal.pending[i] = keys_has_section(i) && !e.exists[i];
    if (journal_is_pending(&e.journal)) {
        err = commit(&e, &e.old, "the built-in catalog");
    } else if (stamp_check(&e.journal.stamp, e.keys.parameters) == WSANO_DATA) {
        stamp_set(&e.journal.stamp, &e.keys, &e.journal.has_apps);
        err = journal_write(e.keys.parameters, &e.journal);
    }
    end(&e);
    return keys_api_err(err);
}

/* Of the widths that this process knows. With the lock held nobody writes, so reading takes no lock. */
static int read_names(struct namespace_pack *names)
{
    static const enum store_width widths[] = {STORE_NATIVE, STORE_32};
    int err = 0;

    namespace_pack_init(names);
    for (size_t i = 0; !err && i < sizeof widths / sizeof widths[0]; i++) {
        enum records_section section = keys_section(widths[i]);

        if (names->held[section])
            continue;
        err = namespace_store_read(widths[i], &names->ns[section]);
        names->held[section] = !err;
    }
    return err;
}

int store_backup(const char *why, uint32_t *number)
{
    struct backup b = {.time = reg_now()};
    struct edit e;
    int err = begin(&e);

    if (err)
        return keys_api_err(err);
    backup_reason(&b, why);
    b.held = e.journal.held;
    err = read_names(&b.names);
    if (!err)
        err = backup_write(&b);
    if (!err)
        *number = b.number;
    namespace_pack_deinit(&b.names);
    end(&e);
    return keys_api_err(err);
}

/* ---- looking for faults ---- */

/* The counters that all of it shares. */
static void verify_counters(struct reg_key *catalog_key, const struct catalog *cat, enum records_section section,
                            struct fault_list *list)
{
    uint32_t next_id, highest = 0;

    for (uint32_t i = 0; i < cat->count; i++)
        if (cat->entry[i].info.id > highest)
            highest = cat->entry[i].info.id;
    if (!numbered_get_dword(catalog_key, "Next_Catalog_Entry_ID", &next_id) && next_id <= highest)
        fault_add(list, FAULT_NEXT_ID, section, highest, next_id);
}

static int verify_section(struct keys *k, struct journal *j, int section, struct catalog *cat,
                          struct fault_list *list)
{
    struct records_state state = {false, false};
    int err;

    if (j->pending[section]) {
        fault_add(list, FAULT_UNFINISHED, section, 0, 0);
        return catalog_copy(cat, &j->held.cat[section]);
    }
    err = read_section(k->catalog, section, cat, &state);
    if (!err)
        err = records_verify(k->catalog, section, list);
    if (!err && state.exists) {
        verify_counters(k->catalog, cat, section, list);
        if (j->held.held[section] && !stamp_check(&j->stamp, k->parameters) && !same(cat, &j->held.cat[section]))
            fault_add(list, FAULT_UNCOUNTED, section, 0, 0);
    }
    return err;
}

static int verify_locked(struct keys *k, struct fault_list *list)
{
    struct pack found;
    struct journal j;
    int err = journal_read(k->parameters, &j);

    pack_init(&found);
    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        if (!keys_has_section(i))
            continue;
        err = verify_section(k, &j, i, &found.cat[i], list);
        if (!err)
            catalog_verify(&found.cat[i], i, list);
    }
    if (!err && keys_has_section(RECORDS_64))
        catalog_verify_widths(&found.cat[RECORDS_64], &found.cat[RECORDS_32], list);
    pack_deinit(&found);
    journal_deinit(&j);
    return err;
}

int store_verify(struct fault_list *list)
{
    struct keys k;
    int err = reg_lock();

    if (err)
        return err;
    err = keys_open(&k, &key_name);
    if (!err) {
        err = verify_locked(&k, list);
        keys_close(&k);
    } else if (err == WSANO_DATA) {
        err = 0; /* no catalog: programs use the built-in one */
    }
    reg_unlock();
    return err || !list->lost ? keys_api_err(err) : WSA_NOT_ENOUGH_MEMORY;
}
