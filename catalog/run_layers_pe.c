/* SPDX-License-Identifier: MIT */
#include "catalog/run_layers.h"

#include <winsock2.h>
#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/store.h"

static const char variable[] = "WS2KIT_LAYERS";

static bool is_ours(const struct run_layer *layer)
{
    return layer->path[0] == '%';
}

/* What can only be said of a file: whether it is one of ws2kit's that is broken is found when its first socket is made. */
static enum run_layer_fault for_a_run(struct run_layer *layer, enum run_layer_fault fault)
{
    return is_ours(layer) && fault != RUN_LAYER_NO_FILE ? RUN_LAYER_FINE : fault;
}

static enum run_layer_fault ask_dll(struct run_layer *layer, const char *file)
{
    HMODULE module = LoadLibraryA(file);
    int(WINAPI * get_guid)(GUID *);
    DWORD(WINAPI * get_flags)(void);

    if (!module)
        return RUN_LAYER_NOT_LOADABLE;
    if (!GetProcAddress(module, "WSPStartup")) {
        FreeLibrary(module);
        return RUN_LAYER_NO_STARTUP;
    }
    get_guid = (int(WINAPI *)(GUID *))(void *)GetProcAddress(module, "GetLspGuid");
    if (get_guid)
        get_guid((GUID *)(void *)&layer->provider);
    get_flags = (DWORD(WINAPI *)(void))(void *)GetProcAddress(module, "GetLspServiceFlags");
    if (get_flags)
        layer->service_flags = get_flags();
    FreeLibrary(module);
    return RUN_LAYER_FINE;
}

enum run_layer_fault run_layers_find(struct run_layer *layer)
{
    char file[MAX_PATH];
    DWORD chars = ExpandEnvironmentStringsA(layer->path, file, sizeof file);

    if (!chars || chars > sizeof file || GetFileAttributesA(file) == INVALID_FILE_ATTRIBUTES)
        return RUN_LAYER_NO_FILE;
    return ask_dll(layer, file);
}

/* The list, in memory that the caller frees; NULL in *list when there is none. */
static int get_list(char **list)
{
    DWORD chars = GetEnvironmentVariableA(variable, NULL, 0);

    *list = NULL;
    if (chars < 2)
        return 0; /* not set, or empty */
    *list = malloc(chars);
    if (!*list)
        return WSA_NOT_ENOUGH_MEMORY;
    if (GetEnvironmentVariableA(variable, *list, chars) >= chars) {
        free(*list);
        *list = NULL;
        return WSAEPROVIDERFAILEDINIT; /* another thread changes it under our hands */
    }
    return 0;
}

static int apply(struct catalog *cat, const char *list)
{
    struct run_layer *layer = calloc(RUN_LAYERS_MAX, sizeof *layer);
    int count, err = 0;

    if (!layer)
        return WSA_NOT_ENOUGH_MEMORY;
    count = run_layers_parse(list, layer);
    if (count < 0)
        err = WSAEPROVIDERFAILEDINIT;
    for (int i = 0; !err && i < count; i++)
        err = for_a_run(&layer[i], run_layers_find(&layer[i])) == RUN_LAYER_FINE ? 0 : WSAEPROVIDERFAILEDINIT;
    if (!err)
        err = run_layers_apply(cat, layer, count);
    free(layer);
    return err == WSAEINVAL || err == WSANO_RECOVERY ? WSAEPROVIDERFAILEDINIT : err;
}

int run_layers_read(struct catalog *cat, bool *no_apps)
{
    DWORD last_error = GetLastError();
    char *list;
    int err = get_list(&list);

    catalog_init(cat);
    if (!err)
        err = store_read_apps(STORE_NATIVE, cat, no_apps);
    if (!err && list)
        err = apply(cat, list);
    if (err)
        catalog_deinit(cat);
    free(list);
    SetLastError(last_error);
    return err;
}

int store_read_effective(struct catalog *cat)
{
    bool no_apps;

    return run_layers_read(cat, &no_apps);
}
