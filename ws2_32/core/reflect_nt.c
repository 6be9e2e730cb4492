/* SPDX-License-Identifier: MIT */
#define WIN32_NO_STATUS
#include "ws2_32/core/reflect.h"
#undef WIN32_NO_STATUS

#include <ntstatus.h>
#include <winternl.h>

#include <stdlib.h>

#include "base/cancel.h"
#include "base/lock.h"
#include "ws2_32/core/call.h"
#include "ws2_32/core/completion.h"
#include "ws2_32/core/handle.h"
#include "ws2_32/core/observe.h"
#include "ws2_32/core/sockets.h"

NTSTATUS NTAPI NtSetEvent(HANDLE event, LONG *before);
NTSTATUS NTAPI NtResetEvent(HANDLE event, LONG *before);

typedef NTSTATUS(NTAPI *transfer)(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, void *context, IO_STATUS_BLOCK *iosb,
                                  void *data, ULONG bytes, LARGE_INTEGER *offset, ULONG *key);
typedef NTSTATUS(NTAPI *wait)(HANDLE handle, BOOLEAN alertable, const LARGE_INTEGER *timeout);
typedef NTSTATUS(NTAPI *wait_many)(ULONG count, const HANDLE *handles, BOOLEAN any, BOOLEAN alertable,
                                   const LARGE_INTEGER *timeout);

enum { BUCKETS = 64 };

struct reflected {
    WSAOVERLAPPED ov; /* first: the owner's side knows only this */
    struct reflected *next, **link;
    unsigned refs; /* guarded by lock: the operation's, and reflect_get()'s */
    SOCKET s;
    HANDLE event;
    PIO_APC_ROUTINE routine;
    WSATHREADID thread;
    void *context; /* for the packet or the routine; NULL: no packet */
    IO_STATUS_BLOCK *iosb;
    BOOL has_thread, program_s_overlapped;
};

static struct lock lock;
static struct reflected *bucket[BUCKETS]; /* guarded by lock */
static LONG volatile pending;             /* read without it */
static void *real_read, *real_write, *real_wait, *real_wait_many;

static struct reflected **bucket_of(const void *ov)
{
    return &bucket[((ULONG_PTR)ov >> 5) % BUCKETS];
}

static void enter(struct reflected *r)
{
    struct reflected **at = bucket_of(r);

    lock_take(&lock);
    r->refs = 1;
    r->next = *at;
    r->link = at;
    if (r->next)
        r->next->link = &r->next;
    *at = r;
    lock_drop(&lock);
    InterlockedIncrement(&pending);
}

/* The operation that `ov` belongs to, taken out: whoever gets it, ends it. */
static struct reflected *take(LPWSAOVERLAPPED ov)
{
    struct reflected *r;

    if (!pending)
        return NULL;
    lock_take(&lock);
    for (r = *bucket_of(ov); r && &r->ov != ov; r = r->next)
        ;
    if (r) {
        *r->link = r->next;
        if (r->next)
            r->next->link = r->link;
    }
    lock_drop(&lock);
    if (r)
        InterlockedDecrement(&pending);
    return r;
}

static void put(struct reflected *r)
{
    BOOL last;

    lock_take(&lock);
    last = !--r->refs;
    lock_drop(&lock);
    if (last)
        free(r);
}

LPWSAOVERLAPPED reflect_get(HANDLE file, void *iosb)
{
    struct reflected *r = NULL;

    if (!pending || !iosb)
        return NULL;
    lock_take(&lock);
    for (int i = 0; !r && i < BUCKETS; i++)
        for (r = bucket[i]; r && !(r->iosb == iosb && r->s == (SOCKET)file); r = r->next)
            ;
    if (r)
        r->refs++;
    lock_drop(&lock);
    return r ? &r->ov : NULL;
}

LPWSAOVERLAPPED reflect_any(SOCKET s)
{
    struct reflected *r = NULL;

    if (!pending)
        return NULL;
    lock_take(&lock);
    for (int i = 0; !r && i < BUCKETS; i++)
        for (r = bucket[i]; r && r->s != s; r = r->next)
            ;
    lock_drop(&lock);
    return r ? &r->ov : NULL;
}

void reflect_put(LPWSAOVERLAPPED ov)
{
    put((struct reflected *)ov);
}

/* ---- how it ends ---- */

struct apc {
    PIO_APC_ROUTINE routine;
    void *context;
    IO_STATUS_BLOCK *iosb;
};

static void CALLBACK run_routine(DWORD_PTR context)
{
    struct apc apc = *(struct apc *)context;

    free((void *)context);
    apc.routine(apc.context, apc.iosb, 0);
}

static void queue_routine(struct reflected *r)
{
    struct apc *apc = malloc(sizeof *apc);

    if (!apc)
        return;
    *apc = (struct apc){ r->routine, r->context, r->iosb };
    if (!thread_queue_apc(&r->thread, run_routine, (DWORD_PTR)apc))
        free(apc); /* the thread has ended */
}

BOOL reflect_end(LPWSAOVERLAPPED ov, LONG status, DWORD bytes)
{
    struct reflected *r = take(ov);

    if (!r)
        return FALSE;
    if (r->program_s_overlapped) { /* where layers keep what WSAGetOverlappedResult answers */
        ((OVERLAPPED *)r->iosb)->Offset = r->ov.Offset;
        ((OVERLAPPED *)r->iosb)->OffsetHigh = r->ov.OffsetHigh;
    }
    handle_end(r->s, (OVERLAPPED *)r->iosb, r->event, r->routine ? NULL : r->context, status, bytes);
    if (r->routine)
        queue_routine(r);
    put(r);
    return TRUE;
}

/* ---- how it begins ---- */

static int ask_owner(struct call *c, struct reflected *r, BOOL out, void *data, ULONG bytes)
{
    WSABUF buf = { bytes, data };
    DWORD flags = 0, n;
    LPWSATHREADID thread = call_thread_id(c, &r->ov);

    if (out)
        return c->proc->lpWSPSend(r->s, &buf, 1, &n, 0, &r->ov, NULL, thread, &c->err);
    return c->proc->lpWSPRecv(r->s, &buf, 1, &n, &flags, &r->ov, NULL, thread, &c->err);
}

static NTSTATUS start(struct call *c, struct reflected *r, BOOL out, void *data, ULONG bytes)
{
    LPWSATHREADID id = r->routine ? thread_id(c->thread) : NULL;

    if (r->routine && (!id || completion_tied(r->s))) {
        free(r);
        return STATUS_INVALID_PARAMETER; /* a handle with a port cannot use routines */
    }
    if (id)
        r->thread = *id;
    r->ov.Internal = STATUS_PENDING;
    r->iosb->Status = STATUS_PENDING;
    r->iosb->Information = 0;
    if (r->event)
        NtResetEvent((HANDLE)((ULONG_PTR)r->event & ~(ULONG_PTR)1), NULL);
    enter(r);
    if (!ask_owner(c, r, out, data, bytes) || c->err == WSA_IO_PENDING)
        return STATUS_PENDING;
    if (!take(&r->ov))
        return STATUS_PENDING; /* the layer says that it failed, and has told its end: one is enough */
    put(r);
    return handle_status(c->err);
}

/*
 * With neither event nor routine nor context, nobody would hear of an end that comes later (ReadFile without an OVERLAPPED waits for
 * the handle, but others use that, too): so such a call does not return before.
 */
static NTSTATUS wait_for_end(HANDLE event, NTSTATUS status, const IO_STATUS_BLOCK *iosb)
{
    if (status == STATUS_PENDING) {
        ((wait)real_wait)(event, FALSE, NULL);
        status = iosb->Status;
    }
    NtClose(event);
    return status;
}

static NTSTATUS reflect(SOCKET s, BOOL out, HANDLE event, PIO_APC_ROUTINE routine, void *context, IO_STATUS_BLOCK *iosb,
                        void *data, ULONG bytes)
{
    BOOL waits = !event && !routine && !context;
    struct reflected *r = calloc(1, sizeof *r);
    DWORD last_error = GetLastError();
    NTSTATUS status = STATUS_NO_MEMORY;
    struct call c;

    if (r && waits)
        event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!r || (waits && !event)) {
        free(r);
        return status;
    }
    r->s = s;
    r->event = event;
    r->routine = routine;
    r->context = context;
    r->iosb = iosb;
    r->program_s_overlapped = !waits && (context == iosb || (ULONG_PTR)event & 1);
    if (call_begin(&c, s)) {
        free(r);
        status = STATUS_INVALID_HANDLE;
    } else {
        status = start(&c, r, out, data, bytes);
        call_leave(&c);
    }
    SetLastError(last_error);
    return waits ? wait_for_end(event, status, iosb) : status;
}

static NTSTATUS NTAPI on_read(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, void *context, IO_STATUS_BLOCK *iosb,
                              void *data, ULONG bytes, LARGE_INTEGER *offset, ULONG *key)
{
    SOCKET s = observe_find((SOCKET)file);

    return s ? reflect(s, FALSE, event, routine, context, iosb, data, bytes)
             : ((transfer)real_read)(file, event, routine, context, iosb, data, bytes, offset, key);
}

static NTSTATUS NTAPI on_write(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, void *context, IO_STATUS_BLOCK *iosb,
                               void *data, ULONG bytes, LARGE_INTEGER *offset, ULONG *key)
{
    SOCKET s = observe_find((SOCKET)file);

    return s ? reflect(s, TRUE, event, routine, context, iosb, data, bytes)
             : ((transfer)real_write)(file, event, routine, context, iosb, data, bytes, offset, key);
}

/* ---- waiting for the handle ---- */

/* Operations whose end nothing but the handle can tell; -1: the owner does not know the question. */
static int quiet_operations(SOCKET s)
{
    DWORD last_error = GetLastError(), count = 0, bytes;
    int result = -1;
    struct call c;

    if (!call_begin(&c, s)) {
        if (!c.proc->lpWSPIoctl(s, SIO_WS2KIT_PENDING, NULL, 0, &count, sizeof count, &bytes, NULL, NULL, NULL, &c.err))
            result = (int)count;
        call_leave(&c);
    }
    SetLastError(last_error);
    return result;
}

enum { SLICE_MS = 10, TICKS_PER_MS = 10000 };

/* In ms from now. */
static ULONGLONG limit_of(const LARGE_INTEGER *timeout)
{
    LARGE_INTEGER now;
    FILETIME time;

    if (!timeout)
        return MAXULONGLONG;
    if (timeout->QuadPart <= 0)
        return (0 - (ULONGLONG)timeout->QuadPart) / TICKS_PER_MS;
    GetSystemTimeAsFileTime(&time);
    now.LowPart = time.dwLowDateTime;
    now.HighPart = time.dwHighDateTime;
    return timeout->QuadPart > now.QuadPart ? (ULONGLONG)(timeout->QuadPart - now.QuadPart) / TICKS_PER_MS : 0;
}

/* What the kernel is to wait for instead of a layer's handle; NULL: for the handle itself, as it is. */
static HANDLE waiter_of(HANDLE handle)
{
    return completion_known((uintptr_t)handle) ? handle_waiter((SOCKET)handle) : NULL;
}

/*
 * A layer's handle is waited for as a file is: signalled unless something is pending, and when something ends. The event is set at
 * such ends; the handle itself is always signalled for the kernel. It is looked at again from time to time, because an end that lies
 * between the event's reset and the question is none to wait for.
 */
static NTSTATUS wait_for_handles(ULONG count, const HANDLE *handles, BOOLEAN any, BOOLEAN alertable,
                                 const LARGE_INTEGER *timeout)
{
    HANDLE event[MAXIMUM_WAIT_OBJECTS], use[MAXIMUM_WAIT_OBJECTS];
    ULONGLONG begun = GetTickCount64(), limit = limit_of(timeout);

    for (ULONG i = 0; i < count; i++) {
        event[i] = waiter_of(handles[i]);
        if (event[i])
            NtResetEvent(event[i], NULL);
    }
    for (;;) {
        ULONGLONG spent = GetTickCount64() - begun;
        LARGE_INTEGER slice = { .QuadPart = limit > spent + SLICE_MS ? SLICE_MS : limit > spent ? limit - spent : 0 };
        NTSTATUS status;

        for (ULONG i = 0; i < count; i++)
            use[i] = event[i] && quiet_operations((SOCKET)handles[i]) > 0 ? event[i] : handles[i];
        slice.QuadPart *= -TICKS_PER_MS;
        status = ((wait_many)real_wait_many)(count, use, any, alertable, &slice);
        if (status != STATUS_TIMEOUT || spent >= limit)
            return status;
    }
}

static NTSTATUS NTAPI on_wait(HANDLE handle, BOOLEAN alertable, const LARGE_INTEGER *timeout)
{
    return completion_known((uintptr_t)handle) ? wait_for_handles(1, &handle, TRUE, alertable, timeout)
                                               : ((wait)real_wait)(handle, alertable, timeout);
}

/* WaitForSingleObject() comes this way, too. */
static NTSTATUS NTAPI on_wait_many(ULONG count, const HANDLE *handles, BOOLEAN any, BOOLEAN alertable,
                                   const LARGE_INTEGER *timeout)
{
    for (ULONG i = 0; i < count && count <= MAXIMUM_WAIT_OBJECTS; i++)
        if (completion_known((uintptr_t)handles[i]))
            return wait_for_handles(count, handles, any, alertable, timeout);
    return ((wait_many)real_wait_many)(count, handles, any, alertable, timeout);
}

/* ---- CloseHandle ---- */

BOOL reflect_close(HANDLE file, LONG *status)
{
    DWORD last_error = GetLastError();

    if (!completion_known((uintptr_t)file))
        return FALSE;
    if (!sockets_find((uintptr_t)file)) { /* WahCreateSocketHandle's: nobody's */
        handle_close((SOCKET)file);
        *status = STATUS_SUCCESS;
        return TRUE;
    }
    *status = closesocket((SOCKET)file) ? handle_status(WSAGetLastError()) : STATUS_SUCCESS;
    SetLastError(last_error);
    return TRUE;
}

BOOL reflect_look_over(BOOL (*look_over)(const char *name, void *hook, void **real))
{
    return look_over("NtReadFile", (void *)on_read, &real_read) & look_over("NtWriteFile", (void *)on_write, &real_write) &
           look_over("NtWaitForSingleObject", (void *)on_wait, &real_wait) &
           look_over("NtWaitForMultipleObjects", (void *)on_wait_many, &real_wait_many);
}
