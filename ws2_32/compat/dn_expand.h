/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_COMPAT_DN_EXPAND_H
#define WS2_32_COMPAT_DN_EXPAND_H
#include <stddef.h>
#include <stdint.h>

/*
 * Writes the domain name that starts at `at` in the DNS message `msg` as text ("" for the root) and returns how many
 * bytes it takes there, or -1 for a name that is not one or does not fit.
 */
int dn_expand_text(const uint8_t *msg, size_t msg_bytes, size_t at, char *text, size_t text_bytes);

#endif
