/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_COMPLETION_H
#define WS2_32_CORE_COMPLETION_H
/*
 * What is known of the handles that WPUCreateSocketHandle made: the completion port that the program tied each to, and
 * its notification modes; and what follows from that when an operation ends. Portable.
 *
 * A handle of a port is owned by the table from completion_tie() on, and comes back to be closed exactly once: from
 * completion_tie(), completion_close() or completion_put(), whoever lets go of it last.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's bits (class 41): FILE_SKIP_COMPLETION_PORT_ON_SUCCESS, FILE_SKIP_SET_EVENT_ON_HANDLE. */
enum { COMPLETION_SKIP_PORT = 1, COMPLETION_SKIP_EVENT = 2 };

/*
 * A new handle, tied to nothing. 0 or WSA_NOT_ENOUGH_MEMORY. What stands there already is of an earlier handle, closed
 * behind our back: its port is left in *stale to be closed, else 0.
 */
int completion_open(uintptr_t handle, uintptr_t *stale);

/* The handle is gone. Returns a port to close, or 0. */
uintptr_t completion_close(uintptr_t handle);

/* Whether `handle` was opened here. Lock-free when nothing was ever opened. */
bool completion_known(uintptr_t handle);

/*
 * A provider's own handle, of which port and modes are to be known as well, since the owner ends some operations on it itself. The
 * kernel ends the others, so none of the rules for known handles hold for it: completion_known() says no. 0 or WSA_NOT_ENOUGH_MEMORY;
 * *stale as above. Undone by completion_close().
 */
int completion_watch(uintptr_t handle, uintptr_t *stale);
bool completion_watched(uintptr_t handle);

/*
 * The kernel has tied `handle` to `port` (0: to none any more); `port` is a handle of the table's own. Returns a port to
 * close, or 0: the former one, or `port` itself when `handle` is not known.
 */
uintptr_t completion_tie(uintptr_t handle, uintptr_t port, uintptr_t key);

void completion_set_modes(uintptr_t handle, uint32_t modes);
/* 0 for a handle that is not known. */
uint32_t completion_modes(uintptr_t handle);

/*
 * The event that is set when an operation without one of its own ends on `handle`: 0, or what was set first. It is never given
 * back: the next handle that needs one may get it.
 */
uintptr_t completion_waiter(uintptr_t handle);
/* Returns the event that is now the handle's, which may be an earlier one; 0: the handle is not known. */
uintptr_t completion_set_waiter(uintptr_t handle, uintptr_t event);

/*
 * `alias` was made as a duplicate of `original`, a known handle or another duplicate of one. Aliases are not told when they are
 * closed, so who finds one asks the kernel whether the two are one object still. Without memory the duplicate stays unknown.
 */
void completion_duplicated(uintptr_t alias, uintptr_t original);
/* The known or watched handle that `alias` was last a duplicate of, or 0. */
uintptr_t completion_original(uintptr_t alias);

/* Whether a port is known for `handle`. */
bool completion_tied(uintptr_t handle);

struct completion_port {
    uintptr_t port, key;
    void *held;
};

/* The port that `handle` is tied to, held open until completion_put(); false: none. */
bool completion_get(uintptr_t handle, struct completion_port *out);
/* Returns a port to close, or 0. */
uintptr_t completion_put(struct completion_port *p);

/* How the end of an operation is told. */
enum completion_packet {
    PACKET_NONE,
    PACKET_EXACT,     /* to the known port, with key, status and byte count */
    PACKET_BY_HANDLE, /* to whatever port the kernel has for the handle; the byte count is lost */
};
struct completion_plan {
    uintptr_t event; /* 0: none */
    enum completion_packet packet;
};

/*
 * `event`: hEvent as the program gave it, whose low bit says "no packet". `tied`: a port is known. `all_seen`: no port can have
 * been tied without our knowing.
 *
 * FILE_SKIP_COMPLETION_PORT_ON_SUCCESS has no part in it, on purpose: see completion_result_pending().
 */
struct completion_plan completion_decide(uintptr_t event, bool tied, bool all_seen);

/*
 * Whether a call that the owner answered with success "at once" is reported to the program as pending.
 *
 * A program that set FILE_SKIP_COMPLETION_PORT_ON_SUCCESS takes success for the end: it frees the OVERLAPPED, and a packet would hit
 * freed memory. But an owner that returns 0 has given, or is yet to give, its indication through
 * WPUCompleteOverlappedRequest on some thread, which cannot know what the call returned, or is going to. So such a program is told
 * WSA_IO_PENDING and always gets its packet: nothing is lost or doubled, and the mode's promise (no packet after success) holds,
 * since success at once does not occur. The SPI allows that answer to any overlapped call.
 */
bool completion_result_pending(uint32_t modes, bool has_overlapped, bool has_routine);

#endif
