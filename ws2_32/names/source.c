/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/source.h"

#include <stdlib.h>

#include "base/wsaerr.h"

static int ask(const struct source *s, const struct lookup *q, struct answer *out)
{
    switch (s->kind) {
    case SOURCE_LOCAL:
        return source_local(q, out);
    case SOURCE_DNS:
        return source_dns(q, out);
    case SOURCE_PROVIDER:
        break;
    }
    return source_provider(s->provider, q, out);
}

/* A provider that cannot even start says nothing about the name. */
static bool is_broken(int err)
{
    return err == WSAEPROVIDERFAILEDINIT || err == WSAEINVALIDPROVIDER || err == WSAEINVALIDPROCTABLE;
}

/*
 * The first answer wins. Without one the error is the first that says more than that the name is not known (spi.md 11.5);
 * what is wrong with a provider counts only if there was no other.
 */
static int ask_all(const struct source *list, size_t count, const struct lookup *q, struct answer *out)
{
    bool not_found = false;
    int said = 0, broken = 0;

    for (size_t i = 0; i < count; i++) {
        int err = ask(&list[i], q, out);

        if (!err || err == WSA_NOT_ENOUGH_MEMORY)
            return err;
        if (err == WSAHOST_NOT_FOUND)
            not_found = true;
        else if (is_broken(err))
            broken = err;
        else if (!said)
            said = err;
    }
    return said ? said : not_found ? WSAHOST_NOT_FOUND : broken;
}

/* localhost is loopback whatever is installed (RFC 6761), unless one provider or name space is asked. */
int source_lookup(const struct lookup *q, struct answer *out)
{
    const struct source *list;
    void *owned = NULL;
    size_t count;
    int err = WSAHOST_NOT_FOUND;

    if (q->name && !q->provider && !q->name_space)
        err = source_localhost(q, out);
    if (err != WSAHOST_NOT_FOUND)
        return err;
    err = sources_of(q, &list, &count, &owned);
    if (!err)
        err = ask_all(list, count, q, out);
    free(owned);
    return err == WSASERVICE_NOT_FOUND && !q->name_space ? WSAHOST_NOT_FOUND : err;
}
