/* SPDX-License-Identifier: MIT */
#include "providers/kit/relay.h"

#include <stddef.h>
#include <string.h>

#include "base/cancel.h"

static LPFN_GETACCEPTEXSOCKADDRS below_sockaddrs; /* the base's; atomic */

LPFN_GETACCEPTEXSOCKADDRS relay_below_sockaddrs(void)
{
    return __atomic_load_n(&below_sockaddrs, __ATOMIC_ACQUIRE);
}

/* ---- sockets come and go ---- */

static BOOL is_stream(const WSAPROTOCOL_INFOW *info)
{
    return info->iSocketType == SOCK_STREAM &&
           (info->iAddressFamily == AF_INET || info->iAddressFamily == AF_INET6);
}

/* One that comes from another process is connected already, or the other process's to connect. */
static SOCKET WSPAPI relay_Socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info,
                                  GROUP group, DWORD flags, LPINT lp_errno)
{
    BOOL duplicate = info && info->dwProviderReserved;
    struct chain *c;
    int err, ignored;
    SOCKET s;

    if (ws2kit_layer.own && info && !chain_get(info, &c) && c->own)
        return ws2kit_layer.own->pass->lpWSPSocket(family, type, protocol, info, group, flags, lp_errno);
    s = ws2kit_pass.lpWSPSocket(family, type, protocol, info, group, flags, lp_errno);
    c = s == INVALID_SOCKET ? NULL : chain_of(s);
    if (!c || duplicate || !is_stream(&c->mine) || relay_sock_new(s, c, &err))
        return s;
    ws2kit_pass.lpWSPCloseSocket(s, &ignored);
    *lp_errno = err;
    return INVALID_SOCKET;
}

static int WSPAPI relay_CloseSocket(SOCKET s, LPINT lp_errno)
{
    struct relay_sock *k = relay_sock_get(s);
    const WSPPROC_TABLE *table = k && k->foreign ? k->base : relay_next(s);
    int result;

    if (k)
        relay_sock_forget(k);
    result = table ? table->lpWSPCloseSocket(s, lp_errno) : relay_fail(lp_errno, WSAENOTSOCK);
    if (k) {
        relay_sock_closed(k);
        relay_sock_put(k);
    }
    return result;
}

static int WSPAPI relay_DuplicateSocket(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOW info,
                                        LPINT lp_errno)
{
    struct relay_sock *k = relay_sock_get(s);
    const WSPPROC_TABLE *table = k && k->foreign ? k->base : relay_next(s);
    struct chain *c = chain_of(s);
    int result;

    if (k)
        relay_sock_put(k);
    if (!table || !c)
        return relay_fail(lp_errno, WSAENOTSOCK);
    result = table->lpWSPDuplicateSocket(s, process, info, lp_errno);
    if (!result)
        chain_answer_duplicate(c, info);
    return result;
}

/* ---- waiting ---- */

static void now_nonblocking(SOCKET s, BOOL on)
{
    struct relay_sock *k = relay_sock_get(s);

    if (!k)
        return;
    lock_take(&k->lock);
    k->nonblocking = on;
    lock_drop(&k->lock);
    relay_sock_put(k);
}

/* `events` 0: with no messages. */
static void now_selected(SOCKET s, HWND window, unsigned message, long events)
{
    struct relay_sock *k = relay_sock_get(s);

    if (!k)
        return;
    lock_take(&k->lock);
    k->nonblocking = TRUE;
    k->window = window;
    k->message = message;
    k->events = events;
    k->withheld = FALSE;
    lock_drop(&k->lock);
    relay_sock_put(k);
}

static int WSPAPI relay_AsyncSelect(SOCKET s, HWND window, unsigned message, long events,
                                    LPINT lp_errno)
{
    const WSPPROC_TABLE *table = relay_route(s);
    int result = table ? table->lpWSPAsyncSelect(s, window, message, events, lp_errno)
                       : relay_fail(lp_errno, WSAENOTSOCK);

    if (!result)
        now_selected(s, window, message, events);
    return result;
}

static int WSPAPI relay_EventSelect(SOCKET s, WSAEVENT event, long events, LPINT lp_errno)
{
    const WSPPROC_TABLE *table = relay_route(s);
    int result = table ? table->lpWSPEventSelect(s, event, events, lp_errno)
                       : relay_fail(lp_errno, WSAENOTSOCK);

    if (!result)
        now_selected(s, NULL, 0, 0);
    return result;
}

static int WSPAPI relay_EnumNetworkEvents(SOCKET s, WSAEVENT event, LPWSANETWORKEVENTS out,
                                          LPINT lp_errno)
{
    const WSPPROC_TABLE *table = relay_route(s);
    int result = table ? table->lpWSPEnumNetworkEvents(s, event, out, lp_errno)
                       : relay_fail(lp_errno, WSAENOTSOCK);
    struct relay_sock *k = result ? NULL : relay_sock_get(s);

    if (!k)
        return result;
    lock_take(&k->lock);
    if (out->lNetworkEvents & FD_CONNECT && out->iErrorCode[FD_CONNECT_BIT] && k->err)
        out->iErrorCode[FD_CONNECT_BIT] = k->err;
    lock_drop(&k->lock);
    relay_sock_put(k);
    return 0;
}

/* ---- ioctls ---- */

static int cancel(SOCKET s, const struct ws2_cancel *request, DWORD in_bytes, DWORD *found,
                  DWORD out_bytes, LPDWORD returned, LPINT lp_errno)
{
    struct relay_sock *k = relay_sock_get(s);

    if (in_bytes < sizeof *request || out_bytes < sizeof *found) {
        if (k)
            relay_sock_put(k);
        return relay_fail(lp_errno, WSAEFAULT);
    }
    *found = k && relay_connect_cancel(k, request->operation, request->own_thread_only != 0);
    *returned = sizeof *found;
    if (k)
        relay_sock_put(k);
    return 0;
}

static void after_ioctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out)
{
    static const GUID sockaddrs = WSAID_GETACCEPTEXSOCKADDRS;
    struct relay_sock *k;

    switch (code) {
    case (DWORD)FIONBIO:
        now_nonblocking(s, *(ULONG *)in != 0);
        break;
    case SIO_KEEPALIVE_VALS:
        k = relay_sock_get(s);
        if (k && k->use != USE_PASSED)
            relay_sock_option(k, RELAY_IOCTL, (int)code, in, (int)in_bytes);
        if (k)
            relay_sock_put(k);
        break;
    case SIO_GET_EXTENSION_FUNCTION_POINTER:
        extension_answer(s, in, out);
        if (ws2kit_stream.accepts && !memcmp(in, &sockaddrs, sizeof sockaddrs)) {
            __atomic_store_n(&below_sockaddrs, *(LPFN_GETACCEPTEXSOCKADDRS *)out, __ATOMIC_RELEASE);
            *(LPFN_GETACCEPTEXSOCKADDRS *)out = relay_GetAcceptExSockaddrs;
        }
        break;
    }
}

static int WSPAPI relay_Ioctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out,
                              DWORD out_bytes, LPDWORD returned, LPWSAOVERLAPPED ov,
                              LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                              LPINT lp_errno)
{
    /* Functions are asked of the next provider always: it may have its own, for sockets that pass. */
    const WSPPROC_TABLE *table =
        code == SIO_GET_EXTENSION_FUNCTION_POINTER ? relay_next(s) : relay_route(s);
    int result;

    if (!table)
        return relay_fail(lp_errno, WSAENOTSOCK);
    if (code == SIO_WS2KIT_CANCEL)
        return cancel(s, in, in_bytes, out, out_bytes, returned, lp_errno);
    if (code == SIO_EXT_POLL && ws2kit_layer.own && ws2kit_layer.own->pass->lpWSPSelect)
        return ws2kit_layer.own->poll(table, s, in, in_bytes, out, out_bytes, returned, lp_errno);
    result = table->lpWSPIoctl(s, code, in, in_bytes, out, out_bytes, returned, ov, routine, thread,
                               lp_errno);
    if (!result || *lp_errno == WSA_IO_PENDING)
        after_ioctl(s, code, in, in_bytes, out);
    return result;
}

/* ---- what goes to P's own provider, past the layers between, once the relay stands behind it ---- */

#define ROUTE(type, failed, name, params, args)                                                    \
    static type WSPAPI relay_##name params                                                         \
    {                                                                                              \
        const WSPPROC_TABLE *table = relay_route(s);                                               \
                                                                                                   \
        if (table)                                                                                 \
            return table->lpWSP##name args;                                                        \
        *e = WSAENOTSOCK;                                                                          \
        return failed;                                                                             \
    }

/* clang-format off */
ROUTE(BOOL, FALSE, GetOverlappedResult, (SOCKET s, LPWSAOVERLAPPED o, LPDWORD n, BOOL wait, LPDWORD f, LPINT e), (s, o, n, wait, f, e))
ROUTE(int, SOCKET_ERROR, Recv, (SOCKET s, LPWSABUF b, DWORD nb, LPDWORD n, LPDWORD f, LPWSAOVERLAPPED o,
      LPWSAOVERLAPPED_COMPLETION_ROUTINE r, LPWSATHREADID t, LPINT e), (s, b, nb, n, f, o, r, t, e))
ROUTE(int, SOCKET_ERROR, RecvDisconnect, (SOCKET s, LPWSABUF b, LPINT e), (s, b, e))
ROUTE(int, SOCKET_ERROR, RecvFrom, (SOCKET s, LPWSABUF b, DWORD nb, LPDWORD n, LPDWORD f, struct sockaddr *a, LPINT na, LPWSAOVERLAPPED o,
      LPWSAOVERLAPPED_COMPLETION_ROUTINE r, LPWSATHREADID t, LPINT e), (s, b, nb, n, f, a, na, o, r, t, e))
ROUTE(int, SOCKET_ERROR, Send, (SOCKET s, LPWSABUF b, DWORD nb, LPDWORD n, DWORD f, LPWSAOVERLAPPED o,
      LPWSAOVERLAPPED_COMPLETION_ROUTINE r, LPWSATHREADID t, LPINT e), (s, b, nb, n, f, o, r, t, e))
ROUTE(int, SOCKET_ERROR, SendDisconnect, (SOCKET s, LPWSABUF b, LPINT e), (s, b, e))
ROUTE(int, SOCKET_ERROR, SendTo, (SOCKET s, LPWSABUF b, DWORD nb, LPDWORD n, DWORD f, const struct sockaddr *a, int na, LPWSAOVERLAPPED o,
      LPWSAOVERLAPPED_COMPLETION_ROUTINE r, LPWSATHREADID t, LPINT e), (s, b, nb, n, f, a, na, o, r, t, e))
ROUTE(int, SOCKET_ERROR, Shutdown, (SOCKET s, int how, LPINT e), (s, how, e))
/* clang-format on */

/* The function for a socket that passes, or P's own provider's. */
static FARPROC function_for(SOCKET s, size_t i)
{
    struct relay_sock *k = relay_sock_get(s);
    FARPROC f;

    if (k && relay_sock_relayed(k))
        f = relay_base_extension(s, k->base, extension_id(i));
    else if (!k && ws2kit_layer.own && chain_owns(s))
        f = ws2kit_layer.own->function(i);
    else
        f = ((const FARPROC *)&ws2kit_pass_extension)[i];
    if (k)
        relay_sock_put(k);
    return f;
}

#define FUNCTION(type, result, failed, name, params, args)                                         \
    static result PASCAL relay_##name params                                                       \
    {                                                                                              \
        type f = (type)(void *)function_for(s, offsetof(struct ws2kit_extensions, name) /          \
                                                   sizeof(FARPROC));                               \
                                                                                                   \
        return f ? f args : failed;                                                                \
    }

/* clang-format off */
FUNCTION(LPFN_DISCONNECTEX, BOOL, FALSE, DisconnectEx, (SOCKET s, LPOVERLAPPED o, DWORD f_, DWORD r), (s, o, f_, r))
FUNCTION(LPFN_TRANSMITFILE, BOOL, FALSE, TransmitFile,
         (SOCKET s, HANDLE h, DWORD n, DWORD each, LPOVERLAPPED o, LPTRANSMIT_FILE_BUFFERS b, DWORD f_), (s, h, n, each, o, b, f_))
FUNCTION(LPFN_TRANSMITPACKETS, BOOL, FALSE, TransmitPackets,
         (SOCKET s, LPTRANSMIT_PACKETS_ELEMENT p, DWORD n, DWORD each, LPOVERLAPPED o, DWORD f_), (s, p, n, each, o, f_))
FUNCTION(LPFN_WSARECVMSG, INT, SOCKET_ERROR, WSARecvMsg,
         (SOCKET s, LPWSAMSG m, LPDWORD n, LPWSAOVERLAPPED o, LPWSAOVERLAPPED_COMPLETION_ROUTINE r), (s, m, n, o, r))
FUNCTION(LPFN_WSASENDMSG, INT, SOCKET_ERROR, WSASendMsg,
         (SOCKET s, LPWSAMSG m, DWORD f_, LPDWORD n, LPWSAOVERLAPPED o, LPWSAOVERLAPPED_COMPLETION_ROUTINE r), (s, m, f_, n, o, r))
/* clang-format on */

const struct ws2kit_extensions ws2kit_relay_extension = {
    relay_AcceptEx,        relay_ConnectEx,  relay_DisconnectEx, relay_TransmitFile,
    relay_TransmitPackets, relay_WSARecvMsg, relay_WSASendMsg,
};

/* ---- tables ---- */

WSPPROC_TABLE ws2kit_relay_pass;

static void put_always(WSPPROC_TABLE *t)
{
    t->lpWSPAccept = relay_Accept;
    t->lpWSPAsyncSelect = relay_AsyncSelect;
    t->lpWSPBind = relay_Bind;
    t->lpWSPCloseSocket = relay_CloseSocket;
    t->lpWSPConnect = relay_Connect;
    t->lpWSPDuplicateSocket = relay_DuplicateSocket;
    t->lpWSPEnumNetworkEvents = relay_EnumNetworkEvents;
    t->lpWSPEventSelect = relay_EventSelect;
    t->lpWSPGetPeerName = relay_GetPeerName;
    t->lpWSPGetSockName = relay_GetSockName;
    t->lpWSPGetSockOpt = relay_GetSockOpt;
    t->lpWSPIoctl = relay_Ioctl;
    t->lpWSPListen = relay_Listen;
    t->lpWSPSetSockOpt = relay_SetSockOpt;
    t->lpWSPSocket = relay_Socket;
}

static void put_routes(WSPPROC_TABLE *t)
{
    t->lpWSPGetOverlappedResult = relay_GetOverlappedResult;
    t->lpWSPRecv = relay_Recv;
    t->lpWSPRecvDisconnect = relay_RecvDisconnect;
    t->lpWSPRecvFrom = relay_RecvFrom;
    t->lpWSPSend = relay_Send;
    t->lpWSPSendDisconnect = relay_SendDisconnect;
    t->lpWSPSendTo = relay_SendTo;
    t->lpWSPShutdown = relay_Shutdown;
}

/* Right over the base both ways lead to the same functions, and carrying bytes costs nothing: they are left alone. */
static void fill(const struct chain *c, WSPPROC_TABLE *table)
{
    WSPPROC_TABLE all = ws2kit_pass;

    put_always(&all);
    put_routes(&all);
    ws2kit_relay_pass = all;
    if (!is_stream(&c->mine))
        return;
    put_always(table);
    if (!c->over_base)
        put_routes(table);
    if (chain_wants_own(NULL))
        table->lpWSPSelect = ws2kit_layer.own->select; /* datagram sockets may be in the same call */
}

const struct ws2kit_relay ws2kit_relay = {fill, relay_stop, &ws2kit_relay_extension};
