/* SPDX-License-Identifier: MIT */
#ifndef WS2_BASE_CANCEL_H
#define WS2_BASE_CANCEL_H
/*
 * The service-provider interface has no entry for CancelIo and CancelIoEx. ws2_32 therefore asks the owner of a handle of
 * WPUCreateSocketHandle by this control code: struct ws2_cancel goes in, a DWORD comes out that is non-zero when something was
 * asked to end. What ends completes in its own way, with WSA_OPERATION_ABORTED. A layer that does not know the code passes it down or
 * refuses it; then nothing is cancelled, which is what a layer on Windows does.
 */
#include <winsock2.h>

#define SIO_WS2KIT_CANCEL _WSAIORW(IOC_VENDOR, 0x7765)

/*
 * And by this one, how many of the socket's pending operations have neither an event nor a routine: a DWORD comes out. Only the
 * handle itself can tell of their end, to who waits for it; a layer that does not know the code has such a wait end at once.
 */
#define SIO_WS2KIT_PENDING _WSAIOR(IOC_VENDOR, 0x7766)

struct ws2_cancel {
    LPWSAOVERLAPPED operation; /* NULL: all of the socket's */
    DWORD own_thread_only;     /* CancelIo: those that this thread started */
};

#endif
