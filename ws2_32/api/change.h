/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_API_CHANGE_H
#define WS2_32_API_CHANGE_H
#include <winsock2.h>

/* The next change of the catalog on a handle of watch_open(): 0, WSA_IO_PENDING, or why not. Without `ov` it waits. */
int change_await(HANDLE handle, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

#endif
