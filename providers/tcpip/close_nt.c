/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/entry.h"

int WSPAPI WSPCloseSocket(SOCKET s, LPINT lp_errno)
{
    struct sock *k = sock_get(s);

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    if (!sock_forget(k)) {
        sock_put(k);
        return spi_fail(lp_errno, WSAENOTSOCK);
    }
    afd_cancel_blocking(k);
    afd_cancel_pending(k, FALSE);
    sock_put(k);
    return 0;
}
