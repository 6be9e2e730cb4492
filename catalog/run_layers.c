/* SPDX-License-Identifier: MIT */
#include "catalog/run_layers.h"

#include <string.h>

#include "base/wsaerr.h"
#include "catalog/name.h"
#include "catalog/unfold.h"

/*
 * The name space of derived layer GUIDs: {77733248-6B69-7400-8C61-796572730001}, made up once for
 * ws2kit.
 */
static const struct catalog_guid layer_space = {{0x48, 0x32, 0x73, 0x77, 0x69, 0x6B, 0x00, 0x74, 0x8C,
                                                 0x61, 0x79, 0x65, 0x72, 0x73, 0x00, 0x01}};

static const char system_prefix[] = "%SystemRoot%\\system32\\ws2", dll_suffix[] = ".dll";

static bool is_path(const char *name, size_t chars)
{
    for (size_t i = 0; i < chars; i++)
        if (strchr("\\/.:", name[i]))
            return true;
    return false;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool ends_in_dll(const char *text, size_t chars)
{
    size_t n = sizeof dll_suffix - 1;

    if (chars <= n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower(text[chars - n + i]) != dll_suffix[i])
            return false;
    return true;
}

/* The file's name without folder and ".dll": what a layer that is given by path is called. */
static void strip_path(const char **name, size_t *chars)
{
    for (size_t i = *chars; i-- > 0;) {
        if (strchr("\\/:", (*name)[i])) {
            *name += i + 1;
            *chars -= i + 1;
            break;
        }
    }
    if (ends_in_dll(*name, *chars))
        *chars -= sizeof dll_suffix - 1;
}

bool run_layers_name(const char *name, size_t chars, struct run_layer *layer)
{
    char plain[CATALOG_PATH_BYTES];
    size_t at = 0;
    bool path = is_path(name, chars);

    memset(layer, 0, sizeof *layer);
    if (!chars || memchr(name, 0, chars))
        return false;
    if (!path) {
        at = sizeof system_prefix - 1;
        memcpy(layer->path, system_prefix, at);
    }
    if (at + chars + sizeof dll_suffix > sizeof layer->path)
        return false;
    memcpy(layer->path + at, name, chars);
    if (!path)
        memcpy(layer->path + at + chars, dll_suffix, sizeof dll_suffix);
    else
        strip_path(&name, &chars);
    if (!chars)
        return false;

    for (size_t i = 0; i < chars; i++)
        plain[i] = lower(name[i]); /* file names are equal in any case, and so must the GUID be */
    plain[chars] = 0;
    name_append_ascii(layer->name, plain);
    catalog_guid_derive(&layer_space, plain, chars, &layer->provider);
    layer->service_flags = CATALOG_XP1_IFS;
    return true;
}

int run_layers_parse(const char *list, struct run_layer layer[RUN_LAYERS_MAX])
{
    int count = 0;

    for (;;) {
        size_t item = strcspn(list, ";");
        size_t name = strcspn(list, ",;");

        if (count == RUN_LAYERS_MAX || !run_layers_name(list, name, &layer[count]))
            return -1;
        for (int i = 0; i < count; i++)
            if (name_equal(layer[i].name, layer[count].name))
                return -1; /* a chain may not hold a layer twice */
        count++;
        if (!list[item])
            return count;
        list += item + 1;
    }
}

static bool is_tcp_or_udp(const struct catalog_info *lower, void *arg)
{
    (void)arg;
    return (lower->family == 2 || lower->family == 23) &&
           ((lower->type == 1 && lower->protocol == 6) || (lower->type == 2 && lower->protocol == 17));
}

int run_layers_put(struct catalog *cat, const struct run_layer *layer)
{
    return catalog_install_layer(cat, &layer->provider, layer->name, layer->path,
                                 layer->service_flags, is_tcp_or_udp, NULL, NULL);
}

int run_layers_apply(struct catalog *cat, const struct run_layer *layer, int count)
{
    uint32_t next_id = cat->next_id;
    int err = 0;

    cat->next_id = RUN_LAYERS_FIRST_ID;
    cat->folds = true;
    for (int i = count; !err && i-- > 0;)
        if (!catalog_find_provider(cat, &layer[i].provider))
            err = run_layers_put(cat, &layer[i]);
    cat->next_id = next_id;
    cat->folds = false;
    return err;
}

bool run_layers_named(const struct catalog_info *info)
{
    for (int32_t i = 0; info->chain_len > 1 && i < info->chain_len && i < CATALOG_CHAIN_MAX; i++)
        if (run_layers_owns(info->chain[i]))
            return true;
    return false;
}

bool run_layers_strip(const struct catalog *cat, struct catalog_info *info)
{
    uint32_t way[CATALOG_DEEP], stays[CATALOG_CHAIN_MAX] = {0};
    int32_t count = catalog_way(cat, info, way), kept = 0;

    for (int32_t i = 0; i < count; i++) {
        if (run_layers_owns(way[i]))
            continue;
        if (kept == CATALOG_CHAIN_MAX)
            return false;
        stays[kept++] = way[i];
    }
    memcpy(info->chain, stays, sizeof info->chain);
    info->chain_len = kept;
    return count >= 0;
}
