/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/bufs.h"

uint64_t bufs_bytes(const struct buf *bufs, uint32_t count)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < count; i++)
        bytes += bufs[i].bytes;
    return bytes;
}

uint32_t bufs_skip(struct buf *bufs, uint32_t count, uint64_t bytes)
{
    uint32_t first = 0, kept = 0;

    while (first < count && bufs[first].bytes <= bytes) {
        bytes -= bufs[first].bytes;
        first++;
    }
    for (uint32_t i = first; i < count; i++)
        bufs[kept++] = bufs[i];
    if (kept) {
        bufs[0].at += bytes;
        bufs[0].bytes -= (uint32_t)bytes;
    }
    return kept;
}

void bufs_copy(const struct buf *bufs, uint32_t count, uint64_t skip, char *to)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bytes = bufs[i].bytes;
        const char *at = bufs[i].at;

        if (skip >= bytes) {
            skip -= bytes;
            continue;
        }
        __builtin_memcpy(to, at + skip, bytes - skip);
        to += bytes - skip;
        skip = 0;
    }
}
