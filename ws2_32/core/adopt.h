/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_ADOPT_H
#define WS2_32_CORE_ADOPT_H
#include <winsock2.h>

/*
 * Finds the owner of a handle that is not in the table: inherited from a parent, or made by other software. 0 when it is
 * in the table now, else WSAENOTSOCK or why the catalog could not be read. The caller's in_provider count is raised.
 */
int adopt(SOCKET s);

#endif
