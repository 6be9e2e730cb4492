/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_THREAD_PE_H
#define WS2_32_NAMES_THREAD_PE_H
/*
 * The buffers that gethostbyname and its kin return pointers into: one of each per thread, reused by the thread's
 * next call of that kind, as documented.
 */
#include <stddef.h>

enum names_buffer { BUFFER_HOST, BUFFER_SERVICE, BUFFER_PROTOCOL, BUFFER_COUNT };

/* This thread's buffer with room for `bytes`, or NULL when memory is out. */
void *names_buffer(enum names_buffer which, size_t bytes);

#endif
