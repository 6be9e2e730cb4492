/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/events_rules.h"

#include <string.h>

#include "base/wsaerr.h"
#include "tests/unit/unit.h"

enum {
    FD_READ = 1,
    FD_WRITE = 2,
    FD_OOB = 4,
    FD_ACCEPT = 8,
    FD_CONNECT = 0x10,
    FD_CLOSE = 0x20,
    FD_QOS = 0x40,
    FD_ADDRESS_LIST_CHANGE = 0x200,
    FD_ALL = 0x3FF,
};

static const struct {
    const char *why;
    long mask;
    uint32_t poll;
} selections[] = {
    {"nothing", 0, 0},
    {"read", FD_READ, 0x1},
    {"write", FD_WRITE, 0x4},
    {"out of band", FD_OOB, 0x2},
    {"accept", FD_ACCEPT, 0x80},
    {"connect, with its failure", FD_CONNECT, 0x140},
    {"close, clean or by reset", FD_CLOSE, 0x18},
    {"what the kernel has no bit for", FD_QOS | FD_ADDRESS_LIST_CHANGE, 0},
    {"everything", FD_ALL, 0x1DF},
};

START_TEST(a_mask_becomes_poll_bits)
{
    for (size_t i = 0; i < sizeof selections / sizeof *selections; i++)
        CASE_INT_EQ(events_to_poll(selections[i].mask), selections[i].poll, selections[i].why);
}
END_TEST

START_TEST(poll_bits_become_the_selected_events)
{
    for (long bit = 1; bit <= FD_CLOSE; bit <<= 1) {
        CASE_INT_EQ(events_from_poll(events_to_poll(bit), FD_ALL), bit, "there and back");
        CASE_INT_EQ(events_from_poll(events_to_poll(bit), FD_ALL & ~bit), 0, "not selected");
    }
    CASE_INT_EQ(events_from_poll(0x20, FD_ALL), 0, "the polled handle's own close is no event");
}
END_TEST

enum { REFUSED = -1000 };

static int to_err(int32_t status)
{
    return status == REFUSED ? WSAECONNREFUSED : status ? WSAEINVAL : 0;
}

static const struct {
    const char *why;
    uint32_t found;
    int32_t hup, connect;
    long events;
    int connect_err, close_err; /* -1: not written */
} answers[] = {
    {"nothing", 0, 0, 0, 0, -1, -1},
    {"connected", 0x44, 0, 0, FD_CONNECT | FD_WRITE, 0, -1},
    {"a status without its bit means nothing", 0x40, 0, REFUSED, FD_CONNECT, 0, -1},
    {"refused", 0x100, 0, REFUSED, FD_CONNECT, WSAECONNREFUSED, -1},
    {"closed", 0x8, 0, 0, FD_CLOSE, -1, 0},
    {"closed with a status", 0x8, REFUSED, 0, FD_CLOSE, -1, WSAECONNREFUSED},
    {"reset", 0x10, 0, 0, FD_CLOSE, -1, WSAECONNABORTED},
    {"reset and closed", 0x18, 0, 0, FD_CLOSE, -1, WSAECONNABORTED},
};

START_TEST(errors_are_written_for_events_that_happened_only)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        int32_t status[EVENTS_STATUSES] = {[3] = answers[i].hup, [8] = answers[i].connect};
        int errors[EVENTS_MAX];
        long events;

        memset(errors, 0xFF, sizeof errors);
        events = events_translate(answers[i].found, status, FD_ALL, errors, to_err);
        CASE_INT_EQ(events, answers[i].events, answers[i].why);
        CASE_INT_EQ(errors[4], answers[i].connect_err, answers[i].why);
        CASE_INT_EQ(errors[5], answers[i].close_err, answers[i].why);
        for (int bit = 0; bit < EVENTS_MAX; bit++)
            if (bit != 4 && bit != 5)
                CASE_INT_EQ(errors[bit], events & (1L << bit) ? 0 : -1, answers[i].why);
    }
}
END_TEST

UNIT_MAIN("tcpip/events", a_mask_becomes_poll_bits, poll_bits_become_the_selected_events,
          errors_are_written_for_events_that_happened_only)
