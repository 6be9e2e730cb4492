/* SPDX-License-Identifier: MIT */
/*
 * How an overlapped operation ended. Only the socket's owner can say: layers keep flags and error where they like in the
 * OVERLAPPED, so nothing of it is looked at here.
 */
#include "ws2_32/core/call.h"

BOOL WSAAPI WSAGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED ov, LPDWORD bytes, BOOL wait,
                                   LPDWORD flags)
{
    struct call c;

    if (call_begin(&c, s))
        return FALSE;
    return call_end_bool(&c, c.proc->lpWSPGetOverlappedResult(s, ov, bytes, wait, flags, &c.err));
}
