/* SPDX-License-Identifier: MIT */
#include "namespace/notice_pe.h"

#include <stdlib.h>

#define STATUS_PENDING_ 0x103
#define STATUS_CANCELLED_ 0xC0000120

struct notice {
    WSACOMPLETION how;
    HANDLE target; /* the thread or port, our own handle */
    INT err;       /* for the APC */
};

static WSAOVERLAPPED *overlapped_of(const WSACOMPLETION *c)
{
    switch (c->Type) {
    case NSP_NOTIFY_EVENT:
        return c->Parameters.Event.lpOverlapped;
    case NSP_NOTIFY_PORT:
        return c->Parameters.Port.lpOverlapped;
    case NSP_NOTIFY_APC:
        return c->Parameters.Apc.lpOverlapped;
    default:
        return NULL;
    }
}

static BOOL keep(HANDLE handle, HANDLE *own)
{
    return DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), own, 0, FALSE, DUPLICATE_SAME_ACCESS);
}

INT notice_new(const WSACOMPLETION *completion, const WSATHREADID *thread, struct notice **out)
{
    WSAOVERLAPPED *ov = overlapped_of(completion);
    struct notice *n;
    BOOL good = TRUE;

    if (completion->Type != NSP_NOTIFY_HWND && !ov)
        return WSAEINVAL;
    n = calloc(1, sizeof *n);
    if (!n)
        return WSA_NOT_ENOUGH_MEMORY;
    n->how = *completion;
    if (n->how.Type == NSP_NOTIFY_PORT)
        good = keep(n->how.Parameters.Port.hPort, &n->target);
    if (n->how.Type == NSP_NOTIFY_APC)
        good = thread && n->how.Parameters.Apc.lpfnCompletionProc && keep(thread->ThreadHandle, &n->target);
    if (!good) {
        free(n);
        return WSAEINVAL;
    }
    if (ov) {
        ov->Internal = STATUS_PENDING_;
        ov->InternalHigh = 0;
    }
    *out = n;
    return 0;
}

void notice_drop(struct notice *n)
{
    if (n->target)
        CloseHandle(n->target);
    free(n);
}

static void CALLBACK call_routine(ULONG_PTR arg)
{
    struct notice n = *(struct notice *)arg;

    free((void *)arg);
    n.how.Parameters.Apc.lpfnCompletionProc((DWORD)n.err, 0, n.how.Parameters.Apc.lpOverlapped, 0);
}

/* user32 comes with the program that has a window. */
static void post_message(const struct notice *n)
{
    HMODULE user = GetModuleHandleW(L"user32.dll");
    BOOL(WINAPI * post)(HWND, UINT, WPARAM, LPARAM) = user ? (void *)GetProcAddress(user, "PostMessageW") : NULL;

    if (post)
        post(n->how.Parameters.WindowMessage.hWnd, n->how.Parameters.WindowMessage.uMsg,
             n->how.Parameters.WindowMessage.context, 0);
}

/* The program may free its OVERLAPPED as soon as it can see the end, so nothing of it is touched after that. */
void notice_send(struct notice *n, INT err)
{
    WSAOVERLAPPED *ov = overlapped_of(&n->how);
    HANDLE event = n->how.Type == NSP_NOTIFY_EVENT ? ov->hEvent : NULL;

    n->err = err;
    if (ov)
        __atomic_store_n(&ov->Internal, err ? STATUS_CANCELLED_ : 0, __ATOMIC_RELEASE);
    switch (n->how.Type) {
    case NSP_NOTIFY_HWND:
        if (!err)
            post_message(n);
        break;
    case NSP_NOTIFY_EVENT:
        if (event)
            SetEvent(event);
        break;
    case NSP_NOTIFY_PORT:
        PostQueuedCompletionStatus(n->target, 0, n->how.Parameters.Port.Key, ov);
        break;
    case NSP_NOTIFY_APC: {
        HANDLE thread = n->target;

        n->target = NULL;
        if (!QueueUserAPC(call_routine, thread, (ULONG_PTR)n)) /* it owns the notice */
            free(n);
        CloseHandle(thread);
        return;
    }
    default:
        break;
    }
    notice_drop(n);
}
