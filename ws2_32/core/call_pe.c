/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/call.h"

#include "ws2_32/core/bypass.h"

#include "ws2_32/core/adopt.h"
#include "ws2_32/core/completion.h"
#include "ws2_32/core/diagnose.h"
#include "ws2_32/core/pending.h"
#include "ws2_32/core/startup.h"

/* These two are every call's way, and stand in call_begin() themselves. */
static inline __attribute__((always_inline)) int enter(struct call *c)
{
    struct thread *t = thread_get();

    if (!t)
        return WSAENOBUFS;
    if (__builtin_expect(t->in_provider != 0, 0))
        thread_drop_torn(t, c);
    if (__builtin_expect(t->in_provider < THREAD_FRAMES, 1))
        t->frame[t->in_provider] = c;
    c->thread = t;
    c->err = 0;
    c->outer = t->current;

    /*
     * Either the final cleanup sees this count or we see the cleanup. The store comes before the load for all processors, though
     * nothing here says so to ours: the cleanup does, for all threads (thread_fence_others), since it is rare and this is not.
     */
    __atomic_store_n(&t->in_provider, t->in_provider + 1, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(!__atomic_load_n(&startup_running, __ATOMIC_ACQUIRE), 0)) {
        call_leave(c);
        return WSANOTINITIALISED;
    }
    if (__builtin_expect(t->in_hook, 0)) {
        call_leave(c);
        return WSAEINPROGRESS;
    }
    return 0;
}

int call_enter(struct call *c)
{
    return enter(c);
}

void call_leave(struct call *c)
{
    c->thread->current = c->outer;
    __atomic_store_n(&c->thread->in_provider, c->thread->in_provider - 1, __ATOMIC_RELEASE);
}

static int use(struct call *c, struct provider *p, int err)
{
    if (err) {
        call_leave(c);
        return api_fail(err);
    }
    c->proc = &p->proc;
    c->thread->current = p;
    return 0;
}

static inline __attribute__((always_inline)) int owner_of(SOCKET s, struct provider **owner)
{
    struct socket_entry *e = sockets_find(s);
    int err;

    if (__builtin_expect(!e, 0)) {
        err = adopt(s);
        if (err)
            return err;
        e = sockets_find(s);
        if (!e)
            return WSAENOTSOCK; /* closed again meanwhile */
    }
    *owner = __atomic_load_n(&e->provider, __ATOMIC_ACQUIRE);
    if (__builtin_expect(!__atomic_load_n(&(*owner)->ready, __ATOMIC_ACQUIRE), 0))
        return provider_start_id(*owner, e->catalog_id);
    return 0;
}

int call_owner(SOCKET s, struct provider **owner)
{
    return owner_of(s, owner);
}

int call_begin(struct call *c, SOCKET s)
{
    struct provider *p = NULL;
    int err = enter(c);

    if (err)
        return api_fail(err);
    err = owner_of(s, &p);
    return use(c, p, err);
}

int call_begin_overlapped(struct call *c, SOCKET s, LPWSAOVERLAPPED ov,
                          LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (call_begin(c, s))
        return SOCKET_ERROR;
    c->followed = FALSE;
    if (__builtin_expect(!ov || !completion_known(s), 1))
        return 0;
    if (!routine) {
        c->followed = pending_begin(s, ov);
        return 0;
    }
    if (!completion_tied(s))
        return 0;
    c->err = WSAEINVAL;
    return call_end(c, SOCKET_ERROR);
}

int call_begin_entry(struct call *c, const struct catalog *cat, const struct catalog_entry **entry)
{
    struct provider *p = NULL;
    int err = call_enter(c);

    if (err)
        return api_fail(err);
    err = provider_start_any(cat, entry, &p);
    return use(c, p, err);
}

LPWSATHREADID call_thread_id(struct call *c, LPWSAOVERLAPPED ov)
{
    return ov ? thread_id(c->thread) : NULL;
}

/*
 * Set after the provider has returned, since a provider may use the last error for itself; 0 on success, as Windows is
 * seen to do (wine-afd.md, section 8).
 */
static void finish(struct call *c, BOOL failed)
{
    call_leave(c);
    SetLastError(!failed ? 0 : c->err ? c->err : WSASYSCALLFAILURE);
}

int call_end(struct call *c, int result)
{
    finish(c, result == SOCKET_ERROR);
    return result;
}

int call_end_overlapped(struct call *c, SOCKET s, int result, LPWSAOVERLAPPED ov,
                        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (!result && ov && completion_known(s) &&
        completion_result_pending(completion_modes(s), ov, routine)) {
        c->err = WSA_IO_PENDING;
        result = SOCKET_ERROR;
    }
    if (c->followed && (!result || c->err != WSA_IO_PENDING) && !pending_end(s, ov) && result) {
        diagnose(c->thread->current, "socket %#llx, overlapped %p: the call fails with %d, but its end was told already",
                 (unsigned long long)s, (void *)ov, c->err);
        c->err = WSA_IO_PENDING; /* the program gets one end, and has to expect it */
    }
    return call_end(c, result);
}

SOCKET call_end_socket(struct call *c, SOCKET result)
{
    finish(c, result == INVALID_SOCKET);
    return result;
}

BOOL call_end_bool(struct call *c, BOOL result)
{
    if (result == SOCKET_ERROR)
        result = FALSE;
    finish(c, !result);
    return result;
}
