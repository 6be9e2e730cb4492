/* SPDX-License-Identifier: MIT */
/* The lines a benchmark program prints. */
#include "bench.h"
#include "port.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *running = "start";

void bench_name(const char *name)
{
    running = name;
}

void bench_fail(const char *what)
{
    int err = port_error();

    bench_refuse("%s: error %d", what, err);
}

void bench_refuse(const char *fmt, ...)
{
    va_list args;

    printf("%s failed ", running);
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    _exit(1);
}

void bench_note(const char *fmt, ...)
{
    va_list args;

    printf("# note ");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
}

void bench_result(const char *name, double value, const char *unit)
{
    printf("%s %.5f %s\n", name, value, unit);
    fflush(stdout);
}

const char *bench_option(int argc, char **argv, const char *name)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (!strncmp(argv[i], "--", 2) && !strcmp(argv[i] + 2, name))
            return argv[i + 1];
    }
    return NULL;
}
