/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_COMPAT_RNR1_H
#define WS2_32_COMPAT_RNR1_H
/* What the name functions of Winsock 1.1 share. Their errors are ERROR_* in GetLastError, and their callers need not have
 * started Winsock. */
#include <winsock2.h>
#include <windows.h>
#include <stdbool.h>

/* Sets the last error and returns `result`. */
int rnr1_fail(DWORD code, int result);

/* The ERROR_* for what the functions of ws2_32 say; those without one stay as they are. */
DWORD rnr1_code(int err);

/* Around a use of ws2_32: 0 or an ERROR_*. */
DWORD rnr1_start(void);
void rnr1_stop(void);

/* A string of the program's, `wide` or in its code page, in UTF-16 for free(). False: no memory. NULL stays NULL. */
bool rnr1_text(const void *text, bool wide, WCHAR **out);

/* The types that were added (rnr1_types.c). Name and GUID of each are the key and a value in Windows' place. */
DWORD rnr1_type_add(const WCHAR *name, const GUID *type);
DWORD rnr1_type_delete(const WCHAR *name);
bool rnr1_type_find(const WCHAR *name, GUID *type);
/* For free(), or NULL. */
WCHAR *rnr1_type_name(const GUID *type);

#endif
