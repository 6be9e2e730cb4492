/* SPDX-License-Identifier: MIT */
/* Connects to the port `--peer N`: whoever started this program and listens there has the time it took. */
#include "bench.h"
#include "pair.h"
#include "which.h"
#include <stdlib.h>

int main(int argc, char **argv)
{
    const char *peer = bench_option(argc, argv, "peer");
    SOCKET s;

    bench_name("startup");
    if (!peer)
        bench_refuse("needs --peer");
    port_start();
    s = tcp_connect((uint16_t)atoi(peer));
    which_print();
    closesocket(s);
    return 0;
}
