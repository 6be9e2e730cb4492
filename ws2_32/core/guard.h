/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_GUARD_H
#define WS2_32_CORE_GUARD_H
/*
 * Calls `function(arg)` and returns what it returns, or `crashed` if it dies of an exception that nobody inside it
 * handles. For WSPStartup: a broken provider must not take the program with it.
 */
int guarded_call(int (*function)(void *arg), void *arg, int crashed);

#endif
