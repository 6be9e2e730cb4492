/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_EXT_H
#define WS2_TCPIP_EXT_H
/*
 * The extension functions: applications call them directly, so they report by SetLastError() (which is where
 * WSAGetLastError() looks) and run without anything of ws2_32's around them.
 */
#include "providers/tcpip/sock.h"

BOOL PASCAL ext_accept_ex(SOCKET listener, SOCKET acceptor, PVOID buf, DWORD data_bytes,
                          DWORD local_bytes, DWORD remote_bytes, LPDWORD received, LPOVERLAPPED ov);
void PASCAL ext_get_accept_ex_sockaddrs(PVOID buf, DWORD data_bytes, DWORD local_bytes,
                                        DWORD remote_bytes, struct sockaddr **local,
                                        LPINT local_len, struct sockaddr **remote,
                                        LPINT remote_len);
BOOL PASCAL ext_connect_ex(SOCKET s, const struct sockaddr *name, int name_bytes, PVOID data,
                           DWORD data_bytes, LPDWORD sent, LPOVERLAPPED ov);
BOOL PASCAL ext_disconnect_ex(SOCKET s, LPOVERLAPPED ov, DWORD flags, DWORD reserved);
BOOL PASCAL ext_transmit_file(SOCKET s, HANDLE file, DWORD file_bytes, DWORD chunk, LPOVERLAPPED ov,
                              LPTRANSMIT_FILE_BUFFERS around, DWORD flags);
BOOL PASCAL ext_transmit_packets(SOCKET s, LPTRANSMIT_PACKETS_ELEMENT elements, DWORD count,
                                 DWORD send_size, LPOVERLAPPED ov, DWORD flags);
INT PASCAL ext_recv_msg(SOCKET s, LPWSAMSG msg, LPDWORD bytes, LPWSAOVERLAPPED ov,
                        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
INT WSAAPI ext_send_msg(SOCKET s, LPWSAMSG msg, DWORD flags, LPDWORD bytes, LPWSAOVERLAPPED ov,
                        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
INT WSAAPI ext_poll(LPWSAPOLLFD fds, ULONG count, INT timeout_ms);

/* The function behind a WSAID_... GUID, or NULL. */
void *ext_find(const GUID *id);

/* What SIO_EXT_SENDMSG needs: WSASendMsg with the error as a value. */
int ext_send(SOCKET s, const WSAMSG *msg, DWORD flags, LPDWORD bytes, LPWSAOVERLAPPED ov,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/* The last line of an extension function that answers BOOL. */
static inline BOOL ext_end(int err)
{
    SetLastError((DWORD)err);
    return !err;
}

#endif
