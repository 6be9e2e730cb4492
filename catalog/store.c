/* SPDX-License-Identifier: MIT */
/*
 * The stored catalog: snapshots and transactions.
 *
 * Windows' schema is some tens of keys with fixed names, so changing the catalog takes some tens
 * of requests, and other software reads and writes those keys directly: they have to stay the
 * truth. What makes an edit one event is a journal, one value beside them:
 *
 *   1. the whole new catalog is written into the journal        <- the commit: one request, done or not done
 *   2. Windows' keys are brought up to date, the serial number last
 *   3. the journal is put at rest, with the commit's generation number
 *
 * A reader that finds a catalog in the journal takes it from there. One that finds the journal at
 * rest reads Windows' keys, looks at the journal again, and starts over if it moved; so it sees
 * the old catalog or the new one, never both. Whoever stops between 1 and 3, by a crash or because
 * the registry fails, has committed; the next editor completes step 2, which may be repeated,
 * before it begins. The lock lives no longer than its owner, so nobody waits for the dead.
 *
 * A foreign program that writes Windows' keys while the journal is at rest is seen at once, as on
 * Windows. What it writes between 1 and 3 is overwritten by the completion, as if its write had
 * come just before the edit. A tool that deletes and rebuilds the whole tree deletes the journal
 * too.
 */
#include "catalog/store.h"

#include <string.h>

#include "base/wsaerr.h"
#include "catalog/journal.h"
#include "catalog/reg.h"

static const char parameters_path[] = "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters";
static const char base_path[] = "%SystemRoot%\\system32\\ws2tcpip.dll";
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

static int open_for_reading(struct reg_key **catalog_key)
{
    char name[REG_NAME_CHARS];
    struct reg_key *parameters;
    int err = reg_open(NULL, parameters_path, &parameters);

    if (err)
        return err;
    err = read_catalog_name(parameters, name);
    if (!err || err == WSANO_DATA)
        err = reg_open(parameters, err ? default_catalog : name, catalog_key);
    reg_close(parameters);
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

static int open_for_writing(struct reg_key **catalog_key)
{
    char name[REG_NAME_CHARS];
    struct reg_key *parameters;
    int err = reg_create(NULL, parameters_path, &parameters);

    if (err)
        return err;
    err = read_catalog_name(parameters, name);
    if (err == WSANO_DATA) {
        memcpy(name, default_catalog, sizeof default_catalog);
        err = set_text(parameters, "WinSock_Registry_Version", "2.0");
        if (!err)
            err = set_text(parameters, "Current_Protocol_Catalog", default_catalog);
    }
    if (!err)
        err = reg_create(parameters, name, catalog_key);
    reg_close(parameters);
    return err;
}

/* The stored catalog, or the built-in one if nobody has written any. *exists may be NULL. */
static int read_section(struct reg_key *catalog_key, enum records_section section,
                        struct catalog *cat, bool *exists)
{
    bool found;
    int err = records_read(catalog_key, section, cat, &found);

    if (!err && !found) {
        catalog_deinit(cat);
        err = catalog_defaults(cat, base_path);
    }
    if (exists)
        *exists = found;
    return err;
}

/* One attempt. *settled: no writer came between. */
static int read_once(struct reg_key *catalog_key, enum records_section section,
                     struct catalog *cat, bool *settled)
{
    struct journal before, after;
    int err = journal_read(catalog_key, &before);

    if (err)
        return err;
    *settled = before.pending[section];
    if (*settled) {
        *cat = before.cat[section];
        catalog_init(&before.cat[section]);
    } else {
        err = read_section(catalog_key, section, cat, NULL);
        cat->serial = before.serial;
        if (!err)
            err = journal_read(catalog_key, &after);
        if (!err) {
            *settled = after.generation == before.generation && !after.pending[section];
            journal_deinit(&after);
        }
    }
    journal_deinit(&before);
    return err;
}

static int read_settled(struct reg_key *catalog_key, enum records_section section,
                        struct catalog *cat)
{
    bool settled = false;
    int err = 0;

    for (int i = 0; !err && !settled && i < UNLOCKED_READS; i++) {
        catalog_deinit(cat);
        err = read_once(catalog_key, section, cat, &settled);
    }
    if (err || settled)
        return err;

    err = reg_lock();
    if (err)
        return err;
    catalog_deinit(cat);
    err = read_once(catalog_key, section, cat, &settled);
    reg_unlock();
    return err;
}

int store_read(enum store_width width, struct catalog *cat)
{
    struct reg_key *catalog_key;
    int err = open_for_reading(&catalog_key);

    catalog_init(cat);
    if (err == WSANO_DATA)
        return catalog_defaults(cat, base_path);
    if (!err) {
        err = read_settled(catalog_key, section_of(width), cat);
        reg_close(catalog_key);
    }
    if (err)
        catalog_deinit(cat);
    return api_err(err);
}

int store_serial(uint32_t *serial)
{
    struct reg_key *catalog_key;
    int err = open_for_reading(&catalog_key);

    if (err)
        return err;
    err = records_get_dword(catalog_key, "Serial_Access_Num", serial);
    reg_close(catalog_key);
    return err;
}

/* Steps 2 and 3. */
static int complete(struct reg_key *catalog_key, struct journal *j)
{
    int err = 0;

    for (int i = 0; !err && i < RECORDS_SECTIONS; i++)
        if (j->pending[i])
            err = records_write(catalog_key, i, &j->cat[i]);
    if (!err)
        err = reg_set(catalog_key, "Next_Catalog_Entry_ID", REG_TYPE_DWORD, &j->next_id,
                      sizeof j->next_id);
    if (!err)
        err = reg_set(catalog_key, "Serial_Access_Num", REG_TYPE_DWORD, &j->serial, sizeof j->serial);
    if (err)
        return err;
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        j->pending[i] = false;
    return journal_write(catalog_key, j);
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

/*
 * Opens the catalog for an edit, with the lock taken, completes what a predecessor left, and fills
 * *j with the present counters. On failure nothing is held.
 */
static int begin(struct reg_key **catalog_key, struct journal *j)
{
    int err = reg_lock();

    if (err)
        return err;
    err = open_for_writing(catalog_key);
    if (err) {
        reg_unlock();
        return err;
    }
    err = journal_read(*catalog_key, j);
    if (!err && journal_is_pending(j))
        err = complete(*catalog_key, j);
    if (!err) {
        journal_deinit(j);
        err = read_counters(*catalog_key, j);
        if (!err)
            return 0;
    }
    journal_deinit(j);
    reg_close(*catalog_key);
    reg_unlock();
    return err;
}

static void end(struct reg_key *catalog_key, struct journal *j)
{
    journal_deinit(j);
    reg_close(catalog_key);
    reg_unlock();
}

/*
 * Step 1, and then as much of 2 and 3 as the registry allows: it is committed whatever becomes of
 * those.
 */
static int commit(struct reg_key *catalog_key, struct journal *j)
{
    int err;

    j->generation++;
    j->serial++;
    err = journal_write(catalog_key, j);
    if (!err)
        (void)complete(catalog_key, j);
    return err;
}

static int edit_section(struct reg_key *catalog_key, struct journal *j,
                        enum records_section section,
                        int (*change)(struct catalog *cat, void *arg), void *arg)
{
    struct catalog *cat = &j->cat[section];
    int err = read_section(catalog_key, section, cat, NULL);

    if (err)
        return err;
    raise_next_id(j, cat);
    cat->next_id = j->next_id;
    cat->serial = j->serial;
    err = change(cat, arg);
    j->next_id = cat->next_id;
    j->pending[section] = true;
    return err;
}

int store_edit(enum store_width width, int (*change)(struct catalog *cat, void *arg), void *arg)
{
    struct reg_key *catalog_key;
    struct journal j;
    int err = begin(&catalog_key, &j);

    if (err)
        return api_err(err);
    err = edit_section(catalog_key, &j, section_of(width), change, arg);
    if (!err)
        err = commit(catalog_key, &j);
    end(catalog_key, &j);
    return api_err(err);
}

int store_edit_both(int (*change)(struct catalog *cat, void *arg), void *arg)
{
    struct reg_key *catalog_key;
    struct journal j;
    int err;

    if (section_of(STORE_NATIVE) == RECORDS_32)
        return store_edit(STORE_NATIVE, change, arg);
    err = begin(&catalog_key, &j);
    if (err)
        return api_err(err);
    err = edit_section(catalog_key, &j, RECORDS_64, change, arg);
    if (!err)
        err = edit_section(catalog_key, &j, RECORDS_32, change, arg);
    if (!err)
        err = commit(catalog_key, &j);
    end(catalog_key, &j);
    return api_err(err);
}

int store_create(void)
{
    struct reg_key *catalog_key;
    struct journal j;
    int err = begin(&catalog_key, &j);

    if (err)
        return api_err(err);
    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        bool exists = true;

        if (i == RECORDS_64 && !reg_two_widths())
            continue;
        err = read_section(catalog_key, i, &j.cat[i], &exists);
        raise_next_id(&j, &j.cat[i]);
        j.pending[i] = !exists;
    }
    if (!err && journal_is_pending(&j))
        err = commit(catalog_key, &j);
    end(catalog_key, &j);
    return api_err(err);
}
