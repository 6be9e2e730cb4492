/* SPDX-License-Identifier: MIT */
/*
 * The name and protocol functions of Winsock 1.1 that RnR 2 replaced; their errors are ERROR_* in GetLastError. The
 * protocols are real. Services need name-space providers, of which there are none yet, so none is found.
 */
#include <winsock2.h>
#include <windows.h>
#include <nspapi.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(PROTOCOL_INFOA) == sizeof(PROTOCOL_INFOW), "SDK");

/* Those XP_* bits have the values of their XP1_* successors; what came later has no name here. */
enum { XP_ALL = 0x7ff };

static int fail(DWORD code, int result)
{
    SetLastError(code);
    return result;
}

/* All visible protocols as one block to free(); the count, or SOCKET_ERROR. The caller need not have started Winsock. */
static int protocols(INT *wanted, WSAPROTOCOL_INFOW **out)
{
    WSAPROTOCOL_INFOW *list = NULL, *bigger;
    DWORD bytes = 0;
    WSADATA data;
    int count, err = WSAStartup(MAKEWORD(2, 2), &data);

    if (err)
        return fail(err, SOCKET_ERROR);
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
    err = WSAGetLastError();
    WSACleanup();
    if (count == SOCKET_ERROR) {
        free(list);
        return fail(err, SOCKET_ERROR);
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
    WSAPROTOCOL_INFOW *list;
    PROTOCOL_INFOW *out = buf;
    size_t needed = 0;
    char *names;
    int count;

    if (!buf_bytes)
        return fail(ERROR_INVALID_PARAMETER, SOCKET_ERROR);
    count = protocols(wanted, &list);
    if (count == SOCKET_ERROR)
        return SOCKET_ERROR;
    for (int i = 0; i < count; i++)
        needed += sizeof *out + ((name_bytes(&list[i], wide) + 1) & ~(size_t)1);
    if (!buf || *buf_bytes < needed) {
        free(list);
        *buf_bytes = (DWORD)needed;
        return fail(ERROR_INSUFFICIENT_BUFFER, SOCKET_ERROR);
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

static int no_address(const void *type, const void *async)
{
    return fail(!type || async ? ERROR_INVALID_PARAMETER : ERROR_SERVICE_NOT_FOUND, SOCKET_ERROR);
}

INT WINAPI GetAddressByNameA(DWORD name_space, LPGUID type, LPSTR name, LPINT protocol_list, DWORD resolution,
                             LPSERVICE_ASYNC_INFO async, LPVOID addresses, LPDWORD address_bytes, LPSTR aliases,
                             LPDWORD alias_bytes)
{
    (void)name_space, (void)name, (void)protocol_list, (void)resolution, (void)addresses, (void)address_bytes;
    (void)aliases, (void)alias_bytes;
    return no_address(type, async);
}

INT WINAPI GetAddressByNameW(DWORD name_space, LPGUID type, LPWSTR name, LPINT protocol_list, DWORD resolution,
                             LPSERVICE_ASYNC_INFO async, LPVOID addresses, LPDWORD address_bytes, LPWSTR aliases,
                             LPDWORD alias_bytes)
{
    (void)name_space, (void)name, (void)protocol_list, (void)resolution, (void)addresses, (void)address_bytes;
    (void)aliases, (void)alias_bytes;
    return no_address(type, async);
}

INT WINAPI GetNameByTypeA(LPGUID type, LPSTR name, DWORD name_bytes_max)
{
    return WSAGetServiceClassNameByClassIdA(type, name, &name_bytes_max);
}

INT WINAPI GetNameByTypeW(LPGUID type, LPWSTR name, DWORD name_chars_max)
{
    return WSAGetServiceClassNameByClassIdW(type, name, &name_chars_max);
}

INT WINAPI GetTypeByNameA(LPSTR name, LPGUID type)
{
    return fail(name && type ? ERROR_SERVICE_DOES_NOT_EXIST : ERROR_INVALID_PARAMETER, SOCKET_ERROR);
}

INT WINAPI GetTypeByNameW(LPWSTR name, LPGUID type)
{
    return fail(name && type ? ERROR_SERVICE_DOES_NOT_EXIST : ERROR_INVALID_PARAMETER, SOCKET_ERROR);
}

/* Documented: none found is 0, not SOCKET_ERROR. */
INT WINAPI GetServiceA(DWORD name_space, LPGUID type, LPSTR name, DWORD properties, LPVOID buf, LPDWORD buf_bytes,
                       LPSERVICE_ASYNC_INFO async)
{
    (void)name_space, (void)type, (void)name, (void)properties, (void)buf, (void)buf_bytes, (void)async;
    return fail(ERROR_SERVICE_NOT_FOUND, 0);
}

INT WINAPI GetServiceW(DWORD name_space, LPGUID type, LPWSTR name, DWORD properties, LPVOID buf, LPDWORD buf_bytes,
                       LPSERVICE_ASYNC_INFO async)
{
    (void)name_space, (void)type, (void)name, (void)properties, (void)buf, (void)buf_bytes, (void)async;
    return fail(ERROR_SERVICE_NOT_FOUND, 0);
}

INT WINAPI SetServiceA(DWORD name_space, DWORD operation, DWORD flags, LPSERVICE_INFOA info, LPSERVICE_ASYNC_INFO async,
                       LPDWORD status)
{
    (void)name_space, (void)operation, (void)flags, (void)info, (void)async, (void)status;
    return fail(ERROR_SERVICE_NOT_FOUND, SOCKET_ERROR);
}

INT WINAPI SetServiceW(DWORD name_space, DWORD operation, DWORD flags, LPSERVICE_INFOW info, LPSERVICE_ASYNC_INFO async,
                       LPDWORD status)
{
    (void)name_space, (void)operation, (void)flags, (void)info, (void)async, (void)status;
    return fail(ERROR_SERVICE_NOT_FOUND, SOCKET_ERROR);
}
