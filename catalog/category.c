/* SPDX-License-Identifier: MIT */
#include "catalog/category.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/guid.h"
#include "catalog/records.h"
#include "catalog/reg.h"
#include "catalog/unfold.h"

#define LAYERS     "ws2kit_Categories"
#define APPS       "AppId_Catalog"
#define PARAMETERS "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters"
static const char layers_path[] = PARAMETERS "\\" LAYERS;
static const char apps_path[] = PARAMETERS "\\" APPS;

enum { VALUE_CHARS = GUID_BYTES + 4, TEXT_CHARS = 1024, APPS_MAX = 4096, KEY_CHARS = 9 };

/*
 * The documented example and the documented rule disagree about a layer without category; the
 * example, which refuses it, is followed.
 */
bool category_permits(uint32_t app, uint32_t layer)
{
    if (!layer || layer & ~app)
        return false;
    return !(app & CATEGORY_SYSTEM) || layer & CATEGORY_SYSTEM;
}

/*
 * Wine lets anyone make a key beneath one that may not be written, where Windows refuses: so the one above is opened for writing
 * first.
 */
static int create_below_parameters(const char *name, struct reg_key **key)
{
    struct reg_key *parameters;
    int err = reg_create(NULL, PARAMETERS, &parameters);

    if (err)
        return err;
    err = reg_create(parameters, name, key);
    reg_close(parameters);
    return err;
}

/* ---- layers ---- */

static void value_name(enum store_width width, const struct catalog_guid *provider, char name[VALUE_CHARS])
{
    guid_text(provider, name);
    if (width == STORE_32 || sizeof(void *) == 4)
        strcat(name, "32");
}

int category_get(enum store_width width, const struct catalog_guid *provider, uint32_t *word)
{
    char name[VALUE_CHARS];
    struct reg_key *key;
    int err = reg_open(NULL, layers_path, &key);

    if (err)
        return err;
    value_name(width, provider, name);
    err = numbered_get_dword(key, name, word);
    reg_close(key);
    return err;
}

int category_set(enum store_width width, const struct catalog_guid *provider, uint32_t word)
{
    char name[VALUE_CHARS];
    struct reg_key *key;
    int err = create_below_parameters(LAYERS, &key);

    if (err)
        return err;
    value_name(width, provider, name);
    err = reg_set(key, name, REG_TYPE_DWORD, &word, sizeof word);
    reg_close(key);
    return err;
}

void category_forget(enum store_width width, const struct catalog_guid *provider)
{
    char name[VALUE_CHARS];
    struct reg_key *key;
    uint32_t word;

    if (category_get(width, provider, &word) || reg_create(NULL, layers_path, &key))
        return;
    value_name(width, provider, name);
    (void)reg_delete_value(key, name);
    reg_close(key);
}

/* ---- programs ---- */

/* Does the value hold this text? An absent one is an empty text. */
static int text_is(struct reg_key *key, const char *name, const catalog_char *want, size_t want_chars,
                   bool *is)
{
    catalog_char text[TEXT_CHARS];
    uint32_t type = 0;
    size_t bytes = 0, chars = 0;
    int err = reg_get(key, name, &type, text, sizeof text, &bytes);

    *is = false;
    if (err && err != WSANO_DATA)
        return err == WSAEMSGSIZE ? 0 : err;
    if (!err && type == REG_TYPE_STRING)
        while (chars < bytes / sizeof text[0] && text[chars])
            chars++;
    *is = chars == want_chars;
    for (size_t i = 0; *is && i < chars; i++)
        *is = reg_upcase(text[i]) == reg_upcase(want[i]);
    return 0;
}

static int app_is(struct reg_key *key, const struct app_id *app, bool *is)
{
    int err = text_is(key, "AppFullPath", app->path, app->path_chars, is);

    if (!err && *is)
        err = text_is(key, "AppArgs", app->args, app->args_chars, is);
    return err;
}

/* Opens key number `index` if it is that program's; *key is NULL if not. WSANO_DATA: no more keys. */
static int open_if(struct reg_key *apps, uint32_t index, const struct app_id *app, bool write,
                   struct reg_key **key)
{
    char name[REG_NAME_CHARS];
    bool is = false;
    int err = reg_name(apps, index, name);

    *key = NULL;
    if (err || !name[0])
        return err;
    err = reg_open(apps, name, key);
    if (err) {
        *key = NULL;
        return err == WSANO_DATA ? 0 : err; /* gone between the two calls */
    }
    err = app_is(*key, app, &is);
    if (err || !is || write) {
        reg_close(*key);
        *key = NULL;
    }
    return !err && is && write ? reg_create(apps, name, key) : err;
}

/* Every key is looked at: Windows' names are hashes that are not public, and no order tells them. */
static int open_app(const struct app_id *app, bool write, struct reg_key **key)
{
    struct reg_key *apps;
    int err = reg_open(NULL, apps_path, &apps);

    if (err)
        return err;
    *key = NULL;
    for (uint32_t i = 0; !err && !*key && i < APPS_MAX; i++)
        err = open_if(apps, i, app, write, key);
    reg_close(apps);
    return !err && !*key ? WSANO_DATA : err;
}

int app_category_get(const struct app_id *app, uint32_t *word)
{
    struct reg_key *key;
    int err = open_app(app, false, &key);

    if (err)
        return err;
    err = numbered_get_dword(key, "PermittedLspCategories", word);
    reg_close(key);
    return err;
}

int app_category_find(const struct app_id *app, uint32_t *word)
{
    const struct app_id any = {app->path, NULL, app->path_chars, 0};
    int err = app_category_get(app, word);

    return err == WSANO_DATA && app->args_chars ? app_category_get(&any, word) : err;
}

static int set_text(struct reg_key *key, const char *name, const catalog_char *text, size_t chars)
{
    catalog_char whole[TEXT_CHARS];

    memcpy(whole, text, chars * sizeof *text);
    whole[chars] = 0;
    return reg_set(key, name, REG_TYPE_STRING, whole, (chars + 1) * sizeof *text);
}

/* A key of a name that nobody has. */
static int create_app(const struct app_id *app, struct reg_key **key)
{
    struct reg_key *apps;
    char name[KEY_CHARS];
    uint32_t hash = 2166136261u;
    int err = create_below_parameters(APPS, &apps);

    if (err)
        return err;
    for (size_t i = 0; i < app->path_chars; i++)
        hash = (hash ^ reg_upcase(app->path[i])) * 16777619u;
    for (size_t i = 0; i < app->args_chars; i++)
        hash = (hash ^ reg_upcase(app->args[i])) * 16777619u;
    do {
        snprintf(name, sizeof name, "%08X", hash++);
        err = reg_open(apps, name, key);
        if (!err)
            reg_close(*key);
    } while (!err);
    if (err == WSANO_DATA)
        err = reg_create(apps, name, key);
    reg_close(apps);
    if (err)
        return err;
    err = set_text(*key, "AppFullPath", app->path, app->path_chars);
    if (!err)
        err = set_text(*key, "AppArgs", app->args, app->args_chars);
    if (err)
        reg_close(*key);
    return err;
}

/* The word is written last: a key without one counts for nothing. */
static int add_locked(const struct app_id *app, uint32_t word, uint32_t *previous)
{
    struct reg_key *key;
    int err = open_app(app, true, &key);

    *previous = 0;
    if (err == WSANO_DATA)
        err = create_app(app, &key);
    if (err)
        return err;
    err = numbered_get_dword(key, "PermittedLspCategories", previous);
    word |= *previous;
    if (!err || err == WSANO_DATA)
        err = reg_set(key, "PermittedLspCategories", REG_TYPE_DWORD, &word, sizeof word);
    reg_close(key);
    return err;
}

int app_category_add(const struct app_id *app, uint32_t word, uint32_t *previous)
{
    int err;

    if (!app->path_chars || app->path_chars >= TEXT_CHARS || app->args_chars >= TEXT_CHARS)
        return WSAEINVAL;
    err = reg_lock();
    if (err)
        return err;
    err = add_locked(app, word, previous);
    reg_unlock();
    return err;
}

/* ---- the filter ---- */

static int admits_layer(enum store_width width, const struct catalog_entry *layer, uint32_t app, bool *yes)
{
    uint32_t word = 0;
    int err = category_get(width, &layer->info.provider, &word);

    *yes = category_permits(app, word);
    return err == WSANO_DATA ? 0 : err;
}

/* Each layer on the way must admit it. What goes round admits nobody; nor can anybody use it. */
static int admits(enum store_width width, const struct catalog *cat, const struct catalog_entry *e,
                  uint32_t app, bool *yes)
{
    uint32_t way[CATALOG_DEEP];
    int32_t count = catalog_way(cat, &e->info, way);
    int err = 0;

    *yes = count >= 0;
    for (int32_t i = 0; !err && *yes && i < count; i++) {
        const struct catalog_entry *at = catalog_find_id(cat, way[i]);

        if (at && at->info.chain_len > CATALOG_BASE)
            at = catalog_find_id(cat, at->info.chain[0]);
        if (at && at->info.chain_len == CATALOG_LAYER)
            err = admits_layer(width, at, app, yes);
    }
    return err;
}

int category_filter(enum store_width width, struct catalog *cat, uint32_t app)
{
    bool *stays = calloc(cat->count ? cat->count : 1, sizeof *stays);
    uint32_t kept = 0;
    int err = stays ? 0 : WSA_NOT_ENOUGH_MEMORY;

    for (uint32_t i = 0; !err && i < cat->count; i++) {
        stays[i] = true;
        if (cat->entry[i].info.chain_len > 1)
            err = admits(width, cat, &cat->entry[i], app, &stays[i]);
    }
    for (uint32_t i = 0; !err && i < cat->count; i++)
        if (stays[i])
            cat->entry[kept++] = cat->entry[i];
    if (!err)
        cat->count = kept;
    free(stays);
    return err;
}
