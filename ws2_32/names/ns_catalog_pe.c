/* SPDX-License-Identifier: MIT */
/*
 * Listing, installing and removing name-space providers (spi.md 10.11 to 10.14). The WSC functions need no WSAStartup;
 * errors are the thread's last error, and for the order functions the value.
 */
#include <winsock2.h>
#include <ws2spi.h>
#include <sporder.h>

#include "ws2_32/names/ns_catalog_pe.h"

#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "catalog/namespace_store.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/names/ns_provider_pe.h"
#include "ws2_32/names/run_namespaces.h"
#include "ws2_32/names/text_pe.h"

/* MinGW declares the 32-bit twins for 64-bit programs only. */
#ifndef _WIN64
INT WSAAPI WSCEnumNameSpaceProviders32(LPDWORD bytes, LPWSANAMESPACE_INFOW buf);
INT WSPAPI WSCEnumNameSpaceProvidersEx32(LPDWORD bytes, LPWSANAMESPACE_INFOEXW buf);
INT WSPAPI WSCInstallNameSpace32(LPWSTR name, LPWSTR path, DWORD name_space, DWORD version, LPGUID id);
int WSAAPI WSCInstallNameSpaceEx32(LPWSTR name, LPWSTR path, DWORD name_space, DWORD version, LPGUID id, LPBLOB info);
INT WSPAPI WSCUnInstallNameSpace32(LPGUID id);
INT WSPAPI WSCEnableNSProvider32(LPGUID id, WINBOOL enable);
int WSPAPI WSCWriteNameSpaceOrder32(LPGUID ids, DWORD count);
#endif

/* ---- the process's copy ---- */

static struct lock lock;
static struct namespaces held; /* both guarded by lock */
static bool is_held;
static int usual;    /* written under the lock: ns_catalog_is_usual() */
static LONG changes; /* counts ns_catalog_forget(): what was read before one is not kept after it */

void ns_catalog_forget(void)
{
    lock_take(&lock);
    namespaces_deinit(&held);
    is_held = false;
    __atomic_store_n(&usual, 0, __ATOMIC_RELEASE);
    changes++;
    lock_drop(&lock);
}

bool ns_catalog_is_usual(void)
{
    return __atomic_load_n(&usual, __ATOMIC_ACQUIRE);
}

static bool find_usual(const struct namespaces *ns)
{
    static const enum namespace_kind order[] = {NAMESPACE_KIND_HOSTS, NAMESPACE_KIND_DNS};
    uint32_t enabled = 0;

    for (uint32_t i = 0; i < ns->count; i++) {
        if (!ns->entry[i].enabled)
            continue;
        if (enabled == 2 || namespace_kind_of(&ns->entry[i]) != order[enabled])
            return false;
        enabled++;
    }
    return enabled == 2;
}

/* ---- the providers of this run, before those of the catalog ---- */

/* WS2KIT_NAMESPACES as UTF-8, for free(); NULL in *list: not set. */
static int get_list(char **list)
{
    DWORD chars = GetEnvironmentVariableW(L"WS2KIT_NAMESPACES", NULL, 0);
    WCHAR *wide;
    int err = 0;

    *list = NULL;
    if (chars < 2)
        return 0;
    wide = malloc(chars * sizeof *wide);
    if (!wide)
        return WSA_NOT_ENOUGH_MEMORY;
    if (GetEnvironmentVariableW(L"WS2KIT_NAMESPACES", wide, chars) >= chars)
        err = WSAEPROVIDERFAILEDINIT; /* another thread changes it under our hands */
    else
        *list = text_from_wide(wide);
    free(wide);
    return err ? err : *list ? 0 : WSA_NOT_ENOUGH_MEMORY;
}

static bool is_there(const WCHAR *path)
{
    WCHAR file[MAX_PATH];
    DWORD chars = ExpandEnvironmentStringsW(path, file, MAX_PATH);

    return chars && chars <= MAX_PATH && GetFileAttributesW(file) != INVALID_FILE_ATTRIBUTES;
}

static int put_first(struct namespaces *ns, const struct run_namespace *run)
{
    struct namespace_entry *e = calloc(1, sizeof *e);
    int err;

    if (!e)
        return WSA_NOT_ENOUGH_MEMORY;
    e->provider = run->provider;
    e->name_space = run->name_space;
    e->enabled = true;
    memcpy(e->name, run->name, (NAMESPACE_NAME_CHARS - 1) * sizeof *e->name);
    if (!MultiByteToWideChar(CP_UTF8, 0, run->path, -1, (WCHAR *)e->path, NAMESPACE_PATH_CHARS) || !is_there((WCHAR *)e->path))
        err = WSAEPROVIDERFAILEDINIT;
    else
        err = namespaces_install_first(ns, e);
    free(e);
    return err;
}

/* In the order of the list; what is installed for good under such a GUID steps back. */
static int put_run(struct namespaces *ns, const char *list)
{
    struct run_namespace *run = calloc(RUN_NAMESPACES_MAX, sizeof *run);
    int count, err = 0;

    if (!run)
        return WSA_NOT_ENOUGH_MEMORY;
    count = run_namespaces_parse(list, run);
    if (count < 0)
        err = WSAEPROVIDERFAILEDINIT;
    for (int i = count; !err && i-- > 0;) {
        if (namespaces_find(ns, &run[i].provider))
            namespaces_uninstall(ns, &run[i].provider);
        err = put_first(ns, &run[i]);
    }
    free(run);
    return err;
}

static int read_effective(struct namespaces *ns)
{
    char *list;
    int err = get_list(&list);

    if (err)
        return err;
    err = namespace_store_read(STORE_NATIVE, ns);
    if (!err && list) {
        err = put_run(ns, list);
        if (err)
            namespaces_deinit(ns);
    }
    free(list);
    return err;
}

static void keep(const struct namespaces *ns, LONG as_of)
{
    struct namespaces copy;

    if (namespaces_copy(&copy, ns))
        return;
    lock_take(&lock);
    if (!is_held && changes == as_of) {
        held = copy;
        is_held = true;
        __atomic_store_n(&usual, find_usual(&held), __ATOMIC_RELEASE);
        namespaces_init(&copy);
    }
    lock_drop(&lock);
    namespaces_deinit(&copy);
}

int ns_catalog_get(struct namespaces *ns)
{
    bool found;
    LONG as_of;
    int err = 0;

    lock_take(&lock);
    found = is_held;
    as_of = changes;
    if (found)
        err = namespaces_copy(ns, &held);
    lock_drop(&lock);
    if (found)
        return err;
    err = read_effective(ns);
    if (!err)
        keep(ns, as_of);
    return err;
}

/* ---- listing ---- */

/* The A structures have the W ones' layout, and the Ex ones are those with a blob behind. */
_Static_assert(sizeof(WSANAMESPACE_INFOA) == sizeof(WSANAMESPACE_INFOW) &&
                   sizeof(WSANAMESPACE_INFOEXA) == sizeof(WSANAMESPACE_INFOEXW) &&
                   offsetof(WSANAMESPACE_INFOEXW, lpszIdentifier) == offsetof(WSANAMESPACE_INFOW, lpszIdentifier),
               "one layout");

struct form {
    BOOL ansi, ex;
};

static size_t record_bytes(struct form f)
{
    return f.ex ? sizeof(WSANAMESPACE_INFOEXW) : sizeof(WSANAMESPACE_INFOW);
}

static size_t text_bytes(struct form f, const WCHAR *text)
{
    if (!f.ansi)
        return (wcslen(text) + 1) * sizeof *text;
    return (size_t)WideCharToMultiByte(CP_ACP, 0, text, -1, NULL, 0, NULL, NULL);
}

static size_t aligned(size_t bytes)
{
    return (bytes + 7) & ~(size_t)7;
}

static size_t blob_bytes(struct form f, const struct namespace_entry *e)
{
    return f.ex ? aligned(e->info_bytes) : 0;
}

/* The records, then their blobs, then the strings, which need no alignment but their own. */
static size_t bytes_needed(struct form f, const struct namespaces *ns)
{
    size_t bytes = aligned(ns->count * record_bytes(f));

    for (uint32_t i = 0; i < ns->count; i++)
        bytes += blob_bytes(f, &ns->entry[i]) + text_bytes(f, ns->entry[i].name);
    return bytes;
}

static void fill(struct form f, const struct namespaces *ns, char *buf)
{
    char *blob = buf + aligned(ns->count * record_bytes(f)), *text = blob;

    for (uint32_t i = 0; i < ns->count; i++)
        text += blob_bytes(f, &ns->entry[i]);
    for (uint32_t i = 0; i < ns->count; i++) {
        const struct namespace_entry *e = &ns->entry[i];
        size_t bytes = text_bytes(f, e->name);
        WSANAMESPACE_INFOEXW info = {0};

        memcpy(&info.NSProviderId, &e->provider, sizeof info.NSProviderId);
        info.dwNameSpace = e->name_space;
        info.fActive = e->enabled;
        info.dwVersion = e->version;
        info.lpszIdentifier = (WCHAR *)(void *)text;
        if (f.ansi)
            WideCharToMultiByte(CP_ACP, 0, e->name, -1, text, (int)bytes, NULL, NULL);
        else
            memcpy(text, e->name, bytes);
        text += bytes;
        if (f.ex && e->info_bytes) {
            info.ProviderSpecific.cbSize = e->info_bytes;
            info.ProviderSpecific.pBlobData = (BYTE *)blob;
            memcpy(blob, e->info, e->info_bytes);
        }
        blob += blob_bytes(f, e);
        memcpy(buf + i * record_bytes(f), &info, record_bytes(f));
    }
}

static int enumerate(int (*read)(struct namespaces *ns), struct form f, DWORD *bytes, void *buf)
{
    struct namespaces ns;
    size_t needed;
    int err, count;

    if (text_is_bad(bytes))
        return api_fail(WSAEFAULT);
    err = read(&ns);
    if (err)
        return api_fail(err == WSA_NOT_ENOUGH_MEMORY ? err : WSANO_RECOVERY);
    needed = bytes_needed(f, &ns);
    count = (int)ns.count;
    if (count && (*bytes < needed || text_is_bad(buf))) {
        *bytes = (DWORD)needed;
        count = api_fail(WSAEFAULT);
    } else if (count) {
        fill(f, &ns, buf);
    }
    namespaces_deinit(&ns);
    return count;
}

static int enumerate_started(struct form f, DWORD *bytes, void *buf)
{
    int err = startup_check();

    return err ? api_fail(err) : enumerate(read_effective, f, bytes, buf);
}

static int read_32(struct namespaces *ns)
{
    return namespace_store_read(STORE_32, ns);
}

INT WSAAPI WSAEnumNameSpaceProvidersA(LPDWORD bytes, LPWSANAMESPACE_INFOA buf)
{
    return enumerate_started((struct form){TRUE, FALSE}, bytes, buf);
}

INT WSAAPI WSAEnumNameSpaceProvidersW(LPDWORD bytes, LPWSANAMESPACE_INFOW buf)
{
    return enumerate_started((struct form){FALSE, FALSE}, bytes, buf);
}

INT WSAAPI WSAEnumNameSpaceProvidersExA(LPDWORD bytes, LPWSANAMESPACE_INFOEXA buf)
{
    return enumerate_started((struct form){TRUE, TRUE}, bytes, buf);
}

INT WSAAPI WSAEnumNameSpaceProvidersExW(LPDWORD bytes, LPWSANAMESPACE_INFOEXW buf)
{
    return enumerate_started((struct form){FALSE, TRUE}, bytes, buf);
}

INT WSAAPI WSCEnumNameSpaceProviders32(LPDWORD bytes, LPWSANAMESPACE_INFOW buf)
{
    return enumerate(read_32, (struct form){FALSE, FALSE}, bytes, buf);
}

INT WSPAPI WSCEnumNameSpaceProvidersEx32(LPDWORD bytes, LPWSANAMESPACE_INFOEXW buf)
{
    return enumerate(read_32, (struct form){FALSE, TRUE}, bytes, buf);
}

/* ---- changing ---- */

static int edit(enum store_width width, const char *why, int (*change)(struct namespaces *, void *), void *arg)
{
    int err = namespace_store_edit(width, why, change, arg);

    ns_catalog_forget();
    ns_provider_retry();
    return err;
}

static int result(int err)
{
    return err ? api_fail(err) : 0;
}

static int install(struct namespaces *ns, void *arg)
{
    return namespaces_install(ns, arg);
}

static BOOL copy_text(WCHAR *to, size_t room, const WCHAR *from)
{
    size_t chars = wcsnlen(from, room);

    memcpy(to, from, chars * sizeof *to);
    return chars < room;
}

static int install_name_space(enum store_width width, const WCHAR *name, const WCHAR *path, DWORD name_space,
                              DWORD version, const GUID *id, const BLOB *info)
{
    struct namespace_entry *e;
    int err;

    if (text_is_bad(name) || text_is_bad(path) || text_is_bad(id) ||
        (info && (text_is_bad(info) || (info->cbSize && text_is_bad(info->pBlobData)))))
        return api_fail(WSAEFAULT);
    e = calloc(1, sizeof *e);
    if (!e)
        return api_fail(WSA_NOT_ENOUGH_MEMORY);
    memcpy(&e->provider, id, sizeof e->provider);
    e->name_space = name_space;
    e->version = version;
    e->enabled = true;
    if (info) {
        e->info = info->pBlobData; /* the catalog copies it */
        e->info_bytes = info->cbSize;
    }
    err = copy_text(e->name, NAMESPACE_NAME_CHARS, name) && copy_text(e->path, NAMESPACE_PATH_CHARS, path)
              ? edit(width, "WSCInstallNameSpace", install, e)
              : WSAEINVAL;
    free(e);
    return result(err == WSATRY_AGAIN ? WSANO_RECOVERY : err);
}

INT WSPAPI WSCInstallNameSpace(LPWSTR name, LPWSTR path, DWORD name_space, DWORD version, LPGUID id)
{
    return install_name_space(STORE_NATIVE, name, path, name_space, version, id, NULL);
}

INT WSPAPI WSCInstallNameSpace32(LPWSTR name, LPWSTR path, DWORD name_space, DWORD version, LPGUID id)
{
    return install_name_space(STORE_32, name, path, name_space, version, id, NULL);
}

int WSAAPI WSCInstallNameSpaceEx(LPWSTR name, LPWSTR path, DWORD name_space, DWORD version, LPGUID id, LPBLOB info)
{
    return install_name_space(STORE_NATIVE, name, path, name_space, version, id, info);
}

int WSAAPI WSCInstallNameSpaceEx32(LPWSTR name, LPWSTR path, DWORD name_space, DWORD version, LPGUID id, LPBLOB info)
{
    return install_name_space(STORE_32, name, path, name_space, version, id, info);
}

static int uninstall(struct namespaces *ns, void *arg)
{
    return namespaces_uninstall(ns, arg);
}

static int uninstall_name_space(enum store_width width, GUID *id)
{
    int err = text_is_bad(id) ? WSAEFAULT : edit(width, "WSCUnInstallNameSpace", uninstall, id);

    return result(err == WSATRY_AGAIN ? WSANO_RECOVERY : err);
}

INT WSPAPI WSCUnInstallNameSpace(LPGUID id)
{
    return uninstall_name_space(STORE_NATIVE, id);
}

INT WSPAPI WSCUnInstallNameSpace32(LPGUID id)
{
    return uninstall_name_space(STORE_32, id);
}

struct enabling {
    const struct catalog_guid *id;
    bool enable;
};

static int set_enabled(struct namespaces *ns, void *arg)
{
    const struct enabling *e = arg;

    return namespaces_enable(ns, e->id, e->enable);
}

static int enable_provider(enum store_width width, const GUID *id, BOOL enable)
{
    struct enabling e = {(const struct catalog_guid *)id, enable};

    return result(text_is_bad(id) ? WSAEFAULT : edit(width, "WSCEnableNSProvider", set_enabled, &e));
}

INT WSPAPI WSCEnableNSProvider(LPGUID id, WINBOOL enable)
{
    return enable_provider(STORE_NATIVE, id, enable);
}

INT WSPAPI WSCEnableNSProvider32(LPGUID id, WINBOOL enable)
{
    return enable_provider(STORE_32, id, enable);
}

struct order {
    const struct catalog_guid *ids;
    DWORD count;
    struct namespaces seen; /* what the caller has listed */
};

/* The providers of this run, which the caller has seen as well, have no place in what is stored. */
static int reorder(struct namespaces *ns, void *arg)
{
    const struct order *o = arg;
    struct catalog_guid *stored = malloc((o->count + 1) * sizeof *stored);
    uint32_t count = 0;
    int err;

    if (!stored)
        return WSA_NOT_ENOUGH_MEMORY;
    for (DWORD i = 0; i < o->count; i++)
        if (namespaces_find(ns, &o->ids[i]) || !namespaces_find(&o->seen, &o->ids[i]))
            stored[count++] = o->ids[i];
    err = namespaces_reorder(ns, stored, count);
    free(stored);
    return err;
}

/* The error is the value. */
static int write_order(enum store_width width, const GUID *ids, DWORD count)
{
    struct order o = {.ids = (const struct catalog_guid *)ids, .count = count};
    int err = text_is_bad(ids) ? WSAEFAULT : count > NAMESPACE_ENTRIES_MAX ? WSAEINVAL : 0;

    if (!err && width == STORE_NATIVE)
        err = read_effective(&o.seen);
    if (!err)
        err = edit(width, "WSCWriteNameSpaceOrder", reorder, &o);
    namespaces_deinit(&o.seen);
    if (err == WSAEACCES)
        err = WSANO_RECOVERY; /* what it documents (spi.md 10.13); the others say WSAEACCES */
    if (err)
        api_fail(err);
    return err;
}

int WSPAPI WSCWriteNameSpaceOrder(LPGUID ids, DWORD count)
{
    return write_order(STORE_NATIVE, ids, count);
}

int WSPAPI WSCWriteNameSpaceOrder32(LPGUID ids, DWORD count)
{
    return write_order(STORE_32, ids, count);
}
