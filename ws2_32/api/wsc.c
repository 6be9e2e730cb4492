/* SPDX-License-Identifier: MIT */
/*
 * The installation API of transport providers: WSCInstallProvider and its kin (spi.md, section
 * 10). None of it needs WSAStartup. Results come back through lpErrno, those of the order
 * functions as their value; the thread's last error is set as well, which costs nothing and serves
 * callers that look there.
 *
 * What is shown is the effective catalog, with the layers of this run, because layers find
 * themselves through it. What is changed is the stored one. Ids of this run's entries that come
 * back from an installer are therefore taken out of what it wants stored.
 */
#include <winsock2.h>
#include <ws2spi.h>
#include <sporder.h>

#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "catalog/category.h"
#include "catalog/path.h"
#include "catalog/run_layers.h"
#include "catalog/store.h"
#include "ws2_32/core/thread.h"

/*
 * MinGW's headers declare AndChains for 32-bit programs only and the 32-bit twins for 64-bit
 * programs only.
 */
#ifdef _WIN64
int WSPAPI WSCInstallProviderAndChains(const LPGUID provider, const LPWSTR path, const LPWSTR name,
                                       DWORD flags, const LPWSAPROTOCOL_INFOW list, DWORD count,
                                       LPDWORD layer_id, LPINT lp_errno);
#else
int WSPAPI WSCEnumProtocols32(LPINT protocols, LPWSAPROTOCOL_INFOW buffer, LPDWORD buffer_bytes,
                              LPINT lp_errno);
int WSPAPI WSCGetProviderPath32(LPGUID provider, WCHAR *path, LPINT path_chars, LPINT lp_errno);
int WSPAPI WSCUpdateProvider32(LPGUID provider, const WCHAR *path, const LPWSAPROTOCOL_INFOW list,
                               DWORD count, LPINT lp_errno);
int WSPAPI WSCDeinstallProvider32(LPGUID provider, LPINT lp_errno);
int WSPAPI WSCWriteProviderOrder32(LPDWORD ids, DWORD count);
int WSPAPI WSCInstallProvider64_32(LPGUID provider, const WCHAR *path,
                                   const LPWSAPROTOCOL_INFOW list, DWORD count, LPINT lp_errno);
int WSPAPI WSCInstallProviderAndChains64_32(const LPGUID provider, const LPWSTR path,
                                            const LPWSTR path32, const LPWSTR name, DWORD flags,
                                            const LPWSAPROTOCOL_INFOW list, DWORD count,
                                            LPDWORD layer_id, LPINT lp_errno);
#endif

enum { COUNT_MAX = 4096 }; /* entries in one call; a catalog has some tens */

/* No object lives in the first 64 KiB: what points there is NULL, or NULL with an offset. */
static bool bad(const void *pointer)
{
    return (uintptr_t)pointer < 0x10000;
}

static int wsc_fail(LPINT lp_errno, int err)
{
    if (!bad(lp_errno))
        *lp_errno = err;
    return api_fail(err);
}

static int wsc_result(LPINT lp_errno, int err)
{
    return err ? wsc_fail(lp_errno, err) : 0;
}

/* No rights is WSANO_RECOVERY for all of transport providers (spi.md 10.1). */
static int documented(int err)
{
    return err == WSAEACCES ? WSANO_RECOVERY : err;
}

/*
 * Who finds the catalog locked by another installer for seconds reports what his function
 * documents for it.
 */
static int busy_as(int err, int busy)
{
    return err == WSATRY_AGAIN ? busy : documented(err);
}

static int read_shown(enum store_width width, struct catalog *cat)
{
    return width == STORE_NATIVE ? store_read_effective(cat) : store_read(width, cat);
}

static const struct catalog_guid *guid_of(const GUID *guid)
{
    return (const struct catalog_guid *)guid;
}

/* ---- Reading ---- */

static bool listed(const INT *protocols, int protocol)
{
    if (!protocols)
        return true;
    while (*protocols && *protocols != protocol)
        protocols++;
    return *protocols != 0;
}

static int enum_protocols(enum store_width width, LPINT protocols, LPWSAPROTOCOL_INFOW buffer,
                          LPDWORD buffer_bytes, LPINT lp_errno)
{
    struct catalog cat;
    DWORD count = 0, at = 0;
    int err;

    if (bad(buffer_bytes) || (protocols && bad(protocols)))
        return wsc_fail(lp_errno, WSAEFAULT);
    err = read_shown(width, &cat);
    if (err)
        return wsc_fail(lp_errno, err);

    for (uint32_t i = 0; i < cat.count; i++)
        count += listed(protocols, cat.entry[i].info.protocol);
    if (count && (!buffer || *buffer_bytes < count * sizeof *buffer)) {
        *buffer_bytes = count * sizeof *buffer;
        err = WSAENOBUFS;
    } else if (count && bad(buffer)) {
        err = WSAEFAULT;
    }
    for (uint32_t i = 0; !err && i < cat.count; i++)
        if (listed(protocols, cat.entry[i].info.protocol))
            memcpy(&buffer[at++], &cat.entry[i].info, sizeof *buffer);
    catalog_deinit(&cat);
    return err ? wsc_fail(lp_errno, err) : (int)count;
}

static int get_path(enum store_width width, LPGUID provider, WCHAR *path, LPINT path_chars,
                    LPINT lp_errno)
{
    const struct catalog_entry *e;
    WCHAR text[CATALOG_PATH_BYTES];
    struct catalog cat;
    int err, needed = 0;

    if (bad(provider) || bad(path_chars) || (path && bad(path)))
        return wsc_fail(lp_errno, WSAEFAULT);
    err = read_shown(width, &cat);
    if (err)
        return wsc_fail(lp_errno, err);
    e = catalog_find_provider(&cat, guid_of(provider));
    if (e)
        needed = (int)path_from_stored(e->path, text) + 1;
    catalog_deinit(&cat);
    if (!e)
        return wsc_fail(lp_errno, WSAEINVAL);

    if (!path || *path_chars < needed) {
        *path_chars = needed;
        return wsc_fail(lp_errno, WSAEFAULT);
    }
    memcpy(path, text, (size_t)(needed - 1) * sizeof *path);
    path[needed - 1] = 0;
    *path_chars = needed;
    return 0;
}

/* ---- Installing, updating, removing ---- */

struct provider_change {
    const struct catalog_guid *provider;
    char path[CATALOG_PATH_BYTES];
    struct catalog_info *infos; /* owned */
    DWORD count;
};

static int install(struct catalog *cat, void *arg)
{
    const struct provider_change *c = arg;

    return catalog_install(cat, c->provider, c->path, c->infos, c->count);
}

static int update(struct catalog *cat, void *arg)
{
    const struct provider_change *c = arg;

    return catalog_update(cat, c->provider, c->path, c->infos, c->count);
}

static int deinstall(struct catalog *cat, void *arg)
{
    return catalog_deinstall(cat, arg);
}

/* Layers of this run are no matter for what is stored. As a rule there are none. */
static int strip(struct catalog_info *infos, DWORD count)
{
    struct catalog cat;
    DWORD named = 0;
    int err;

    while (named < count && !run_layers_named(&infos[named]))
        named++;
    if (named == count)
        return 0;
    err = store_read_effective(&cat);
    for (DWORD i = 0; !err && i < count; i++)
        if (run_layers_named(&infos[i]) && !run_layers_strip(&cat, &infos[i]))
            err = WSAEINVAL;
    catalog_deinit(&cat);
    return err;
}

/* Checks what the caller gave and copies it: the list is his and stays as it was. */
static int take(struct provider_change *c, LPGUID provider, const WCHAR *path,
                const WSAPROTOCOL_INFOW *list, DWORD count)
{
    int err;

    memset(c, 0, sizeof *c);
    if (bad(provider) || bad(path) || bad(list))
        return WSAEFAULT;
    if (!count)
        return WSAEINVAL;
    if (count > COUNT_MAX)
        return WSAENOBUFS;
    err = path_to_stored(path, c->path);
    if (err)
        return err;
    c->infos = malloc(count * sizeof *c->infos);
    if (!c->infos)
        return WSA_NOT_ENOUGH_MEMORY;
    memcpy(c->infos, list, count * sizeof *c->infos);
    err = strip(c->infos, count);
    if (err) {
        free(c->infos);
        return err;
    }
    c->provider = guid_of(provider);
    c->count = count;
    return 0;
}

typedef int (*store_fn)(const char *why, int (*change)(struct catalog *, void *), void *arg);

static int edit(store_fn store, const char *why, int (*change)(struct catalog *, void *), LPGUID provider, const WCHAR *path,
                const WSAPROTOCOL_INFOW *list, DWORD count, LPINT lp_errno)
{
    struct provider_change c;
    int err = take(&c, provider, path, list, count);

    if (!err)
        err = busy_as(store(why, change, &c), WSANO_RECOVERY);
    free(c.infos);
    return wsc_result(lp_errno, err);
}

static int edit_native(const char *why, int (*change)(struct catalog *, void *), void *arg)
{
    return store_edit(STORE_NATIVE, why, change, arg);
}

static int remove_provider(enum store_width width, LPGUID provider, LPINT lp_errno)
{
    int err = WSAEFAULT;

    if (!bad(provider))
        err = busy_as(store_edit(width, "WSCDeinstallProvider", deinstall, provider), WSANO_RECOVERY);
    if (!err)
        category_forget(width, guid_of(provider));
    return wsc_result(lp_errno, err);
}

int WSPAPI WSCEnumProtocols(LPINT protocols, LPWSAPROTOCOL_INFOW buffer, LPDWORD buffer_bytes,
                            LPINT lp_errno)
{
    return enum_protocols(STORE_NATIVE, protocols, buffer, buffer_bytes, lp_errno);
}

int WSPAPI WSCGetProviderPath(LPGUID provider, WCHAR *path, LPINT path_chars, LPINT lp_errno)
{
    return get_path(STORE_NATIVE, provider, path, path_chars, lp_errno);
}

int WSPAPI WSCInstallProvider(LPGUID provider, const WCHAR *path, const LPWSAPROTOCOL_INFOW list,
                              DWORD count, LPINT lp_errno)
{
    return edit(edit_native, "WSCInstallProvider", install, provider, path, list, count, lp_errno);
}

int WSPAPI WSCUpdateProvider(LPGUID provider, const WCHAR *path, const LPWSAPROTOCOL_INFOW list,
                             DWORD count, LPINT lp_errno)
{
    return edit(edit_native, "WSCUpdateProvider", update, provider, path, list, count, lp_errno);
}

int WSPAPI WSCDeinstallProvider(LPGUID provider, LPINT lp_errno)
{
    return remove_provider(STORE_NATIVE, provider, lp_errno);
}

/* ---- Order ---- */

struct order {
    uint32_t *ids; /* owned */
    uint32_t count;
};

static int reorder(struct catalog *cat, void *arg)
{
    const struct order *o = arg;

    return catalog_reorder(cat, o->ids, o->count);
}

static int write_order(enum store_width width, LPDWORD ids, DWORD count)
{
    struct order o = {NULL, 0};
    int err;

    if (bad(ids))
        return WSAEFAULT;
    if (!count || count > COUNT_MAX)
        return WSAEINVAL;
    o.ids = malloc(count * sizeof *o.ids);
    if (!o.ids)
        return WSA_NOT_ENOUGH_MEMORY;
    for (DWORD i = 0; i < count; i++)
        if (!run_layers_owns(ids[i]))
            o.ids[o.count++] = ids[i];
    err = documented(store_edit(width, "WSCWriteProviderOrder", reorder, &o));
    free(o.ids);
    return err;
}

int WSPAPI WSCWriteProviderOrder(LPDWORD ids, DWORD count)
{
    int err = write_order(STORE_NATIVE, ids, count);

    if (err)
        api_fail(err);
    return err;
}

/* ---- A layer and its chains in one go ---- */

struct layer_change {
    const struct catalog_guid *provider;
    const WCHAR *name;
    char path[2][CATALOG_PATH_BYTES]; /* for the native catalog, and for the other one */
    DWORD flags, count;
    const WSAPROTOCOL_INFOW *list; /* NULL: over everything */
    int calls;
    uint32_t id; /* in the native catalog */
};

static bool in_list(const struct catalog_info *lower, void *arg)
{
    const struct layer_change *c = arg;

    for (DWORD i = 0; c->list && i < c->count; i++)
        if (c->list[i].iAddressFamily == lower->family && c->list[i].iSocketType == lower->type &&
            c->list[i].iProtocol == lower->protocol)
            return true;
    return !c->list;
}

static bool has_base(const struct catalog *cat)
{
    for (uint32_t i = 0; i < cat->count; i++)
        if (cat->entry[i].info.chain_len == CATALOG_BASE)
            return true;
    return false;
}

static int install_layer(struct catalog *cat, void *arg)
{
    struct layer_change *c = arg;
    bool native = !c->calls++;
    uint32_t other_id;

    if (!has_base(cat))
        return WSANO_RECOVERY;
    return catalog_install_layer(cat, c->provider, c->name, c->path[native ? 0 : 1], c->flags, in_list,
                                 c, native ? &c->id : &other_id);
}

static int take_layer(struct layer_change *c, const GUID *provider, const WCHAR *path,
                      const WCHAR *path32, const WCHAR *name, DWORD flags,
                      const WSAPROTOCOL_INFOW *list, DWORD count)
{
    int err;

    memset(c, 0, sizeof *c);
    if (bad(path) || bad(path32) || bad(name) || (list && bad(list)))
        return WSAEFAULT;
    if (bad(provider) || !name[0] || wcsnlen(name, WSAPROTOCOL_LEN + 1) > WSAPROTOCOL_LEN ||
        (count != 0) != (list != NULL) || flags & ~(DWORD)XP1_IFS_HANDLES)
        return WSAEINVAL;
    err = path_to_stored(path, c->path[0]);
    if (!err)
        err = path_to_stored(path32, c->path[1]);
    c->provider = guid_of(provider);
    c->name = name;
    c->flags = flags;
    c->list = list;
    c->count = count;
    return err;
}

int WSPAPI WSCInstallProviderAndChains(const LPGUID provider, const LPWSTR path, const LPWSTR name,
                                       DWORD flags, const LPWSAPROTOCOL_INFOW list, DWORD count,
                                       LPDWORD layer_id, LPINT lp_errno)
{
    struct layer_change c;
    int err = take_layer(&c, provider, path, path, name, flags, list, count);

    if (!err)
        err = busy_as(store_edit(STORE_NATIVE, "WSCInstallProviderAndChains", install_layer, &c), WSAEINPROGRESS);
    if (!err && !bad(layer_id))
        *layer_id = c.id;
    return wsc_result(lp_errno, err);
}

/*
 * ---- The other width; in a 32-bit program, which has no other, these act on its only catalog
 * ----
 */

static int edit_32(const char *why, int (*change)(struct catalog *, void *), void *arg)
{
    return store_edit(STORE_32, why, change, arg);
}

int WSPAPI WSCEnumProtocols32(LPINT protocols, LPWSAPROTOCOL_INFOW buffer, LPDWORD buffer_bytes,
                              LPINT lp_errno)
{
    return enum_protocols(STORE_32, protocols, buffer, buffer_bytes, lp_errno);
}

int WSPAPI WSCGetProviderPath32(LPGUID provider, WCHAR *path, LPINT path_chars, LPINT lp_errno)
{
    return get_path(STORE_32, provider, path, path_chars, lp_errno);
}

int WSPAPI WSCUpdateProvider32(LPGUID provider, const WCHAR *path, const LPWSAPROTOCOL_INFOW list,
                               DWORD count, LPINT lp_errno)
{
    return edit(edit_32, "WSCUpdateProvider32", update, provider, path, list, count, lp_errno);
}

int WSPAPI WSCDeinstallProvider32(LPGUID provider, LPINT lp_errno)
{
    return remove_provider(STORE_32, provider, lp_errno);
}

int WSPAPI WSCWriteProviderOrder32(LPDWORD ids, DWORD count)
{
    int err = write_order(STORE_32, ids, count);

    if (err)
        api_fail(err);
    return err;
}

int WSPAPI WSCInstallProvider64_32(LPGUID provider, const WCHAR *path,
                                   const LPWSAPROTOCOL_INFOW list, DWORD count, LPINT lp_errno)
{
    return edit(store_edit_both, "WSCInstallProvider64_32", install, provider, path, list, count, lp_errno);
}

int WSPAPI WSCInstallProviderAndChains64_32(const LPGUID provider, const LPWSTR path,
                                            const LPWSTR path32, const LPWSTR name, DWORD flags,
                                            const LPWSAPROTOCOL_INFOW list, DWORD count,
                                            LPDWORD layer_id, LPINT lp_errno)
{
    struct layer_change c;
    int err = take_layer(&c, provider, path, path32, name, flags, list, count);

    if (!err)
        err = busy_as(store_edit_both("WSCInstallProviderAndChains64_32", install_layer, &c), WSAEINPROGRESS);
    if (!err && !bad(layer_id))
        *layer_id = c.id;
    return wsc_result(lp_errno, err);
}
