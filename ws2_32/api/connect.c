/* SPDX-License-Identifier: MIT */
/* A socket's two names, and reaching a peer. The provider judges every address: families are its business. */
#include "ws2_32/core/call.h"

int WSAAPI bind(SOCKET s, const struct sockaddr *name, int name_bytes)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPBind(s, name, name_bytes, &c.err));
}

int WSAAPI getsockname(SOCKET s, struct sockaddr *name, int *name_bytes)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPGetSockName(s, name, name_bytes, &c.err));
}

int WSAAPI getpeername(SOCKET s, struct sockaddr *name, int *name_bytes)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPGetPeerName(s, name, name_bytes, &c.err));
}

int WSAAPI WSAConnect(SOCKET s, const struct sockaddr *name, int name_bytes, LPWSABUF caller_data,
                      LPWSABUF callee_data, LPQOS qos, LPQOS group_qos)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPConnect(s, name, name_bytes, caller_data, callee_data, qos,
                                             group_qos, &c.err));
}

int WSAAPI connect(SOCKET s, const struct sockaddr *name, int name_bytes)
{
    return WSAConnect(s, name, name_bytes, NULL, NULL, NULL, NULL);
}

SOCKET WSAAPI WSAJoinLeaf(SOCKET s, const struct sockaddr *name, int name_bytes,
                          LPWSABUF caller_data, LPWSABUF callee_data, LPQOS qos, LPQOS group_qos,
                          DWORD flags)
{
    struct call c;

    if (call_begin(&c, s))
        return INVALID_SOCKET;
    return call_end_socket(&c, c.proc->lpWSPJoinLeaf(s, name, name_bytes, caller_data, callee_data,
                                                     qos, group_qos, flags, &c.err));
}
