/* SPDX-License-Identifier: MIT */
#include "harness.h"
#include "base/wsaerr.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 30000 };

/* A long run of a test that is short in the suite says so: WS2KIT_TEST_SECONDS. */
static DWORD limit_ms(void)
{
    const char *seconds = getenv("WS2KIT_TEST_SECONDS");

    return seconds ? (DWORD)atoi(seconds) * 1000 : LIMIT_MS;
}


int (*test_child)(int argc, char **argv);

static volatile LONG failures;
static const char *running = "(none)";
static char about[256];
static CRITICAL_SECTION printing;

static void print(const char *fmt, va_list args)
{
    char text[1024];

    vsnprintf(text, sizeof text, fmt, args);
    EnterCriticalSection(&printing);
    fprintf(stderr, "%s\n", text);
    fflush(stderr);
    LeaveCriticalSection(&printing);
}

void note(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    print(fmt, args);
    va_end(args);
}

static const char *base_name(const char *path)
{
    const char *p = path;

    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            p = path + 1;
    return p;
}

int check_fail(const char *file, int line, const char *fmt, ...)
{
    char text[768];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    InterlockedIncrement(&failures);
    note("%s:%d: %s%s%s", base_name(file), line, text, about[0] ? "\n    about: " : "", about);
    return 0;
}

static const char *err_text(int err, char *buf)
{
    const char *name = wsaerr_name(err);

    sprintf(buf, name ? "%d %s" : "%d", err, name);
    return buf;
}

int check_int(const char *file, int line, const char *what, LONG_PTR got, LONG_PTR want)
{
    if (got == want)
        return 1;
    return check_fail(file, line, "%s is %lld (0x%llx), expected %lld (0x%llx)", what, (long long)got,
                      (unsigned long long)got, (long long)want, (unsigned long long)want);
}

HWND message_window(void)
{
    HWND w = NULL;

    for (int i = 0; i < 50 && !w; i++) {
        if (i)
            Sleep(100);
        w = CreateWindowA("Static", NULL, 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    }
    return w;
}

int check_differs(const char *file, int line, const char *what, LONG_PTR got, LONG_PTR windows, LONG_PTR ours)
{
    if (got != windows && got != ours)
        return check_fail(file, line, "%s is %lld, Windows' value is %lld, ours by doc/differences.md %lld", what,
                          (long long)got, (long long)windows, (long long)ours);
    note("%s:%d: %s is %s value", file, line, what, got == windows ? "Windows'" : "our");
    return 1;
}

int check_ret(const char *file, int line, const char *what, LONG_PTR got, LONG_PTR want)
{
    int err = WSAGetLastError();
    char text[64];

    if (got == want)
        return 1;
    return check_fail(file, line, "%s gave %lld with error %s, expected %lld", what, (long long)got,
                      err_text(err, text), (long long)want);
}

int check_error(const char *file, int line, const char *what, LONG_PTR got, LONG_PTR want, int err, int alt)
{
    int got_err = WSAGetLastError();
    char a[64], b[64], c[64];

    if (got == want && (got_err == err || (alt && got_err == alt)))
        return 1;
    return check_fail(file, line, "%s gave %lld with error %s, expected %lld with error %s%s%s", what, (long long)got,
                      err_text(got_err, a), (long long)want, err_text(err, b), alt ? " or " : "",
                      alt ? err_text(alt, c) : "");
}

int check_err(const char *file, int line, const char *what, int got, int want)
{
    char a[64], b[64];

    if (got == want)
        return 1;
    return check_fail(file, line, "%s is error %s, expected %s", what, err_text(got, a), err_text(want, b));
}

int check_bytes(const char *file, int line, const char *what, const void *got, const void *want, size_t n)
{
    const unsigned char *g = got, *w = want;

    for (size_t i = 0; i < n; i++)
        if (g[i] != w[i])
            return check_fail(file, line, "%s: byte %zu of %zu is 0x%02x, expected 0x%02x", what, i, n, g[i], w[i]);
    return 1;
}

int check_str(const char *file, int line, const char *what, const char *got, const char *want)
{
    if (got && want && !strcmp(got, want))
        return 1;
    if (got == want)
        return 1;
    return check_fail(file, line, "%s is \"%s\", expected \"%s\"", what, got ? got : "(null)", want ? want : "(null)");
}

void check_about(const char *fmt, ...)
{
    va_list args;

    about[0] = 0;
    if (!fmt)
        return;
    va_start(args, fmt);
    vsnprintf(about, sizeof about, fmt, args);
    va_end(args);
}

/*
 * Not exit(): a test may have broken DLL state, and its verdict must come out whatever the DLLs' detach does. The file is that of
 * run-in-prefix-32.
 */
static __attribute__((noreturn)) void end(int code)
{
    const char *path = getenv("WS2KIT_CODE_FILE");
    FILE *file = path ? fopen(path, "w") : NULL;

    if (file)
        fprintf(file, "%d", code);
    fflush(NULL);
    TerminateProcess(GetCurrentProcess(), (UINT)code);
    for (;;)
        Sleep(INFINITE);
}

static void *volatile undo;

void at_case_end(void (*run)(void))
{
    undo = (void *)run;
}

/* Once: it may itself end the case. */
static void run_undo(void)
{
    void (*run)(void) = (void (*)(void))InterlockedExchangePointer(&undo, NULL);

    if (run)
        run();
}

void case_end(void)
{
    run_undo();
    note(failures ? "%s: %ld failed" : "%s: passed", running, (long)failures);
    end(failures ? 1 : 0);
}

void need_fail(const char *file, int line, const char *what)
{
    char text[64];

    check_fail(file, line, "%s, which the rest needs (last error %s)", what, err_text(WSAGetLastError(), text));
    case_end();
}

void skip(const char *fmt, ...)
{
    char text[512];
    va_list args;

    if (failures)
        case_end();
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    note("%s: skipped: %s", running, text);
    run_undo();
    end(77);
}

static DWORD WINAPI watchdog(void *runs)
{
    SetEvent(runs);
    Sleep(limit_ms());
    note("%s: HANG: not finished after %d s; ended by the watchdog", running, (int)limit_ms() / 1000);
    run_undo();
    TerminateProcess(GetCurrentProcess(), 1);
    return 0;
}

/* Waits until it runs: a process that ends while a thread of it is still being started ends badly in 32-bit Wine (run-in-prefix-32). */
static void start_watchdog(void)
{
    HANDLE runs = CreateEventA(NULL, TRUE, FALSE, NULL);

    CloseHandle(CreateThread(NULL, 0, watchdog, runs, 0, NULL));
    WaitForSingleObject(runs, INFINITE);
    CloseHandle(runs);
}

static LONG WINAPI crashed(EXCEPTION_POINTERS *e)
{
    char path[MAX_PATH] = "?";
    MEMORY_BASIC_INFORMATION at;
    void *pc = e->ExceptionRecord->ExceptionAddress;

    if (VirtualQuery(pc, &at, sizeof at))
        GetModuleFileNameA(at.AllocationBase, path, sizeof path);
    else
        at.AllocationBase = NULL;
    note("%s: CRASH: exception 0x%08lx at %s+0x%llx", running, e->ExceptionRecord->ExceptionCode, base_name(path),
         (unsigned long long)((char *)pc - (char *)at.AllocationBase));
    run_undo();
    TerminateProcess(GetCurrentProcess(), 1);
    return EXCEPTION_EXECUTE_HANDLER;
}

HANDLE child_start(const char *args, int inherit_handles)
{
    char self[MAX_PATH], line[MAX_PATH + 256];
    STARTUPINFOA si = { .cb = sizeof si };
    PROCESS_INFORMATION pi;

    GetModuleFileNameA(NULL, self, sizeof self);
    snprintf(line, sizeof line, "\"%s\" --child %s", self, args);
    NEED(CreateProcessA(NULL, line, NULL, NULL, inherit_handles, 0, NULL, NULL, &si, &pi));
    CloseHandle(pi.hThread);
    return pi.hProcess;
}

int child_wait(HANDLE process)
{
    DWORD code = 99;

    NEED(WaitForSingleObject(process, limit_ms() - 2000) == WAIT_OBJECT_0);
    GetExitCodeProcess(process, &code);
    CloseHandle(process);
    return (int)code;
}

/* The names given are those in meson.build: both must be the same set, so that no case is forgotten. */
static int compare_lists(int n, char **names)
{
    int bad = 0;

    for (const struct test_case *t = test_cases; t->name; t++) {
        int found = 0;

        for (int i = 0; i < n; i++)
            found += !strcmp(names[i], t->name);
        if (found != 1) {
            note("case %s stands %d times in meson.build", t->name, found);
            bad = 1;
        }
    }
    for (int i = 0; i < n; i++) {
        const struct test_case *t = test_cases;

        while (t->name && strcmp(t->name, names[i]))
            t++;
        if (!t->name) {
            note("meson.build has %s, the program does not", names[i]);
            bad = 1;
        }
    }
    return bad;
}

static void run(const struct test_case *t)
{
    WSADATA data;

    running = t->name;
    start_watchdog();
    SetUnhandledExceptionFilter(crashed);
    if (!t->unstarted)
        NEED(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    if (t->run_row)
        t->run_row(t->row);
    else
        t->run();
    case_end();
}

int main(int argc, char **argv)
{
    InitializeCriticalSection(&printing);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    if (argc >= 2 && !strcmp(argv[1], "--child")) {
        running = "child";
        start_watchdog();
        SetUnhandledExceptionFilter(crashed);
        return test_child ? test_child(argc - 2, argv + 2) : 98;
    }
    if (argc >= 2 && !strcmp(argv[1], "--compare"))
        return compare_lists(argc - 2, argv + 2);
    for (const struct test_case *t = test_cases; t->name; t++) {
        if (argc == 2 && !strcmp(argv[1], "--list"))
            printf("%s\n", t->name);
        else if (argc == 2 && !strcmp(argv[1], t->name))
            run(t);
    }
    if (argc == 2 && !strcmp(argv[1], "--list"))
        return 0;
    fprintf(stderr, "usage: %s CASE | --list | --compare NAMES\n", argv[0]);
    return 2;
}
