/* SPDX-License-Identifier: MIT */
/*
 * SetService: registration of services and of their types. Each provider of the name space is asked by itself, because the
 * caller is told when some did it and others did not. One that has no registration at all (WSAEOPNOTSUPP) has no part in it.
 */
#include "ws2_32/compat/rnr1.h"

#include <nspapi.h>
#include <stdlib.h>
#include <string.h>

#include "namespace/kit/ws2kit_namespace.h"

/* The A structure has the W one's layout. */
_Static_assert(sizeof(SERVICE_INFOA) == sizeof(SERVICE_INFOW) && sizeof(SERVICE_TYPE_INFO_ABSA) == sizeof(SERVICE_TYPE_INFO_ABSW), "SDK");

enum { MOST_ADDRESSES = 4096, MOST_VALUES = 256 };

/* A registration, with its strings in UTF-16 and all it points to in one piece. */
struct work {
    struct work *next; /* of those that SERVICE_FLUSH is to do */
    DWORD name_space, operation, flags;
    WSAQUERYSETW *query;
};

static SRWLOCK lock = SRWLOCK_INIT;
static struct work *deferred; /* guarded by lock; the oldest first */

static void free_work(struct work *w)
{
    if (w)
        free(w->query);
    free(w);
}

/* ---- who is asked ---- */

/* The enabled providers' ids, for free(), as an ERROR_*. */
static DWORD list_providers(DWORD name_space, GUID **ids, size_t *count)
{
    WSANAMESPACE_INFOW *list = NULL;
    DWORD bytes = 0;
    int found;

    *count = 0;
    do {
        free(list);
        list = malloc(bytes + 1);
        if (!list)
            return ERROR_NOT_ENOUGH_MEMORY;
        found = WSAEnumNameSpaceProvidersW(&bytes, list);
    } while (found == SOCKET_ERROR && WSAGetLastError() == WSAEFAULT);
    *ids = found == SOCKET_ERROR ? NULL : calloc((size_t)found + 1, sizeof **ids);
    for (int i = 0; *ids && i < found; i++)
        if (list[i].fActive && (!name_space || list[i].dwNameSpace == name_space))
            (*ids)[(*count)++] = list[i].NSProviderId;
    free(list);
    return *ids ? 0 : found == SOCKET_ERROR ? rnr1_code(WSAGetLastError()) : ERROR_NOT_ENOUGH_MEMORY;
}

static int ask_one(const struct work *w, GUID *id)
{
    WSAESETSERVICEOP op = w->operation == SERVICE_REGISTER ? RNRSERVICE_REGISTER
                          : w->flags & SERVICE_FLAG_HARD   ? RNRSERVICE_DELETE
                                                           : RNRSERVICE_DEREGISTER;

    w->query->lpNSProviderId = id;
    w->query->dwNameSpace = w->name_space;
    return WSASetServiceW(w->query, op, 0) ? WSAGetLastError() : 0;
}

static DWORD do_work(const struct work *w, DWORD *status)
{
    GUID *ids = NULL;
    size_t count, done = 0, failed = 0;
    DWORD code = rnr1_start();
    int last = WSASERVICE_NOT_FOUND;

    if (code)
        return code;
    code = list_providers(w->name_space, &ids, &count);
    for (size_t i = 0; !code && i < count; i++) {
        int err = ask_one(w, &ids[i]);

        if (!err) {
            done++;
        } else if (err != WSAEOPNOTSUPP) {
            failed++;
            last = err;
        }
    }
    rnr1_stop();
    free(ids);
    if (!code && done && failed && status)
        *status |= SET_SERVICE_PARTIAL_SUCCESS;
    return code ? code : done ? 0 : rnr1_code(last);
}

/* ---- services ---- */

/* What kind of socket reaches such a service: its type says it, or the address's flags. */
static void set_protocol(const GUID *type, DWORD address_flags, CSADDR_INFO *csa)
{
    WORD port, rr;
    bool udp = nsk_class_of(type, &port, &rr) == NSK_CLASS_UDP || address_flags & SERVICE_ADDRESS_FLAG_RPC_DG;

    csa->iSocketType = udp ? SOCK_DGRAM : SOCK_STREAM;
    csa->iProtocol = udp ? IPPROTO_UDP : IPPROTO_TCP;
}

static DWORD make_addresses(const SERVICE_INFOW *info, CSADDR_INFO **out, DWORD *count)
{
    const SERVICE_ADDRESSES *from = info->lpServiceAddress;

    *out = NULL;
    *count = from ? from->dwAddressCount : 0;
    if (!*count)
        return 0;
    if (*count > MOST_ADDRESSES)
        return ERROR_INVALID_PARAMETER;
    *out = calloc(*count, sizeof **out);
    if (!*out)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (DWORD i = 0; i < *count; i++) {
        const SERVICE_ADDRESS *a = &from->Addresses[i];

        (*out)[i].RemoteAddr = (SOCKET_ADDRESS){(SOCKADDR *)a->lpAddress, (INT)a->dwAddressLength};
        set_protocol(info->lpServiceType, a->dwAddressFlags, &(*out)[i]);
    }
    return 0;
}

static DWORD make_query(const SERVICE_INFOW *info, bool wide, WSAQUERYSETW **out)
{
    WSAVERSION version = {info->dwVersion, COMP_EQUAL};
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpServiceClassId = info->lpServiceType, .lpVersion = info->dwVersion ? &version : NULL,
                      .lpBlob = info->ServiceSpecificInfo.cbSize ? (BLOB *)&info->ServiceSpecificInfo : NULL};
    CSADDR_INFO *addresses = NULL;
    DWORD code = make_addresses(info, &addresses, &q.dwNumberOfCsAddrs);

    if (!code && (!rnr1_text(info->lpServiceName, wide, &q.lpszServiceInstanceName) ||
                  !rnr1_text(info->lpComment, wide, &q.lpszComment)))
        code = ERROR_NOT_ENOUGH_MEMORY;
    q.lpcsaBuffer = addresses;
    if (!code) {
        *out = nsk_copy(&q);
        code = *out ? 0 : ERROR_NOT_ENOUGH_MEMORY;
    }
    free(addresses);
    free(q.lpszServiceInstanceName);
    free(q.lpszComment);
    return code;
}

static void defer(struct work *w)
{
    struct work **at;

    AcquireSRWLockExclusive(&lock);
    for (at = &deferred; *at; at = &(*at)->next)
        ;
    *at = w;
    ReleaseSRWLockExclusive(&lock);
}

static DWORD set_service(DWORD name_space, DWORD operation, DWORD flags, const SERVICE_INFOW *info, bool wide, DWORD *status)
{
    struct work *w;
    DWORD code;

    if (!info || !info->lpServiceType || !info->lpServiceName)
        return ERROR_INVALID_PARAMETER;
    w = calloc(1, sizeof *w);
    if (!w)
        return ERROR_NOT_ENOUGH_MEMORY;
    *w = (struct work){NULL, name_space, operation, flags, NULL};
    code = make_query(info, wide, &w->query);
    if (!code && flags & SERVICE_FLAG_DEFER) {
        defer(w);
        return 0;
    }
    if (!code)
        code = do_work(w, status);
    free_work(w);
    return code;
}

/* All of them, in the order in which they came; the last error if one failed. */
static DWORD flush(DWORD *status)
{
    struct work *w, *next;
    DWORD code = 0;
    bool done = false;

    AcquireSRWLockExclusive(&lock);
    w = deferred;
    deferred = NULL;
    ReleaseSRWLockExclusive(&lock);
    for (; w; w = next) {
        DWORD one = do_work(w, status);

        next = w->next;
        if (one)
            code = one;
        else
            done = true;
        free_work(w);
    }
    if (code && done && status)
        *status |= SET_SERVICE_PARTIAL_SUCCESS;
    return done ? 0 : code;
}

/* ---- types ---- */

static DWORD fill_values(const SERVICE_TYPE_INFO_ABSW *from, bool wide, WSANSCLASSINFOW *to, DWORD *made)
{
    for (*made = 0; *made < from->dwValueCount; ++*made) {
        const SERVICE_TYPE_VALUE_ABSW *v = &from->Values[*made];
        WCHAR *name;

        if (!rnr1_text(v->lpValueName, wide, &name))
            return ERROR_NOT_ENOUGH_MEMORY;
        to[*made] = (WSANSCLASSINFOW){name, v->dwNameSpace, v->dwValueType, v->dwValueSize, v->lpValue};
    }
    return 0;
}

/* The class goes to the providers that keep classes; that there are none is no error, since we keep the name ourselves. */
static DWORD install_class(const GUID *type, WCHAR *name, const SERVICE_TYPE_INFO_ABSW *info, bool wide)
{
    DWORD values = info ? info->dwValueCount : 0, made = 0, code = 0;
    WSASERVICECLASSINFOW class = {(GUID *)type, name, values, NULL};
    int err = 0;

    if (values > MOST_VALUES)
        return ERROR_INVALID_PARAMETER;
    class.lpClassInfos = calloc(values + 1, sizeof *class.lpClassInfos);
    if (!class.lpClassInfos)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (values)
        code = fill_values(info, wide, class.lpClassInfos, &made);
    if (!code && WSAInstallServiceClassW(&class))
        err = WSAGetLastError();
    for (DWORD i = 0; i < made; i++)
        free(class.lpClassInfos[i].lpszName);
    free(class.lpClassInfos);
    return code ? code : err == WSAEOPNOTSUPP || err == WSASERVICE_NOT_FOUND ? 0 : err ? rnr1_code(err) : 0;
}

static const SERVICE_TYPE_INFO_ABSW *type_info(const SERVICE_INFOW *info)
{
    const BLOB *blob = &info->ServiceSpecificInfo;
    const SERVICE_TYPE_INFO_ABSW *abs = (const SERVICE_TYPE_INFO_ABSW *)(const void *)blob->pBlobData;
    const size_t head = offsetof(SERVICE_TYPE_INFO_ABSW, Values);

    if (!abs || blob->cbSize < head || abs->dwValueCount > (blob->cbSize - head) / sizeof abs->Values[0])
        return NULL;
    return abs;
}

static DWORD add_type(const SERVICE_INFOW *info, WCHAR *name, bool wide)
{
    DWORD code;

    if (info->ServiceSpecificInfo.cbSize && !type_info(info))
        return ERROR_INVALID_PARAMETER;
    code = install_class(info->lpServiceType, name, type_info(info), wide);
    return code ? code : rnr1_type_add(name, info->lpServiceType);
}

static DWORD delete_type(const SERVICE_INFOW *info, const WCHAR *name)
{
    GUID type;
    bool known = rnr1_type_find(name, &type), removed;

    if (info->lpServiceType)
        type = *info->lpServiceType;
    else if (!known)
        return ERROR_SERVICE_NOT_FOUND;
    removed = !WSARemoveServiceClass(&type);
    return rnr1_type_delete(name) && !removed ? ERROR_SERVICE_NOT_FOUND : 0;
}

static DWORD set_type(DWORD operation, const SERVICE_INFOW *info, bool wide)
{
    const SERVICE_TYPE_INFO_ABSW *abs;
    WCHAR *name;
    DWORD code;

    if (!info)
        return ERROR_INVALID_PARAMETER;
    abs = type_info(info);
    if (!rnr1_text(info->lpServiceName ? info->lpServiceName : abs ? abs->lpTypeName : NULL, wide, &name))
        return ERROR_NOT_ENOUGH_MEMORY;
    code = !name || (operation == SERVICE_ADD_TYPE && !info->lpServiceType) ? ERROR_INVALID_PARAMETER : rnr1_start();
    if (!code) {
        code = operation == SERVICE_ADD_TYPE ? add_type(info, name, wide) : delete_type(info, name);
        rnr1_stop();
    }
    free(name);
    return code;
}

/* ---- the calls ---- */

static int set(DWORD name_space, DWORD operation, DWORD flags, const SERVICE_INFOW *info, bool wide, const void *async,
               DWORD *status)
{
    DWORD code = ERROR_INVALID_PARAMETER;

    if (status)
        *status = 0;
    if (async || flags & ~(DWORD)(SERVICE_FLAG_DEFER | SERVICE_FLAG_HARD))
        return rnr1_fail(ERROR_INVALID_PARAMETER, SOCKET_ERROR);
    switch (operation) {
    case SERVICE_REGISTER:
    case SERVICE_DEREGISTER:
        code = set_service(name_space, operation, flags, info, wide, status);
        break;
    case SERVICE_FLUSH:
        code = flush(status);
        break;
    case SERVICE_ADD_TYPE:
    case SERVICE_DELETE_TYPE:
        code = set_type(operation, info, wide);
        break;
    }
    return code ? rnr1_fail(code, SOCKET_ERROR) : 0;
}

INT WINAPI SetServiceA(DWORD name_space, DWORD operation, DWORD flags, LPSERVICE_INFOA info, LPSERVICE_ASYNC_INFO async,
                       LPDWORD status)
{
    return set(name_space, operation, flags, (const SERVICE_INFOW *)info, false, async, status);
}

INT WINAPI SetServiceW(DWORD name_space, DWORD operation, DWORD flags, LPSERVICE_INFOW info, LPSERVICE_ASYNC_INFO async,
                       LPDWORD status)
{
    return set(name_space, operation, flags, info, true, async, status);
}
