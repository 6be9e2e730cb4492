/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_NS_RESULT_H
#define WS2_32_NAMES_NS_RESULT_H
/*
 * Reads what a name-space provider says about a host: its name, addresses, and the hostent of the blob (spi.md 11.9,
 * 11.10). Portable; the bytes are a stranger's, so every pointer and offset is looked at first.
 */
#include <stddef.h>

#include "ws2_32/names/answer.h"

/*
 * Adds to *out what the result in the buffer of `bytes` bytes has: 0 or WSA_NOT_ENOUGH_MEMORY. WSANO_RECOVERY: something
 * in it points out of it; *out may then have some of it.
 */
int ns_result_read(const void *buf, size_t bytes, struct answer *out);

#endif
