/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_SPI_H
#define WS2_TCPIP_SPI_H
/*
 * What the provider's files offer each other above the kernel calls of sock.h. (The 30 entries: entry.h.)
 */
#include "providers/tcpip/sock.h"

/* ---- what the socket calls need of options and events ---- */

/* The record side of what ACCEPT lets `accepted` take from `listener`: selection, nonblocking mode, linger, stored options. */
void sock_inherit(struct sock *accepted, struct sock *listener);

/*
 * A connection that AcceptEx put behind `k`'s handle has been found there (sock_settle): gives it back the blocking mode
 * and the selection that `k` had.
 */
void sock_renew(struct sock *k);

/* SO_UPDATE_ACCEPT_CONTEXT: `k`, settled, takes what sock_inherit() says, in the record and in the kernel. */
void sock_accept_context(struct sock *k, struct sock *listener);

/* options_store_pe.c, with the ones in sock.h: all but SO_ERROR. */
void sock_options_copy(struct sock *to, struct sock *from);

/*
 * options_group_nt.c: multicast membership (and IP_MULTICAST_IF), whose addresses and interfaces the kernel wants in
 * forms of its own. `value` is the caller's, at least as long as the option's row says. 0 or the error.
 */
struct option_rule;
int option_group_set(struct sock *k, const struct option_rule *rule, const void *value);

/* ---- net_pe.c: what iphlpapi knows; it is loaded at the first question ---- */

/* The first IPv4 address of interface `index` (network order), 0 if it has none. */
ULONG net_index_to_ip4(ULONG index);
/* The MTU of the interface that has this address, 0 if none has. */
ULONG net_mtu(const union sock_addr *addr);

struct net_address {
    union sock_addr addr;
    ULONG prefix_bits;
    BOOL up, loopback, multicast, point_to_point;
};
/* All unicast addresses of `family` (AF_UNSPEC: both), malloc'ed. *count 0 and NULL: none, or iphlpapi failed. */
struct net_address *net_addresses(INT family, ULONG *count);

/* options_nt.c: the pointer is readable / writable for that many bytes (WSAEFAULT otherwise). */
int check_read(const void *p, SIZE_T bytes);
int check_write(void *p, SIZE_T bytes);


/* ---- connect_nt.c ---- */

/*
 * Takes a stream socket into `to`, SOCK_CONNECTING or SOCK_CONNECTING_EX, if its state allows that, so that of two
 * threads one connects. 0, or the error that connect() or ConnectEx has for the state.
 */
int sock_begin_connect(struct sock *k, const union sock_addr *name, enum sock_state to);
/* How it ended: SOCK_CONNECTED, SOCK_CONNECTED_EX, or SOCK_BOUND again. */
void sock_end_connect(struct sock *k, enum sock_state state);

/* ---- the data path, for the extension functions ---- */

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
/* Sends `count` bytes on a connected stream and waits until they have gone, whatever mode the socket is in. */
NTSTATUS send_stream_bytes(struct sock *k, const void *at, ULONG count);
/* WSAPoll: the number of entries with revents, or SOCKET_ERROR and *err. */
int poll_sockets(WSAPOLLFD *fds, ULONG count, INT timeout_ms, int *err);

#endif
