/* SPDX-License-Identifier: MIT */
#include "providers/trace/trace.h"

#include <stdlib.h>
#include <string.h>

unsigned log_hex;

static HANDLE file; /* NULL: off */
static BOOL json;
static LONGLONG ticks_per_second;
static ULONGLONG start_time; /* local, 100 ns since 1601, at start_ticks */
static LONGLONG start_ticks;

static LONGLONG ticks(void)
{
    LARGE_INTEGER now;

    QueryPerformanceCounter(&now);
    return now.QuadPart;
}

/* The clock is read once: the performance counter is finer, cheaper, and never goes back within a trace. */
static void start_clock(void)
{
    LARGE_INTEGER frequency;
    FILETIME utc, local;

    QueryPerformanceFrequency(&frequency);
    ticks_per_second = frequency.QuadPart;
    start_ticks = ticks();
    GetSystemTimeAsFileTime(&utc);
    FileTimeToLocalFileTime(&utc, &local);
    start_time = (ULONGLONG)local.dwHighDateTime << 32 | local.dwLowDateTime;
}

static ULONGLONG units_between(LONGLONG from, LONGLONG to, LONGLONG units_per_second)
{
    LONGLONG span = to - from;

    return (ULONGLONG)(span / ticks_per_second * units_per_second +
                       span % ticks_per_second * units_per_second / ticks_per_second);
}

/*
 * A path that begins with "/" is a Linux path, as Wine understands it. With FILE_APPEND_DATA alone each write goes to the
 * end, wherever that is by then: lines of several processes do not overwrite each other.
 */
static HANDLE open_file(const char *path)
{
    static const WCHAR linux_root[] = L"\\\\?\\unix";
    WCHAR wide[ARRAYSIZE(linux_root) + 1024] = { 0 };
    WCHAR *to = wide;

    if (*path == '/') {
        memcpy(wide, linux_root, sizeof linux_root);
        to += ARRAYSIZE(linux_root) - 1;
    }
    if (!MultiByteToWideChar(CP_UTF8, 0, path, -1, to, 1024))
        return NULL;
    for (WCHAR *c = to; *path == '/' && *c; c++)
        if (*c == '/')
            *c = '\\';
    return CreateFileW(wide, FILE_APPEND_DATA,
                       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_ALWAYS,
                       FILE_ATTRIBUTE_NORMAL, NULL);
}

/* Our own handle, since the program may close its one, and the value then be that of some other file. */
static HANDLE own_stderr(void)
{
    HANDLE self = GetCurrentProcess(), copy = NULL;

    if (!DuplicateHandle(self, GetStdHandle(STD_ERROR_HANDLE), self, &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return NULL;
    return copy;
}

int log_start(void)
{
    char text[1024];
    HANDLE opened;

    json = ws2kit_option("format", text, sizeof text) && !strcmp(text, "json");
    log_hex = ws2kit_option("hex", text, sizeof text) ? strtoul(text, NULL, 10) : 0;
    start_clock();
    opened = ws2kit_option("file", text, sizeof text) ? open_file(text) : own_stderr();
    file = opened == INVALID_HANDLE_VALUE ? NULL : opened;
    return 0;
}

void log_stop(void)
{
    if (file)
        CloseHandle(file);
    file = NULL;
}

void call_begin(struct call *c, const char *name)
{
    c->on = file != NULL;
    if (!c->on)
        return;
    c->last_error = GetLastError();
    format_begin(&c->line, json, start_time + units_between(start_ticks, ticks(), 10000000),
                 GetCurrentProcessId(), GetCurrentThreadId(), ws2kit_layer.name, name);
}

void call_go(struct call *c)
{
    if (!c->on)
        return;
    c->gone = ticks();
    SetLastError(c->last_error);
}

void call_back(struct call *c, LONGLONG value, BOOL is_handle, int err)
{
    if (!c->on)
        return;
    c->last_error = GetLastError();
    c->gone = ticks() - c->gone;
    format_result(&c->line, value, is_handle, err);
}

void call_end(struct call *c)
{
    DWORD bytes, written;

    if (!c->on)
        return;
    bytes = (DWORD)format_end(&c->line, units_between(0, c->gone, 1000000));
    WriteFile(file, c->line.text, bytes, &written, NULL);
    SetLastError(c->last_error);
}
