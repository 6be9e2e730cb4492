/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/startup.h"

#include "base/lock.h"
#include "ws2_32/core/handle.h"
#include "ws2_32/core/pending.h"
#include "ws2_32/core/observe.h"
#include "ws2_32/core/provider.h"
#include "ws2_32/core/reflect.h"
#include "ws2_32/core/snapshot.h"
#include "ws2_32/core/sockets.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/core/version.h"
#include "ws2_32/names/names.h"

/*
 * WSACleanup does not say which WSAStartup it takes back, so 1.x ones are taken back last: a program of version 1.1 keeps
 * its hooks for as long as it can be there.
 */
enum { CLEANUP_WAIT_MS = 5000 };

static struct lock lock;
static CONDITION_VARIABLE cleaned;
static unsigned count_1_x, count_2_x; /* guarded by lock */
static DWORD cleaner;                 /* the thread in the final cleanup, or 0; guarded by lock */

LONG startup_running;

static BOOL is_1_x(WORD version)
{
    return LOBYTE(version) == 1;
}

int startup_begin(WORD wanted, WORD *use)
{
    struct thread *t = thread_get();
    int err = version_negotiate(wanted, use);
    BOOL waited = TRUE;

    if (err)
        return err;
    if (t && t->in_hook)
        return WSAEINPROGRESS;

    observe_handles();
    lock_take(&lock);
    while (cleaner && cleaner != GetCurrentThreadId() && waited)
        waited = SleepConditionVariableSRW(&cleaned, (SRWLOCK *)&lock.srw, CLEANUP_WAIT_MS, 0);
    if (cleaner) {
        err = WSASYSNOTREADY; /* a provider that starts Winsock from its WSPCleanup, or waits for who does */
    } else {
        if (is_1_x(*use))
            count_1_x++;
        else
            count_2_x++;
        __atomic_store_n(&startup_running, TRUE, __ATOMIC_SEQ_CST);
    }
    lock_drop(&lock);
    return err;
}

/* Operations of the sockets end unheard (spi.md 12.2). */
static void close_own(uintptr_t handle, enum socket_kind kind)
{
    LPWSAOVERLAPPED file_operation;

    if (kind != SOCKET_OWN)
        return;
    while (pending_take(handle))
        ;
    while ((file_operation = reflect_any(handle))) /* but a ReadFile is none of Winsock's, and somebody may be in it */
        reflect_end(file_operation, handle_status(WSA_OPERATION_ABORTED), 0);
    handle_close((SOCKET)handle);
}

/*
 * No WSPCloseSocket for what is still open: closing would deliver completions, and a final cleanup must not (spi.md 12.2). Getting
 * blocked threads out and dropping sockets is the providers' work in WSPCleanup.
 */
static void take_apart(void)
{
    names_cleanup();
    provider_stop_all();
    sockets_clear(close_own);
    snapshot_forget();
}

int startup_end(void)
{
    struct thread *t = thread_get();
    BOOL last;

    if (t && t->in_hook)
        return WSAEINPROGRESS;
    if (t)
        thread_drop_torn(t, &last);

    lock_take(&lock);
    if (!count_1_x && !count_2_x) {
        lock_drop(&lock);
        return WSANOTINITIALISED;
    }
    if (count_2_x)
        count_2_x--;
    else
        count_1_x--;
    last = !count_1_x && !count_2_x;
    if (last) {
        __atomic_store_n(&startup_running, FALSE, __ATOMIC_SEQ_CST);
        cleaner = GetCurrentThreadId();
    }
    lock_drop(&lock);
    if (!last)
        return 0;

    thread_fence_others(); /* what call_enter() relies on */
    take_apart();

    lock_take(&lock);
    cleaner = 0;
    lock_drop(&lock);
    WakeAllConditionVariable(&cleaned);
    return 0;
}

BOOL startup_is_1_1(void)
{
    BOOL is;

    lock_take(&lock);
    is = count_1_x != 0;
    lock_drop(&lock);
    return is;
}

int startup_check(void)
{
    struct thread *t;

    if (!__atomic_load_n(&startup_running, __ATOMIC_ACQUIRE))
        return WSANOTINITIALISED;
    t = thread_get();
    return t && t->in_hook ? WSAEINPROGRESS : 0;
}

int startup_lend(BOOL *lent)
{
    int err = startup_check();
    WORD use;

    *lent = FALSE;
    if (err != WSANOTINITIALISED)
        return err;
    err = startup_begin(MAKEWORD(2, 2), &use);
    *lent = !err;
    return err;
}

void startup_take_back(BOOL lent)
{
    DWORD err = GetLastError();

    if (lent)
        startup_end();
    SetLastError(err);
}
