/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/upcalls.h"

#include "ws2_32/core/completion.h"
#include "ws2_32/core/diagnose.h"
#include "ws2_32/core/handle.h"
#include "ws2_32/core/hook.h"
#include "ws2_32/core/observe.h"
#include "ws2_32/core/pending.h"
#include "ws2_32/core/provider.h"
#include "ws2_32/core/reflect.h"
#include "ws2_32/core/snapshot.h"
#include "ws2_32/core/sockets.h"
#include "ws2_32/core/thread.h"

static int spi_fail(LPINT lp_errno, int err)
{
    if (!IsBadWritePtr(lp_errno, sizeof *lp_errno))
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

/* What the layer started and never ended ends now, as what is pending on a file does when it is closed. */
static void end_what_is_left(SOCKET s, const struct provider *p)
{
    void *ov;

    while ((ov = pending_take(s))) {
        diagnose(p, "socket %#llx, overlapped %p: closed without having told the operation's end; it is told as aborted",
                 (unsigned long long)s, ov);
        handle_complete(s, ov, WSA_OPERATION_ABORTED, 0);
    }
    while ((ov = reflect_any(s))) {
        diagnose(p, "socket %#llx: closed without having told the end of a ReadFile or WriteFile; it is told as aborted",
                 (unsigned long long)s);
        reflect_end(ov, handle_status(WSA_OPERATION_ABORTED), 0);
    }
}

static int WSPAPI close_socket_handle(SOCKET s, LPINT lp_errno)
{
    struct socket_entry *e = sockets_find(s);
    struct provider *p = e ? e->provider : NULL;

    if (!sockets_take(s)) {
        diagnose(NULL, "WPUCloseSocketHandle(%#llx): no handle of WPUCreateSocketHandle, or not any more", (unsigned long long)s);
        return spi_fail(lp_errno, WSAENOTSOCK);
    }
    end_what_is_left(s, p);
    handle_close(s);
    return 0;
}

static int WSPAPI query_socket_handle_context(SOCKET s, PDWORD_PTR context, LPINT lp_errno)
{
    struct socket_entry *e = sockets_find(s);

    if (!e || e->kind != SOCKET_OWN)
        return spi_fail(lp_errno, WSAENOTSOCK);
    if (IsBadWritePtr(context, sizeof *context))
        return spi_fail(lp_errno, WSAEFAULT);
    *context = e->context;
    return 0;
}

/*
 * A layer that ends an operation twice, or ends one that never was, must not reach the program with it: its memory may be something
 * else by now. An operation that the API did not see start, one of an extension function, has to say of itself that it is pending,
 * as layers make it do for HasOverlappedIoCompleted().
 */
static int check_is_pending(SOCKET s, LPWSAOVERLAPPED ov, const struct provider *p)
{
    if (pending_end(s, ov))
        return 0;
    if (IsBadWritePtr(ov, sizeof *ov)) {
        diagnose(p, "socket %#llx, overlapped %p: told of the end of an operation, but there is no memory any more",
                 (unsigned long long)s, (void *)ov);
        return WSAEFAULT;
    }
    if (__atomic_load_n(&ov->Internal, __ATOMIC_ACQUIRE) == WSS_OPERATION_IN_PROGRESS)
        return 0;
    diagnose(p, "socket %#llx, overlapped %p: told of the end of an operation that is not pending; ignored",
             (unsigned long long)s, (void *)ov);
    return WSAEINVAL;
}

int WSPAPI WPUCompleteOverlappedRequest(SOCKET s, LPWSAOVERLAPPED ov, DWORD err, DWORD bytes,
                                        LPINT lp_errno)
{
    struct socket_entry *e = sockets_find(s);
    int failure;

    if ((!e || e->kind != SOCKET_OWN) && completion_watched(s) && ov) {
        handle_complete(s, ov, err, bytes);
        return 0;
    }
    if (!e || e->kind != SOCKET_OWN) {
        diagnose(NULL, "socket %#llx, overlapped %p: told of the end of an operation on what is no handle of WPUCreateSocketHandle, or not any more",
                 (unsigned long long)s, (void *)ov);
        return spi_fail(lp_errno, WSAEINVAL);
    }
    if (!ov)
        return spi_fail(lp_errno, WSAEFAULT);
    if (reflect_end(ov, handle_status(err), bytes))
        return 0;
    failure = check_is_pending(s, ov, e->provider);
    if (failure)
        return spi_fail(lp_errno, failure);
    handle_complete(s, ov, err, bytes);
    return 0;
}

int WSAAPI ws2kit_watch_socket(SOCKET s, BOOL on)
{
    if (on)
        return handle_watch(s);
    handle_unwatch(s);
    return 0;
}

BOOL WSAAPI ws2kit_at_exit(void (*run)(void), BOOL on)
{
    return observe_exit(run, on);
}

static int WSPAPI fd_is_set(SOCKET s, fd_set *set)
{
    return !IsBadReadPtr(set, sizeof set->fd_count) && __WSAFDIsSet(s, set);
}

/* ---- the catalog ---- */

static int WSPAPI get_provider_path(LPGUID provider, WCHAR *path, LPINT path_chars, LPINT lp_errno)
{
    if (IsBadReadPtr(provider, sizeof *provider) || IsBadWritePtr(path_chars, sizeof *path_chars) ||
        (path && *path_chars > 0 && IsBadWritePtr(path, *path_chars * sizeof *path)))
        return spi_fail(lp_errno, WSAEFAULT);
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

    if (IsBadWritePtr(callback, sizeof *callback) || IsBadWritePtr(context, sizeof *context))
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
    if (IsBadReadPtr(id, sizeof *id) || !routine || !thread_queue_apc(id, routine, context))
        return spi_fail(lp_errno, WSAEFAULT);
    return 0;
}

/* The thread's own id rather than a new handle: it lives as long as the thread, which is all that anybody can use. */
static int WSPAPI open_current_thread(LPWSATHREADID id, LPINT lp_errno)
{
    struct thread *t = thread_get();
    LPWSATHREADID own = t ? thread_id(t) : NULL;

    if (IsBadWritePtr(id, sizeof *id))
        return spi_fail(lp_errno, WSAEFAULT);
    if (!own)
        return spi_fail(lp_errno, WSASYSCALLFAILURE);
    *id = *own;
    return 0;
}

/* Nothing to give back, and an APC queued a moment ago must still run. */
static int WSPAPI close_thread(LPWSATHREADID id, LPINT lp_errno)
{
    if (IsBadReadPtr(id, sizeof *id))
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
