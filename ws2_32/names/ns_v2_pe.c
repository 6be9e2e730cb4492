/* SPDX-License-Identifier: MIT */
/*
 * An advertised provider answers NextEx and SetServiceEx when it likes, on any thread, by WSAProviderCompleteAsyncCall; who
 * asked waits for that. The buffer of such a call belongs to the call, so that a provider that completes late, or never,
 * writes into nobody's memory.
 */
#include "ws2_32/names/ns_v2_pe.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "namespace/kit/ws2kit_namespace.h"
#include "ws2_32/core/guard.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/names/ns_catalog_pe.h"
#include "ws2_32/names/ns_provider_pe.h"
#include "ws2_32/names/text_pe.h"

enum { USUAL_BYTES = 4096, MOST_BYTES = 1 << 24, LEAVE_MS = 1000, CRASHED = -2 };

enum session { NO_SESSION, OPENING, OPEN, REFUSED };

/* One for each id that was ever advertised; never freed, like every ns_provider. */
struct advert {
    struct ns_provider provider; /* first; `ready` while it is advertised */
    struct advert *next;         /* constant once it is in the list; the rest is guarded by lock */
    NSPV2_ROUTINE routine;       /* constant while `ready` */
    LONG generation;             /* counts advertisements */
    enum session session;
    void *session_arg;
    int session_err;
};

struct lookup {
    struct lookup *next; /* of those that have not ended; guarded by lock */
    LONG refs;           /* guarded by lock, like `ended` and `call` */
    bool ended;
    struct async *call; /* what a thread waits for */

    struct advert *advert;
    LONG generation;
    HANDLE handle; /* the provider's */
    DWORD flags;
    GUID class_id;
    WSAQUERYSETW *pending; /* a result that did not fit; owned. One thread at a time is in Next */
};

/* A call that the provider completes. */
struct async {
    struct async *next; /* of those that are not complete; guarded by lock, with all that follows */
    ULONG_PTR id;       /* the handle that the provider has */
    int refs;
    struct advert *advert;
    HANDLE event;
    bool done;
    int err;
    DWORD bytes; /* the provider's, until it is done */
    WSAQUERYSET2W *buffer;
};

static struct lock lock;
static CONDITION_VARIABLE sessions;
static struct advert *adverts;
static struct lookup *lookups;
static struct async *asyncs;
static ULONG_PTR last_async;

/* ---- who is advertised ---- */

static struct advert *find(const GUID *id)
{
    struct advert *a;

    for (a = adverts; a && !IsEqualGUID(&a->provider.id, id); a = a->next)
        ;
    return a;
}

struct ns_provider *ns_v2_provider(const GUID *id)
{
    struct advert *a;

    if (!__atomic_load_n(&adverts, __ATOMIC_ACQUIRE))
        return NULL;
    lock_take(&lock);
    a = find(id);
    if (a && !a->provider.ready)
        a = NULL;
    lock_drop(&lock);
    return a ? &a->provider : NULL;
}

static struct advert *of(const struct ns_provider *p)
{
    return (struct advert *)p; /* its first member */
}

/* ---- calls into it ---- */

enum v2_op { V2_STARTUP, V2_CLEANUP, V2_BEGIN, V2_NEXT, V2_END, V2_SET };

struct v2_call {
    enum v2_op op;
    const NSPV2_ROUTINE *routine;
    GUID id;
    HANDLE async, handle;
    WSAQUERYSET2W *query;
    DWORD flags;
    DWORD *bytes;
    WSAESETSERVICEOP set;
    void *session;
};

static int call_it(void *arg)
{
    struct v2_call *c = arg;
    const NSPV2_ROUTINE *r = c->routine;

    switch (c->op) {
    case V2_STARTUP:
        return r->NSPv2Startup(&c->id, &c->session);
    case V2_CLEANUP:
        return r->NSPv2Cleanup(&c->id, c->session);
    case V2_BEGIN:
        return r->NSPv2LookupServiceBegin(&c->id, c->query, c->flags, c->session, &c->handle);
    case V2_NEXT:
        r->NSPv2LookupServiceNextEx(c->async, c->handle, c->flags, c->bytes, c->query);
        return 0; /* its result comes by way of WSAProviderCompleteAsyncCall, and some have none */
    case V2_END:
        return r->NSPv2LookupServiceEnd(c->handle);
    case V2_SET:
        r->NSPv2SetServiceEx(c->async, &c->id, c->query, c->set, c->flags, c->session);
    }
    return 0;
}

static int call_guarded(struct v2_call *c)
{
    int result, err;

    WSASetLastError(0);
    result = guarded_call(call_it, c, CRASHED);
    err = result ? WSAGetLastError() : 0;
    return result == CRASHED ? WSANO_RECOVERY : result && !err ? WSANO_RECOVERY : err;
}

static struct v2_call call_for(struct advert *a, enum v2_op op)
{
    struct v2_call c = {.op = op, .routine = &a->routine, .id = a->provider.id};

    return c;
}

static WSAQUERYSET2W to_v2(const WSAQUERYSETW *q)
{
    WSAQUERYSET2W r = {
        .dwSize = sizeof r, .lpszServiceInstanceName = q->lpszServiceInstanceName, .lpVersion = q->lpVersion,
        .lpszComment = q->lpszComment, .dwNameSpace = q->dwNameSpace, .lpNSProviderId = q->lpNSProviderId,
        .lpszContext = q->lpszContext, .dwNumberOfProtocols = q->dwNumberOfProtocols, .lpafpProtocols = q->lpafpProtocols,
        .lpszQueryString = q->lpszQueryString, .dwNumberOfCsAddrs = q->dwNumberOfCsAddrs, .lpcsaBuffer = q->lpcsaBuffer,
        .dwOutputFlags = q->dwOutputFlags, .lpBlob = q->lpBlob,
    };

    return r;
}

/* ---- the session of this process, opened at the first need ---- */

static int open_session(struct advert *a)
{
    struct v2_call c = call_for(a, V2_STARTUP);
    bool mine = false;
    int err = 0;

    lock_take(&lock);
    while (a->session == OPENING)
        SleepConditionVariableSRW(&sessions, (SRWLOCK *)&lock.srw, INFINITE, 0);
    if (a->session == NO_SESSION) {
        mine = true;
        a->session = OPENING;
    }
    err = a->session == REFUSED ? a->session_err : 0;
    lock_drop(&lock);
    if (!mine)
        return err;

    if (a->routine.NSPv2Startup)
        err = call_guarded(&c);
    if (err == WSAEOPNOTSUPP)
        err = 0; /* the documented word of one that needs none */
    lock_take(&lock);
    a->session_arg = c.session;
    a->session_err = err;
    a->session = err ? REFUSED : OPEN;
    lock_drop(&lock);
    WakeAllConditionVariable(&sessions);
    return err;
}

static void close_session(struct advert *a)
{
    struct v2_call c = call_for(a, V2_CLEANUP);
    bool was_open;

    lock_take(&lock);
    was_open = a->session == OPEN;
    a->session = NO_SESSION;
    c.session = a->session_arg;
    a->session_arg = NULL;
    lock_drop(&lock);
    if (was_open && a->routine.NSPv2Cleanup)
        call_guarded(&c);
}

/* ---- asynchronous calls ---- */

static void put_async(struct async *s)
{
    int left;

    lock_take(&lock);
    left = --s->refs;
    lock_drop(&lock);
    if (left)
        return;
    if (s->event)
        CloseHandle(s->event);
    free(s->buffer);
    free(s);
}

static struct async *new_async(struct advert *a, DWORD bytes)
{
    struct async *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->refs = 1;
    s->advert = a;
    s->bytes = bytes;
    s->buffer = calloc(1, bytes);
    s->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!s->buffer || !s->event) {
        put_async(s);
        return NULL;
    }
    lock_take(&lock);
    s->refs++; /* the provider's */
    last_async += 4;
    s->id = last_async;
    s->next = asyncs;
    asyncs = s;
    lock_drop(&lock);
    return s;
}

static bool complete(ULONG_PTR id, int err)
{
    struct async **at, *s;

    lock_take(&lock);
    for (at = &asyncs; *at && (*at)->id != id; at = &(*at)->next)
        ;
    s = *at;
    if (s) {
        *at = s->next;
        s->done = true;
        s->err = err;
        SetEvent(s->event);
    }
    lock_drop(&lock);
    if (s)
        put_async(s);
    return s != NULL;
}

/* Makes the call and waits for its end, or the lookup's, or the provider's. */
static int await(struct v2_call *c, struct async *s, struct lookup *l)
{
    bool wanted;
    int err;

    lock_take(&lock);
    wanted = s->advert->provider.ready && !(l && l->ended);
    if (l)
        l->call = s;
    lock_drop(&lock);
    c->async = (HANDLE)s->id;
    if (wanted && call_guarded(c))
        complete(s->id, WSANO_RECOVERY);
    if (wanted)
        WaitForSingleObject(s->event, INFINITE);
    lock_take(&lock);
    err = s->done ? s->err : l && l->ended ? WSA_E_CANCELLED : WSASERVICE_NOT_FOUND;
    if (l)
        l->call = NULL;
    lock_drop(&lock);
    if (!wanted)
        complete(s->id, err); /* the provider has never heard of it */
    return err;
}

/* ---- lookups ---- */

/* With a reference; NULL: it has ended. */
static struct lookup *lookup_of(HANDLE handle)
{
    struct lookup *l;

    lock_take(&lock);
    for (l = lookups; l && l != handle; l = l->next)
        ;
    if (l)
        l->refs++;
    lock_drop(&lock);
    return l;
}

static void put_lookup(struct lookup *l)
{
    LONG left;

    lock_take(&lock);
    left = --l->refs;
    lock_drop(&lock);
    if (left)
        return;
    free(l->pending);
    free(l);
}

static int begin(struct advert *a, struct ns_call *call)
{
    struct v2_call c = call_for(a, V2_BEGIN);
    WSAQUERYSET2W query = to_v2(call->query);
    struct lookup *l = calloc(1, sizeof *l);
    int err;

    if (!l)
        return WSA_NOT_ENOUGH_MEMORY;
    c.query = &query;
    c.flags = call->flags;
    c.session = a->session_arg;
    err = call_guarded(&c);
    if (err) {
        free(l);
        return err;
    }
    l->refs = 1;
    l->advert = a;
    l->handle = c.handle;
    l->flags = call->flags;
    l->class_id = *call->query->lpServiceClassId;
    lock_take(&lock);
    l->generation = a->generation;
    l->next = lookups;
    lookups = l;
    lock_drop(&lock);
    call->handle = l;
    return 0;
}

struct copying {
    const WSAQUERYSET2W *from;
    struct lookup *lookup;
    WSAQUERYSETW *copy;
};

static int copy_result(void *arg)
{
    struct copying *c = arg;
    const WSAQUERYSET2W *q = c->from;
    WSAQUERYSETW r = {
        .dwSize = sizeof r, .lpszServiceInstanceName = q->lpszServiceInstanceName, .lpVersion = q->lpVersion,
        .lpServiceClassId = c->lookup->flags & LUP_RETURN_TYPE ? &c->lookup->class_id : NULL,
        .lpszComment = q->lpszComment, .dwNameSpace = q->dwNameSpace, .lpNSProviderId = &c->lookup->advert->provider.id,
        .lpszContext = q->lpszContext, .dwNumberOfProtocols = q->dwNumberOfProtocols, .lpafpProtocols = q->lpafpProtocols,
        .lpszQueryString = q->lpszQueryString, .dwNumberOfCsAddrs = q->dwNumberOfCsAddrs, .lpcsaBuffer = q->lpcsaBuffer,
        .dwOutputFlags = q->dwOutputFlags, .lpBlob = q->lpBlob,
    };

    c->copy = nsk_copy(&r);
    return c->copy ? 0 : WSA_NOT_ENOUGH_MEMORY;
}

/* The next result as l->pending. */
static int fetch(struct advert *a, struct lookup *l, DWORD flags)
{
    DWORD room = USUAL_BYTES;

    for (;;) {
        struct v2_call c = call_for(a, V2_NEXT);
        struct async *s = new_async(a, room);
        struct copying copying;
        DWORD bytes;
        int err;

        if (!s)
            return WSA_NOT_ENOUGH_MEMORY;
        c.handle = l->handle;
        c.flags = flags;
        c.bytes = &s->bytes;
        c.query = s->buffer;
        err = await(&c, s, l);
        bytes = s->bytes;
        if (!err) {
            copying = (struct copying){s->buffer, l, NULL};
            err = guarded_call(copy_result, &copying, WSANO_RECOVERY); /* its pointers may lead anywhere */
            l->pending = copying.copy;
        }
        put_async(s);
        if (err != WSAEFAULT)
            return err;
        if (bytes <= room || bytes > MOST_BYTES)
            return WSANO_RECOVERY;
        room = bytes;
        flags &= ~(DWORD)LUP_FLUSHPREVIOUS; /* what was to go has gone */
    }
}

static int next(struct advert *a, struct ns_call *call)
{
    struct lookup *l = lookup_of(call->handle);
    DWORD flags = call->flags;
    int err = 0;

    if (!l)
        return WSA_E_CANCELLED;
    if (l->pending && flags & LUP_FLUSHPREVIOUS) {
        free(l->pending);
        l->pending = NULL;
        flags &= ~(DWORD)LUP_FLUSHPREVIOUS; /* it was this one, and the provider has none */
    }
    if (l->generation != a->generation)
        err = WSASERVICE_NOT_FOUND;
    else if (!l->pending)
        err = fetch(a, l, flags);
    if (!err)
        err = nsk_pack(l->pending, call->query, call->bytes);
    if (!err) {
        free(l->pending);
        l->pending = NULL;
    }
    put_lookup(l);
    return err;
}

static int end(struct advert *a, struct ns_call *call)
{
    struct v2_call c = call_for(a, V2_END);
    struct lookup **at, *l;
    bool alive;

    lock_take(&lock);
    for (at = &lookups; *at && *at != call->handle; at = &(*at)->next)
        ;
    l = *at;
    alive = l && a->provider.ready && l->generation == a->generation;
    if (l) {
        *at = l->next;
        l->ended = true;
        if (l->call)
            SetEvent(l->call->event);
    }
    lock_drop(&lock);
    if (!l)
        return WSA_INVALID_HANDLE;
    c.handle = l->handle;
    if (alive)
        call_guarded(&c);
    put_lookup(l);
    return 0;
}

static int set_service(struct advert *a, struct ns_call *call)
{
    struct v2_call c = call_for(a, V2_SET);
    WSAQUERYSET2W query = to_v2(call->query);
    struct async *s;
    int err;

    if (!a->routine.NSPv2SetServiceEx)
        return WSAEOPNOTSUPP;
    s = new_async(a, sizeof query);
    if (!s)
        return WSA_NOT_ENOUGH_MEMORY;
    c.query = &query;
    c.set = call->set;
    c.flags = call->flags;
    c.session = a->session_arg;
    err = await(&c, s, NULL);
    put_async(s);
    return err;
}

int ns_v2_call(struct ns_call *c)
{
    struct advert *a = of(c->provider);
    int err;

    switch (c->op) {
    case NS_BEGIN:
        err = open_session(a);
        return err ? err : begin(a, c);
    case NS_SET:
        err = open_session(a);
        return err ? err : set_service(a, c);
    case NS_NEXT:
        return next(a, c);
    case NS_END:
        return end(a, c);
    case NS_REMOVE_CLASS:
    case NS_GET_CLASS:
        return WSATYPE_NOT_FOUND; /* an NSPv2 provider has no classes */
    case NS_INSTALL_CLASS:
    case NS_IOCTL:
        break;
    }
    return WSAEOPNOTSUPP;
}

/* ---- the API ---- */

static int advertise(const GUID *id, const NSPV2_ROUTINE *routine)
{
    DWORD bytes = routine->cbSize && routine->cbSize < sizeof *routine ? routine->cbSize : sizeof *routine;
    struct advert *a, *made = calloc(1, sizeof *made);
    int err = 0;

    if (!made)
        return WSA_NOT_ENOUGH_MEMORY;
    lock_take(&lock);
    a = find(id);
    if (!a) {
        a = made;
        made = NULL;
        a->provider.id = *id;
        a->provider.v2 = true;
        a->next = adverts;
        __atomic_store_n(&adverts, a, __ATOMIC_RELEASE);
    }
    if (a->provider.ready) {
        err = WSAEINVAL; /* one at a time */
    } else {
        memset(&a->routine, 0, sizeof a->routine);
        memcpy(&a->routine, routine, bytes);
        a->generation++;
        a->session = NO_SESSION;
        __atomic_store_n(&a->provider.ready, TRUE, __ATOMIC_SEQ_CST);
    }
    lock_drop(&lock);
    free(made);
    return err;
}

/* Those who wait are told; those who are in the provider's functions leave before its code may go. */
static bool withdraw(struct advert *a)
{
    bool was;

    lock_take(&lock);
    was = a->provider.ready;
    __atomic_store_n(&a->provider.ready, FALSE, __ATOMIC_SEQ_CST);
    for (struct async *s = asyncs; was && s; s = s->next)
        if (s->advert == a)
            SetEvent(s->event);
    lock_drop(&lock);
    if (!was)
        return false;
    close_session(a);
    for (DWORD waited = 0; a->provider.calls && waited < LEAVE_MS; waited += 10)
        Sleep(10);
    return true;
}

void ns_v2_withdraw_all(void)
{
    struct advert *first = __atomic_load_n(&adverts, __ATOMIC_ACQUIRE);

    for (struct advert *a = first; a; a = a->next)
        withdraw(a);
}

static int check_installed(const GUID *id)
{
    struct namespaces ns;
    int err = ns_catalog_get(&ns);

    if (err)
        return err;
    err = namespaces_find(&ns, (const struct catalog_guid *)id) ? 0 : WSAEINVALIDPROVIDER;
    namespaces_deinit(&ns);
    return err;
}

INT WSAAPI WSAAdvertiseProvider(const GUID *provider, const LPCNSPV2_ROUTINE *routine)
{
    /* The SDK's second type is a pointer to a pointer; what callers pass, and the reference says, is the table. */
    const NSPV2_ROUTINE *r = (const NSPV2_ROUTINE *)(const void *)routine;
    int err = startup_check();

    if (!err && (text_is_bad(provider) || text_is_bad(r) || !r->NSPv2LookupServiceBegin ||
                 !r->NSPv2LookupServiceNextEx || !r->NSPv2LookupServiceEnd))
        err = WSAEINVAL;
    if (!err)
        err = check_installed(provider);
    if (!err)
        err = advertise(provider, r);
    return err ? api_fail(err) : 0;
}

INT WSPAPI WSAUnadvertiseProvider(const GUID *provider)
{
    struct advert *a = NULL;
    int err = startup_check();

    if (!err && text_is_bad(provider))
        err = WSAEINVAL;
    if (!err) {
        lock_take(&lock);
        a = find(provider);
        lock_drop(&lock);
        err = a && withdraw(a) ? 0 : WSAEINVALIDPROVIDER;
    }
    return err ? api_fail(err) : 0;
}

/* Also after the last WSACleanup: a provider may well learn of that last. */
INT WSPAPI WSAProviderCompleteAsyncCall(HANDLE call, INT code)
{
    return complete((ULONG_PTR)call, code) ? 0 : api_fail(WSA_INVALID_HANDLE);
}
