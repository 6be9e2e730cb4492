/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

/* Placeholders that go as their families land. */

SOCKET WSPAPI WSPAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen, LPCONDITIONPROC condition,
                        DWORD_PTR callback_data, LPINT lp_errno)
{
    (void)s;
    (void)addr;
    (void)addrlen;
    (void)condition;
    (void)callback_data;
    return (SOCKET)spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPBind(SOCKET s, const struct sockaddr *name, int namelen, LPINT lp_errno)
{
    (void)s;
    (void)name;
    (void)namelen;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPCancelBlockingCall(LPINT lp_errno)
{
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF caller_data,
                      LPWSABUF callee_data, LPQOS sqos, LPQOS gqos, LPINT lp_errno)
{
    (void)s;
    (void)name;
    (void)namelen;
    (void)caller_data;
    (void)callee_data;
    (void)sqos;
    (void)gqos;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPGetPeerName(SOCKET s, struct sockaddr *name, LPINT namelen, LPINT lp_errno)
{
    (void)s;
    (void)name;
    (void)namelen;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPGetSockName(SOCKET s, struct sockaddr *name, LPINT namelen, LPINT lp_errno)
{
    (void)s;
    (void)name;
    (void)namelen;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

SOCKET WSPAPI WSPJoinLeaf(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF caller_data,
                          LPWSABUF callee_data, LPQOS sqos, LPQOS gqos, DWORD flags,
                          LPINT lp_errno)
{
    (void)s;
    (void)name;
    (void)namelen;
    (void)caller_data;
    (void)callee_data;
    (void)sqos;
    (void)gqos;
    (void)flags;
    return (SOCKET)spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPListen(SOCKET s, int backlog, LPINT lp_errno)
{
    (void)s;
    (void)backlog;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPRecv(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, LPDWORD flags,
                   LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   LPWSATHREADID thread, LPINT lp_errno)
{
    (void)s;
    (void)bufs;
    (void)count;
    (void)bytes;
    (void)flags;
    (void)ov;
    (void)routine;
    (void)thread;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPRecvDisconnect(SOCKET s, LPWSABUF data, LPINT lp_errno)
{
    (void)s;
    (void)data;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPRecvFrom(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, LPDWORD flags,
                       struct sockaddr *from, LPINT fromlen, LPWSAOVERLAPPED ov,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                       LPINT lp_errno)
{
    (void)s;
    (void)bufs;
    (void)count;
    (void)bytes;
    (void)flags;
    (void)from;
    (void)fromlen;
    (void)ov;
    (void)routine;
    (void)thread;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPSelect(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                     const PTIMEVAL timeout, LPINT lp_errno)
{
    (void)nfds;
    (void)readfds;
    (void)writefds;
    (void)exceptfds;
    (void)timeout;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPSend(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags,
                   LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   LPWSATHREADID thread, LPINT lp_errno)
{
    (void)s;
    (void)bufs;
    (void)count;
    (void)bytes;
    (void)flags;
    (void)ov;
    (void)routine;
    (void)thread;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPSendDisconnect(SOCKET s, LPWSABUF data, LPINT lp_errno)
{
    (void)s;
    (void)data;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPSendTo(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags,
                     const struct sockaddr *to, int tolen, LPWSAOVERLAPPED ov,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                     LPINT lp_errno)
{
    (void)s;
    (void)bufs;
    (void)count;
    (void)bytes;
    (void)flags;
    (void)to;
    (void)tolen;
    (void)ov;
    (void)routine;
    (void)thread;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

int WSPAPI WSPShutdown(SOCKET s, int how, LPINT lp_errno)
{
    (void)s;
    (void)how;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}

void send_tail_free(struct send_tail *tail)
{
    (void)tail;
}
