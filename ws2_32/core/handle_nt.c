/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/handle.h"

#include <ntstatus.h>
#include <winternl.h>

#define AFD_CREATE         0x120320
#define AFD_COMPLETE_ASYNC 0x120348

struct afd_create {
    INT family, type, protocol;
    ULONG unused;
};

static NTSTATUS open_device(BOOL inheritable, HANDLE *handle)
{
    static const WCHAR name[] = L"\\Device\\Afd";
    UNICODE_STRING path = { sizeof name - sizeof *name, sizeof name, (PWSTR)name };
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK iosb;

    InitializeObjectAttributes(&attributes, &path, inheritable ? OBJ_INHERIT : 0, NULL, NULL);
    return NtOpenFile(handle, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &attributes, &iosb, 0, 0);
}

int handle_create(BOOL inheritable, SOCKET *out)
{
    struct afd_create create = { AF_INET, SOCK_DGRAM, IPPROTO_UDP, 0 };
    IO_STATUS_BLOCK iosb;
    HANDLE handle;

    if (open_device(inheritable, &handle))
        return WSAENOBUFS;
    if (NtDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, AFD_CREATE, &create, sizeof create,
                              NULL, 0)) {
        NtClose(handle);
        return WSAENOBUFS;
    }
    *out = (SOCKET)handle;
    return 0;
}

void handle_close(SOCKET s)
{
    NtClose((HANDLE)s);
}

/*
 * Only the owner's WSPGetOverlappedResult knows what its operation's error was; for those who look at the status alone, the
 * kernel's own words for the common ones, and a Winsock code in the form that NTSTATUS has for foreign codes.
 */
static NTSTATUS status_of(DWORD err)
{
    switch (err) {
    case 0:
        return STATUS_SUCCESS;
    case WSA_OPERATION_ABORTED:
        return STATUS_CANCELLED;
    case WSAEMSGSIZE:
        return STATUS_BUFFER_OVERFLOW;
    case WSAECONNRESET:
        return STATUS_CONNECTION_RESET;
    case WSAECONNABORTED:
        return STATUS_CONNECTION_ABORTED;
    case WSAECONNREFUSED:
        return STATUS_CONNECTION_REFUSED;
    case WSAETIMEDOUT:
        return STATUS_IO_TIMEOUT;
    case WSAENOTSOCK:
        return STATUS_INVALID_HANDLE;
    }
    return (NTSTATUS)(0xC0010000 | (err & 0xFFFF));
}

int handle_complete(SOCKET s, LPWSAOVERLAPPED ov, DWORD err, DWORD bytes)
{
    HANDLE event = (HANDLE)((ULONG_PTR)ov->hEvent & ~(ULONG_PTR)1);
    BOOL packet = !((ULONG_PTR)ov->hEvent & 1);
    NTSTATUS status = status_of(err);
    IO_STATUS_BLOCK iosb;

    /*
     * The store to Internal is the completion for who polls it: from then on the program may free `ov`, so nothing of it is read
     * afterwards. The packet carries its address only.
     */
    ov->InternalHigh = bytes;
    __atomic_store_n(&ov->Internal, (ULONG_PTR)(ULONG)status, __ATOMIC_RELEASE);
    if (event)
        SetEvent(event);
    if (packet)
        NtDeviceIoControlFile((HANDLE)s, NULL, NULL, ov, &iosb, AFD_COMPLETE_ASYNC, &status,
                              sizeof status, NULL, 0);
    return 0;
}
