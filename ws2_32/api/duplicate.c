/* SPDX-License-Identifier: MIT */
/* Handing a socket to another process: the provider makes the token, WSASocket over there takes it. */
#include "ws2_32/api/info.h"
#include "ws2_32/core/call.h"

int WSAAPI WSADuplicateSocketW(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOW info)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPDuplicateSocket(s, process, info, &c.err));
}

int WSAAPI WSADuplicateSocketA(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOA info)
{
    WSAPROTOCOL_INFOW wide;

    if (WSADuplicateSocketW(s, process, info ? &wide : NULL))
        return SOCKET_ERROR;
    if (info)
        info_to_a(&wide, info);
    return 0;
}
