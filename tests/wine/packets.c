/* SPDX-License-Identifier: MIT */
#include "packets.h"

#include <string.h>

HANDLE port_new(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);

    NEED(port != NULL);
    return port;
}

void tie(SOCKET s, HANDLE port, ULONG_PTR key)
{
    NEED(CreateIoCompletionPort((HANDLE)s, port, key, 0) == port);
}

int start_recv(SOCKET s, struct op *op)
{
    WSABUF buf = { sizeof op->data, op->data };

    memset(op, 0, sizeof *op);
    return WSARecv(s, &buf, 1, NULL, &op->flags, &op->ov, NULL) ? WSAGetLastError() : 0;
}

void pend_recv(SOCKET s, struct op *op)
{
    CHECK_INT(start_recv(s, op), WSA_IO_PENDING);
}

int packet(HANDLE port, OVERLAPPED **ov, DWORD *bytes, ULONG_PTR *key, DWORD ms)
{
    BOOL good;

    *ov = NULL;
    *bytes = 0;
    good = GetQueuedCompletionStatus(port, bytes, key, ov, ms);
    return good ? 0 : *ov ? (int)GetLastError() : -1;
}

void want_packet(HANDLE port, const void *ov, DWORD bytes, int err)
{
    OVERLAPPED *got;
    ULONG_PTR key = 0;
    DWORD n;

    CHECK_INT(packet(port, &got, &n, &key, 5000), err);
    CHECK_INT(got, ov);
    CHECK_INT(n, bytes);
    CHECK_INT(key, KEY);
}

void want_none(HANDLE port)
{
    OVERLAPPED *got;
    ULONG_PTR key;
    DWORD n;

    CHECK_INT(packet(port, &got, &n, &key, 20), -1);
    CHECK_INT(GetLastError(), WAIT_TIMEOUT);
}

HANDLE tied_pair(SOCKET pair[2])
{
    HANDLE port = port_new();

    tcp_pair(AF_INET, pair);
    tie(pair[1], port, KEY);
    return port;
}
