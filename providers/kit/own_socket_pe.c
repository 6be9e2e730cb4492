/* SPDX-License-Identifier: MIT */
/*
 * The sockets of a layer that has its own. `upper` lives until the last operation has ended: its completion still needs the
 * handle, and a value that is not given back cannot be used again too early.
 */
#include "providers/kit/own.h"

#include <stdlib.h>

#include "base/handle_map.h"

static struct lock lock;
static struct handle_map by_upper, by_lower; /* what they lead to is touched under the lock only */
static unsigned generation;                  /* guarded by lock */
static unsigned telling;                     /* own_may_tell() without own_has_told(); guarded by lock */

void own_lock(void)
{
    lock_take(&lock);
}

void own_unlock(void)
{
    lock_drop(&lock);
}

BOOL own_may_tell(struct own_socket *o)
{
    BOOL may;

    lock_take(&lock);
    may = o->generation == generation;
    telling += may;
    lock_drop(&lock);
    return may;
}

void own_has_told(void)
{
    lock_take(&lock);
    telling--;
    lock_drop(&lock);
}

static struct own_socket *get(struct handle_map *map, SOCKET s)
{
    struct own_socket *o;

    lock_take(&lock);
    o = handle_map_find(map, s);
    if (o)
        o->refs++;
    lock_drop(&lock);
    return o;
}

struct own_socket *own_get(SOCKET upper)
{
    return get(&by_upper, upper);
}

struct own_socket *own_get_by_lower(SOCKET lower)
{
    return get(&by_lower, lower);
}

void own_put(struct own_socket *o)
{
    BOOL last, current;
    int ignored;

    lock_take(&lock);
    last = !--o->refs;
    current = o->generation == generation;
    lock_drop(&lock);
    if (!last)
        return;
    if (current)
        own_told(&(struct ws2kit_ended){ .s = o->upper, .what = WS2KIT_GONE });
    if (current)
        upcalls.lpWPUCloseSocketHandle(o->upper, &ignored);
    own_travel_free(o);
    free(o);
}

/*
 * False: no memory. A socket that stands there under the same handle was closed with CloseHandle, which nobody told us of: it
 * goes to *stale.
 */
static BOOL enter(struct own_socket *o, struct own_socket **stale)
{
    void *old = NULL;
    BOOL done;

    lock_take(&lock);
    o->generation = generation;
    done = !handle_map_set(&by_upper, o->upper, o, &old);
    if (done && handle_map_set(&by_lower, o->lower, o, NULL)) {
        handle_map_remove(&by_upper, o->upper, o);
        done = FALSE;
    }
    *stale = old;
    if (old) {
        handle_map_remove(&by_lower, (*stale)->lower, old);
        (*stale)->generation = generation - 1; /* its handle is another's now */
    }
    lock_drop(&lock);
    return done;
}

/* From here on nothing is started below for what still goes on. */
static void set_closed(struct own_socket *o)
{
    lock_take(&o->start_lock);
    __atomic_store_n(&o->closed, TRUE, __ATOMIC_RELEASE);
    lock_drop(&o->start_lock);
}

static int close_below(struct own_socket *o, LPINT err)
{
    set_closed(o);
    return o->travel ? own_travel_close(o, err) : o->chain->next.lpWSPCloseSocket(o->line, err);
}

static void close_stale(struct own_socket *o)
{
    int ignored;

    if (!o)
        return;
    close_below(o, &ignored);
    own_put(o);
}

static struct own_socket *make(struct chain *c, SOCKET line, BOOL overlapped, LPINT err)
{
    struct own_socket *o = calloc(1, sizeof *o);

    *err = WSAENOBUFS;
    if (!o)
        return NULL;
    o->chain = c;
    o->line = o->lower = line;
    o->table = &c->next;
    o->overlapped = overlapped;
    o->refs = 1;
    *err = own_travel_new(o);
    if (*err) {
        free(o);
        o = NULL;
    }
    return o;
}

SOCKET own_new(struct chain *c, SOCKET line, BOOL overlapped, struct own_socket *parent, LPINT err)
{
    struct own_socket *o = make(c, line, overlapped, err), *stale;
    SOCKET upper = INVALID_SOCKET;
    int ignored;

    if (o)
        upper = upcalls.lpWPUCreateSocketHandle(c->mine.dwCatalogEntryId, (DWORD_PTR)o, err);
    if (upper != INVALID_SOCKET) {
        o->upper = upper;
        if (!chain_set(upper, c) && enter(o, &stale)) {
            *err = 0;
            own_travel_begin(o);
            close_stale(stale);
            if (parent) {
                SetHandleInformation((HANDLE)line, HANDLE_FLAG_INHERIT, 0);
                own_inherit(o, parent);
            }
            return upper;
        }
        upcalls.lpWPUCloseSocketHandle(upper, &ignored);
        *err = WSAENOBUFS;
    }
    if (o)
        own_travel_abandon(o);
    free(o);
    c->next.lpWSPCloseSocket(line, &ignored);
    return INVALID_SOCKET;
}

/* Takes it out of the maps first, so that no new call begins on a lower handle that is gone and maybe another socket's. */
static BOOL leave(struct own_socket *o)
{
    BOOL was_there;

    lock_take(&lock);
    was_there = handle_map_remove(&by_upper, o->upper, o) != NULL;
    if (was_there)
        handle_map_remove(&by_lower, o->lower, o);
    lock_drop(&lock);
    return was_there;
}

static int WSPAPI own_CloseSocket(SOCKET s, LPINT err)
{
    struct own_socket *o = own_get(s), *stale;
    int result = SOCKET_ERROR;

    if (!o || !leave(o)) {
        *err = WSAENOTSOCK;
    } else {
        result = close_below(o, err);
        if (result == SOCKET_ERROR && *err == WSAEWOULDBLOCK) {
            __atomic_store_n(&o->closed, FALSE, __ATOMIC_RELEASE);
            enter(o, &stale);
        } else {
            own_put(o); /* the maps' reference */
        }
    }
    if (o)
        own_put(o);
    return result;
}

/* The last WSPCleanup: ws2_32 drops all handles itself, and what is still pending ends unheard. */
static void forget_one(uintptr_t handle, void *value, void *arg)
{
    struct handle_map *map = arg;

    lock_take(&lock);
    handle_map_remove(map, handle, value);
    lock_drop(&lock);
    if (map == &by_upper)
        own_put(value);
}

static void stop(void)
{
    BOOL wait;

    own_travel_drain();
    lock_take(&lock);
    generation++;
    lock_drop(&lock);
    do { /* the worker is about to write into an OVERLAPPED that the program may free after its WSACleanup */
        lock_take(&lock);
        wait = telling != 0;
        lock_drop(&lock);
        if (wait)
            Sleep(1);
    } while (wait);
    own_travel_stop();
    handle_map_each(&by_lower, forget_one, &by_lower);
    handle_map_each(&by_upper, forget_one, &by_upper);
}

/* ---- entries ---- */

static SOCKET WSPAPI own_Socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info,
                                GROUP group, DWORD flags, LPINT err)
{
    WSAPROTOCOL_INFOW room;
    struct chain *c;
    SOCKET lower;

    *err = info ? chain_get(info, &c) : WSAEFAULT;
    if (*err)
        return INVALID_SOCKET;
    /*
     * What the program asked about overlapped use is its affair with us; we use the lower socket overlapped. A child that
     * inherited the lower handle could not use it, and would keep the connection open.
     */
    lower = c->next.lpWSPSocket(family, type, protocol, chain_next_info(c, info, &room), group,
                                flags | WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT, err);
    return lower == INVALID_SOCKET ? lower : own_new(c, lower, (flags & WSA_FLAG_OVERLAPPED) != 0, NULL, err);
}

static SOCKET WSPAPI own_Accept(SOCKET s, struct sockaddr *addr, LPINT bytes,
                                LPCONDITIONPROC condition, DWORD_PTR data, LPINT err)
{
    struct own_socket *o = own_get(s);
    SOCKET accepted;

    if (!o)
        return (SOCKET)own_fail(err, WSAENOTSOCK);
    accepted = o->chain->next.lpWSPAccept(o->line, addr, bytes, condition, data, err);
    if (accepted != INVALID_SOCKET)
        accepted = own_new(o->chain, accepted, o->overlapped, o, err);
    own_put(o);
    return accepted;
}

static SOCKET WSPAPI own_JoinLeaf(SOCKET s, const struct sockaddr *name, int bytes, LPWSABUF caller,
                                  LPWSABUF callee, LPQOS sqos, LPQOS gqos, DWORD flags, LPINT err)
{
    struct own_socket *o = own_get(s);
    SOCKET leaf;

    if (!o)
        return (SOCKET)own_fail(err, WSAENOTSOCK);
    leaf = o->chain->next.lpWSPJoinLeaf(o->line, name, bytes, caller, callee, sqos, gqos, flags,
                                        err);
    if (leaf != INVALID_SOCKET)
        own_travel_bound(o);
    if (leaf == o->line)
        leaf = s;
    else if (leaf != INVALID_SOCKET)
        leaf = own_new(o->chain, leaf, (flags & WSA_FLAG_OVERLAPPED) != 0, o, err);
    own_put(o);
    return leaf;
}

/* Option values that are sockets. */
static int WSPAPI own_SetSockOpt(SOCKET s, int level, int name, const char *value, int bytes,
                                 LPINT err)
{
    struct own_socket *o = own_get(s), *listener = NULL;
    SOCKET lower;
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    if (level == SOL_SOCKET && name == SO_UPDATE_ACCEPT_CONTEXT && value &&
        bytes >= (int)sizeof(SOCKET)) {
        listener = own_get(*(const SOCKET *)value);
        lower = listener ? listener->line : INVALID_SOCKET;
        value = (const char *)&lower;
        bytes = sizeof lower;
    }
    result = o->chain->next.lpWSPSetSockOpt(o->line, level, name, value, bytes, err);
    if (!result)
        own_travel_set_option(o, level, name, value, bytes);
    if (listener) {
        if (!result)
            own_inherit(o, listener);
        own_put(listener);
    }
    own_put(o);
    return result;
}

static int WSPAPI own_GetSockOpt(SOCKET s, int level, int name, char *value, LPINT bytes,
                                 LPINT err)
{
    struct own_socket *o = own_get(s);
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    result = o->chain->next.lpWSPGetSockOpt(o->line, level, name, value, bytes, err);
    if (!result && level == SOL_SOCKET)
        chain_answer_info(o->chain, name, value);
    own_put(o);
    return result;
}

static int WSPAPI own_DuplicateSocket(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOW info,
                                      LPINT err)
{
    struct own_socket *o = own_get(s);
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    /* What is on its way to the one would be lost to the other, and the line's operations end at our port only. */
    result = o->travel ? own_fail(err, WSAEOPNOTSUPP) : o->chain->next.lpWSPDuplicateSocket(o->line, process, info, err);
    if (!result)
        chain_answer_duplicate(o->chain, info);
    own_put(o);
    return result;
}

static const WSPPROC_TABLE *next_of(const struct own_socket *o)
{
    return &o->chain->next;
}

#define OWN(who, name, params, args)                                                                   \
    static int WSPAPI own_##name params                                                            \
    {                                                                                              \
        struct own_socket *o = own_get(s);                                                         \
        int result;                                                                                \
                                                                                                   \
        if (!o)                                                                                    \
            return own_fail(e, WSAENOTSOCK);                                                       \
        result = who->lpWSP##name args;                                                            \
        own_put(o);                                                                                \
        return result;                                                                             \
    }

/* clang-format off */
OWN(o->table, EnumNetworkEvents, (SOCKET s, WSAEVENT h, LPWSANETWORKEVENTS ev, LPINT e), (o->lower, h, ev, e))
OWN(o->table, EventSelect, (SOCKET s, WSAEVENT h, long ev, LPINT e), (o->lower, h, ev, e))
OWN(next_of(o), GetPeerName, (SOCKET s, struct sockaddr *a, LPINT n, LPINT e), (o->line, a, n, e))
OWN(next_of(o), GetSockName, (SOCKET s, struct sockaddr *a, LPINT n, LPINT e), (o->line, a, n, e))
OWN(next_of(o), Listen, (SOCKET s, int backlog, LPINT e), (o->line, backlog, e))
/* clang-format on */

/* To an address from which a socket that the program has closed still sends: soon. */
static int WSPAPI own_Bind(SOCKET s, const struct sockaddr *name, int bytes, LPINT err)
{
    struct own_socket *o = own_get(s);
    BOOL lingers;
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    for (;;) {
        lingers = own_travel_lingers(name, bytes); /* asked before: it may go while we try */
        result = o->chain->next.lpWSPBind(o->line, name, bytes, err);
        if (!result || *err != WSAEADDRINUSE || !lingers)
            break;
        Sleep(1);
    }
    if (!result)
        own_travel_bound(o);
    own_put(o);
    return result;
}

static int WSPAPI own_Connect(SOCKET s, const struct sockaddr *name, int bytes, LPWSABUF caller, LPWSABUF callee,
                              LPQOS sqos, LPQOS gqos, LPINT err)
{
    struct own_socket *o = own_get(s);
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    result = o->chain->next.lpWSPConnect(o->line, name, bytes, caller, callee, sqos, gqos, err);
    if (!result) {
        own_travel_connected(o);
        own_travel_bound(o);
    }
    own_put(o);
    return result;
}

static int WSPAPI own_Shutdown(SOCKET s, int how, LPINT err)
{
    struct own_socket *o = own_get(s);
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    result = o->travel ? own_travel_shutdown(o, how, err) : o->chain->next.lpWSPShutdown(o->line, how, err);
    own_put(o);
    return result;
}

static BOOL WSPAPI own_GetQOSByName(SOCKET s, LPWSABUF name, LPQOS qos, LPINT err)
{
    struct own_socket *o = own_get(s);
    BOOL result;

    if (!o) {
        *err = WSAENOTSOCK;
        return FALSE;
    }
    result = o->chain->next.lpWSPGetQOSByName(o->line, name, qos, err);
    own_put(o);
    return result;
}

/* Datagrams have no data of that kind. */
static int WSPAPI own_RecvDisconnect(SOCKET s, LPWSABUF data, LPINT err)
{
    struct own_socket *o = own_get(s);
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    result = o->travel ? own_travel_shutdown(o, SD_RECEIVE, err) : o->chain->next.lpWSPRecvDisconnect(o->line, data, err);
    own_put(o);
    return result;
}

static int WSPAPI own_SendDisconnect(SOCKET s, LPWSABUF data, LPINT err)
{
    struct own_socket *o = own_get(s);
    int result;

    if (!o)
        return own_fail(err, WSAENOTSOCK);
    result = o->travel && !data ? own_travel_shutdown(o, SD_SEND, err)
                                : o->chain->next.lpWSPSendDisconnect(o->line, data, err);
    own_put(o);
    return result;
}

void own_fill(WSPPROC_TABLE *table)
{
    table->lpWSPAccept = own_Accept;
    table->lpWSPAsyncSelect = own_AsyncSelect;
    table->lpWSPBind = own_Bind;
    table->lpWSPCloseSocket = own_CloseSocket;
    table->lpWSPConnect = own_Connect;
    table->lpWSPDuplicateSocket = own_DuplicateSocket;
    table->lpWSPEnumNetworkEvents = own_EnumNetworkEvents;
    table->lpWSPEventSelect = own_EventSelect;
    table->lpWSPGetOverlappedResult = own_GetOverlappedResult;
    table->lpWSPGetPeerName = own_GetPeerName;
    table->lpWSPGetQOSByName = own_GetQOSByName;
    table->lpWSPGetSockName = own_GetSockName;
    table->lpWSPGetSockOpt = own_GetSockOpt;
    table->lpWSPJoinLeaf = own_JoinLeaf;
    table->lpWSPListen = own_Listen;
    table->lpWSPRecvDisconnect = own_RecvDisconnect;
    table->lpWSPSelect = own_Select;
    table->lpWSPSendDisconnect = own_SendDisconnect;
    table->lpWSPSetSockOpt = own_SetSockOpt;
    table->lpWSPShutdown = own_Shutdown;
    table->lpWSPSocket = own_Socket;
    own_fill_io(table);
}

WSPPROC_TABLE ws2kit_own_pass;

static void fill(WSPPROC_TABLE *table)
{
    own_fill(table);
    ws2kit_own_pass = *table; /* always the same */
}

const struct ws2kit_own_sockets ws2kit_own_sockets = { fill,     stop,    own_function, &ws2kit_own_pass,
                                                        own_Select, own_poll };
