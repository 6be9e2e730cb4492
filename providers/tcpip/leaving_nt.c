/* SPDX-License-Identifier: MIT */
#include "providers/tcpip/leaving.h"

#include "base/lock.h"

enum { MOST_MS = 30000, LOOK_MS = 2 };

typedef BOOL(WINAPI *at_exit_fn)(void (*run)(void), BOOL on);

static struct lock lock;
static struct leaving *all;   /* guarded by lock */
static at_exit_fn at_exit;    /* NULL: not looked for, or there is none */

static BOOL all_gone(void)
{
    BOOL gone = TRUE;

    lock_take(&lock);
    for (struct leaving *l = all; l && gone; l = l->next)
        gone = l->has_left && l->has_left(l);
    lock_drop(&lock);
    return gone;
}

/* All threads still run (ws2_32/core/observe.h). */
static void process_ends(void)
{
    ULONGLONG until = GetTickCount64() + MOST_MS;

    while (!all_gone() && GetTickCount64() < until)
        Sleep(LOOK_MS);
}

/* ws2_32's (ws2_32/core/upcalls.h). It and this DLL stay from then on, for what is asked is never taken back. */
static at_exit_fn find_at_exit(void)
{
    HMODULE ws2_32, self;

    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN, L"ws2_32.dll", &ws2_32) ||
        !GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                            (LPCWSTR)(void *)process_ends, &self))
        return NULL;
    return (at_exit_fn)(void *)GetProcAddress(ws2_32, "ws2kit_at_exit");
}

void leaving_add(struct leaving *l)
{
    at_exit_fn found = __atomic_load_n(&at_exit, __ATOMIC_ACQUIRE);

    if (!found) { /* without the lock: this takes the loader's */
        found = find_at_exit();
        __atomic_store_n(&at_exit, found, __ATOMIC_RELEASE);
    }
    lock_take(&lock);
    l->next = all;
    all = l;
    lock_drop(&lock);
    if (found) /* each time: who is asked last is called first, and a layer that still sends then was asked before us */
        found(process_ends, TRUE);
}

void leaving_remove(struct leaving *l)
{
    struct leaving **at = &all;

    lock_take(&lock);
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    lock_drop(&lock);
}
