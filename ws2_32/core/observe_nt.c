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

static void *real_set_information, *real_cancel, *real_cancel_ex, *real_duplicate;
static BOOL all_seen;

/* A duplicate of one of our handles is the same kernel object, if it still is one. */
static uintptr_t find_original(HANDLE handle)
{
    uintptr_t original = completion_original((uintptr_t)handle);

    return original && handle_same((SOCKET)handle, (SOCKET)original) ? original : 0;
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
    uintptr_t own = (uintptr_t)handle;

    if (status || (class != TIED && class != MODES && class != TIED_TO_OTHER))
        return status;
    if (!completion_known(own) && !completion_watched(own))
        own = find_original(handle);
    if (own && class == MODES)
        completion_set_modes(own, *(ULONG *)info);
    else if (own)
        saw_tie(own, info);
    return status;
}

/* The owner is asked as by any call of the program; only the last error is not ours to change. */
static BOOL cancel_own(HANDLE handle, LPWSAOVERLAPPED operation, BOOL own_thread_only)
{
    struct ws2_cancel request = { operation, own_thread_only };
    DWORD last_error = GetLastError();
    DWORD found = 0, bytes;
    struct call c;

    if (!call_begin(&c, (SOCKET)handle)) {
        if (c.proc->lpWSPIoctl((SOCKET)handle, SIO_WS2KIT_CANCEL, &request, sizeof request, &found,
                               sizeof found, &bytes, NULL, NULL, NULL, &c.err))
            found = 0;
        call_leave(&c);
    }
    SetLastError(last_error);
    return found != 0;
}

static NTSTATUS NTAPI on_cancel(HANDLE handle, IO_STATUS_BLOCK *iosb)
{
    if (completion_watched((uintptr_t)handle))
        cancel_own(handle, NULL, TRUE);
    if (!completion_known((uintptr_t)handle))
        return ((cancel)real_cancel)(handle, iosb);
    cancel_own(handle, NULL, TRUE);
    iosb->Status = STATUS_SUCCESS;
    iosb->Information = 0;
    return STATUS_SUCCESS;
}

/* For CancelIoEx the IO_STATUS_BLOCK of the operation is its OVERLAPPED. */
static NTSTATUS NTAPI on_cancel_ex(HANDLE handle, IO_STATUS_BLOCK *operation, IO_STATUS_BLOCK *iosb)
{
    BOOL found = completion_watched((uintptr_t)handle) &&
                 cancel_own(handle, (LPWSAOVERLAPPED)operation, FALSE);

    if (!completion_known((uintptr_t)handle)) {
        NTSTATUS status = ((cancel_ex)real_cancel_ex)(handle, operation, iosb);

        if (found && status == STATUS_NOT_FOUND)
            status = iosb->Status = STATUS_SUCCESS;
        return status;
    }
    iosb->Status =
        cancel_own(handle, (LPWSAOVERLAPPED)operation, FALSE) ? STATUS_SUCCESS : STATUS_NOT_FOUND;
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

static void pin_ourselves(void)
{
    HMODULE self;

    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (LPCWSTR)(void *)observe_begin, &self);
}

static BOOL look_over(HMODULE ntdll, const char *name, void *hook, void **real)
{
    void *function = (void *)GetProcAddress(ntdll, name);

    *real = function;
    if (patch_entry(function, hook, real))
        return TRUE;
    patch_import(GetModuleHandleW(L"kernelbase.dll"), function, hook);
    return FALSE;
}

static BOOL CALLBACK begin(INIT_ONCE *once, void *arg, void **result)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");

    (void)once, (void)arg, (void)result;
    pin_ourselves();
    all_seen = look_over(ntdll, "NtSetInformationFile", (void *)on_set_information,
                         &real_set_information);
    look_over(ntdll, "NtDuplicateObject", (void *)on_duplicate, &real_duplicate);
    look_over(ntdll, "NtCancelIoFile", (void *)on_cancel, &real_cancel);
    look_over(ntdll, "NtCancelIoFileEx", (void *)on_cancel_ex, &real_cancel_ex);
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
