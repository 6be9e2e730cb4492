/* SPDX-License-Identifier: MIT */
/*
 * Event objects are the kernel's and need no provider. Which socket event sets which of them is the provider's business. They
 * work before WSAStartup, as they do on Windows whatever the 1996 text says (spi.md, B38).
 */
#include "ws2_32/core/call.h"

WSAEVENT WSAAPI WSACreateEvent(void)
{
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);

    if (!event)
        SetLastError(WSA_NOT_ENOUGH_MEMORY);
    return event;
}

static BOOL valid(BOOL done)
{
    if (!done)
        SetLastError(WSA_INVALID_HANDLE);
    return done;
}

BOOL WSAAPI WSACloseEvent(WSAEVENT event)
{
    return valid(CloseHandle(event));
}

BOOL WSAAPI WSASetEvent(WSAEVENT event)
{
    return valid(SetEvent(event));
}

BOOL WSAAPI WSAResetEvent(WSAEVENT event)
{
    return valid(ResetEvent(event));
}

DWORD WSAAPI WSAWaitForMultipleEvents(DWORD count, const WSAEVENT *events, BOOL all, DWORD timeout,
                                      BOOL alertable)
{
    return WaitForMultipleObjectsEx(count, events, all, timeout, alertable);
}

int WSAAPI WSAEventSelect(SOCKET s, WSAEVENT event, long mask)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPEventSelect(s, event, mask, &c.err));
}

int WSAAPI WSAEnumNetworkEvents(SOCKET s, WSAEVENT event, LPWSANETWORKEVENTS events)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPEnumNetworkEvents(s, event, events, &c.err));
}
