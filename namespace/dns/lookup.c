/* SPDX-License-Identifier: MIT */
#include "namespace/dns/lookup.h"

#include <stdio.h>
#include <string.h>

#include "base/wsaerr.h"

struct fetch {
    struct dns_resolver *resolver;
    const struct dns_config *config;
    const struct dns_net *net;
};

static int fetch(void *arg, const struct dns_question *q, size_t count, struct dns_answer **out)
{
    struct fetch *f = arg;

    return dns_ask(f->config, f->net, &f->resolver->shun, q, count, out);
}

static int ask_name(struct fetch *f, const struct dns_name *name, const uint16_t *type, size_t count,
                    struct dns_answer **out)
{
    struct dns_question q[DNS_BATCH_MAX];

    for (size_t i = 0; i < count; i++)
        q[i] = (struct dns_question){*name, type[i], DNS_IN};
    return dns_cache_get(&f->resolver->cache, f->net->now_ms(f->net), q, count, fetch, f, out);
}

static bool all_say(struct dns_answer *const *a, size_t count, int err)
{
    for (size_t i = 0; i < count; i++)
        if (a[i]->err != err)
            return false;
    return true;
}

static void put_all(struct dns_answer **a, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        dns_answer_put(a[i]);
        a[i] = NULL;
    }
}

/* The names to try are numbered: the search list's from 0, the name as it stands before or after them. */
static bool candidate(const struct dns_config *config, const char *name, bool alone_first, size_t which, struct dns_name *out)
{
    size_t alone_at = alone_first ? 0 : config->searches, suffix = which - alone_first;
    char text[2 * DNS_NAME_CHARS];

    if (which == alone_at)
        return dns_name_parse(name, out);
    snprintf(text, sizeof text, "%s.%s", name, config->search[suffix]);
    return dns_name_parse(text, out);
}

int dns_lookup(struct dns_resolver *r, const struct dns_config *config, const struct dns_net *net, const char *name,
               const uint16_t *type, size_t count, struct dns_answer **out)
{
    struct fetch f = {r, config, net};
    size_t chars = strlen(name), tries, kept_count = 0;
    struct dns_answer *kept[DNS_BATCH_MAX];
    struct dns_name full;
    unsigned dots = 0;
    int err = WSAHOST_NOT_FOUND;

    if (!config->servers || !chars || chars >= DNS_NAME_CHARS)
        return WSAHOST_NOT_FOUND;
    for (const char *dot = name; (dot = strchr(dot, '.')); dot++)
        dots++;
    tries = name[chars - 1] == '.' ? 1 : config->searches + 1;

    for (size_t i = 0; i < tries; i++) {
        if (!candidate(config, name, tries == 1 || dots >= config->ndots, i, &full))
            continue;
        err = ask_name(&f, &full, type, count, out);
        if (err)
            break;
        if (!all_say(out, count, WSAHOST_NOT_FOUND) && !all_say(out, count, WSANO_DATA))
            break; /* there it is, or nobody can say */
        if (i + 1 == tries)
            break;
        /* "It exists but has nothing such" is the better answer in the end, wherever in the list it came. */
        if (!kept_count && all_say(out, count, WSANO_DATA)) {
            memcpy(kept, out, count * sizeof *out);
            kept_count = count;
        } else {
            put_all(out, count);
        }
        err = WSAHOST_NOT_FOUND;
    }
    if (!kept_count)
        return err;
    if (err == WSAHOST_NOT_FOUND || (!err && all_say(out, count, WSAHOST_NOT_FOUND))) {
        if (!err)
            put_all(out, count);
        memcpy(out, kept, count * sizeof *out);
        return 0;
    }
    put_all(kept, kept_count);
    return err;
}

void dns_reverse_name(const uint8_t *ip, size_t ip_bytes, char text[DNS_REVERSE_CHARS])
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;

    if (ip_bytes == 4) {
        snprintf(text, DNS_REVERSE_CHARS, "%u.%u.%u.%u.in-addr.arpa.", ip[3], ip[2], ip[1], ip[0]);
        return;
    }
    for (size_t i = 16; i-- > 0;) {
        text[n++] = hex[ip[i] & 0xf];
        text[n++] = '.';
        text[n++] = hex[ip[i] >> 4];
        text[n++] = '.';
    }
    memcpy(text + n, "ip6.arpa.", 10);
}
