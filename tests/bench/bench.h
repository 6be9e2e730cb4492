/* SPDX-License-Identifier: MIT */
#ifndef WS2_BENCH_BENCH_H
#define WS2_BENCH_BENCH_H
/*
 * The frame of a benchmark program. A program answers one question with a table of cases ending in an empty row;
 * `EXE [--time MS] [--count N] [NAME…]` runs them in order and prints
 *
 *     # winsock WHICH …       which Winsock this process used (which.h)
 *     # case NAME             before each case: who dies or hangs after this line is NAME
 *     NAME VALUE UNIT         its result
 *     NAME failed REASON      or that there is none; the process ends
 *
 * The case `empty`, an operation that does nothing, comes first in every program: the zero of its figures.
 */
#include <stddef.h>

struct bench_case {
    const char *name;
    /* Before and after the measurement; may be NULL. */
    void (*open)(const struct bench_case *c);
    void (*close)(const struct bench_case *c);
    /* Does the operation `n` times; what is measured. */
    void (*run)(const struct bench_case *c, long n);
    /* What the case's own functions make of them. */
    long size, count;
    /* Report MB/s of this many bytes per operation; 0: microseconds per operation, or nanoseconds. */
    long bytes;
    int ns;
};

extern const struct bench_case bench_cases[];

/*
 * Ends the process, with the case that runs as failed and the last socket error. What is not a case (a server that
 * is measured from outside) fails under the program's name.
 */
void bench_fail(const char *what) __attribute__((noreturn));

/* The same for a reason that is no error code. */
void bench_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* A remark for the report: "# note …". */
void bench_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* For what a program measures itself. */
void bench_result(const char *name, double value, const char *unit);

/* The name that bench_fail reports. */
void bench_name(const char *name);

/* The value of `--NAME VALUE` on the command line, or NULL. */
const char *bench_option(int argc, char **argv, const char *name);

#endif
