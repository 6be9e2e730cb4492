/* SPDX-License-Identifier: MIT */
/*
 * The stored name-space catalog. The scheme is that of catalog/store.c, where the reasons stand: a
 * journal holds both catalogs whole and writing it is the commit; then Windows' keys follow, the
 * serial number last; then the journal is put at rest with a stamp, by which the next reader knows
 * that its copies are what Windows' keys say.
 */
#include "catalog/namespace_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/namespace_pack.h"
#include "catalog/namespace_records.h"
#include "catalog/reg.h"

static const char parameters_path[] = "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters";
static const char journal_name[] = "ws2kit_NameSpaces";
static const char default_catalog[] = "NameSpace_Catalog5";

enum { UNLOCKED_READS = 8, USUAL_JOURNAL_BYTES = 4096 };

static enum records_section section_of(enum store_width width)
{
    return width == STORE_NATIVE && sizeof(void *) == 8 ? RECORDS_64 : RECORDS_32;
}

static bool has_section(int section)
{
    return section == RECORDS_32 || reg_two_widths();
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

/* The name of the catalog's key. Anything but a plain name counts as absent: WSANO_DATA. */
static int read_name(struct keys *k)
{
    uint16_t text[REG_NAME_CHARS];
    uint32_t type = 0;
    size_t bytes = 0, i;
    int err = reg_get(k->parameters, "Current_NameSpace_Catalog", &type, text, sizeof text, &bytes);

    memcpy(k->name, default_catalog, sizeof default_catalog);
    if (err)
        return err == WSAEMSGSIZE ? WSANO_DATA : err;
    for (i = 0; i < bytes / 2 && i < REG_NAME_CHARS - 1 && text[i]; i++)
        if (text[i] < '0' || text[i] > 'z' || text[i] == '\\')
            return WSANO_DATA;
    if (type != REG_TYPE_STRING || !i)
        return WSANO_DATA;
    k->name[i] = 0;
    while (i--)
        k->name[i] = (char)text[i];
    return 0;
}

static int open_catalog(struct keys *k)
{
    int err = k->name[0] ? 0 : read_name(k);

    return err && err != WSANO_DATA ? err : reg_open(k->parameters, k->name, &k->catalog);
}

/* ---- the journal ---- */

/* A journal that is absent or damaged is an empty one. */
static int read_journal(struct reg_key *parameters, struct namespace_journal *j)
{
    uint8_t usual[USUAL_JOURNAL_BYTES], *more = NULL;
    const uint8_t *at = usual;
    uint32_t type = 0;
    size_t bytes = 0;
    int err = reg_get(parameters, journal_name, &type, usual, sizeof usual, &bytes);

    namespace_journal_init(j);
    if (err == WSAEMSGSIZE) {
        at = more = malloc(bytes);
        err = more ? reg_get(parameters, journal_name, &type, more, bytes, &bytes)
                   : WSA_NOT_ENOUGH_MEMORY;
    }
    if (!err)
        err = namespace_journal_decode(at, bytes, j);
    free(more);
    return err == WSANO_DATA || err == WSAEMSGSIZE || err == WSAEINVAL ? 0 : err;
}

static int write_journal(struct reg_key *parameters, const struct namespace_journal *j)
{
    uint8_t *bytes;
    size_t count;
    int err = namespace_journal_encode(j, &bytes, &count);

    if (err)
        return err;
    err = reg_set(parameters, journal_name, REG_TYPE_BINARY, bytes, count);
    free(bytes);
    return err;
}

/*
 * Where the catalog's key stands among its siblings and when it was written to. Failing costs speed
 * only.
 */
static void put_stamp(struct keys *k, struct namespace_journal *j)
{
    char name[REG_NAME_CHARS];
    uint64_t written;

    j->written = 0;
    for (uint32_t i = 0; !reg_child(k->parameters, i, name, &written); i++) {
        if (strcmp(name, k->name))
            continue;
        j->index = i;
        j->written = written;
        return;
    }
}

/* One request. A catalog of another name than the usual is read the long way. */
static bool stamp_is_right(struct reg_key *parameters, const struct namespace_journal *j)
{
    char name[REG_NAME_CHARS];
    uint64_t written;

    return j->written && !reg_child(parameters, j->index, name, &written) &&
           !strcmp(name, default_catalog) && written == j->written;
}

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
    int err = read_journal(k->parameters, &before);

    if (err)
        return err;
    *settled = before.pending[section] ||
               (before.held[section] && stamp_is_right(k->parameters, &before));
    if (*settled) {
        *ns = before.ns[section];
        namespaces_init(&before.ns[section]);
        namespace_journal_deinit(&before);
        return 0;
    }
    err = k->catalog ? 0 : open_catalog(k);
    if (!err)
        err = read_section(k->catalog, section, ns, &exists);
    if (!err)
        err = read_journal(k->parameters, &after);
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
    struct keys k = {NULL, NULL, ""};
    int err = reg_open(NULL, parameters_path, &k.parameters);

    namespaces_init(ns);
    if (!err)
        err = read_settled(&k, section_of(width), ns);
    close_keys(&k);
    if (err)
        namespaces_deinit(ns);
    if (err == WSANO_DATA)
        err = namespaces_defaults(ns);
    return err;
}

/* ---- writing ---- */

/* An edit under way. */
struct edit {
    struct keys keys;
    struct namespace_journal journal;
    bool exists[RECORDS_SECTIONS];
};

static int set_name(struct reg_key *parameters)
{
    uint16_t wide[sizeof default_catalog];

    for (size_t i = 0; i < sizeof default_catalog; i++)
        wide[i] = (unsigned char)default_catalog[i];
    return reg_set(parameters, "Current_NameSpace_Catalog", REG_TYPE_STRING, wide, sizeof wide);
}

static int open_for_writing(struct keys *k)
{
    int err = reg_create(NULL, parameters_path, &k->parameters);

    if (!err)
        err = read_name(k);
    if (err == WSANO_DATA)
        err = set_name(k->parameters);
    if (!err)
        err = reg_create(k->parameters, k->name, &k->catalog);
    return err;
}

/* Steps 2 and 3, from what the journal says. */
static int complete(struct edit *e)
{
    struct namespace_journal *j = &e->journal;
    int err = 0;

    for (int i = 0; !err && i < RECORDS_SECTIONS; i++)
        if (j->pending[i])
            err = namespace_records_write(e->keys.catalog, i, &j->ns[i]);
    if (!err)
        err = reg_set(e->keys.catalog, "Serial_Access_Num", REG_TYPE_DWORD, &j->serial, sizeof j->serial);
    if (err)
        return err;
    memset(j->pending, 0, sizeof j->pending);
    put_stamp(&e->keys, j);
    return write_journal(e->keys.parameters, j);
}

/* The journal's copies are brought up to what Windows' keys say, where other software may have written. */
static int read_old(struct edit *e)
{
    struct namespace_journal *j = &e->journal;
    uint32_t serial = 0;
    int err = records_get_dword(e->keys.catalog, "Serial_Access_Num", &serial);

    err = err == WSANO_DATA ? 0 : err;
    for (int i = 0; !err && i < RECORDS_SECTIONS; i++) {
        if (!has_section(i))
            continue;
        namespaces_deinit(&j->ns[i]);
        err = read_section(e->keys.catalog, i, &j->ns[i], &e->exists[i]);
        j->held[i] = true;
    }
    j->serial = serial;
    return err;
}

static void end(struct edit *e)
{
    namespace_journal_deinit(&e->journal);
    close_keys(&e->keys);
    reg_unlock();
}

/* Takes the lock, completes what a predecessor left, reads what there is. On failure nothing is held. */
static int begin(struct edit *e)
{
    int err = reg_lock();

    if (err)
        return err;
    memset(e, 0, sizeof *e);
    err = open_for_writing(&e->keys);
    if (!err)
        err = read_journal(e->keys.parameters, &e->journal);
    if (!err && (e->journal.pending[0] || e->journal.pending[1]))
        err = complete(e);
    if (!err)
        err = read_old(e);
    if (err)
        end(e);
    return err;
}

/* Once the journal is written it is committed, whatever becomes of the rest. */
static int commit(struct edit *e)
{
    struct namespace_journal *j = &e->journal;
    int err;

    j->generation++;
    j->serial++;
    j->written = 0;
    err = write_journal(e->keys.parameters, j);
    if (!err)
        (void)complete(e);
    return err;
}

static int api_err(int err)
{
    return err == WSANO_DATA || err == WSAEMSGSIZE ? WSANO_RECOVERY : err;
}

int namespace_store_edit(enum store_width width, int (*change)(struct namespaces *ns, void *arg),
                         void *arg)
{
    enum records_section section = section_of(width);
    struct edit e;
    int err = begin(&e);

    if (err)
        return api_err(err);
    err = change(&e.journal.ns[section], arg);
    if (!err) {
        e.journal.pending[section] = true;
        err = commit(&e);
    }
    end(&e);
    return api_err(err);
}

int namespace_store_create(void)
{
    struct edit e;
    int err = begin(&e);

    if (err)
        return api_err(err);
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        e.journal.pending[i] = has_section(i) && !e.exists[i];
    if (e.journal.pending[0] || e.journal.pending[1]) {
        err = commit(&e);
    } else if (!stamp_is_right(e.keys.parameters, &e.journal)) {
        put_stamp(&e.keys, &e.journal);
        err = write_journal(e.keys.parameters, &e.journal);
    }
    end(&e);
    return api_err(err);
}
