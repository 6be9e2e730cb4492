/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_POLL_H
#define WS2_TCPIP_POLL_H
/*
 * Waiting for many sockets at once. (WSAPoll's form of it is poll_sockets(), in spi.h.)
 */
#include "providers/tcpip/sock.h"

/* One question: which of the AFD_POLL_* bits `wanted` hold for `s`. The same socket may be asked about repeatedly. */
struct poll_entry {
    SOCKET s;
    ULONG wanted;
    ULONG found; /* out; AFD_POLL_CLOSE may be there unasked */
};

#define POLL_FOREVER (-1)

/*
 * Waits until something is found or `timeout` (100 ns units, or POLL_FOREVER) is over; then nothing is found
 * anywhere. 0 just looks. WSAENOTSOCK: one of the entries is no socket, nothing was waited for.
 */
int poll_wait(struct poll_entry *entries, ULONG count, LONGLONG timeout);

#endif
