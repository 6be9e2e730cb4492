/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_UPCALLS_H
#define WS2_32_CORE_UPCALLS_H
/*
 * The 15 functions that providers may call back, the same for every start of every provider (published layers
 * keep the first table they see). They take leaf locks only, and never call into a provider.
 */
#include <winsock2.h>
#include <ws2spi.h>

extern const WSPUPCALLTABLE upcall_table;

/* Puts a function of PostMessage's form in its place (WSApSetPostRoutine); NULL: PostMessage again. */
void upcalls_set_post_routine(LPWPUPOSTMESSAGE routine);

/*
 * An upcall that the SPI does not have, exported by name for ws2kit's own layers. A stream layer gives the program a base provider's handle, which
 * the kernel serves, and yet has to end one kind of operation on it itself (a ConnectEx that goes elsewhere first).
 * `on`: from now on WPUCompleteOverlappedRequest works on `s` too, and CancelIoEx reaches the layer (base/cancel.h). Off: before the handle is closed. 0 or a Winsock code.
 */
int WSAAPI ws2kit_watch_socket(SOCKET s, BOOL on);

/* The same, see observe_exit(): a layer that still holds what the program has sent can let it go. */
BOOL WSAAPI ws2kit_at_exit(void (*run)(void), BOOL on);

#endif
