/* SPDX-License-Identifier: MIT */
/*
 * WSAAsyncGetXByY: the questions of getxby_pe.h on a pool thread, the answer in the program's buffer, a message when
 * it is there.
 *
 * A request is pending while it stands in the list. Whoever takes it out decides its end: the worker, who then writes
 * the buffer and posts the message, or a cancellation, after which neither happens.
 */
#include <winsock2.h>
#include <windows.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "namespace/dns/service_pe.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/names/addrinfo_pe.h"
#include "ws2_32/names/files_pe.h"
#include "ws2_32/names/getxby_pe.h"
#include "ws2_32/names/names.h"
#include "ws2_32/names/ns_api_pe.h"
#include "ws2_32/names/ns_catalog_pe.h"
#include "ws2_32/names/ns_provider_pe.h"
#include "ws2_32/names/own_pe.h"
#include "ws2_32/names/text_pe.h"

struct request {
    struct request *next; /* guarded by lock */
    ULONG id;
    HWND window;
    UINT message;
    void *buf;
    size_t buf_bytes;
    int err; /* an argument was bad; the message says so */
    struct xby_query query;
    bool ours;          /* out of the list by the worker's hand */
    size_t answer_bytes;
    char *name, *proto; /* copies that the query points to */
    HMODULE self;
};

static struct lock lock;
static struct request *pending; /* guarded by lock */
static ULONG last_id;           /* guarded by lock */

/* Takes the request out of the list; false if somebody was faster. */
static bool claim(struct request *r)
{
    struct request **at;

    lock_take(&lock);
    for (at = &pending; *at && *at != r; at = &(*at)->next)
        ;
    if (*at) {
        *at = r->next;
        r->ours = true;
    }
    lock_drop(&lock);
    return r->ours;
}

static void *program_room(size_t bytes, void *arg)
{
    struct request *r = arg;

    r->answer_bytes = bytes;
    return bytes <= r->buf_bytes && claim(r) ? r->buf : NULL;
}

/* The window is there, so user32 is; this DLL must not import it all the same (every console program loads us). */
static void post(const struct request *r, int err)
{
    HMODULE user32 = LoadLibraryW(L"user32.dll");
    BOOL(WINAPI * post_message)(HWND, UINT, WPARAM, LPARAM);
    size_t bytes = r->answer_bytes < 0xffff ? r->answer_bytes : 0xffff;

    if (!user32)
        return;
    post_message = (void *)GetProcAddress(user32, "PostMessageW");
    if (post_message)
        post_message(r->window, r->message, r->id, (LPARAM)MAKELONG(bytes, err));
    FreeLibrary(user32);
}

static void request_free(struct request *r)
{
    if (r) {
        free(r->name);
        free(r->proto);
    }
    free(r);
}

static void CALLBACK work(PTP_CALLBACK_INSTANCE instance, void *arg)
{
    struct request *r = arg;
    int err = r->err;

    FreeLibraryWhenCallbackReturns(instance, r->self);
    CallbackMayRunLong(instance);
    if (!err)
        err = xby_answer(&r->query, program_room, r);
    if (r->ours || claim(r)) {
        if (err && err != WSAENOBUFS)
            r->answer_bytes = 0;
        post(r, err);
    }
    request_free(r);
}

static int copy_text(const char *text, char **to)
{
    if (!text)
        return 0;
    if (text_is_bad(text))
        return WSAEFAULT;
    *to = _strdup(text);
    return *to ? 0 : WSAENOBUFS;
}

/* Undoes the start of a request that no thread took on. */
static HANDLE give_up(struct request *r)
{
    claim(r);
    FreeLibrary(r->self);
    request_free(r);
    WSASetLastError(WSAEWOULDBLOCK);
    return NULL;
}

static HANDLE start(HWND window, UINT message, const struct xby_query *query, int err, char *buf, int buf_bytes)
{
    int start_err = startup_check();
    struct request *r;
    ULONG id;

    if (start_err) {
        WSASetLastError(start_err);
        return NULL;
    }
    r = calloc(1, sizeof *r);
    if (!r || !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (const wchar_t *)(void *)work, &r->self)) {
        free(r);
        WSASetLastError(WSAEWOULDBLOCK);
        return NULL;
    }
    r->window = window;
    r->message = message;
    r->buf = buf;
    r->buf_bytes = buf_bytes > 0 ? (size_t)buf_bytes : 0;
    r->query = *query;
    r->err = err;
    if (!r->err)
        r->err = copy_text(query->name, &r->name);
    if (!r->err)
        r->err = copy_text(query->proto, &r->proto);
    if (!r->err && text_is_bad(buf))
        r->err = WSAEFAULT;
    r->query.name = r->name;
    r->query.proto = r->proto;

    lock_take(&lock);
    last_id = last_id < 0x7fffffff ? last_id + 1 : 1;
    id = r->id = last_id;
    r->next = pending;
    pending = r;
    lock_drop(&lock);

    if (!TrySubmitThreadpoolCallback(work, r, NULL))
        return give_up(r);
    return ULongToHandle(id); /* `r` is the worker's now */
}

HANDLE WSAAPI WSAAsyncGetHostByName(HWND window, u_int message, const char *name, char *buf, int buf_bytes)
{
    struct xby_query q = {.kind = XBY_HOST_NAME, .name = name};

    return start(window, message, &q, 0, buf, buf_bytes);
}

HANDLE WSAAPI WSAAsyncGetHostByAddr(HWND window, u_int message, const char *addr, int addr_len, int type, char *buf,
                                    int buf_bytes)
{
    struct xby_query q = {.kind = XBY_HOST_ADDR};
    int err = xby_addr(addr, addr_len, type, &q.addr);

    return start(window, message, &q, err, buf, buf_bytes);
}

HANDLE WSAAPI WSAAsyncGetServByName(HWND window, u_int message, const char *name, const char *proto, char *buf,
                                    int buf_bytes)
{
    struct xby_query q = {.kind = XBY_SERVICE, .name = name, .proto = proto};

    return start(window, message, &q, name ? 0 : WSAEFAULT, buf, buf_bytes);
}

HANDLE WSAAPI WSAAsyncGetServByPort(HWND window, u_int message, int port, const char *proto, char *buf, int buf_bytes)
{
    struct xby_query q = {.kind = XBY_SERVICE, .proto = proto, .number = ntohs((u_short)port)};

    return start(window, message, &q, 0, buf, buf_bytes);
}

HANDLE WSAAPI WSAAsyncGetProtoByName(HWND window, u_int message, const char *name, char *buf, int buf_bytes)
{
    struct xby_query q = {.kind = XBY_PROTOCOL, .name = name};

    return start(window, message, &q, name ? 0 : WSAEFAULT, buf, buf_bytes);
}

HANDLE WSAAPI WSAAsyncGetProtoByNumber(HWND window, u_int message, int number, char *buf, int buf_bytes)
{
    struct xby_query q = {.kind = XBY_PROTOCOL, .number = number};

    return start(window, message, &q, 0, buf, buf_bytes);
}

int WSAAPI WSACancelAsyncRequest(HANDLE handle)
{
    ULONG_PTR id = (ULONG_PTR)handle;
    struct request **at;
    int err = startup_check();

    if (err)
        return api_fail(err);
    lock_take(&lock);
    if (!id || id > last_id)
        err = WSAEINVAL;
    for (at = &pending; *at && (*at)->id != id; at = &(*at)->next)
        ;
    if (*at)
        *at = (*at)->next; /* its worker finds it gone, and frees it */
    else if (!err)
        err = WSAEALREADY;
    lock_drop(&lock);
    return err ? api_fail(err) : 0;
}

void names_cleanup(void)
{
    lock_take(&lock);
    pending = NULL;
    lock_drop(&lock);
    ns_api_end_all();
    addrinfo_ex_cleanup();
    file_forget_all();
    own_cleanup();
    ns_provider_stop_all();
    ns_catalog_forget();
    dns_service_cleanup();
}
