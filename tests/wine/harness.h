/* SPDX-License-Identifier: MIT */
#ifndef WS2_TESTS_HARNESS_H
#define WS2_TESTS_HARNESS_H
/*
 * The frame of every Wine test program. A program is a table of cases ending in an empty row; `EXE CASE` runs one
 * case in this process and exits 0 (passed), 1 (failed) or 77 (skipped, reason printed). One case, one process: a
 * case may leave anything behind, hang (the watchdog names it) or crash without disturbing another.
 *
 * A case starts with WSAStartup(2.2) done, unless its row says `.unstarted = 1`.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <mswsock.h>
#include <windows.h>

struct test_case {
    const char *name;
    void (*run)(void);
    void (*run_row)(const void *row); /* instead of `run`: one function for many rows */
    const void *row;
    int unstarted;
};

extern const struct test_case test_cases[];

/* A second role of the program, entered as `EXE --child ARGS`; its result is the exit code. */
extern int (*test_child)(int argc, char **argv);

/* Starts this program as `EXE --child ARGS` and returns its process handle, or ends the case. */
HANDLE child_start(const char *args, int inherit_handles);

/* The child's exit code once it has ended. */
int child_wait(HANDLE process);

/*
 * Checks print where, what, both values and the error's name, and let the case go on; the NEED forms end it.
 * CHECK_FAILS wants -1 (SOCKET_ERROR, INVALID_SOCKET) and that last error; CHECK_FALSE the same of a BOOL function.
 */
#define CHECK(cond)            ((cond) ? 1 : check_fail(__FILE__, __LINE__, "%s", #cond))
#define CHECK_INT(got, want)   check_int(__FILE__, __LINE__, #got, (LONG_PTR)(got), (LONG_PTR)(want))
#define CHECK_OK(call)         CHECK_RET(call, 0)
#define CHECK_RET(call, want)  (WSASetLastError(0), check_ret(__FILE__, __LINE__, #call, (LONG_PTR)(call), (LONG_PTR)(want)))
#define CHECK_FAILS(call, err) (WSASetLastError(0xdead), check_error(__FILE__, __LINE__, #call, (LONG_PTR)(call), -1, (err), 0))
#define CHECK_FAILS2(call, err, alt) (WSASetLastError(0xdead), check_error(__FILE__, __LINE__, #call, (LONG_PTR)(call), -1, (err), (alt)))
#define CHECK_FALSE(call, err) (WSASetLastError(0xdead), check_error(__FILE__, __LINE__, #call, (LONG_PTR)(call), 0, (err), 0))
#define CHECK_TRUE(call)       (WSASetLastError(0), check_ret(__FILE__, __LINE__, #call, (LONG_PTR)!!(call), 1))
#define CHECK_ERR(got, want)   check_err(__FILE__, __LINE__, #got, (got), (want))
#define CHECK_BYTES(got, want, n) check_bytes(__FILE__, __LINE__, #got, (got), (want), (n))
#define CHECK_STR(got, want)   check_str(__FILE__, __LINE__, #got, (got), (want))

/*
 * Where ws2kit is known to differ from Windows (doc/differences.md names each use): either value passes, a third fails.
 * Which one it was is noted, so that a difference that has gone is seen in the log.
 */
#define CHECK_DIFFERS(got, windows, ours) \
    check_differs(__FILE__, __LINE__, #got, (LONG_PTR)(got), (LONG_PTR)(windows), (LONG_PTR)(ours))

#define NEED(cond)           ((cond) ? (void)0 : need_fail(__FILE__, __LINE__, #cond))
#define NEED_OK(call)        ((void)(CHECK_OK(call) || (case_end(), 0)))
#define NEED_RET(call, want) ((void)(CHECK_RET(call, want) || (case_end(), 0)))

/* What the failures inside this scope are about: a row's sentence. NULL clears it. */
void check_about(const char *fmt, ...) __attribute__((format(gnu_printf, 1, 2)));

/*
 * A window that only receives messages. The first one in a prefix starts Wine's desktop, and while that comes up creating
 * another may fail; so it is tried again for some seconds. NULL after that.
 */
HWND message_window(void);

/*
 * Runs before the process ends, however the case does: passed, failed in the middle, crashed, or hung. For what a case does to the prefix
 * and must undo.
 */
void at_case_end(void (*run)(void));

/* Ends the process: 77 with the reason. */
void skip(const char *fmt, ...) __attribute__((format(gnu_printf, 1, 2), noreturn));

/* Ends the process with what has been counted so far. */
void case_end(void) __attribute__((noreturn));

/* A line for the log; never a verdict. */
void note(const char *fmt, ...) __attribute__((format(gnu_printf, 1, 2)));

int check_fail(const char *file, int line, const char *fmt, ...) __attribute__((format(gnu_printf, 3, 4)));
int check_int(const char *file, int line, const char *what, LONG_PTR got, LONG_PTR want);
int check_differs(const char *file, int line, const char *what, LONG_PTR got, LONG_PTR windows, LONG_PTR ours);
int check_ret(const char *file, int line, const char *what, LONG_PTR got, LONG_PTR want);
int check_error(const char *file, int line, const char *what, LONG_PTR got, LONG_PTR want, int err, int alt);
int check_err(const char *file, int line, const char *what, int got, int want);
int check_bytes(const char *file, int line, const char *what, const void *got, const void *want, size_t n);
int check_str(const char *file, int line, const char *what, const char *got, const char *want);
void need_fail(const char *file, int line, const char *what) __attribute__((noreturn));

#endif
