/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/ns_result.h"

#include <stdint.h>
#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "namespace/kit/ws2kit_namespace.h"

enum { NAME_BYTES = 1025 };

struct bytes {
    const char *at;
    size_t count;
};

/* `p` with all of its `count` bytes lies inside. */
static bool is_inside(struct bytes b, const void *p, size_t count)
{
    uintptr_t at = (uintptr_t)p - (uintptr_t)b.at;

    return at <= b.count && count <= b.count - at;
}

/* ---- the name ---- */

static size_t put_utf8(uint32_t c, char *to)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3F));
        to[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3F));
    to[2] = (char)(0x80 | (c >> 6 & 0x3F));
    to[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* The text may lie at any address. False: it has no end inside, or no host has so long a name. */
static bool read_text(struct bytes b, const void *p, char to[NAME_BYTES])
{
    const char *from = p;
    size_t used = 0;

    for (uint32_t high = 0;; from += 2) {
        uint16_t unit;

        if (!is_inside(b, from, sizeof unit) || used + 5 > NAME_BYTES)
            return false;
        memcpy(&unit, from, sizeof unit);
        if (high && unit >= 0xDC00 && unit < 0xE000) {
            used += put_utf8(0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00u), to + used);
            high = 0;
            continue;
        }
        if (high)
            used += put_utf8(0xFFFD, to + used);
        high = unit >= 0xD800 && unit < 0xDC00 ? unit : 0;
        if (!unit)
            break;
        if (!high && used + 5 <= NAME_BYTES)
            used += put_utf8(unit >= 0xDC00 && unit < 0xE000 ? 0xFFFD : unit, to + used);
    }
    to[used] = 0;
    return true;
}

/* ---- addresses ---- */

static int add_address(struct bytes b, const SOCKET_ADDRESS *from, struct answer *out)
{
    enum { IP4_AT = 4, IP6_AT = 8, SCOPE_AT = 24, IP4_BYTES = 16, IP6_BYTES = 28 };
    const char *sa = (const char *)from->lpSockaddr;
    struct name_addr addr = {0};
    uint16_t family;

    if (!sa)
        return 0;
    if (from->iSockaddrLength < (INT)sizeof family || !is_inside(b, sa, (size_t)from->iSockaddrLength))
        return WSANO_RECOVERY;
    memcpy(&family, sa, sizeof family);
    addr.family = family;
    if (family == ADDR_INET && from->iSockaddrLength >= IP4_BYTES) {
        memcpy(addr.ip, sa + IP4_AT, 4);
    } else if (family == ADDR_INET6 && from->iSockaddrLength >= IP6_BYTES) {
        memcpy(addr.ip, sa + IP6_AT, 16);
        memcpy(&addr.scope, sa + SCOPE_AT, sizeof addr.scope);
    } else {
        return 0; /* of a family that a host name is not resolved to */
    }
    return answer_add_addr(out, &addr);
}

static int add_addresses(struct bytes b, const WSAQUERYSETW *r, struct answer *out)
{
    const char *list = (const char *)r->lpcsaBuffer;
    int err = 0;

    if (!list || !r->dwNumberOfCsAddrs)
        return 0;
    if (r->dwNumberOfCsAddrs > b.count / sizeof(CSADDR_INFO) ||
        !is_inside(b, list, r->dwNumberOfCsAddrs * sizeof(CSADDR_INFO)))
        return WSANO_RECOVERY;
    for (DWORD i = 0; !err && i < r->dwNumberOfCsAddrs; i++) {
        CSADDR_INFO csa;

        memcpy(&csa, list + i * sizeof csa, sizeof csa);
        err = add_address(b, &csa.RemoteAddr, out);
    }
    return err;
}

/* ---- the hostent: its pointers are offsets ---- */

struct host_blob {
    uintptr_t name, aliases;
    int16_t family, addr_bytes;
    uintptr_t addrs;
};

/* A string at an offset; NULL: it has no end inside. */
static const char *text_at(struct bytes b, uintptr_t offset)
{
    return offset < b.count && memchr(b.at + offset, 0, b.count - offset) ? b.at + offset : NULL;
}

/* The next offset of a list, 0 at its end. False: it has none inside. */
static bool next_of(struct bytes b, uintptr_t *list, uintptr_t *item)
{
    if (*list > b.count || b.count - *list < sizeof *item)
        return false;
    memcpy(item, b.at + *list, sizeof *item);
    *list += sizeof *item;
    return true;
}

static int add_aliases(struct bytes b, uintptr_t list, struct answer *out)
{
    uintptr_t item;
    int err = 0;

    while (!err && list) {
        const char *alias;

        if (!next_of(b, &list, &item))
            return WSANO_RECOVERY;
        if (!item)
            break;
        alias = text_at(b, item);
        err = alias ? answer_add_alias(out, span_of(alias)) : WSANO_RECOVERY;
    }
    return err;
}

static int add_host_addresses(struct bytes b, const struct host_blob *host, struct answer *out)
{
    size_t addr_bytes = host->family == ADDR_INET ? 4 : 16;
    uintptr_t list = host->addrs, item;
    int err = 0;

    if (host->family != ADDR_INET && host->family != ADDR_INET6)
        return 0;
    if (host->addr_bytes != (int16_t)addr_bytes)
        return WSANO_RECOVERY;
    while (!err && list) {
        struct name_addr addr = {host->family, {0}, 0};

        if (!next_of(b, &list, &item))
            return WSANO_RECOVERY;
        if (!item)
            break;
        if (item > b.count || b.count - item < addr_bytes)
            return WSANO_RECOVERY;
        memcpy(addr.ip, b.at + item, addr_bytes);
        err = answer_add_addr(out, &addr);
    }
    return err;
}

static int add_host(struct bytes b, struct answer *out)
{
    struct host_blob host;
    const char *name;
    int err = 0;

    if (b.count < sizeof host)
        return WSANO_RECOVERY;
    memcpy(&host, b.at, sizeof host);
    if (host.name && !out->canon) {
        name = text_at(b, host.name);
        err = name ? answer_set_canon(out, span_of(name)) : WSANO_RECOVERY;
    }
    if (!err)
        err = add_host_addresses(b, &host, out);
    return err ? err : add_aliases(b, host.aliases, out);
}

static int add_blob(struct bytes b, const BLOB *from, struct answer *out)
{
    BLOB blob;

    if (!from)
        return 0;
    if (!is_inside(b, from, sizeof blob))
        return WSANO_RECOVERY;
    memcpy(&blob, from, sizeof blob);
    if (!blob.pBlobData || !blob.cbSize)
        return 0;
    if (!is_inside(b, blob.pBlobData, blob.cbSize))
        return WSANO_RECOVERY;
    return add_host((struct bytes){(const char *)blob.pBlobData, blob.cbSize}, out);
}

int ns_result_read(const void *buf, size_t bytes, struct answer *out)
{
    struct bytes b = {buf, bytes};
    char name[NAME_BYTES];
    WSAQUERYSETW r;
    int err = 0;

    if (bytes < sizeof r)
        return WSANO_RECOVERY;
    memcpy(&r, buf, sizeof r);
    if (r.lpszServiceInstanceName && !out->canon) {
        if (!read_text(b, r.lpszServiceInstanceName, name))
            return WSANO_RECOVERY;
        if (name[0])
            err = answer_set_canon(out, span_of(name));
    }
    if (!err)
        err = add_addresses(b, &r, out);
    return err ? err : add_blob(b, r.lpBlob, out);
}
