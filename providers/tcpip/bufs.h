/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_BUFS_H
#define WS2_TCPIP_BUFS_H
/*
 * Arithmetic on arrays of WSABUF, of which `struct buf` is the layout.
 */
#include <stdint.h>

struct buf {
    uint32_t bytes;
    char *at;
};

uint64_t bufs_bytes(const struct buf *bufs, uint32_t count);

/* Takes the first `bytes` bytes off the front, in place. Returns how many buffers are left, none of them empty at the front. */
uint32_t bufs_skip(struct buf *bufs, uint32_t count, uint64_t bytes);

/* Copies all but the first `skip` bytes to `to`. */
void bufs_copy(const struct buf *bufs, uint32_t count, uint64_t skip, char *to);

#endif
