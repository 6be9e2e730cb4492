/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_LOOKUPS_H
#define WS2_TESTS_LOOKUPS_H
/* The one lookup of a case, and the last of its results. */
#include "harness.h"

extern HANDLE lookup;
extern union lookup_answer {
    WSAQUERYSETW w;
    WSAQUERYSETA a;
    char byte[16384];
} answer;

/* WSALookupServiceNextW() of `lookup`, with room for everything. */
int next_result(DWORD flags);

#endif
