/* SPDX-License-Identifier: MIT */
/*
 * The tap layer: writes what the program's sockets carry as a pcapng file. It has sockets of its own, because only so the bytes of overlapped
 * operations are seen, which the kernel moves past an IFS layer; it changes nothing.
 */
#include "providers/kit/ws2kit_layer.h"
#include "providers/tap/capture.h"
#include "providers/tap/sockets.h"

BOOLEAN NTAPI RtlDllShutdownInProgress(void);

static int start(void)
{
    capture_start();
    return 0;
}

static void started(const WSAPROTOCOL_INFOW *chain, const WSAPROTOCOL_INFOW *below, int err)
{
    char text[WSAPROTOCOL_LEN * 3];

    (void)chain;
    if (!err && WideCharToMultiByte(CP_UTF8, 0, below->szProtocol, -1, text, sizeof text, NULL, NULL))
        capture_below(text);
}

static void stop(void)
{
    sock_stop(RtlDllShutdownInProgress());
}

static BOOL is_stream(SOCKET s)
{
    const WSAPROTOCOL_INFOW *info = ws2kit_protocol(s);

    return info && info->iSocketType == SOCK_STREAM;
}

/* ---- making and ending ---- */

static SOCKET WSPAPI tap_socket(int family, int type, int protocol, LPWSAPROTOCOL_INFOW info, GROUP group,
                                DWORD flags, LPINT err)
{
    SOCKET s = ws2kit_own_pass.lpWSPSocket(family, type, protocol, info, group, flags, err);

    if (s != INVALID_SOCKET)
        sock_made(s);
    return s;
}

static SOCKET WSPAPI tap_accept(SOCKET s, struct sockaddr *addr, LPINT bytes, LPCONDITIONPROC condition,
                                DWORD_PTR data, LPINT err)
{
    SOCKET accepted = ws2kit_own_pass.lpWSPAccept(s, addr, bytes, condition, data, err);

    if (accepted != INVALID_SOCKET) {
        sock_made(accepted);
        sock_accepted(accepted);
    }
    return accepted;
}

static int WSPAPI tap_close(SOCKET s, LPINT err)
{
    LINGER linger = { 0 };
    int bytes = sizeof linger, ignored;

    if (is_stream(s)) {
        sock_settle(s);
        if (ws2kit_own_pass.lpWSPGetSockOpt(s, SOL_SOCKET, SO_LINGER, (char *)&linger, &bytes, &ignored))
            linger.l_onoff = 0;
        sock_closing(s, linger.l_onoff && !linger.l_linger);
    }
    return ws2kit_own_pass.lpWSPCloseSocket(s, err);
}

static int WSPAPI tap_duplicate(SOCKET s, DWORD process, LPWSAPROTOCOL_INFOW info, LPINT err)
{
    int result = ws2kit_own_pass.lpWSPDuplicateSocket(s, process, info, err);

    if (!result)
        sock_shared(s);
    return result;
}

static int WSPAPI tap_shutdown(SOCKET s, int how, LPINT err)
{
    int result = ws2kit_own_pass.lpWSPShutdown(s, how, err);

    if (!result && how != SD_RECEIVE)
        sock_shut(s);
    return result;
}

static int WSPAPI tap_send_disconnect(SOCKET s, LPWSABUF data, LPINT err)
{
    int result = ws2kit_own_pass.lpWSPSendDisconnect(s, data, err);

    if (!result)
        sock_shut(s);
    return result;
}

static BOOL PASCAL tap_DisconnectEx(SOCKET s, LPOVERLAPPED ov, DWORD flags, DWORD reserved)
{
    BOOL done = ws2kit_own_extension.DisconnectEx(s, ov, flags, reserved);
    int err = WSAGetLastError();

    if (done)
        sock_disconnected(s);
    WSASetLastError(err);
    return done;
}

/* ---- connecting: the call, and the many ways to hear how it went ---- */

static int WSPAPI tap_connect(SOCKET s, const struct sockaddr *name, int bytes, LPWSABUF caller, LPWSABUF callee,
                              LPQOS sqos, LPQOS gqos, LPINT err)
{
    BOOL stream = is_stream(s);
    int result;

    if (stream)
        sock_asked(s, name, bytes, capture_time());
    result = ws2kit_own_pass.lpWSPConnect(s, name, bytes, caller, callee, sqos, gqos, err);
    if (!stream && !result)
        sock_peer(s);
    else if (!result || *err == WSAEISCONN)
        sock_settle(s);
    else if (*err == WSAEWOULDBLOCK)
        sock_waits(s);
    else if (*err != WSAEALREADY)
        sock_refused(s, *err);
    return result;
}

static BOOL PASCAL tap_ConnectEx(SOCKET s, const struct sockaddr *name, int bytes, PVOID data, DWORD data_bytes,
                                 LPDWORD sent, LPOVERLAPPED ov)
{
    /* Before the call: its end may come on another thread before it returns. */
    BOOL done;
    int err;

    sock_asked(s, name, bytes, capture_time());
    done = ws2kit_own_extension.ConnectEx(s, name, bytes, data, data_bytes, sent, ov);
    err = WSAGetLastError();
    if (!done && err == WSA_IO_PENDING)
        sock_waits(s);
    WSASetLastError(err);
    return done;
}

static int WSPAPI tap_enum_events(SOCKET s, WSAEVENT event, LPWSANETWORKEVENTS events, LPINT err)
{
    int result = ws2kit_own_pass.lpWSPEnumNetworkEvents(s, event, events, err);

    if (!result && events->lNetworkEvents & FD_CONNECT) {
        if (events->iErrorCode[FD_CONNECT_BIT])
            sock_refused(s, events->iErrorCode[FD_CONNECT_BIT]);
        else
            sock_settle(s);
    }
    return result;
}

static int WSPAPI tap_select(int n, fd_set *rd, fd_set *wr, fd_set *ex, const PTIMEVAL timeout, LPINT err)
{
    int result = ws2kit_own_pass.lpWSPSelect(n, rd, wr, ex, timeout, err);

    if (result > 0 && sock_any_asking())
        for (u_int i = 0; wr && i < wr->fd_count; i++)
            sock_settle(wr->fd_array[i]);
    return result;
}

static int WSPAPI tap_ioctl(SOCKET s, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
                            LPDWORD returned, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                            LPWSATHREADID thread, LPINT err)
{
    int result = ws2kit_own_pass.lpWSPIoctl(s, code, in, in_bytes, out, out_bytes, returned, ov, routine, thread, err);
    const WSAPOLLDATA *polled = out;

    if (!result && code == SIO_EXT_POLL && sock_any_asking())
        for (ULONG i = 0; i < polled->fds; i++)
            if (polled->fdArray[i].revents & POLLOUT)
                sock_settle(polled->fdArray[i].fd);
    return result;
}

static int WSPAPI tap_getsockopt(SOCKET s, int level, int name, char *value, LPINT bytes, LPINT err)
{
    int result = ws2kit_own_pass.lpWSPGetSockOpt(s, level, name, value, bytes, err);

    if (!result && level == SOL_SOCKET && name == SO_ERROR && *bytes >= (int)sizeof(int) && sock_is_asking(s)) {
        if (*(int *)value)
            sock_refused(s, *(int *)value);
        else
            sock_settle(s);
    }
    return result;
}

/* ---- what the kit tells ---- */

static void ended(const struct ws2kit_ended *e)
{
    switch (e->what) {
    case WS2KIT_SENDING:
        sock_sending(e->s);
        return;
    case WS2KIT_SENT:
    case WS2KIT_RECEIVED:
        sock_moved(e);
        return;
    case WS2KIT_CONNECTED:
        if (e->err)
            sock_refused(e->s, e->err);
        else
            sock_connected(e->s);
        return;
    case WS2KIT_ACCEPTED:
        if (!e->err)
            sock_accepted(e->s);
        return;
    case WS2KIT_DISCONNECTED:
        if (!e->err)
            sock_disconnected(e->s);
        return;
    case WS2KIT_GONE:
        sock_gone(e->s);
        return;
    }
}

const struct ws2kit_layer ws2kit_layer = {
    .name = "tap",
    .description = L"ws2kit tap: writes the traffic as a pcapng file",
    .start = start,
    .started = started,
    .stop = stop,
    .own = &ws2kit_own_sockets,
    .hook = {
        .lpWSPSocket = tap_socket,
        .lpWSPAccept = tap_accept,
        .lpWSPCloseSocket = tap_close,
        .lpWSPDuplicateSocket = tap_duplicate,
        .lpWSPShutdown = tap_shutdown,
        .lpWSPSendDisconnect = tap_send_disconnect,
        .lpWSPConnect = tap_connect,
        .lpWSPEnumNetworkEvents = tap_enum_events,
        .lpWSPSelect = tap_select,
        .lpWSPIoctl = tap_ioctl,
        .lpWSPGetSockOpt = tap_getsockopt,
    },
    .extension = { .DisconnectEx = tap_DisconnectEx, .ConnectEx = tap_ConnectEx },
    .ended = ended,
};
