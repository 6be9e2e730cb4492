/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/handle.h"

#include <ntstatus.h>
#include <winternl.h>

#include "ws2_32/core/completion.h"
#include "ws2_32/core/observe.h"

NTSTATUS NTAPI NtSetEvent(HANDLE event, LONG *before);
NTSTATUS NTAPI NtSetIoCompletion(HANDLE port, ULONG_PTR key, ULONG_PTR context, NTSTATUS status,
                                 SIZE_T bytes);

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

static void close_port(uintptr_t port)
{
    if (port)
        NtClose((HANDLE)port);
}

int handle_create(BOOL inheritable, SOCKET *out)
{
    struct afd_create create = { AF_INET, SOCK_DGRAM, IPPROTO_UDP, 0 };
    IO_STATUS_BLOCK iosb;
    uintptr_t stale;
    HANDLE handle;

    observe_begin();
    if (open_device(inheritable, &handle))
        return WSAENOBUFS;
    if (NtDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, AFD_CREATE, &create, sizeof create,
                              NULL, 0) ||
        completion_open((uintptr_t)handle, &stale)) {
        NtClose(handle);
        return WSAENOBUFS;
    }
    close_port(stale);
    *out = (SOCKET)handle;
    return 0;
}

int handle_watch(SOCKET s)
{
    uintptr_t stale;
    int err;

    observe_begin();
    err = completion_watch(s, &stale);
    if (!err)
        close_port(stale);
    return err;
}

void handle_unwatch(SOCKET s)
{
    if (completion_watched(s))
        close_port(completion_close(s));
}

void handle_close(SOCKET s)
{
    close_port(completion_close(s));
    NtClose((HANDLE)s);
}

BOOL handle_same(SOCKET a, SOCKET b)
{
    static NTSTATUS(NTAPI * compare)(HANDLE, HANDLE); /* Windows 10 and Wine have it */

    if (!compare)
        compare = (void *)GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtCompareObjects");
    return compare && !compare((HANDLE)a, (HANDLE)b);
}

/*
 * Only the owner's WSPGetOverlappedResult knows what its operation's error was; for those who look at the status alone, the
 * kernel's own words for the common ones, and a Winsock code in the form that NTSTATUS has for foreign codes.
 */
static NTSTATUS status_of(DWORD err)
{
    if (err >= 0xC0000000)
        return (NTSTATUS)err;
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

/* One request, and the packet is as if the kernel had carried the operation out. */
static void post(struct completion_port *port, void *context, NTSTATUS status, DWORD bytes)
{
    NtSetIoCompletion((HANDLE)port->port, port->key, (ULONG_PTR)context, status, bytes);
}

static void post_by_handle(SOCKET s, void *context, NTSTATUS status)
{
    IO_STATUS_BLOCK iosb;

    NtDeviceIoControlFile((HANDLE)s, NULL, NULL, context, &iosb, AFD_COMPLETE_ASYNC, &status,
                          sizeof status, NULL, 0);
}

int handle_complete(SOCKET s, LPWSAOVERLAPPED ov, DWORD err, DWORD bytes)
{
    struct completion_port port;
    BOOL tied = completion_get(s, &port);
    struct completion_plan plan = completion_decide((uintptr_t)ov->hEvent, tied, observe_all_seen());
    NTSTATUS status = status_of(err);

    /*
     * The store to Internal is the completion for who polls it: from then on the program may free `ov`, so nothing of it is read
     * afterwards. The packet carries its address only.
     */
    ov->InternalHigh = bytes;
    __atomic_store_n(&ov->Internal, (ULONG_PTR)(ULONG)status, __ATOMIC_RELEASE);
    if (plan.event)
        NtSetEvent((HANDLE)plan.event, NULL);
    if (plan.packet == PACKET_EXACT)
        post(&port, ov, status, bytes);
    else if (plan.packet == PACKET_BY_HANDLE)
        post_by_handle(s, ov, status);
    if (tied)
        close_port(completion_put(&port));
    return 0;
}
