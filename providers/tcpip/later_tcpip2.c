/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

/* Until the second half of the provider lands: each of these moves out of here into a file of its own. */

int WSPAPI WSPIoctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                    LPDWORD returned, LPWSAOVERLAPPED ov,
                    LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                    LPINT lp_errno)
{
    (void)s;
    (void)code;
    (void)in;
    (void)in_bytes;
    (void)out;
    (void)out_bytes;
    (void)returned;
    (void)ov;
    (void)routine;
    (void)thread;
    return spi_fail(lp_errno, WSAEOPNOTSUPP);
}
