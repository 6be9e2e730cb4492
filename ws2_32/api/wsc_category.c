/* SPDX-License-Identifier: MIT */
/*
 * LSP categories (spi.md 2.7, 10.9, 10.10). Nothing is ever categorised here yet: asking says so,
 * in the documented way, and setting is refused as if the store could not be written. So no
 * program believes in a filter that is not there.
 */
#include <winsock2.h>
#include <ws2spi.h>

#include "catalog/store.h"
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

static int check_provider(enum store_width width, const GUID *provider, WSC_PROVIDER_INFO_TYPE type,
                          DWORD flags)
{
    const struct catalog_entry *e;
    struct catalog cat;
    int err;

    if (!provider)
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
    if (!err)
        memset(info, 0, sizeof(DWORD));
    if (info_bytes && (!err || err == WSAEFAULT))
        *info_bytes = sizeof(DWORD);
    return wsc_result(lp_errno, err);
}

static int set_provider_info(enum store_width width, LPGUID provider, WSC_PROVIDER_INFO_TYPE type,
                             PBYTE info, size_t info_bytes, DWORD flags, LPINT lp_errno)
{
    int err = info && info_bytes >= sizeof(DWORD) ? check_provider(width, provider, type, flags)
                                                  : WSAEFAULT;

    return wsc_result(lp_errno, err ? err : WSANO_RECOVERY);
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

int WSPAPI WSCGetApplicationCategory(LPCWSTR path, DWORD path_chars, LPCWSTR extra,
                                     DWORD extra_chars, DWORD *categories, LPINT lp_errno)
{
    (void)extra;
    (void)extra_chars;
    if (!path || !path_chars || !categories)
        return wsc_result(lp_errno, WSAEINVAL);
    return wsc_result(lp_errno, WSASERVICE_NOT_FOUND);
}

int WSPAPI WSCSetApplicationCategory(LPCWSTR path, DWORD path_chars, LPCWSTR extra,
                                     DWORD extra_chars, DWORD categories, DWORD *previous,
                                     LPINT lp_errno)
{
    (void)extra;
    (void)extra_chars;
    (void)categories;
    (void)previous;
    return wsc_result(lp_errno, path && path_chars ? WSANO_RECOVERY : WSAEINVAL);
}
