/* SPDX-License-Identifier: MIT */
#ifndef WS2_BENCH_SERVE_H
#define WS2_BENCH_SERVE_H
/*
 * The frame of a server that is measured from outside: `load`, a Linux program, makes the traffic in every variant,
 * so that only the server differs. The server prints "port N" when it listens, and ends when its input does.
 */
#include "port.h"

/* Takes its arguments with bench_option(); returns when there is nothing left to serve. */
void serve(SOCKET listener, int argc, char **argv);

/* The connections of an echo server, `--connections N` of them, in *count. */
SOCKET *serve_accept_all(SOCKET listener, int argc, char **argv, int *count);

#endif
