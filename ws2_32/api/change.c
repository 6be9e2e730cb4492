/* SPDX-License-Identifier: MIT */
/*
 * WSAProviderConfigChange: the next change of the protocol catalog, by whatever process, as an I/O operation (spi.md 10.15).
 */
#define WIN32_NO_STATUS
#include <winsock2.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

#include "ws2_32/api/change.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/core/watch.h"

NTSTATUS NTAPI NtReadFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE apc, void *context, IO_STATUS_BLOCK *iosb, void *buffer,
                          ULONG bytes, LARGE_INTEGER *offset, ULONG *key);

static char changes[WATCH_BYTES]; /* what a read brings is a byte per change; nobody looks at it */

/* The SDK's routine takes four arguments, the system's three; an OVERLAPPED begins with the status block. */
static void NTAPI call_routine(void *routine, IO_STATUS_BLOCK *iosb, ULONG reserved)
{
    LPWSAOVERLAPPED ov = (LPWSAOVERLAPPED)(void *)iosb;

    (void)reserved;
    ((LPWSAOVERLAPPED_COMPLETION_ROUTINE)routine)(iosb->Status ? WSA_OPERATION_ABORTED : 0, 0, ov, 0);
}

static int err_of(NTSTATUS status)
{
    switch (status) {
    case STATUS_SUCCESS:
        return 0;
    case STATUS_PENDING:
        return WSA_IO_PENDING;
    case STATUS_INVALID_HANDLE:
    case STATUS_OBJECT_TYPE_MISMATCH:
        return WSA_INVALID_HANDLE;
    case STATUS_NO_MEMORY:
        return WSA_NOT_ENOUGH_MEMORY;
    case STATUS_INVALID_PARAMETER: /* a routine on a handle that has a completion port */
        return WSAEINVAL;
    }
    return WSA_OPERATION_ABORTED;
}

static int start(HANDLE handle, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    IO_STATUS_BLOCK *iosb = (IO_STATUS_BLOCK *)(void *)ov;
    ULONG_PTR event = (ULONG_PTR)ov->hEvent;
    void *context = event & 1 ? NULL : ov; /* the low bit keeps a completion out of the port */

    iosb->Status = STATUS_PENDING;
    if (routine)
        return err_of(NtReadFile(handle, NULL, call_routine, (void *)routine, iosb, changes, WATCH_BYTES, NULL, NULL));
    return err_of(NtReadFile(handle, (HANDLE)(event & ~(ULONG_PTR)1), NULL, context, iosb, changes, WATCH_BYTES, NULL, NULL));
}

static int wait(HANDLE handle)
{
    WSAOVERLAPPED ov = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    HANDLE event = ov.hEvent;
    int err;

    if (!event)
        return WSA_NOT_ENOUGH_MEMORY;
    ov.hEvent = (HANDLE)((ULONG_PTR)event | 1);
    err = start(handle, &ov, NULL);
    if (err == WSA_IO_PENDING) {
        WaitForSingleObject(event, INFINITE);
        err = err_of((NTSTATUS)ov.Internal);
    }
    CloseHandle(event);
    return err;
}

int change_await(HANDLE handle, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (ov && (ULONG_PTR)ov < 0x10000)
        return WSAEFAULT;
    if (!watch_is_open(handle))
        return WSA_INVALID_HANDLE;
    return ov ? start(handle, ov, routine) : wait(handle);
}

int WSAAPI WSAProviderConfigChange(LPHANDLE notification, LPWSAOVERLAPPED ov,
                                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    int err = startup_check();

    if (err)
        return api_fail(err);
    if ((ULONG_PTR)notification < 0x10000 || (ov && (ULONG_PTR)ov < 0x10000))
        return api_fail(WSAEFAULT);
    if (!*notification)
        err = watch_open(notification);
    else
        err = change_await(*notification, ov, routine);
    SetLastError(err);
    return err ? SOCKET_ERROR : 0;
}
