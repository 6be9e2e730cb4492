/* SPDX-License-Identifier: MIT */
#include "providers/kit/chain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "catalog/catalog.h"
#include "providers/kit/options.h"

WSPUPCALLTABLE upcalls;

static struct lock layer_lock; /* held across the layer's own start and stop, and nothing foreign */
static unsigned starts;        /* successful WSPStartup calls; guarded by layer_lock */

/* The keys of ws2kit_option until start() is done, with a blank between them. A layer that is a name-space provider as well may ask before. */
static struct {
    struct lock lock;
    BOOL done, full;
    char keys[2048];
} asked;

static BOOL is_asked(const char *key) WS2_REQUIRES(asked.lock)
{
    size_t chars = strlen(key);

    for (const char *at = asked.keys; (at = strstr(at, key)); at += chars)
        if ((at == asked.keys || at[-1] == ' ') && (!at[chars] || at[chars] == ' '))
            return TRUE;
    return FALSE;
}

static void remember_asked(const char *key)
{
    size_t used;

    lock_take(&asked.lock);
    used = strlen(asked.keys);
    if (is_asked(key)) {
        lock_drop(&asked.lock);
        return;
    }
    if (!asked.done && used + strlen(key) + 2 > sizeof asked.keys)
        asked.done = asked.full = TRUE;
    if (!asked.done)
        sprintf(asked.keys + used, "%s%s", used ? " " : "", key);
    lock_drop(&asked.lock);
}

static BOOL run_option_unknown(char *key, size_t bytes);

/* A misspelt option must not pass for one that was left out. What start() has not asked for, no layer knows. */
static BOOL has_unknown_option(void)
{
    static BOOL unknown;
    char key[64];
    BOOL was;

    lock_take(&asked.lock);
    was = asked.done;
    asked.done = TRUE;
    lock_drop(&asked.lock);
    if (was || !run_option_unknown(key, sizeof key))
        return unknown;
    unknown = TRUE;
    fprintf(stderr, "%s: there is no option %s; known: %s\n", ws2kit_layer.name, key, *asked.keys ? asked.keys : "none");
    fflush(stderr);
    return TRUE;
}

/* ---- WSPStartup and WSPCleanup ---- */

static int start_layer(void)
{
    int err = ws2kit_layer.start ? ws2kit_layer.start() : 0;

    if (err || asked.full || !has_unknown_option())
        return err;
    if (ws2kit_layer.stop)
        ws2kit_layer.stop();
    return WSAEINVAL;
}

static int begin(const WSPUPCALLTABLE *table)
{
    int err = 0;

    lock_take(&layer_lock);
    if (!starts) {
        upcalls = *table; /* ws2_32 gives the same one each time (spi.md C.1) */
        err = start_layer();
    }
    if (!err)
        starts++;
    lock_drop(&layer_lock);
    return err;
}

int layer_end(void)
{
    int err = 0;

    lock_take(&layer_lock);
    if (!starts)
        err = WSANOTINITIALISED;
    else if (!--starts) {
        if (ws2kit_layer.relay)
            ws2kit_layer.relay->stop();
        if (ws2kit_layer.stop)
            ws2kit_layer.stop();
        if (ws2kit_layer.own)
            ws2kit_layer.own->stop();
        chain_retire_all();
    }
    lock_drop(&layer_lock);

    chain_stop_retired();
    return err;
}

/* All other threads are gone, maybe with the lock in their hands. */
void layer_detach(void)
{
    if (starts && ws2kit_layer.stop)
        ws2kit_layer.stop();
    starts = 0;
}

__declspec(dllexport) int WSPAPI WSPStartup(WORD version, LPWSPDATA data, LPWSAPROTOCOL_INFOW info,
                                            WSPUPCALLTABLE table, LPWSPPROC_TABLE entries)
{
    struct chain *c;
    int err;

    if (!data || !info || !entries)
        return WSAEFAULT;
    if (MAKEWORD(HIBYTE(version), LOBYTE(version)) < 0x0202)
        return WSAVERNOTSUPPORTED;

    err = begin(&table);
    if (err)
        return err;
    err = chain_get(info, &c);
    if (ws2kit_layer.started)
        ws2kit_layer.started(info, err ? NULL : &c->below, err);
    if (err) {
        layer_end();
        return err;
    }

    *data = c->data;
    if (ws2kit_layer.description)
        lstrcpynW(data->szDescription, ws2kit_layer.description, ARRAYSIZE(data->szDescription));
    pass_fill(c, entries);
    return 0;
}

/*
 * What installers for layers ask the DLL itself (spi.md C.8). The answer must not be the same for all layers that leave
 * `guid` out, so these get one made from their name.
 */
__declspec(dllexport) void WSPAPI GetLspGuid(GUID *guid);
void WSPAPI GetLspGuid(GUID *guid)
{
    static const GUID none;
    static const struct catalog_guid layers = { { 0x2c, 0x8e, 0x41, 0x9b, 0x5d, 0x07, 0x4e, 0x63, 0xa1,
                                                  0x3f, 0x77, 0x20, 0xd4, 0xb6, 0x08, 0xe5 } };

    *guid = ws2kit_layer.guid;
    if (!memcmp(guid, &none, sizeof none))
        catalog_guid_derive(&layers, ws2kit_layer.name, strlen(ws2kit_layer.name),
                            (struct catalog_guid *)guid);
}

/* What the layer's catalog entries must say of it: whoever lays it over protocols asks. */
__declspec(dllexport) DWORD WSPAPI GetLspServiceFlags(void);
DWORD WSPAPI GetLspServiceFlags(void)
{
    return chain_wants_own(NULL) ? 0 : XP1_IFS_HANDLES;
}

/* ---- for the layer's author ---- */

const WSAPROTOCOL_INFOW *ws2kit_protocol(SOCKET s)
{
    struct chain *c = chain_of(s);

    return c ? &c->mine : NULL;
}

/* `wide` as UTF-8, from malloc; NULL: no memory. */
static char *to_utf8(const WCHAR *wide)
{
    int bytes = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = malloc(bytes ? bytes : 1);

    if (text)
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, bytes, NULL, NULL);
    return text;
}

static WCHAR *environment(const WCHAR *name)
{
    DWORD chars = GetEnvironmentVariableW(name, NULL, 0);
    WCHAR *value = chars ? calloc(chars, sizeof *value) : NULL;

    if (value)
        GetEnvironmentVariableW(name, value, chars);
    return value;
}

/* The layers of this run and our DLL's path, from malloc; FALSE: there are none, or no memory. */
static BOOL run_layers(char **list, char **own_dll)
{
    WCHAR dll[MAX_PATH] = { 0 };
    WCHAR *wide = environment(L"WS2KIT_LAYERS");

    GetModuleFileNameW(chain_own_module(), dll, MAX_PATH - 1);
    *list = wide ? to_utf8(wide) : NULL;
    *own_dll = *list ? to_utf8(dll) : NULL;
    free(wide);
    if (!*own_dll)
        free(*list);
    return *own_dll != NULL;
}

static BOOL environment_option(const char *key, char *value, size_t bytes)
{
    char *list, *own_dll;
    BOOL found;

    if (!run_layers(&list, &own_dll))
        return FALSE;
    found = options_find(list, ws2kit_layer.name, own_dll, key, value, bytes);
    free(own_dll);
    free(list);
    return found;
}

static BOOL run_option_unknown(char *key, size_t bytes)
{
    char *list, *own_dll;
    BOOL unknown;

    if (!run_layers(&list, &own_dll))
        return FALSE;
    unknown = options_unknown(list, ws2kit_layer.name, own_dll, asked.keys, key, bytes);
    free(own_dll);
    free(list);
    return unknown;
}

static BOOL registry_option(const char *key, char *value, size_t bytes)
{
    static const WCHAR layers[] =
        L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters\\ws2kit\\Layers\\";
    WCHAR path[ARRAYSIZE(layers) + 64], name[64];
    union {
        WCHAR text[1024];
        DWORD number;
    } data;
    DWORD size = sizeof data, type;
    char text[3 * ARRAYSIZE(data.text)];

    memcpy(path, layers, sizeof layers);
    if (!MultiByteToWideChar(CP_UTF8, 0, ws2kit_layer.name, -1, path + ARRAYSIZE(layers) - 1, 64) ||
        !MultiByteToWideChar(CP_UTF8, 0, key, -1, name, ARRAYSIZE(name)) ||
        RegGetValueW(HKEY_LOCAL_MACHINE, path, name, RRF_RT_REG_SZ | RRF_RT_REG_DWORD, &type, &data,
                     &size))
        return FALSE;

    if (type == REG_DWORD)
        snprintf(text, sizeof text, "%lu", data.number);
    else
        WideCharToMultiByte(CP_UTF8, 0, data.text, -1, text, sizeof text, NULL, NULL);
    if (strlen(text) >= bytes)
        return FALSE;
    memcpy(value, text, strlen(text) + 1);
    return TRUE;
}

BOOL ws2kit_option(const char *key, char *value, size_t bytes)
{
    remember_asked(key);
    return environment_option(key, value, bytes) || registry_option(key, value, bytes);
}
