/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_API_WAIT_H
#define WS2_32_API_WAIT_H
/*
 * Waiting for what cannot be waited for together: sockets of unrelated providers are looked at in turn, with sleeps between
 * the rounds that grow to WAIT_LONGEST_MS. Correct, and slow; programs that mix providers in one set are rare.
 */
#include <winsock2.h>

enum { WAIT_LONGEST_MS = 10 };

struct wait {
    ULONGLONG end; /* of GetTickCount64(); unused when `forever` */
    BOOL forever;
    DWORD sleep;
};

/* `ms` INFINITE: no end. */
static inline void wait_begin(struct wait *w, DWORD ms)
{
    w->forever = ms == INFINITE;
    w->end = GetTickCount64() + ms;
    w->sleep = 1;
}

/* Sleeps, alertably as the providers' own waits are; false when the time is over. */
static inline BOOL wait_next(struct wait *w)
{
    ULONGLONG now = GetTickCount64();

    if (!w->forever && now >= w->end)
        return FALSE;
    if (!w->forever && w->end - now < w->sleep)
        w->sleep = w->end - now;
    SleepEx(w->sleep, TRUE);
    if (w->sleep < WAIT_LONGEST_MS)
        w->sleep++;
    return TRUE;
}

#endif
