/* SPDX-License-Identifier: MIT */
#ifndef WS2_KIT_FILE_H
#define WS2_KIT_FILE_H
/* Files that layers of this tree write. */
#include <winsock2.h>

/*
 * Opens a file by a UTF-8 name as a user of Wine writes it: one that begins with "/" is a Linux path. The rest as CreateFileW. Failure:
 * INVALID_HANDLE_VALUE and the last error.
 */
HANDLE kit_open_file(const char *name, DWORD access, DWORD share, DWORD disposition);

#endif
