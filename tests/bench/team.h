/* SPDX-License-Identifier: MIT */
#ifndef WS2_BENCH_TEAM_H
#define WS2_BENCH_TEAM_H
/* Threads that do one thing at the same time. They stay between two runs, so that making them is not measured. */

/* Calls work(arg) on each of `threads` threads and waits for all. The first call makes them; later ones must ask for as many. */
void team_run(int threads, void (*work)(void *arg), void *arg);

#endif
