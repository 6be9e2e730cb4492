/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_REFLECT_H
#define WS2_32_CORE_REFLECT_H
/*
 * File functions on a handle of WPUCreateSocketHandle: ReadFile and WriteFile (and ...Ex) become WSPRecv and WSPSend of its
 * owner, CloseHandle becomes WSPCloseSocket, and a wait for the handle itself ends when an operation does. On Windows a driver
 * sends them back up; here ntdll's NtReadFile, NtWriteFile, NtWaitForSingleObject and NtWaitForMultipleObjects are observed (observe.h), from the first
 * such handle on.
 *
 * The owner gets an OVERLAPPED of ours, and its end is made the end of the file operation.
 */
#include <winsock2.h>

/* Has them observed by `look_over`. False: not all of them could be, so that some calls are not seen. */
BOOL reflect_look_over(BOOL (*look_over)(const char *name, void *hook, void **real));

/* From WPUCompleteOverlappedRequest. True: `ov` was ours, and its end has been told as the program asked. */
BOOL reflect_end(LPWSAOVERLAPPED ov, LONG status, DWORD bytes);

/* Some operation of `s` that has not ended, for reflect_end(); NULL: there is none. */
LPWSAOVERLAPPED reflect_any(SOCKET s);

/* What the owner knows the program's operation by, held until reflect_put(); NULL: it is no file operation. */
LPWSAOVERLAPPED reflect_get(HANDLE file, void *iosb);
void reflect_put(LPWSAOVERLAPPED ov);

/* CloseHandle. False: not a handle that this is about, go on. *status is then untouched. */
BOOL reflect_close(HANDLE file, LONG *status);

#endif
