/* SPDX-License-Identifier: MIT */
/* WSARecvMsg, WSASendMsg and WSAPoll as functions that SIO_GET_EXTENSION_FUNCTION_POINTER gives out. */
#include "providers/tcpip/ext.h"

#include <string.h>

#include "providers/tcpip/entry.h"
#include "providers/tcpip/spi.h"

#ifndef MSG_TRUNC
#define MSG_TRUNC  0x0100
#define MSG_CTRUNC 0x0200
#endif

/* ---- WSARecvMsg ---- */

static int recv_checked(struct sock *k, LPWSAMSG msg, LPDWORD bytes, LPWSAOVERLAPPED ov,
                        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    int err;

    if (check_pointer(msg) || check_write(msg, sizeof *msg))
        return WSAEFAULT;
    if (sock_is_stream(k))
        return WSAEINVAL;
    err = recv_msg(k, msg->lpBuffers, msg->dwBufferCount, bytes, &msg->dwFlags, msg->name,
                   &msg->namelen, msg->Control.len ? &msg->Control : NULL, ov, routine);
    if (err == WSAEMSGSIZE)
        msg->dwFlags = msg->dwFlags & MSG_CTRUNC ? MSG_CTRUNC : MSG_TRUNC;
    return err || !routine || !ov ? err : WSA_IO_PENDING; /* with a routine Windows always says so */
}

INT PASCAL ext_recv_msg(SOCKET s, LPWSAMSG msg, LPDWORD bytes, LPWSAOVERLAPPED ov,
                        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct sock *k = sock_get(s);
    int err;

    if (!k) {
        SetLastError(WSAENOTSOCK);
        return SOCKET_ERROR;
    }
    err = recv_checked(k, msg, bytes, ov, routine);
    sock_put(k);
    SetLastError((DWORD)err);
    return err ? SOCKET_ERROR : 0;
}

/* ---- WSASendMsg ---- */

/* The kernel takes no control data on send; what has an option of the same meaning is set for this one datagram. */
static const struct {
    INT level, type, option;
} controls[] = {
    {IPPROTO_IP, 3, 3},      /* IP_TOS */
    {IPPROTO_IP, 4, 4},      /* IP_TTL */
    {IPPROTO_IP, 19, 31},    /* IP_PKTINFO -> IP_UNICAST_IF */
    {IPPROTO_IPV6, 19, 31},  /* IPV6_PKTINFO -> IPV6_UNICAST_IF */
    {IPPROTO_IPV6, 21, 4},   /* IPV6_HOPLIMIT -> IPV6_UNICAST_HOPS */
};
enum { CONTROLS_MAX = 4, PKTINFO = 19 };

struct control {
    INT level, option, value, before;
};

static struct lock control_lock; /* between setting and putting back */

static int control_of(const WSACMSGHDR *c, struct control *to)
{
    const BYTE *data = WSA_CMSG_DATA(c);
    const SIZE_T bytes = c->cmsg_len - WSA_CMSG_LEN(0);

    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++) {
        if (controls[i].level != c->cmsg_level || controls[i].type != c->cmsg_type)
            continue;
        to->level = controls[i].level;
        to->option = controls[i].option;
        if (c->cmsg_type == PKTINFO) { /* an address, then the interface's index */
            SIZE_T at = to->level == IPPROTO_IP ? 4 : 16;

            if (bytes < at + 4)
                return WSAEINVAL;
            memcpy(&to->value, data + at, 4);
            if (to->level == IPPROTO_IP)
                to->value = (INT)__builtin_bswap32((UINT)to->value);
            return 0;
        }
        if (bytes < 4)
            return WSAEINVAL;
        memcpy(&to->value, data, 4);
        return 0;
    }
    return WSAEINVAL;
}

static int parse_control(const WSABUF *control, struct control list[CONTROLS_MAX], unsigned *count)
{
    ULONG at = 0;

    *count = 0;
    if (check_read(control->buf, control->len))
        return WSAEFAULT;
    while (control->len - at >= sizeof(WSACMSGHDR)) {
        const WSACMSGHDR *c = (const WSACMSGHDR *)(control->buf + at);
        int err;

        if (c->cmsg_len < WSA_CMSG_LEN(0) || c->cmsg_len > control->len - at ||
            *count == CONTROLS_MAX)
            return WSAEINVAL;
        err = control_of(c, &list[*count]);
        if (err)
            return err;
        *count += list[*count].value || list[*count].option != 31; /* index 0: no wish */
        if (control->len - at <= WSA_CMSGHDR_ALIGN(c->cmsg_len))
            break;
        at += (ULONG)WSA_CMSGHDR_ALIGN(c->cmsg_len);
    }
    return 0;
}

static int set_controls(SOCKET s, struct control *list, unsigned count, BOOL back)
{
    int err = 0;

    for (unsigned i = 0; i < count && !err; i++) {
        INT bytes = sizeof list[i].before;

        if (!back)
            WSPGetSockOpt(s, list[i].level, list[i].option, (char *)&list[i].before, &bytes, &err);
        if (!err)
            WSPSetSockOpt(s, list[i].level, list[i].option,
                          (const char *)(back ? &list[i].before : &list[i].value), sizeof(INT),
                          &err);
    }
    return err;
}

static int send_controlled(struct sock *k, const WSAMSG *msg, DWORD flags, LPDWORD bytes,
                           LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct control list[CONTROLS_MAX];
    SOCKET s = (SOCKET)k->handle;
    unsigned count = 0;
    int err = msg->Control.len ? parse_control(&msg->Control, list, &count) : 0;

    if (err)
        return err;
    if (count)
        lock_take(&control_lock);
    err = set_controls(s, list, count, FALSE);
    if (!err)
        err = send_msg(k, msg->lpBuffers, msg->dwBufferCount, bytes, flags, msg->name,
                       msg->namelen, ov, routine);
    if (count) {
        set_controls(s, list, count, TRUE);
        lock_drop(&control_lock);
    }
    return err;
}

static int send_checked(struct sock *k, const WSAMSG *msg, DWORD flags, LPDWORD bytes,
                        LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (check_pointer(msg) || check_read(msg, sizeof *msg))
        return WSAEFAULT;
    if (sock_is_stream(k))
        return WSAEINVAL;
    if (!ov && check_pointer(bytes))
        sock_bind_any(k); /* as measured: the call fails, and the socket is bound */
    return send_controlled(k, msg, flags, bytes, ov, routine);
}

int ext_send(SOCKET s, const WSAMSG *msg, DWORD flags, LPDWORD bytes, LPWSAOVERLAPPED ov,
             LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct sock *k = sock_get(s);
    int err = k ? send_checked(k, msg, flags, bytes, ov, routine) : WSAENOTSOCK;

    if (k)
        sock_put(k);
    return err;
}

INT WSAAPI ext_send_msg(SOCKET s, LPWSAMSG msg, DWORD flags, LPDWORD bytes, LPWSAOVERLAPPED ov,
                        LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    int err = ext_send(s, msg, flags, bytes, ov, routine);

    SetLastError((DWORD)err);
    return err ? SOCKET_ERROR : 0;
}

/* ---- WSAPoll ---- */

INT WSAAPI ext_poll(LPWSAPOLLFD fds, ULONG count, INT timeout_ms)
{
    int err = 0;
    INT ready = poll_sockets(fds, count, timeout_ms, &err);

    SetLastError((DWORD)err);
    return ready;
}
