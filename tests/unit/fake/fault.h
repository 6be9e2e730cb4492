/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_UNIT_FAKE_FAULT_H
#define WS2_TESTS_UNIT_FAKE_FAULT_H
/*
 * The fault loop (style.md 12): the n-th thing that can fail does, for every n, until a run needs
 * no fault.
 *
 *     for (unsigned n = 1;; n++) {
 *         fresh state
 *         fault_at(n);
 *         err = the operation
 *         if (!fault_end())
 *             break;              the run got through: every point has failed once
 *         what must hold after a failure
 *     }
 *
 * Every malloc, calloc and realloc of the code under test is such a point (ld --wrap), and so is
 * each call into a fake that asks fault_now().
 */
#include <stdbool.h>
#include <stddef.h>

/* Arms: the n-th point from now on fails, once. 0 counts without failing. */
void fault_at(unsigned n);
/* Disarms. True if the fault happened. */
bool fault_end(void);
/* How many points the last run passed. */
unsigned fault_points(void);

/* For fakes: is this the point that fails? */
bool fault_now(void);
/* Memory for fakes, which is never a point. */
void *fault_free_calloc(size_t count, size_t size);
void *fault_free_realloc(void *old, size_t size);

#endif
