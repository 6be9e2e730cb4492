/* SPDX-License-Identifier: MIT */
/* What does a name lookup cost when no server has to be asked, by one thread and by 64 at once? */
#include "bench.h"
#include "pair.h"
#include "team.h"
#include <stdio.h>
#include <string.h>

#define EACH 256 /* lookups of each thread in one operation of the cases with many */

static void look_up(const char *host, int flags)
{
    struct addrinfo hints = { .ai_flags = flags, .ai_socktype = SOCK_STREAM }, *found;

    if (getaddrinfo(host, "80", &hints, &found))
        bench_fail("getaddrinfo");
    freeaddrinfo(found);
}

/*
 * The cached name. ws2kit has asked a server for it before: one in this process, which knows any name for an hour. Nobody else keeps what a server
 * said; they get the name that costs them least, this machine's, which /etc/hosts has.
 */
static char cached[256];

#ifdef _WIN32

/* The question back, with one record of the type it asks for. */
static int answer(char *msg, int bytes)
{
    static const char four[] = { (char)0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 10, 1, 2, 3 };
    static const char six[] = { (char)0xc0, 12, 0, 28, 0, 1, 0, 0, 14, 16, 0, 16, (char)0xfd, 0, 0, 0, 0, 0, 0, 0,
                                0, 0, 0, 0, 0, 0, 0, 1 };
    int end = 12;

    while (end < bytes && msg[end])
        end += msg[end] + 1;
    end += 5; /* the root label, type and class */
    if (end > bytes)
        return 0;
    msg[2] = (char)0x81; /* an answer; recursion was desired */
    msg[3] = (char)0x80;
    msg[7] = 1; /* one record, and nothing else but the question */
    msg[11] = 0;
    if (msg[end - 3] == 28) {
        memcpy(msg + end, six, sizeof six);
        return end + (int)sizeof six;
    }
    memcpy(msg + end, four, sizeof four);
    return end + (int)sizeof four;
}

static THREAD_RUN serve(void *arg)
{
    SOCKET s = *(SOCKET *)arg;

    for (;;) {
        struct sockaddr_in from;
        int from_bytes = sizeof from;
        char msg[1024];
        int bytes = recvfrom(s, msg, 512, 0, (struct sockaddr *)&from, &from_bytes);

        if (bytes > 17)
            sendto(s, msg, answer(msg, bytes), 0, (struct sockaddr *)&from, from_bytes);
    }
    return 0;
}

static int is_ours(void)
{
    return GetProcAddress(GetModuleHandleA("ws2_32.dll"), "ws2kit_name_of_address") != NULL;
}

static void open_server(void)
{
    static SOCKET s;
    struct sockaddr_in at;
    char setting[64];

    s = udp_bound(&at);
    snprintf(setting, sizeof setting, "127.0.0.1:%u", ntohs(at.sin_port));
    SetEnvironmentVariableA("WS2KIT_DNS", setting);
    thread_start(serve, &s);
}

#else

static int is_ours(void)
{
    return 0;
}

static void open_server(void)
{
}

#endif

static void open_cached(const struct bench_case *c)
{
    (void)c;
    if (*cached)
        return;
    if (!is_ours()) {
        if (gethostname(cached, sizeof cached))
            bench_fail("gethostname");
        return;
    }
    open_server();
    strcpy(cached, "cached.bench.ws2kit.example");
}

static void numeric(void)
{
    look_up("127.0.0.1", AI_NUMERICHOST);
}

static void localhost(void)
{
    look_up("localhost", 0);
}

static void from_cache(void)
{
    look_up(cached, 0);
}

static void get_host_by_name(void)
{
    if (!gethostbyname("localhost"))
        bench_fail("gethostbyname");
}

static void get_name_info(void)
{
    struct sockaddr_in at = loopback(80);
    char host[64], service[16];

    if (getnameinfo((struct sockaddr *)&at, sizeof at, host, sizeof host, service, sizeof service,
                    NI_NUMERICHOST | NI_NUMERICSERV))
        bench_fail("getnameinfo");
}

/* Which operation a row of the table means: its `size`. */
static void (*const operation[])(void) = { numeric, localhost, from_cache, get_host_by_name, get_name_info };
enum { NUMERIC, LOCALHOST, CACHED, GETHOSTBYNAME, GETNAMEINFO };

static void run(const struct bench_case *c, long n)
{
    void (*op)(void) = operation[c->size];

    for (long i = 0; i < n; i++)
        op();
}

struct share {
    void (*op)(void);
    long count;
};

static void work(void *arg)
{
    struct share *s = arg;

    for (long i = 0; i < s->count; i++)
        s->op();
}

/* One operation is EACH lookups on each of c->count threads. */
static void run_team(const struct bench_case *c, long n)
{
    struct share s = { operation[c->size], n * EACH };

    team_run((int)c->count, work, &s);
}

const struct bench_case bench_cases[] = {
    { .name = "getaddrinfo-numeric", .run = run, .size = NUMERIC },
    { .name = "getaddrinfo-localhost", .run = run, .size = LOCALHOST },
    { .name = "getaddrinfo-cached", .open = open_cached, .run = run, .size = CACHED },
    { .name = "gethostbyname-localhost", .run = run, .size = GETHOSTBYNAME },
    { .name = "getnameinfo-numeric", .run = run, .size = GETNAMEINFO },
    { .name = "getaddrinfo-numeric-64", .run = run_team, .size = NUMERIC, .count = 64 },
    { .name = "getaddrinfo-localhost-64", .run = run_team, .size = LOCALHOST, .count = 64 },
    { .name = "getaddrinfo-cached-64", .open = open_cached, .run = run_team, .size = CACHED, .count = 64 },
    { 0 },
};
