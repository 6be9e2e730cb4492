/* SPDX-License-Identifier: MIT */
/*
 * What happens to a send:
 *
 *   call_begin()       has Winsock been started? which provider owns the socket? (no lock, no shared write)
 *   lpWSPSend          the owner does it: a layer, which may pass it on to the next below, or the base provider
 *   call_end()         the provider's error becomes the thread's last error
 *
 * Nothing is checked here. Buffers, flags and addresses are the provider's to judge, since only it knows what they mean to it.
 */
#include <mswsock.h>

#include "ws2_32/core/call.h"

int WSAAPI WSASend(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD sent, DWORD flags,
                   LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct call c;

    if (call_begin_overlapped(&c, s, ov, routine))
        return SOCKET_ERROR;
    return call_end_overlapped(&c, s, c.proc->lpWSPSend(s, bufs, count, sent, flags, ov, routine,
                                          call_thread_id(&c, ov), &c.err), ov, routine);
}

int WSAAPI send(SOCKET s, const char *data, int bytes, int flags)
{
    WSABUF buf = { bytes, (char *)data };
    DWORD sent = 0;
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    if (call_end(&c, c.proc->lpWSPSend(s, &buf, 1, &sent, flags, NULL, NULL, NULL, &c.err)))
        return SOCKET_ERROR;
    return sent;
}

int WSAAPI WSASendTo(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD sent, DWORD flags,
                     const struct sockaddr *to, int to_bytes, LPWSAOVERLAPPED ov,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct call c;

    if (call_begin_overlapped(&c, s, ov, routine))
        return SOCKET_ERROR;
    return call_end_overlapped(&c, s, c.proc->lpWSPSendTo(s, bufs, count, sent, flags, to, to_bytes, ov, routine,
                                            call_thread_id(&c, ov), &c.err), ov, routine);
}

int WSAAPI sendto(SOCKET s, const char *data, int bytes, int flags, const struct sockaddr *to,
                  int to_bytes)
{
    WSABUF buf = { bytes, (char *)data };
    DWORD sent = 0;
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    if (call_end(&c, c.proc->lpWSPSendTo(s, &buf, 1, &sent, flags, to, to_bytes, NULL, NULL, NULL,
                                         &c.err)))
        return SOCKET_ERROR;
    return sent;
}

/*
 * Not an entry of the provider table: the function comes from the socket's provider by ioctl, so a layer may answer
 * with its own. Such functions set the last error themselves. A provider without one can still send what has no control data.
 */
int WSAAPI WSASendMsg(SOCKET s, LPWSAMSG msg, DWORD flags, LPDWORD sent, LPWSAOVERLAPPED ov,
                      LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    GUID id = WSAID_WSASENDMSG;
    LPFN_WSASENDMSG send_msg = NULL;
    DWORD bytes;
    struct call c;
    int result;

    if (call_begin_overlapped(&c, s, ov, routine))
        return SOCKET_ERROR;
    result = c.proc->lpWSPIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &send_msg,
                                sizeof send_msg, &bytes, NULL, NULL, NULL, &c.err);
    if (!result && send_msg) {
        result = send_msg(s, msg, flags, sent, ov, routine);
        c.err = result ? GetLastError() : 0;
    } else if (!msg || msg->Control.len) {
        result = SOCKET_ERROR;
        c.err = msg ? WSAEOPNOTSUPP : WSAEFAULT;
    } else {
        result = c.proc->lpWSPSendTo(s, msg->lpBuffers, msg->dwBufferCount, sent, flags, msg->name,
                                     msg->namelen, ov, routine, call_thread_id(&c, ov), &c.err);
    }
    return call_end_overlapped(&c, s, result, ov, routine);
}
