/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/version.h"

#include <stddef.h>

#include "base/wsaerr.h"

/* In order, newest first. */
static const uint16_t offered[] = { 0x0202, 0x0102, 0x0002, 0x0101, 0x0001 };

static unsigned rank(uint16_t version)
{
    return (version & 0xffu) << 8 | version >> 8;
}

int version_negotiate(uint16_t wanted, uint16_t *use)
{
    for (size_t i = 0; i < sizeof offered / sizeof offered[0]; i++)
        if (rank(offered[i]) <= rank(wanted)) {
            *use = offered[i];
            return 0;
        }
    return WSAVERNOTSUPPORTED;
}
