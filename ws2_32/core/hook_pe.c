/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/hook.h"

#include "ws2_32/core/startup.h"
#include "ws2_32/core/thread.h"

/*
 * One round of waiting: the hook runs until it has nothing more to do (it answers FALSE). FALSE to the provider means that
 * WSACancelBlockingCall was called in there, and the call it serves fails with WSAEINTR.
 */
static WINBOOL CALLBACK run_hook(DWORD_PTR context)
{
    struct thread *t = (struct thread *)context;
    BOOL goes_on = TRUE;

    if (t->in_hook || !t->blocking_hook)
        return TRUE;
    t->cancelled = FALSE;
    t->in_hook = TRUE;
    while (goes_on && !t->cancelled)
        goes_on = (BOOL)t->blocking_hook();
    t->in_hook = FALSE;
    return !t->cancelled;
}

LPBLOCKINGCALLBACK hook_callback(PDWORD_PTR context)
{
    struct thread *t = thread_get();

    *context = (DWORD_PTR)t;
    return t && t->blocking_hook && startup_is_1_1() ? run_hook : NULL;
}
