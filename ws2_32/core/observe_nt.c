/* SPDX-License-Identifier: MIT */
#define WIN32_NO_STATUS
#include "ws2_32/core/observe.h"
#undef WIN32_NO_STATUS

#include <ntstatus.h>
#include <winternl.h>

#include "base/cancel.h"
#include "ws2_32/core/call.h"
#include "ws2_32/core/completion.h"
#include "ws2_32/core/handle.h"
#include "ws2_32/core/patch.h"
#include "ws2_32/core/reflect.h"
#include "ws2_32/core/sockets.h"

NTSTATUS NTAPI NtDuplicateObject(HANDLE from_process, HANDLE from, HANDLE to_process, HANDLE *to,
                                 ACCESS_MASK access, ULONG attributes, ULONG options);

enum {
    TIED = 30,          /* FileCompletionInformation */
    MODES = 41,         /* FileIoCompletionNotificationInformation */
    TIED_TO_OTHER = 61, /* FileReplaceCompletionInformation */
};

struct tie {
    HANDLE port;
    ULONG_PTR key;
};

typedef NTSTATUS(NTAPI *set_information)(HANDLE, IO_STATUS_BLOCK *, void *, ULONG,
                                         ULONG);
typedef NTSTATUS(NTAPI *cancel)(HANDLE, IO_STATUS_BLOCK *);
typedef NTSTATUS(NTAPI *cancel_ex)(HANDLE, IO_STATUS_BLOCK *, IO_STATUS_BLOCK *);

typedef NTSTATUS(NTAPI *duplicate)(HANDLE, HANDLE, HANDLE, HANDLE *, ACCESS_MASK, ULONG, ULONG);

typedef NTSTATUS(NTAPI *close_handle)(HANDLE);

static void *real_set_information, *real_cancel, *real_cancel_ex, *real_duplicate, *real_close;
static BOOL all_seen;

SOCKET observe_find(SOCKET handle)
{
    uintptr_t original;

    if (completion_known(handle))
        return handle;
    original = completion_original(handle);
    return original && handle_same(handle, original) ? original : 0;
}

static void saw_tie(uintptr_t handle, const struct tie *tie)
{
    HANDLE self = GetCurrentProcess(), port = NULL;
    uintptr_t to_close;

    /* A handle of our own: the program may close its own while operations still end. */
    if (tie->port &&
        NtDuplicateObject(self, tie->port, self, &port, 0, 0, DUPLICATE_SAME_ACCESS))
        return;
    to_close = completion_tie(handle, (uintptr_t)port, tie->key);
    if (to_close)
        NtClose((HANDLE)to_close);
}

static NTSTATUS NTAPI on_set_information(HANDLE handle, IO_STATUS_BLOCK *iosb, void *info,
                                         ULONG bytes, ULONG class)
{
    set_information real = (set_information)real_set_information;
    NTSTATUS status = real(handle, iosb, info, bytes, class);
    uintptr_t own;

    if (status || (class != TIED && class != MODES && class != TIED_TO_OTHER))
        return status;
    own = observe_find((SOCKET)handle);
    if (own && class == MODES)
        completion_set_modes(own, *(ULONG *)info);
    else if (own)
        saw_tie(own, info);
    return status;
}

/* The owner is asked as by any call of the program; only the last error is not ours to change. */
static BOOL cancel_own(SOCKET s, void *operation, BOOL own_thread_only)
{
    LPWSAOVERLAPPED reflected = reflect_get((HANDLE)s, operation);
    struct ws2_cancel request = { reflected ? reflected : operation, own_thread_only };
    DWORD last_error = GetLastError();
    DWORD found = 0, bytes;
    struct call c;

    if (!call_begin(&c, s)) {
        if (c.proc->lpWSPIoctl(s, SIO_WS2KIT_CANCEL, &request, sizeof request, &found,
                               sizeof found, &bytes, NULL, NULL, NULL, &c.err))
            found = 0;
        call_leave(&c);
    }
    if (reflected)
        reflect_put(reflected);
    SetLastError(last_error);
    return found != 0;
}

static NTSTATUS NTAPI on_cancel(HANDLE handle, IO_STATUS_BLOCK *iosb)
{
    SOCKET own = observe_find((SOCKET)handle);

    if (!own)
        return ((cancel)real_cancel)(handle, iosb);
    cancel_own(own, NULL, TRUE);
    iosb->Status = STATUS_SUCCESS;
    iosb->Information = 0;
    return STATUS_SUCCESS;
}

/* For CancelIoEx the IO_STATUS_BLOCK of the operation is its OVERLAPPED. */
static NTSTATUS NTAPI on_cancel_ex(HANDLE handle, IO_STATUS_BLOCK *operation, IO_STATUS_BLOCK *iosb)
{
    SOCKET own = observe_find((SOCKET)handle);

    if (!own)
        return ((cancel_ex)real_cancel_ex)(handle, operation, iosb);
    iosb->Status = cancel_own(own, operation, FALSE) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
    iosb->Information = 0;
    return iosb->Status;
}

static NTSTATUS NTAPI on_duplicate(HANDLE from_process, HANDLE from, HANDLE to_process, HANDLE *to,
                                   ACCESS_MASK access, ULONG attributes, ULONG options)
{
    HANDLE self = GetCurrentProcess();
    NTSTATUS status = ((duplicate)real_duplicate)(from_process, from, to_process, to, access,
                                                  attributes, options);

    if (!status && from_process == self && to_process == self && to)
        completion_duplicated((uintptr_t)*to, (uintptr_t)from);
    return status;
}

/*
 * A handle of WPUCreateSocketHandle ends as by closesocket(). Of others it is enough to know that they go: a layer closes its lower
 * sockets without a word to us. Before the call, since after it the value may be another socket's.
 */
static NTSTATUS NTAPI on_close(HANDLE handle)
{
    LONG status;

    if (reflect_close(handle, &status))
        return status;
    sockets_forget((uintptr_t)handle);
    return ((close_handle)real_close)(handle);
}

static void pin_ourselves(void)
{
    HMODULE self;

    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (LPCWSTR)(void *)observe_begin, &self);
}

static BOOL look_over(const char *name, void *hook, void **real)
{
    void *function = (void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), name);

    *real = function;
    if (patch_entry(function, hook, real))
        return TRUE;
    patch_import(GetModuleHandleW(L"kernelbase.dll"), function, hook);
    return FALSE;
}

static BOOL CALLBACK begin(INIT_ONCE *once, void *arg, void **result)
{
    (void)once, (void)arg, (void)result;
    pin_ourselves();
    all_seen = look_over("NtSetInformationFile", (void *)on_set_information,
                         &real_set_information);
    look_over("NtDuplicateObject", (void *)on_duplicate, &real_duplicate);
    look_over("NtCancelIoFile", (void *)on_cancel, &real_cancel);
    look_over("NtCancelIoFileEx", (void *)on_cancel_ex, &real_cancel_ex);
    look_over("NtClose", (void *)on_close, &real_close);
    reflect_look_over(look_over);
    return TRUE;
}

void observe_begin(void)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;

    InitOnceExecuteOnce(&once, begin, NULL, NULL);
}

BOOL observe_all_seen(void)
{
    return all_seen;
}
