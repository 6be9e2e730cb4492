/* SPDX-License-Identifier: MIT */
/*
 * Measuring one case: find how many operations fill some milliseconds, repeat that batch until the time is
 * up, report the median batch. The median keeps out what other programs on the machine did to a few batches.
 */
#include "bench.h"
#include "port.h"
#include "which.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_NS    5e6 /* long enough for the clock, short enough for many of them */
#define SHORT_NS    1e5 /* for operations of nanoseconds: most batches lie between two switches to another program */
#define MAX_BATCHES 1000

static double budget_ns = 200e6;
static long fixed_count;

static double timed(const struct bench_case *c, long n)
{
    uint64_t start = clock_ns();

    c->run(c, n);
    return (double)(clock_ns() - start);
}

/* How many operations make a batch. Running them is the warm-up as well. */
static long calibrate(const struct bench_case *c)
{
    double batch_ns = c->ns ? SHORT_NS : BATCH_NS;
    long n = 1;

    for (;;) {
        double ns = timed(c, n);

        if (ns >= batch_ns)
            return n;
        n = ns < batch_ns / 20 ? n * 10 : (long)((double)n * batch_ns * 1.2 / ns) + 1;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Nanoseconds per operation. */
static double measure(const struct bench_case *c)
{
    static double batch[MAX_BATCHES];
    long n = calibrate(c);
    double spent = 0;
    int count = 0;

    do {
        double ns = timed(c, n);

        batch[count++] = ns / (double)n;
        spent += ns;
    } while (spent < budget_ns && count < MAX_BATCHES);

    qsort(batch, (size_t)count, sizeof *batch, by_value);
    return batch[count / 2];
}

static void run_case(const struct bench_case *c)
{
    double ns;

    bench_name(c->name);
    printf("# case %s\n", c->name);
    fflush(stdout);
    if (c->open)
        c->open(c);
    ns = fixed_count ? timed(c, fixed_count) / (double)fixed_count : measure(c);
    if (c->close)
        c->close(c);
    if (c->bytes)
        bench_result(c->name, (double)c->bytes * 1e3 / ns, "MB/s");
    else
        bench_result(c->name, c->ns ? ns : ns / 1e3, c->ns ? "ns" : "us");
}

static void do_nothing(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++)
        __asm__ volatile("" ::: "memory");
}

static const struct bench_case empty = { .name = "empty", .run = do_nothing };

static int wanted(const char *name, int argc, char **argv)
{
    int any = 0;

    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "--", 2)) {
            i++;
            continue;
        }
        any = 1;
        if (!strcmp(argv[i], name))
            return 1;
    }
    return !any;
}

int main(int argc, char **argv)
{
    const char *time_ms = bench_option(argc, argv, "time");
    const char *count = bench_option(argc, argv, "count");

    if (time_ms)
        budget_ns = atof(time_ms) * 1e6;
    if (count)
        fixed_count = atol(count);
    port_start();
    which_print();
    if (wanted(empty.name, argc, argv))
        run_case(&empty);
    for (const struct bench_case *c = bench_cases; c->name; c++) {
        if (wanted(c->name, argc, argv))
            run_case(c);
    }
    return 0;
}
