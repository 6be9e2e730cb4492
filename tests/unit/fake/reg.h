/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_UNIT_FAKE_REG_H
#define WS2_TESTS_UNIT_FAKE_REG_H
/*
 * catalog/reg.h in memory. Every call is a fault point; besides, a process can "crash": from the
 * n-th write on nothing is written any more and everything fails, until reg_fake_restart(), when
 * the lock is free again.
 */
#include "catalog/reg.h"

/* An empty registry, no lock held, no crash, no hook. */
void reg_fake_reset(void);

/* The n-th write from now on (1: the next) and all after it do not happen. */
void reg_fake_crash_at(unsigned n);
/*
 * What the process opened and locked since reg_fake_crash_at() is closed and free. True if it had
 * crashed.
 */
bool reg_fake_restart(void);

/* Runs `hook` once, just before the n-th call from now on: another process that gets in between. */
void reg_fake_hook(unsigned n, void (*hook)(void));
/* True if it ran. */
bool reg_fake_hook_ran(void);

/* reg_lock() answers WSATRY_AGAIN until set back. */
void reg_fake_lock_busy(bool busy);
/* Writes answer WSAEACCES until set back. */
void reg_fake_read_only(bool read_only);

unsigned reg_fake_calls(void);     /* since the reset */
int reg_fake_open_keys(void);      /* now */
int reg_fake_lock_depth(void);

/*
 * For tests that look at or damage the tree behind the code's back; `path` from HKEY_LOCAL_MACHINE
 * on.
 */
void reg_fake_put(const char *path, const char *name, uint32_t type, const void *data, size_t bytes);
bool reg_fake_has(const char *path, const char *name); /* name NULL: the key */
size_t reg_fake_fetch(const char *path, const char *name, void *data, size_t capacity);
void reg_fake_remove(const char *path, const char *name); /* name NULL: the key and all beneath */

#endif
