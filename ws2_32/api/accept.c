/* SPDX-License-Identifier: MIT */
/* Waiting for peers. The provider registers the new handle before it returns, under the owner it thinks right. */
#include "ws2_32/core/call.h"

int WSAAPI listen(SOCKET s, int backlog)
{
    struct call c;

    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPListen(s, backlog, &c.err));
}

/* A provider that forgot to register the new handle: it belongs where its listener does. */
static void see_to_registration(SOCKET listener, SOCKET s)
{
    struct socket_entry *e = sockets_find(listener);

    if (e && !sockets_find(s))
        sockets_own(s, e->provider, e->catalog_id, TRUE);
}

/* The condition function runs on this thread, inside the provider's call. */
SOCKET WSAAPI WSAAccept(SOCKET s, struct sockaddr *name, LPINT name_bytes, LPCONDITIONPROC condition,
                        DWORD_PTR condition_data)
{
    SOCKET accepted;
    struct call c;

    if (call_begin(&c, s))
        return INVALID_SOCKET;
    accepted = c.proc->lpWSPAccept(s, name, name_bytes, condition, condition_data, &c.err);
    if (accepted != INVALID_SOCKET)
        see_to_registration(s, accepted);
    return call_end_socket(&c, accepted);
}

SOCKET WSAAPI accept(SOCKET s, struct sockaddr *name, int *name_bytes)
{
    return WSAAccept(s, name, name_bytes, NULL, 0);
}
