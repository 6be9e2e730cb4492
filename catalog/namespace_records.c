/* SPDX-License-Identifier: MIT */
#include "catalog/namespace_records.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/verify.h"

/* ---- reading ---- */

/* Absent, damaged and none are the same; others are errors. */
static int optional(int err)
{
    return err == WSANO_DATA || err == WSAEMSGSIZE ? 0 : err;
}

static int get_dword(struct reg_key *key, const char *name, uint32_t *value)
{
    return optional(numbered_get_dword(key, name, value));
}

/* "" when there is no such string, or none that fits; foreign strings may lack their NUL. */
static int get_text(struct reg_key *key, const char *name, catalog_char *text, size_t room)
{
    uint32_t type = 0;
    size_t bytes = 0;
    int err = reg_get(key, name, &type, text, (room - 1) * sizeof *text, &bytes);

    if (err || (type != REG_TYPE_STRING && type != REG_TYPE_EXPAND))
        bytes = 0;
    memset((char *)text + bytes, 0, room * sizeof *text - bytes);
    return optional(err);
}

static int get_info(struct reg_key *key, struct namespace_entry *e)
{
    uint32_t type = 0;
    size_t bytes = 0;
    int err = reg_get(key, "ProviderInfo", &type, NULL, 0, &bytes);

    if (err != WSAEMSGSIZE || type != REG_TYPE_BINARY || bytes > NAMESPACE_INFO_MAX)
        return optional(err);
    e->info = malloc(bytes);
    if (!e->info)
        return WSA_NOT_ENOUGH_MEMORY;
    err = reg_get(key, "ProviderInfo", &type, e->info, bytes, &bytes);
    e->info_bytes = err ? 0 : (uint32_t)bytes;
    return optional(err);
}

static int read_values(struct reg_key *key, struct namespace_entry *e)
{
    uint32_t type = 0, enabled = 0, stores = 0;
    size_t bytes = 0;
    int err = reg_get(key, "ProviderId", &type, &e->provider, sizeof e->provider, &bytes);

    if (err || type != REG_TYPE_BINARY || bytes != sizeof e->provider)
        return err ? err : WSANO_DATA;
    err = get_text(key, "LibraryPath", e->path, NAMESPACE_PATH_CHARS);
    if (!err)
        err = get_text(key, "DisplayString", e->name, NAMESPACE_NAME_CHARS);
    if (!err)
        err = get_dword(key, "SupportedNameSpace", &e->name_space);
    if (!err)
        err = get_dword(key, "Version", &e->version);
    if (!err)
        err = get_dword(key, "AddressFamily", &e->address_family);
    if (!err)
        err = get_dword(key, "Enabled", &enabled);
    if (!err)
        err = get_dword(key, "StoresServiceClassInfo", &stores);
    if (!err)
        err = get_info(key, e);
    e->enabled = enabled != 0;
    e->stores_classes = stores != 0;
    return err;
}

static int read_entry(struct reg_key *entries, uint64_t number, struct namespace_entry *e)
{
    char name[NUMBERED_CHARS];
    struct reg_key *key;
    int err;

    memset(e, 0, sizeof *e);
    numbered_name(number, name);
    err = reg_open(entries, name, &key);
    if (err)
        return err;
    err = read_values(key, e);
    reg_close(key);
    return err;
}

static int read_record(struct reg_key *entries, uint64_t number, struct namespaces *ns)
{
    struct namespace_entry e;
    int err = read_entry(entries, number, &e);

    if (!err)
        err = namespaces_install(ns, &e);
    free(e.info);
    return err == WSAEINVAL ? 0 : optional(err); /* the second of two, or none at all: passed over */
}

static int read_entries(struct reg_key *entries, uint32_t subkeys, struct namespaces *ns)
{
    uint64_t *number;
    uint32_t count;
    int err = numbered_list(entries, subkeys, NULL, NULL, &number, &count);

    if (err)
        return err;
    for (uint32_t i = 0; !err && i < count; i++)
        err = read_record(entries, number[i], ns);
    free(number);
    return err;
}

int namespace_records_read(struct reg_key *catalog_key, enum records_section section,
                           struct namespaces *ns, bool *exists)
{
    uint32_t subkeys, counter = 1;
    struct reg_key *entries;
    int err = reg_open(catalog_key, numbered_names[section].entries, &entries);

    *exists = false;
    if (err)
        return optional(err);
    err = reg_count(entries, &subkeys);
    if (!err && subkeys > NAMESPACE_ENTRIES_MAX)
        subkeys = NAMESPACE_ENTRIES_MAX;
    if (!err)
        err = read_entries(entries, subkeys, ns);
    reg_close(entries);
    if (!err && !subkeys)
        err = get_dword(catalog_key, numbered_names[section].counter, &counter);
    *exists = ns->count || !counter; /* an empty one that says so was emptied by somebody */
    return err;
}

/* ---- writing ---- */

static int set_text(struct reg_key *key, const char *name, uint32_t type, const catalog_char *text)
{
    size_t chars = 0;

    while (text[chars++])
        ;
    return reg_set(key, name, type, text, chars * sizeof *text);
}

static int set_dword(struct reg_key *key, const char *name, uint32_t value)
{
    return reg_set(key, name, REG_TYPE_DWORD, &value, sizeof value);
}

static int set_info(struct reg_key *key, const struct namespace_entry *e)
{
    int err;

    if (e->info_bytes)
        return reg_set(key, "ProviderInfo", REG_TYPE_BINARY, e->info, e->info_bytes);
    err = reg_delete_value(key, "ProviderInfo");
    return err == WSANO_DATA ? 0 : err;
}

static int write_record(struct reg_key *entries, uint32_t number, const struct namespace_entry *e)
{
    char name[NUMBERED_CHARS];
    struct reg_key *key;
    int err;

    numbered_name(number, name);
    err = reg_create(entries, name, &key);
    if (err)
        return err;
    err = reg_set(key, "ProviderId", REG_TYPE_BINARY, &e->provider, sizeof e->provider);
    if (!err)
        err = set_text(key, "LibraryPath", REG_TYPE_EXPAND, e->path);
    if (!err)
        err = set_text(key, "DisplayString", REG_TYPE_STRING, e->name);
    if (!err)
        err = set_dword(key, "SupportedNameSpace", e->name_space);
    if (!err)
        err = set_dword(key, "Version", e->version);
    if (!err)
        err = set_dword(key, "AddressFamily", e->address_family);
    if (!err)
        err = set_dword(key, "Enabled", e->enabled);
    if (!err)
        err = set_dword(key, "StoresServiceClassInfo", e->stores_classes);
    if (!err)
        err = set_info(key, e);
    reg_close(key);
    return err;
}

int namespace_records_write(struct reg_key *catalog_key, enum records_section section,
                            const struct namespaces *ns)
{
    struct reg_key *entries;
    int err = reg_create(catalog_key, numbered_names[section].entries, &entries);

    if (err)
        return err;
    for (uint32_t i = 0; !err && i < ns->count; i++)
        err = write_record(entries, i + 1, &ns->entry[i]);
    if (!err)
        err = numbered_sweep(entries, ns->count);
    reg_close(entries);
    return err ? err : set_dword(catalog_key, numbered_names[section].counter, ns->count);
}

/* ---- looking for faults ---- */

struct looking {
    enum records_section section;
    struct fault_list *list;
    struct namespaces seen; /* owned */
};

static void foreign_key(void *arg, uint32_t place)
{
    const struct looking *l = arg;

    fault_add(l->list, FAULT_FOREIGN_KEY, l->section, place, 0);
}

static int verify_record(struct reg_key *entries, uint64_t number, struct looking *l)
{
    struct namespace_entry e;
    int err = read_entry(entries, number, &e);
    uint32_t n = (uint32_t)number;

    if (err == WSANO_DATA || err == WSAEMSGSIZE)
        fault_add(l->list, FAULT_NS_PROVIDER, l->section, n, 0);
    else if (!err && namespaces_find(&l->seen, &e.provider))
        fault_add(l->list, FAULT_NS_TWICE, l->section, n, 0);
    else if (!err && e.name_space == NAMESPACE_ALL)
        fault_add(l->list, FAULT_NS_ALL, l->section, n, 0);
    else if (!err && !e.path[0])
        fault_add(l->list, FAULT_NS_PATH, l->section, n, 0);
    else if (!err)
        err = namespaces_install(&l->seen, &e);
    free(e.info);
    return optional(err);
}

int namespace_records_verify(struct reg_key *catalog_key, enum records_section section, struct fault_list *list)
{
    struct looking l = {section, list, {NULL, 0}};
    uint32_t subkeys = 0, counter = 0, count = 0;
    uint64_t *number = NULL, last = 0;
    struct reg_key *entries;
    int err = reg_open(catalog_key, numbered_names[section].entries, &entries);

    if (err)
        return optional(err);
    err = reg_count(entries, &subkeys);
    if (!err)
        err = numbered_list(entries, subkeys < NAMESPACE_ENTRIES_MAX ? subkeys : NAMESPACE_ENTRIES_MAX, foreign_key,
                            &l, &number, &count);
    for (uint32_t i = 0; !err && i < count; i++) {
        if (number[i] != last + 1)
            fault_add(list, FAULT_GAP, section, (uint32_t)last + 1, 0);
        last = number[i];
        err = verify_record(entries, number[i], &l);
    }
    free(number);
    namespaces_deinit(&l.seen);
    reg_close(entries);
    if (!err)
        err = get_dword(catalog_key, numbered_names[section].counter, &counter);
    if (!err && counter != subkeys)
        fault_add(list, FAULT_COUNTER, section, subkeys, counter);
    return err;
}
