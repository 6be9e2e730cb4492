/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_HANDLE_H
#define WS2_32_CORE_HANDLE_H
/*
 * The kernel object behind a handle of WPUCreateSocketHandle: a socket of \Device\Afd that is created and never bound. It is
 * unique in the process, can be waited for, duplicated and tied to a completion port, and programs that poll handles through
 * Afd survive it (wine-host.md, "Completion ports from user mode").
 */
#include <winsock2.h>

/* 0 or WSAENOBUFS. */
int handle_create(BOOL inheritable, SOCKET *out);
void handle_close(SOCKET s);

/*
 * A provider's own handle whose owner is going to end operations on it by handle_complete(): the port that it gets tied to is kept in mind
 * from now on, and CancelIo and CancelIoEx on it ask the owner first. 0 or WSA_NOT_ENOUGH_MEMORY.
 */
int handle_watch(SOCKET s);
/* Before the handle is closed. Nothing happens to one that is not watched. */
void handle_unwatch(SOCKET s);

/*
 * Does what the kernel does when an overlapped operation ends: Internal and InternalHigh, the event, a packet to the
 * port that the handle is tied to, with key, status and byte count. `err` is a Winsock code, or an NTSTATUS (0xC0000000 and up)
 * that a layer took from the operation below it and wants to be seen unchanged.
 *
 * Where associations cannot be observed (observe.h) the packet's byte count is 0: no call that posts to a port found
 * only by handle lets it be chosen. InternalHigh has the true count.
 */
void handle_complete(SOCKET s, LPWSAOVERLAPPED ov, DWORD err, DWORD bytes);

/*
 * The end of one operation, told: the two words that an OVERLAPPED and an IO_STATUS_BLOCK begin with, then `event` (its low bit
 * says "no packet"), then the packet with `context` (NULL: none).
 */
void handle_end(SOCKET s, OVERLAPPED *block, HANDLE event, void *context, LONG status, DWORD bytes);

/* The NTSTATUS under which a Winsock code is seen by those who look at the status alone. */
LONG handle_status(DWORD err);

/* An event that is set when an operation without an event of its own ends on `s`; NULL: not to be had. It is never closed. */
HANDLE handle_waiter(SOCKET s);

/* Whether the object is one of handle_create()'s, of this process or another. */
BOOL handle_is_placeholder(SOCKET s);

/* Whether the two are handles of one kernel object, as after DuplicateHandle. */
BOOL handle_same(SOCKET a, SOCKET b);

#endif
