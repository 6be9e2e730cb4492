/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/pack_pe.h"

#include <string.h>

#include "base/addr.h"

struct packer {
    char *buf;
    size_t used, room;
};

/* The next `bytes`, or NULL once the buffer is too small; `used` goes on counting. */
static void *take(struct packer *p, size_t bytes, size_t align)
{
    uintptr_t at = (uintptr_t)p->buf + p->used;

    p->used += (align - at % align) % align;
    at = (uintptr_t)p->buf + p->used;
    p->used += bytes;
    return p->used <= p->room ? (void *)at : NULL;
}

static char *put_text(struct packer *p, struct span s)
{
    char *text = take(p, s.chars + 1, 1);

    if (text) {
        memcpy(text, s.at, s.chars);
        text[s.chars] = 0;
    }
    return text;
}

static char **put_words(struct packer *p, struct span words)
{
    struct span rest = words, word;
    size_t count = 0;
    char **list;

    while (lines_word(&rest, &word))
        count++;
    list = take(p, (count + 1) * sizeof *list, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        char *text;

        lines_word(&words, &word);
        text = put_text(p, word);
        if (list)
            list[i] = text;
    }
    if (list)
        list[count] = NULL;
    return list;
}

static char **put_aliases(struct packer *p, const struct answer *a)
{
    char **list = take(p, (a->alias_count + 1) * sizeof *list, sizeof *list);

    for (size_t i = 0; i < a->alias_count; i++) {
        char *text = put_text(p, span_of(a->alias[i]));

        if (list)
            list[i] = text;
    }
    if (list)
        list[a->alias_count] = NULL;
    return list;
}

static char **put_addresses(struct packer *p, const struct answer *a, int family, size_t addr_bytes)
{
    size_t count = 0;
    char **list;

    for (size_t i = 0; i < a->addr_count; i++)
        count += a->addr[i].family == family;
    list = take(p, (count + 1) * sizeof *list, sizeof *list);
    count = 0;
    for (size_t i = 0; i < a->addr_count; i++) {
        char *ip;

        if (a->addr[i].family != family)
            continue;
        ip = take(p, addr_bytes, 4);
        if (ip)
            memcpy(ip, a->addr[i].ip, addr_bytes);
        if (list)
            list[count++] = ip;
    }
    if (list)
        list[count] = NULL;
    return list;
}

/*
 * The struct lies at the very start, whatever that start's alignment: the program casts its buffer.
 * What the list pointers of a too small buffer hold does not matter: it is then thrown away.
 */
size_t pack_host(const struct answer *a, int family, const char *name, void *buf, size_t room)
{
    struct packer p = {buf, 0, room};
    struct hostent h;
    void *to = take(&p, sizeof h, 1);

    h.h_addrtype = (short)family;
    h.h_length = family == ADDR_INET ? 4 : 16;
    h.h_addr_list = put_addresses(&p, a, family, (size_t)h.h_length);
    h.h_aliases = put_aliases(&p, a);
    h.h_name = put_text(&p, span_of(a->canon ? a->canon : name));
    if (to)
        memcpy(to, &h, sizeof h);
    return p.used;
}

size_t pack_service(const struct db_entry *e, void *buf, size_t room)
{
    struct packer p = {buf, 0, room};
    struct servent s;
    void *to = take(&p, sizeof s, 1);

    s.s_port = (short)((e->number & 0xff) << 8 | e->number >> 8);
    s.s_aliases = put_words(&p, e->aliases);
    s.s_name = put_text(&p, e->name);
    s.s_proto = put_text(&p, e->proto);
    if (to)
        memcpy(to, &s, sizeof s);
    return p.used;
}

size_t pack_protocol(const struct db_entry *e, void *buf, size_t room)
{
    struct packer p = {buf, 0, room};
    struct protoent r;
    void *to = take(&p, sizeof r, 1);

    r.p_proto = (short)e->number;
    r.p_aliases = put_words(&p, e->aliases);
    r.p_name = put_text(&p, e->name);
    if (to)
        memcpy(to, &r, sizeof r);
    return p.used;
}

size_t pack_network(const struct db_entry *e, void *buf, size_t room)
{
    struct packer p = {buf, 0, room};
    struct netent n;
    void *to = take(&p, sizeof n, 1);

    n.n_addrtype = AF_INET;
    n.n_net = e->number;
    n.n_aliases = put_words(&p, e->aliases);
    n.n_name = put_text(&p, e->name);
    if (to)
        memcpy(to, &n, sizeof n);
    return p.used;
}
