/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_DIAGNOSE_H
#define WS2_32_CORE_DIAGNOSE_H
/*
 * What a provider does that it must not do, in words for its author: one line on the standard error stream, when the environment
 * variable WS2KIT_DEBUG is set (to anything but "0" and nothing). Keeps the last error.
 */
#include <winsock2.h>

struct provider;

/* `p`: whose fault it is; NULL: not known. */
void diagnose(const struct provider *p, const char *format, ...) __attribute__((format(gnu_printf, 2, 3)));

#endif
