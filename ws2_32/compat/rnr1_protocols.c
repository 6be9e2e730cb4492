/* SPDX-License-Identifier: MIT */
/* EnumProtocols: WSAEnumProtocols in the structure of Winsock 1.1. */
#include "ws2_32/compat/rnr1.h"

#include <nspapi.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(PROTOCOL_INFOA) == sizeof(PROTOCOL_INFOW), "SDK");

/* Those XP_* bits have the values of their XP1_* successors; what came later has no name here. */
enum { XP_ALL = 0x7ff };

/* All visible protocols as one block to free(); the count, or SOCKET_ERROR. The caller need not have started Winsock. */
static int protocols(INT *wanted, WSAPROTOCOL_INFOW **out)
{
    WSAPROTOCOL_INFOW *list = NULL, *bigger;
    DWORD bytes = 0;
    DWORD code = rnr1_start();
    int count;

    if (code)
        return rnr1_fail(code, SOCKET_ERROR);
    for (;;) {
        count = WSAEnumProtocolsW(wanted, list, &bytes);
        if (count != SOCKET_ERROR || WSAGetLastError() != WSAENOBUFS)
            break;
        bigger = realloc(list, bytes);
        if (!bigger) {
            WSASetLastError(WSA_NOT_ENOUGH_MEMORY);
            break;
        }
        list = bigger;
    }
    code = (DWORD)WSAGetLastError();
    rnr1_stop();
    if (count == SOCKET_ERROR) {
        free(list);
        return rnr1_fail(code, SOCKET_ERROR);
    }
    *out = list;
    return count;
}

static size_t name_bytes(const WSAPROTOCOL_INFOW *p, bool wide)
{
    if (wide)
        return (wcslen(p->szProtocol) + 1) * sizeof(wchar_t);
    return WideCharToMultiByte(CP_ACP, 0, p->szProtocol, -1, NULL, 0, NULL, NULL);
}

/* Structures at the front of the buffer, names at its end. */
static int enum_protocols(INT *wanted, void *buf, DWORD *buf_bytes, bool wide)
{
    WSAPROTOCOL_INFOW *list = NULL;
    PROTOCOL_INFOW *out = buf;
    size_t needed = 0;
    char *names;
    int count;

    if (!buf_bytes)
        return rnr1_fail(ERROR_INVALID_PARAMETER, SOCKET_ERROR);
    count = protocols(wanted, &list);
    if (count == SOCKET_ERROR)
        return SOCKET_ERROR;
    for (int i = 0; i < count; i++)
        needed += sizeof *out + ((name_bytes(&list[i], wide) + 1) & ~(size_t)1);
    if (!buf || *buf_bytes < needed) {
        free(list);
        *buf_bytes = (DWORD)needed;
        return rnr1_fail(ERROR_INSUFFICIENT_BUFFER, SOCKET_ERROR);
    }
    names = (char *)&out[count];
    for (int i = 0; i < count; i++) {
        const WSAPROTOCOL_INFOW *p = &list[i];
        size_t bytes = name_bytes(p, wide);

        out[i] = (PROTOCOL_INFOW){p->dwServiceFlags1 & XP_ALL, p->iAddressFamily, p->iMaxSockAddr, p->iMinSockAddr,
                                  p->iSocketType, p->iProtocol, p->dwMessageSize, (wchar_t *)(void *)names};
        if (wide)
            memcpy(names, p->szProtocol, bytes);
        else
            WideCharToMultiByte(CP_ACP, 0, p->szProtocol, -1, names, (int)bytes, NULL, NULL);
        names += (bytes + 1) & ~(size_t)1;
    }
    free(list);
    *buf_bytes = (DWORD)needed;
    return count;
}

INT WINAPI EnumProtocolsA(LPINT wanted, LPVOID buf, LPDWORD buf_bytes)
{
    return enum_protocols(wanted, buf, buf_bytes, false);
}

INT WINAPI EnumProtocolsW(LPINT wanted, LPVOID buf, LPDWORD buf_bytes)
{
    return enum_protocols(wanted, buf, buf_bytes, true);
}
