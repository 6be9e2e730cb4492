/* SPDX-License-Identifier: MIT */
/* Socket events as window messages: the provider posts them with the upcall WPUPostMessage. */
#include "ws2_32/core/call.h"
#include "ws2_32/core/upcalls.h"

int WSAAPI WSAAsyncSelect(SOCKET s, HWND window, u_int message, long mask)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPAsyncSelect(s, window, message, mask, &c.err));
}

/* For what stands between us and windows of another kind, as 16-bit programs' once did: messages go through it. */
int WSAAPI WSApSetPostRoutine(LPWPUPOSTMESSAGE routine);
int WSAAPI WSApSetPostRoutine(LPWPUPOSTMESSAGE routine)
{
    upcalls_set_post_routine(routine);
    return 0;
}
