/* SPDX-License-Identifier: MIT */
#include "nsp.h"

#include <winsock2.h>
#include <ws2tcpip.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "namespace/kit/ws2kit_namespace.h"

struct fake_nsp fake_nsp;

struct lookup {
    GUID id;
    int at, skip_next;
    HANDLE ended; /* an event */
    WSAQUERYSETW *query;
};

static GUID class_known = {0xC1A55, 0, 0, {1}};
static WCHAR class_name[] = L"Fake \x00FC" L"ber class";

static void crash(void)
{
    RaiseException(EXCEPTION_ACCESS_VIOLATION, EXCEPTION_NONCONTINUABLE, 0, NULL);
}

static INT WSAAPI cleanup(LPGUID id)
{
    (void)id;
    fake_nsp.cleanups++;
    return 0;
}

static INT WSAAPI begin(LPGUID id, LPWSAQUERYSETW query, LPWSASERVICECLASSINFOW info, DWORD flags, LPHANDLE handle)
{
    struct lookup *l;

    fake_nsp.begins++;
    fake_nsp.begin_flags = flags;
    fake_nsp.class_data1 = query->lpServiceClassId->Data1;
    fake_nsp.class_data3 = query->lpServiceClassId->Data3;
    fake_nsp.protocols = query->dwNumberOfProtocols;
    lstrcpynW(fake_nsp.name, query->lpszServiceInstanceName ? query->lpszServiceInstanceName : L"", 64);
    fake_nsp.had_class = info != NULL && nsk_same_text(info->lpszServiceClassName, class_name);
    l = calloc(1, sizeof *l);
    l->id = *id;
#ifdef ONE_GOOD_RESULT
    l->id.Data4[5] = 'A';
    l->id.Data4[6] = 1;
    l->id.Data4[7] = 'g';
#endif
    if (l->id.Data4[7] == 'b')
        return nsk_result(WSATYPE_NOT_FOUND);
    if (l->id.Data4[7] == 'B')
        return nsk_result(WSASERVICE_NOT_FOUND);
    l->ended = CreateEventW(NULL, TRUE, FALSE, NULL);
    l->query = nsk_copy(query);
    *handle = l;
    return 0;
}

/* Of somebody who resolves by way of the system what he is asked. */
static void ask_back(const struct lookup *l)
{
    ADDRINFOW *list = NULL;

    fake_nsp.nested_err = GetAddrInfoW(l->query->lpszServiceInstanceName, NULL, NULL, &list);
    if (list)
        FreeAddrInfoW(list);
}

/* One result that is not what it should be, but for l. */
static INT odd_result(struct lookup *l, DWORD *bytes, WSAQUERYSETW *result)
{
    static BYTE addr[16] = {AF_INET, 0, 0, 0, 127, 0, 0, 3};
    static const BYTE ip[2][4] = {{127, 0, 0, 1}, {127, 0, 0, 2}};
    static const void *const ips[] = {ip[0], ip[1], NULL};
    static const char *const aliases[] = {"an.alias", NULL};
    const struct nsk_host host = {"fake.host", aliases, AF_INET, 4, ips};
    CSADDR_INFO csa = {{NULL, 0}, {(SOCKADDR *)addr, sizeof addr}, SOCK_STREAM, IPPROTO_TCP};
    ULONG_PTR data[64];
    BLOB blob = {(DWORD)nsk_host_blob(&host, data, sizeof data), (BYTE *)data};
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpNSProviderId = &l->id, .lpBlob = &blob};
    INT err;

    if (l->at)
        return WSA_E_NO_MORE;
    if (l->id.Data4[7] == 'k')
        data[0] = blob.cbSize;
    if (l->id.Data4[7] == 'p') {
        q.lpBlob = NULL;
        q.dwNumberOfCsAddrs = 1;
        q.lpcsaBuffer = &csa;
    }
    err = nsk_pack(&q, result, bytes);
    if (!err)
        l->at++;
    if (!err && q.lpcsaBuffer)
        result->lpcsaBuffer = (CSADDR_INFO *)(ULONG_PTR)16;
    return err;
}

static INT WSAAPI next(HANDLE handle, DWORD flags, LPDWORD bytes, LPWSAQUERYSETW result)
{
    static BYTE addr[16] = {AF_INET, 0, 0, 80, 127, 0, 0, 1};
    struct lookup *l = handle;
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpNSProviderId = &l->id};
    CSADDR_INFO csa = {{NULL, 0}, {(SOCKADDR *)addr, sizeof addr}, SOCK_STREAM, IPPROTO_TCP};
    WCHAR name[16];
    INT err;

    fake_nsp.next_flags = flags;
    switch (l->id.Data4[7]) {
    case 'f':
        return nsk_result(WSASERVICE_NOT_FOUND);
    case 'e':
        return nsk_result(WSATRY_AGAIN);
    case 'c':
        crash();
        break;
    case 'w':
        WaitForSingleObject(l->ended, 20000);
        return nsk_result(WSA_E_CANCELLED);
    case 't':
        Sleep(700);
        return nsk_result(WSATRY_AGAIN);
    case 'H':
        Sleep(30000);
        return nsk_result(WSA_E_CANCELLED);
    case 'n':
        ask_back(l);
        break;
    case 'o':
        *bytes += 1 << 20;
        return nsk_result(WSAEFAULT);
    }
    if (strchr("klp", l->id.Data4[7]))
        return nsk_result(odd_result(l, bytes, result));
    if (flags & LUP_FLUSHPREVIOUS && l->at < l->id.Data4[6])
        l->at++;
    if (l->at >= l->id.Data4[6])
        return nsk_result(l->id.Data4[7] == 'm' ? WSAENOMORE : WSA_E_NO_MORE);
    swprintf(name, 16, L"%c%d\x00E4", l->id.Data4[5], l->at);
    q.lpszServiceInstanceName = name;
    q.dwNameSpace = l->query->dwNameSpace;
    q.lpszComment = l->query->lpszComment;
    q.lpcsaBuffer = &csa;
    q.dwNumberOfCsAddrs = 1;
    err = nsk_pack(&q, result, bytes);
    if (!err)
        l->at++;
    return nsk_result(err);
}

static INT WSAAPI end(HANDLE handle)
{
    struct lookup *l = handle;

    fake_nsp.ends++;
    SetEvent(l->ended); /* leaks the lookup, which a thread may still be in */
    return 0;
}

static INT WSAAPI set(LPGUID id, LPWSASERVICECLASSINFOW info, LPWSAQUERYSETW query, WSAESETSERVICEOP op, DWORD flags)
{
    (void)info, (void)query, (void)flags;
    fake_nsp.sets++;
    fake_nsp.set_op = op;
    return nsk_result(id->Data4[7] == 'g' ? 0 : WSAEACCES);
}

static INT WSAAPI install_class(LPGUID id, LPWSASERVICECLASSINFOW info)
{
    (void)info;
    return nsk_result(id->Data4[7] == 'g' ? 0 : WSAEOPNOTSUPP);
}

static INT WSAAPI remove_class(LPGUID id, LPGUID class_id)
{
    (void)id;
    return nsk_result(nsk_same_guid(class_id, &class_known) ? 0 : WSATYPE_NOT_FOUND);
}

static INT WSAAPI get_class(LPGUID id, LPDWORD bytes, LPWSASERVICECLASSINFOW info)
{
    WSASERVICECLASSINFOW known = {&class_known, class_name, 0, NULL};

    if (id->Data4[7] != 'g' || !nsk_same_guid(info->lpServiceClassId, &class_known))
        return nsk_result(WSATYPE_NOT_FOUND);
    return nsk_result(nsk_pack_class(&known, info, bytes));
}

static INT WSAAPI control(HANDLE handle, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                          LPDWORD returned, LPWSACOMPLETION completion, LPWSATHREADID thread)
{
    (void)handle, (void)in, (void)in_bytes, (void)out, (void)out_bytes;
    *returned = 0;
    if (code != SIO_NSP_NOTIFY_CHANGE)
        return nsk_result(WSAEOPNOTSUPP);
    return nsk_result(!completion ? WSAEWOULDBLOCK : thread ? WSA_IO_PENDING : WSAEINVAL);
}

INT WSAAPI NSPStartup(LPGUID id, LPNSP_ROUTINE routine)
{
    const NSP_ROUTINE whole = {sizeof whole, 1, 0, cleanup, begin, next, end, set, install_class, remove_class, get_class,
                               control};

    fake_nsp.startups++;
    if (routine->cbSize != sizeof *routine || routine->NSPCleanup)
        return nsk_result(WSAEINVAL);
    *routine = whole;
    switch (id->Data4[7]) {
    case '8':
        routine->cbSize = offsetof(NSP_ROUTINE, NSPIoctl);
        routine->NSPIoctl = (LPNSPIOCTL)(ULONG_PTR)1; /* never looked at */
        break;
    case '0':
        routine->cbSize = 0;
        routine->NSPIoctl = NULL;
        break;
    case '4':
        routine->cbSize = offsetof(NSP_ROUTINE, NSPSetService);
        break;
    case 'h':
        routine->NSPSetService = NULL;
        break;
    case 's':
        return nsk_result(WSASYSNOTREADY);
    case 'C':
        crash();
    }
    return 0;
}
