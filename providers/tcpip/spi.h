/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_SPI_H
#define WS2_TCPIP_SPI_H
/*
 * What the provider's files offer each other above the kernel calls of sock.h. (The 30 entries: entry.h.)
 */
#include "providers/tcpip/sock.h"

/* ---- options.c, events.c, duplicate.c: what the socket calls need of them ---- */

/*
 * Fills the record of a handle that came from elsewhere (inherited, duplicated) from what the kernel still knows of
 * it: bound, listening, connected. For the end of sock_adopt().
 */
void sock_rebuild(struct sock *k);

/* The record side of what ACCEPT lets `accepted` take from `listener`: selection, nonblocking mode, linger, stored options. */
void sock_inherit(struct sock *accepted, struct sock *listener);

/* Drops every stored option (the record is going away). */
void sock_options_free(struct sock *k);

/* ---- the data path (send.c, recv.c, select.c), for the extension functions ---- */

/*
 * They return 0, WSA_IO_PENDING or the error, after all checks of the SPI entry that do not concern the SPI's own
 * pointers. `control` may be NULL.
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
