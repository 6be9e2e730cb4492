/* SPDX-License-Identifier: MIT */
#ifndef WS2_TAP_TARGET_H
#define WS2_TAP_TARGET_H
/* Names of files from the option `file`. Portable. */
#include <stdbool.h>
#include <stddef.h>

/*
 * `pattern` with %p (process id), %e (program, without .exe) and %% filled in. `attempt`: 1, or a number to be put before the extension.
 * False: it does not fit.
 */
bool target_name(const char *pattern, const char *program, unsigned long process, unsigned attempt,
                 char *out, size_t bytes);

#endif
