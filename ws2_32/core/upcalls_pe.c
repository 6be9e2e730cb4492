/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/upcalls.h"

#include "ws2_32/core/completion.h"
#include "ws2_32/core/handle.h"
#include "ws2_32/core/hook.h"
#include "ws2_32/core/provider.h"
#include "ws2_32/core/snapshot.h"
#include "ws2_32/core/sockets.h"
#include "ws2_32/core/thread.h"

static int spi_fail(LPINT lp_errno, int err)
{
    if (lp_errno)
        *lp_errno = err;
    return SOCKET_ERROR;
}

/* ---- events ---- */

/* The event of an OVERLAPPED may carry a bit that says "no packet". */
static HANDLE event_of(WSAEVENT event)
{
    return (HANDLE)((ULONG_PTR)event & ~(ULONG_PTR)1);
}

static WINBOOL event_result(BOOL done, LPINT lp_errno)
{
    if (!done)
        spi_fail(lp_errno, WSA_INVALID_HANDLE);
    return done;
}

static WSAEVENT WSPAPI create_event(LPINT lp_errno)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);

    if (!event)
        spi_fail(lp_errno, WSA_NOT_ENOUGH_MEMORY);
    return event;
}

static WINBOOL WSPAPI close_event(WSAEVENT event, LPINT lp_errno)
{
    return event_result(CloseHandle(event_of(event)), lp_errno);
}

static WINBOOL WSPAPI set_event(WSAEVENT event, LPINT lp_errno)
{
    return event_result(SetEvent(event_of(event)), lp_errno);
}

static WINBOOL WSPAPI reset_event(WSAEVENT event, LPINT lp_errno)
{
    return event_result(ResetEvent(event_of(event)), lp_errno);
}

/* ---- handles ---- */

/* The provider of a catalog id, and whether the entry is a base; WSAEINVAL. */
static int provider_of_id(DWORD id, struct provider **p, BOOL *is_base)
{
    const struct catalog_entry *entry;
    struct snapshot *snap;
    int err = snapshot_get(&snap);

    if (err)
        return err;
    entry = catalog_find_id(&snap->cat, id);
    if (!entry) {
        err = WSAEINVAL;
    } else {
        *is_base = entry->info.chain_len == CATALOG_BASE;
        *p = provider_of(&entry->info.provider);
        err = *p ? 0 : WSAENOBUFS;
    }
    snapshot_put(snap);
    return err;
}

static SOCKET WSPAPI modify_ifs_handle(DWORD id, SOCKET handle, LPINT lp_errno)
{
    struct provider *p;
    BOOL is_base;
    int err;

    if (!handle || handle == INVALID_SOCKET) {
        spi_fail(lp_errno, WSAEINVAL);
        return INVALID_SOCKET;
    }
    err = provider_of_id(id, &p, &is_base);
    if (!err && sockets_own(handle, p, id, is_base))
        err = WSAENOBUFS;
    if (err) {
        spi_fail(lp_errno, err);
        return INVALID_SOCKET;
    }
    return handle;
}

/* Inheritable unless the WSASocket that this is part of asked otherwise (spi.md 3.3): the upcall itself cannot say. */
static BOOL wants_inheritance(void)
{
    struct thread *t = thread_get();

    return !(t && t->socket_flags & WSA_FLAG_NO_HANDLE_INHERIT);
}

static SOCKET WSPAPI create_socket_handle(DWORD id, DWORD_PTR context, LPINT lp_errno)
{
    struct provider *p;
    SOCKET s = INVALID_SOCKET;
    BOOL is_base;
    int err;

    err = provider_of_id(id, &p, &is_base);
    if (!err)
        err = handle_create(wants_inheritance(), &s);
    if (!err && sockets_add(s, p, id, context)) {
        handle_close(s);
        err = WSAENOBUFS;
    }
    if (err) {
        spi_fail(lp_errno, err);
        return INVALID_SOCKET;
    }
    return s;
}

static int WSPAPI close_socket_handle(SOCKET s, LPINT lp_errno)
{
    if (!sockets_take(s))
        return spi_fail(lp_errno, WSAENOTSOCK);
    handle_close(s);
    return 0;
}

static int WSPAPI query_socket_handle_context(SOCKET s, PDWORD_PTR context, LPINT lp_errno)
{
    struct socket_entry *e = sockets_find(s);

    if (!e || e->kind != SOCKET_OWN)
        return spi_fail(lp_errno, WSAENOTSOCK);
    if (!context)
        return spi_fail(lp_errno, WSAEFAULT);
    *context = e->context;
    return 0;
}

int WSPAPI WPUCompleteOverlappedRequest(SOCKET s, LPWSAOVERLAPPED ov, DWORD err, DWORD bytes,
                                        LPINT lp_errno)
{
    struct socket_entry *e = sockets_find(s);
    int failure;

    if ((!e || e->kind != SOCKET_OWN) && !completion_watched(s))
        return spi_fail(lp_errno, WSAEINVAL);
    if (!ov)
        return spi_fail(lp_errno, WSAEFAULT);
    failure = handle_complete(s, ov, err, bytes);
    return failure ? spi_fail(lp_errno, failure) : 0;
}

int WSAAPI ws2kit_watch_socket(SOCKET s, BOOL on)
{
    if (on)
        return handle_watch(s);
    handle_unwatch(s);
    return 0;
}

static int WSPAPI fd_is_set(SOCKET s, fd_set *set)
{
    return __WSAFDIsSet(s, set);
}

/* ---- the catalog ---- */

static int WSPAPI get_provider_path(LPGUID provider, WCHAR *path, LPINT path_chars, LPINT lp_errno)
{
    return WSCGetProviderPath(provider, path, path_chars, lp_errno);
}

/* ---- messages ---- */

static LPWPUPOSTMESSAGE post_routine;

/* user32 comes with the first message: a program that posts none should not pay for its windows. */
static LPWPUPOSTMESSAGE find_post_message(void)
{
    HMODULE user32 = LoadLibraryW(L"user32.dll");

    return user32 ? (LPWPUPOSTMESSAGE)(void *)GetProcAddress(user32, "PostMessageW") : NULL;
}

void upcalls_set_post_routine(LPWPUPOSTMESSAGE routine)
{
    __atomic_store_n(&post_routine, routine, __ATOMIC_RELEASE);
}

static WINBOOL WSPAPI post_message(HWND window, UINT message, WPARAM w, LPARAM l)
{
    LPWPUPOSTMESSAGE post = __atomic_load_n(&post_routine, __ATOMIC_ACQUIRE);

    if (!post) {
        post = find_post_message();
        if (!post)
            return FALSE;
        upcalls_set_post_routine(post);
    }
    return post(window, message, w, l);
}

/* ---- threads ---- */

static int WSPAPI query_blocking_callback(DWORD id, LPBLOCKINGCALLBACK *callback,
                                          PDWORD_PTR context, LPINT lp_errno)
{
    struct provider *p;
    BOOL is_base;
    int err;

    if (!callback || !context)
        return spi_fail(lp_errno, WSAEFAULT);
    err = provider_of_id(id, &p, &is_base);
    if (err)
        return spi_fail(lp_errno, err);
    *callback = hook_callback(context);
    return 0;
}

static int WSPAPI queue_apc(LPWSATHREADID id, LPWSAUSERAPC routine, DWORD_PTR context,
                            LPINT lp_errno)
{
    if (!id || !routine || !thread_queue_apc(id, routine, context))
        return spi_fail(lp_errno, WSAEFAULT);
    return 0;
}

/* The thread's own id rather than a new handle: it lives as long as the thread, which is all that anybody can use. */
static int WSPAPI open_current_thread(LPWSATHREADID id, LPINT lp_errno)
{
    struct thread *t = thread_get();
    LPWSATHREADID own = t ? thread_id(t) : NULL;

    if (!id)
        return spi_fail(lp_errno, WSAEFAULT);
    if (!own)
        return spi_fail(lp_errno, WSASYSCALLFAILURE);
    *id = *own;
    return 0;
}

/* Nothing to give back, and an APC queued a moment ago must still run. */
static int WSPAPI close_thread(LPWSATHREADID id, LPINT lp_errno)
{
    if (!id)
        return spi_fail(lp_errno, WSAEFAULT);
    return thread_id_valid(id) ? 0 : spi_fail(lp_errno, WSA_INVALID_HANDLE);
}

const WSPUPCALLTABLE upcall_table = {
    .lpWPUCloseEvent = close_event,
    .lpWPUCloseSocketHandle = close_socket_handle,
    .lpWPUCreateEvent = create_event,
    .lpWPUCreateSocketHandle = create_socket_handle,
    .lpWPUFDIsSet = fd_is_set,
    .lpWPUGetProviderPath = get_provider_path,
    .lpWPUModifyIFSHandle = modify_ifs_handle,
    .lpWPUPostMessage = post_message,
    .lpWPUQueryBlockingCallback = query_blocking_callback,
    .lpWPUQuerySocketHandleContext = query_socket_handle_context,
    .lpWPUQueueApc = queue_apc,
    .lpWPUResetEvent = reset_event,
    .lpWPUSetEvent = set_event,
    .lpWPUOpenCurrentThread = open_current_thread,
    .lpWPUCloseThread = close_thread,
};
