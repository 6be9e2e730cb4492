/* SPDX-License-Identifier: MIT */
/*
 * The name-space provider around a source of host names. Begin copies the question, the first Next answers it, later ones
 * give the aliases if they are asked for. End wakes a Next that waits for a slow source; the thread that asks finishes by
 * itself, holding the lookup and this DLL.
 *
 * A provider whose source is at hand also watches: while somebody waits for a change, a thread asks again twice a second and
 * compares.
 */
#include "namespace/nsp_lookup_pe.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "namespace/notice_pe.h"

enum { WATCH_MS = 500 };

static SRWLOCK lock = SRWLOCK_INIT;
static struct lookup_state *lookups; /* guarded by lock */
static long startups, threads;       /* guarded by lock */

static void unref(struct lookup_state *l)
{
    long left;

    AcquireSRWLockExclusive(&lock);
    left = --l->refs;
    ReleaseSRWLockExclusive(&lock);
    if (left)
        return;
    answer_free(&l->answer);
    if (l->wake)
        CloseHandle(l->wake);
    if (l->stop)
        CloseHandle(l->stop);
    free(l->message);
    free(l->service);
    free(l->query);
    free(l);
}

/* ---- begin ---- */

static BOOL narrow(const WCHAR *from, char to[NAME_BYTES])
{
    to[0] = 0;
    return !from || WideCharToMultiByte(CP_UTF8, 0, from, -1, to, NAME_BYTES, NULL, NULL) > 0;
}

/* 0 if that is a question for us. */
static int check(struct lookup_state *l)
{
    if (!narrow(l->what.name, l->name))
        return WSASERVICE_NOT_FOUND; /* too long to be anything's name */
    if (l->what.flags & LUP_DNS_ONLY && !nsp_source.records)
        return WSASERVICE_NOT_FOUND;
    switch (l->what.class) {
    case NSK_CLASS_HOSTNAME:
        return nsp_source.machine ? 0 : WSASERVICE_NOT_FOUND;
    case NSK_CLASS_SERVICE:
        return nsp_source.machine && l->name[0] ? 0 : WSASERVICE_NOT_FOUND;
    case NSK_CLASS_HOST_BY_NAME:
        return l->name[0] || nsp_source.machine ? 0 : WSASERVICE_NOT_FOUND;
    case NSK_CLASS_HOST_BY_ADDR:
        return l->name[0] ? 0 : WSASERVICE_NOT_FOUND;
    case NSK_CLASS_TCP:
    case NSK_CLASS_UDP:
        if (is_of_dns(&l->what) && !nsp_source.records && l->what.rr != RR_A && l->what.rr != RR_AAAA)
            return WSASERVICE_NOT_FOUND;
        return l->name[0] || (nsp_source.machine && !is_of_dns(&l->what)) ? 0 : WSASERVICE_NOT_FOUND;
    default:
        return WSASERVICE_NOT_FOUND;
    }
}

static INT WSAAPI begin(LPGUID id, LPWSAQUERYSETW restrictions, LPWSASERVICECLASSINFOW info, DWORD flags, LPHANDLE handle)
{
    struct lookup_state *l;
    int err = WSA_NOT_ENOUGH_MEMORY;

    (void)id, (void)info;
    if (flags & LUP_CONTAINERS)
        return nsk_result(WSANO_DATA);
    l = calloc(1, sizeof *l);
    if (!l)
        return nsk_result(WSA_NOT_ENOUGH_MEMORY);
    l->refs = 1;
    l->query = nsk_copy(restrictions);
    if (l->query)
        err = nsk_parse(l->query, flags, &l->what);
    if (!err)
        err = check(l);
    if (!err && nsp_source.slow) {
        l->wake = CreateEventW(NULL, TRUE, FALSE, NULL);
        err = l->wake ? 0 : WSA_NOT_ENOUGH_MEMORY;
    }
    if (err) {
        unref(l);
        return nsk_result(err);
    }
    AcquireSRWLockExclusive(&lock);
    l->next = lookups;
    lookups = l;
    ReleaseSRWLockExclusive(&lock);
    *handle = l;
    return NO_ERROR;
}

/* ---- searching ---- */

static void search(struct lookup_state *l)
{
    int err = lookup_search(l);

    AcquireSRWLockExclusive(&lock);
    l->err = err;
    l->phase = DONE;
    ReleaseSRWLockExclusive(&lock);
    if (l->wake)
        SetEvent(l->wake);
}

/* The end of a thread that start_thread() started: what it has left to give up is the module. */
static HMODULE leave_thread(struct lookup_state *l)
{
    HMODULE self;

    unref(l);
    AcquireSRWLockExclusive(&lock);
    threads--;
    ReleaseSRWLockExclusive(&lock);
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                       (LPCWSTR)(void *)leave_thread, &self);
    return self;
}

static DWORD WINAPI search_thread(void *arg)
{
    HMODULE self;

    search(arg);
    self = leave_thread(arg);
    FreeLibraryAndExitThread(self, 0);
}

static BOOL start_thread(struct lookup_state *l, LPTHREAD_START_ROUTINE routine)
{
    HMODULE self;
    HANDLE thread;

    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (LPCWSTR)(void *)routine, &self))
        return FALSE;
    AcquireSRWLockExclusive(&lock);
    l->refs++;
    threads++;
    ReleaseSRWLockExclusive(&lock);
    thread = CreateThread(NULL, 0, routine, l, 0, NULL);
    if (thread) {
        CloseHandle(thread);
        return TRUE;
    }
    AcquireSRWLockExclusive(&lock);
    threads--;
    ReleaseSRWLockExclusive(&lock);
    unref(l);
    FreeLibrary(self);
    return FALSE;
}

/* Until the answer is there: 0, or what became of it. */
static int await(struct lookup_state *l)
{
    BOOL mine;
    int err;

    AcquireSRWLockExclusive(&lock);
    mine = l->phase == ASKED;
    if (mine)
        l->phase = SEARCHING;
    ReleaseSRWLockExclusive(&lock);
    if (mine && (!nsp_source.slow || !start_thread(l, search_thread)))
        search(l);
    if (l->wake)
        WaitForSingleObject(l->wake, INFINITE);
    AcquireSRWLockShared(&lock);
    err = l->ended ? WSA_E_CANCELLED : l->err;
    ReleaseSRWLockShared(&lock);
    return err;
}

static struct lookup_state **find(HANDLE handle)
{
    struct lookup_state **at;

    for (at = &lookups; *at && *at != handle; at = &(*at)->next)
        ;
    return at;
}

/* With a reference; NULL: no such lookup. */
static struct lookup_state *ref_handle(HANDLE handle)
{
    struct lookup_state *l;

    AcquireSRWLockExclusive(&lock);
    l = *find(handle);
    if (l)
        l->refs++;
    ReleaseSRWLockExclusive(&lock);
    return l;
}

static INT WSAAPI next(HANDLE handle, DWORD flags, LPDWORD bytes, LPWSAQUERYSETW result)
{
    struct lookup_state *l = ref_handle(handle);
    int err;

    if (!l)
        return nsk_result(WSA_INVALID_HANDLE);
    err = await(l);
    AcquireSRWLockExclusive(&l->found);
    if (!err && flags & LUP_FLUSHPREVIOUS && l->at < lookup_results(l))
        l->at++;
    if (!err)
        err = l->at < lookup_results(l) ? lookup_pack(l, bytes, result) : WSA_E_NO_MORE;
    if (!err)
        l->at++;
    ReleaseSRWLockExclusive(&l->found);
    unref(l);
    return nsk_result(err);
}

static INT WSAAPI end(HANDLE handle)
{
    struct lookup_state **at, *l;

    AcquireSRWLockExclusive(&lock);
    at = find(handle);
    l = *at;
    if (l) {
        *at = l->next;
        l->ended = TRUE;
    }
    ReleaseSRWLockExclusive(&lock);
    if (!l)
        return nsk_result(WSA_INVALID_HANDLE);
    if (l->wake)
        SetEvent(l->wake);
    if (l->stop)
        SetEvent(l->stop);
    unref(l);
    return NO_ERROR;
}

/* ---- watching ---- */

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

static bool same_found(const struct lookup_state *a, const struct lookup_state *b)
{
    const struct answer *x = &a->answer, *y = &b->answer;

    if (a->err != b->err || !same_text(x->canon, y->canon) || x->addr_count != y->addr_count || x->alias_count != y->alias_count ||
        a->service_bytes != b->service_bytes || (a->service_bytes && memcmp(a->service, b->service, a->service_bytes) != 0))
        return false;
    for (size_t i = 0; i < x->addr_count; i++)
        if (!name_addr_equal(&x->addr[i], &y->addr[i]))
            return false;
    for (size_t i = 0; i < x->alias_count; i++)
        if (strcmp(x->alias[i], y->alias[i]) != 0)
            return false;
    return true;
}

/* Asks again. True: it is no longer what it was; then Next starts over with it. */
static bool find_anew(struct lookup_state *l)
{
    struct lookup_state now = {.query = l->query, .what = l->what};
    bool changed, was_gone;

    strcpy(now.name, l->name);
    now.err = lookup_search(&now);
    AcquireSRWLockExclusive(&l->found);
    was_gone = l->err || l->change == RESULT_IS_DELETED;
    changed = now.err != WSA_NOT_ENOUGH_MEMORY && !(was_gone && now.err) && !same_found(l, &now);
    if (changed) {
        struct answer old = l->answer;
        BYTE *old_service = l->service;

        l->change = was_gone ? RESULT_IS_ADDED : now.err ? RESULT_IS_DELETED : RESULT_IS_CHANGED;
        if (l->change == RESULT_IS_DELETED) {
            answer_free(&now.answer);
            now.err = 0; /* a result that says so, with the name */
        }
        l->err = now.err;
        l->answer = now.answer;
        l->service = now.service;
        l->service_bytes = now.service_bytes;
        l->at = 0;
        now.answer = old;
        now.service = old_service;
    }
    ReleaseSRWLockExclusive(&l->found);
    answer_free(&now.answer);
    free(now.service);
    return changed;
}

static DWORD WINAPI watch_thread(void *arg)
{
    struct lookup_state *l = arg;
    struct notice *notice = l->watch;
    bool changed = false;
    HMODULE self;

    while (!changed && WaitForSingleObject(l->stop, WATCH_MS))
        changed = find_anew(l);
    AcquireSRWLockExclusive(&lock);
    l->watch = NULL;
    ReleaseSRWLockExclusive(&lock);
    notice_send(notice, changed ? 0 : WSA_OPERATION_ABORTED);
    self = leave_thread(l);
    FreeLibraryAndExitThread(self, 0);
}

static INT start_watch(struct lookup_state *l, const WSACOMPLETION *completion, const WSATHREADID *thread)
{
    struct notice *notice;
    INT err = notice_new(completion, thread, &notice);
    BOOL mine;

    if (err)
        return err;
    AcquireSRWLockExclusive(&lock);
    mine = !l->watch && !l->ended;
    if (mine && !l->stop)
        l->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    mine = mine && l->stop;
    if (mine)
        l->watch = notice;
    ReleaseSRWLockExclusive(&lock);
    if (mine && start_thread(l, watch_thread))
        return WSA_IO_PENDING;
    if (mine) {
        AcquireSRWLockExclusive(&lock);
        l->watch = NULL;
        ReleaseSRWLockExclusive(&lock);
    }
    notice_drop(notice);
    return mine ? WSA_NOT_ENOUGH_MEMORY : WSAEALREADY;
}

static INT WSAAPI control(HANDLE handle, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes, LPDWORD returned,
                          LPWSACOMPLETION completion, LPWSATHREADID thread)
{
    struct lookup_state *l;
    INT err;

    (void)in, (void)in_bytes, (void)out, (void)out_bytes;
    *returned = 0;
    if (code != SIO_NSP_NOTIFY_CHANGE)
        return nsk_result(WSAEOPNOTSUPP);
    l = ref_handle(handle);
    if (!l)
        return nsk_result(WSA_INVALID_HANDLE);
    err = await(l); /* a change is one from what is known now */
    if (err != WSA_E_CANCELLED) {
        if (completion && completion->Type != NSP_NOTIFY_IMMEDIATELY)
            err = start_watch(l, completion, thread);
        else
            err = find_anew(l) ? 0 : WSAEWOULDBLOCK;
    }
    unref(l);
    return nsk_result(err);
}

/* ---- start and end ---- */

static INT WSAAPI cleanup(LPGUID id)
{
    BOOL last;

    (void)id;
    AcquireSRWLockExclusive(&lock);
    last = startups && !--startups && !threads; /* a thread that is still asking needs what it asks with */
    ReleaseSRWLockExclusive(&lock);
    if (last)
        nsp_source.cleanup();
    return NO_ERROR;
}

INT WSAAPI NSPStartup(LPGUID id, LPNSP_ROUTINE routine)
{
    const NSP_ROUTINE ours = {nsp_source.slow ? offsetof(NSP_ROUTINE, NSPIoctl) : sizeof ours, 1, 0, cleanup, begin, next, end,
                              nsk_no_service, nsk_no_new_class, nsk_no_class_to_remove, nsk_no_class,
                              nsp_source.slow ? NULL : control};

    (void)id;
    if (nsp_source.start && !nsp_source.start())
        return nsk_result(WSASYSNOTREADY);
    AcquireSRWLockExclusive(&lock);
    startups++;
    ReleaseSRWLockExclusive(&lock);
    *routine = ours;
    return NO_ERROR;
}
