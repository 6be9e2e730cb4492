/* SPDX-License-Identifier: MIT */
/*
 * Blocking hooks, which exist for Winsock 1.1 programs only: a function that a blocking call runs over and over
 * while it waits, so that a program with one thread can keep its windows alive. To a 2.x program these calls do not exist.
 */
#include "ws2_32/core/provider.h"
#include "ws2_32/core/startup.h"
#include "ws2_32/core/thread.h"

/* What stands in for a hook where none is set: one message is taken and handled. */
static INT_PTR WINAPI default_hook(void)
{
    HMODULE user32 = LoadLibraryW(L"user32.dll");
    BOOL(WINAPI * peek)(LPMSG, HWND, UINT, UINT, UINT);
    BOOL(WINAPI * translate)(const MSG *);
    LRESULT(WINAPI * dispatch)(const MSG *);
    MSG message;

    if (!user32)
        return FALSE;
    peek = (void *)GetProcAddress(user32, "PeekMessageA");
    translate = (void *)GetProcAddress(user32, "TranslateMessage");
    dispatch = (void *)GetProcAddress(user32, "DispatchMessageA");
    if (!peek || !translate || !dispatch || !peek(&message, NULL, 0, 0, PM_REMOVE))
        return FALSE;
    translate(&message);
    dispatch(&message);
    return TRUE;
}

static int begin(struct thread **t)
{
    *t = thread_get();
    if (!__atomic_load_n(&startup_running, __ATOMIC_ACQUIRE))
        return WSANOTINITIALISED;
    if (!startup_is_1_1())
        return WSAEOPNOTSUPP;
    return *t ? 0 : WSAENOBUFS;
}

FARPROC WSAAPI WSASetBlockingHook(FARPROC hook)
{
    struct thread *t;
    FARPROC before;
    int err = begin(&t);

    if (!err && t->in_hook)
        err = WSAEINPROGRESS;
    if (!err && !hook)
        err = WSAEFAULT;
    if (err) {
        api_fail(err);
        return NULL;
    }
    before = t->blocking_hook;
    t->blocking_hook = hook == (FARPROC)default_hook ? NULL : hook;
    return before ? before : (FARPROC)default_hook;
}

int WSAAPI WSAUnhookBlockingHook(void)
{
    struct thread *t;
    int err = begin(&t);

    if (!err && t->in_hook)
        err = WSAEINPROGRESS;
    if (err)
        return api_fail(err);
    t->blocking_hook = NULL;
    return 0;
}

BOOL WSAAPI WSAIsBlocking(void)
{
    struct thread *t = thread_get();

    return t && t->in_hook;
}

int WSAAPI WSACancelBlockingCall(void)
{
    struct thread *t;
    int ignored;
    int err = begin(&t);

    if (!err && !t->in_hook)
        err = WSAEINVAL;
    if (err)
        return api_fail(err);

    /* The hook's caller learns of it from `cancelled`; a provider that waits without the hook's answer, from its own entry. */
    t->cancelled = TRUE;
    if (t->current && t->current->ready)
        t->current->proc.lpWSPCancelBlockingCall(&ignored);
    return 0;
}
