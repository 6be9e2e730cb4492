/* SPDX-License-Identifier: MIT */
/*
 * GetAddrInfoEx: at once, or on a pool thread with an event or a routine at the end, within a time, until cancelled.
 *
 * A lookup goes on while it stands in the list. Whoever takes it out (the worker with its answer, the timer, a cancellation)
 * decides its end and makes it known, once; the worker alone frees it. A worker that comes too late drops its answer.
 */
#include "ws2_32/names/addrinfo_pe.h"

#include <windows.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/names/text_pe.h"

_Static_assert(sizeof(ADDRINFOEXA) == sizeof(ADDRINFOEXW), "SDK");

static void free_ex_list(ADDRINFOEXA *list)
{
    while (list) {
        ADDRINFOEXA *next = (ADDRINFOEXA *)list->ai_next;

        free((void *)list->ai_canonname);
        free(list);
        list = next;
    }
}

static ADDRINFOEXA *new_ex_entry(ADDRINFOA *from)
{
    struct {
        ADDRINFOEXA info;
        struct sockaddr_in6 addr;
    } *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    e->info.ai_family = from->ai_family;
    e->info.ai_socktype = from->ai_socktype;
    e->info.ai_protocol = from->ai_protocol;
    e->info.ai_canonname = from->ai_canonname;
    from->ai_canonname = NULL;
    e->info.ai_addr = memcpy(&e->addr, from->ai_addr, from->ai_addrlen);
    e->info.ai_addrlen = from->ai_addrlen;
    return &e->info;
}

static int to_ex(ADDRINFOA *list, ADDRINFOEXA **out)
{
    ADDRINFOEXA *first = NULL, **tail = &first;

    for (ADDRINFOA *from = list; from; from = from->ai_next) {
        *tail = new_ex_entry(from);
        if (!*tail) {
            free_ex_list(first);
            return WSA_NOT_ENOUGH_MEMORY;
        }
        tail = (ADDRINFOEXA **)&(*tail)->ai_next;
    }
    *out = first;
    return 0;
}

static int look_up(const struct resolve_request *rq, enum form form, ADDRINFOEXA **out)
{
    ADDRINFOA *list = NULL;
    int err = addrinfo_list(rq, form, &list);

    if (!err)
        err = to_ex(list, out);
    addrinfo_free(list);
    return err;
}

/* ---- lookups that go on ---- */

typedef void(CALLBACK *routine_fn)(DWORD err, DWORD bytes, OVERLAPPED *overlapped);

/* How the program is told. */
struct ending {
    OVERLAPPED *overlapped;
    ADDRINFOEXA **result;
    HANDLE event;
    routine_fn routine;
    HMODULE self; /* for the routine on a thread of its own */
    int err;
};

struct lookup_op {
    struct lookup_op *next; /* guarded by lock */
    ULONG_PTR id;
    struct ending ending;
    struct resolve_request rq; /* its strings are the op's */
    enum form form;
    GUID provider;
    TP_TIMER *timer;
    HMODULE self;
};

enum { INTERNAL_PENDING = 0x103 }; /* STATUS_PENDING */

static struct lock lock;
static struct lookup_op *ops; /* guarded by lock */
static ULONG_PTR last_id;     /* guarded by lock */

/* Takes `op` (NULL: the one with that id, whatever it is) out of the list. False if it is not there any more. */
static bool claim(struct lookup_op *op, ULONG_PTR id, struct ending *out)
{
    struct lookup_op **at;
    bool found;

    lock_take(&lock);
    for (at = &ops; *at && (op ? *at != op : (*at)->id != id); at = &(*at)->next)
        ;
    found = *at;
    if (found) {
        *out = (*at)->ending;
        *at = (*at)->next;
    }
    lock_drop(&lock);
    return found;
}

/* The program may free the OVERLAPPED as soon as it sees the end, so nothing of it is touched after Internal. */
static void tell(const struct ending *e, int err, ADDRINFOEXA *list)
{
    *e->result = list;
    __atomic_store_n(&e->overlapped->Internal, (ULONG_PTR)err, __ATOMIC_RELEASE);
    if (e->routine)
        e->routine((DWORD)err, 0, e->overlapped);
    else if (e->event)
        SetEvent(e->event);
}

static void CALLBACK tell_later(PTP_CALLBACK_INSTANCE instance, void *arg)
{
    struct ending e = *(struct ending *)arg;

    free(arg);
    FreeLibraryWhenCallbackReturns(instance, e.self);
    tell(&e, e.err, NULL);
}

/* A cancellation is told from a pool thread: the program may hold locks that its routine takes. */
static void tell_cancelled(const struct ending *e)
{
    struct ending *later = e->routine ? malloc(sizeof *later) : NULL;

    if (later) {
        *later = *e;
        later->err = WSA_E_CANCELLED;
        if (GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (const wchar_t *)(void *)tell_later, &later->self)) {
            if (TrySubmitThreadpoolCallback(tell_later, later, NULL))
                return;
            FreeLibrary(later->self);
        }
        free(later);
    }
    tell(e, WSA_E_CANCELLED, NULL);
}

static void op_free(struct lookup_op *op)
{
    if (op->timer) { /* once it cannot come any more */
        SetThreadpoolTimer(op->timer, NULL, 0, 0);
        WaitForThreadpoolTimerCallbacks(op->timer, TRUE);
        CloseThreadpoolTimer(op->timer);
    }
    free((char *)op->rq.node);
    free((char *)op->rq.service);
    free(op);
}

static void CALLBACK work(PTP_CALLBACK_INSTANCE instance, void *arg)
{
    struct lookup_op *op = arg;
    ADDRINFOEXA *list = NULL;
    struct ending e;
    int err;

    FreeLibraryWhenCallbackReturns(instance, op->self);
    CallbackMayRunLong(instance);
    err = look_up(&op->rq, op->form, &list);
    if (claim(op, 0, &e)) {
        op_free(op);
        tell(&e, err, list);
    } else {
        op_free(op);
        free_ex_list(list);
    }
}

static void CALLBACK too_late(PTP_CALLBACK_INSTANCE instance, void *arg, TP_TIMER *timer)
{
    struct ending e;

    (void)instance, (void)timer;
    if (claim(arg, 0, &e))
        tell(&e, WSAETIMEDOUT, NULL);
}

static LONGLONG ticks_of(const struct timeval *t)
{
    return ((LONGLONG)t->tv_sec * 1000000 + t->tv_usec) * 10;
}

static int start_timer(struct lookup_op *op, const struct timeval *timeout)
{
    LONGLONG due = -ticks_of(timeout);
    FILETIME relative = {(DWORD)due, (DWORD)(due >> 32)};

    op->timer = CreateThreadpoolTimer(too_late, op, NULL);
    if (!op->timer)
        return WSA_NOT_ENOUGH_MEMORY;
    SetThreadpoolTimer(op->timer, &relative, 0, 0);
    return 0;
}

/* Gives the op to a worker, or frees it. The handle is written before anybody can be told the end. */
static int start(struct lookup_op *op, const struct timeval *timeout, HANDLE *handle)
{
    struct ending unused;
    int err = 0;

    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (const wchar_t *)(void *)work, &op->self)) {
        op_free(op);
        return WSA_NOT_ENOUGH_MEMORY;
    }
    __atomic_store_n(&op->ending.overlapped->Internal, INTERNAL_PENDING, __ATOMIC_RELAXED);
    lock_take(&lock);
    last_id += 4; /* handles are multiples of four */
    op->id = last_id;
    if (handle)
        *handle = (HANDLE)op->id;
    op->next = ops;
    ops = op;
    lock_drop(&lock);
    if (timeout)
        err = start_timer(op, timeout);
    if (!err && !TrySubmitThreadpoolCallback(work, op, NULL))
        err = WSA_NOT_ENOUGH_MEMORY;
    if (!err)
        return 0;
    if (!claim(op, 0, &unused))
        err = 0; /* the timer was faster, and has told */
    FreeLibrary(op->self);
    op_free(op);
    return err;
}

static int cancel(ULONG_PTR id)
{
    struct ending e;

    if (!id || !claim(NULL, id, &e))
        return WSA_INVALID_HANDLE;
    tell_cancelled(&e);
    return 0;
}

void addrinfo_ex_cleanup(void)
{
    ULONG_PTR id;

    do {
        lock_take(&lock);
        id = ops ? ops->id : 0;
        lock_drop(&lock);
        if (id)
            cancel(id);
    } while (id);
}

/* ---- the calls ---- */

struct ex_call {
    DWORD name_space;
    const GUID *provider;
    const ADDRINFOEXA *hints;
    ADDRINFOEXA **result;
    const struct timeval *timeout;
    OVERLAPPED *overlapped;
    void *routine;
    HANDLE *handle;
};

static int check(const struct ex_call *c)
{
    if (text_is_bad(c->result) || (c->hints && text_is_bad(c->hints)))
        return WSAEFAULT;
    *c->result = NULL;
    if ((c->routine || c->handle) && !c->overlapped)
        return WSAEINVAL;
    if (c->routine && c->overlapped->hEvent)
        return WSAEINVAL;
    if (c->timeout && (c->timeout->tv_sec < 0 || c->timeout->tv_usec < 0 || !(c->timeout->tv_sec | c->timeout->tv_usec)))
        return WSAEINVAL;
    if (c->hints && (c->hints->ai_addrlen || c->hints->ai_canonname || c->hints->ai_addr || c->hints->ai_next ||
                     c->hints->ai_blob || c->hints->ai_bloblen || c->hints->ai_provider))
        return WSANO_RECOVERY;
    return 0;
}

static int make_op(const void *node, const void *service, enum form form, const struct ex_call *c, struct lookup_op **out)
{
    struct lookup_op *op = calloc(1, sizeof *op);
    char *text = NULL;
    int err;

    if (!op)
        return WSA_NOT_ENOUGH_MEMORY;
    op->form = form;
    op->rq.name_space = c->name_space;
    if (c->provider) {
        op->provider = *c->provider;
        op->rq.provider = &op->provider;
    }
    if (c->hints) {
        op->rq.flags = c->hints->ai_flags;
        op->rq.family = c->hints->ai_family;
        op->rq.socktype = c->hints->ai_socktype;
        op->rq.protocol = c->hints->ai_protocol;
    }
    err = addrinfo_text(node, form, &text);
    op->rq.node = text;
    text = NULL;
    if (!err)
        err = addrinfo_text(service, form, &text);
    if (text && !*text) {
        free(text);
        text = NULL;
    }
    op->rq.service = text;
    if (err) {
        op_free(op);
        return err;
    }
    *out = op;
    return 0;
}

static int go_on(struct lookup_op *op, const struct ex_call *c)
{
    int err;

    op->ending = (struct ending){c->overlapped, c->result, c->overlapped->hEvent, (routine_fn)c->routine, NULL, 0};
    if (op->ending.event)
        ResetEvent(op->ending.event);
    err = start(op, c->timeout, c->handle);
    if (err && c->handle)
        *c->handle = NULL;
    return err ? err : WSA_IO_PENDING;
}

/* With a time limit and nobody to tell: a worker looks, and this thread waits for it or the limit. */
static int wait_for(struct lookup_op *op, const struct ex_call *c)
{
    OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    int err;

    if (!overlapped.hEvent) {
        op_free(op);
        return WSA_NOT_ENOUGH_MEMORY;
    }
    op->ending = (struct ending){&overlapped, c->result, overlapped.hEvent, NULL, NULL, 0};
    err = start(op, c->timeout, NULL);
    if (!err) {
        WaitForSingleObject(overlapped.hEvent, INFINITE);
        err = (int)overlapped.Internal;
    }
    CloseHandle(overlapped.hEvent);
    return err;
}

static int get_ex(const void *node, const void *service, enum form form, const struct ex_call *c)
{
    struct lookup_op *op;
    ADDRINFOEXA *list = NULL;
    int err = startup_check();

    if (!err)
        err = check(c);
    if (!err)
        err = make_op(node, service, form, c, &op);
    if (!err && c->overlapped) {
        err = go_on(op, c);
    } else if (!err && c->timeout) {
        err = wait_for(op, c);
    } else if (!err) {
        err = look_up(&op->rq, form, &list);
        op_free(op);
        if (!err)
            *c->result = list;
    }
    WSASetLastError(err);
    return err;
}

int WSAAPI GetAddrInfoExA(PCSTR node, PCSTR service, DWORD name_space, LPGUID provider, const ADDRINFOEXA *hints,
                          PADDRINFOEXA *result, PTIMEVAL timeout, LPOVERLAPPED overlapped,
                          LPLOOKUPSERVICE_COMPLETION_ROUTINE completion, LPHANDLE handle)
{
    struct ex_call c = {name_space, provider, hints, result, timeout, overlapped, completion, handle};

    return get_ex(node, service, FORM_ANSI, &c);
}

int WSAAPI GetAddrInfoExW(PCWSTR node, PCWSTR service, DWORD name_space, LPGUID provider, const ADDRINFOEXW *hints,
                          PADDRINFOEXW *result, PTIMEVAL timeout, LPOVERLAPPED overlapped,
                          LPLOOKUPSERVICE_COMPLETION_ROUTINE completion, LPHANDLE handle)
{
    struct ex_call c = {name_space, provider,   (const ADDRINFOEXA *)hints, (ADDRINFOEXA **)result,
                        timeout,    overlapped, completion,                 handle};

    return get_ex(node, service, FORM_WIDE, &c);
}

/* Not in these headers. */
int WSAAPI GetAddrInfoExCancel(LPHANDLE handle);
int WSAAPI GetAddrInfoExOverlappedResult(LPOVERLAPPED overlapped);

int WSAAPI GetAddrInfoExCancel(LPHANDLE handle)
{
    return text_is_bad(handle) ? WSA_INVALID_HANDLE : cancel((ULONG_PTR)*handle);
}

int WSAAPI GetAddrInfoExOverlappedResult(LPOVERLAPPED overlapped)
{
    ULONG_PTR internal;

    if (text_is_bad(overlapped))
        return WSAEINVAL;
    internal = __atomic_load_n(&overlapped->Internal, __ATOMIC_ACQUIRE);
    return internal == INTERNAL_PENDING ? WSAEINPROGRESS : (int)internal;
}

#undef FreeAddrInfoEx
void WSAAPI FreeAddrInfoEx(PADDRINFOEXA list)
{
    free_ex_list(list);
}

void WSAAPI FreeAddrInfoExW(PADDRINFOEXW list)
{
    free_ex_list((ADDRINFOEXA *)list);
}
