/* SPDX-License-Identifier: MIT */
/*
 * A whole name-space provider: a directory of services in an INI file, with service classes and registration.
 *
 *   x86_64-w64-mingw32-gcc -O2 -shared -o directory.dll directory.c book.c directory.def -Iinclude -Llib \
 *       -lws2kit_namespace -lws2_32 -Wl,--kill-at
 *   wine rundll32 Z:\path\to\directory.dll,Install
 *
 * include/ and lib/ are where `meson install` put ws2kit_namespace.h and libws2kit_namespace.a. This file is the service
 * provider interface; book.c is the file with the services.
 */
#include "book.h"

#include <stdlib.h>

static GUID provider_id = {0x5D1A3C50, 0x7B1E, 0x4C0A, {0x9E, 0x42, 0x0D, 0x2F, 0x6B, 0x51, 0xA7, 0x33}};
enum { NAME_SPACE = 0x57320001 }; /* any number that nobody else has */

/* A lookup. ws2_32 may call End while Next is in another thread; nothing here blocks, so one lock covers them. */
struct lookup {
    struct lookup *next;
    WSAQUERYSETW *query; /* owned */
    struct nsk_query what; /* points into it */
    WCHAR *names, *at;   /* of all services, NUL after NUL; read at the first Next */
};

static SRWLOCK lock = SRWLOCK_INIT;
static struct lookup *lookups; /* guarded by lock */

static struct lookup **find(HANDLE handle)
{
    struct lookup **at;

    for (at = &lookups; *at && *at != handle; at = &(*at)->next)
        ;
    return at;
}

static INT WSAAPI cleanup(LPGUID id)
{
    (void)id;
    return NO_ERROR;
}

static INT WSAAPI begin(LPGUID id, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW info, DWORD flags, LPHANDLE handle)
{
    struct lookup *l;
    INT err;

    (void)id, (void)info;
    if (flags & LUP_CONTAINERS)
        return nsk_result(WSANO_DATA); /* this name space is flat */
    l = calloc(1, sizeof *l);
    if (!l)
        return nsk_result(WSA_NOT_ENOUGH_MEMORY);
    l->query = nsk_copy(restrictions);
    err = l->query ? nsk_parse(l->query, flags, &l->what) : WSA_NOT_ENOUGH_MEMORY;
    if (err) {
        free(l->query);
        free(l);
        return nsk_result(err);
    }
    AcquireSRWLockExclusive(&lock);
    l->next = lookups;
    lookups = l;
    ReleaseSRWLockExclusive(&lock);
    *handle = l;
    return NO_ERROR;
}

static BOOL matches(const struct lookup *l, struct book_service *s)
{
    const WSAQUERYSETW *q = l->query;
    DWORD kept = 0;

    if (l->what.name && !nsk_same_text(l->what.name, s->name))
        return FALSE;
    if (!nsk_same_guid(q->lpServiceClassId, &s->class_id) || !nsk_version_wanted(q, s->has_version ? &s->version : NULL))
        return FALSE;
    for (DWORD i = 0; i < s->addrs; i++)
        if (nsk_protocol_wanted(q, s->addr[i].RemoteAddr.lpSockaddr->sa_family, s->addr[i].iProtocol))
            s->addr[kept++] = s->addr[i];
    s->addrs = kept;
    return kept || !q->dwNumberOfProtocols;
}

static INT answer(const struct lookup *l, struct book_service *s, DWORD *bytes, void *buf)
{
    WSAQUERYSETW r = {.dwNameSpace = NAME_SPACE, .lpNSProviderId = &provider_id};

    r.lpszServiceInstanceName = s->name;
    r.lpServiceClassId = &s->class_id;
    r.lpVersion = s->has_version ? &s->version : NULL;
    r.lpszComment = s->comment[0] ? s->comment : NULL;
    r.lpcsaBuffer = s->addrs ? s->addr : NULL;
    r.dwNumberOfCsAddrs = s->addrs;
    nsk_keep_wanted(&r, l->what.flags);
    return nsk_pack(&r, buf, bytes);
}

/* Moves on only past what was delivered, or is to be dropped, or does not match. */
static INT next_of(struct lookup *l, DWORD flags, DWORD *bytes, void *buf)
{
    BOOL drop = flags & LUP_FLUSHPREVIOUS;

    if (!l->names)
        l->at = l->names = book_names();
    if (!l->names)
        return WSA_NOT_ENOUGH_MEMORY;
    for (; *l->at; l->at += lstrlenW(l->at) + 1) {
        struct book_service s;
        INT err;

        if (!book_read(l->at, &s) || !matches(l, &s))
            continue;
        if (drop) {
            drop = FALSE;
            continue;
        }
        err = answer(l, &s, bytes, buf);
        if (!err)
            l->at += lstrlenW(l->at) + 1;
        return err;
    }
    return WSA_E_NO_MORE;
}

static INT WSAAPI next(HANDLE handle, DWORD flags, LPDWORD bytes, LPWSAQUERYSETW result)
{
    struct lookup *l;
    INT err;

    AcquireSRWLockExclusive(&lock);
    l = *find(handle);
    err = l ? next_of(l, flags, bytes, result) : WSA_INVALID_HANDLE;
    ReleaseSRWLockExclusive(&lock);
    return nsk_result(err);
}

static INT WSAAPI end(HANDLE handle)
{
    struct lookup **at, *l;

    AcquireSRWLockExclusive(&lock);
    at = find(handle);
    l = *at;
    if (l)
        *at = l->next;
    ReleaseSRWLockExclusive(&lock);
    if (!l)
        return nsk_result(WSA_INVALID_HANDLE);
    free(l->names);
    free(l->query);
    free(l);
    return NO_ERROR;
}

/* ---- registration ---- */

static BOOL same_part(const SOCKET_ADDRESS *a, const SOCKET_ADDRESS *b)
{
    return a->iSockaddrLength == b->iSockaddrLength && !memcmp(a->lpSockaddr, b->lpSockaddr, a->iSockaddrLength);
}

static DWORD place(const struct book_service *s, const CSADDR_INFO *addr)
{
    DWORD i;

    for (i = 0; i < s->addrs; i++)
        if (s->addr[i].iProtocol == addr->iProtocol && same_part(&s->addr[i].RemoteAddr, &addr->RemoteAddr))
            break;
    return i;
}

static INT add(struct book_service *s, const WSAQUERYSETW *q)
{
    for (DWORD i = 0; i < q->dwNumberOfCsAddrs; i++) {
        if (place(s, &q->lpcsaBuffer[i]) < s->addrs)
            continue;
        if (!book_add(s, &q->lpcsaBuffer[i]))
            return WSAEINVAL;
    }
    return 0;
}

static void take(struct book_service *s, const WSAQUERYSETW *q)
{
    for (DWORD i = 0; i < q->dwNumberOfCsAddrs; i++) {
        DWORD at = place(s, &q->lpcsaBuffer[i]);

        if (at < s->addrs)
            s->addr[at] = s->addr[--s->addrs];
    }
}

static INT enroll(struct book_service *s, const WSAQUERYSETW *q, BOOL known, BOOL multiple)
{
    INT err;

    if (!known || !multiple)
        s->addrs = s->stored = 0;
    s->class_id = *q->lpServiceClassId;
    if (q->lpszComment)
        lstrcpynW(s->comment, q->lpszComment, BOOK_TEXT);
    if (q->lpVersion) {
        s->version = *q->lpVersion;
        s->has_version = TRUE;
    }
    err = add(s, q);
    return err ? err : book_write(s);
}

/* The table of spi.md 11.7, row by row. */
static INT set(const WSAQUERYSETW *q, WSAESETSERVICEOP op, BOOL multiple)
{
    struct book_service s;
    BOOL known;

    if (!q->lpszServiceInstanceName || !book_name_is_good(q->lpszServiceInstanceName))
        return WSAEINVAL;
    known = book_read(q->lpszServiceInstanceName, &s) && nsk_same_guid(&s.class_id, q->lpServiceClassId);
    if (op == RNRSERVICE_REGISTER) {
        if (!known)
            book_new(&s, q->lpszServiceInstanceName);
        return enroll(&s, q, known, multiple);
    }
    if (!known)
        return WSASERVICE_NOT_FOUND;
    if (multiple)
        take(&s, q);
    else
        s.addrs = 0;
    return op == RNRSERVICE_DELETE && !s.addrs ? book_delete(s.name) : book_write(&s);
}

static INT WSAAPI set_service(LPGUID id, LPWSASERVICECLASSINFOW info, LPWSAQUERYSETW q, WSAESETSERVICEOP op, DWORD flags)
{
    INT err;

    (void)id, (void)info;
    AcquireSRWLockExclusive(&lock);
    err = set(q, op, flags & SERVICE_MULTIPLE);
    ReleaseSRWLockExclusive(&lock);
    return nsk_result(err);
}

/* ---- classes ---- */

static INT WSAAPI install_class(LPGUID id, LPWSASERVICECLASSINFOW info)
{
    WCHAR name[BOOK_TEXT];

    (void)id;
    if (book_class_name(info->lpServiceClassId, name))
        return nsk_result(WSAEALREADY);
    return nsk_result(book_set_class(info->lpServiceClassId, info->lpszServiceClassName));
}

static INT WSAAPI remove_class(LPGUID id, LPGUID class_id)
{
    WCHAR name[BOOK_TEXT];

    (void)id;
    return nsk_result(book_class_name(class_id, name) ? book_set_class(class_id, NULL) : WSATYPE_NOT_FOUND);
}

static INT WSAAPI get_class(LPGUID id, LPDWORD bytes, LPWSASERVICECLASSINFOW info)
{
    WCHAR name[BOOK_TEXT];
    GUID class_id = *info->lpServiceClassId; /* it may lie in the buffer that is about to be filled */
    WSASERVICECLASSINFOW known = {&class_id, name, 0, NULL};

    (void)id;
    return nsk_result(book_class_name(&class_id, name) ? nsk_pack_class(&known, info, bytes) : WSATYPE_NOT_FOUND);
}

/* ---- starting, installing ---- */

INT WSAAPI NSPStartup(LPGUID id, LPNSP_ROUTINE routine)
{
    const NSP_ROUTINE ours = {offsetof(NSP_ROUTINE, NSPIoctl), 1, 0, cleanup, begin, next, end, set_service, install_class,
                              remove_class, get_class, NULL};

    (void)id;
    *routine = ours;
    return NO_ERROR;
}

void CALLBACK Install(HWND window, HINSTANCE instance, LPSTR line, int show);
void CALLBACK Uninstall(HWND window, HINSTANCE instance, LPSTR line, int show);

void CALLBACK Install(HWND window, HINSTANCE instance, LPSTR line, int show)
{
    WCHAR path[MAX_PATH];
    HMODULE self;

    (void)window, (void)instance, (void)line, (void)show;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       (LPCWSTR)(void *)NSPStartup, &self);
    if (!GetModuleFileNameW(self, path, MAX_PATH) ||
        WSCInstallNameSpace(L"ws2kit sample directory", path, NAME_SPACE, 1, &provider_id))
        ExitProcess((UINT)WSAGetLastError());
}

void CALLBACK Uninstall(HWND window, HINSTANCE instance, LPSTR line, int show)
{
    (void)window, (void)instance, (void)line, (void)show;
    if (WSCUnInstallNameSpace(&provider_id))
        ExitProcess((UINT)WSAGetLastError());
}
