/* SPDX-License-Identifier: MIT */
/* ws2hosts.dll: localhost, this machine, and the hosts files; services by name and port. */
#include "base/wsaerr.h"
#include "namespace/nsp_pe.h"
#include "ws2_32/names/files_pe.h"
#include "ws2_32/names/own_pe.h"

/* In the order of source_lookup(). */
static int find(const struct lookup *q, struct answer *out)
{
    int err;

    if (!q->name) {
        err = source_hosts(q, out);
        return err == WSAHOST_NOT_FOUND ? source_own_reverse(q, out) : err;
    }
    err = source_localhost(q, out);
    if (err == WSAHOST_NOT_FOUND)
        err = source_own(q, out);
    return err == WSAHOST_NOT_FOUND ? source_hosts(q, out) : err;
}

static void cleanup(void)
{
    file_forget_all();
    own_cleanup();
}

const struct nsp_source nsp_source = {.find = find, .machine = own_name, .cleanup = cleanup};
