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

/*
 * malloc() and free() for the one kind of block that getaddrinfo needs at least one of: what this thread gave back last
 * it gets first, since otherwise half of the time of a lookup that asks nobody goes there. All of one size, and undefined inside.
 */
void *names_block_new(size_t bytes);
void names_block_free(void *block);

#endif
