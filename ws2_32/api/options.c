/* SPDX-License-Identifier: MIT */
/* Socket options are the provider's, but for SO_OPENTYPE, which is a thread's and not a socket's. */
#include <mswsock.h>

#include "ws2_32/api/info.h"
#include "ws2_32/core/call.h"

static BOOL is_open_type(int level, int name)
{
    return level == SOL_SOCKET && name == SO_OPENTYPE;
}

/* Begins with the checks that do not look at a socket: with SO_OPENTYPE any value may stand in its place. */
static int open_type(char *value, int *bytes, BOOL set)
{
    struct thread *t = thread_get();
    int err = startup_check();

    if (err)
        return api_fail(err);
    if (!value || !bytes || *bytes < (int)sizeof(int))
        return api_fail(WSAEFAULT);
    if (!t)
        return api_fail(WSAENOBUFS);
    if (!set) {
        *(int *)value = t->open_type;
        *bytes = sizeof(int);
    } else {
        int type = *(int *)value;

        if (type && type != SO_SYNCHRONOUS_ALERT && type != SO_SYNCHRONOUS_NONALERT)
            return api_fail(WSAEINVAL);
        t->open_type = type;
    }
    SetLastError(0);
    return 0;
}

/* For a provider that knows the W form only. */
static int protocol_info_a(struct call *c, SOCKET s, char *value, int *bytes)
{
    WSAPROTOCOL_INFOW info;
    int info_bytes = sizeof info;

    if (!value || *bytes < (int)sizeof(WSAPROTOCOL_INFOA)) {
        c->err = WSAEFAULT;
        return SOCKET_ERROR;
    }
    if (c->proc->lpWSPGetSockOpt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &info_bytes,
                                 &c->err))
        return SOCKET_ERROR;
    info_to_a(&info, (WSAPROTOCOL_INFOA *)value);
    *bytes = sizeof(WSAPROTOCOL_INFOA);
    return 0;
}

int WSAAPI getsockopt(SOCKET s, int level, int name, char *value, int *bytes)
{
    struct call c;
    int result;

    if (is_open_type(level, name))
        return open_type(value, bytes, FALSE);
    if (call_begin(&c, s))
        return SOCKET_ERROR;
    result = c.proc->lpWSPGetSockOpt(s, level, name, value, bytes, &c.err);
    if (result && c.err == WSAENOPROTOOPT && level == SOL_SOCKET && name == SO_PROTOCOL_INFOA)
        result = protocol_info_a(&c, s, value, bytes);
    return call_end(&c, result);
}

int WSAAPI setsockopt(SOCKET s, int level, int name, const char *value, int bytes)
{
    struct call c;

    if (is_open_type(level, name))
        return open_type((char *)value, &bytes, TRUE);
    if (call_begin(&c, s))
        return SOCKET_ERROR;
    return call_end(&c, c.proc->lpWSPSetSockOpt(s, level, name, value, bytes, &c.err));
}
