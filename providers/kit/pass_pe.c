/* SPDX-License-Identifier: MIT */
#include "providers/kit/chain.h"

#include <mswsock.h>
#include <stddef.h>
#include <string.h>

static int fail(LPINT lp_errno, int err)
{
    *lp_errno = err;
    return SOCKET_ERROR;
}

/* ---- entries that a layer has to do something for ---- */

SOCKET chain_adopt_with(struct chain *c, const WSPPROC_TABLE *maker, SOCKET s, LPINT lp_errno)
{
    SOCKET ours;
    int err, ignored;

    err = chain_set(s, c);
    if (!err) {
        ours = upcalls.lpWPUModifyIFSHandle(c->mine.dwCatalogEntryId, s, &err);
        if (ours != INVALID_SOCKET)
            return ours;
    }
    maker->lpWSPCloseSocket(s, &ignored);
    *lp_errno = err;
    return INVALID_SOCKET;
}

static SOCKET adopt(struct chain *c, SOCKET s, LPINT lp_errno)
{
    return chain_adopt_with(c, &c->next, s, lp_errno);
}

static SOCKET WSPAPI pass_Socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info,
                                 GROUP group, DWORD flags, LPINT lp_errno)
{
    WSAPROTOCOL_INFOW room;
    struct chain *c;
    SOCKET s;
    int err;

    err = info ? chain_get(info, &c) : WSAEFAULT;
    if (err)
        return (SOCKET)fail(lp_errno, err);
    s = c->next.lpWSPSocket(family, type, protocol, chain_next_info(c, info, &room), group, flags,
                            lp_errno);
    return s == INVALID_SOCKET ? s : adopt(c, s, lp_errno);
}

static SOCKET WSPAPI pass_Accept(SOCKET s, struct sockaddr *addr, LPINT bytes,
                                 LPCONDITIONPROC condition, DWORD_PTR data, LPINT lp_errno)
{
    struct chain *c = chain_of(s);
    SOCKET accepted;

    if (!c)
        return (SOCKET)fail(lp_errno, WSAENOTSOCK);
    accepted = c->next.lpWSPAccept(s, addr, bytes, condition, data, lp_errno);
    return accepted == INVALID_SOCKET ? accepted : adopt(c, accepted, lp_errno);
}

static SOCKET WSPAPI pass_JoinLeaf(SOCKET s, const struct sockaddr *name, int bytes,
                                   LPWSABUF caller, LPWSABUF callee, LPQOS sqos, LPQOS gqos,
                                   DWORD flags, LPINT lp_errno)
{
    struct chain *c = chain_of(s);
    SOCKET leaf;

    if (!c)
        return (SOCKET)fail(lp_errno, WSAENOTSOCK);
    leaf = c->next.lpWSPJoinLeaf(s, name, bytes, caller, callee, sqos, gqos, flags, lp_errno);
    return leaf == INVALID_SOCKET || leaf == s ? leaf : adopt(c, leaf, lp_errno);
}

static void to_ansi(const WSAPROTOCOL_INFOW *w, WSAPROTOCOL_INFOA *a)
{
    memcpy(a, w, offsetof(WSAPROTOCOL_INFOA, szProtocol));
    a->szProtocol[0] = 0;
    WideCharToMultiByte(CP_ACP, 0, w->szProtocol, -1, a->szProtocol, sizeof a->szProtocol, NULL,
                        NULL);
    a->szProtocol[sizeof a->szProtocol - 1] = 0;
}

/*
 * The catalog's entries of a layer that has a relay and sockets of its own say the latter of all protocols, since a DLL is asked once. Connections
 * are the kernel's handles all the same, and programs that look here (libuv) use them as such.
 */
static WSAPROTOCOL_INFOW true_info(const struct chain *c)
{
    WSAPROTOCOL_INFOW info = c->mine;

    if (ws2kit_layer.relay && ws2kit_layer.own && !c->own)
        info.dwServiceFlags1 |= XP1_IFS_HANDLES;
    return info;
}

void chain_answer_info(const struct chain *c, int name, void *value)
{
    WSAPROTOCOL_INFOW info;

    if (name != SO_PROTOCOL_INFOW && name != SO_PROTOCOL_INFOA)
        return;
    info = true_info(c);
    if (name == SO_PROTOCOL_INFOW)
        memcpy(value, &info, sizeof info);
    else
        to_ansi(&info, value);
}

/* The token for the other process is the base's; all else must lead it to this chain (spi.md 3.7). */
void chain_answer_duplicate(const struct chain *c, LPWSAPROTOCOL_INFOW info)
{
    DWORD token = info->dwProviderReserved;

    *info = c->mine;
    info->dwProviderReserved = token;
}

/* The next provider checks socket and buffer; then its answer is replaced by ours (spi.md 3.8). */
static int WSPAPI pass_GetSockOpt(SOCKET s, int level, int name, char *value, LPINT bytes,
                                  LPINT lp_errno)
{
    const WSPPROC_TABLE *next = chain_next(s);
    struct chain *c;
    int result;

    if (!next)
        return fail(lp_errno, WSAENOTSOCK);
    result = next->lpWSPGetSockOpt(s, level, name, value, bytes, lp_errno);
    if (result || level != SOL_SOCKET || (name != SO_PROTOCOL_INFOA && name != SO_PROTOCOL_INFOW))
        return result;

    c = chain_of(s);
    if (c)
        chain_answer_info(c, name, value);
    return 0;
}

static int WSPAPI pass_DuplicateSocket(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOW info,
                                       LPINT lp_errno)
{
    struct chain *c = chain_of(s);
    int result;

    if (!c)
        return fail(lp_errno, WSAENOTSOCK);
    result = c->next.lpWSPDuplicateSocket(s, process, info, lp_errno);
    if (!result)
        chain_answer_duplicate(c, info);
    return result;
}

static int WSPAPI pass_Ioctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out,
                             DWORD out_bytes, LPDWORD returned, LPWSAOVERLAPPED ov,
                             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread,
                             LPINT lp_errno)
{
    const WSPPROC_TABLE *next = chain_next(s);
    int result;

    if (!next)
        return fail(lp_errno, WSAENOTSOCK);
    result = next->lpWSPIoctl(s, code, in, in_bytes, out, out_bytes, returned, ov, routine, thread,
                              lp_errno);
    if (!result && code == SIO_GET_EXTENSION_FUNCTION_POINTER)
        extension_answer(s, in, out);
    return result;
}

static INT WSPAPI pass_AddressToString(LPSOCKADDR addr, DWORD bytes, LPWSAPROTOCOL_INFOW info,
                                       LPWSTR text, LPDWORD chars, LPINT lp_errno)
{
    WSAPROTOCOL_INFOW room;
    struct chain *c;
    int err;

    err = info ? chain_get(info, &c) : WSAEFAULT;
    if (err)
        return fail(lp_errno, err);
    return c->next.lpWSPAddressToString(addr, bytes, chain_next_info(c, info, &room), text, chars,
                                        lp_errno);
}

static INT WSPAPI pass_StringToAddress(LPWSTR text, INT family, LPWSAPROTOCOL_INFOW info,
                                       LPSOCKADDR addr, LPINT bytes, LPINT lp_errno)
{
    WSAPROTOCOL_INFOW room;
    struct chain *c;
    int err;

    err = info ? chain_get(info, &c) : WSAEFAULT;
    if (err)
        return fail(lp_errno, err);
    return c->next.lpWSPStringToAddress(text, family, chain_next_info(c, info, &room), addr, bytes,
                                        lp_errno);
}

/* One blocking call at most is in progress on this thread, below one of our chains. */
static int WSPAPI pass_CancelBlockingCall(LPINT lp_errno)
{
    int result = fail(lp_errno, WSAEINVAL);

    for (struct chain *c = NULL; result && (c = chain_each(c));)
        result = c->next.lpWSPCancelBlockingCall(lp_errno);
    return result;
}

static int WSPAPI pass_Cleanup(LPINT lp_errno)
{
    int err = layer_end();

    return err ? fail(lp_errno, err) : 0;
}

/* Chains with different providers below cannot be in one call; the first socket decides (spi.md 3.10). */
static int WSPAPI pass_Select(int n, fd_set *rd, fd_set *wr, fd_set *ex, const PTIMEVAL timeout,
                              LPINT lp_errno)
{
    const fd_set *first = rd && rd->fd_count ? rd : wr && wr->fd_count ? wr : ex;
    const WSPPROC_TABLE *next;

    if (!first || !first->fd_count)
        return fail(lp_errno, WSAEINVAL);
    next = chain_next(first->fd_array[0]);
    return next ? next->lpWSPSelect(n, rd, wr, ex, timeout, lp_errno) : fail(lp_errno, WSAENOTSOCK);
}

/* ---- entries that only go on to the provider below ---- */

#define PASS(type, failed, name, params, args)                                                     \
    static type WSPAPI pass_##name params                                                          \
    {                                                                                              \
        const WSPPROC_TABLE *next = chain_next(s);                                                 \
                                                                                                   \
        if (next)                                                                                  \
            return next->lpWSP##name args;                                                         \
        *e = WSAENOTSOCK;                                                                          \
        return failed;                                                                             \
    }

/* clang-format off */
PASS(int, SOCKET_ERROR, AsyncSelect, (SOCKET s, HWND w, unsigned m, long ev, LPINT e), (s, w, m, ev, e))
PASS(int, SOCKET_ERROR, Bind, (SOCKET s, const struct sockaddr *a, int n, LPINT e), (s, a, n, e))
PASS(int, SOCKET_ERROR, CloseSocket, (SOCKET s, LPINT e), (s, e))
PASS(int, SOCKET_ERROR, Connect, (SOCKET s, const struct sockaddr *a, int n, LPWSABUF r, LPWSABUF d, LPQOS sq, LPQOS gq, LPINT e),
     (s, a, n, r, d, sq, gq, e))
PASS(int, SOCKET_ERROR, EnumNetworkEvents, (SOCKET s, WSAEVENT h, LPWSANETWORKEVENTS ev, LPINT e), (s, h, ev, e))
PASS(int, SOCKET_ERROR, EventSelect, (SOCKET s, WSAEVENT h, long ev, LPINT e), (s, h, ev, e))
PASS(BOOL, FALSE, GetOverlappedResult, (SOCKET s, LPWSAOVERLAPPED o, LPDWORD n, BOOL wait, LPDWORD f, LPINT e), (s, o, n, wait, f, e))
PASS(int, SOCKET_ERROR, GetPeerName, (SOCKET s, struct sockaddr *a, LPINT n, LPINT e), (s, a, n, e))
PASS(int, SOCKET_ERROR, GetSockName, (SOCKET s, struct sockaddr *a, LPINT n, LPINT e), (s, a, n, e))
PASS(BOOL, FALSE, GetQOSByName, (SOCKET s, LPWSABUF b, LPQOS q, LPINT e), (s, b, q, e))
PASS(int, SOCKET_ERROR, Listen, (SOCKET s, int backlog, LPINT e), (s, backlog, e))
PASS(int, SOCKET_ERROR, Recv, (SOCKET s, LPWSABUF b, DWORD nb, LPDWORD n, LPDWORD f, LPWSAOVERLAPPED o,
     LPWSAOVERLAPPED_COMPLETION_ROUTINE r, LPWSATHREADID t, LPINT e), (s, b, nb, n, f, o, r, t, e))
PASS(int, SOCKET_ERROR, RecvDisconnect, (SOCKET s, LPWSABUF b, LPINT e), (s, b, e))
PASS(int, SOCKET_ERROR, RecvFrom, (SOCKET s, LPWSABUF b, DWORD nb, LPDWORD n, LPDWORD f, struct sockaddr *a, LPINT na, LPWSAOVERLAPPED o,
     LPWSAOVERLAPPED_COMPLETION_ROUTINE r, LPWSATHREADID t, LPINT e), (s, b, nb, n, f, a, na, o, r, t, e))
PASS(int, SOCKET_ERROR, Send, (SOCKET s, LPWSABUF b, DWORD nb, LPDWORD n, DWORD f, LPWSAOVERLAPPED o,
     LPWSAOVERLAPPED_COMPLETION_ROUTINE r, LPWSATHREADID t, LPINT e), (s, b, nb, n, f, o, r, t, e))
PASS(int, SOCKET_ERROR, SendDisconnect, (SOCKET s, LPWSABUF b, LPINT e), (s, b, e))
PASS(int, SOCKET_ERROR, SendTo, (SOCKET s, LPWSABUF b, DWORD nb, LPDWORD n, DWORD f, const struct sockaddr *a, int na, LPWSAOVERLAPPED o,
     LPWSAOVERLAPPED_COMPLETION_ROUTINE r, LPWSATHREADID t, LPINT e), (s, b, nb, n, f, a, na, o, r, t, e))
PASS(int, SOCKET_ERROR, SetSockOpt, (SOCKET s, int level, int name, const char *v, int n, LPINT e), (s, level, name, v, n, e))
PASS(int, SOCKET_ERROR, Shutdown, (SOCKET s, int how, LPINT e), (s, how, e))
/* clang-format on */

const WSPPROC_TABLE ws2kit_pass = {
    pass_Accept,        pass_AddressToString, pass_AsyncSelect,    pass_Bind,
    pass_CancelBlockingCall, pass_Cleanup,    pass_CloseSocket,    pass_Connect,
    pass_DuplicateSocket, pass_EnumNetworkEvents, pass_EventSelect, pass_GetOverlappedResult,
    pass_GetPeerName,   pass_GetSockName,     pass_GetSockOpt,     pass_GetQOSByName,
    pass_Ioctl,         pass_JoinLeaf,        pass_Listen,         pass_Recv,
    pass_RecvDisconnect, pass_RecvFrom,       pass_Select,         pass_Send,
    pass_SendDisconnect, pass_SendTo,         pass_SetSockOpt,     pass_Shutdown,
    pass_Socket,        pass_StringToAddress,
};

/*
 * Each chain has a table of its own, so what is neither hooked nor needs the kit is the next provider's own pointer: no
 * look-up, no extra call.
 */
void pass_fill(const struct chain *c, WSPPROC_TABLE *table)
{
    WSPPROC_TABLE entries = c->next;
    FARPROC *to = (FARPROC *)&entries;
    const FARPROC *hook = (const FARPROC *)&ws2kit_layer.hook;

    entries.lpWSPAccept = pass_Accept;
    entries.lpWSPAddressToString = pass_AddressToString;
    entries.lpWSPCleanup = pass_Cleanup;
    entries.lpWSPDuplicateSocket = pass_DuplicateSocket;
    entries.lpWSPGetSockOpt = pass_GetSockOpt;
    if (extension_hooked())
        entries.lpWSPIoctl = pass_Ioctl;
    entries.lpWSPJoinLeaf = pass_JoinLeaf;
    entries.lpWSPSocket = pass_Socket;
    entries.lpWSPStringToAddress = pass_StringToAddress;

    if (c->own) {
        entries.lpWSPCancelBlockingCall = pass_CancelBlockingCall;
        ws2kit_layer.own->fill(&entries);
    }
    if (ws2kit_layer.relay)
        ws2kit_layer.relay->fill(c, &entries);
    for (size_t i = 0; i < sizeof entries / sizeof *to; i++)
        if (hook[i])
            to[i] = hook[i];
    *table = entries;
}
