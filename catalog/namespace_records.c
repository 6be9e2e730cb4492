/* SPDX-License-Identifier: MIT */
#include "catalog/namespace_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

static const struct {
    const char *entries, *counter;
} section_names[RECORDS_SECTIONS] = {
    [RECORDS_64] = {"Catalog_Entries64", "Num_Catalog_Entries64"},
    [RECORDS_32] = {"Catalog_Entries", "Num_Catalog_Entries"},
};

enum { NAME_DIGITS = 12 };

/* 0 for a key that is not a record. */
static uint64_t number_of(const char *name)
{
    uint64_t number = 0;

    if (strlen(name) != NAME_DIGITS || strspn(name, "0123456789") != NAME_DIGITS)
        return 0;
    while (*name)
        number = number * 10 + (uint64_t)(*name++ - '0');
    return number;
}

/* ---- reading ---- */

/* Absent, damaged and none are the same; others are errors. */
static int optional(int err)
{
    return err == WSANO_DATA || err == WSAEMSGSIZE ? 0 : err;
}

static int get_dword(struct reg_key *key, const char *name, uint32_t *value)
{
    return optional(records_get_dword(key, name, value));
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

static int read_record(struct reg_key *entries, const char *name, struct namespaces *ns)
{
    struct namespace_entry e;
    struct reg_key *key;
    int err = reg_open(entries, name, &key);

    if (err)
        return optional(err);
    memset(&e, 0, sizeof e);
    err = optional(read_values(key, &e));
    reg_close(key);
    if (!err)
        err = namespaces_install(ns, &e);
    free(e.info);
    return err == WSAEINVAL ? 0 : err; /* the second of two, or none at all: passed over */
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = number_of(a), y = number_of(b);

    return (x > y) - (x < y);
}

static int read_entries(struct reg_key *entries, uint32_t subkeys, struct namespaces *ns)
{
    char(*name)[REG_NAME_CHARS] = calloc(subkeys + 1, sizeof *name);
    int err = name ? 0 : WSA_NOT_ENOUGH_MEMORY;

    for (uint32_t i = 0; !err && i < subkeys; i++)
        err = optional(reg_name(entries, i, name[i]));
    if (!err)
        qsort(name, subkeys, sizeof *name, by_number);
    for (uint32_t i = 0; !err && i < subkeys; i++)
        if (number_of(name[i]))
            err = read_record(entries, name[i], ns);
    free(name);
    return err;
}

int namespace_records_read(struct reg_key *catalog_key, enum records_section section,
                           struct namespaces *ns, bool *exists)
{
    uint32_t subkeys, counter = 1;
    struct reg_key *entries;
    int err = reg_open(catalog_key, section_names[section].entries, &entries);

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
        err = get_dword(catalog_key, section_names[section].counter, &counter);
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
    char name[16];
    struct reg_key *key;
    int err;

    snprintf(name, sizeof name, "%0*u", NAME_DIGITS, (unsigned)number);
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

/* Deletes what is not a record of 1 to `count`; backwards, since deleting moves the indexes above. */
static int sweep(struct reg_key *entries, uint32_t count)
{
    char name[REG_NAME_CHARS];
    uint32_t subkeys;
    int err = reg_count(entries, &subkeys);

    if (err || subkeys == count)
        return err;
    while (!err && subkeys) {
        err = reg_name(entries, --subkeys, name);
        if (!err && name[0] && !(number_of(name) && number_of(name) <= count))
            err = reg_delete_key(entries, name);
    }
    return err == WSANO_DATA ? 0 : err;
}

int namespace_records_write(struct reg_key *catalog_key, enum records_section section,
                            const struct namespaces *ns)
{
    struct reg_key *entries;
    int err = reg_create(catalog_key, section_names[section].entries, &entries);

    if (err)
        return err;
    for (uint32_t i = 0; !err && i < ns->count; i++)
        err = write_record(entries, i + 1, &ns->entry[i]);
    if (!err)
        err = sweep(entries, ns->count);
    reg_close(entries);
    return err ? err : set_dword(catalog_key, section_names[section].counter, ns->count);
}
