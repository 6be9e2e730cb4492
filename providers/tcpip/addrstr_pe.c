/* SPDX-License-Identifier: MIT */
/*
 * WSPAddressToString and WSPStringToAddress: base/addr.h between UTF-16 and the SPI's length rules (spi.md 3.9).
 * Lengths are in characters and count the NUL.
 */
#include "providers/tcpip/entry.h"
#include "providers/tcpip/spi.h"
#include "base/addr.h"

#include <string.h>

static int to_text(const struct sockaddr *addr, DWORD addr_size, const WSAPROTOCOL_INFOW *info,
                   LPWSTR text, LPDWORD text_chars)
{
    char narrow[ADDR_TEXT_CHARS];
    DWORD needed;

    if (!addr || !addr_size || !text_chars)
        return WSAEINVAL;
    if (check_write(text_chars, sizeof *text_chars) || check_read(addr, sizeof addr->sa_family))
        return WSAEFAULT;
    if (addr_size < addr_bytes(addr->sa_family))
        return WSAEINVAL;
    if (info && (check_read(info, sizeof *info) || info->iAddressFamily != addr->sa_family))
        return WSAEINVAL;
    if (check_read(addr, addr_bytes(addr->sa_family)))
        return WSAEFAULT;
    needed = (DWORD)addr_format(addr, addr_size, narrow) + 1;
    if (needed == 1)
        return WSAEINVAL;

    if (*text_chars < needed || check_write(text, needed * sizeof *text)) {
        *text_chars = needed;
        return WSAEFAULT;
    }
    for (DWORD i = 0; i < needed; i++)
        text[i] = (WCHAR)narrow[i];
    *text_chars = needed;
    return 0;
}

INT WSPAPI WSPAddressToString(LPSOCKADDR addr, DWORD addr_size, LPWSAPROTOCOL_INFOW info,
                              LPWSTR text, LPDWORD text_chars, LPINT lp_errno)
{
    return spi_end(lp_errno, to_text(addr, addr_size, info, text, text_chars));
}

/* The text as ASCII; FALSE for one that is too long for an address or has other characters. */
static BOOL narrow_text(const WCHAR *text, char to[ADDR_TEXT_CHARS])
{
    for (int i = 0; i < ADDR_TEXT_CHARS; i++) {
        if (text[i] > 0x7F)
            return FALSE;
        to[i] = (char)text[i];
        if (!text[i])
            return TRUE;
    }
    return FALSE;
}

static int to_address(LPCWSTR text, INT family, LPSOCKADDR addr, LPINT addr_size)
{
    union sock_addr parsed;
    char narrow[ADDR_TEXT_CHARS];
    INT needed = (INT)addr_bytes(family);

    if (check_pointer(addr_size) || check_write(addr_size, sizeof *addr_size))
        return WSAEFAULT;
    if (!text || !needed)
        return WSAEINVAL;
    if (*addr_size < needed || check_write(addr, needed)) {
        *addr_size = needed;
        return WSAEFAULT;
    }
    if (!narrow_text(text, narrow) || !addr_parse(narrow, strlen(narrow), family, &parsed))
        return WSAEINVAL;
    memcpy(addr, &parsed, needed);
    *addr_size = needed;
    return 0;
}

INT WSPAPI WSPStringToAddress(LPWSTR text, INT family, LPWSAPROTOCOL_INFOW info, LPSOCKADDR addr,
                              LPINT addr_size, LPINT lp_errno)
{
    (void)info;
    return spi_end(lp_errno, to_address(text, family, addr, addr_size));
}

/* No templates, so no name is known (spi.md 5.2). */
BOOL WSPAPI WSPGetQOSByName(SOCKET s, LPWSABUF name, LPQOS qos, LPINT lp_errno)
{
    struct sock *k = sock_get(s);

    (void)name;
    (void)qos;
    if (k)
        sock_put(k);
    spi_fail(lp_errno, k ? WSAEOPNOTSUPP : WSAENOTSOCK);
    return FALSE;
}
