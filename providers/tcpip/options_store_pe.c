/* SPDX-License-Identifier: MIT */
/*
 * The options that the kernel does not keep, per socket. A socket has none, or one or two, so a list will do.
 */
#include "providers/tcpip/sock.h"
#include "providers/tcpip/spi.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_BYTES = 8 };

struct sock_option {
    struct sock_option *next;
    INT level, name, bytes;
    BYTE value[VALUE_BYTES];
};

/* Call with k->lock held. */
static struct sock_option *find(struct sock *k, INT level, INT name)
{
    struct sock_option *o = k->options;

    while (o && (o->level != level || o->name != name))
        o = o->next;
    return o;
}

int sock_option_set(struct sock *k, INT level, INT name, const void *value, INT bytes)
{
    struct sock_option *fresh = calloc(1, sizeof *fresh), *o;

    if (!fresh)
        return WSAENOBUFS;

    lock_take(&k->lock);
    o = find(k, level, name);
    if (!o) {
        o = fresh;
        fresh = NULL;
        o->level = level;
        o->name = name;
        o->next = k->options;
        k->options = o;
    }
    o->bytes = bytes < VALUE_BYTES ? bytes : VALUE_BYTES;
    memcpy(o->value, value, o->bytes);
    lock_drop(&k->lock);
    free(fresh);
    return 0;
}

INT sock_option_get(struct sock *k, INT level, INT name, void *value, INT bytes)
{
    const struct sock_option *o;

    lock_take(&k->lock);
    o = find(k, level, name);
    if (o) {
        bytes = bytes < o->bytes ? bytes : o->bytes;
        memcpy(value, o->value, bytes);
    }
    lock_drop(&k->lock);
    return o ? bytes : -1;
}

void sock_options_copy(struct sock *to, struct sock *from)
{
    INT level, name, bytes;
    BYTE value[VALUE_BYTES];

    for (INT i = 0;; i++) {
        const struct sock_option *o;

        lock_take(&from->lock);
        o = from->options;
        for (INT j = 0; o && j < i; j++)
            o = o->next;
        if (o) {
            level = o->level;
            name = o->name;
            bytes = o->bytes;
            memcpy(value, o->value, sizeof value);
        }
        lock_drop(&from->lock);
        if (!o)
            return;
        if (level != SOL_SOCKET || name != SO_ERROR)
            sock_option_set(to, level, name, value, bytes);
    }
}

void sock_option_clear(struct sock *k)
{
    struct sock_option *o = k->options, *next;

    k->options = NULL;
    for (; o; o = next) {
        next = o->next;
        free(o);
    }
}
