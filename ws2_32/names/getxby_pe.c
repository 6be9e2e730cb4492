/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/getxby_pe.h"

#include <stdlib.h>
#include <string.h>

#include "ws2_32/core/thread.h"
#include "ws2_32/names/files_pe.h"
#include "ws2_32/names/named.h"
#include "ws2_32/names/pack_pe.h"
#include "ws2_32/names/source.h"
#include "ws2_32/names/text_pe.h"
#include "ws2_32/names/thread_pe.h"

typedef void *(*room_fn)(size_t bytes, void *arg);

int xby_addr(const char *addr, int addr_bytes, int family, struct name_addr *out)
{
    int want = family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;

    if (text_is_bad(addr))
        return WSAEFAULT;
    if (!want)
        return WSAEAFNOSUPPORT;
    if (addr_bytes < want)
        return WSAEFAULT;
    *out = (struct name_addr){family, {0}, 0};
    memcpy(out->ip, addr, want);
    return 0;
}

/* The program gets its strings in its own code page. */
static int to_ansi(struct answer *a)
{
    for (size_t i = 0; i <= a->alias_count; i++) {
        char **text = i < a->alias_count ? &a->alias[i] : &a->canon;
        char *ansi = *text ? text_to_ansi(*text) : NULL;

        if (*text && !ansi)
            return WSAENOBUFS;
        free(*text);
        *text = ansi;
    }
    return 0;
}

static bool has_family(const struct answer *a, int family)
{
    for (size_t i = 0; i < a->addr_count; i++)
        if (a->addr[i].family == family)
            return true;
    return false;
}

static int pack_answer(struct answer *a, int family, const char *name, room_fn room, void *arg)
{
    int err = to_ansi(a);
    size_t bytes;
    void *buf;

    if (err)
        return err;
    if (!has_family(a, family))
        return WSANO_DATA;
    bytes = pack_host(a, family, name, NULL, 0) + sizeof(void *); /* and what aligning may take */
    buf = room(bytes, arg);
    if (!buf)
        return WSAENOBUFS;
    pack_host(a, family, name, buf, bytes);
    return 0;
}

static int host_by_name(const struct xby_query *q, room_fn room, void *arg)
{
    char *name = text_from_ansi(q->name ? q->name : "");
    struct lookup lookup = {.name = name, .family = AF_INET};
    struct answer a = {0};
    struct name_addr numeric;
    int err;

    if (!name)
        return WSAENOBUFS;
    if (name_addr_parse(span_of(name), &numeric) && numeric.family == AF_INET) {
        /* Documented as unknown, and yet all programs rely on it. */
        err = answer_add_addr(&a, &numeric);
        if (!err)
            err = answer_set_canon(&a, span_of(name));
    } else {
        err = source_lookup(&lookup, &a);
        named_put_all(&a, name);
    }
    if (!err)
        err = pack_answer(&a, AF_INET, name, room, arg);
    answer_free(&a);
    free(name);
    return err == WSASERVICE_NOT_FOUND ? WSAHOST_NOT_FOUND : err;
}

static int host_by_addr(const struct xby_query *q, room_fn room, void *arg)
{
    struct lookup lookup = {.addr = &q->addr};
    struct answer a = {0};
    int err = source_lookup(&lookup, &a);

    if (!err)
        err = pack_answer(&a, q->addr.family, "", room, arg);
    answer_free(&a);
    return err == WSASERVICE_NOT_FOUND ? WSANO_DATA : err;
}

static int database(const struct xby_query *q, room_fn room, void *arg)
{
    struct db_query dbq = {q->kind == XBY_SERVICE ? DB_SERVICES : DB_PROTOCOLS, q->name, (uint32_t)q->number, q->proto};
    size_t (*pack)(const struct db_entry *, void *, size_t) = q->kind == XBY_SERVICE ? pack_service : pack_protocol;
    struct file_text *text;
    struct db_entry e;
    size_t bytes;
    void *buf;
    int err = file_find(&dbq, &e, &text);

    if (err)
        return err;
    bytes = pack(&e, NULL, 0) + sizeof(void *);
    buf = room(bytes, arg);
    if (buf)
        pack(&e, buf, bytes);
    else
        err = WSAENOBUFS;
    file_put(text);
    return err;
}

int xby_answer(const struct xby_query *q, room_fn room, void *arg)
{
    switch (q->kind) {
    case XBY_HOST_NAME:
        return host_by_name(q, room, arg);
    case XBY_HOST_ADDR:
        return host_by_addr(q, room, arg);
    default:
        return database(q, room, arg);
    }
}

/* ---- the calls that answer at once ---- */

struct own_buffer {
    enum names_buffer which;
    void *at;
};

static void *own_room(size_t bytes, void *arg)
{
    struct own_buffer *b = arg;

    return b->at = names_buffer(b->which, bytes);
}

static void *answer_now(const struct xby_query *q)
{
    struct own_buffer b = {BUFFER_HOST, NULL};
    int err = startup_check();

    if (q->kind == XBY_SERVICE)
        b.which = BUFFER_SERVICE;
    else if (q->kind == XBY_PROTOCOL)
        b.which = BUFFER_PROTOCOL;
    if (!err)
        err = xby_answer(q, own_room, &b);
    if (err) {
        WSASetLastError(err);
        return NULL;
    }
    return b.at;
}

static void *fault(void)
{
    int err = startup_check();

    WSASetLastError(err ? err : WSAEFAULT);
    return NULL;
}

struct hostent *WSAAPI gethostbyname(const char *name)
{
    struct xby_query q = {.kind = XBY_HOST_NAME, .name = name};

    return name && text_is_bad(name) ? fault() : answer_now(&q);
}

struct hostent *WSAAPI gethostbyaddr(const char *addr, int addr_bytes, int family)
{
    struct xby_query q = {.kind = XBY_HOST_ADDR};
    int err = startup_check();

    if (!err)
        err = xby_addr(addr, addr_bytes, family, &q.addr);
    if (err) {
        WSASetLastError(err);
        return NULL;
    }
    return answer_now(&q);
}

struct servent *WSAAPI getservbyname(const char *name, const char *proto)
{
    struct xby_query q = {.kind = XBY_SERVICE, .name = name, .proto = proto};

    return text_is_bad(name) || (proto && text_is_bad(proto)) ? fault() : answer_now(&q);
}

struct servent *WSAAPI getservbyport(int port, const char *proto)
{
    struct xby_query q = {.kind = XBY_SERVICE, .proto = proto, .number = ntohs((u_short)port)};

    return proto && text_is_bad(proto) ? fault() : answer_now(&q);
}

struct protoent *WSAAPI getprotobyname(const char *name)
{
    struct xby_query q = {.kind = XBY_PROTOCOL, .name = name};

    return text_is_bad(name) ? fault() : answer_now(&q);
}

struct protoent *WSAAPI getprotobynumber(int number)
{
    struct xby_query q = {.kind = XBY_PROTOCOL, .number = number};

    return answer_now(&q);
}
