/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_HOOK_H
#define WS2_32_CORE_HOOK_H
/* The blocking hook of a Winsock 1.1 program, as providers get to call it while they wait. */
#include <winsock2.h>
#include <ws2spi.h>

/* NULL when this thread has no hook: the provider then waits as it likes. */
LPBLOCKINGCALLBACK hook_callback(PDWORD_PTR context);

#endif
