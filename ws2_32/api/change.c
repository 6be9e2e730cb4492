/* SPDX-License-Identifier: MIT */
/* Notification of catalog changes: not there yet, and said so in the documented way. */
#include "ws2_32/core/thread.h"

int WSAAPI WSAProviderConfigChange(LPHANDLE notification, LPWSAOVERLAPPED ov,
                                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    int err = startup_check();

    (void)ov;
    (void)routine;
    if (err)
        return api_fail(err);
    return api_fail(notification ? WSAEOPNOTSUPP : WSAEFAULT);
}
