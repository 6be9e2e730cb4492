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
 * own rules, and not what programs should start from; tools read the records themselves
 * (store_read_records), verify names it, an edit takes in what is there, and repair undoes it. What
 * a foreign program writes between 1 and 3 is overwritten by the completion, as if its write had
 * come just before the edit.
 */
#include "catalog/store.h"

#include <stdio.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/backup.h"
#include "catalog/journal.h"
#include "catalog/reg.h"
#include "catalog/verify.h"

static const char parameters_path[] = "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters";
static const char default_catalog[] = "Protocol_Catalog9";

/* Reads without the lock that a writer may spoil before the reader takes the lock itself. */
enum { UNLOCKED_READS = 8 };

static enum records_section section_of(enum store_width width)
{
    return width == STORE_NATIVE && sizeof(void *) == 8 ? RECORDS_64 : RECORDS_32;
}

/* Registry errors that WSC functions have no room for come out as the one they document. */
static int api_err(int err)
{
    return err == WSAEACCES || err == WSANO_DATA || err == WSAEMSGSIZE ? WSANO_RECOVERY : err;
}

/* Reads the name of the catalog's key; anything but a plain name counts as absent. */
static int read_catalog_name(struct reg_key *parameters, char name[REG_NAME_CHARS])
{
    uint16_t text[REG_NAME_CHARS];
    uint32_t type = 0;
    size_t bytes = 0, i;
    int err = reg_get(parameters, "Current_Protocol_Catalog", &type, text, sizeof text, &bytes);

    if (err)
        return err == WSAEMSGSIZE ? WSANO_DATA : err;
    for (i = 0; i < bytes / 2 && i < REG_NAME_CHARS - 1 && text[i]; i++) {
        if (text[i] < '0' || text[i] > 'z' || text[i] == '\\')
            return WSANO_DATA;
        name[i] = (char)text[i];
    }
    name[i] = 0;
    return type == REG_TYPE_STRING && i ? 0 : WSANO_DATA;
}

/* The two keys that everything is about. */
struct keys {
    struct reg_key *parameters, *catalog;
    char name[REG_NAME_CHARS]; /* of the catalog's */
};

static void close_keys(struct keys *k)
{
    reg_close(k->catalog);
    reg_close(k->parameters);
    k->catalog = k->parameters = NULL;
}

/* k->parameters is open already; WSANO_DATA: no catalog. */
static int open_catalog(struct keys *k)
{
    int err = read_catalog_name(k->parameters, k->name);

    if (err == WSANO_DATA)
        memcpy(k->name, default_catalog, sizeof default_catalog);
    return err && err != WSANO_DATA ? err : reg_open(k->parameters, k->name, &k->catalog);
}

static int open_for_reading(struct keys *k)
{
    int err;

    memset(k, 0, sizeof *k);
    err = reg_open(NULL, parameters_path, &k->parameters);
    if (err)
        return err;
    err = open_catalog(k);
    if (err)
        close_keys(k);
    return err;
}

static int set_text(struct reg_key *key, const char *name, const char *text)
{
    uint16_t wide[REG_NAME_CHARS];
    size_t i = 0;

    do
        wide[i] = (unsigned char)text[i];
    while (text[i++]);
    return reg_set(key, name, REG_TYPE_STRING, wide, i * sizeof wide[0]);
}

static int open_for_writing(struct keys *k)
{
    int err;

    memset(k, 0, sizeof *k);
    err = reg_create(NULL, parameters_path, &k->parameters);
    if (err)
        return err;
    err = read_catalog_name(k->parameters, k->name);
    if (err == WSANO_DATA) {
        memcpy(k->name, default_catalog, sizeof default_catalog);
        err = set_text(k->parameters, "WinSock_Registry_Version", "2.0");
        if (!err)
            err = set_text(k->parameters, "Current_Protocol_Catalog", default_catalog);
    }
    if (!err)
        err = reg_create(k->parameters, k->name, &k->catalog);
    if (err)
        close_keys(k);
    return err;
}

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

/* Is the copy in the journal what Windows' keys say? One request; WSANO_DATA: no. */
static int stamp_is_right(struct reg_key *parameters, const struct journal *j)
{
    char name[REG_NAME_CHARS];
    uint64_t written;
    int err;

    if (!j->written)
        return WSANO_DATA;
    err = reg_child(parameters, j->index, name, &written);
    if (!err && (written != j->written || strcmp(name, j->name)))
        err = WSANO_DATA;
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
        err = stamp_is_right(k->parameters, &before);
        *settled = !err;
        if (!err)
            *no_apps = !before.has_apps;
        else if (err == WSANO_DATA)
            err = 0;
    }
    if (!err && *settled) {
        take_held(&before, section, cat);
    } else if (!err) {
        if (!k->catalog)
            err = open_catalog(k);
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

static int read_store(enum store_width width, struct catalog *cat, bool copy, bool *no_apps)
{
    struct keys k = {NULL, NULL, ""};
    int err = reg_open(NULL, parameters_path, &k.parameters);

    catalog_init(cat);
    *no_apps = false;
    if (!err)
        err = read_settled(&k, section_of(width), cat, copy, no_apps);
    close_keys(&k);
    if (err)
        catalog_deinit(cat);
    if (err == WSANO_DATA)
        err = catalog_defaults(cat, CATALOG_BASE_PATH);
    return api_err(err);
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
    int err = open_for_reading(&k);

    if (err)
        return err;
    err = records_get_dword(k.catalog, "Serial_Access_Num", serial);
    close_keys(&k);
    return err;
}

/* ---- writing ---- */

/* An edit under way. */
struct edit {
    struct keys keys;
    struct journal journal;
    struct pack old;                       /* what Windows' keys hold */
    bool exact[RECORDS_SECTIONS];      /* ... record for record */
    bool exists[RECORDS_SECTIONS];
};

static bool has_section(int section)
{
    return section == RECORDS_32 || reg_two_widths();
}

/*
 * Sets the stamp: where the catalog's key stands among its siblings, and when it was written to.
 * Failing costs speed only.
 */
static void put_stamp(struct keys *k, struct journal *j)
{
    char name[REG_NAME_CHARS];
    uint64_t written;

    j->written = 0;
    j->has_apps = false;
    memcpy(j->name, k->name, sizeof j->name);
    for (uint32_t i = 0; !reg_child(k->parameters, i, name, &written); i++) {
        if (!strcmp(name, "AppId_Catalog"))
            j->has_apps = true;
        if (strcmp(name, k->name))
            continue;
        j->index = i;
        j->written = written;
        return;
    }
}

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
    put_stamp(&e->keys, j);
    return journal_write(e->keys.parameters, j);
}

/* The counters as they stand in Windows' keys, where other software may have moved them. */
static int read_counters(struct reg_key *catalog_key, struct journal *j)
{
    int err;

    j->next_id = CATALOG_FIRST_ID;
    j->serial = 0;
    err = records_get_dword(catalog_key, "Next_Catalog_Entry_ID", &j->next_id);
    if (!err || err == WSANO_DATA)
        err = records_get_dword(catalog_key, "Serial_Access_Num", &j->serial);
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

        if (!has_section(i))
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
    close_keys(&e->keys);
    reg_unlock();
}

/*
 * Opens the catalog for an edit, with the lock taken, completes what a predecessor left, reads
 * what there is, and holds it in the journal too. On failure nothing is held.
 */
static int begin(struct edit *e, bool repair)
{
    bool copy_is_good;
    int err = reg_lock();

    if (err)
        return err;
    memset(e, 0, sizeof *e);
    journal_init(&e->journal);
    pack_init(&e->old);
    err = open_for_writing(&e->keys);
    if (err) {
        reg_unlock();
        return err;
    }
    err = journal_read(e->keys.parameters, &e->journal);
    if (!err && journal_is_pending(&e->journal))
        err = complete(e);
    if (!err)
        err = read_counters(e->keys.catalog, &e->journal);
    if (!err)
        err = read_old(e);
    copy_is_good = repair && !err && !stamp_is_right(e->keys.parameters, &e->journal);
    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        if (copy_is_good && e->journal.held.held[i])
            raise_next_id(&e->journal, &e->journal.held.cat[i]);
        else if (e->old.held[i])
            err = pack_put(&e->journal.held, i, &e->old.cat[i]);
        if (repair)
            e->exact[i] = false;
    }
    if (err)
        end(e);
    return err;
}

static int keep_backup(struct edit *e, const char *why, uint32_t *number)
{
    struct backup b = {.time = reg_now(), .held = e->old};
    char program[REG_NAME_CHARS];
    int err;

    reg_program(program);
    snprintf(b.why, sizeof b.why, "%s: %s", program, why);
    err = backup_write(&b);
    if (!err && number)
        *number = b.number;
    return err;
}

/*
 * Step 1, and then as much of 2 and 3 as the registry allows: it is committed whatever becomes of
 * those. A change that could not be taken back is not made.
 */
static int commit(struct edit *e, const char *why)
{
    struct journal *j = &e->journal;
    int err = keep_backup(e, why, NULL);

    if (err)
        return err;
    j->generation++;
    j->serial++;
    j->written = 0;
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

static int edit(bool repair, bool other, enum records_section section, const char *why,
                int (*change)(struct catalog *cat, void *arg), void *arg)
{
    struct edit e;
    int err = begin(&e, repair);

    if (err)
        return api_err(err);
    err = edit_section(&e, section, change, arg);
    if (!err && other)
        err = edit_section(&e, RECORDS_32, change, arg);
    if (!err)
        err = commit(&e, why);
    end(&e);
    return api_err(err);
}

int store_edit(enum store_width width, const char *why, int (*change)(struct catalog *cat, void *arg),
               void *arg)
{
    return edit(false, false, section_of(width), why, change, arg);
}

int store_edit_both(const char *why, int (*change)(struct catalog *cat, void *arg), void *arg)
{
    enum records_section native = section_of(STORE_NATIVE);

    return edit(false, native != RECORDS_32, native, why, change, arg);
}

int store_repair(const char *why, int (*change)(struct catalog *cat, void *arg), void *arg)
{
    enum records_section native = section_of(STORE_NATIVE);

    return edit(true, native != RECORDS_32, native, why, change, arg);
}

int store_create(void)
{
    struct edit e;
    int err = begin(&e, false);

    if (err)
        return api_err(err);
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        e.journal.pending[i] = has_section(i) && !e.exists[i];
    if (journal_is_pending(&e.journal)) {
        err = commit(&e, "the built-in catalog");
    } else if (stamp_is_right(e.keys.parameters, &e.journal) == WSANO_DATA) {
        put_stamp(&e.keys, &e.journal);
        err = journal_write(e.keys.parameters, &e.journal);
    }
    end(&e);
    return api_err(err);
}

int store_backup(const char *why, uint32_t *number)
{
    struct edit e;
    int err = begin(&e, false);

    if (err)
        return api_err(err);
    err = keep_backup(&e, why, number);
    end(&e);
    return api_err(err);
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
    if (!records_get_dword(catalog_key, "Next_Catalog_Entry_ID", &next_id) && next_id <= highest)
        fault_add(list, FAULT_NEXT_ID, section, highest, next_id);
}

static bool same(const struct catalog *a, const struct catalog *b)
{
    return a->count == b->count && (!a->count || !memcmp(a->entry, b->entry, a->count * sizeof *a->entry));
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
        if (j->held.held[section] && !stamp_is_right(k->parameters, j) && !same(cat, &j->held.cat[section]))
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
        if (!has_section(i))
            continue;
        err = verify_section(k, &j, i, &found.cat[i], list);
        if (!err)
            catalog_verify(&found.cat[i], i, list);
    }
    if (!err && has_section(RECORDS_64))
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
    err = open_for_reading(&k);
    if (!err) {
        err = verify_locked(&k, list);
        close_keys(&k);
    } else if (err == WSANO_DATA) {
        err = 0; /* no catalog: programs use the built-in one */
    }
    reg_unlock();
    return err || !list->lost ? api_err(err) : WSA_NOT_ENOUGH_MEMORY;
}
