/* SPDX-License-Identifier: MIT */
#include "providers/proxy/talk.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/wsaerr.h"

void talk_fail(struct talk *t, int err, const char *format, ...)
{
    va_list args;

    t->state = TALK_FAILED;
    t->err = err;
    va_start(args, format);
    vsnprintf(t->reason, sizeof t->reason, format, args);
    va_end(args);
}

void talk_say(struct talk *t, const void *data, size_t bytes)
{
    assert(bytes <= sizeof t->out - t->out_bytes);
    memcpy(t->out + t->out_bytes, data, bytes);
    t->out_bytes += bytes;
}

void talk_begin(struct talk *t, const struct url *proxy, const struct endpoint *target)
{
    memset(t, 0, sizeof *t);
    t->proxy = proxy;
    t->target = target;
    if (proxy->kind == URL_SOCKS5)
        socks_begin(t);
    else
        http_begin(t);
}

size_t talk_take(struct talk *t, const uint8_t *in, size_t bytes)
{
    size_t used = 0;

    while (used < bytes && t->state == TALK_MORE) {
        if (t->proxy->kind == URL_SOCKS5)
            socks_take(t, in[used++]);
        else
            http_take(t, in[used++]);
    }
    return used;
}

void talk_closed(struct talk *t)
{
    if (t->state == TALK_MORE)
        talk_fail(t, WSAENETDOWN, "it ended the connection before it had answered");
}
