/* SPDX-License-Identifier: MIT */
/* The catalog as a value, and the edits of WSCInstallProvider and its kin (spi.md, section 10). */
#include "catalog/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

void catalog_init(struct catalog *cat)
{
    memset(cat, 0, sizeof *cat);
    cat->next_id = CATALOG_FIRST_ID;
}

void catalog_deinit(struct catalog *cat)
{
    free(cat->entry);
    catalog_init(cat);
}

int catalog_copy(struct catalog *to, const struct catalog *from)
{
    struct catalog_entry *entry = NULL;

    if (from->count) {
        entry = malloc(from->count * sizeof *entry);
        if (!entry)
            return WSA_NOT_ENOUGH_MEMORY;
        memcpy(entry, from->entry, from->count * sizeof *entry);
    }
    *to = *from;
    to->entry = entry;
    return 0;
}

const struct catalog_entry *catalog_find_id(const struct catalog *cat, uint32_t id)
{
    for (uint32_t i = 0; i < cat->count; i++)
        if (cat->entry[i].info.id == id)
            return &cat->entry[i];
    return NULL;
}

static bool belongs(const struct catalog_entry *e, const struct catalog_guid *provider)
{
    return !memcmp(&e->info.provider, provider, sizeof *provider);
}

const struct catalog_entry *catalog_find_provider(const struct catalog *cat,
                                                  const struct catalog_guid *provider)
{
    for (uint32_t i = 0; i < cat->count; i++)
        if (belongs(&cat->entry[i], provider))
            return &cat->entry[i];
    return NULL;
}

/*
 * What no catalog may hold. Chain elements are not looked up: an installer may put back saved
 * chains before their layers, or give one list to both widths; until its elements exist a chain is
 * simply not usable.
 */
static bool acceptable(const char *path, const struct catalog_info *infos, uint32_t count)
{
    size_t path_bytes = strnlen(path, CATALOG_PATH_BYTES);

    if (!count || !path_bytes || path_bytes == CATALOG_PATH_BYTES)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (infos[i].chain_len < 0 || infos[i].chain_len > CATALOG_CHAIN_MAX)
            return false;
    return true;
}

static void set_path(struct catalog_entry *e, const char *path)
{
    memset(e->path, 0, sizeof e->path);
    memcpy(e->path, path, strlen(path));
}

int catalog_install(struct catalog *cat, const struct catalog_guid *provider, const char *path,
                    const struct catalog_info *infos, uint32_t count)
{
    struct catalog_entry *entry;

    if (!acceptable(path, infos, count))
        return WSAEINVAL;
    if (catalog_find_provider(cat, provider))
        return WSANO_RECOVERY;
    if (count > UINT32_MAX / sizeof *entry - cat->count)
        return WSAENOBUFS;
    entry = realloc(cat->entry, (cat->count + count) * sizeof *entry);
    if (!entry)
        return WSA_NOT_ENOUGH_MEMORY;
    cat->entry = entry;

    for (uint32_t i = 0; i < count; i++) {
        struct catalog_entry *e = &entry[cat->count++];

        set_path(e, path);
        e->info = infos[i];
        e->info.provider = *provider;
        e->info.id = cat->next_id++;
        e->info.name[CATALOG_NAME_CHARS - 1] = 0;
    }
    return 0;
}

int catalog_deinstall(struct catalog *cat, const struct catalog_guid *provider)
{
    uint32_t kept = 0;

    if (!catalog_find_provider(cat, provider))
        return WSAEINVAL;
    for (uint32_t i = 0; i < cat->count; i++)
        if (!belongs(&cat->entry[i], provider))
            cat->entry[kept++] = cat->entry[i];
    cat->count = kept;
    return 0;
}

int catalog_update(struct catalog *cat, const struct catalog_guid *provider, const char *path,
                   const struct catalog_info *infos, uint32_t count)
{
    if (!acceptable(path, infos, count))
        return WSAEINVAL;
    if (!catalog_find_provider(cat, provider))
        return WSANO_RECOVERY;
    for (uint32_t i = 0; i < count; i++) {
        const struct catalog_entry *e = catalog_find_id(cat, infos[i].id);

        if (!e || !belongs(e, provider))
            return WSAEINVAL;
        for (uint32_t j = 0; j < i; j++)
            if (infos[j].id == infos[i].id)
                return WSAEINVAL;
    }

    for (uint32_t i = 0; i < cat->count; i++) {
        struct catalog_entry *e = &cat->entry[i];

        if (!belongs(e, provider))
            continue;
        set_path(e, path); /* the path belongs to the GUID, so also where the info stays */
        for (uint32_t j = 0; j < count; j++) {
            if (infos[j].id != e->info.id)
                continue;
            e->info = infos[j];
            e->info.provider = *provider;
            e->info.name[CATALOG_NAME_CHARS - 1] = 0;
            break;
        }
    }
    return 0;
}

int catalog_reorder(struct catalog *cat, const uint32_t *ids, uint32_t count)
{
    struct catalog_entry *entry;

    if (count != cat->count)
        return WSAEINVAL;
    for (uint32_t i = 0; i < count; i++) {
        if (!catalog_find_id(cat, ids[i]))
            return WSAEINVAL;
        for (uint32_t j = 0; j < i; j++)
            if (ids[j] == ids[i])
                return WSAEINVAL;
    }
    if (!count)
        return 0;
    entry = malloc(count * sizeof *entry);
    if (!entry)
        return WSA_NOT_ENOUGH_MEMORY;
    for (uint32_t i = 0; i < count; i++)
        entry[i] = *catalog_find_id(cat, ids[i]);
    free(cat->entry);
    cat->entry = entry;
    return 0;
}
