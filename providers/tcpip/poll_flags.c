/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/poll_flags.h"

/* winsock2.h's values. */
enum {
    EVENT_ERR = 0x001,
    EVENT_HUP = 0x002,
    EVENT_NVAL = 0x004,
    EVENT_WRNORM = 0x010,
    EVENT_RDNORM = 0x100,
    EVENT_RDBAND = 0x200,
};

enum { ALWAYS = POLL_FLAG_HUP | POLL_FLAG_RESET | POLL_FLAG_CONNECT_ERR };

uint32_t poll_set_wants(enum poll_set set)
{
    switch (set) {
    case POLL_SET_READ:
        return POLL_FLAG_READ | POLL_FLAG_ACCEPT | POLL_FLAG_HUP | POLL_FLAG_RESET;
    case POLL_SET_WRITE:
        return POLL_FLAG_WRITE;
    case POLL_SET_EXCEPT:
        break;
    }
    return POLL_FLAG_OOB | POLL_FLAG_CONNECT_ERR;
}

bool poll_set_has(enum poll_set set, uint32_t found)
{
    uint32_t any = poll_set_wants(set);

    if (set == POLL_SET_READ)
        any |= POLL_FLAG_CLOSE;
    return found & any;
}

bool poll_events_valid(int events)
{
    return !(events & ~(EVENT_RDNORM | EVENT_RDBAND | EVENT_WRNORM));
}

uint32_t poll_events_want(int events)
{
    uint32_t wanted = ALWAYS;

    if (events & EVENT_RDNORM)
        wanted |= POLL_FLAG_READ | POLL_FLAG_ACCEPT;
    if (events & EVENT_RDBAND)
        wanted |= POLL_FLAG_OOB;
    if (events & EVENT_WRNORM)
        wanted |= POLL_FLAG_WRITE;
    return wanted;
}

int poll_revents(int events, uint32_t found)
{
    int revents = 0;

    if (found & (POLL_FLAG_READ | POLL_FLAG_ACCEPT))
        revents |= EVENT_RDNORM;
    if (found & POLL_FLAG_OOB)
        revents |= EVENT_RDBAND;
    if (found & POLL_FLAG_WRITE)
        revents |= EVENT_WRNORM;
    if (found & POLL_FLAG_HUP)
        revents |= EVENT_HUP;
    if (found & POLL_FLAG_RESET)
        revents |= EVENT_HUP | EVENT_ERR;
    if (found & POLL_FLAG_CONNECT_ERR)
        revents |= EVENT_WRNORM | EVENT_HUP | EVENT_ERR;
    if (found & POLL_FLAG_CLOSE)
        revents |= EVENT_NVAL;
    return revents & (events | EVENT_ERR | EVENT_HUP | EVENT_NVAL);
}
