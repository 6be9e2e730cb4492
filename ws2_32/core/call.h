/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_CALL_H
#define WS2_32_CORE_CALL_H
/*
 * One call from the API into a provider:
 *
 *     struct call c;
 *
 *     if (call_begin(&c, s))
 *         return SOCKET_ERROR;
 *     return call_end(&c, c.proc->lpWSPListen(s, backlog, &c.err));
 *
 * Between begin and end the thread counts as inside a provider, and WSACleanup does not unload any. The count is the
 * thread's own, so two threads that send on two sockets write no memory in common.
 */
#include <winsock2.h>
#include <ws2spi.h>

#include "ws2_32/core/provider.h"
#include "ws2_32/core/sockets.h"
#include "ws2_32/core/thread.h"

struct call {
    struct thread *thread;
    struct provider *outer;    /* who the thread was in before */
    const WSPPROC_TABLE *proc; /* of the socket's owner */
    int err;                   /* the provider's lpErrno */
    BOOL followed;             /* pending_begin() has it */
};

/* 0, or SOCKET_ERROR with the last error set: WSANOTINITIALISED, WSAEINPROGRESS, WSAENOTSOCK, or why its provider did not start. */
int call_begin(struct call *c, SOCKET s);

/*
 * The same for a call that may have been given an OVERLAPPED and a routine. A handle that has a port cannot use routines: the kernel
 * refuses that on handles of its own, and here it is done for those of WPUCreateSocketHandle (WSAEINVAL).
 */
int call_begin_overlapped(struct call *c, SOCKET s, LPWSAOVERLAPPED ov,
                          LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

/* The same for a call that is not about a socket: the provider of *entry, started, or of what serves instead (core/bypass.h). */
int call_begin_entry(struct call *c, const struct catalog *cat, const struct catalog_entry **entry);

/* Raises the count only, for work that leads to providers: 0 or an error, which is not made the last error. */
int call_enter(struct call *c);
void call_leave(struct call *c);

/* The owner of `s`, started: 0 or an error. Only with the count raised. */
int call_owner(SOCKET s, struct provider **owner);

/* What goes to the provider as lpThreadId: of use to an overlapped call only, and not free. */
LPWSATHREADID call_thread_id(struct call *c, LPWSAOVERLAPPED ov);

/* `result` SOCKET_ERROR makes c->err the last error, everything else makes it 0. Returns `result`. */
int call_end(struct call *c, int result);
/*
 * For a call that call_begin_overlapped() began: success at once becomes WSA_IO_PENDING where a program could
 * not tell when a layer's indication comes (completion_result_pending()).
 */
int call_end_overlapped(struct call *c, SOCKET s, int result, LPWSAOVERLAPPED ov,
                        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
SOCKET call_end_socket(struct call *c, SOCKET result);
/* The same with FALSE for failure; what is neither TRUE nor FALSE is failure too (spi.md 5.2, row 16). */
BOOL call_end_bool(struct call *c, BOOL result);

#endif
