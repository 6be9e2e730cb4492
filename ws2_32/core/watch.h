/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_WATCH_H
#define WS2_32_CORE_WATCH_H
/*
 * Notification handles of WSAProviderConfigChange. A handle is one end of a private pipe; a thread
 * of ours holds the other end, waits for the registry to say that the protocol catalog changed, and
 * writes a byte. So waiting for a change is reading from the pipe, and the system does all that a
 * program may ask of a handle: events, completion ports, completion routines, CloseHandle, CancelIo.
 * Changes between two reads stay in the pipe.
 */
#include <winsock2.h>

enum { WATCH_BYTES = 256 }; /* a read of that many takes every change that nobody read yet */

/* A new handle, for changes from now on. WSAEOPNOTSUPP: there is no catalog to watch. */
int watch_open(HANDLE *handle);
/* Whether this process got `handle` from watch_open() and has not closed it. */
BOOL watch_is_open(HANDLE handle);

#endif
