/* SPDX-License-Identifier: MIT */
/* The hosts files as a source. */
#include "ws2_32/names/files_pe.h"
#include "ws2_32/names/hosts_file.h"
#include "ws2_32/names/source.h"

#include "base/wsaerr.h"

static int find(const struct file_text *f, const struct lookup *q, struct answer *out)
{
    if (!f->hosts)
        return q->name ? hosts_find_name(f->text, q->name, out) : hosts_find_addr(f->text, q->addr, out);
    return q->name ? hosts_index_find_name(f->hosts, f->text, q->name, out)
                   : hosts_index_find_addr(f->hosts, f->text, q->addr, out);
}

int source_hosts(const struct lookup *q, struct answer *out)
{
    static const enum names_file files[] = {FILE_HOSTS, FILE_UNIX_HOSTS};
    int err = WSAHOST_NOT_FOUND;

    for (int i = 0; err == WSAHOST_NOT_FOUND && i < 2; i++) {
        struct file_text *f = file_get(files[i]);

        if (f)
            err = find(f, q, out);
        file_put(f);
    }
    return err;
}
