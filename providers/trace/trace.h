/* SPDX-License-Identifier: MIT */
#ifndef WS2_TRACE_TRACE_H
#define WS2_TRACE_TRACE_H
/*
 * What the 30 traced entries are made of: a call begins, its arguments are written down, it goes to the next provider, comes
 * back, what it gave back is written down, the line goes out. All of it keeps the thread's last error, and does nothing
 * while the log is off.
 *
 * Arguments are the program's memory, and may point anywhere: what cannot be read is shown as "bad pointer"; the
 * provider below decides what the program gets for it.
 */
#include "providers/kit/ws2kit_layer.h"
#include "providers/trace/format.h"

struct call {
    struct format line;
    BOOL on;
    LONGLONG gone;    /* when the call went to the next provider */
    DWORD last_error; /* the program's, while we are at work */
};

/* Opens the log as the options say. Always 0: a trace that cannot be written must not stop the program. */
int log_start(void);
void log_stop(void);
/* Option hex=N: how many bytes of data to show. */
extern unsigned log_hex;

void call_begin(struct call *c, const char *name);
void call_go(struct call *c);
/* `err`: 0 for success, else what the call left in *lpErrno. */
void call_back(struct call *c, LONGLONG value, BOOL is_handle, int err);
void call_end(struct call *c);

/* ---- arguments (decode_pe.c): what the program handed in, or reads from ---- */

void arg_number(struct call *c, const char *key, LONGLONG value);
void arg_hex(struct call *c, const char *key, ULONG_PTR value);
void arg_name(struct call *c, const char *key, DWORD value, const struct format_name *table);
void arg_flags(struct call *c, const char *key, DWORD value, const struct format_name *table);
void arg_socket(struct call *c, SOCKET s);
void arg_triple(struct call *c, int family, int type, int protocol);
void arg_option(struct call *c, int level, int option);
/* Nothing is shown for NULL pointers here and below. */
void arg_overlapped(struct call *c, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
void arg_address(struct call *c, const char *key, const struct sockaddr *addr, int bytes);
void arg_buffers(struct call *c, const WSABUF *buffer, DWORD count);
void arg_message(struct call *c, const WSAMSG *message);
void arg_handles(struct call *c, const char *key, const fd_set *set);
void arg_timeout(struct call *c, const struct timeval *timeout);
void arg_wide(struct call *c, const char *key, LPCWSTR text);
void arg_info(struct call *c, const WSAPROTOCOL_INFOW *info);
/* Values of a socket option, in or out. */
void arg_value(struct call *c, int level, int option, const char *value, int bytes);
/* Buffers of an ioctl. */
void arg_ioctl_in(struct call *c, DWORD code, const void *in, DWORD bytes);
void arg_ioctl_out(struct call *c, DWORD code, const void *out, DWORD bytes, const DWORD *returned);

/* ---- results: through the pointers that the program gave ---- */

void out_number(struct call *c, const char *key, const void *dword);
void out_flags(struct call *c, const char *key, const DWORD *flags,
               const struct format_name *table);
void out_address(struct call *c, const char *key, const struct sockaddr *addr, const int *bytes);
/* The first log_hex bytes of `count` buffers; `bytes` (may be NULL): how many of them there are. */
void out_data(struct call *c, const WSABUF *buffer, DWORD count, const DWORD *bytes);
void out_events(struct call *c, const WSANETWORKEVENTS *events);
void out_value(struct call *c, int level, int option, const char *value, const int *bytes);

#endif
