/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/events_rules.h"

#include <stddef.h>

#include "base/wsaerr.h"

enum {
    POLL_READ = 0x001,
    POLL_OOB = 0x002,
    POLL_WRITE = 0x004,
    POLL_HUP = 0x008,
    POLL_RESET = 0x010,
    POLL_CONNECT = 0x040,
    POLL_ACCEPT = 0x080,
    POLL_CONNECT_ERR = 0x100,
    STATUS_OF_HUP = 3,
    STATUS_OF_CONNECT_ERR = 8,
};
enum { EVENT_CONNECT = 4, EVENT_CLOSE = 5 }; /* the FD_..._BIT numbers of the two that carry errors */

/* By FD_..._BIT: READ, WRITE, OOB, ACCEPT, CONNECT, CLOSE. */
static const uint16_t bits[] = {
    POLL_READ,
    POLL_WRITE,
    POLL_OOB,
    POLL_ACCEPT,
    POLL_CONNECT | POLL_CONNECT_ERR,
    POLL_HUP | POLL_RESET,
};

uint32_t events_to_poll(long mask)
{
    uint32_t wanted = 0;

    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (mask & (1L << i))
            wanted |= bits[i];
    return wanted;
}

long events_from_poll(uint32_t found, long mask)
{
    long events = 0;

    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        if (found & bits[i])
            events |= 1L << i;
    return events & mask;
}

long events_translate(uint32_t found, const int32_t status[EVENTS_STATUSES], long mask,
                      int errors[EVENTS_MAX], int (*to_err)(int32_t status))
{
    long events = events_from_poll(found, mask);

    for (int i = 0; i < EVENTS_MAX; i++)
        if (events & (1L << i))
            errors[i] = 0;

    if ((events & (1L << EVENT_CONNECT)) && (found & POLL_CONNECT_ERR))
        errors[EVENT_CONNECT] = to_err(status[STATUS_OF_CONNECT_ERR]);
    if (events & (1L << EVENT_CLOSE)) /* 8.0 has no status for a reset, Windows has this code */
        errors[EVENT_CLOSE] =
            (found & POLL_RESET) ? WSAECONNABORTED : to_err(status[STATUS_OF_HUP]);
    return events;
}
