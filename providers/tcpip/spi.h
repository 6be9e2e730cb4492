/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_SPI_H
#define WS2_TCPIP_SPI_H
/*
 * The 30 entries of the proc table (startup.c fills it from here), and what the provider's files offer each
 * other above the kernel calls of sock.h.
 */
#include "providers/tcpip/sock.h"

SOCKET WSPAPI spi_accept(SOCKET s, struct sockaddr *addr, LPINT addr_bytes,
                         LPCONDITIONPROC condition, DWORD_PTR callback_data, LPINT lp_errno);
int WSPAPI spi_bind(SOCKET s, const struct sockaddr *name, int name_bytes, LPINT lp_errno);
int WSPAPI spi_cancel_blocking_call(LPINT lp_errno);
int WSPAPI spi_cleanup(LPINT lp_errno);
int WSPAPI spi_close_socket(SOCKET s, LPINT lp_errno);
int WSPAPI spi_connect(SOCKET s, const struct sockaddr *name, int name_bytes, LPWSABUF caller_data,
                       LPWSABUF callee_data, LPQOS sqos, LPQOS gqos, LPINT lp_errno);
WINBOOL WSPAPI spi_get_overlapped_result(SOCKET s, LPWSAOVERLAPPED ov, LPDWORD transfer,
                                         WINBOOL wait, LPDWORD flags, LPINT lp_errno);
int WSPAPI spi_get_peer_name(SOCKET s, struct sockaddr *name, LPINT name_bytes, LPINT lp_errno);
int WSPAPI spi_get_sock_name(SOCKET s, struct sockaddr *name, LPINT name_bytes, LPINT lp_errno);
WINBOOL WSPAPI spi_get_qos_by_name(SOCKET s, LPWSABUF name, LPQOS qos, LPINT lp_errno);
SOCKET WSPAPI spi_join_leaf(SOCKET s, const struct sockaddr *name, int name_bytes,
                            LPWSABUF caller_data, LPWSABUF callee_data, LPQOS sqos, LPQOS gqos,
                            DWORD flags, LPINT lp_errno);
int WSPAPI spi_listen(SOCKET s, int backlog, LPINT lp_errno);
int WSPAPI spi_recv(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, LPDWORD flags,
                    LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                    LPWSATHREADID thread, LPINT lp_errno);
int WSPAPI spi_recv_disconnect(SOCKET s, LPWSABUF data, LPINT lp_errno);
int WSPAPI spi_recv_from(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, LPDWORD flags,
                         struct sockaddr *from, LPINT from_bytes, LPWSAOVERLAPPED ov,
                         LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                         LPINT lp_errno);
int WSPAPI spi_select(int nfds, fd_set *readfds, fd_set *writefds, fd_set *exceptfds,
                      const PTIMEVAL timeout, LPINT lp_errno);
int WSPAPI spi_send(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags,
                    LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                    LPWSATHREADID thread, LPINT lp_errno);
int WSPAPI spi_send_disconnect(SOCKET s, LPWSABUF data, LPINT lp_errno);
int WSPAPI spi_send_to(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags,
                       const struct sockaddr *to, int to_bytes, LPWSAOVERLAPPED ov,
                       LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                       LPINT lp_errno);
int WSPAPI spi_shutdown(SOCKET s, int how, LPINT lp_errno);
SOCKET WSPAPI spi_socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group,
                         DWORD flags, LPINT lp_errno);

/* options.c */
int WSPAPI spi_get_sock_opt(SOCKET s, int level, int name, char *value, LPINT bytes, LPINT lp_errno);
int WSPAPI spi_set_sock_opt(SOCKET s, int level, int name, const char *value, int bytes,
                            LPINT lp_errno);
/* ioctl.c */
int WSPAPI spi_ioctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                     LPDWORD returned, LPWSAOVERLAPPED ov,
                     LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                     LPINT lp_errno);
/* events.c */
int WSPAPI spi_async_select(SOCKET s, HWND window, unsigned int message, __LONG32 mask,
                            LPINT lp_errno);
int WSPAPI spi_enum_network_events(SOCKET s, WSAEVENT event, LPWSANETWORKEVENTS found,
                                   LPINT lp_errno);
int WSPAPI spi_event_select(SOCKET s, WSAEVENT event, __LONG32 mask, LPINT lp_errno);
/* addrstr.c */
INT WSPAPI spi_address_to_string(LPSOCKADDR addr, DWORD addr_bytes, LPWSAPROTOCOL_INFOW info,
                                 LPWSTR text, LPDWORD text_chars, LPINT lp_errno);
INT WSPAPI spi_string_to_address(LPWSTR text, INT family, LPWSAPROTOCOL_INFOW info, LPSOCKADDR addr,
                                 LPINT addr_bytes, LPINT lp_errno);
/* duplicate.c */
int WSPAPI spi_duplicate_socket(SOCKET s, DWORD process_id, LPWSAPROTOCOL_INFOW info, LPINT lp_errno);

/*
 * spi_socket() asks this first: TRUE when `info` carries the token of WSPDuplicateSocket (in
 * dwProviderReserved). Then *err is 0 and *s the adopted socket, registered by WPUModifyIFSHandle, or *err says
 * why the token is no good (used already: WSAEINVAL).
 */
BOOL duplicate_adopt(const WSAPROTOCOL_INFOW *info, SOCKET *s, int *err);

/*
 * Fills the record of a handle that came from elsewhere (inherited, duplicated) from what the kernel still knows of
 * it: overlapped, bound, listening, connected. sock_get() uses it for a handle that it has not seen.
 */
void sock_rebuild(struct sock *k);

/* The record side of what ACCEPT lets `accepted` take from `listener`: selection, nonblocking, stored options. */
void sock_inherit(struct sock *accepted, struct sock *listener);

/* Drops every stored option (the record is going away). In options.c, with sock_option_get and _set. */
void sock_options_free(struct sock *k);

/* POLL bits for FD_ events and back (events_rules.c, portable). */
unsigned long events_to_poll(long fd_mask);

/*
 * What the data path (send.c, recv.c, select.c) offers to the extension functions. They return 0, WSA_IO_PENDING or
 * the error, after all checks of their SPI entry that do not concern the SPI's own pointers.
 */
int recv_msg(struct sock *k, LPWSABUF bufs, DWORD count, LPDWORD bytes, LPDWORD flags,
             struct sockaddr *from, LPINT from_bytes, LPWSABUF control, LPWSAOVERLAPPED ov,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
int send_msg(struct sock *k, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags,
             const struct sockaddr *to, int to_bytes, LPWSAOVERLAPPED ov,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
/* WSAPoll: the number of entries with revents, or SOCKET_ERROR and *err. */
int poll_sockets(WSAPOLLFD *fds, ULONG count, INT timeout_ms, int *err);

#endif
