/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/db_file.h"

#include <string.h>

#include "base/addr.h"

/* A whole decimal number of at most `max`. */
static bool parse_decimal(struct span s, uint32_t max, uint32_t *value)
{
    uint32_t v = 0;

    for (size_t i = 0; i < s.chars; i++) {
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
        v = v * 10 + (uint32_t)(s.at[i] - '0');
        if (v > max)
            return false;
    }
    *value = v;
    return s.chars > 0;
}

bool db_parse_network(struct span text, uint32_t *number)
{
    uint32_t value = 0;
    size_t parts = 0;

    for (;;) {
        const char *dot = memchr(text.at, '.', text.chars);
        struct span part = {text.at, dot ? (size_t)(dot - text.at) : text.chars};
        uint8_t ip[4];

        /* One part alone is what the loose parser takes as a number in C notation. */
        if (parts++ == 4 || !addr_ip4_parse_loose(part.at, part.chars, ip) || ip[0] | ip[1] | ip[2])
            return false;
        value = value << 8 | ip[3];
        if (!dot)
            break;
        text.chars -= part.chars + 1;
        text.at += part.chars + 1;
    }
    *number = value;
    return true;
}

static bool parse_number(struct span word, enum db_kind kind, struct db_entry *e)
{
    const char *slash;

    e->proto = (struct span){word.at, 0};
    if (kind == DB_NETWORKS)
        return db_parse_network(word, &e->number);
    if (kind == DB_PROTOCOLS)
        return parse_decimal(word, 255, &e->number);

    slash = memchr(word.at, '/', word.chars);
    if (!slash)
        return false;
    e->proto = (struct span){slash + 1, word.chars - (size_t)(slash - word.at) - 1};
    word.chars = (size_t)(slash - word.at);
    return e->proto.chars && parse_decimal(word, 0xffff, &e->number);
}

static bool next_entry(struct span *text, enum db_kind kind, struct db_entry *e)
{
    struct span line, word;

    while (lines_next(text, &line)) {
        if (!lines_word(&line, &e->name) || !lines_word(&line, &word) || !parse_number(word, kind, e))
            continue;
        e->aliases = line;
        return true;
    }
    return false;
}

static bool has_name(const struct db_entry *e, const char *name)
{
    struct span rest = e->aliases, word;

    if (lines_equal(e->name, name))
        return true;
    while (lines_word(&rest, &word))
        if (lines_equal(word, name))
            return true;
    return false;
}

bool db_find(struct span text, const struct db_query *q, struct db_entry *out)
{
    struct db_entry e;

    while (next_entry(&text, q->kind, &e)) {
        if (q->name ? !has_name(&e, q->name) : e.number != q->number)
            continue;
        if (q->proto && *q->proto && !lines_equal(e.proto, q->proto))
            continue;
        *out = e;
        return true;
    }
    return false;
}

bool db_has_entries(struct span text, enum db_kind kind)
{
    struct db_entry e;

    return next_entry(&text, kind, &e);
}
