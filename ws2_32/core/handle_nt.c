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
#define AFD_GET_SNDTIMEO   0x1203B4
#define AFD_SET_SNDTIMEO   0x1203B8

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

/*
 * Who gets such a handle without having made it, a child above all, must not take it for a datagram socket. A time that nobody
 * would set says what it is: it is the kernel object's, so it is seen through every handle and in every process.
 */
enum { MARK_MS = 0x77733266 };

static NTSTATUS device(HANDLE handle, ULONG code, void *in, ULONG in_bytes, void *out, ULONG out_bytes)
{
    IO_STATUS_BLOCK iosb;

    return NtDeviceIoControlFile(handle, NULL, NULL, NULL, &iosb, code, in, in_bytes, out, out_bytes);
}

BOOL handle_is_placeholder(SOCKET s)
{
    DWORD ms = 0;

    return !device((HANDLE)s, AFD_GET_SNDTIMEO, NULL, 0, &ms, sizeof ms) && ms == MARK_MS;
}

int handle_create(BOOL inheritable, SOCKET *out)
{
    struct afd_create create = { AF_INET, SOCK_DGRAM, IPPROTO_UDP, 0 };
    DWORD mark = MARK_MS;
    uintptr_t stale;
    HANDLE handle;

    observe_begin();
    if (open_device(inheritable, &handle))
        return WSAENOBUFS;
    if (device(handle, AFD_CREATE, &create, sizeof create, NULL, 0) ||
        device(handle, AFD_SET_SNDTIMEO, &mark, sizeof mark, NULL, 0) ||
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
LONG handle_status(DWORD err)
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
    case WSAEACCES:
        return STATUS_ACCESS_DENIED;
    case WSAENETUNREACH:
        return STATUS_NETWORK_UNREACHABLE;
    case WSAEHOSTUNREACH:
        return STATUS_HOST_UNREACHABLE;
    case WSAENETDOWN:
        return STATUS_UNEXPECTED_NETWORK_ERROR;
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

/*
 * The store to the first word is the completion for who polls it: from then on the program may free what `block` points to, so
 * nothing of it is read afterwards. The packet carries its address only. The port is held before, since the program may close
 * the socket then, too.
 */
void handle_end(SOCKET s, OVERLAPPED *block, HANDLE event, void *context, LONG status, DWORD bytes)
{
    struct completion_port port;
    BOOL tied = completion_get(s, &port);
    struct completion_plan plan = completion_decide((uintptr_t)event, tied, observe_all_seen());
    uintptr_t waiter = plan.event ? 0 : completion_waiter(s);

    block->InternalHigh = bytes;
    __atomic_store_n(&block->Internal, (ULONG_PTR)(ULONG)status, __ATOMIC_RELEASE);
    if (plan.event || waiter)
        NtSetEvent((HANDLE)(plan.event ? plan.event : waiter), NULL);
    if (context && plan.packet == PACKET_EXACT)
        post(&port, context, status, bytes);
    else if (context && plan.packet == PACKET_BY_HANDLE)
        post_by_handle(s, context, status);
    if (tied)
        close_port(completion_put(&port));
}

void handle_complete(SOCKET s, LPWSAOVERLAPPED ov, DWORD err, DWORD bytes)
{
    handle_end(s, (OVERLAPPED *)ov, ov->hEvent, ov, handle_status(err), bytes);
}

HANDLE handle_waiter(SOCKET s)
{
    uintptr_t event = completion_waiter(s);
    HANDLE made;

    if (event)
        return (HANDLE)event;
    made = CreateEventW(NULL, TRUE, FALSE, NULL);
    event = made ? completion_set_waiter(s, (uintptr_t)made) : 0;
    if (made && event != (uintptr_t)made)
        CloseHandle(made); /* another thread was faster, or the socket is gone */
    return (HANDLE)event;
}
