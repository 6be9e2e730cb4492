/* SPDX-License-Identifier: MIT */
#include "providers/trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "providers/kit/file.h"

unsigned log_hex;

BOOLEAN NTAPI RtlDllShutdownInProgress(void);

static HANDLE file; /* NULL: off */
static BOOL own_file; /* not standard error */
static struct lock write_lock;
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

/* Our own handle, since the program may close its one, and the value then be that of some other file. */
static HANDLE own_stderr(void)
{
    HANDLE self = GetCurrentProcess(), copy = NULL;

    if (!DuplicateHandle(self, GetStdHandle(STD_ERROR_HANDLE), self, &copy, 0, FALSE,
                         DUPLICATE_SAME_ACCESS))
        return NULL;
    return copy;
}

/* A trace that was asked for and cannot be written as asked says so where somebody will see it. */
static void complain(HANDLE to, const char *option, const char *value, const char *what)
{
    char line[1200];
    DWORD written;
    int n = snprintf(line, sizeof line, "trace: %s=%s: %s\n", option, value, what);

    if (to)
        WriteFile(to, line, n < (int)sizeof line ? n : (int)sizeof line - 1, &written, NULL);
}

int log_start(void)
{
    char text[1024];
    HANDLE terminal = own_stderr();

    json = FALSE;
    if (ws2kit_option("format", text, sizeof text)) {
        json = !strcmp(text, "json");
        if (!json && strcmp(text, "text"))
            complain(terminal, "format", text, "not known (text or json); tracing as text");
    }
    log_hex = ws2kit_option("hex", text, sizeof text) ? strtoul(text, NULL, 10) : 0;
    start_clock();
    file = terminal;
    own_file = ws2kit_option("file", text, sizeof text);
    if (!own_file)
        return 0;
    /* Without FILE_WRITE_DATA each write goes to the end, wherever that is by then; FILE_READ_DATA is for LockFileEx. */
    file = kit_open_file(text, FILE_APPEND_DATA | FILE_READ_DATA,
                         FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, OPEN_ALWAYS);
    if (file != INVALID_HANDLE_VALUE) {
        if (terminal)
            CloseHandle(terminal);
        return 0;
    }
    complain(terminal, "file", text, "cannot be opened; tracing to standard error");
    file = terminal;
    own_file = FALSE;
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

/*
 * Under Wine 8.0 a write to the end of a file is two steps, and lines of several threads or processes overwrite each
 * other. So threads take turns, and so do the processes that share a file: by locking a byte far beyond its end, which
 * whoever dies gives back. When the process ends there is one thread left, and another may have died inside the lock.
 */
static void write_line(const char *text, DWORD bytes)
{
    OVERLAPPED far_byte = { .OffsetHigh = 0x40000000 };
    BOOL alone = RtlDllShutdownInProgress();
    DWORD written;

    if (!alone)
        lock_take(&write_lock);
    if (own_file)
        LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, &far_byte);
    WriteFile(file, text, bytes, &written, NULL);
    if (own_file)
        UnlockFileEx(file, 0, 1, 0, &far_byte);
    if (!alone)
        lock_drop(&write_lock);
}

void call_end(struct call *c)
{
    DWORD bytes;

    if (!c->on)
        return;
    bytes = (DWORD)format_end(&c->line, units_between(0, c->gone, 1000000));
    write_line(c->line.text, bytes);
    SetLastError(c->last_error);
}
