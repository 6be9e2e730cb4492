/* SPDX-License-Identifier: MIT */
/*
 * The name-space API while there is no name-space catalog: arguments are judged as documented, and then nobody
 * serves the request. The catalog of issue 5 replaces this file.
 */
#include <winsock2.h>
#include <ws2spi.h>
#include <ws2tcpip.h>

#include "ws2_32/core/thread.h"
#include "ws2_32/names/text_pe.h"

/* What startup_check() says goes before all else; then what the arguments say; then the answer of an empty catalog. */
static int fail(int argument_err, int empty_err)
{
    int err = startup_check();

    return api_fail(err ? err : argument_err ? argument_err : empty_err);
}

/* ---- lookups: without providers none can begin, so no handle is a lookup's ---- */

static int begin(const void *query, DWORD query_size, const GUID *const *class_id, DWORD size, const HANDLE *lookup)
{
    int err = 0;

    if (text_is_bad(query) || text_is_bad(lookup))
        err = WSAEFAULT;
    else if (query_size < size || !*class_id)
        err = WSAEINVAL;
    return fail(err, WSASERVICE_NOT_FOUND);
}

INT WSAAPI WSALookupServiceBeginA(LPWSAQUERYSETA query, DWORD flags, LPHANDLE lookup)
{
    bool bad = text_is_bad(query);

    (void)flags;
    return begin(query, bad ? 0 : query->dwSize, bad ? NULL : (const GUID *const *)&query->lpServiceClassId,
                 sizeof *query, lookup);
}

INT WSAAPI WSALookupServiceBeginW(LPWSAQUERYSETW query, DWORD flags, LPHANDLE lookup)
{
    bool bad = text_is_bad(query);

    (void)flags;
    return begin(query, bad ? 0 : query->dwSize, bad ? NULL : (const GUID *const *)&query->lpServiceClassId,
                 sizeof *query, lookup);
}

INT WSAAPI WSALookupServiceNextA(HANDLE lookup, DWORD flags, LPDWORD bytes, LPWSAQUERYSETA results)
{
    (void)lookup, (void)flags, (void)results;
    return fail(text_is_bad(bytes) ? WSAEFAULT : 0, WSA_INVALID_HANDLE);
}

INT WSAAPI WSALookupServiceNextW(HANDLE lookup, DWORD flags, LPDWORD bytes, LPWSAQUERYSETW results)
{
    (void)lookup, (void)flags, (void)results;
    return fail(text_is_bad(bytes) ? WSAEFAULT : 0, WSA_INVALID_HANDLE);
}

INT WSAAPI WSALookupServiceEnd(HANDLE lookup)
{
    (void)lookup;
    return fail(0, WSA_INVALID_HANDLE);
}

INT WSAAPI WSANSPIoctl(HANDLE lookup, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                       LPDWORD returned, LPWSACOMPLETION completion)
{
    (void)lookup, (void)code, (void)in, (void)in_bytes, (void)out, (void)out_bytes, (void)completion;
    return fail(text_is_bad(returned) ? WSAEFAULT : 0, WSA_INVALID_HANDLE);
}

/* ---- registration and service classes ---- */

static int set_service(const void *query, WSAESETSERVICEOP op)
{
    return fail(text_is_bad(query) || (unsigned)op > RNRSERVICE_DELETE ? WSAEINVAL : 0, WSASERVICE_NOT_FOUND);
}

INT WSAAPI WSASetServiceA(LPWSAQUERYSETA query, WSAESETSERVICEOP op, DWORD flags)
{
    (void)flags;
    return set_service(query, op);
}

INT WSAAPI WSASetServiceW(LPWSAQUERYSETW query, WSAESETSERVICEOP op, DWORD flags)
{
    (void)flags;
    return set_service(query, op);
}

static int install_class(bool bad, const void *id, const void *name, DWORD count, const void *infos)
{
    int err = bad ? WSAEFAULT : !id || !name || (count && !infos) ? WSAEINVAL : 0;

    return fail(err, WSASERVICE_NOT_FOUND);
}

INT WSAAPI WSAInstallServiceClassA(LPWSASERVICECLASSINFOA info)
{
    if (text_is_bad(info))
        return install_class(true, NULL, NULL, 0, NULL);
    return install_class(false, info->lpServiceClassId, info->lpszServiceClassName, info->dwCount, info->lpClassInfos);
}

INT WSAAPI WSAInstallServiceClassW(LPWSASERVICECLASSINFOW info)
{
    if (text_is_bad(info))
        return install_class(true, NULL, NULL, 0, NULL);
    return install_class(false, info->lpServiceClassId, info->lpszServiceClassName, info->dwCount, info->lpClassInfos);
}

INT WSAAPI WSARemoveServiceClass(LPGUID class_id)
{
    return fail(text_is_bad(class_id) ? WSAEINVAL : 0, WSATYPE_NOT_FOUND);
}

static int class_info(const GUID *provider, const GUID *class_id, const DWORD *bytes)
{
    int err = 0;

    if (text_is_bad(provider) || text_is_bad(class_id))
        err = WSAEINVAL;
    else if (text_is_bad(bytes))
        err = WSAEFAULT;
    return fail(err, WSATYPE_NOT_FOUND);
}

INT WSAAPI WSAGetServiceClassInfoA(LPGUID provider, LPGUID class_id, LPDWORD bytes, LPWSASERVICECLASSINFOA info)
{
    (void)info;
    return class_info(provider, class_id, bytes);
}

INT WSAAPI WSAGetServiceClassInfoW(LPGUID provider, LPGUID class_id, LPDWORD bytes, LPWSASERVICECLASSINFOW info)
{
    (void)info;
    return class_info(provider, class_id, bytes);
}

static int class_name(const GUID *class_id, const DWORD *chars)
{
    return fail(text_is_bad(class_id) ? WSAEINVAL : text_is_bad(chars) ? WSAEFAULT : 0, WSATYPE_NOT_FOUND);
}

INT WSAAPI WSAGetServiceClassNameByClassIdA(LPGUID class_id, LPSTR name, LPDWORD chars)
{
    (void)name;
    return class_name(class_id, chars);
}

INT WSAAPI WSAGetServiceClassNameByClassIdW(LPGUID class_id, LPWSTR name, LPDWORD chars)
{
    (void)name;
    return class_name(class_id, chars);
}

/* ---- providers that are processes (NSPv2): only installed ones may advertise themselves ---- */

INT WSAAPI WSAAdvertiseProvider(const GUID *provider, const LPCNSPV2_ROUTINE *routine)
{
    /* The SDK's second type is a pointer to a pointer; what callers pass, and the reference says, is the table. */
    const NSPV2_ROUTINE *r = (const NSPV2_ROUTINE *)(const void *)routine;
    bool bad = text_is_bad(provider) || text_is_bad(r) || !r->NSPv2LookupServiceBegin || !r->NSPv2LookupServiceNextEx ||
               !r->NSPv2LookupServiceEnd;

    return fail(bad ? WSAEINVAL : 0, WSAEINVALIDPROVIDER);
}

INT WSPAPI WSAUnadvertiseProvider(const GUID *provider)
{
    return fail(text_is_bad(provider) ? WSAEINVAL : 0, WSAEINVALIDPROVIDER);
}

INT WSPAPI WSAProviderCompleteAsyncCall(HANDLE call, INT code)
{
    (void)call, (void)code;
    return fail(0, WSA_INVALID_HANDLE);
}

/* ---- the Ex family's rest ---- */

static int set_addr_info(const void *name, const void *overlapped)
{
    int err = startup_check();

    if (!err)
        err = overlapped ? WSAEOPNOTSUPP : text_is_bad(name) ? WSAEINVAL : WSASERVICE_NOT_FOUND;
    WSASetLastError(err);
    return err;
}

int WSAAPI SetAddrInfoExA(PCSTR name, PCSTR service, SOCKET_ADDRESS *addresses, DWORD count, LPBLOB blob, DWORD flags,
                          DWORD name_space, LPGUID provider, PTIMEVAL timeout, LPOVERLAPPED overlapped,
                          LPLOOKUPSERVICE_COMPLETION_ROUTINE completion, LPHANDLE handle)
{
    (void)service, (void)addresses, (void)count, (void)blob, (void)flags, (void)name_space, (void)provider;
    (void)timeout, (void)completion, (void)handle;
    return set_addr_info(name, overlapped);
}

int WSAAPI SetAddrInfoExW(PCWSTR name, PCWSTR service, SOCKET_ADDRESS *addresses, DWORD count, LPBLOB blob, DWORD flags,
                          DWORD name_space, LPGUID provider, PTIMEVAL timeout, LPOVERLAPPED overlapped,
                          LPLOOKUPSERVICE_COMPLETION_ROUTINE completion, LPHANDLE handle)
{
    (void)service, (void)addresses, (void)count, (void)blob, (void)flags, (void)name_space, (void)provider;
    (void)timeout, (void)completion, (void)handle;
    return set_addr_info(name, overlapped);
}
