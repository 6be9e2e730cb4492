/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_OBSERVE_H
#define WS2_32_CORE_OBSERVE_H
/*
 * Seeing what a program does to a handle of WPUCreateSocketHandle behind Winsock's back: tie it to a completion port, set its
 * notification modes, duplicate it, cancel its operations, close it, read and write it as a file. The kernel tells nobody, so
 * functions of ntdll are looked over the shoulder: NtSetInformationFile, NtDuplicateObject, NtCancelIoFile, NtCancelIoFileEx, NtClose,
 * and those of reflect.h.
 *
 * Nothing is touched before the first such handle is made: a process without non-IFS layers never gets here.
 */
#include <winsock2.h>

/* From the first WPUCreateSocketHandle. Idempotent. */
void observe_begin(void);

/* Every association is seen, however it is made. False: only those that kernelbase's own functions make, or none. */
BOOL observe_all_seen(void);

/* The handle of WPUCreateSocketHandle that `handle` is or is a duplicate of, or 0. */
SOCKET observe_find(SOCKET handle);

#endif
