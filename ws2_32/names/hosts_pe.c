/* SPDX-License-Identifier: MIT */
/* The hosts files as a source. */
#include "ws2_32/names/files_pe.h"
#include "ws2_32/names/hosts_file.h"
#include "ws2_32/names/source.h"

#include "base/wsaerr.h"

int source_hosts(const struct lookup *q, struct answer *out)
{
    static const enum names_file files[] = {FILE_HOSTS, FILE_UNIX_HOSTS};
    int err = WSAHOST_NOT_FOUND;

    for (int i = 0; err == WSAHOST_NOT_FOUND && i < 2; i++) {
        struct file_text *f = file_get(files[i]);

        if (f)
            err = q->name ? hosts_find_name(f->text, q->name, out) : hosts_find_addr(f->text, q->addr, out);
        file_put(f);
    }
    return err;
}
