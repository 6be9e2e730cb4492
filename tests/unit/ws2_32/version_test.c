/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/version.h"

#include "base/wsaerr.h"
#include "tests/unit/unit.h"

static const struct {
    const char *why;
    uint16_t wanted; /* minor, major */
    int err;
    uint16_t use;
} rows[] = {
    { "nothing", 0x0000, WSAVERNOTSUPPORTED, 0 },
    { "0.9", 0x0900, WSAVERNOTSUPPORTED, 0 },
    { "0.255", 0xff00, WSAVERNOTSUPPORTED, 0 },
    { "1.0", 0x0001, 0, 0x0001 },
    { "1.1", 0x0101, 0, 0x0101 },
    { "1.2 has 1.1 below it", 0x0201, 0, 0x0101 },
    { "1.255", 0xff01, 0, 0x0101 },
    { "2.0", 0x0002, 0, 0x0002 },
    { "2.1", 0x0102, 0, 0x0102 },
    { "2.2", 0x0202, 0, 0x0202 },
    { "2.3", 0x0302, 0, 0x0202 },
    { "3.0", 0x0003, 0, 0x0202 },
    { "255.255", 0xffff, 0, 0x0202 },
};

START_TEST(negotiates)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint16_t use = 0;

        CASE_INT_EQ(version_negotiate(rows[i].wanted, &use), rows[i].err, rows[i].why);
        CASE_INT_EQ(use, rows[i].use, rows[i].why);
    }
}
END_TEST

UNIT_MAIN("version", negotiates)
