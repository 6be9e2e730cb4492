/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_STARTUP_H
#define WS2_32_CORE_STARTUP_H
/* WSAStartup counts, WSACleanup counts down; the last one takes everything apart. */
#include <winsock2.h>

extern LONG startup_running; /* the count is above zero and no final cleanup is going on */

/* One more WSAStartup for `wanted`; *use is the version that the program gets. WSAVERNOTSUPPORTED. */
int startup_begin(WORD wanted, WORD *use);

/* One less; the last one stops all providers. WSANOTINITIALISED, WSAEINPROGRESS. */
int startup_end(void);

/*
 * startup_check() for a call that Wine's own DLLs make before any WSAStartup (wininet, jsproxy, wbemprox and wineboot are written
 * against a Winsock that lets them): if need be Winsock is started for just this call, and *lent says so to startup_take_back(),
 * which keeps the last error. WSAEINPROGRESS, WSASYSNOTREADY.
 */
int startup_lend(BOOL *lent);
void startup_take_back(BOOL lent);

/* Whether blocking hooks exist: some WSAStartup that still counts has got 1.0 or 1.1 (spi.md 9.1). */
BOOL startup_is_1_1(void);

#endif
