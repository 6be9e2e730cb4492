/* SPDX-License-Identifier: MIT */
/* Receiving: as send.c says of sending, the owner of the socket does it all. */
#include "ws2_32/core/call.h"

int WSAAPI WSARecv(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD received, LPDWORD flags,
                   LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct call c;

    if (call_begin_overlapped(&c, s, ov, routine))
        return SOCKET_ERROR;
    return call_end_overlapped(&c, s, c.proc->lpWSPRecv(s, bufs, count, received, flags, ov, routine,
                                          call_thread_id(&c, ov), &c.err), ov, routine);
}

int WSAAPI recv(SOCKET s, char *data, int bytes, int flags)
{
    WSABUF buf = { bytes, data };
    DWORD in_out_flags = flags;
    DWORD received = 0;
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    if (call_end(&c, c.proc->lpWSPRecv(s, &buf, 1, &received, &in_out_flags, NULL, NULL, NULL,
                                       &c.err)))
        return SOCKET_ERROR;
    return received;
}

int WSAAPI WSARecvFrom(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD received, LPDWORD flags,
                       struct sockaddr *from, LPINT from_bytes, LPWSAOVERLAPPED ov,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct call c;

    if (call_begin_overlapped(&c, s, ov, routine))
        return SOCKET_ERROR;
    return call_end_overlapped(&c, s, c.proc->lpWSPRecvFrom(s, bufs, count, received, flags, from, from_bytes, ov,
                                              routine, call_thread_id(&c, ov), &c.err), ov, routine);
}

int WSAAPI recvfrom(SOCKET s, char *data, int bytes, int flags, struct sockaddr *from,
                    int *from_bytes)
{
    WSABUF buf = { bytes, data };
    DWORD in_out_flags = flags;
    DWORD received = 0;
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    if (call_end(&c, c.proc->lpWSPRecvFrom(s, &buf, 1, &received, &in_out_flags, from, from_bytes,
                                           NULL, NULL, NULL, &c.err)))
        return SOCKET_ERROR;
    return received;
}
