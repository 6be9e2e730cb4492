/* SPDX-License-Identifier: MIT */
/*
 * The name-space providers as sources of host names, for getaddrinfo and its kin: which are asked, and how one is.
 *
 * A provider is asked on a thread of its own, and for so long only: one that hangs costs the first lookup that time, and
 * the next ones nothing, since it is passed over while it still hangs. The thread owns its question together with who
 * waits for it; a late answer is dropped.
 */
#include "ws2_32/names/source.h"

#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/lock.h"
#include "catalog/namespace.h"
#include "ws2_32/names/ns_catalog_pe.h"
#include "ws2_32/names/ns_lookup_pe.h"
#include "ws2_32/names/ns_result.h"
#include "ws2_32/names/text_pe.h"

enum { USUAL_WAIT_MS = 10000, MOST_QUESTIONS = 512, USUAL_BYTES = 4096, MOST_BYTES = 1 << 20, DNS_AAAA = 28 };

/* ---- who is asked ---- */

static int add_source(const struct namespace_entry *e, struct source *s)
{
    static const enum source_kind kinds[] = {
        [NAMESPACE_KIND_OTHER] = SOURCE_PROVIDER, [NAMESPACE_KIND_HOSTS] = SOURCE_LOCAL, [NAMESPACE_KIND_DNS] = SOURCE_DNS};

    s->kind = kinds[namespace_kind_of(e)];
    memcpy(s->provider, &e->provider, sizeof s->provider);
    return 1;
}

int sources_of(const struct lookup *q, const struct source **list, size_t *count, void **owned)
{
    static const struct source usual[] = {{SOURCE_LOCAL, {0}}, {SOURCE_DNS, {0}}};
    const struct namespace_scope scope = {q->provider, q->name_space};
    struct source *found;
    struct namespaces ns;
    int err;

    *owned = NULL;
    if (!q->provider && (!q->name_space || q->name_space == NAMESPACE_DNS) && ns_catalog_is_usual()) {
        *list = usual;
        *count = sizeof usual / sizeof *usual;
        return 0;
    }
    err = ns_catalog_get(&ns);
    if (err)
        return err;
    found = malloc((ns.count + 1) * sizeof *found);
    *count = 0;
    for (uint32_t i = 0; found && i < ns.count; i++)
        if (namespace_in_scope(&ns.entry[i], &scope))
            *count += add_source(&ns.entry[i], &found[*count]);
    namespaces_deinit(&ns);
    *list = *owned = found;
    if (!found)
        return WSA_NOT_ENOUGH_MEMORY;
    return *count ? 0 : q->provider ? WSAEINVAL : WSASERVICE_NOT_FOUND;
}

/* ---- a question ---- */

struct question {
    struct question *next; /* of those whose threads have not ended; guarded by lock, with what follows */
    LONG refs;
    BOOL given_up;
    struct ns_lookup *lookup; /* what the thread is in, referenced by it; NULL: none */

    struct question *parent; /* referenced: the one whose thread asked this, to answer it; NULL: a program. Constant */
    GUID provider;           /* what is asked: constant */
    DWORD thread;
    WCHAR *name;
    BOOL backwards; /* the name is an address */
    int family;
    HMODULE self;

    HANDLE done; /* an event; then: */
    int err;
    struct answer answer;
};

static struct lock lock;
static struct question *questions; /* guarded by lock */

static void put(struct question *qn)
{
    while (qn) {
        struct question *parent = qn->parent;
        LONG left;

        lock_take(&lock);
        left = --qn->refs;
        lock_drop(&lock);
        if (left)
            return;
        if (qn->done)
            CloseHandle(qn->done);
        answer_free(&qn->answer);
        free(qn->name);
        free(qn);
        qn = parent;
    }
}

/* Makes the lookup known to who may give up; false if that has happened already. */
static BOOL set_lookup(struct question *qn, struct ns_lookup *l)
{
    BOOL wanted;

    lock_take(&lock);
    wanted = !qn->given_up;
    qn->lookup = l;
    lock_drop(&lock);
    return wanted;
}

/* The first result, with a buffer that grows as the provider asks. */
static int read_result(struct ns_lookup *l, struct answer *out)
{
    DWORD bytes = USUAL_BYTES;

    for (;;) {
        DWORD room = bytes;
        WSAQUERYSETW *result = calloc(1, room);
        int err = result ? ns_lookup_next(l, 0, &bytes, result) : WSA_NOT_ENOUGH_MEMORY;

        if (!err)
            err = ns_result_read(result, room, out);
        free(result);
        if (err != WSAEFAULT)
            return err;
        if (bytes <= room || bytes > MOST_BYTES)
            return WSANO_RECOVERY;
    }
}

/* What a resolver call says for what a provider said. */
static int host_error(int err)
{
    switch (err) {
    case 0:
    case WSA_NOT_ENOUGH_MEMORY:
    case WSAHOST_NOT_FOUND:
    case WSANO_DATA:
    case WSATRY_AGAIN:
    case WSAEPROVIDERFAILEDINIT:
    case WSAEINVALIDPROVIDER:
    case WSAEINVALIDPROCTABLE:
        return err;
    case WSASERVICE_NOT_FOUND:
    case WSA_E_NO_MORE:
    case WSAENOMORE:
    case WSATYPE_NOT_FOUND: /* and these three of a provider that serves no such class */
    case WSAEOPNOTSUPP:
    case WSAEINVAL:
        return WSAHOST_NOT_FOUND;
    }
    return WSANO_RECOVERY;
}

static int ask_class(struct question *qn, const GUID *class_id)
{
    AFPROTOCOLS wanted[] = {{AF_INET, IPPROTO_UDP}, {AF_INET, IPPROTO_TCP}, {AF_INET6, IPPROTO_UDP}, {AF_INET6, IPPROTO_TCP}};
    WSAQUERYSETW query = {.dwSize = sizeof query, .dwNameSpace = NS_ALL, .lpServiceClassId = (GUID *)class_id,
                          .lpNSProviderId = &qn->provider, .lpszServiceInstanceName = *qn->name ? qn->name : NULL,
                          .dwNumberOfProtocols = qn->family ? 2 : 4,
                          .lpafpProtocols = qn->family == AF_INET6 ? wanted + 2 : wanted};
    struct ns_lookup *l;
    int err = ns_lookup_begin(&query, LUP_RETURN_NAME | LUP_RETURN_ADDR | LUP_RETURN_BLOB, &l);

    if (err) { /* also why it does not start, which may be any error */
        err = host_error(err);
        return err == WSANO_RECOVERY ? WSAEPROVIDERFAILEDINIT : err;
    }
    if (set_lookup(qn, l))
        err = read_result(l, &qn->answer);
    set_lookup(qn, NULL);
    ns_lookup_end(l);
    return host_error(err);
}

static BOOL has_family(const struct answer *a, int family)
{
    for (size_t i = 0; i < a->addr_count; i++)
        if (a->addr[i].family == family)
            return TRUE;
    return FALSE;
}

/*
 * The class of gethostbyname first, which every provider of host names knows; it stands for IPv4, with IPv6 addresses from
 * who wishes. Then the class of AAAA records if there were none.
 */
static int ask(struct question *qn)
{
    static const GUID by_name = {0x0002A803, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}},
                      by_address = {0x0002A801, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}},
                      aaaa = {0x00090035, 0, DNS_AAAA, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    int err = ask_class(qn, qn->backwards ? &by_address : &by_name), more;

    if (qn->backwards)
        return err ? err : qn->answer.canon ? 0 : WSAHOST_NOT_FOUND;
    if (qn->family != AF_INET && *qn->name && !has_family(&qn->answer, AF_INET6) &&
        (!err || err == WSAHOST_NOT_FOUND || err == WSANO_DATA)) {
        more = ask_class(qn, &aaaa);
        err = err == WSAHOST_NOT_FOUND || (err && !more) ? more : err;
    }
    return err ? err : qn->answer.addr_count ? 0 : WSANO_DATA;
}

static void forget(struct question *qn)
{
    struct question **at;

    lock_take(&lock);
    for (at = &questions; *at != qn; at = &(*at)->next)
        ;
    *at = qn->next;
    lock_drop(&lock);
}

/* ---- the thread ---- */

static DWORD WINAPI ask_thread(void *arg)
{
    struct question *qn = arg;
    HMODULE self = qn->self;

    lock_take(&lock);
    qn->thread = GetCurrentThreadId();
    lock_drop(&lock);
    qn->err = ask(qn);
    forget(qn);
    SetEvent(qn->done);
    put(qn);
    FreeLibraryAndExitThread(self, 0);
}

struct ending {
    struct ns_lookup *lookup; /* referenced */
    HMODULE self;
};

/* A provider that hangs may do so in NSPLookupServiceEnd too. */
static DWORD WINAPI end_thread(void *arg)
{
    struct ending e = *(struct ending *)arg;

    free(arg);
    ns_lookup_end(e.lookup);
    FreeLibraryAndExitThread(e.self, 0);
}

/* A thread that holds this DLL, which it finds in *self. */
static BOOL start_thread(LPTHREAD_START_ROUTINE routine, void *arg, HMODULE *self)
{
    HANDLE thread;

    if (!GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS, (const wchar_t *)(void *)routine, self))
        return FALSE;
    thread = CreateThread(NULL, 0, routine, arg, 0, NULL);
    if (!thread) {
        FreeLibrary(*self);
        return FALSE;
    }
    CloseHandle(thread);
    return TRUE;
}

/* Wakes the provider, if it listens. */
static void give_up(struct question *qn)
{
    struct ending *e = calloc(1, sizeof *e);

    lock_take(&lock);
    qn->given_up = TRUE;
    if (e && qn->lookup) {
        e->lookup = qn->lookup;
        ns_lookup_ref(e->lookup);
    }
    lock_drop(&lock);
    if (e && e->lookup && start_thread(end_thread, e, &e->self))
        return;
    if (e && e->lookup)
        ns_lookup_unref(e->lookup);
    free(e);
}

/* ---- asking ---- */

static DWORD wait_ms(void)
{
    WCHAR text[12];
    DWORD chars = GetEnvironmentVariableW(L"WS2KIT_NSP_WAIT", text, 12);
    DWORD ms = chars && chars < 12 ? wcstoul(text, NULL, 10) : 0;

    return ms ? ms : USUAL_WAIT_MS;
}

/*
 * 0: it may be asked, in *parent the question that this thread is to answer (referenced) or NULL. WSAHOST_NOT_FOUND: it is
 * asking us itself, to answer a question of ours, perhaps by way of another provider: the others are to answer it.
 * WSATRY_AGAIN: it has not come back from an earlier question, or there are too many.
 */
static int may_ask(const GUID *provider, struct question **parent)
{
    DWORD self = GetCurrentThreadId();
    size_t count = 0;
    int err = 0;

    *parent = NULL;
    lock_take(&lock);
    for (struct question *qn = questions; qn; qn = qn->next) {
        count++;
        if (qn->thread == self)
            *parent = qn;
        if (qn->given_up && IsEqualGUID(&qn->provider, provider))
            err = WSATRY_AGAIN;
    }
    if (count >= MOST_QUESTIONS)
        err = WSATRY_AGAIN;
    for (struct question *qn = *parent; qn; qn = qn->parent)
        if (IsEqualGUID(&qn->provider, provider))
            err = WSAHOST_NOT_FOUND;
    if (err)
        *parent = NULL;
    else if (*parent)
        (*parent)->refs++;
    lock_drop(&lock);
    return err;
}

static WCHAR *text_of(const struct name_addr *a)
{
    WCHAR text[INET6_ADDRSTRLEN];

    return InetNtopW(a->family, (void *)a->ip, text, INET6_ADDRSTRLEN) ? _wcsdup(text) : NULL;
}

static struct question *new_question(const uint8_t provider[16], const struct lookup *q)
{
    struct question *qn = calloc(1, sizeof *qn);

    if (!qn)
        return NULL;
    qn->refs = 1;
    memcpy(&qn->provider, provider, sizeof qn->provider);
    qn->backwards = !q->name;
    qn->family = q->name ? q->family : q->addr->family;
    qn->name = q->name ? text_to_wide(q->name) : text_of(q->addr);
    qn->done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (qn->name && qn->done)
        return qn;
    put(qn);
    return NULL;
}

/* Takes the answer out if it came in time. */
static int await(struct question *qn, struct answer *out)
{
    int err;

    if (WaitForSingleObject(qn->done, wait_ms())) {
        give_up(qn);
        return WSATRY_AGAIN;
    }
    err = qn->err;
    if (!err) {
        *out = qn->answer;
        qn->answer = (struct answer){0};
    }
    return err;
}

int source_provider(const uint8_t provider[16], const struct lookup *q, struct answer *out)
{
    GUID id;
    struct question *qn, *parent;
    int err;

    memcpy(&id, provider, sizeof id);
    err = may_ask(&id, &parent);
    if (err)
        return err;
    qn = new_question(provider, q);
    if (!qn) {
        put(parent);
        return WSA_NOT_ENOUGH_MEMORY;
    }
    qn->parent = parent;
    lock_take(&lock);
    qn->refs++; /* the thread's */
    qn->next = questions;
    questions = qn;
    lock_drop(&lock);
    if (start_thread(ask_thread, qn, &qn->self)) {
        err = await(qn, out);
    } else {
        forget(qn);
        put(qn);
        err = WSA_NOT_ENOUGH_MEMORY;
    }
    if (!err && !q->name) /* what it is the name of belongs to the answer */
        err = answer_add_addr(out, q->addr);
    if (err)
        answer_free(out);
    put(qn);
    return err;
}
