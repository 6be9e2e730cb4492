/* SPDX-License-Identifier: MIT */
/*
 * Addresses as text, by the provider of an address family: the one the caller names, else the first of the
 * family in the catalog (spi.md 3.9). Lengths are in characters, NUL included.
 */
#include <stdlib.h>
#include <string.h>

#include "ws2_32/api/info.h"
#include "ws2_32/core/call.h"
#include "ws2_32/core/snapshot.h"
#include "ws2_32/core/startup.h"

/* Begins the call, with the info the provider gets in *info: the SPI always takes one. */
static int begin(struct call *c, int family, const WSAPROTOCOL_INFOW *asked,
                 WSAPROTOCOL_INFOW *info)
{
    const struct catalog_entry *entry;
    struct catalog_info key;
    struct snapshot *snap;
    int err = snapshot_get(&snap);

    if (err)
        return api_fail(err);
    if (asked) {
        memcpy(&key, asked, sizeof key);
        err = catalog_select_info(&snap->cat, &key, &entry);
    } else {
        err = catalog_select_family(&snap->cat, family, &entry);
    }
    if (err) {
        api_fail(err);
    } else {
        err = call_begin_entry(c, &snap->cat, &entry);
        memcpy(info, asked ? (const void *)asked : &entry->info, sizeof *info);
    }
    snapshot_put(snap);
    return err ? SOCKET_ERROR : 0;
}

static int to_string(LPSOCKADDR address, DWORD address_bytes, LPWSAPROTOCOL_INFOW asked, LPWSTR text, LPDWORD text_chars)
{
    WSAPROTOCOL_INFOW info;
    struct call c;

    if (!address || address_bytes < sizeof address->sa_family || !text_chars)
        return api_fail(WSAEINVAL);
    if (begin(&c, address->sa_family, asked, &info))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPAddressToString(address, address_bytes, &info, text,
                                                     text_chars, &c.err));
}

INT WSAAPI WSAAddressToStringW(LPSOCKADDR address, DWORD address_bytes, LPWSAPROTOCOL_INFOW asked,
                               LPWSTR text, LPDWORD text_chars)
{
    BOOL lent;
    int err = startup_lend(&lent);

    err = err ? api_fail(err) : to_string(address, address_bytes, asked, text, text_chars);
    startup_take_back(lent);
    return err;
}

/* Address text is short: only a name that does not fit here, which no family of ours has, goes without. */
enum { TEXT_CHARS = 512 };

INT WSAAPI WSAAddressToStringA(LPSOCKADDR address, DWORD address_bytes, LPWSAPROTOCOL_INFOA asked,
                               LPSTR text, LPDWORD text_chars)
{
    WSAPROTOCOL_INFOW info;
    WCHAR wide[TEXT_CHARS];
    DWORD wide_chars = TEXT_CHARS;
    int needed;

    if (asked)
        info_to_w(asked, &info);
    if (WSAAddressToStringW(address, address_bytes, asked ? &info : NULL, wide,
                            text_chars ? &wide_chars : NULL))
        return SOCKET_ERROR;

    needed = WideCharToMultiByte(CP_ACP, 0, wide, -1, NULL, 0, NULL, NULL);
    if (!text || *text_chars < needed) {
        *text_chars = needed;
        return api_fail(WSAEFAULT);
    }
    *text_chars = WideCharToMultiByte(CP_ACP, 0, wide, -1, text, *text_chars, NULL, NULL);
    SetLastError(0);
    return 0;
}

static int from_string(LPWSTR text, INT family, LPWSAPROTOCOL_INFOW asked, LPSOCKADDR address, LPINT address_bytes)
{
    WSAPROTOCOL_INFOW info;
    struct call c;

    if (!address || !address_bytes)
        return api_fail(WSAEFAULT);
    if (!text)
        return api_fail(WSAEINVAL);
    if (begin(&c, family, asked, &info))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPStringToAddress(text, family, &info, address, address_bytes,
                                                     &c.err));
}

INT WSAAPI WSAStringToAddressW(LPWSTR text, INT family, LPWSAPROTOCOL_INFOW asked,
                               LPSOCKADDR address, LPINT address_bytes)
{
    BOOL lent;
    int err = startup_lend(&lent);

    err = err ? api_fail(err) : from_string(text, family, asked, address, address_bytes);
    startup_take_back(lent);
    return err;
}

INT WSAAPI WSAStringToAddressA(LPSTR text, INT family, LPWSAPROTOCOL_INFOA asked,
                               LPSOCKADDR address, LPINT address_bytes)
{
    WSAPROTOCOL_INFOW info;
    WCHAR *wide = NULL;
    DWORD code;
    int chars;
    int result;

    if (asked)
        info_to_w(asked, &info);
    if (text) {
        chars = MultiByteToWideChar(CP_ACP, 0, text, -1, NULL, 0);
        wide = malloc(chars * sizeof *wide);
        if (!wide)
            return api_fail(WSA_NOT_ENOUGH_MEMORY);
        MultiByteToWideChar(CP_ACP, 0, text, -1, wide, chars);
    }
    result = WSAStringToAddressW(wide, family, asked ? &info : NULL, address, address_bytes);
    code = GetLastError();
    free(wide);
    SetLastError(code);
    return result;
}
