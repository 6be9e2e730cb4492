/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_NAMES_H
#define WS2_32_NAMES_NAMES_H
/* What core/ calls in names/, besides names_thread_free() of core/thread.h. */

/*
 * The last WSACleanup: drops pending WSAAsyncGetXByY requests without a message, and the DLLs loaded for lookups.
 * Called with no locks held.
 */
void names_cleanup(void);

#endif
