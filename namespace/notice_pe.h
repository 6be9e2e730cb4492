/* SPDX-License-Identifier: MIT */
#ifndef WS2_NAMESPACE_NOTICE_PE_H
#define WS2_NAMESPACE_NOTICE_PE_H
/* How NSPIoctl tells of a change later: by what the WSACOMPLETION names, once. */
#include <winsock2.h>
#include <ws2spi.h>

struct notice;

/* Copies what is needed and marks the OVERLAPPED as pending. WSAEINVAL: no such way; WSA_NOT_ENOUGH_MEMORY. */
INT notice_new(const WSACOMPLETION *completion, const WSATHREADID *thread, struct notice **out);

/* `err` is 0 or WSA_OPERATION_ABORTED, of which windows are not told. Frees it. */
void notice_send(struct notice *n, INT err);

/* Nobody is to be told after all. */
void notice_drop(struct notice *n);

#endif
