/* SPDX-License-Identifier: MIT */
#include "catalog/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/guid.h"

enum { LINE_BYTES = 4096, WORDS = 4 };

/* The fields that are numbers: up to four after another in memory. */
static const struct {
    const char *name;
    size_t offset;
    int count;
    bool hex, is_signed;
} fields[] = {
    {"service-flags", offsetof(struct catalog_info, service_flags), 4, true, false},
    {"provider-flags", offsetof(struct catalog_info, provider_flags), 1, true, false},
    {"version", offsetof(struct catalog_info, version), 1, false, true},
    {"family", offsetof(struct catalog_info, family), 1, false, true},
    {"address-bytes", offsetof(struct catalog_info, max_addr), 2, false, true}, /* most, least */
    {"type", offsetof(struct catalog_info, type), 1, false, true},
    {"protocol", offsetof(struct catalog_info, protocol), 2, false, true}, /* first, how many more */
    {"byte-order", offsetof(struct catalog_info, network_byte_order), 1, false, true},
    {"security", offsetof(struct catalog_info, security_scheme), 1, false, true},
    {"message-bytes", offsetof(struct catalog_info, message_size), 1, false, false},
    {"reserved", offsetof(struct catalog_info, reserved), 1, true, false},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };
_Static_assert(offsetof(struct catalog_info, min_addr) == offsetof(struct catalog_info, max_addr) + 4, "address-bytes");
_Static_assert(offsetof(struct catalog_info, protocol_max_offset) == offsetof(struct catalog_info, protocol) + 4, "protocol");

/* ---- writing ---- */

struct sink {
    char *text;
    size_t bytes, room;
    bool failed;
};

static void put(struct sink *s, const char *bytes, size_t count)
{
    if (s->room - s->bytes <= count) {
        size_t room = 2 * (s->room + count) + 1024;
        char *grown = s->failed ? NULL : realloc(s->text, room);

        s->failed = s->failed || !grown;
        if (s->failed)
            return;
        s->text = grown;
        s->room = room;
    }
    memcpy(s->text + s->bytes, bytes, count);
    s->bytes += count;
    s->text[s->bytes] = 0;
}

static void print(struct sink *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void print(struct sink *s, const char *format, ...)
{
    char line[512];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    put(s, line, strlen(line));
}

/* What is no printable character of its own, a lone surrogate say, is written as \uXXXX, and a backslash as two. */
static void put_name(struct sink *s, const catalog_char *name)
{
    for (size_t i = 0; i < CATALOG_NAME_CHARS && name[i]; i++) {
        uint32_t c = (uint16_t)name[i];
        char utf8[3];

        if (c == '\\')
            put(s, "\\\\", 2);
        else if (c < 0x20 || c == 0x7F || c == 0xFFFE || c == 0xFFFF || (c >= 0xD800 && c < 0xE000))
            print(s, "\\u%04X", c);
        else if (c < 0x80)
            put(s, (char[]){(char)c}, 1);
        else if (c < 0x800)
            put(s, (char[]){(char)(0xC0 | c >> 6), (char)(0x80 | (c & 0x3F))}, 2);
        else {
            utf8[0] = (char)(0xE0 | c >> 12);
            utf8[1] = (char)(0x80 | (c >> 6 & 0x3F));
            utf8[2] = (char)(0x80 | (c & 0x3F));
            put(s, utf8, 3);
        }
    }
}

static void put_entry(struct sink *s, const struct catalog_entry *e)
{
    const struct catalog_info *info = &e->info;
    char guid[GUID_BYTES];

    guid_text(&info->provider, guid);
    print(s, "\nentry %u\n    name ", info->id);
    put_name(s, info->name);
    print(s, "\n    path ");
    put(s, e->path, strnlen(e->path, sizeof e->path));
    print(s, "\n    provider %s\n    chain ", guid);
    if (info->chain_len == CATALOG_LAYER)
        print(s, "layer");
    else if (info->chain_len == CATALOG_BASE)
        print(s, "base");
    for (int32_t i = 0; info->chain_len > 1 && i < info->chain_len && i < CATALOG_CHAIN_MAX; i++)
        print(s, "%s%u", i ? " " : "", info->chain[i]);
    for (int f = 0; f < FIELDS; f++) {
        print(s, "\n    %s", fields[f].name);
        for (int i = 0; i < fields[f].count; i++) {
            uint32_t value;

            memcpy(&value, (const char *)info + fields[f].offset + 4 * i, 4);
            if (fields[f].hex)
                print(s, " 0x%X", value);
            else if (fields[f].is_signed)
                print(s, " %d", (int)value);
            else
                print(s, " %u", value);
        }
    }
    print(s, "\n");
}

int text_write(const struct pack *p, char **out)
{
    struct sink s = {NULL, 0, 0, false};

    print(&s, "# Winsock protocol catalogs, by ws2kit's wsctl. `wsctl import` reads this again.\n");
    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        if (!p->held[i])
            continue;
        print(&s, "\ncatalog %d\n", i == RECORDS_64 ? 64 : 32);
        for (uint32_t e = 0; e < p->cat[i].count; e++)
            put_entry(&s, &p->cat[i].entry[e]);
    }
    if (s.failed) {
        free(s.text);
        return WSA_NOT_ENOUGH_MEMORY;
    }
    *out = s.text;
    return 0;
}

/* ---- reading ---- */

struct reader {
    struct pack *pack;
    struct catalog *cat;     /* that of the last `catalog` line */
    struct catalog_entry *e; /* that of the last `entry` line */
    const char *why;
};

static bool number(const char **at, uint32_t *value)
{
    char *end;
    const char *from = *at + strspn(*at, " ");
    long long n;

    if (!*from || strchr(" +", *from))
        return false;
    n = strtoll(from, &end, 0);
    if (end == from || (*end && *end != ' ') || n < INT32_MIN || n > UINT32_MAX)
        return false;
    *value = (uint32_t)n;
    *at = end;
    return true;
}

static bool at_end(const char *at)
{
    return !at[strspn(at, " ")];
}

static const char *read_catalog(struct reader *r, const char *rest)
{
    uint32_t bits;
    int section;

    if (!number(&rest, &bits) || !at_end(rest) || (bits != 64 && bits != 32))
        return "it is `catalog 64` or `catalog 32`";
    section = bits == 64 ? RECORDS_64 : RECORDS_32;
    if (r->pack->held[section])
        return "that catalog was there already";
    r->pack->held[section] = true;
    r->cat = &r->pack->cat[section];
    r->e = NULL;
    return NULL;
}

static const char *read_entry(struct reader *r, const char *rest)
{
    struct catalog_entry *grown;
    uint32_t id;

    if (!r->cat)
        return "an entry comes after a `catalog` line";
    if (!number(&rest, &id) || !at_end(rest))
        return "an entry has one number, its id";
    if (catalog_find_id(r->cat, id))
        return "that id was there already";
    if (r->cat->count >= PACK_ENTRIES_MAX)
        return "there are too many entries";
    if (r->cat->count % 64 == 0) {
        grown = realloc(r->cat->entry, (r->cat->count + 64) * sizeof *grown);
        if (!grown)
            return "out of memory";
        r->cat->entry = grown;
    }
    r->e = &r->cat->entry[r->cat->count++];
    memset(r->e, 0, sizeof *r->e);
    r->e->info.id = id;
    r->e->info.chain_len = -1; /* until its line comes */
    if (id >= r->cat->next_id && id != UINT32_MAX)
        r->cat->next_id = id + 1;
    return NULL;
}

static const char *read_name(struct catalog_info *info, const char *rest)
{
    const uint8_t *at = (const uint8_t *)rest;
    size_t chars = 0;

    memset(info->name, 0, sizeof info->name);
    while (*at) {
        unsigned c = *at++;
        int more = c < 0x80 ? 0 : c >= 0xC2 && c < 0xE0 ? 1 : c >= 0xE0 && c < 0xF0 ? 2 : -1;

        if (more < 0)
            return "the name is not UTF-8";
        c &= more == 1 ? 0x1F : more == 2 ? 0x0F : 0x7F;
        for (; more; more--, at++) {
            if ((*at & 0xC0) != 0x80)
                return "the name is not UTF-8";
            c = c << 6 | (*at & 0x3F);
        }
        if (c == '\\' && *at == '\\') {
            at++;
        } else if (c == '\\') {
            char digits[5] = "";
            char *end;

            if (*at++ != 'u')
                return "a backslash in a name is two, or begins \\uXXXX";
            for (int i = 0; i < 4 && *at; i++)
                digits[i] = (char)*at++;
            c = (unsigned)strtoul(digits, &end, 16);
            if (strlen(digits) != 4 || *end || strspn(digits, "0123456789abcdefABCDEF") != 4)
                return "\\u takes four hexadecimal digits";
        }
        if (!c || chars == CATALOG_NAME_CHARS - 1)
            return "the name is too long, or ends in its middle";
        info->name[chars++] = (catalog_char)c;
    }
    return NULL;
}

static const char *read_chain(struct catalog_info *info, const char *rest)
{
    info->chain_len = 0;
    memset(info->chain, 0, sizeof info->chain);
    if (!strcmp(rest, "layer"))
        return NULL;
    if (!strcmp(rest, "base")) {
        info->chain_len = CATALOG_BASE;
        return NULL;
    }
    while (!at_end(rest)) {
        if (info->chain_len == CATALOG_CHAIN_MAX)
            return "a chain has at most seven elements";
        if (!number(&rest, &info->chain[info->chain_len]))
            return "a chain is `layer`, `base`, or a list of ids";
        info->chain_len++;
    }
    return info->chain_len > 1 ? NULL : "a chain of ids has two or more";
}

static const char *read_field(struct catalog_info *info, const char *word, const char *rest)
{
    for (int f = 0; f < FIELDS; f++) {
        if (strcmp(word, fields[f].name))
            continue;
        for (int i = 0; i < fields[f].count; i++) {
            uint32_t value;

            if (!number(&rest, &value))
                return "there are too few numbers, or one is none";
            memcpy((char *)info + fields[f].offset + 4 * i, &value, 4);
        }
        return at_end(rest) ? NULL : "there are too many numbers";
    }
    return "there is no field of that name";
}

static const char *read_line(struct reader *r, char *line)
{
    char *word = line + strspn(line, " \t"), *rest;
    size_t bytes;

    if (!*word || *word == '#')
        return NULL;
    rest = word + strcspn(word, " \t");
    if (*rest)
        *rest++ = 0;
    if (!strcmp(word, "catalog"))
        return read_catalog(r, rest);
    if (!strcmp(word, "entry"))
        return read_entry(r, rest);
    if (!r->e)
        return "a field comes after an `entry` line";
    if (!strcmp(word, "name"))
        return read_name(&r->e->info, rest);
    if (!strcmp(word, "chain"))
        return read_chain(&r->e->info, rest);
    if (!strcmp(word, "provider"))
        return guid_parse(rest, &r->e->info.provider) ? NULL : "a provider is a {GUID}";
    if (strcmp(word, "path"))
        return read_field(&r->e->info, word, rest);
    bytes = strlen(rest);
    if (!bytes || bytes >= CATALOG_PATH_BYTES)
        return "the path is empty or longer than 259 bytes";
    memset(r->e->path, 0, sizeof r->e->path);
    memcpy(r->e->path, rest, bytes);
    return NULL;
}

int text_read(const char *text, size_t bytes, struct pack *p, unsigned *line, const char **why)
{
    struct reader r = {p, NULL, NULL, NULL};
    char copy[LINE_BYTES];

    pack_init(p);
    *line = 0;
    for (size_t at = 0; at < bytes && !r.why; at++) {
        size_t count = 0;

        for (; at < bytes && text[at] != '\n'; at++)
            if (count < LINE_BYTES - 1)
                copy[count++] = text[at];
        ++*line;
        while (count && copy[count - 1] == '\r')
            count--;
        copy[count] = 0;
        r.why = count == LINE_BYTES - 1 ? "the line is too long"
                : memchr(copy, 0, count) ? "there is a NUL byte"
                                         : read_line(&r, copy);
    }
    for (int i = 0; !r.why && i < RECORDS_SECTIONS; i++)
        for (uint32_t e = 0; e < p->cat[i].count; e++)
            if (p->cat[i].entry[e].info.chain_len < 0 || !p->cat[i].entry[e].path[0])
                r.why = "an entry above has no path or no chain";
    if (!r.why && !p->held[RECORDS_64] && !p->held[RECORDS_32])
        r.why = "there is no catalog in it";
    if (!r.why)
        return 0;
    *why = r.why;
    pack_deinit(p);
    return WSAEINVAL;
}
