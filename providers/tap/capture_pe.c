/* SPDX-License-Identifier: MIT */
#include "providers/tap/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ws2tcpip.h>

#include "providers/kit/file.h"
#include "providers/kit/ws2kit_layer.h"
#include "providers/tap/pcapng.h"
#include "providers/tap/target.h"

enum { NAME_BYTES = 1024, MANY = 100 };

static HANDLE file;
static BOOL failed; /* it cannot be had or written, which was said */
static char wanted[NAME_BYTES];
static char below[256];
static uint32_t snap;

static uint8_t packet[PACKET_ROOM];
static uint8_t room[4 * PACKET_ROOM];
static struct blocks out = { room, 0, sizeof room, false };

/* The file is made later, and the program may have gone to another folder by then. */
static void make_absolute(char *name)
{
    WCHAR relative[NAME_BYTES], full[NAME_BYTES];
    char utf8[NAME_BYTES];
    DWORD n;

    if (*name == '/' || !MultiByteToWideChar(CP_UTF8, 0, name, -1, relative, NAME_BYTES))
        return;
    n = GetFullPathNameW(relative, NAME_BYTES, full, NULL);
    if (n && n < NAME_BYTES && WideCharToMultiByte(CP_UTF8, 0, full, -1, utf8, sizeof utf8, NULL, NULL))
        strcpy(name, utf8);
}

void capture_start(void)
{
    char text[32];

    if (file)
        return;
    if (!ws2kit_option("file", wanted, sizeof wanted))
        strcpy(wanted, "tap-%e-%p.pcapng");
    make_absolute(wanted);
    snap = ws2kit_option("snap", text, sizeof text) ? strtoul(text, NULL, 10) : 0;
}

void capture_below(const char *text)
{
    if (!*below)
        snprintf(below, sizeof below, "%s", text);
}

/*
 * The performance counter is finer and cheaper than the clock, and never goes back; it is set by the clock once.
 */
uint64_t capture_time(void)
{
    static uint64_t frequency, offset; /* both set by whoever comes first, to the same within the clock's grain */
    LARGE_INTEGER now;
    FILETIME clock;
    uint64_t ns;

    if (!frequency) {
        QueryPerformanceFrequency(&now);
        frequency = now.QuadPart;
    }
    QueryPerformanceCounter(&now);
    ns = now.QuadPart / frequency * 1000000000 + now.QuadPart % frequency * 1000000000 / frequency;
    if (!offset) {
        GetSystemTimeAsFileTime(&clock);
        offset = (((uint64_t)clock.dwHighDateTime << 32 | clock.dwLowDateTime) - 116444736000000000) * 100 - ns;
    }
    return offset + ns;
}

static void complain(const char *name, const char *what)
{
    char line[NAME_BYTES + 200];
    int n = snprintf(line, sizeof line, "tap: file=%s: %s\n", name, what);
    DWORD written;

    WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, n < (int)sizeof line ? n : (int)sizeof line - 1,
              &written, NULL);
    failed = TRUE;
}

/* The program's file name without folders and ".exe", for %e and the comments. */
static void program_name(char *to, int bytes)
{
    WCHAR path[MAX_PATH], *name;

    path[GetModuleFileNameW(NULL, path, ARRAYSIZE(path) - 1)] = 0;
    name = wcsrchr(path, '\\');
    if (!WideCharToMultiByte(CP_UTF8, 0, name ? name + 1 : path, -1, to, bytes, NULL, NULL))
        strcpy(to, "program");
}

/* While another process writes a file of that name, the next one is ours: NAME-2.pcapng and so on. */
static void open_file(const char *program)
{
    char name[NAME_BYTES];

    for (unsigned n = 1; n <= MANY; n++) {
        if (!target_name(wanted, program, GetCurrentProcessId(), n, name, sizeof name)) {
            complain(wanted, "too long");
            return;
        }
        file = kit_open_file(name, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_DELETE, CREATE_ALWAYS);
        if (file != INVALID_HANDLE_VALUE)
            return;
        file = NULL;
        if (GetLastError() != ERROR_SHARING_VIOLATION)
            break;
    }
    complain(name, "cannot be opened; nothing is recorded");
}

static void begin(void)
{
    char program[MAX_PATH * 3], text[MAX_PATH * 3 + 400];

    program_name(program, sizeof program);
    open_file(program);
    snprintf(text, sizeof text, "%s (process %lu), as the program saw it: layer tap over %s", program,
             GetCurrentProcessId(), *below ? below : "an unknown provider");
    pcapng_section(&out, "Wine", "ws2kit tap", text);
    snprintf(text, sizeof text, "sockets of %s (process %lu)", program, GetCurrentProcessId());
    pcapng_interface(&out, "tap", text, snap);
}

void capture_flush(void)
{
    DWORD written = 0;

    if (out.bytes && file && !failed &&
        (!WriteFile(file, out.at, (DWORD)out.bytes, &written, NULL) || written != out.bytes))
        complain(wanted, "cannot be written; recording has stopped");
    out.bytes = 0;
}

/* The name by which the program found the peer, before the first packet to or from it. */
static void write_name(const struct end *peer)
{
    static struct end known[256]; /* a name may come again when two addresses share a place */
    struct end *place = &known[(peer->ip[2] * 7 + peer->ip[3] + peer->ip[15] * 31) % ARRAYSIZE(known)];
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    const void *name = peer->version == 4 ? (void *)&v4 : (void *)&v6;
    char text[256];

    if (place->version == peer->version && !memcmp(place->ip, peer->ip, sizeof peer->ip))
        return;
    *place = *peer;
    memcpy(&v4.sin_addr, peer->ip, sizeof v4.sin_addr);
    memcpy(&v6.sin6_addr, peer->ip, sizeof v6.sin6_addr);
    if (ws2kit_name_of(name, peer->version == 4 ? sizeof v4 : sizeof v6, text, sizeof text))
        pcapng_name(&out, peer, text);
}

void capture_packet(void *unused, const struct packet *p)
{
    static uint16_t id;
    size_t bytes;

    (void)unused;
    if (failed)
        return;
    if (!file)
        begin();
    bytes = packet_build(p, id++, packet);
    if (!bytes)
        return;
    if (out.room - out.bytes < bytes + 1024)
        capture_flush();
    if (!p->tcp || p->flags & TCP_SYN)
        write_name(p->inbound ? p->from : p->to);
    pcapng_packet(&out, p->time, packet, snap && bytes > snap ? snap : bytes, bytes, p->inbound, p->note);
}
