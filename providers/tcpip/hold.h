/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_HOLD_H
#define WS2_TCPIP_HOLD_H
/* Records that are found without a lock: one whose last reference is gone is on its way to a free list, and not to be had. */
#include <windows.h>

/* Counts *refs up unless it is zero already. */
static inline BOOL hold_unless_gone(LONG volatile *refs)
{
    LONG seen, n = *refs;

    while (n) {
        seen = InterlockedCompareExchange(refs, n + 1, n);
        if (seen == n)
            return TRUE;
        n = seen;
    }
    return FALSE;
}

#endif
