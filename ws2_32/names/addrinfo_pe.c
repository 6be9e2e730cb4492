/* SPDX-License-Identifier: MIT */
/*
 * getaddrinfo and GetAddrInfoW. They differ in the strings and in the result structure; resolve() decides the rest.
 *
 * Every result is an allocation of its own with the address inside, and the name another: programs take such lists
 * apart and free the pieces.
 */
#include "ws2_32/names/addrinfo_pe.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "ws2_32/core/startup.h"
#include "ws2_32/core/thread.h"
#include "ws2_32/names/files_pe.h"
#include "ws2_32/names/text_pe.h"
#include "ws2_32/names/thread_pe.h"

_Static_assert(AI_PASSIVE == RESOLVE_PASSIVE && AI_CANONNAME == RESOLVE_CANONNAME, "SDK");
_Static_assert(AI_NUMERICHOST == RESOLVE_NUMERICHOST && AI_NUMERICSERV == RESOLVE_NUMERICSERV, "SDK");
_Static_assert(AI_ALL == RESOLVE_ALL && AI_ADDRCONFIG == RESOLVE_ADDRCONFIG, "SDK");
_Static_assert(AI_V4MAPPED == RESOLVE_V4MAPPED && AI_FQDN == RESOLVE_FQDN, "SDK");
_Static_assert(SOCK_STREAM == RESOLVE_STREAM && SOCK_DGRAM == RESOLVE_DGRAM && SOCK_RAW == RESOLVE_RAW, "SDK");

/* The A and W structures differ only in what their name points to. */
_Static_assert(sizeof(ADDRINFOA) == sizeof(ADDRINFOW), "SDK");

bool resolve_service(const char *name, const char *proto, uint16_t *port)
{
    struct db_query q = {DB_SERVICES, name, 0, proto};
    struct file_text *text;
    struct db_entry e;

    if (file_find(&q, &e, &text))
        return false;
    *port = (uint16_t)e.number;
    file_put(text);
    return true;
}

static size_t fill_sockaddr(void *to, const struct name_addr *a, uint16_t port)
{
    struct sockaddr_in *four = to;
    struct sockaddr_in6 *six = to;

    four->sin_family = (ADDRESS_FAMILY)a->family;
    four->sin_port = htons(port);
    if (a->family == AF_INET) {
        memcpy(&four->sin_addr, a->ip, 4);
        return sizeof *four;
    }
    memcpy(&six->sin6_addr, a->ip, 16);
    six->sin6_scope_id = a->scope;
    return sizeof *six;
}

struct entry {
    ADDRINFOA info;
    struct sockaddr_in6 addr;
};

static ADDRINFOA *new_entry(const struct name_addr *a, const struct resolve_port *port, int protocol)
{
    struct entry *e = names_block_new(sizeof *e);

    if (!e)
        return NULL;
    *e = (struct entry){0};
    e->info.ai_family = a->family;
    e->info.ai_socktype = port->socktype;
    e->info.ai_protocol = protocol;
    e->info.ai_addr = (struct sockaddr *)&e->addr;
    e->info.ai_addrlen = fill_sockaddr(&e->addr, a, port->port);
    return &e->info;
}

void addrinfo_free(ADDRINFOA *list)
{
    while (list) {
        ADDRINFOA *next = list->ai_next;

        if (list->ai_canonname)
            free(list->ai_canonname);
        names_block_free(list);
        list = next;
    }
}

static int build(const struct resolve_result *r, const struct resolve_request *rq, enum form form, ADDRINFOA **out)
{
    ADDRINFOA *first = NULL, **tail = &first;

    for (size_t i = 0; i < r->addr_count; i++) {
        for (size_t k = 0; k < r->port_count; k++) {
            *tail = new_entry(&r->addr[i], &r->port[k], rq->protocol);
            if (!*tail)
                goto out_of_memory;
            tail = &(*tail)->ai_next;
        }
    }
    if (r->canon) {
        first->ai_canonname = form == FORM_WIDE ? (char *)text_to_wide(r->canon) : text_to_ansi(r->canon);
        if (!first->ai_canonname)
            goto out_of_memory;
    }
    *out = first;
    return 0;

out_of_memory:
    addrinfo_free(first);
    return WSA_NOT_ENOUGH_MEMORY;
}

int addrinfo_text(const void *text, enum form form, char **out)
{
    *out = NULL;
    if (!text)
        return 0;
    if (text_is_bad(text))
        return WSAEFAULT;
    *out = form == FORM_WIDE ? text_from_wide(text) : text_from_ansi(text);
    return *out ? 0 : WSA_NOT_ENOUGH_MEMORY;
}

int addrinfo_list(const struct resolve_request *rq, enum form form, ADDRINFOA **out)
{
    struct resolve_result r = {0};
    int err = resolve(rq, &r);

    if (!err)
        err = build(&r, rq, form, out);
    resolve_free(&r);
    return err;
}

/* The program's string as UTF-8 while a call lasts: as it stands, or in the room here, or copied. */
struct view {
    const char *text;
    char *copy;
    char room[128];
};

static bool is_ascii(const char *text)
{
    while (*text > 0)
        text++;
    return !*text;
}

static bool narrow(const wchar_t *text, char *room, size_t chars)
{
    size_t i = 0;

    for (; i < chars && text[i] < 0x80; i++) {
        room[i] = (char)text[i];
        if (!text[i])
            return true;
    }
    return false;
}

static int view_init(struct view *v, const void *text, enum form form)
{
    int err;

    v->copy = NULL;
    v->text = NULL;
    if (!text_is_bad(text) && form == FORM_ANSI && is_ascii(text)) {
        v->text = text;
        return 0;
    }
    if (!text_is_bad(text) && form == FORM_WIDE && narrow(text, v->room, sizeof v->room)) {
        v->text = v->room;
        return 0;
    }
    err = addrinfo_text(text, form, &v->copy);
    v->text = v->copy;
    return err;
}

/* `rq` comes with everything but the strings. */
static int lookup(const void *node, const void *service, struct resolve_request *rq, enum form form, ADDRINFOA **out)
{
    struct view node_view, service_view;
    int err;

    err = view_init(&node_view, node, form);
    if (err)
        return err;
    err = view_init(&service_view, service, form);
    rq->node = node_view.text;
    rq->service = service_view.text && *service_view.text ? service_view.text : NULL;
    if (!err)
        err = addrinfo_list(rq, form, out);
    free(node_view.copy);
    free(service_view.copy);
    return err;
}

static int get(const void *node, const void *service, const ADDRINFOA *hints, enum form form, ADDRINFOA **result)
{
    struct resolve_request rq = {0};
    ADDRINFOA *list = NULL;
    BOOL lent;
    int err = startup_lend(&lent);

    if (!err && text_is_bad(result))
        err = WSAEFAULT;
    if (!err)
        *result = NULL;
    if (!err && hints) {
        if (text_is_bad(hints))
            err = WSAEFAULT;
        else if (hints->ai_addrlen || hints->ai_canonname || hints->ai_addr || hints->ai_next)
            err = WSANO_RECOVERY;
        else
            rq = (struct resolve_request){NULL, NULL, hints->ai_flags, hints->ai_family, hints->ai_socktype,
                                          hints->ai_protocol, NS_ALL, NULL};
    }
    if (!err)
        err = lookup(node, service, &rq, form, &list);
    if (!err)
        *result = list;
    startup_take_back(lent);
    WSASetLastError(err);
    return err;
}

int WSAAPI getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
    return get(node, service, hints, FORM_ANSI, result);
}

int WSAAPI GetAddrInfoW(PCWSTR node, PCWSTR service, const ADDRINFOW *hints, PADDRINFOW *result)
{
    return get(node, service, (const ADDRINFOA *)hints, FORM_WIDE, (ADDRINFOA **)result);
}

void WSAAPI freeaddrinfo(struct addrinfo *list)
{
    addrinfo_free(list);
}

void WSAAPI FreeAddrInfoW(PADDRINFOW list)
{
    addrinfo_free((ADDRINFOA *)list);
}
