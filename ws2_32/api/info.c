/* SPDX-License-Identifier: MIT */
#include "ws2_32/api/info.h"

#include <stddef.h>
#include <string.h>

_Static_assert(offsetof(WSAPROTOCOL_INFOA, szProtocol) == offsetof(WSAPROTOCOL_INFOW, szProtocol),
               "the two forms differ in the name only");

void info_to_a(const WSAPROTOCOL_INFOW *from, WSAPROTOCOL_INFOA *to)
{
    memset(to, 0, sizeof *to);
    memcpy(to, from, offsetof(WSAPROTOCOL_INFOW, szProtocol));
    WideCharToMultiByte(CP_ACP, 0, from->szProtocol, -1, to->szProtocol, sizeof to->szProtocol,
                        NULL, NULL);
    to->szProtocol[sizeof to->szProtocol - 1] = 0;
}

void info_to_w(const WSAPROTOCOL_INFOA *from, WSAPROTOCOL_INFOW *to)
{
    memset(to, 0, sizeof *to);
    memcpy(to, from, offsetof(WSAPROTOCOL_INFOA, szProtocol));
    MultiByteToWideChar(CP_ACP, 0, from->szProtocol, -1, to->szProtocol, WSAPROTOCOL_LEN + 1);
    to->szProtocol[WSAPROTOCOL_LEN] = 0;
}
