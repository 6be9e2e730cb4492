/* SPDX-License-Identifier: MIT */
/* What does a name lookup cost when no server has to be asked? */
#include "bench.h"
#include "pair.h"

static void look_up(const char *host, int flags)
{
    struct addrinfo hints = { .ai_flags = flags, .ai_socktype = SOCK_STREAM }, *found;

    if (getaddrinfo(host, "80", &hints, &found))
        bench_fail("getaddrinfo");
    freeaddrinfo(found);
}

static void run_numeric(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++)
        look_up("127.0.0.1", AI_NUMERICHOST);
}

static void run_localhost(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++)
        look_up("localhost", 0);
}

static void run_gethostbyname(const struct bench_case *c, long n)
{
    (void)c;
    for (long i = 0; i < n; i++) {
        if (!gethostbyname("localhost"))
            bench_fail("gethostbyname");
    }
}

static void run_getnameinfo(const struct bench_case *c, long n)
{
    struct sockaddr_in at = loopback(80);
    char host[64], service[16];

    (void)c;
    for (long i = 0; i < n; i++) {
        if (getnameinfo((struct sockaddr *)&at, sizeof at, host, sizeof host, service, sizeof service,
                        NI_NUMERICHOST | NI_NUMERICSERV))
            bench_fail("getnameinfo");
    }
}

const struct bench_case bench_cases[] = {
    { .name = "getaddrinfo-numeric", .run = run_numeric },
    { .name = "getaddrinfo-localhost", .run = run_localhost },
    { .name = "gethostbyname-localhost", .run = run_gethostbyname },
    { .name = "getnameinfo-numeric", .run = run_getnameinfo },
    { 0 },
};
