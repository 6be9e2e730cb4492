/* SPDX-License-Identifier: MIT */
#include "ws2_32/api/wah.h"

#include <stdlib.h>

#include "base/handle_map.h"
#include "ws2_32/api/change.h"
#include "ws2_32/core/completion.h"
#include "ws2_32/core/handle.h"
#include "ws2_32/core/sockets.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/core/watch.h"

/* A helper has no state: its address says which kind it is. */
static char handle_helper, apc_helper, notification_helper;

static int result(int err)
{
    SetLastError(err);
    return err;
}

static int open_helper(HANDLE *helper, char *kind)
{
    if (IsBadWritePtr(helper, sizeof *helper))
        return result(WSAEFAULT);
    *helper = kind;
    return result(0);
}

static int close_helper(HANDLE helper, const char *kind)
{
    return result(helper == kind ? 0 : WSA_INVALID_HANDLE);
}

int WINAPI WahOpenHandleHelper(HANDLE *helper)
{
    return open_helper(helper, &handle_helper);
}

int WINAPI WahCloseHandleHelper(HANDLE helper)
{
    return close_helper(helper, &handle_helper);
}

int WINAPI WahOpenApcHelper(HANDLE *helper)
{
    return open_helper(helper, &apc_helper);
}

int WINAPI WahCloseApcHelper(HANDLE helper)
{
    return close_helper(helper, &apc_helper);
}

int WINAPI WahOpenNotificationHandleHelper(HANDLE *helper)
{
    return open_helper(helper, &notification_helper);
}

int WINAPI WahCloseNotificationHandleHelper(HANDLE helper)
{
    return close_helper(helper, &notification_helper);
}

/* ---- sockets ---- */

int WINAPI WahCreateSocketHandle(HANDLE helper, SOCKET *s)
{
    if (helper != &handle_helper)
        return result(WSA_INVALID_HANDLE);
    if (IsBadWritePtr(s, sizeof *s))
        return result(WSAEFAULT);
    return result(handle_create(TRUE, s));
}

/* One that has an owner is its layer's, which uses upcalls. */
static int check_socket(HANDLE helper, SOCKET s)
{
    if (helper != &handle_helper)
        return WSA_INVALID_HANDLE;
    return completion_known(s) && !sockets_find(s) ? 0 : WSAENOTSOCK;
}

int WINAPI WahCloseSocketHandle(HANDLE helper, SOCKET s)
{
    int err = check_socket(helper, s);

    if (!err)
        handle_close(s);
    return result(err);
}

int WINAPI WahCompleteRequest(HANDLE helper, SOCKET s, LPWSAOVERLAPPED ov, DWORD status, DWORD bytes)
{
    int err = check_socket(helper, s);

    if (!err && IsBadWritePtr(ov, sizeof *ov))
        err = WSAEFAULT;
    if (!err)
        handle_complete(s, ov, status, bytes);
    return result(err);
}

int WINAPI WahEnableNonIFSHandleSupport(void)
{
    return result(0);
}

int WINAPI WahDisableNonIFSHandleSupport(void)
{
    return result(WSAEOPNOTSUPP);
}

/* ---- threads ---- */

int WINAPI WahOpenCurrentThread(HANDLE helper, LPWSATHREADID id)
{
    struct thread *t = thread_get();
    LPWSATHREADID own = t ? thread_id(t) : NULL;

    if (helper != &apc_helper)
        return result(WSA_INVALID_HANDLE);
    if (IsBadWritePtr(id, sizeof *id))
        return result(WSAEFAULT);
    if (!own)
        return result(WSASYSCALLFAILURE);
    *id = *own;
    return result(0);
}

int WINAPI WahCloseThread(HANDLE helper, LPWSATHREADID id)
{
    if (helper != &apc_helper)
        return result(WSA_INVALID_HANDLE);
    if (IsBadReadPtr(id, sizeof *id))
        return result(WSAEFAULT);
    return result(thread_id_valid(id) ? 0 : WSA_INVALID_HANDLE);
}

int WINAPI WahQueueUserApc(HANDLE helper, LPWSATHREADID id, LPWSAUSERAPC routine, DWORD_PTR context)
{
    if (helper != &apc_helper)
        return result(WSA_INVALID_HANDLE);
    if (IsBadReadPtr(id, sizeof *id) || !routine || !thread_queue_apc(id, routine, context))
        return result(WSAEFAULT);
    return result(0);
}

/* ---- notification ---- */

int WINAPI WahCreateNotificationHandle(HANDLE helper, HANDLE *notification)
{
    if (helper != &notification_helper)
        return result(WSA_INVALID_HANDLE);
    if (IsBadWritePtr(notification, sizeof *notification))
        return result(WSAEFAULT);
    return result(watch_open(notification));
}

int WINAPI WahWaitForNotification(HANDLE helper, HANDLE notification, LPWSAOVERLAPPED ov,
                                  LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (helper != &notification_helper)
        return result(WSA_INVALID_HANDLE);
    return result(change_await(notification, ov, routine));
}

/* ---- contexts ---- */

struct table {
    struct lock lock; /* taken before the map's: a context is counted while it stands there */
    struct handle_map map;
};

int WINAPI WahCreateHandleContextTable(void **table)
{
    if (IsBadWritePtr(table, sizeof *table))
        return result(WSAEFAULT);
    *table = calloc(1, sizeof(struct table));
    return result(*table ? 0 : WSA_NOT_ENOUGH_MEMORY);
}

int WINAPI WahDestroyHandleContextTable(void *table)
{
    struct table *t = table;

    if (!t)
        return result(WSAEFAULT);
    handle_map_free(&t->map);
    free(t);
    return result(0);
}

struct wah_context *WINAPI WahInsertHandleContext(void *table, struct wah_context *context)
{
    struct table *t = table;
    int err = WSAEINVAL;

    lock_take(&t->lock);
    if (!handle_map_find(&t->map, (uintptr_t)context->handle)) {
        context->refs = 1;
        err = handle_map_set(&t->map, (uintptr_t)context->handle, context, NULL);
    }
    lock_drop(&t->lock);
    return result(err) ? NULL : context;
}

struct wah_context *WINAPI WahReferenceContextByHandle(void *table, HANDLE handle)
{
    struct wah_context *context;
    struct table *t = table;

    lock_take(&t->lock);
    context = handle_map_find(&t->map, (uintptr_t)handle);
    if (context)
        InterlockedIncrement(&context->refs);
    lock_drop(&t->lock);
    result(context ? 0 : WSAENOTSOCK);
    return context;
}

int WINAPI WahRemoveHandleContext(void *table, struct wah_context *context)
{
    struct table *t = table;
    void *taken;

    lock_take(&t->lock);
    taken = handle_map_remove(&t->map, (uintptr_t)context->handle, context);
    lock_drop(&t->lock);
    return result(taken ? 0 : WSAENOTSOCK);
}

struct enumeration {
    BOOL(CALLBACK *each)(struct wah_context *context, void *arg);
    void *arg;
    BOOL goes_on;
};

static void visit(uintptr_t handle, void *value, void *arg)
{
    struct enumeration *e = arg;

    (void)handle;
    if (e->goes_on)
        e->goes_on = e->each(value, e->arg);
}

BOOL WINAPI WahEnumerateHandleContexts(void *table, BOOL(CALLBACK *each)(struct wah_context *context, void *arg), void *arg)
{
    struct enumeration e = { each, arg, TRUE };
    struct table *t = table;

    handle_map_each(&t->map, visit, &e);
    return e.goes_on;
}
