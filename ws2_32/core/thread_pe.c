/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/thread.h"

#include <stddef.h>
#include <stdlib.h>
#include <winternl.h>

#include "base/lock.h"

/* GCC 12 takes the segment-relative address in the SDK's NtCurrentTeb() for a null pointer. */
#pragma GCC diagnostic ignored "-Warray-bounds"

#ifdef _WIN64
_Static_assert(offsetof(TEB, TlsSlots) == 0x1480, "TEB");
#else
_Static_assert(offsetof(TEB, TlsSlots) == 0xe10, "TEB");
#endif

enum { TEB_SLOTS = 64 };

static DWORD slot;
static struct lock lock;
static struct thread *threads;    /* guarded by lock */
static DWORD_PTR next_serial = 1; /* guarded by lock; tells apart threads that had the same handle value */

/*
 * Read straight from the TEB: TlsGetValue() clears the last error, which a Winsock call must be able to leave alone, and this
 * is on every call's way. Only a process with more than 64 TLS slots before us takes the slow way.
 */
static struct thread *slot_get(void)
{
    struct thread *t;
    DWORD code;

    if (slot < TEB_SLOTS)
        return NtCurrentTeb()->TlsSlots[slot];
    code = GetLastError();
    t = TlsGetValue(slot);
    SetLastError(code);
    return t;
}

static struct thread *thread_new(void)
{
    struct thread *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    if (!TlsSetValue(slot, t)) {
        free(t);
        return NULL;
    }
    lock_take(&lock);
    t->id.Reserved = next_serial++;
    t->tid = GetCurrentThreadId();
    t->next = threads;
    threads = t;
    lock_drop(&lock);
    return t;
}

struct thread *thread_get(void)
{
    struct thread *t = slot_get();
    DWORD code;

    if (t)
        return t;
    code = GetLastError();
    t = thread_new();
    SetLastError(code);
    return t;
}

void thread_drop_torn(struct thread *t, const void *here)
{
    LONG n = t->in_provider;

    while (n > 0 && n <= THREAD_FRAMES && (ULONG_PTR)t->frame[n - 1] <= (ULONG_PTR)here)
        n--;
    if (n == t->in_provider)
        return;
    __atomic_store_n(&t->in_provider, n, __ATOMIC_RELEASE);
    if (!n)
        t->current = NULL;
}

LPWSATHREADID thread_id(struct thread *t)
{
    HANDLE self = GetCurrentProcess();
    HANDLE handle;

    if (!t->id.ThreadHandle) {
        if (!DuplicateHandle(self, GetCurrentThread(), self, &handle, 0, FALSE,
                             DUPLICATE_SAME_ACCESS))
            return NULL;
        t->id.ThreadHandle = handle;
    }
    return &t->id;
}

static struct thread *find(const WSATHREADID *id) WS2_REQUIRES(lock)
{
    struct thread *t = threads;

    while (t && !(t->id.Reserved == id->Reserved && t->id.ThreadHandle == id->ThreadHandle))
        t = t->next;
    return id->ThreadHandle ? t : NULL;
}

BOOL thread_queue_apc(const WSATHREADID *id, LPWSAUSERAPC routine, DWORD_PTR context)
{
    BOOL queued;

    /* The lock keeps the thread from closing its handle meanwhile. */
    lock_take(&lock);
    queued = find(id) && QueueUserAPC((PAPCFUNC)routine, id->ThreadHandle, context);
    lock_drop(&lock);
    return queued;
}

BOOL thread_id_valid(const WSATHREADID *id)
{
    BOOL valid;

    lock_take(&lock);
    valid = find(id) != NULL;
    lock_drop(&lock);
    return valid;
}

/* GetThreadContext returns when the thread has stopped, and nothing goes on across that. */
static void stop_for_a_moment(DWORD tid)
{
    HANDLE h = OpenThread(THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION, FALSE, tid);
    CONTEXT context = {.ContextFlags = CONTEXT_CONTROL};

    if (!h)
        return; /* it was terminated */
    if (GetProcessIdOfThread(h) == GetCurrentProcessId() && SuspendThread(h) != (DWORD)-1) {
        GetThreadContext(h, &context);
        ResumeThread(h);
    }
    CloseHandle(h);
}

/*
 * FlushProcessWriteBuffers would be the call for it, but does nothing in Wine 8.0. A thread that waits for the lock is of no interest: it has
 * no record yet, or is ending. One that holds a lock of the system's does no harm, as nothing here needs any before it goes on.
 */
void thread_fence_others(void)
{
    struct thread *self = slot_get();

    lock_take(&lock);
    for (struct thread *t = threads; t; t = t->next)
        if (t != self)
            stop_for_a_moment(t->tid);
    lock_drop(&lock);
}

BOOL thread_others_in_provider(void)
{
    struct thread *self = slot_get();
    struct thread *t;

    lock_take(&lock);
    for (t = threads; t; t = t->next)
        if (t != self && __atomic_load_n(&t->in_provider, __ATOMIC_SEQ_CST))
            break;
    lock_drop(&lock);
    return t != NULL;
}

BOOL thread_process_attach(void)
{
    slot = TlsAlloc();
    return slot != TLS_OUT_OF_INDEXES;
}

static void thread_free(struct thread *t)
{
    if (t->id.ThreadHandle)
        CloseHandle(t->id.ThreadHandle);
    names_thread_free(t->names);
    free(t);
}

/* The DLL is unloaded by itself, so no thread is in it; the process goes on and wants its slot and memory back. */
void thread_process_detach(void)
{
    while (threads) {
        struct thread *t = threads;

        threads = t->next;
        thread_free(t);
    }
    TlsFree(slot);
}

void thread_detach(void)
{
    struct thread *t = slot_get();
    struct thread **at;

    if (!t)
        return;
    lock_take(&lock);
    for (at = &threads; *at && *at != t; at = &(*at)->next)
        ;
    if (*at)
        *at = t->next;
    lock_drop(&lock);
    TlsSetValue(slot, NULL);
    thread_free(t);
}

int api_fail(int err)
{
    SetLastError(err);
    return SOCKET_ERROR;
}
