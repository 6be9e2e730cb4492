/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/sock.h"

/*
 * One thread, made at the first need, on which operations are started that must not die with the thread of the
 * application that caused them. It ends when it has had nothing to do for a while and nothing it started is
 * unfinished, and holds the DLL in memory as long as it lives.
 */
enum { IDLE_MS = 10000 };

struct job {
    struct job *next;
    void (*fn)(void *arg);
    void *arg;
    HANDLE done;
};

LONG volatile worker_busy;

static struct lock jobs_lock;
static struct job *jobs; /* guarded by jobs_lock, as is `running` */
static BOOL running;
static HANDLE wake; /* made once, kept */

static struct job *next_job(BOOL idle, BOOL *end)
{
    struct job *j;

    lock_take(&jobs_lock);
    j = jobs;
    if (j)
        jobs = j->next;
    else if (idle && !worker_busy)
        running = FALSE;
    *end = !running;
    lock_drop(&jobs_lock);
    return j;
}

static DWORD WINAPI worker(void *module)
{
    BOOL end = FALSE;

    while (!end) {
        BOOL idle = WaitForSingleObject(wake, IDLE_MS) == WAIT_TIMEOUT;
        struct job *j;

        while ((j = next_job(idle, &end)) != NULL) {
            HANDLE done = j->done;

            j->fn(j->arg);
            SetEvent(done); /* `j` is on the stack of its thread, and gone now */
        }
    }
    FreeLibraryAndExitThread(module, 0);
}

static BOOL start(void) WS2_REQUIRES(jobs_lock)
{
    HMODULE module;
    HANDLE thread;

    if (!wake)
        wake = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (!wake || !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                                     (LPCWSTR)(void *)worker, &module))
        return FALSE;
    thread = CreateThread(NULL, 0, worker, module, 0, NULL);
    if (!thread) {
        FreeLibrary(module);
        return FALSE;
    }
    CloseHandle(thread);
    return TRUE;
}

int worker_run(void (*fn)(void *arg), void *arg)
{
    struct job j = { .fn = fn, .arg = arg, .done = event_take() };
    BOOL queued;

    if (!j.done)
        return WSAENOBUFS;
    ResetEvent(j.done);
    lock_take(&jobs_lock);
    if (!running)
        running = start();
    queued = running;
    if (queued) {
        j.next = jobs;
        jobs = &j;
    }
    lock_drop(&jobs_lock);
    if (queued) {
        SetEvent(wake);
        WaitForSingleObject(j.done, INFINITE);
    }
    event_drop(j.done);
    return queued ? 0 : WSAENOBUFS;
}
