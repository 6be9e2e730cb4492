/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/watch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/lock.h"
#include "catalog/store.h"

enum { STACK_BYTES = 64 * 1024, RETRY_MS = 1000 };

struct watch {
    struct watch *next; /* guarded by lock */
    HANDLE theirs;      /* the program's end: only ever compared */
    HANDLE ours;
    HANDLE changed; /* signalled by the registry */
    HANDLE gone;    /* signalled when the program's end is closed: our read has ended */
    HKEY key;
    HMODULE self;
    uint32_t serial; /* of the last change that was told */
    OVERLAPPED reading, writing;
    char byte, nothing;
};

static struct lock lock;
static struct watch *watches; /* guarded by lock */
static LONG volatile made;

static void watch_free(struct watch *w)
{
    if (w->ours)
        CloseHandle(w->ours);
    if (w->changed)
        CloseHandle(w->changed);
    if (w->gone)
        CloseHandle(w->gone);
    if (w->writing.hEvent)
        CloseHandle(w->writing.hEvent);
    if (w->key)
        RegCloseKey(w->key);
    free(w);
}

static void list_remove(struct watch *w)
{
    struct watch **at = &watches;

    lock_take(&lock);
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    lock_drop(&lock);
}

/*
 * The whole tree, because a tool that resets the catalog replaces its key, and a watch on that
 * would be blind from then on.
 */
static BOOL ask_registry(struct watch *w)
{
    static const WCHAR path[] = L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters";

    if (!w->key && RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_NOTIFY, &w->key))
        w->key = NULL;
    if (w->key && !RegNotifyChangeKeyValue(w->key, TRUE, REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET,
                                           w->changed, TRUE))
        return TRUE;
    if (w->key)
        RegCloseKey(w->key); /* the key was deleted: there may be a new one */
    w->key = NULL;
    return FALSE;
}

/* A write still under way means a pipe full of untold changes, and one more makes no difference. */
static void tell(struct watch *w)
{
    if (w->writing.hEvent && !HasOverlappedIoCompleted(&w->writing))
        return;
    ResetEvent(w->writing.hEvent);
    WriteFile(w->ours, &w->byte, 1, NULL, &w->writing);
}

/* An edit is many registry writes; its serial number is the last of them and counts it once. */
static void compare(struct watch *w)
{
    uint32_t serial;

    if (store_serial(&serial) || serial == w->serial)
        return;
    w->serial = serial;
    tell(w);
}

static DWORD WINAPI run(void *arg)
{
    struct watch *w = arg;
    HANDLE either[2] = {w->gone, w->changed};
    HMODULE self = w->self;

    for (;;) {
        DWORD wait_ms = ask_registry(w) ? INFINITE : RETRY_MS;

        compare(w); /* after asking, so that nothing falls in between */
        if (WaitForMultipleObjects(2, either, FALSE, wait_ms) == WAIT_OBJECT_0)
            break;
    }
    list_remove(w);
    watch_free(w);
    FreeLibraryAndExitThread(self, 0);
}

/* Both ends. The server's is the program's. */
static BOOL make_pipe(struct watch *w)
{
    WCHAR name[64];

    _snwprintf(name, 64, L"\\\\.\\pipe\\ws2kit-change-%lu-%ld", GetCurrentProcessId(),
               InterlockedIncrement(&made));
    w->theirs = CreateNamedPipeW(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                 PIPE_TYPE_BYTE, 1, WATCH_BYTES, WATCH_BYTES, 0, NULL);
    if (w->theirs == INVALID_HANDLE_VALUE)
        return FALSE;
    w->ours = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (w->ours == INVALID_HANDLE_VALUE)
        w->ours = NULL;
    return w->ours != NULL;
}

static int prepare(struct watch *w)
{
    w->changed = CreateEventW(NULL, FALSE, FALSE, NULL);
    w->gone = CreateEventW(NULL, TRUE, FALSE, NULL);
    w->writing.hEvent = CreateEventW(NULL, TRUE, TRUE, NULL);
    w->reading.hEvent = w->gone;
    if (!w->changed || !w->gone || !w->writing.hEvent || !make_pipe(w))
        return WSA_NOT_ENOUGH_MEMORY;
    if (store_serial(&w->serial) || !ask_registry(w))
        return WSAEOPNOTSUPP;
    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)&watches, &w->self))
        return WSAEOPNOTSUPP;
    if (ReadFile(w->ours, &w->nothing, 1, NULL, &w->reading) || GetLastError() == ERROR_IO_PENDING)
        return 0;
    FreeLibrary(w->self);
    w->self = NULL;
    return WSAEOPNOTSUPP;
}

int watch_open(HANDLE *handle)
{
    struct watch *w = calloc(1, sizeof *w);
    HANDLE thread = NULL;
    int err;

    if (!w)
        return WSA_NOT_ENOUGH_MEMORY;
    w->theirs = INVALID_HANDLE_VALUE;
    err = prepare(w);
    if (!err) {
        *handle = w->theirs;
        lock_take(&lock);
        w->next = watches;
        watches = w;
        lock_drop(&lock);
        thread = CreateThread(NULL, STACK_BYTES, run, w, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        if (thread) {
            CloseHandle(thread);
            return 0;
        }
        list_remove(w);
        FreeLibrary(w->self); /* not the last one: our caller has it, too */
        err = WSA_NOT_ENOUGH_MEMORY;
    }
    if (w->theirs != INVALID_HANDLE_VALUE)
        CloseHandle(w->theirs);
    if (w->self)
        WaitForSingleObject(w->gone, INFINITE); /* the read was under way, and ends with the other side */
    watch_free(w);
    return err;
}

BOOL watch_is_open(HANDLE handle)
{
    struct watch *w;

    lock_take(&lock);
    for (w = watches; w && w->theirs != handle; w = w->next)
        ;
    lock_drop(&lock);
    return w != NULL;
}
