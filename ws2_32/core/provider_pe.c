/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/provider.h"

#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "ws2_32/core/diagnose.h"
#include "ws2_32/core/guard.h"
#include "ws2_32/core/snapshot.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/core/upcalls.h"

enum { PATH_CHARS = 2 * MAX_PATH, UNLOAD_WAIT_MS = 1000 };

static struct lock lock;
static CONDITION_VARIABLE started; /* some starter is done */
static struct provider *providers; /* guarded by lock */
static unsigned starts;            /* guarded by lock */

struct provider *provider_of(const struct catalog_guid *id)
{
    struct provider *p;

    lock_take(&lock);
    for (p = providers; p && memcmp(&p->id, id, sizeof *id); p = p->next)
        ;
    if (!p) {
        p = calloc(1, sizeof *p);
        if (p) {
            p->id = *id;
            p->next = providers;
            providers = p;
        }
    }
    lock_drop(&lock);
    return p;
}

/* ---- loading ---- */

static BOOL expand(const char *stored, wchar_t path[PATH_CHARS])
{
    wchar_t wide[CATALOG_PATH_BYTES];
    DWORD chars;

    if (!MultiByteToWideChar(CP_ACP, 0, stored, -1, wide, CATALOG_PATH_BYTES))
        return FALSE;
    chars = ExpandEnvironmentStringsW(wide, path, PATH_CHARS);
    return chars && chars <= PATH_CHARS;
}

/* Most entries lie in one module, so *known saves the question for them. */
static BOOL is_code(FARPROC function, MEMORY_BASIC_INFORMATION *known)
{
    enum { EXECUTABLE = PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY };
    ULONG_PTR at = (ULONG_PTR)function, base = (ULONG_PTR)known->BaseAddress;

    if (at < base || at - base >= known->RegionSize)
        if (!VirtualQuery((void *)function, known, sizeof *known))
            memset(known, 0, sizeof *known);
    return known->State == MEM_COMMIT && known->Protect & EXECUTABLE;
}

static BOOL table_is_whole(const WSPPROC_TABLE *proc)
{
    FARPROC slot[sizeof *proc / sizeof(FARPROC)];
    MEMORY_BASIC_INFORMATION known = { 0 };

    _Static_assert(sizeof slot == sizeof *proc && sizeof slot / sizeof *slot == 30, "30 entries");
    memcpy(slot, proc, sizeof slot);
    for (size_t i = 0; i < sizeof slot / sizeof *slot; i++)
        if (!slot[i] || !is_code(slot[i], &known)) {
            diagnose(NULL, "entry %u of the table that WSPStartup filled is %p, which is no function", (unsigned)i,
                     (void *)slot[i]);
            return FALSE;
        }
    return TRUE;
}

struct start_call {
    LPWSPSTARTUP startup;
    WSPDATA data;
    WSAPROTOCOL_INFOW info; /* the provider may write into it */
    WSPPROC_TABLE proc;
};

static int call_startup(void *arg)
{
    struct start_call *c = arg;

    return c->startup(MAKEWORD(2, 2), &c->data, &c->info, upcall_table, &c->proc);
}

/* A lower layer's verdict is passed on; of all else that WSPStartup returns, applications know nothing (spi.md 4.2). */
static int err_of_startup(int err, const wchar_t *path)
{
    if (err)
        diagnose(NULL, "%ls: WSPStartup failed with %d, or died of an exception", path, err);
    switch (err) {
    case 0:
    case WSAEINVALIDPROCTABLE:
    case WSAEINVALIDPROVIDER:
        return err;
    }
    return WSAEPROVIDERFAILEDINIT;
}

static int check_started(const struct start_call *c)
{
    if (!table_is_whole(&c->proc))
        return WSAEINVALIDPROCTABLE;
    if (c->data.wVersion != MAKEWORD(2, 2))
        return WSAEINVALIDPROVIDER;
    return 0;
}

/* While a provider is loaded, so are we: it has pointers to our upcalls. */
static BOOL hold_ourselves(HMODULE *self)
{
    return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)&upcall_table, self);
}

/* On failure nothing stays loaded. */
static int load(const struct catalog_entry *entry, HMODULE *module, WSPPROC_TABLE *proc)
{
    MEMORY_BASIC_INFORMATION nothing_known = { 0 };
    wchar_t path[PATH_CHARS];
    struct start_call *c;
    int err = WSAEPROVIDERFAILEDINIT;
    int ignored;

    _Static_assert(sizeof c->info == sizeof entry->info, "the catalog's entry is the SDK's structure");
    if (!expand(entry->path, path))
        return WSAEPROVIDERFAILEDINIT;
    c = calloc(1, sizeof *c);
    if (!c)
        return WSA_NOT_ENOUGH_MEMORY;

    *module = LoadLibraryW(path);
    if (!*module) {
        diagnose(NULL, "%ls: cannot be loaded, error %lu", path, GetLastError());
        goto free_call;
    }
    c->startup = (LPWSPSTARTUP)(void *)GetProcAddress(*module, "WSPStartup");
    if (!c->startup) {
        diagnose(NULL, "%ls: does not export WSPStartup", path);
        goto unload;
    }
    memcpy(&c->info, &entry->info, sizeof c->info);
    err = err_of_startup(guarded_call(call_startup, c, WSAEPROVIDERFAILEDINIT), path);
    if (err)
        goto unload;
    err = check_started(c);
    if (err)
        goto shut_down;

    *proc = c->proc;
    free(c);
    return 0;

shut_down:
    if (is_code((FARPROC)(void *)c->proc.lpWSPCleanup, &nothing_known))
        c->proc.lpWSPCleanup(&ignored);
unload:
    FreeLibrary(*module);
free_call:
    free(c);
    return err;
}

/* ---- who starts ---- */

/* Decides for this thread: start it (true), or it is ready (*err 0), or it cannot be (*err). */
static BOOL become_starter(struct provider *p, int *err)
{
    DWORD self = GetCurrentThreadId();
    BOOL mine = FALSE;

    *err = 0;
    lock_take(&lock);
    while (p->starter && p->starter != self)
        SleepConditionVariableSRW(&started, (SRWLOCK *)&lock.srw, INFINITE, 0);
    if (p->starter) {
        *err = WSAEPROVIDERFAILEDINIT; /* socket() from inside its own WSPStartup */
    } else if (!p->ready) {
        p->starter = self;
        mine = TRUE;
    }
    lock_drop(&lock);
    return mine;
}

int provider_start(struct provider *p, const struct catalog_entry *entry)
{
    WSPPROC_TABLE proc;
    HMODULE module, self = NULL;
    int err;

    if (__atomic_load_n(&p->ready, __ATOMIC_ACQUIRE))
        return 0;
    if (!become_starter(p, &err))
        return err;

    err = hold_ourselves(&self) ? load(entry, &module, &proc) : WSAEPROVIDERFAILEDINIT;
    if (err && self)
        FreeLibrary(self);

    lock_take(&lock);
    if (!err) {
        p->module = module;
        p->proc = proc;
        p->start_order = ++starts;
        __atomic_store_n(&p->ready, TRUE, __ATOMIC_RELEASE);
    }
    p->starter = 0;
    lock_drop(&lock);
    WakeAllConditionVariable(&started);
    return err;
}

int provider_start_id(struct provider *p, uint32_t catalog_id)
{
    const struct catalog_entry *entry;
    struct snapshot *snap;
    int err;

    if (__atomic_load_n(&p->ready, __ATOMIC_ACQUIRE))
        return 0;
    err = snapshot_get(&snap);
    if (err)
        return err;
    entry = catalog_find_id(&snap->cat, catalog_id);
    err = entry ? provider_start(p, entry) : WSAENOTSOCK;
    snapshot_put(snap);
    return err;
}

/* ---- stopping ---- */

/* The ready provider that was started last, no longer ready. */
static struct provider *take_newest(void)
{
    struct provider *newest = NULL;

    lock_take(&lock);
    for (struct provider *p = providers; p; p = p->next) {
        p->bypassed = 0;
        if (p->ready && (!newest || p->start_order > newest->start_order))
            newest = p;
    }
    if (newest)
        newest->ready = FALSE;
    lock_drop(&lock);
    return newest;
}

/* Calls in flight end soon: WSPCleanup has cancelled what blocks. Looking is cheap, so a sleep between looks will do. */
static BOOL others_left(void)
{
    for (DWORD waited = 0; thread_others_in_provider(); waited += 10) {
        if (waited >= UNLOAD_WAIT_MS)
            return FALSE;
        Sleep(10);
    }
    return TRUE;
}

static void clean_up_ready(void)
{
    struct provider *p;
    int ignored;

    while ((p = take_newest()))
        p->proc.lpWSPCleanup(&ignored);
}

void provider_stop_all(void)
{
    struct thread *self = thread_get();
    HMODULE ourselves;
    struct provider *p;
    BOOL unload;

    clean_up_ready();
    unload = others_left() && self && !self->in_provider;
    clean_up_ready(); /* what a thread was still starting */

    unload = unload && GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                              GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                                          (LPCWSTR)&upcall_table, &ourselves);
    for (;;) {
        HMODULE module = NULL;

        lock_take(&lock);
        for (p = providers; p && !(p->module && !p->ready); p = p->next)
            ;
        if (p) {
            module = p->module;
            p->module = NULL;
        }
        lock_drop(&lock);
        if (!p)
            break;
        if (unload) {
            FreeLibrary(module);
            FreeLibrary(ourselves); /* what hold_ourselves() took; the program has its own hold */
        }
    }
}
