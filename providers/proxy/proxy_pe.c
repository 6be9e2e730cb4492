/* SPDX-License-Identifier: MIT */
/*
 * The proxy layer: TCP connections go through a SOCKS5 or HTTP proxy, directly, or not at all, by rules; config_pe.c has the
 * options. dial_pe.c makes the connections, on the kit's relay; nsp_pe.c answers names, if the proxy is to resolve them.
 * Here: what becomes of datagrams, which proxies of these kinds do not carry (or hardly one does).
 */
#include "providers/proxy/proxy.h"

BOOLEAN NTAPI RtlDllShutdownInProgress(void);

static void tell_refused(const struct endpoint *e, const char *why)
{
    char to[ENDPOINT_TEXT_BYTES];

    if (!config.verbose)
        return;
    endpoint_format(e, to);
    say("datagrams to %s: refused, %s", to, why);
}

static BOOL is_udp(SOCKET s)
{
    const WSAPROTOCOL_INFOW *info = ws2kit_protocol(s);

    return info && info->iProtocol == IPPROTO_UDP;
}

/*
 * 0, or why a datagram must not go there. The rules hold for datagrams too; what they send through a proxy goes directly, or
 * with udp=refuse nowhere. A bad pointer is for the provider below to find.
 */
static int check_datagram(SOCKET s, const struct sockaddr *to, int bytes)
{
    struct endpoint e;
    char name[ENDPOINT_NAME_BYTES];
    enum destination kind;
    int action;

    if (!config.refuse_udp && !config.fakes && !config.broken && !config.rules.count)
        return 0; /* spares every datagram what follows */
    if (!to || bytes <= 0 || !is_udp(s) || IsBadReadPtr(to, (UINT_PTR)bytes))
        return 0;
    kind = destination_of(to, bytes, &e, name);
    if (kind == DEST_OTHER)
        return 0;
    if (kind != DEST_ADDRESS) {
        tell_refused(&e, "its name is resolved at the proxy");
        return WSAEHOSTUNREACH;
    }
    action = decide(*name ? name : NULL, &e, e.port);
    if (action == RULE_DIRECT || (action >= RULE_PROXY && !config.refuse_udp))
        return 0;
    tell_refused(&e, action == RULE_REFUSE ? "by the rules" : "by udp=refuse");
    return WSAEACCES;
}

static int WSPAPI proxy_Connect(SOCKET s, const struct sockaddr *name, int bytes, LPWSABUF caller, LPWSABUF callee, LPQOS sqos,
                                LPQOS gqos, LPINT err)
{
    int refused = check_datagram(s, name, bytes);

    if (!refused)
        return ws2kit_relay_pass.lpWSPConnect(s, name, bytes, caller, callee, sqos, gqos, err);
    *err = refused;
    return SOCKET_ERROR;
}

static int WSPAPI proxy_SendTo(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD sent, DWORD flags, const struct sockaddr *to,
                               int to_bytes, LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                               LPWSATHREADID thread, LPINT err)
{
    int refused = check_datagram(s, to, to_bytes);

    if (!refused)
        return ws2kit_relay_pass.lpWSPSendTo(s, buffers, count, sent, flags, to, to_bytes, ov, routine, thread, err);
    *err = refused;
    return SOCKET_ERROR;
}

static INT PASCAL proxy_WSASendMsg(SOCKET s, LPWSAMSG message, DWORD flags, LPDWORD sent, LPWSAOVERLAPPED ov,
                                   LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    int refused = message && !IsBadReadPtr(message, sizeof *message) ? check_datagram(s, message->name, message->namelen) : 0;

    if (!refused)
        return ws2kit_relay_extension.WSASendMsg(s, message, flags, sent, ov, routine);
    WSASetLastError(refused);
    return SOCKET_ERROR;
}

/* At the end of the process another thread may have gone with the lock of the options in its hands. */
static void stop(void)
{
    if (!RtlDllShutdownInProgress())
        config_drop();
}

const struct ws2kit_layer ws2kit_layer = {
    .name = "proxy",
    .description = L"ws2kit proxy: TCP through SOCKS5 or HTTP CONNECT",
    .guid = { 0x0f1c6a52, 0x93d4, 0x4e7b, { 0xa8, 0x20, 0x5b, 0x16, 0xe9, 0x4d, 0x73, 0xc1 } },
    .start = config_hold,
    .stop = stop,
    .relay = &ws2kit_relay,
    .hook = { .lpWSPConnect = proxy_Connect, .lpWSPSendTo = proxy_SendTo },
    .extension = { .WSASendMsg = proxy_WSASendMsg },
};
