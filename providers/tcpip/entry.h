/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_ENTRY_H
#define WS2_TCPIP_ENTRY_H
/*
 * The thirty entries of the provider's table (spi.md 5.2), each in the file of its family, and what the files
 * of the provider offer each other beyond sock.h.
 */
#include "providers/tcpip/sock.h"

SOCKET WSPAPI WSPAccept(SOCKET s, struct sockaddr *addr, LPINT addrlen, LPCONDITIONPROC condition,
                        DWORD_PTR callback_data, LPINT lp_errno);
INT WSPAPI WSPAddressToString(LPSOCKADDR addr, DWORD addr_bytes, LPWSAPROTOCOL_INFOW info,
                              LPWSTR text, LPDWORD text_chars, LPINT lp_errno);
int WSPAPI WSPAsyncSelect(SOCKET s, HWND window, unsigned int message, LONG events, LPINT lp_errno);
int WSPAPI WSPBind(SOCKET s, const struct sockaddr *name, int namelen, LPINT lp_errno);
int WSPAPI WSPCancelBlockingCall(LPINT lp_errno);
int WSPAPI WSPCleanup(LPINT lp_errno);
int WSPAPI WSPCloseSocket(SOCKET s, LPINT lp_errno);
int WSPAPI WSPConnect(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF caller_data,
                      LPWSABUF callee_data, LPQOS sqos, LPQOS gqos, LPINT lp_errno);
int WSPAPI WSPDuplicateSocket(SOCKET s, DWORD process_id, LPWSAPROTOCOL_INFOW info,
                              LPINT lp_errno);
int WSPAPI WSPEnumNetworkEvents(SOCKET s, WSAEVENT event, LPWSANETWORKEVENTS events,
                                LPINT lp_errno);
int WSPAPI WSPEventSelect(SOCKET s, WSAEVENT event, LONG events, LPINT lp_errno);
BOOL WSPAPI WSPGetOverlappedResult(SOCKET s, LPWSAOVERLAPPED ov, LPDWORD bytes, BOOL wait,
                                   LPDWORD flags, LPINT lp_errno);
int WSPAPI WSPGetPeerName(SOCKET s, struct sockaddr *name, LPINT namelen, LPINT lp_errno);
int WSPAPI WSPGetSockName(SOCKET s, struct sockaddr *name, LPINT namelen, LPINT lp_errno);
int WSPAPI WSPGetSockOpt(SOCKET s, int level, int optname, char *optval, LPINT optlen,
                         LPINT lp_errno);
BOOL WSPAPI WSPGetQOSByName(SOCKET s, LPWSABUF name, LPQOS qos, LPINT lp_errno);
int WSPAPI WSPIoctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                    LPDWORD returned, LPWSAOVERLAPPED ov,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                    LPINT lp_errno);
SOCKET WSPAPI WSPJoinLeaf(SOCKET s, const struct sockaddr *name, int namelen, LPWSABUF caller_data,
                          LPWSABUF callee_data, LPQOS sqos, LPQOS gqos, DWORD flags,
                          LPINT lp_errno);
int WSPAPI WSPListen(SOCKET s, int backlog, LPINT lp_errno);
int WSPAPI WSPRecv(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, LPDWORD flags,
                   LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   LPWSATHREADID thread, LPINT lp_errno);
int WSPAPI WSPRecvDisconnect(SOCKET s, LPWSABUF data, LPINT lp_errno);
int WSPAPI WSPRecvFrom(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, LPDWORD flags,
                       struct sockaddr *from, LPINT fromlen, LPWSAOVERLAPPED ov,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                       LPINT lp_errno);
int WSPAPI WSPSelect(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                     const PTIMEVAL timeout, LPINT lp_errno);
int WSPAPI WSPSend(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags,
                   LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                   LPWSATHREADID thread, LPINT lp_errno);
int WSPAPI WSPSendDisconnect(SOCKET s, LPWSABUF data, LPINT lp_errno);
int WSPAPI WSPSendTo(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags,
                     const struct sockaddr *to, int tolen, LPWSAOVERLAPPED ov,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                     LPINT lp_errno);
int WSPAPI WSPSetSockOpt(SOCKET s, int level, int optname, const char *optval, int optlen,
                         LPINT lp_errno);
int WSPAPI WSPShutdown(SOCKET s, int how, LPINT lp_errno);
SOCKET WSPAPI WSPSocket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP g,
                        DWORD flags, LPINT lp_errno);
INT WSPAPI WSPStringToAddress(LPWSTR text, INT family, LPWSAPROTOCOL_INFOW info, LPSOCKADDR addr,
                              LPINT addr_bytes, LPINT lp_errno);

/*
 * WSPSocket asks first whether `info` describes a socket that WSPDuplicateSocket made for this process:
 * 0 with *handle set to it (now the caller's), 0 with *handle NULL when `info` is an ordinary one, or the
 * error of a token that is no longer good.
 */
int duplicate_adopt(const WSAPROTOCOL_INFOW *info, HANDLE *handle);

#endif
