/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_PENDING_H
#define WS2_32_CORE_PENDING_H
/*
 * Overlapped operations that the API started on handles of WPUCreateSocketHandle and whose end their layer has not told yet. A
 * correct layer tells each once; this is how one that does not is noticed before the program is harmed. Operations with a completion
 * routine, and those of extension functions, which go past ws2_32, are not in it. Portable.
 */
#include <stdbool.h>
#include <stdint.h>

/* Before the layer is called. False: no memory, and it is not followed. */
bool pending_begin(uintptr_t socket, void *overlapped);

/* It ended, or did not start. False: it was not there. */
bool pending_end(uintptr_t socket, void *overlapped);

/* Some operation of the socket, which has thereby ended; NULL: none is left. */
void *pending_take(uintptr_t socket);

#endif
