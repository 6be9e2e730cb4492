/* SPDX-License-Identifier: MIT */
/*
 * Registration of services, and service classes (spi.md 11.6, 11.7): each call goes to the providers of its scope, and is
 * good if one of them does it. ws2_32 keeps no classes itself; who wants to publish one needs a provider that does.
 */
#include <winsock2.h>
#include <ws2spi.h>
#include <ws2tcpip.h>

#include <stdlib.h>
#include <string.h>

#include "namespace/kit/pack.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/names/ns_ansi_pe.h"
#include "ws2_32/names/ns_lookup_pe.h"
#include "ws2_32/names/ns_provider_pe.h"
#include "ws2_32/names/text_pe.h"

static int result(int err)
{
    return err ? api_fail(err) : 0;
}

/* Makes the same call to each; 0 if one did it, else the error of the last. */
static int call_each(const struct namespace_scope *scope, struct ns_call *c, const GUID *class_of_service)
{
    struct ns_provider **providers;
    WSASERVICECLASSINFOW *info = NULL;
    size_t count;
    bool done = false;
    int err = ns_scope_providers(scope, &providers, &count), last = 0;

    if (err)
        return err;
    if (class_of_service)
        c->info = info = ns_class_info(providers, count, class_of_service);
    for (size_t i = 0; i < count; i++) {
        c->provider = providers[i];
        err = ns_call(c);
        if (err)
            last = err;
        else
            done = true;
    }
    free(info);
    free(providers);
    return done ? 0 : last;
}

/* ---- services ---- */

static int set_service(WSAQUERYSETW *query, WSAESETSERVICEOP op, DWORD flags)
{
    struct namespace_scope scope = {(const struct catalog_guid *)query->lpNSProviderId, query->dwNameSpace};
    struct ns_call c = {.op = NS_SET, .query = query, .set = op, .flags = flags};

    return call_each(&scope, &c, query->lpServiceClassId);
}

/* The A and W queries have one layout. */
static int check_service(const void *query, WSAESETSERVICEOP op)
{
    const WSAQUERYSETW *q = query;
    int err = startup_check();

    if (err)
        return err;
    if (text_is_bad(q) || (unsigned)op > RNRSERVICE_DELETE || q->dwSize < sizeof *q || !q->lpServiceClassId)
        return WSAEINVAL;
    return 0;
}

INT WSAAPI WSASetServiceW(LPWSAQUERYSETW query, WSAESETSERVICEOP op, DWORD flags)
{
    int err = check_service(query, op);

    return result(err ? err : set_service(query, op, flags));
}

INT WSAAPI WSASetServiceA(LPWSAQUERYSETA query, WSAESETSERVICEOP op, DWORD flags)
{
    struct ns_wide_query wide;
    int err = check_service(query, op);

    if (!err)
        err = ns_widen_query(query, &wide);
    if (err)
        return api_fail(err);
    err = set_service(&wide.query, op, flags);
    ns_wide_query_free(&wide);
    return result(err);
}

/* ---- classes ---- */

static const struct namespace_scope everybody = {NULL, NAMESPACE_ALL};

static int check_class(const void *info)
{
    const WSASERVICECLASSINFOW *i = info; /* of one layout with the A one */
    int err = startup_check();

    if (err)
        return err;
    if (text_is_bad(i))
        return WSAEFAULT;
    return !i->lpServiceClassId || !i->lpszServiceClassName || (i->dwCount && !i->lpClassInfos) ? WSAEINVAL : 0;
}

static int install_class(WSASERVICECLASSINFOW *info)
{
    struct ns_call c = {.op = NS_INSTALL_CLASS, .info = info};

    return call_each(&everybody, &c, NULL);
}

INT WSAAPI WSAInstallServiceClassW(LPWSASERVICECLASSINFOW info)
{
    int err = check_class(info);

    return result(err ? err : install_class(info));
}

INT WSAAPI WSAInstallServiceClassA(LPWSASERVICECLASSINFOA info)
{
    WSASERVICECLASSINFOW *wide = NULL;
    int err = check_class(info);

    if (!err)
        err = ns_widen_class(info, &wide);
    if (!err)
        err = install_class(wide);
    ns_wide_class_free(wide);
    return result(err);
}

INT WSAAPI WSARemoveServiceClass(LPGUID class_id)
{
    struct ns_call c = {.op = NS_REMOVE_CLASS, .class_id = class_id};
    int err = startup_check();

    if (!err && text_is_bad(class_id))
        err = WSAEINVAL;
    return result(err ? err : call_each(&everybody, &c, NULL));
}

/* What the providers of a scope know of a class: 0, or an error of theirs if none could be asked. */
static int find_class(const struct namespace_scope *scope, const GUID *class_id, WSASERVICECLASSINFOW **info)
{
    struct ns_provider **providers;
    size_t count;
    int err = ns_scope_providers(scope, &providers, &count);

    if (err)
        return err == WSASERVICE_NOT_FOUND ? WSATYPE_NOT_FOUND : err;
    *info = ns_class_info(providers, count, class_id);
    free(providers);
    return *info ? 0 : WSATYPE_NOT_FOUND;
}

static int class_info(const GUID *provider, const GUID *class_id, DWORD *bytes, void *to, packer_text text,
                      size_t text_align)
{
    struct namespace_scope scope = {(const struct catalog_guid *)provider, NAMESPACE_ALL};
    WSASERVICECLASSINFOW *info = NULL;
    int err = startup_check();

    if (err)
        return result(err);
    if (text_is_bad(provider) || text_is_bad(class_id))
        return result(WSAEINVAL);
    if (text_is_bad(bytes) || (*bytes && text_is_bad(to)))
        return result(WSAEFAULT);
    err = find_class(&scope, class_id, &info);
    if (!err)
        err = pack_class(info, text, text_align, to, bytes);
    free(info);
    return result(err);
}

INT WSAAPI WSAGetServiceClassInfoA(LPGUID provider, LPGUID class_id, LPDWORD bytes, LPWSASERVICECLASSINFOA info)
{
    return class_info(provider, class_id, bytes, info, ns_text_ansi, 1);
}

INT WSAAPI WSAGetServiceClassInfoW(LPGUID provider, LPGUID class_id, LPDWORD bytes, LPWSASERVICECLASSINFOW info)
{
    return class_info(provider, class_id, bytes, info, packer_text_wide, sizeof(WCHAR));
}

/* *chars counts characters of the caller's kind, with the NUL. */
static int class_name(const GUID *class_id, void *name, DWORD *chars, packer_text text, size_t char_bytes)
{
    WSASERVICECLASSINFOW *info = NULL;
    size_t needed;
    int err = startup_check();

    if (err)
        return result(err);
    if (text_is_bad(class_id))
        return result(WSAEINVAL);
    if (text_is_bad(chars) || (*chars && text_is_bad(name)))
        return result(WSAEFAULT);
    err = find_class(&everybody, class_id, &info);
    if (!err && !info->lpszServiceClassName)
        err = WSATYPE_NOT_FOUND;
    if (!err) {
        needed = text(info->lpszServiceClassName, NULL) / char_bytes;
        if (*chars < needed)
            err = WSAEFAULT;
        else
            text(info->lpszServiceClassName, name);
        *chars = (DWORD)needed;
    }
    free(info);
    return result(err);
}

INT WSAAPI WSAGetServiceClassNameByClassIdA(LPGUID class_id, LPSTR name, LPDWORD chars)
{
    return class_name(class_id, name, chars, ns_text_ansi, 1);
}

INT WSAAPI WSAGetServiceClassNameByClassIdW(LPGUID class_id, LPWSTR name, LPDWORD chars)
{
    return class_name(class_id, name, chars, packer_text_wide, sizeof(WCHAR));
}

/* ---- SetAddrInfoEx: WSASetService in other words; no addresses means that the name goes ---- */

/* SVCID_TCP(port) of a service, by number or name; without one, a host name's class. */
static int class_of_service(const char *service, GUID *id)
{
    struct servent *known;
    char *end;
    unsigned long port;

    *id = (GUID){0x0002A803, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    if (!service || !*service)
        return 0;
    port = strtoul(service, &end, 10);
    if (*end) {
        known = getservbyname(service, "tcp");
        if (!known)
            return WSATYPE_NOT_FOUND;
        port = ntohs((u_short)known->s_port);
    }
    if (port > 0xFFFF)
        return WSAEINVAL;
    id->Data1 = 0x00090000 | (DWORD)port;
    return 0;
}

static int set_addr_info(const WCHAR *name, const char *service, SOCKET_ADDRESS *addresses, DWORD count, BLOB *blob,
                         DWORD flags, DWORD name_space, GUID *provider)
{
    WSAQUERYSETW query = {.dwSize = sizeof query, .dwNameSpace = name_space, .lpNSProviderId = provider, .lpBlob = blob};
    CSADDR_INFO *list = NULL;
    GUID class_id;
    int err;

    if (count > 0xFFFF || (count && text_is_bad(addresses)))
        return WSAEINVAL;
    err = class_of_service(service, &class_id);
    if (err)
        return err;
    list = calloc(count + 1, sizeof *list);
    if (!list)
        return WSA_NOT_ENOUGH_MEMORY;
    for (DWORD i = 0; i < count; i++) {
        list[i].RemoteAddr = addresses[i];
        list[i].iSocketType = SOCK_STREAM;
        list[i].iProtocol = IPPROTO_TCP;
    }
    query.lpszServiceInstanceName = (WCHAR *)name;
    query.lpServiceClassId = &class_id;
    query.lpcsaBuffer = count ? list : NULL;
    query.dwNumberOfCsAddrs = count;
    err = set_service(&query, count ? RNRSERVICE_REGISTER : RNRSERVICE_DEREGISTER, flags);
    free(list);
    return err;
}

/* The error is the value as well. */
static int said(int err)
{
    WSASetLastError(err);
    return err;
}

int WSAAPI SetAddrInfoExA(PCSTR name, PCSTR service, SOCKET_ADDRESS *addresses, DWORD count, LPBLOB blob, DWORD flags,
                          DWORD name_space, LPGUID provider, PTIMEVAL timeout, LPOVERLAPPED overlapped,
                          LPLOOKUPSERVICE_COMPLETION_ROUTINE completion, LPHANDLE handle)
{
    WSAQUERYSETA query = {.lpszServiceInstanceName = (char *)name};
    struct ns_wide_query wide;
    int err = startup_check();

    (void)timeout, (void)completion, (void)handle;
    if (!err)
        err = overlapped ? WSAEOPNOTSUPP : text_is_bad(name) ? WSAEINVAL : ns_widen_query(&query, &wide);
    if (err)
        return said(err);
    err = set_addr_info(wide.query.lpszServiceInstanceName, service, addresses, count, blob, flags, name_space, provider);
    ns_wide_query_free(&wide);
    return said(err);
}

int WSAAPI SetAddrInfoExW(PCWSTR name, PCWSTR service, SOCKET_ADDRESS *addresses, DWORD count, LPBLOB blob, DWORD flags,
                          DWORD name_space, LPGUID provider, PTIMEVAL timeout, LPOVERLAPPED overlapped,
                          LPLOOKUPSERVICE_COMPLETION_ROUTINE completion, LPHANDLE handle)
{
    char *service_text = NULL;
    int err = startup_check();

    (void)timeout, (void)completion, (void)handle;
    if (!err)
        err = overlapped ? WSAEOPNOTSUPP : text_is_bad(name) ? WSAEINVAL : 0;
    if (!err && service) {
        service_text = text_from_wide(service);
        err = service_text ? 0 : WSA_NOT_ENOUGH_MEMORY;
    }
    if (!err)
        err = set_addr_info(name, service_text, addresses, count, blob, flags, name_space, provider);
    free(service_text);
    return said(err);
}
