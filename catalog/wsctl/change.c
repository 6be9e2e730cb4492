/* SPDX-License-Identifier: MIT */
/* The commands that change the catalog, and `path`, which looks at one entry's DLL. */
#include "catalog/wsctl/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/wsaerr.h"
#include "catalog/category.h"
#include "catalog/name.h"
#include "catalog/path.h"
#include "catalog/run_layers.h"

int create_command(int argc, char **argv)
{
    int err;

    (void)argv;
    if (argc)
        return WSCTL_USAGE;
    err = namespace_store_create(); /* first: it moves the other's place among the keys */
    if (!err)
        err = store_create();
    return err ? complain_store("create the catalog", err) : WSCTL_OK;
}

/* ---- install layer ---- */

struct over {
    bool tcp, udp, raw, all;
    uint32_t id[32];
    int ids;
};

static bool parse_over(char *list, struct over *over)
{
    memset(over, 0, sizeof *over);
    for (char *item = strtok(list, ","); item; item = strtok(NULL, ",")) {
        if (!strcmp(item, "tcp"))
            over->tcp = true;
        else if (!strcmp(item, "udp"))
            over->udp = true;
        else if (!strcmp(item, "raw"))
            over->raw = true;
        else if (!strcmp(item, "all"))
            over->all = true;
        else if (item[strspn(item, "0123456789")] || over->ids == 32)
            return false;
        else
            over->id[over->ids++] = strtoul(item, NULL, 10);
    }
    return over->tcp || over->udp || over->raw || over->all || over->ids;
}

struct layer_install {
    struct run_layer layer;
    struct over over;
    const struct catalog *cat; /* set for the time of the edit */
    uint32_t missing_id, id;
};

/* An id means its family, type and protocol: the layer goes over whatever is on top there. */
static bool wanted(const struct catalog_info *lower, void *arg)
{
    const struct layer_install *in = arg;
    bool ip = lower->family == 2 || lower->family == 23;

    if (in->over.all || (ip && in->over.tcp && lower->type == 1 && lower->protocol == 6) ||
        (ip && in->over.udp && lower->type == 2 && lower->protocol == 17) ||
        (ip && in->over.raw && lower->type == 3))
        return true;
    for (int i = 0; i < in->over.ids; i++) {
        const struct catalog_info *info = &catalog_find_id(in->cat, in->over.id[i])->info;

        if (info->family == lower->family && info->type == lower->type &&
            info->protocol == lower->protocol)
            return true;
    }
    return false;
}

static int install(struct catalog *cat, void *arg)
{
    struct layer_install *in = arg;

    for (int i = 0; i < in->over.ids; i++) {
        const struct catalog_entry *e = catalog_find_id(cat, in->over.id[i]);

        if (!e || !catalog_usable(cat, e)) {
            in->missing_id = in->over.id[i];
            return WSASERVICE_NOT_FOUND;
        }
    }
    in->cat = cat;
    return catalog_install_layer(cat, &in->layer.provider, in->layer.name, in->layer.path,
                                 in->layer.service_flags, wanted, in, &in->id);
}

static int complain_install(const struct layer_install *in, const char *dll, int err)
{
    const struct catalog_entry *there;
    struct catalog cat;
    char attempt[64];

    switch (err) {
    case WSASERVICE_NOT_FOUND:
        return complain("cannot install layer %s: there is no usable entry %u to put it over; "
                        "`wsctl list` shows what there is",
                        dll, in->missing_id);
    case WSANO_RECOVERY:
        /*
         * The registry may be the reason as well, and then reading it shows no chain near the
         * limit.
         */
        snprintf(attempt, sizeof attempt, "install layer %.40s", dll);
        if (!store_read(STORE_NATIVE, &cat)) {
            int32_t longest = 0;

            for (uint32_t i = 0; i < cat.count; i++)
                if (cat.entry[i].info.chain_len > longest)
                    longest = cat.entry[i].info.chain_len;
            catalog_deinit(&cat);
            if (longest >= CATALOG_CHAIN_MAX)
                return complain("cannot install layer %s: a chain would become longer than %d; "
                                "remove another layer first (`wsctl list`, `wsctl remove NAME`)",
                                dll, CATALOG_CHAIN_MAX);
        }
        return complain_store(attempt, err);
    case WSAEINVAL:
        if (store_read(STORE_NATIVE, &cat))
            break;
        there = catalog_find_provider(&cat, &in->layer.provider);
        for (uint32_t i = 0; !there && i < cat.count; i++)
            if (cat.entry[i].info.chain_len == CATALOG_LAYER &&
                name_equal(cat.entry[i].info.name, in->layer.name))
                there = &cat.entry[i];
        if (there)
            complain("cannot install layer %s: it is installed already, as entry %u; "
                     "`wsctl remove %u` takes it out",
                     dll, there->info.id, there->info.id);
        else
            complain("cannot install layer %s: there is no protocol of that kind to put it over; "
                     "`wsctl list` shows what there is, --over chooses",
                     dll);
        catalog_deinit(&cat);
        return WSCTL_FAILED;
    }
    snprintf(attempt, sizeof attempt, "install layer %.40s", dll);
    return complain_store(attempt, err);
}

static int complain_dll(const struct run_layer *layer, enum run_layer_fault fault)
{
    char path[TEXT_BYTES];

    path_text(layer->path, path);
    switch (fault) {
    case RUN_LAYER_FINE:
        return WSCTL_OK;
    case RUN_LAYER_NO_FILE:
        return complain("cannot install layer: %s does not exist; copy the DLL there or give its path", path);
    case RUN_LAYER_NO_STARTUP:
        return complain("cannot install layer: %s does not export WSPStartup, so it is no "
                        "provider; give another DLL, or add the export to its .def file",
                        path);
    case RUN_LAYER_NOT_LOADABLE:
        break;
    }
    return complain_not_loadable("layer", path);
}

static bool take_name(const char *name, struct run_layer *layer)
{
    WCHAR wide[128];
    struct run_layer named;

    if (!wide_text(name, wide, 128) || !wide[0] || strpbrk(name, "\\/.:") || !run_layers_name(name, strlen(name), &named))
        return false;
    memset(layer->name, 0, sizeof layer->name);
    name_append(layer->name, wide);
    layer->provider = named.provider;
    return true;
}

/* A file's own name, if the catalog's path cannot tell it. */
static void name_by_file(const WCHAR *path, struct run_layer *layer)
{
    const WCHAR *file = path;
    char name[TEXT_BYTES], *dot;

    for (const WCHAR *at = path; *at; at++)
        if (*at == '\\' || *at == '/' || *at == ':')
            file = at + 1;
    utf8_text(file, name);
    dot = strrchr(name, '.');
    if (dot)
        *dot = 0;
    (void)take_name(name, layer); /* with more dots in it: goes by what the path tells */
}

static bool is_ascii(const WCHAR *text)
{
    while (*text && *text < 0x80)
        text++;
    return !*text;
}

static bool take_dll(const char *dll, struct run_layer *layer)
{
    char stored[CATALOG_PATH_BYTES];
    WCHAR path[MAX_PATH];

    if (is_bare_name(dll))
        return run_layers_name(dll, strlen(dll), layer);
    if (!dll_path(dll, path) || !dll_path_stored(path, stored) || !run_layers_name(stored, strlen(stored), layer))
        return false;
    if (!is_ascii(path))
        name_by_file(path, layer);
    return true;
}

int install_command(int argc, char **argv)
{
    char over_default[] = "tcp,udp", *over = over_default, why[96];
    struct change c = {.width = STORE_NATIVE, .why = why, .apply = install};
    const char *dll, *name = NULL;
    struct layer_install *in;
    bool ifs = true;
    int status, err;

    if (argc >= 2 && !strcmp(argv[0], "namespace"))
        return names_install(argc - 1, argv + 1);
    c.dry_run = take_flag(&argc, argv, "--dry-run");
    if (argc < 2 || strcmp(argv[0], "layer"))
        return WSCTL_USAGE;
    dll = argv[1];
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "--name") && i + 1 < argc)
            name = argv[++i];
        else if (!strcmp(argv[i], "--over") && i + 1 < argc)
            over = argv[++i];
        else if (!strcmp(argv[i], "--non-ifs"))
            ifs = false;
        else
            return WSCTL_USAGE;
    }
    in = calloc(1, sizeof *in);
    if (!in)
        return complain_store("install the layer", WSA_NOT_ENOUGH_MEMORY);

    if (!parse_over(over, &in->over))
        status = complain("cannot install layer %s: --over takes a list of tcp, udp, raw, all or entry "
                          "IDs, such as tcp,udp",
                          dll);
    else if (!take_dll(dll, &in->layer))
        status = complain("cannot install layer %s: that is no name of a ws2kit layer and no path of a DLL that the catalog can hold",
                          dll);
    else if (name && !take_name(name, &in->layer))
        status = complain("cannot install layer %s: the name \"%s\" is empty, too long or has one of \\ / . :",
                          dll, name);
    else
        status = complain_dll(&in->layer, run_layers_find(&in->layer));

    if (status == WSCTL_OK) {
        if (!ifs) /* else as the DLL says */
            in->layer.service_flags = 0;
        snprintf(why, sizeof why, "install layer %.64s", dll);
        c.arg = in;
        err = change_make(&c);
        if (err)
            status = complain_install(in, dll, err);
        else if (!c.dry_run)
            printf("%u\n", in->id);
    }
    free(in);
    return status;
}

/* ---- remove ---- */

struct removal {
    const char *what;
    char why[512];
    struct catalog_guid provider; /* that was removed */
};

static const struct catalog_entry *dependent(const struct catalog *cat,
                                             const struct catalog_guid *provider)
{
    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_info *info = &cat->entry[i].info;

        for (int32_t at = 0; info->chain_len > 1 && info->chain_len <= CATALOG_CHAIN_MAX &&
                             at < info->chain_len;
             at++) {
            const struct catalog_entry *e = catalog_find_id(cat, info->chain[at]);

            if (e && !memcmp(&e->info.provider, provider, sizeof *provider))
                return &cat->entry[i];
        }
    }
    return NULL;
}

static int remove_entry(struct catalog *cat, void *arg)
{
    struct removal *r = arg;
    const struct catalog_entry *e = find_entry(cat, r->what), *layer, *user;
    struct catalog_guid provider;
    char guid[GUID_BYTES];

    if (!e) {
        snprintf(r->why, sizeof r->why, "there is no such entry; `wsctl list` shows what there is");
        return WSASERVICE_NOT_FOUND;
    }
    r->provider = provider = e->info.provider;
    guid_text(&provider, guid);
    if (e->info.chain_len == CATALOG_LAYER)
        return catalog_remove_layer(cat, &provider);

    layer = e->info.chain_len > 1 ? catalog_find_id(cat, e->info.chain[0]) : NULL;
    user = dependent(cat, &provider);
    if (layer)
        snprintf(r->why, sizeof r->why, "it is a chain of layer %u; `wsctl remove %u` takes the layer "
                 "and all its chains out", layer->info.id, layer->info.id);
    else if (user)
        snprintf(r->why, sizeof r->why, "chain %u is built on it; remove that one's layer first",
                 user->info.id);
    else if (e->info.chain_len == CATALOG_BASE && r->what[0] != '{')
        snprintf(r->why, sizeof r->why, "all entries of that base provider would go with it; if you "
                 "mean it: wsctl remove %s", guid);
    if (r->why[0])
        return WSAEINVAL;
    return catalog_deinstall(cat, &provider);
}

int remove_command(int argc, char **argv)
{
    struct removal r = {.what = NULL};
    char attempt[128];
    struct change c = {.width = STORE_NATIVE, .why = attempt, .apply = remove_entry, .arg = &r};
    int err;

    c.dry_run = take_flag(&argc, argv, "--dry-run");
    if (take_flag(&argc, argv, "--32"))
        c.width = STORE_32;
    if (argc != 1)
        return WSCTL_USAGE;
    if (means_names(c.width, argv[0]))
        return names_remove(c.width, argv[0], c.dry_run);
    r.what = argv[0];
    snprintf(attempt, sizeof attempt, "remove %.100s", argv[0]);
    err = change_make(&c);
    if (!err && !c.dry_run)
        category_forget(c.width, &r.provider);
    if (!err)
        return WSCTL_OK;
    if (r.why[0])
        return complain("cannot remove %s: %s", argv[0], r.why);
    return complain_store(attempt, err);
}

/* ---- path ---- */

int path_command(int argc, char **argv)
{
    WCHAR path[CATALOG_PATH_BYTES], file[MAX_PATH];
    const struct catalog_entry *e;
    char text[TEXT_BYTES];
    struct catalog cat;
    DWORD chars = 0;
    int err;

    if (argc != 1)
        return WSCTL_USAGE;
    if (means_names(STORE_NATIVE, argv[0]))
        return names_path(argv[0]);
    err = store_read(STORE_NATIVE, &cat);
    if (err)
        return complain_store("read the catalog", err);
    e = find_entry(&cat, argv[0]);
    if (e && path_from_stored(e->path, path))
        chars = ExpandEnvironmentStringsW(path, file, MAX_PATH);
    catalog_deinit(&cat);
    if (!e)
        return complain_missing(argv[0]);
    if (!chars || chars > MAX_PATH)
        return complain("the path of entry %s is too long once its variables are expanded", argv[0]);
    utf8_text(file, text);
    printf("%s\n", text);
    if (dll_exists(path))
        return WSCTL_OK;
    return complain("%s does not exist: programs that use entry %s will fail; put the DLL back, or `wsctl remove %s`",
                    text, argv[0], argv[0]);
}
