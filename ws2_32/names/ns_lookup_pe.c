/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/ns_lookup_pe.h"

#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "namespace/kit/pack.h"
#include "ws2_32/names/ns_ansi_pe.h"
#include "ws2_32/names/named_pe.h"
#include "ws2_32/names/ns_catalog_pe.h"
#include "ws2_32/names/ns_provider_pe.h"
#include "ws2_32/names/ns_result.h"
#include "ws2_32/names/text_pe.h"

/*
 * Results and classes are some hundred bytes. A provider that asks for more than the bound is broken, and no memory is
 * given to it.
 */
enum { USUAL_BYTES = 2048, MOST_BYTES = 1 << 24 };

struct part {
    struct ns_provider *provider;
    HANDLE handle;
};

struct ns_lookup {
    LONG volatile refs;
    struct lock lock;        /* guards what follows, but for `part`, which is constant */
    CONDITION_VARIABLE idle; /* `busy` has become false, or `cancelled` true */
    bool cancelled;
    bool busy;               /* a thread is in the current provider's Next */
    size_t current;
    bool delivered;          /* something came, since the last error was told */
    bool not_found;          /* some provider said WSASERVICE_NOT_FOUND */
    bool ended;              /* some provider simply ended */
    int err;                 /* the first of another kind; 0: none */
    WSAQUERYSETW *pending;   /* a result that was too long in ANSI; owned */
    char *host;              /* the host whose addresses are asked for; NULL: it is about something else. Constant; owned */
    size_t parts;
    struct part part[];
};

/* ---- who is asked ---- */

static size_t in_scope(const struct namespaces *ns, const struct namespace_scope *scope)
{
    size_t count = 0;

    for (uint32_t i = 0; i < ns->count; i++)
        count += namespace_in_scope(&ns->entry[i], scope);
    return count;
}

int ns_scope_providers(const struct namespace_scope *scope, struct ns_provider ***out, size_t *count)
{
    struct ns_provider **list = NULL;
    struct namespaces ns;
    size_t most;
    int err = ns_catalog_get(&ns);

    *out = NULL;
    *count = 0;
    if (err)
        return err;
    most = in_scope(&ns, scope);
    if (!most)
        err = scope->provider ? WSAEINVAL : WSASERVICE_NOT_FOUND;
    else
        list = malloc(most * sizeof(struct ns_provider *));
    if (most && !list)
        err = WSA_NOT_ENOUGH_MEMORY;
    for (uint32_t i = 0; list && i < ns.count; i++) {
        struct ns_provider *p;
        int start_err;

        if (!namespace_in_scope(&ns.entry[i], scope))
            continue;
        start_err = ns_provider_start(&ns.entry[i], &p);
        if (start_err)
            err = start_err;
        else
            list[(*count)++] = p;
    }
    namespaces_deinit(&ns);
    if (!*count) {
        free(list);
        return err;
    }
    *out = list;
    return 0;
}

/* ---- classes ---- */

/* One provider's word on a class; NULL: it has none. */
static WSASERVICECLASSINFOW *class_from(struct ns_provider *p, const GUID *class_id)
{
    DWORD bytes = USUAL_BYTES;

    for (;;) {
        WSASERVICECLASSINFOW *info = calloc(1, bytes);
        DWORD needed = bytes;
        GUID id = *class_id;
        struct ns_call c = {.op = NS_GET_CLASS, .provider = p, .info = info, .bytes = &needed};
        int err;

        if (!info)
            return NULL;
        info->lpServiceClassId = &id; /* which one; anywhere in memory, as the provider cannot tell */
        err = ns_call(&c);
        if (!err && info->lpServiceClassId != &id)
            return info;
        if (!err) {
            /* It left the pointer to our copy in place. */
            WSASERVICECLASSINFOW *copy;

            copy = nsk_copy_class(info);
            free(info);
            return copy;
        }
        free(info);
        if (err != WSAEFAULT || needed <= bytes || needed > MOST_BYTES)
            return NULL;
        bytes = needed;
    }
}

WSASERVICECLASSINFOW *ns_class_info(struct ns_provider *const *providers, size_t count, const GUID *class_id)
{
    WSASERVICECLASSINFOW *info = NULL;

    for (size_t i = 0; !info && i < count; i++)
        info = class_from(providers[i], class_id);
    return info;
}

/* gethostbyname() and its kin ask about these, which everybody knows without being told. */
static bool is_built_in(const GUID *class_id)
{
    WORD port, rr;

    return nsk_class_of(class_id, &port, &rr) != NSK_CLASS_OTHER;
}

/* ---- begin ---- */

static char *host_asked_for(const WSAQUERYSETW *query)
{
    WORD port, rr;
    enum nsk_class class = nsk_class_of(query->lpServiceClassId, &port, &rr);
    bool host = class == NSK_CLASS_HOST_BY_NAME || class == NSK_CLASS_TCP || class == NSK_CLASS_UDP;

    return host && query->lpszServiceInstanceName ? text_from_wide(query->lpszServiceInstanceName) : NULL;
}

static int begin_all(struct ns_lookup *l, struct ns_provider *const *providers, size_t count, WSAQUERYSETW *query,
                     WSASERVICECLASSINFOW *info, DWORD flags)
{
    int err = WSASERVICE_NOT_FOUND;

    for (size_t i = 0; i < count; i++) {
        struct ns_call c = {.op = NS_BEGIN, .provider = providers[i], .query = query, .info = info, .flags = flags};
        int begin_err = ns_call(&c);

        if (begin_err)
            err = begin_err;
        else
            l->part[l->parts++] = (struct part){providers[i], c.handle};
    }
    return l->parts ? 0 : err;
}

int ns_lookup_begin(WSAQUERYSETW *query, DWORD flags, struct ns_lookup **out)
{
    struct namespace_scope scope = {(const struct catalog_guid *)query->lpNSProviderId, query->dwNameSpace};
    struct ns_provider **providers;
    WSASERVICECLASSINFOW *info = NULL;
    struct ns_lookup *l;
    size_t count;
    int err = ns_scope_providers(&scope, &providers, &count);

    if (err)
        return err;
    l = calloc(1, sizeof *l + count * sizeof l->part[0]);
    if (l) {
        l->refs = 1;
        l->host = host_asked_for(query);
        if (!is_built_in(query->lpServiceClassId))
            info = ns_class_info(providers, count, query->lpServiceClassId);
        err = begin_all(l, providers, count, query, info, flags);
        free(info);
    } else {
        err = WSA_NOT_ENOUGH_MEMORY;
    }
    free(providers);
    if (err) {
        if (l)
            free(l->host);
        free(l);
        return err;
    }
    *out = l;
    return 0;
}

/* ---- next ---- */

/* The lock is held. What is left to say when all providers are through (spi.md 11.5). */
static int last_word(struct ns_lookup *l)
{
    int err = WSA_E_NO_MORE;

    if (!l->delivered && l->err)
        err = l->err;
    else if (!l->delivered && l->not_found && !l->ended)
        err = WSASERVICE_NOT_FOUND;
    l->err = 0;
    l->not_found = false; /* told once: from now on that was all */
    return err;
}

/* Waits for its turn. 0: *part is this thread's to ask, until next_done(). */
static int next_turn(struct ns_lookup *l, struct part **part)
{
    int err = 0;

    lock_take(&l->lock);
    while (l->busy && !l->cancelled)
        SleepConditionVariableSRW(&l->idle, (SRWLOCK *)&l->lock.srw, INFINITE, 0);
    if (l->cancelled) {
        err = WSA_E_CANCELLED;
    } else if (l->current == l->parts) {
        err = last_word(l);
    } else {
        l->busy = true;
        *part = &l->part[l->current];
    }
    lock_drop(&l->lock);
    return err;
}

/*
 * True: *err is the caller's answer; false: the next provider is to be asked. One that is alone has every word itself, and
 * stays: after a change that it has told of (WSANSPIoctl) it has more to say.
 */
static bool next_done(struct ns_lookup *l, int *err)
{
    bool told = true;

    lock_take(&l->lock);
    l->busy = false;
    if (l->cancelled) {
        *err = WSA_E_CANCELLED;
    } else if (!*err) {
        l->delivered = true;
    } else if (*err == WSAENOMORE && l->parts == 1) {
        *err = WSA_E_NO_MORE;
    } else if (l->parts > 1 && (*err == WSA_E_NO_MORE || *err == WSAENOMORE)) {
        l->ended = true;
        l->current++;
        told = false;
    } else if (*err != WSAEFAULT && l->parts > 1) {
        if (*err == WSASERVICE_NOT_FOUND)
            l->not_found = true;
        else if (!l->err)
            l->err = *err;
        l->current++;
        told = false;
    }
    lock_drop(&l->lock);
    WakeAllConditionVariable(&l->idle);
    return told;
}

static int next_from_providers(struct ns_lookup *l, DWORD flags, DWORD *bytes, WSAQUERYSETW *result)
{
    struct part *part;
    int err;

    for (;;) {
        struct ns_call c = {.op = NS_NEXT, .query = result, .flags = flags};
        DWORD room = *bytes; /* each provider gets the caller's word anew */

        err = next_turn(l, &part);
        if (err)
            return err;
        c.provider = part->provider;
        c.handle = part->handle;
        c.bytes = &room;
        err = ns_call(&c);
        if (next_done(l, &err)) {
            if (err == WSAEFAULT)
                *bytes = room;
            return err;
        }
    }
}

/* ---- the result that an ANSI caller had no room for ---- */

static WSAQUERYSETW *take_pending(struct ns_lookup *l)
{
    WSAQUERYSETW *pending;

    lock_take(&l->lock);
    pending = l->pending;
    l->pending = NULL;
    lock_drop(&l->lock);
    return pending;
}

/* Frees it if another thread has put one back meanwhile: then this one is lost, as if flushed. */
static void put_pending(struct ns_lookup *l, WSAQUERYSETW *pending)
{
    lock_take(&l->lock);
    if (!l->pending) {
        l->pending = pending;
        pending = NULL;
    }
    lock_drop(&l->lock);
    free(pending);
}

/* Packs *pending, which is freed or put back. */
static int deliver(struct ns_lookup *l, WSAQUERYSETW *pending, packer_text text, size_t align, void *buf, DWORD *bytes)
{
    int err = pack_query(pending, text, align, buf, bytes);

    if (err)
        put_pending(l, pending);
    else
        free(pending);
    return err;
}

/* The result is a stranger's: what points out of the buffer is not followed. */
static void remember_addresses(const struct ns_lookup *l, const WSAQUERYSETW *result, DWORD room)
{
    struct answer a = {0};

    if (l->host && !ns_result_read(result, room, &a))
        named_put_all(&a, l->host);
    answer_free(&a);
}

int ns_lookup_next(struct ns_lookup *l, DWORD flags, DWORD *bytes, WSAQUERYSETW *result)
{
    WSAQUERYSETW *pending = take_pending(l);
    DWORD room = *bytes;
    int err;

    if (pending && !(flags & LUP_FLUSHPREVIOUS))
        return deliver(l, pending, packer_text_wide, sizeof(WCHAR), result, bytes);
    if (pending)
        flags &= ~(DWORD)LUP_FLUSHPREVIOUS; /* it was this one, and the providers keep none */
    free(pending);
    err = next_from_providers(l, flags, bytes, result);
    if (!err)
        remember_addresses(l, result, room);
    return err;
}

/* The next result in memory of its own. */
static int next_copy(struct ns_lookup *l, DWORD flags, WSAQUERYSETW **out)
{
    DWORD bytes = USUAL_BYTES;

    for (;;) {
        DWORD room = bytes;
        WSAQUERYSETW *result = calloc(1, room);
        int err = result ? ns_lookup_next(l, flags, &bytes, result) : WSA_NOT_ENOUGH_MEMORY;

        if (!err) {
            *out = result;
            return 0;
        }
        free(result);
        if (err != WSAEFAULT)
            return err;
        if (bytes <= room || bytes > MOST_BYTES)
            return WSANO_RECOVERY;
        flags &= ~(DWORD)LUP_FLUSHPREVIOUS; /* what was to go has gone; this is the one after */
    }
}

int ns_lookup_next_ansi(struct ns_lookup *l, DWORD flags, DWORD *bytes, WSAQUERYSETA *result)
{
    WSAQUERYSETW *wide;
    int err = next_copy(l, flags, &wide);

    if (err)
        return err;
    return deliver(l, wide, ns_text_ansi, 1, result, bytes);
}

/* ---- end ---- */

void ns_lookup_ref(struct ns_lookup *l)
{
    InterlockedIncrement(&l->refs);
}

void ns_lookup_unref(struct ns_lookup *l)
{
    if (InterlockedDecrement(&l->refs))
        return;
    free(l->pending);
    free(l->host);
    free(l);
}

void ns_lookup_end(struct ns_lookup *l)
{
    bool first;

    lock_take(&l->lock);
    first = !l->cancelled;
    l->cancelled = true;
    lock_drop(&l->lock);
    WakeAllConditionVariable(&l->idle);

    /* Also for the provider that a thread is in now: this is how it is woken. */
    for (size_t i = 0; first && i < l->parts; i++) {
        struct ns_call c = {.op = NS_END, .provider = l->part[i].provider, .handle = l->part[i].handle};

        ns_call(&c);
    }
    ns_lookup_unref(l);
}

/* ---- ioctl ---- */

int ns_lookup_ioctl(struct ns_lookup *l, struct ns_call *c)
{
    bool cancelled;

    if (l->parts != 1)
        return WSAEINVAL;
    lock_take(&l->lock);
    cancelled = l->cancelled;
    lock_drop(&l->lock);
    if (cancelled)
        return WSA_E_CANCELLED;
    c->op = NS_IOCTL;
    c->provider = l->part[0].provider;
    c->handle = l->part[0].handle;
    return ns_call(c);
}
