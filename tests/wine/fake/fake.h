/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_FAKE_H
#define WS2_TESTS_FAKE_H
/*
 * wt_fake.dll: a transport provider that talks to nobody. It counts, remembers, and misbehaves as its test asks. Its sockets
 * are non-IFS handles (WPUCreateSocketHandle) unless `ifs` is set.
 */
#include <winsock2.h>
#include <ws2spi.h>

enum { FAKE_FAMILY = 99, FAKE_ERROR = 31337 };

enum fake_start {
    FAKE_STARTS,
    FAKE_RETURNS,     /* WSPStartup returns `value` */
    FAKE_HAS_HOLE,    /* slot `value` of its table is NULL */
    FAKE_HAS_DATA,    /* slot `value` points to data */
    FAKE_HAS_VERSION, /* wVersion is `value` */
    FAKE_CRASHES,
    FAKE_REENTERS,    /* calls socket() for itself */
    FAKE_IS_SLOW,     /* to start and to clean up, so that others come meanwhile */
};

struct fake {
    enum fake_start start; /* set by the test */
    int value;
    int ifs;
    int keeps_handle; /* WSPCloseSocket leaves WPUCloseSocketHandle for later */
    int throws;       /* WSPSend and WSPCloseSocket raise an exception */
    int fails_late;   /* WSPSend completes the operation, and then fails */

    LONG volatile startups, cleanups, sockets, closes, selects;
    WSAPROTOCOL_INFOW info; /* of the last WSPStartup */
    WSPUPCALLTABLE upcalls;
    int family, type, protocol; /* of the last WSPSocket */
    DWORD flags;
    WSABUF buf;                 /* of the last WSPSend */
    LPWSAOVERLAPPED ov;
    WSATHREADID thread;
    int had_thread;
    SOCKET reentered;
    int reentered_error;
};

/* Exported by wt_fake.dll. */
typedef struct fake *(*fake_state_function)(void);

#endif
