/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "ws2kit_namespace.h"

#ifndef _WIN32
enum { WSAEINVAL = 10022 };
#endif

int nsk_same_guid(const GUID *a, const GUID *b)
{
    return !memcmp(a, b, sizeof *a);
}

static WCHAR lower(WCHAR c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

int nsk_same_text(const WCHAR *a, const WCHAR *b)
{
    if (!a || !b)
        return a == b;
    while (*a && lower(*a) == lower(*b))
        a++, b++;
    return lower(*a) == lower(*b);
}

/* The well-known classes all end in -0000-C000-000000000046 (svcguid.h). */
enum nsk_class nsk_class_of(const GUID *class_id, WORD *port, WORD *rr)
{
    static const BYTE tail[8] = {0xC0, 0, 0, 0, 0, 0, 0, 0x46};

    *port = *rr = 0;
    if (memcmp(class_id->Data4, tail, sizeof tail) != 0 || class_id->Data2)
        return NSK_CLASS_OTHER;
    if (!class_id->Data3) {
        switch (class_id->Data1) {
        case 0x0002A800:
            return NSK_CLASS_HOSTNAME;
        case 0x0002A801:
            return NSK_CLASS_HOST_BY_ADDR;
        case 0x0002A802:
            return NSK_CLASS_SERVICE;
        case 0x0002A803:
            return NSK_CLASS_HOST_BY_NAME;
        }
    }
    *port = (WORD)class_id->Data1;
    *rr = class_id->Data3;
    switch (class_id->Data1 >> 16) {
    case 0x0009:
        return NSK_CLASS_TCP;
    case 0x000A:
        return NSK_CLASS_UDP;
    case 0x000B:
        return NSK_CLASS_NETWARE;
    }
    *port = *rr = 0;
    return NSK_CLASS_OTHER;
}

INT nsk_parse(const WSAQUERYSETW *restrictions, DWORD flags, struct nsk_query *out)
{
    if (!restrictions || restrictions->dwSize < sizeof *restrictions || !restrictions->lpServiceClassId)
        return WSAEINVAL;
    out->class = nsk_class_of(restrictions->lpServiceClassId, &out->port, &out->rr);
    out->name = restrictions->lpszServiceInstanceName;
    if (out->name && !out->name[0])
        out->name = NULL;
    out->flags = flags;
    return 0;
}

int nsk_protocol_wanted(const WSAQUERYSETW *restrictions, INT family, INT protocol)
{
    const AFPROTOCOLS *p = restrictions->lpafpProtocols;

    if (!p || !restrictions->dwNumberOfProtocols)
        return true;
    for (DWORD i = 0; i < restrictions->dwNumberOfProtocols; i++)
        if ((!p[i].iAddressFamily || p[i].iAddressFamily == family) &&
            (!p[i].iProtocol || p[i].iProtocol == protocol))
            return true;
    return false;
}

int nsk_version_wanted(const WSAQUERYSETW *restrictions, const WSAVERSION *version)
{
    const WSAVERSION *wanted = restrictions->lpVersion;

    if (!wanted)
        return true;
    if (!version)
        return false;
    return wanted->ecHow == COMP_NOTLESS ? version->dwVersion >= wanted->dwVersion
                                         : version->dwVersion == wanted->dwVersion;
}

void nsk_keep_wanted(WSAQUERYSETW *result, DWORD flags)
{
    if (!(flags & LUP_RETURN_NAME))
        result->lpszServiceInstanceName = NULL;
    if (!(flags & LUP_RETURN_TYPE))
        result->lpServiceClassId = NULL;
    if (!(flags & LUP_RETURN_VERSION))
        result->lpVersion = NULL;
    if (!(flags & LUP_RETURN_COMMENT))
        result->lpszComment = NULL;
    if (!(flags & LUP_RETURN_QUERY_STRING))
        result->lpszQueryString = NULL;
    if (!(flags & LUP_RETURN_BLOB))
        result->lpBlob = NULL;
    if (!(flags & LUP_RETURN_ADDR)) {
        result->lpcsaBuffer = NULL;
        result->dwNumberOfCsAddrs = 0;
    }
}
