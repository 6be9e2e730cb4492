/* SPDX-License-Identifier: MIT */
/*
 * The shape layer: a bad network for the program, the same one in each run. What happens when is decided in shape.c; TCP goes through the kit's
 * relay, which asks when bytes travel; of datagrams the kit asks, too, which it can on sockets of the layer's own only. Where those are not wanted, since
 * nothing is delayed and nothing of what comes in is lost, outgoing ones are lost by going elsewhere.
 *
 *   ./ws2 run --layer shape,latency=100ms,rate=1mbit,seed=7 PROG.exe
 *
 * Options: those of shape.h, and host and port, which say what connections (and datagrams to whom) are shaped: host is an address, or a name that the
 * program has looked up. Without them all are, those that the program accepts as well.
 */
#include "providers/kit/ws2kit_stream.h"

#include <ws2tcpip.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "providers/shape/shape.h"

static struct shape config;
static char only_host[256];
static int only_port;
static LONG64 volatile connections; /* numbers them */
static BOOL owns;                   /* owns_datagrams() */

/* Before start(), so it asks for itself; start() complains of what makes no sense. */
static BOOL owns_datagrams(void)
{
    struct shape asked;
    char value[64];

    shape_init(&asked);
    for (const char *const *key = shape_keys; *key; key++)
        if (ws2kit_option(*key, value, sizeof value))
            shape_set(&asked, *key, value);
    return asked.direction[SHAPE_IN].loss_millionths || shape_delays_datagrams(&asked.direction[SHAPE_IN]) ||
           shape_delays_datagrams(&asked.direction[SHAPE_OUT]);
}

static int start(void)
{
    char value[64];

    shape_init(&config);
    only_host[0] = 0;
    only_port = 0;
    connections = 0;
    for (const char *const *key = shape_keys; *key; key++)
        if (ws2kit_option(*key, value, sizeof value) && !shape_set(&config, *key, value)) {
            fprintf(stderr, "shape: what does %s=%s mean?\n", *key, value);
            return WSAEINVAL;
        }
    owns = owns_datagrams();
    ws2kit_option("host", only_host, sizeof only_host);
    if (ws2kit_option("port", value, sizeof value)) {
        only_port = atoi(value);
        if (only_port < 1 || only_port > 65535) {
            fprintf(stderr, "shape: what does port=%s mean?\n", value);
            return WSAEINVAL;
        }
    }
    return 0;
}

/* ---- whom it is for ---- */

static BOOL is_host(const struct sockaddr *a, int bytes)
{
    char name[256];

    if (!only_host[0])
        return TRUE;
    if (ws2kit_name_of(a, bytes, name, sizeof name) && !lstrcmpiA(name, only_host))
        return TRUE;
    return InetNtopA(a->sa_family,
                     a->sa_family == AF_INET ? (void *)&((struct sockaddr_in *)a)->sin_addr
                                             : (void *)&((struct sockaddr_in6 *)a)->sin6_addr,
                     name, sizeof name) &&
           !lstrcmpiA(name, only_host);
}

/* The port lies at the same place in both families. */
static BOOL is_meant(const struct sockaddr *a, int bytes)
{
    if (bytes < (int)sizeof(struct sockaddr_in) || (a->sa_family != AF_INET && a->sa_family != AF_INET6))
        return !only_host[0] && !only_port;
    if (only_port && ntohs(((const struct sockaddr_in *)a)->sin_port) != only_port)
        return FALSE;
    return is_host(a, bytes);
}

/* ---- TCP ---- */

struct connection {
    struct shape_stream stream[2]; /* by enum ws2kit_direction, which is shape.h's order */
};

static int open_connection(struct ws2kit_connection *c)
{
    struct connection *mine;
    uint64_t number;

    if (c->accepted ? only_host[0] || only_port : !is_meant((struct sockaddr *)&c->peer, c->peer_bytes))
        return WS2KIT_PASS;
    mine = malloc(sizeof *mine);
    if (!mine)
        return WSAENOBUFS;
    number = (uint64_t)InterlockedIncrement64(&connections);
    shape_stream_begin(&mine->stream[WS2KIT_OUTGOING], &config, SHAPE_OUT, number);
    shape_stream_begin(&mine->stream[WS2KIT_INCOMING], &config, SHAPE_IN, number);
    c->context = mine;
    if (!c->accepted) /* the handshake's way there and back */
        c->delay_us = config.direction[SHAPE_OUT].latency_us + config.direction[SHAPE_IN].latency_us;
    return WS2KIT_RELAY;
}

static int schedule(struct ws2kit_connection *c, enum ws2kit_direction direction, uint64_t now, size_t *bytes,
                    uint64_t *due)
{
    struct connection *mine = c->context;

    return shape_stream_next(&mine->stream[direction], now, bytes, due) == SHAPE_RESET ? WSAECONNRESET
                                                                                     : WS2KIT_DONE;
}

static void close_connection(struct ws2kit_connection *c)
{
    free(c->context);
}

const struct ws2kit_stream ws2kit_stream = {
    .open = open_connection,
    .schedule = schedule,
    .close = close_connection,
    .accepts = TRUE,
};

/* ---- datagrams ---- */

/* Which number a socket has, and how many datagrams have gone out. Two sockets whose handles share a place count as new ones in turn. */
static struct {
    SOCKET s;
    uint64_t number, done;
} counts[1024];
static struct lock count_lock;
static uint64_t sockets; /* guarded by count_lock, as `counts` */

static size_t place_of(SOCKET s) WS2_REQUIRES(count_lock)
{
    size_t i = (size_t)(s >> 2) % ARRAYSIZE(counts);

    if (counts[i].s != s) {
        counts[i].s = s;
        counts[i].number = ++sockets;
        counts[i].done = 0;
    }
    return i;
}

static BOOL is_next_lost(SOCKET s)
{
    BOOL lost;
    size_t i;

    lock_take(&count_lock);
    i = place_of(s);
    lost = shape_lost(&config, SHAPE_OUT, counts[i].number, counts[i].done++);
    lock_drop(&count_lock);
    return lost;
}

static BOOL is_datagram(const WSAPROTOCOL_INFOW *info)
{
    return info && info->iSocketType == SOCK_DGRAM &&
           (info->iAddressFamily == AF_INET || info->iAddressFamily == AF_INET6);
}

/* The kit asks about each of them. */
static BOOL is_own(const WSAPROTOCOL_INFOW *info)
{
    return owns && !(info->dwServiceFlags1 & XP1_IFS_HANDLES);
}

/* Both directions of a socket. */
struct datagrams {
    struct shape_stream way[2];
};

static struct datagrams *begin_datagrams(SOCKET s) WS2_REQUIRES(count_lock)
{
    struct datagrams *mine = malloc(sizeof *mine);
    uint64_t number = counts[place_of(s)].number;

    for (int i = 0; mine && i < 2; i++)
        shape_stream_begin(&mine->way[i], &config, i, number);
    return mine;
}

static BOOL travels(const struct ws2kit_datagram *what, uint64_t now, uint64_t *due)
{
    int direction = what->incoming ? SHAPE_IN : SHAPE_OUT;
    struct datagrams *mine;
    BOOL goes;

    if (!shape_is_for_datagrams(&config.direction[direction]) || !is_meant(what->peer, what->peer_bytes))
        return TRUE;
    lock_take(&count_lock);
    if (!*what->context)
        *what->context = begin_datagrams(what->s);
    mine = *what->context;
    goes = mine && shape_datagram_next(&mine->way[direction], now, what->bytes, due);
    lock_drop(&count_lock);
    return goes;
}

/*
 * Where lost datagrams go: to a socket that nobody reads, and the kernel throws away what it has no room for. So the program's send ends as it does
 * otherwise, whatever way it waits for it.
 */
static SOCKADDR_STORAGE sink[2]; /* guarded by sink_lock; family 0: none yet */
static struct lock sink_lock;

static BOOL make_sink(WSAPROTOCOL_INFOW *info, SOCKADDR_STORAGE *name)
{
    SOCKADDR_STORAGE at = { .ss_family = (ADDRESS_FAMILY)info->iAddressFamily };
    int bytes = info->iAddressFamily == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6), err;
    SOCKET s;

    if (at.ss_family == AF_INET)
        ((struct sockaddr_in *)&at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else
        ((struct sockaddr_in6 *)&at)->sin6_addr = in6addr_loopback;
    s = ws2kit_pass.lpWSPSocket(info->iAddressFamily, SOCK_DGRAM, IPPROTO_UDP, info, 0, WSA_FLAG_NO_HANDLE_INHERIT,
                                &err);
    if (s == INVALID_SOCKET)
        return FALSE;
    if (ws2kit_pass.lpWSPBind(s, (struct sockaddr *)&at, bytes, &err) ||
        ws2kit_pass.lpWSPGetSockName(s, (struct sockaddr *)&at, &bytes, &err)) {
        ws2kit_pass.lpWSPCloseSocket(s, &err);
        return FALSE;
    }
    *name = at;
    return TRUE;
}

/* Where a datagram to `to` (NULL: the socket's peer) goes instead, or NULL: there. */
static const struct sockaddr *divert(SOCKET s, const struct sockaddr *to, int to_bytes, SOCKADDR_STORAGE *room,
                                     int *bytes)
{
    const WSAPROTOCOL_INFOW *info = ws2kit_protocol(s);
    SOCKADDR_STORAGE peer;
    int peer_bytes = sizeof peer, err;
    WSAPROTOCOL_INFOW copy;
    BOOL made;
    size_t i;

    if (!is_datagram(info) || is_own(info) || !config.direction[SHAPE_OUT].loss_millionths)
        return NULL;
    if (!to && !ws2kit_relay_pass.lpWSPGetPeerName(s, (struct sockaddr *)&peer, &peer_bytes, &err)) {
        to = (struct sockaddr *)&peer;
        to_bytes = peer_bytes;
    }
    if (!to || IsBadReadPtr(to, (UINT_PTR)(to_bytes > 0 ? to_bytes : 1)) || !is_meant(to, to_bytes) ||
        !is_next_lost(s))
        return NULL;
    copy = *info;
    i = info->iAddressFamily == AF_INET6;
    lock_take(&sink_lock);
    made = sink[i].ss_family || make_sink(&copy, &sink[i]);
    *room = sink[i];
    lock_drop(&sink_lock);
    *bytes = i ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    return made ? (struct sockaddr *)room : NULL;
}

static int WSPAPI shape_SendTo(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD sent, DWORD flags,
                               const struct sockaddr *to, int to_bytes, LPWSAOVERLAPPED ov,
                               LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    SOCKADDR_STORAGE room;
    int bytes;
    const struct sockaddr *away = divert(s, to, to_bytes, &room, &bytes);

    return ws2kit_relay_pass.lpWSPSendTo(s, buf, count, sent, flags, away ? away : to, away ? bytes : to_bytes, ov,
                                         routine, thread, err);
}

static int WSPAPI shape_Send(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD sent, DWORD flags, LPWSAOVERLAPPED ov,
                             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    SOCKADDR_STORAGE room;
    int bytes;
    const struct sockaddr *away = divert(s, NULL, 0, &room, &bytes);

    if (away)
        return ws2kit_relay_pass.lpWSPSendTo(s, buf, count, sent, flags, away, bytes, ov, routine, thread, err);
    return ws2kit_relay_pass.lpWSPSend(s, buf, count, sent, flags, ov, routine, thread, err);
}

/* The provider reads the message during the call, so the copy need not outlive it. */
static INT PASCAL shape_WSASendMsg(SOCKET s, LPWSAMSG msg, DWORD flags, LPDWORD sent, LPWSAOVERLAPPED ov,
                                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    SOCKADDR_STORAGE room;
    const struct sockaddr *away = NULL;
    WSAMSG copy;
    int bytes;

    if (!IsBadReadPtr(msg, sizeof *msg))
        away = divert(s, msg->name, msg->namelen, &room, &bytes);
    if (!away)
        return ws2kit_relay_extension.WSASendMsg(s, msg, flags, sent, ov, routine);
    copy = *msg;
    copy.name = (struct sockaddr *)away;
    copy.namelen = bytes;
    return ws2kit_relay_extension.WSASendMsg(s, &copy, flags, sent, ov, routine);
}

/* A handle used again is another socket. They are numbered as they are made, so that the seed says the same in each run. */
static SOCKET WSPAPI shape_Socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group,
                                  DWORD flags, LPINT err)
{
    SOCKET s = ws2kit_relay_pass.lpWSPSocket(family, type, protocol, info, group, flags, err);

    if (s != INVALID_SOCKET && is_datagram(ws2kit_protocol(s))) {
        lock_take(&count_lock);
        counts[(size_t)(s >> 2) % ARRAYSIZE(counts)].s = INVALID_SOCKET;
        place_of(s);
        lock_drop(&count_lock);
    }
    return s;
}

static void stop(void)
{
    memset(sink, 0, sizeof sink);
    memset(counts, 0, sizeof counts);
    sockets = 0;
}

const struct ws2kit_layer ws2kit_layer = {
    .name = "shape",
    .start = start,
    .stop = stop,
    .relay = &ws2kit_relay,
    .own = &ws2kit_own_sockets,
    .owns_datagrams = owns_datagrams,
    .travels = travels,
    .hook = { .lpWSPSocket = shape_Socket, .lpWSPSend = shape_Send, .lpWSPSendTo = shape_SendTo },
    .extension = { .WSASendMsg = shape_WSASendMsg },
};
