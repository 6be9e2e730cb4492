/* SPDX-License-Identifier: MIT */
/*
 * WSPGetSockOpt and WSPSetSockOpt. The table and its rules are in options_rules.c; here a value is fetched from the
 * kernel, from the record, or made up.
 */
#include "providers/tcpip/sock.h"
#include "providers/tcpip/entry.h"
#include "providers/tcpip/fast.h"
#include "providers/tcpip/options_rules.h"
#include "providers/tcpip/spi.h"

#include <stdlib.h>
#include <string.h>

#ifndef SO_BSP_STATE
#define SO_BSP_STATE 0x1009
#endif
enum { TCP_KEEP_IDLE = 3, TCP_KEEP_COUNT = 16, TCP_KEEP_INTERVAL = 17 };
enum { MTU_V4 = 73, MTU_V6 = 72, MULTICAST_IF_V4 = 9, V6ONLY = 27 };

#define BOTH(level, name) ((ULONGLONG)(ULONG)(level) << 32 | (ULONG)(name))

int check_read(const void *p, SIZE_T bytes)
{
    return bytes && IsBadReadPtr(p, bytes) ? WSAEFAULT : 0;
}

int check_write(void *p, SIZE_T bytes)
{
    return bytes && IsBadWritePtr(p, bytes) ? WSAEFAULT : 0;
}

static int kernel_err(NTSTATUS status)
{
    /* an option of another address family, to the host */
    return status == STATUS_NOT_SUPPORTED ? WSAENOPROTOOPT : err_from_ntstatus(status);
}

/* ---- reading ---- */

/* The plain ones, which the device would pass on to Linux; for an accepted socket that costs it a request each. */
static NTSTATUS plain_option(struct sock *k, ULONG code, void *value, INT bytes)
{
    static const struct {
        ULONG get, set;
        enum half_option_name name;
    } plain[] = {
        { 0x120470, 0x120474, HALF_NODELAY },
        { 0x12037C, 0x120380, HALF_KEEPALIVE },
        { 0x120370, 0x120374, HALF_BROADCAST },
    };

    for (unsigned i = 0; i < sizeof plain / sizeof *plain && bytes == sizeof(INT); i++) {
        if (code == plain[i].get || code == plain[i].set)
            return fast_option(k, plain[i].name, code == plain[i].set, value);
    }
    return STATUS_NOT_FAST;
}

static int kernel_get(struct sock *k, ULONG code, void *value, INT *bytes)
{
    ULONG info = 0;
    NTSTATUS status = plain_option(k, code, value, *bytes);

    if (status != STATUS_NOT_FAST)
        return kernel_err(status);
    status = afd_call(k->handle, code, NULL, 0, value, *bytes, &info);

    if (status)
        return kernel_err(status);
    if (info && (INT)info < *bytes)
        *bytes = (INT)info;
    return 0;
}

static int kernel_get_int(struct sock *k, ULONG code, INT *value)
{
    INT bytes = sizeof *value;

    return kernel_get(k, code, value, &bytes);
}

/* The peer as getpeername would tell it. 0 bytes: there is none. */
static INT peer_of(struct sock *k, union sock_addr *peer)
{
    ULONG bytes = 0;

    if (k->peer_bytes) {
        *peer = k->peer;
        return k->peer_bytes;
    }
    if (!sock_is_stream(k) ||
        afd_call(k->handle, AFD_GETPEERNAME, NULL, 0, peer, sizeof *peer, &bytes))
        return 0;
    return sock_addr_bytes(k);
}

static INT local_of(struct sock *k, union sock_addr *local)
{
    ULONG bytes = 0;

    if (afd_call(k->handle, AFD_GETSOCKNAME, NULL, 0, local, sizeof *local, &bytes))
        return 0;
    return sock_addr_bytes(k);
}

static int get_error(struct sock *k, INT *value)
{
    if (sock_option_get(k, SOL_SOCKET, SO_ERROR, value, sizeof *value) > 0)
        return 0;
    if (k->mask_error) {
        *value = 0;
        return 0;
    }
    if (fast_no_trouble(k)) {
        *value = 0;
        return 0;
    }
    return kernel_get_int(k, 0x120378, value);
}

/* Wine 10 has ioctls for these three; 8.0 only the pair of times, so the record remembers. */
static int get_keepalive(struct sock *k, const struct option_rule *rule, INT *value)
{
    NTSTATUS status = afd_call(k->handle, rule->get, NULL, 0, value, sizeof *value, NULL);

    if (status != STATUS_NOT_SUPPORTED)
        return kernel_err(status);
    if (sock_option_get(k, rule->level, rule->name, value, sizeof *value) < 0)
        *value = rule->initial;
    return 0;
}

static int get_mtu(struct sock *k, INT *value)
{
    union sock_addr local, peer;

    if (!peer_of(k, &peer))
        return WSAENOTCONN;
    *value = local_of(k, &local) ? (INT)net_mtu(&local) : 0;
    if (!*value)
        *value = 1500; /* a datagram socket is bound to the wildcard: say what Ethernet would */
    return 0;
}

static int get_v6only(struct sock *k, const struct option_rule *rule, INT *value)
{
    if (k->family == AF_INET6)
        return kernel_get_int(k, rule->get, value);
    if (sock_option_get(k, rule->level, rule->name, value, sizeof *value) < 0)
        *value = rule->initial;
    return 0;
}

static int get_multicast_if(struct sock *k, const struct option_rule *rule, INT *value)
{
    if (sock_option_get(k, rule->level, rule->name, value, sizeof *value) > 0)
        return 0;
    return kernel_get_int(k, rule->get, value);
}

/* The options of SHAPE_INT and its kin that a function answers. */
static int get_code(struct sock *k, const struct option_rule *rule, INT *value)
{
    switch (BOTH(rule->level, rule->name)) {
    case BOTH(SOL_SOCKET, SO_KEEPALIVE):
        return kernel_get_int(k, rule->get, value);
    case BOTH(SOL_SOCKET, SO_LINGER):
        memcpy(value, &k->linger, sizeof *value);
        return 0;
    case BOTH(SOL_SOCKET, SO_DONTLINGER):
        *value = !k->linger.l_onoff;
        return 0;
    case BOTH(SOL_SOCKET, SO_ERROR):
        return get_error(k, value);
    case BOTH(SOL_SOCKET, SO_TYPE):
        *value = k->type;
        return 0;
    case BOTH(SOL_SOCKET, SO_MAX_MSG_SIZE):
        *value = 65507;
        return sock_is_stream(k) ? WSAENOPROTOOPT : 0;
    case BOTH(IPPROTO_IP, MULTICAST_IF_V4):
        return get_multicast_if(k, rule, value);
    case BOTH(IPPROTO_IP, MTU_V4):
    case BOTH(IPPROTO_IPV6, MTU_V6):
        return get_mtu(k, value);
    case BOTH(IPPROTO_TCP, TCP_KEEP_IDLE):
    case BOTH(IPPROTO_TCP, TCP_KEEP_COUNT):
    case BOTH(IPPROTO_TCP, TCP_KEEP_INTERVAL):
        return get_keepalive(k, rule, value);
    case BOTH(IPPROTO_IPV6, V6ONLY):
        return get_v6only(k, rule, value);
    }
    return WSAENOPROTOOPT;
}

static int get_int(struct sock *k, const struct option_rule *rule, INT *value)
{
    int err;

    switch (rule->home) {
    case HOME_KERNEL:
        err = kernel_get_int(k, rule->get, value);
        if (!err && (rule->flags & OPTION_SWAPPED))
            *value = (INT)__builtin_bswap32((UINT)*value);
        return err;
    case HOME_RECORD:
        if (sock_option_get(k, rule->level, (INT)rule->name, value, sizeof *value) < 0)
            *value = rule->initial;
        return 0;
    }
    return get_code(k, rule, value);
}

static int get_protocol_info(struct sock *k, BOOL wide, char *value, INT *bytes)
{
    WSAPROTOCOL_INFOW info;
    const INT needed = wide ? sizeof(WSAPROTOCOL_INFOW) : sizeof(WSAPROTOCOL_INFOA);

    if (*bytes < needed) {
        *bytes = needed;
        return WSAEFAULT;
    }
    if (check_write(value, needed))
        return WSAEFAULT;
    if (!provider_info(k->catalog_id, &info))
        return WSAENETDOWN;

    if (wide) {
        memcpy(value, &info, sizeof info);
    } else { /* the same fields up to the name */
        WSAPROTOCOL_INFOA narrow;

        memcpy(&narrow, &info, offsetof(WSAPROTOCOL_INFOA, szProtocol));
        WideCharToMultiByte(CP_ACP, 0, info.szProtocol, -1, narrow.szProtocol,
                            sizeof narrow.szProtocol, NULL, NULL);
        narrow.szProtocol[WSAPROTOCOL_LEN] = 0;
        memcpy(value, &narrow, sizeof narrow);
    }
    *bytes = needed;
    return 0;
}

static void put_address(SOCKET_ADDRESS *to, char *room, const union sock_addr *addr, INT bytes)
{
    if (bytes)
        memcpy(room, addr, bytes);
    to->lpSockaddr = bytes ? (LPSOCKADDR)room : NULL;
    to->iSockaddrLength = bytes;
}

/* A CSADDR_INFO with the two addresses behind it. */
static int get_bsp_state(struct sock *k, char *value, INT *bytes)
{
    const INT addr_bytes = sock_addr_bytes(k);
    const INT needed = (INT)sizeof(CSADDR_INFO) + 2 * addr_bytes;
    union sock_addr local, peer;
    CSADDR_INFO state;

    if (*bytes < needed || check_write(value, needed))
        return WSAEFAULT;
    put_address(&state.LocalAddr, value + sizeof state, &local, local_of(k, &local));
    put_address(&state.RemoteAddr, value + sizeof state + addr_bytes, &peer, peer_of(k, &peer));
    state.iSocketType = k->type;
    state.iProtocol = k->protocol;
    memcpy(value, &state, sizeof state);
    *bytes = needed;
    return 0;
}

static int get_raw(struct sock *k, const struct option_rule *rule, char *value, INT *bytes)
{
    BYTE buf[OPTION_BYTES_MAX];
    INT got = sizeof buf;
    int err = kernel_get(k, rule->get, buf, &got);

    return err ? err : option_give(rule, buf, got, value, bytes);
}

static int get(struct sock *k, int level, int name, char *value, LPINT bytes)
{
    const struct option_socket sock = {k->family, k->type};
    const struct option_rule *rule;
    INT number;
    int err;

    if (check_write(bytes, sizeof *bytes))
        return WSAEFAULT;
    if (level == SOL_SOCKET && (name == SO_PROTOCOL_INFOA || name == SO_PROTOCOL_INFOW))
        return get_protocol_info(k, name == SO_PROTOCOL_INFOW, value, bytes);
    if (*bytes <= 0 || check_write(value, *bytes < 4 ? *bytes : 4))
        return WSAEFAULT;

    rule = option_find(level, name, sock, false, &err);
    if (!rule)
        return err;
    if (level == SOL_SOCKET && name == SO_BSP_STATE)
        return get_bsp_state(k, value, bytes);
    if (rule->shape == SHAPE_RAW)
        return get_raw(k, rule, value, bytes);

    err = option_check_room(rule, value, bytes);
    if (!err)
        err = get_int(k, rule, &number);
    return err ? err : option_give(rule, (const uint8_t *)&number, sizeof number, value, bytes);
}

int WSPAPI WSPGetSockOpt(SOCKET s, int level, int optname, char *optval, LPINT optlen,
                         LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = get(k, level, optname, optval, optlen);
    sock_put(k);
    return spi_end(lp_errno, err);
}

/* ---- writing ---- */

static int kernel_set(struct sock *k, ULONG code, const void *value, INT bytes)
{
    INT plain = bytes == sizeof plain ? *(const INT *)value : 0;
    NTSTATUS status = plain_option(k, code, &plain, bytes);

    if (status != STATUS_NOT_FAST)
        return kernel_err(status);
    return kernel_err(afd_call(k->handle, code, value, bytes, NULL, 0, NULL));
}

static BOOL stored_int(struct sock *k, INT level, INT name, INT *value)
{
    return sock_option_get(k, level, name, value, sizeof *value) > 0;
}

/* On 8.0: tells the kernel the stored times, if there are any and keep-alive is on. */
static int apply_keepalive(struct sock *k)
{
    INT on = 0, idle = 7200, interval = 1;
    BOOL stored = stored_int(k, IPPROTO_TCP, TCP_KEEP_IDLE, &idle);
    ULONG in[3];

    stored |= stored_int(k, IPPROTO_TCP, TCP_KEEP_INTERVAL, &interval);
    if (!stored || kernel_get_int(k, 0x12037C, &on) || !on)
        return 0;
    in[0] = 1;
    in[1] = (ULONG)idle * 1000;
    in[2] = (ULONG)interval * 1000;
    return kernel_set(k, AFD_KEEPALIVE_VALS, in, sizeof in);
}

static int set_keepalive(struct sock *k, const struct option_rule *rule, INT value)
{
    NTSTATUS status;
    int err;

    if (value < 1)
        return WSAEINVAL;
    status = afd_call(k->handle, rule->set, &value, sizeof value, NULL, 0, NULL);
    if (status != STATUS_NOT_SUPPORTED)
        return kernel_err(status);

    err = sock_option_set(k, rule->level, (INT)rule->name, &value, sizeof value);
    return err ? err : apply_keepalive(k);
}

static int set_v6only(struct sock *k, const struct option_rule *rule, INT value)
{
    if (k->family == AF_INET6)
        return kernel_set(k, rule->set, &value, sizeof value);
    if (k->state != SOCK_NEW)
        return WSAEINVAL;
    return sock_option_set(k, rule->level, (INT)rule->name, &value, sizeof value);
}

/* After AcceptEx: `s` is now a socket that `listener` accepted. */
static int update_accept_context(struct sock *k, const void *value, INT bytes)
{
    struct sock *listener;
    SOCKET s;
    int err = 0;

    if (bytes < (INT)sizeof s)
        return WSAEFAULT;
    memcpy(&s, value, sizeof s);
    listener = sock_get(s);
    if (!listener)
        return WSAENOTSOCK;

    if (sock_settle(listener) != SOCK_LISTENING)
        err = WSAEINVAL;
    else if (sock_settle(k) != SOCK_CONNECTED)
        err = WSAENOTCONN;
    else
        sock_accept_context(k, listener);
    sock_put(listener);
    return err;
}

static int update_connect_context(struct sock *k)
{
    switch (sock_settle(k)) {
    case SOCK_CONNECTED_EX:
        k->state = SOCK_CONNECTED;
        return 0;
    case SOCK_CONNECTED:
        return 0;
    default:
        return WSAENOTCONN;
    }
}

static int set_code(struct sock *k, const struct option_rule *rule, const BYTE *taken, INT bytes,
                    const char *caller)
{
    INT value;
    int err;

    memcpy(&value, taken, sizeof value);
    switch (BOTH(rule->level, rule->name)) {
    case BOTH(SOL_SOCKET, SO_KEEPALIVE):
        err = kernel_set(k, rule->set, &value, sizeof value);
        return err || !value ? err : apply_keepalive(k);
    case BOTH(SOL_SOCKET, SO_LINGER): /* closesocket does what it asks: sock_nt.c, close_nt.c */
        memcpy(&k->linger, taken, sizeof k->linger);
        sock_linger_changed(k);
        return 0;
    case BOTH(SOL_SOCKET, SO_DONTLINGER):
        k->linger = (struct linger){!value, 0};
        sock_linger_changed(k);
        return 0;
    case BOTH(SOL_SOCKET, SO_ERROR):
        return sock_option_set(k, SOL_SOCKET, SO_ERROR, &value, sizeof value);
    case BOTH(SOL_SOCKET, SO_TYPE):
        return sock_is_stream(k) ? WSAENOPROTOOPT : WSAEINVAL;
    case BOTH(SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT):
        return update_accept_context(k, taken, bytes);
    case BOTH(SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT):
        return update_connect_context(k);
    case BOTH(IPPROTO_TCP, TCP_KEEP_IDLE):
    case BOTH(IPPROTO_TCP, TCP_KEEP_COUNT):
    case BOTH(IPPROTO_TCP, TCP_KEEP_INTERVAL):
        return set_keepalive(k, rule, value);
    case BOTH(IPPROTO_IPV6, V6ONLY):
        return set_v6only(k, rule, value);
    case BOTH(IPPROTO_IP, MULTICAST_IF_V4):
        return option_group_set(k, rule, taken);
    }
    return option_group_set(k, rule, caller); /* what is left are the memberships */
}

static int set(struct sock *k, int level, int name, const char *value, int bytes)
{
    const struct option_socket sock = {k->family, k->type};
    const struct option_rule *rule;
    BYTE taken[OPTION_BYTES_MAX] = {0};
    INT taken_bytes;
    int err;

    if (bytes && (ULONG_PTR)value < 0x10000)
        return WSAEFAULT;
    rule = option_find(level, name, sock, true, &err);
    if (!rule)
        return err;
    if (check_read(value, option_reads(rule, bytes)))
        return WSAEFAULT;
    err = option_take(rule, value, bytes, taken, &taken_bytes);
    if (err)
        return err;
    if ((rule->flags & OPTION_EARLY) && k->state == SOCK_LISTENING)
        return WSAEINVAL;

    if (rule->flags & OPTION_SWAPPED)
        *(ULONG *)taken = __builtin_bswap32(*(ULONG *)taken);
    switch (rule->home) {
    case HOME_KERNEL:
        err = kernel_set(k, rule->set, taken, rule->least ? rule->least : taken_bytes);
        if (!err && level == SOL_SOCKET && name == SO_RCVTIMEO)
            memcpy(&k->timeout_ms[AFD_KIND_OTHER], taken, sizeof(ULONG));
        if (!err && level == SOL_SOCKET && name == SO_SNDTIMEO)
            memcpy(&k->timeout_ms[AFD_KIND_SEND], taken, sizeof(ULONG));
        return err;
    case HOME_RECORD:
        return sock_option_set(k, level, name, taken, taken_bytes);
    }
    return set_code(k, rule, taken, taken_bytes, value);
}

int WSPAPI WSPSetSockOpt(SOCKET s, int level, int optname, const char *optval, int optlen,
                         LPINT lp_errno)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k)
        return spi_fail(lp_errno, WSAENOTSOCK);
    err = set(k, level, optname, optval, optlen);
    sock_put(k);
    return spi_end(lp_errno, err);
}
