/* SPDX-License-Identifier: MIT */
/* Control codes and QoS templates: all the provider's. */
#include "ws2_32/core/call.h"

int WSAAPI WSAIoctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                    LPDWORD returned, LPWSAOVERLAPPED ov,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct call c;

    if (call_begin_overlapped(&c, s, ov, routine))
        return SOCKET_ERROR;
    return call_end_overlapped(&c, s, c.proc->lpWSPIoctl(s, code, in, in_bytes, out, out_bytes, returned, ov,
                                           routine, call_thread_id(&c, ov), &c.err), ov, routine);
}

/* One word goes in, comes out, or both: it stands in both places, and the provider knows the code. */
int WSAAPI ioctlsocket(SOCKET s, long code, u_long *word)
{
    DWORD returned;
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPIoctl(s, code, word, sizeof *word, word, sizeof *word,
                                           &returned, NULL, NULL, NULL, &c.err));
}

BOOL WSAAPI WSAGetQOSByName(SOCKET s, LPWSABUF name, LPQOS qos)
{
    struct call c;

    if (call_begin(&c, s))
        return FALSE;
    return call_end_bool(&c, c.proc->lpWSPGetQOSByName(s, name, qos, &c.err));
}
