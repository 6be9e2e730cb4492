/* SPDX-License-Identifier: MIT */
#ifndef WS2_BENCH_WHICH_H
#define WS2_BENCH_WHICH_H

/*
 * Prints the line that proves which Winsock this process measures: "# winsock linux", "# winsock wine", or
 * "# winsock ws2kit unix=yes|no", and the path of the DLL. It makes a socket to find out, so it loads the provider.
 */
void which_print(void);

#endif
