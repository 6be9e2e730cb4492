/* SPDX-License-Identifier: MIT */
/* WSALookupServiceBegin, Next and End and WSANSPIoctl: handles and argument checks over ns_lookup_pe.h. */
#include <winsock2.h>
#include <ws2spi.h>

#include <stdlib.h>

#include "base/lock.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/names/ns_ansi_pe.h"
#include "ws2_32/names/ns_api_pe.h"
#include "ws2_32/names/ns_lookup_pe.h"
#include "ws2_32/names/ns_provider_pe.h"
#include "ws2_32/names/text_pe.h"

/* A handle is a number that no later lookup gets for a long time; a program has few lookups open, so a list will do. */
struct open {
    struct open *next;
    ULONG_PTR handle;
    struct ns_lookup *lookup; /* referenced */
};

enum { FIRST_HANDLE = 0x4E530004 };

static struct lock lock;
static struct open *opened;      /* both guarded by lock */
static ULONG_PTR next_handle = FIRST_HANDLE;

static int open_handle(struct ns_lookup *l, HANDLE *handle)
{
    struct open *o = malloc(sizeof *o);

    if (!o)
        return WSA_NOT_ENOUGH_MEMORY;
    o->lookup = l;
    lock_take(&lock);
    o->handle = next_handle;
    next_handle += 4;
    if (next_handle > 0x7FFFFFF0)
        next_handle = FIRST_HANDLE;
    o->next = opened;
    opened = o;
    *handle = (HANDLE)o->handle;
    lock_drop(&lock);
    return 0;
}

/* The lookup with one more reference; NULL: no such handle. */
static struct ns_lookup *of_handle(HANDLE handle)
{
    struct ns_lookup *l = NULL;

    lock_take(&lock);
    for (struct open *o = opened; o && !l; o = o->next)
        if (o->handle == (ULONG_PTR)handle)
            l = o->lookup;
    if (l)
        ns_lookup_ref(l);
    lock_drop(&lock);
    return l;
}

/* Takes the handle out; any of them if it is NULL. */
static struct ns_lookup *close_handle(HANDLE handle)
{
    struct ns_lookup *l = NULL;
    struct open **at, *o;

    lock_take(&lock);
    for (at = &opened; *at && handle && (*at)->handle != (ULONG_PTR)handle; at = &(*at)->next)
        ;
    o = *at;
    if (o) {
        l = o->lookup;
        *at = o->next;
    }
    lock_drop(&lock);
    free(o);
    return l;
}

void ns_api_end_all(void)
{
    struct ns_lookup *l;

    while ((l = close_handle(NULL)))
        ns_lookup_end(l);
}

static int result(int err)
{
    return err ? api_fail(err) : 0;
}

/* ---- begin ---- */

static int begin(WSAQUERYSETW *query, DWORD flags, HANDLE *handle)
{
    struct ns_lookup *l;
    int err = ns_lookup_begin(query, flags, &l);

    if (err)
        return result(err);
    err = open_handle(l, handle);
    if (err)
        ns_lookup_end(l);
    return result(err);
}

/* The A and W queries have one layout. */
static int check_query(const void *query, const HANDLE *handle)
{
    const WSAQUERYSETW *q = query;
    int err = startup_check();

    if (err)
        return err;
    if (text_is_bad(q) || text_is_bad(handle))
        return WSAEFAULT;
    return q->dwSize < sizeof *q || !q->lpServiceClassId ? WSAEINVAL : 0;
}

INT WSAAPI WSALookupServiceBeginW(LPWSAQUERYSETW query, DWORD flags, LPHANDLE handle)
{
    int err = check_query(query, handle);

    return err ? api_fail(err) : begin(query, flags, handle);
}

INT WSAAPI WSALookupServiceBeginA(LPWSAQUERYSETA query, DWORD flags, LPHANDLE handle)
{
    struct ns_wide_query wide;
    int err = check_query(query, handle), failed;

    if (!err)
        err = ns_widen_query(query, &wide);
    if (err)
        return api_fail(err);
    failed = begin(&wide.query, flags, handle);
    err = WSAGetLastError();
    ns_wide_query_free(&wide);
    return failed ? api_fail(err) : 0;
}

/* ---- next, end ---- */

static int check_next(HANDLE handle, const DWORD *bytes, void *results, struct ns_lookup **l)
{
    int err = startup_check();

    if (err)
        return err;
    if (text_is_bad(bytes) || (*bytes && text_is_bad(results)))
        return WSAEFAULT;
    *l = of_handle(handle);
    return *l ? 0 : WSA_INVALID_HANDLE;
}

INT WSAAPI WSALookupServiceNextW(HANDLE handle, DWORD flags, LPDWORD bytes, LPWSAQUERYSETW results)
{
    struct ns_lookup *l;
    int err = check_next(handle, bytes, results, &l);

    if (err)
        return api_fail(err);
    err = ns_lookup_next(l, flags, bytes, results);
    ns_lookup_unref(l);
    return result(err);
}

INT WSAAPI WSALookupServiceNextA(HANDLE handle, DWORD flags, LPDWORD bytes, LPWSAQUERYSETA results)
{
    struct ns_lookup *l;
    int err = check_next(handle, bytes, results, &l);

    if (err)
        return api_fail(err);
    err = ns_lookup_next_ansi(l, flags, bytes, results);
    ns_lookup_unref(l);
    return result(err);
}

INT WSAAPI WSALookupServiceEnd(HANDLE handle)
{
    int err = startup_check();
    struct ns_lookup *l = NULL;

    if (!err) {
        l = handle ? close_handle(handle) : NULL;
        err = l ? 0 : WSA_INVALID_HANDLE;
    }
    if (l)
        ns_lookup_end(l);
    return result(err);
}

/* ---- change notification ---- */

INT WSAAPI WSANSPIoctl(HANDLE handle, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                       LPDWORD returned, LPWSACOMPLETION completion)
{
    struct ns_call c = {.ioctl = {code, in, out, in_bytes, out_bytes, returned, completion, NULL}};
    struct ns_lookup *l;
    struct thread *t;
    int err = startup_check();

    if (err)
        return api_fail(err);
    if (text_is_bad(returned))
        return api_fail(WSAEFAULT);
    l = of_handle(handle);
    if (!l)
        return api_fail(WSA_INVALID_HANDLE);
    t = completion ? thread_get() : NULL;
    c.ioctl.thread = t ? thread_id(t) : NULL;
    err = ns_lookup_ioctl(l, &c);
    ns_lookup_unref(l);
    return result(err);
}
