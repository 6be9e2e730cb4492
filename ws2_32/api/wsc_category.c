/* SPDX-License-Identifier: MIT */
/* LSP categories of layers and of programs (spi.md 2.7, 10.9, 10.10); catalog/category.h. */
#include <winsock2.h>
#include <ws2spi.h>

#include <string.h>

#include "catalog/category.h"
#include "ws2_32/core/thread.h"

#ifndef _WIN64
int WSPAPI WSCGetProviderInfo32(LPGUID provider, WSC_PROVIDER_INFO_TYPE type, PBYTE info,
                                size_t *info_bytes, DWORD flags, LPINT lp_errno);
int WSPAPI WSCSetProviderInfo32(LPGUID provider, WSC_PROVIDER_INFO_TYPE type, PBYTE info,
                                size_t info_bytes, DWORD flags, LPINT lp_errno);
#endif

static int wsc_result(LPINT lp_errno, int err)
{
    if (!err)
        return 0;
    if ((uintptr_t)lp_errno >= 0x10000)
        *lp_errno = err;
    return api_fail(err);
}

/* The registry's verdicts, as these functions document them. */
static int documented(int err)
{
    return err == WSAEACCES || err == WSATRY_AGAIN || err == WSAEMSGSIZE ? WSANO_RECOVERY : err;
}

static int check_provider(enum store_width width, const GUID *provider, WSC_PROVIDER_INFO_TYPE type,
                          DWORD flags)
{
    const struct catalog_entry *e;
    struct catalog cat;
    int err;

    if ((ULONG_PTR)provider < 0x10000)
        return WSAEFAULT;
    if (type == ProviderInfoAudit)
        return ERROR_CALL_NOT_IMPLEMENTED;
    if (type != ProviderInfoLspCategories || flags)
        return WSAEINVAL;
    err = width == STORE_NATIVE ? store_read_effective(&cat) : store_read(width, &cat);
    if (err)
        return err;
    e = catalog_find_provider(&cat, (const struct catalog_guid *)provider);
    catalog_deinit(&cat);
    return e ? 0 : WSAEINVALIDPROVIDER;
}

static int get_provider_info(enum store_width width, LPGUID provider, WSC_PROVIDER_INFO_TYPE type,
                             PBYTE info, size_t *info_bytes, DWORD flags, LPINT lp_errno)
{
    int err = info_bytes ? check_provider(width, provider, type, flags) : WSAEFAULT;

    if (!err && (!info || *info_bytes < sizeof(DWORD)))
        err = WSAEFAULT;
    if (!err) {
        uint32_t word = 0; /* also of a layer that never got one */

        err = documented(category_get(width, (const struct catalog_guid *)provider, &word));
        if (err == WSANO_DATA)
            err = 0;
        if (!err)
            memcpy(info, &word, sizeof word);
    }
    if (info_bytes && (!err || err == WSAEFAULT))
        *info_bytes = sizeof(DWORD);
    return wsc_result(lp_errno, err);
}

static int set_provider_info(enum store_width width, LPGUID provider, WSC_PROVIDER_INFO_TYPE type,
                             PBYTE info, size_t info_bytes, DWORD flags, LPINT lp_errno)
{
    int err = info && info_bytes >= sizeof(DWORD) ? check_provider(width, provider, type, flags)
                                                  : WSAEFAULT;

    if (!err) {
        uint32_t word;

        memcpy(&word, info, sizeof word);
        err = documented(category_set(width, (const struct catalog_guid *)provider, word));
    }
    return wsc_result(lp_errno, err);
}

int WSPAPI WSCGetProviderInfo(LPGUID provider, WSC_PROVIDER_INFO_TYPE type, PBYTE info,
                              size_t *info_bytes, DWORD flags, LPINT lp_errno)
{
    return get_provider_info(STORE_NATIVE, provider, type, info, info_bytes, flags, lp_errno);
}

int WSPAPI WSCGetProviderInfo32(LPGUID provider, WSC_PROVIDER_INFO_TYPE type, PBYTE info,
                                size_t *info_bytes, DWORD flags, LPINT lp_errno)
{
    return get_provider_info(STORE_32, provider, type, info, info_bytes, flags, lp_errno);
}

int WSPAPI WSCSetProviderInfo(LPGUID provider, WSC_PROVIDER_INFO_TYPE type, PBYTE info,
                              size_t info_bytes, DWORD flags, LPINT lp_errno)
{
    return set_provider_info(STORE_NATIVE, provider, type, info, info_bytes, flags, lp_errno);
}

int WSPAPI WSCSetProviderInfo32(LPGUID provider, WSC_PROVIDER_INFO_TYPE type, PBYTE info,
                                size_t info_bytes, DWORD flags, LPINT lp_errno)
{
    return set_provider_info(STORE_32, provider, type, info, info_bytes, flags, lp_errno);
}

/*
 * The path may hold environment strings; what is stored and compared is the path that programs are started by. The texts are
 * counted, not terminated.
 */
struct app {
    WCHAR path[MAX_PATH], args[MAX_PATH];
    struct app_id id;
};

static int take_app(struct app *a, LPCWSTR path, DWORD path_chars, LPCWSTR extra, DWORD extra_chars)
{
    WCHAR raw[MAX_PATH];
    DWORD chars;

    if ((ULONG_PTR)path < 0x10000 || !path_chars || path_chars >= MAX_PATH || extra_chars >= MAX_PATH)
        return WSAEINVAL;
    memcpy(raw, path, path_chars * sizeof *raw);
    raw[path_chars] = 0;
    chars = ExpandEnvironmentStringsW(raw, a->path, MAX_PATH);
    if (chars < 2 || chars > MAX_PATH)
        return WSAEINVAL;
    if ((ULONG_PTR)extra < 0x10000)
        extra_chars = 0;
    memcpy(a->args, extra_chars ? extra : L"", extra_chars * sizeof *extra);
    a->args[extra_chars] = 0;
    a->id = (struct app_id){a->path, a->args, chars - 1, wcslen(a->args)};
    return 0;
}

int WSPAPI WSCGetApplicationCategory(LPCWSTR path, DWORD path_chars, LPCWSTR extra,
                                     DWORD extra_chars, DWORD *categories, LPINT lp_errno)
{
    struct app a;
    uint32_t word;
    int err = take_app(&a, path, path_chars, extra, extra_chars);

    if (!err && (ULONG_PTR)categories < 0x10000)
        err = WSAEINVAL;
    if (!err)
        err = documented(app_category_get(&a.id, &word));
    if (!err)
        *categories = word;
    return wsc_result(lp_errno, err == WSANO_DATA ? WSASERVICE_NOT_FOUND : err);
}

int WSPAPI WSCSetApplicationCategory(LPCWSTR path, DWORD path_chars, LPCWSTR extra,
                                     DWORD extra_chars, DWORD categories, DWORD *previous,
                                     LPINT lp_errno)
{
    struct app a;
    uint32_t word = 0;
    int err = take_app(&a, path, path_chars, extra, extra_chars);

    if (!err)
        err = documented(app_category_add(&a.id, categories, &word));
    if (!err && (ULONG_PTR)previous >= 0x10000)
        *previous = word;
    return wsc_result(lp_errno, err);
}
