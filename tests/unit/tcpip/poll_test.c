/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/poll_flags.h"

#include "tests/unit/unit.h"

/* winsock2.h's names for WSAPOLLFD.events. */
enum { ERR = 1, HUP = 2, NVAL = 4, WRNORM = 0x10, RDNORM = 0x100, RDBAND = 0x200, PRI = 0x400 };

/* What the kernel finds in the states of wine-afd.md 2.4, and how Windows reports them (3.10, 3.11). */
static const struct {
    const char *why;
    uint32_t found;
    bool read, write, except;
    int revents; /* everything asked for */
} states[] = {
    { "nothing", 0, false, false, false, 0 },
    { "connected, room to send", 0x44, false, true, false, WRNORM },
    { "data", 0x45, true, true, false, RDNORM | WRNORM },
    { "the peer has finished and all is read", 0x4C, true, true, false, WRNORM | HUP },
    { "reset", 0x54, true, true, false, WRNORM | HUP | ERR },
    { "connect failed", 0x100, false, false, true, WRNORM | HUP | ERR },
    { "connection waiting", 0x80, true, false, false, RDNORM },
    { "urgent data", 0x46, false, true, true, WRNORM | RDBAND },
    { "closed by another thread", 0x20, true, false, false, NVAL },
};

START_TEST(states_read_as_on_windows)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        CASE_INT_EQ(poll_set_has(POLL_SET_READ, states[i].found), states[i].read, states[i].why);
        CASE_INT_EQ(poll_set_has(POLL_SET_WRITE, states[i].found), states[i].write, states[i].why);
        CASE_INT_EQ(poll_set_has(POLL_SET_EXCEPT, states[i].found), states[i].except, states[i].why);
        CASE_INT_EQ(poll_revents(RDNORM | RDBAND | WRNORM, states[i].found), states[i].revents,
                    states[i].why);
    }
}
END_TEST

START_TEST(revents_are_what_was_asked_and_trouble)
{
    CASE_INT_EQ(poll_revents(RDNORM, 0x45), RDNORM, "writable, but not asked");
    CASE_INT_EQ(poll_revents(RDNORM, 0x100), HUP | ERR, "a failed connect is writable only if asked");
    CASE_INT_EQ(poll_revents(0, 0x4C), HUP, "hang-up always");
}
END_TEST

START_TEST(only_three_bits_may_be_asked)
{
    CASE_INT_EQ(poll_events_valid(RDNORM | RDBAND | WRNORM), true, "the three");
    CASE_INT_EQ(poll_events_valid(0), true, "none");
    CASE_INT_EQ(poll_events_valid(PRI), false, "POLLPRI");
    CASE_INT_EQ(poll_events_valid(HUP), false, "POLLHUP");
    CASE_INT_EQ(poll_events_want(0), 0x118, "trouble is always looked for");
    CASE_INT_EQ(poll_events_want(RDNORM), 0x199, "data, connections");
    CASE_INT_EQ(poll_events_want(WRNORM | RDBAND), 0x11E, "room, urgent data");
}
END_TEST

UNIT_MAIN("tcpip/poll", states_read_as_on_windows, revents_are_what_was_asked_and_trouble,
          only_three_bits_may_be_asked)
