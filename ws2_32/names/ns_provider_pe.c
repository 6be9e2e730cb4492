/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/ns_provider_pe.h"

#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "ws2_32/core/guard.h"
#include "ws2_32/names/ns_v2_pe.h"

enum { PATH_CHARS = 2 * MAX_PATH, UNLOAD_WAIT_MS = 1000, CRASHED = -2 };

static struct lock lock;
static CONDITION_VARIABLE started; /* some starter is done */
static struct ns_provider *providers; /* guarded by lock */
static DWORD starts;                  /* guarded by lock */

static struct ns_provider *provider_of(const struct catalog_guid *id)
{
    struct ns_provider *p;

    lock_take(&lock);
    for (p = providers; p && memcmp(&p->id, id, sizeof *id); p = p->next)
        ;
    if (!p) {
        p = calloc(1, sizeof *p);
        if (p) {
            memcpy(&p->id, id, sizeof p->id);
            p->next = providers;
            providers = p;
        }
    }
    lock_drop(&lock);
    return p;
}

/* ---- calls ---- */

static INT call(struct ns_call *c)
{
    const NSP_ROUTINE *r = &c->provider->routine;
    GUID id = c->provider->id; /* the SPI takes it non-const */

    switch (c->op) {
    case NS_BEGIN:
        return r->NSPLookupServiceBegin(&id, c->query, c->info, c->flags, &c->handle);
    case NS_NEXT:
        return r->NSPLookupServiceNext(c->handle, c->flags, c->bytes, c->query);
    case NS_END:
        return r->NSPLookupServiceEnd(c->handle);
    case NS_SET:
        return r->NSPSetService(&id, c->info, c->query, c->set, c->flags);
    case NS_INSTALL_CLASS:
        return r->NSPInstallServiceClass(&id, c->info);
    case NS_REMOVE_CLASS:
        return r->NSPRemoveServiceClass(&id, c->class_id);
    case NS_GET_CLASS:
        return r->NSPGetServiceClassInfo(&id, c->bytes, c->info);
    case NS_IOCTL:
        break;
    }
    return r->NSPIoctl(c->handle, c->ioctl.code, c->ioctl.in, c->ioctl.in_bytes, c->ioctl.out, c->ioctl.out_bytes,
                       c->ioctl.returned, c->ioctl.completion, c->ioctl.thread);
}

static int guarded(void *arg)
{
    return call(arg);
}

int ns_call(struct ns_call *c)
{
    struct ns_provider *p = c->provider;
    int result, err = 0;

    InterlockedIncrement(&p->calls); /* before the look at `ready`: ns_provider_stop_all() looks in the other order */
    if (!__atomic_load_n(&p->ready, __ATOMIC_SEQ_CST) && !p->v2) {
        InterlockedDecrement(&p->calls);
        return WSANOTINITIALISED;
    }
    if (p->v2) {
        err = ns_v2_call(c);
    } else if (c->op == NS_IOCTL && !p->routine.NSPIoctl) {
        err = WSAEOPNOTSUPP;
    } else {
        WSASetLastError(0);
        result = guarded_call(guarded, c, CRASHED);
        if (result)
            err = result == CRASHED ? WSANO_RECOVERY : WSAGetLastError();
        if (result && !err)
            err = WSANO_RECOVERY;
    }
    InterlockedDecrement(&p->calls);
    return err;
}

/* ---- loading ---- */

enum {
    SHORT_BYTES = offsetof(NSP_ROUTINE, NSPIoctl), /* the table before Windows XP */
    REQUIRED = 8,
};

/*
 * A provider says in cbSize how much it filled. One that leaves it as it was, or clears it, has filled whatever is not
 * NULL.
 */
static BOOL table_is_whole(NSP_ROUTINE *r)
{
    FARPROC slot[REQUIRED];

    _Static_assert(offsetof(NSP_ROUTINE, NSPIoctl) - offsetof(NSP_ROUTINE, NSPCleanup) == sizeof slot, "8 entries");
    if (r->cbSize && r->cbSize < SHORT_BYTES)
        return FALSE;
    if (r->cbSize && r->cbSize < sizeof *r)
        r->NSPIoctl = NULL;
    memcpy(slot, &r->NSPCleanup, sizeof slot);
    for (int i = 0; i < REQUIRED; i++)
        if (!slot[i])
            return FALSE;
    return TRUE;
}

struct start_call {
    LPNSPSTARTUP startup;
    GUID id;
    NSP_ROUTINE routine;
};

static int call_startup(void *arg)
{
    struct start_call *c = arg;

    return c->startup(&c->id, &c->routine);
}

struct cleanup_call {
    LPNSPCLEANUP cleanup;
    GUID id;
};

static int call_cleanup(void *arg)
{
    struct cleanup_call *c = arg;

    return c->cleanup(&c->id);
}

static void clean_up(const GUID *id, LPNSPCLEANUP cleanup)
{
    struct cleanup_call c = {cleanup, *id};

    if (cleanup)
        guarded_call(call_cleanup, &c, CRASHED);
}

static int start_up(struct start_call *c)
{
    int result, err;

    c->routine.cbSize = sizeof c->routine;
    WSASetLastError(0);
    result = guarded_call(call_startup, c, CRASHED);
    err = result == CRASHED ? WSAEPROVIDERFAILEDINIT : WSAGetLastError();
    if (result)
        return err ? err : WSAEPROVIDERFAILEDINIT;
    if (table_is_whole(&c->routine))
        return 0;
    clean_up(&c->id, c->routine.NSPCleanup);
    return WSAEINVALIDPROCTABLE;
}

/* On failure nothing stays loaded. *lasting: and it will be the same next time. */
static int load(const struct namespace_entry *entry, struct start_call *c, HMODULE *module, BOOL *lasting)
{
    WCHAR path[PATH_CHARS];
    DWORD chars = ExpandEnvironmentStringsW(entry->path, path, PATH_CHARS);
    int err;

    *lasting = TRUE;
    if (!chars || chars > PATH_CHARS)
        return WSAEPROVIDERFAILEDINIT;
    *module = LoadLibraryW(path);
    if (!*module)
        return WSAEPROVIDERFAILEDINIT;
    c->startup = (LPNSPSTARTUP)(void *)GetProcAddress(*module, "NSPStartup");
    *lasting = !c->startup;
    err = c->startup ? start_up(c) : WSAEPROVIDERFAILEDINIT;
    if (err)
        FreeLibrary(*module);
    return err;
}

/* Decides for this thread: start it (true), or it is ready (*err 0), or it cannot be (*err). */
static BOOL become_starter(struct ns_provider *p, int *err)
{
    DWORD self = GetCurrentThreadId();
    BOOL mine = FALSE;

    *err = 0;
    lock_take(&lock);
    while (p->starter && p->starter != self)
        SleepConditionVariableSRW(&started, (SRWLOCK *)&lock.srw, INFINITE, 0);
    if (p->starter) {
        *err = WSAEPROVIDERFAILEDINIT; /* a lookup from inside its own NSPStartup */
    } else if (!p->ready && p->failed) {
        *err = p->failed;
    } else if (!p->ready) {
        p->starter = self;
        mine = TRUE;
    }
    lock_drop(&lock);
    return mine;
}

/* Windows has no mark for entries whose provider is a process: their path names no DLL. */
static BOOL is_dll(const struct namespace_entry *entry)
{
    size_t chars = wcsnlen(entry->path, NAMESPACE_PATH_CHARS);

    return chars >= 4 && !_wcsicmp(entry->path + chars - 4, L".dll");
}

int ns_provider_start(const struct namespace_entry *entry, struct ns_provider **out)
{
    struct ns_provider *p = ns_v2_provider((const GUID *)(const void *)&entry->provider);
    struct start_call c = {0};
    HMODULE module = NULL;
    BOOL lasting;
    int err;

    *out = p;
    if (p)
        return 0;
    if (!is_dll(entry))
        return WSASERVICE_NOT_FOUND;
    *out = p = provider_of(&entry->provider);
    if (!p)
        return WSA_NOT_ENOUGH_MEMORY;
    if (__atomic_load_n(&p->ready, __ATOMIC_ACQUIRE))
        return 0;
    if (!become_starter(p, &err))
        return err;

    c.id = p->id;
    err = load(entry, &c, &module, &lasting);

    lock_take(&lock);
    if (!err) {
        p->module = module;
        p->routine = c.routine;
        p->start_order = ++starts;
        __atomic_store_n(&p->ready, TRUE, __ATOMIC_SEQ_CST);
    } else if (lasting) {
        p->failed = err;
    }
    p->starter = 0;
    lock_drop(&lock);
    WakeAllConditionVariable(&started);
    return err;
}

void ns_provider_retry(void)
{
    lock_take(&lock);
    for (struct ns_provider *p = providers; p; p = p->next)
        p->failed = 0;
    lock_drop(&lock);
}

/* ---- stopping ---- */

static struct ns_provider *take_newest(void)
{
    struct ns_provider *newest = NULL;

    lock_take(&lock);
    for (struct ns_provider *p = providers; p; p = p->next)
        if (p->ready && (!newest || p->start_order > newest->start_order))
            newest = p;
    if (newest)
        __atomic_store_n(&newest->ready, FALSE, __ATOMIC_SEQ_CST);
    lock_drop(&lock);
    return newest;
}

/* Its calls end soon: the lookups were ended, which wakes them. Who stays keeps the DLL in memory. */
static BOOL calls_left(struct ns_provider *p)
{
    for (DWORD waited = 0; p->calls; waited += 10) {
        if (waited >= UNLOAD_WAIT_MS)
            return FALSE;
        Sleep(10);
    }
    return TRUE;
}

void ns_provider_stop_all(void)
{
    struct ns_provider *p;

    ns_v2_withdraw_all();
    while ((p = take_newest())) {
        HMODULE module = p->module;

        clean_up(&p->id, p->routine.NSPCleanup);
        p->module = NULL;
        if (calls_left(p))
            FreeLibrary(module);
    }
    ns_provider_retry();
}
