/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/source.h"

#include "base/wsaerr.h"

/*
 * Names: localhost is the system's and no file may move it; the own name comes before the hosts files, which
 * under Linux often give it a loopback address. Addresses: the hosts files may name any, then the machine knows its own.
 */
static int (*const by_name[])(const struct lookup *, struct answer *) = {source_localhost, source_own, source_hosts};
static int (*const by_addr[])(const struct lookup *, struct answer *) = {source_hosts, source_own_reverse};

int source_local(const struct lookup *q, struct answer *out)
{
    size_t count = q->name ? sizeof by_name / sizeof *by_name : sizeof by_addr / sizeof *by_addr;
    int err = WSAHOST_NOT_FOUND;

    for (size_t i = 0; err == WSAHOST_NOT_FOUND && i < count; i++)
        err = (q->name ? by_name[i] : by_addr[i])(q, out);
    return err;
}
