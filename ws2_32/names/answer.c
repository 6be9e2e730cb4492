/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"

void answer_free(struct answer *a)
{
    if (!a->canon && !a->alias && !a->addr) /* three calls of free() are a tenth of a lookup that asks nobody */
        return;
    for (size_t i = 0; i < a->alias_count; i++)
        free(a->alias[i]);
    free(a->alias);
    if (a->addr != a->room)
        free(a->addr);
    free(a->canon);
    *a = (struct answer){.room = a->room, .room_count = a->room_count};
}

struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static char *copy(struct span s)
{
    char *text = malloc(s.chars + 1);

    if (text) {
        memcpy(text, s.at, s.chars);
        text[s.chars] = 0;
    }
    return text;
}

int answer_set_canon(struct answer *a, struct span name)
{
    char *canon = copy(name);

    if (!canon)
        return WSA_NOT_ENOUGH_MEMORY;
    free(a->canon);
    a->canon = canon;
    return 0;
}

enum { FEW = 4 };

/* Room for one more in an array of `count`: for four at first, then it grows when the count reaches a power of two. */
static bool grow(void **array, size_t count, size_t element_bytes)
{
    void *bigger;

    if (count && (count < FEW || count & (count - 1)))
        return true;
    bigger = realloc(*array, (count ? 2 * count : FEW) * element_bytes);
    if (bigger)
        *array = bigger;
    return bigger;
}

/* The same for addresses, which may have room of the caller's to begin with. */
static bool grow_addr(struct answer *a)
{
    size_t capacity = FEW;
    struct name_addr *own;

    if (!a->addr && a->room_count)
        a->addr = a->room;
    if (!a->room || a->addr != a->room)
        return grow((void **)&a->addr, a->addr_count, sizeof *a->addr);
    if (a->addr_count < a->room_count)
        return true;
    while (capacity <= a->addr_count) /* what grow() will take for granted */
        capacity *= 2;
    own = malloc(capacity * sizeof *own);
    if (!own)
        return false;
    memcpy(own, a->addr, a->addr_count * sizeof *own);
    a->addr = own;
    return true;
}

int answer_add_alias(struct answer *a, struct span name)
{
    char *alias;

    if (a->canon && lines_equal(name, a->canon))
        return 0;
    for (size_t i = 0; i < a->alias_count; i++)
        if (lines_equal(name, a->alias[i]))
            return 0;
    if (a->alias_count >= ANSWER_MAX)
        return 0;
    if (!grow((void **)&a->alias, a->alias_count, sizeof *a->alias))
        return WSA_NOT_ENOUGH_MEMORY;
    alias = copy(name);
    if (!alias)
        return WSA_NOT_ENOUGH_MEMORY;
    a->alias[a->alias_count++] = alias;
    return 0;
}

int answer_add_addr(struct answer *a, const struct name_addr *addr)
{
    for (size_t i = 0; i < a->addr_count; i++)
        if (name_addr_equal(&a->addr[i], addr) && a->addr[i].scope == addr->scope)
            return 0;
    if (a->addr_count >= ANSWER_MAX)
        return 0;
    if (!grow_addr(a))
        return WSA_NOT_ENOUGH_MEMORY;
    a->addr[a->addr_count++] = *addr;
    return 0;
}

bool name_addr_equal(const struct name_addr *a, const struct name_addr *b)
{
    return a->family == b->family && !memcmp(a->ip, b->ip, a->family == ADDR_INET ? 4 : 16);
}

struct name_addr name_addr_mapped(const struct name_addr *a)
{
    struct name_addr six = {ADDR_INET6, {[10] = 0xff, [11] = 0xff}, 0};

    memcpy(six.ip + 12, a->ip, 4);
    return six;
}

bool name_addr_is_loopback(const struct name_addr *a)
{
    static const uint8_t one[16] = {[15] = 1};

    return a->family == ADDR_INET ? a->ip[0] == 127 : !memcmp(a->ip, one, 16);
}

bool name_addr_parse(struct span text, struct name_addr *out)
{
    uint8_t sockaddr[ADDR_INET6_BYTES];

    *out = (struct name_addr){0};
    if (addr_ip4_parse_loose(text.at, text.chars, out->ip)) {
        out->family = ADDR_INET;
        return true;
    }
    if (text.chars && *text.at != '[' && addr_parse(text.at, text.chars, ADDR_INET6, sockaddr)) {
        out->family = ADDR_INET6;
        memcpy(out->ip, sockaddr + 8, sizeof out->ip);
        memcpy(&out->scope, sockaddr + 24, sizeof out->scope);
        return true;
    }
    return false;
}
