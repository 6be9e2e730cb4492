/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/hosts_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"

/* The address that `line` begins with; what is left of the line are its names. */
static bool take_addr(struct span *line, struct name_addr *addr)
{
    struct span word;

    return lines_word(line, &word) && name_addr_parse(word, addr);
}

static bool has_name(struct span names, const char *name)
{
    struct span word;

    while (lines_word(&names, &word))
        if (lines_equal(word, name))
            return true;
    return false;
}

static int add_names(struct answer *out, struct span names)
{
    struct span word;
    int err = 0;

    while (!err && lines_word(&names, &word))
        err = out->canon ? answer_add_alias(out, word) : answer_set_canon(out, word);
    return err;
}

static int finish(struct answer *out, int err)
{
    if (!err && !out->addr_count)
        err = WSAHOST_NOT_FOUND;
    if (err)
        answer_free(out);
    return err;
}

/* What one line says of a name, if it has it. */
static int take_name(struct span line, const char *name, struct answer *out)
{
    struct name_addr addr;
    int err;

    if (!take_addr(&line, &addr) || !has_name(line, name))
        return 0;
    err = add_names(out, line);
    return err ? err : answer_add_addr(out, &addr);
}

/* What one line says of an address, if it is for it and has a name. */
static int take_names(struct span line, const struct name_addr *addr, struct answer *out)
{
    struct span names, word;
    struct name_addr here;
    int err;

    if (!take_addr(&line, &here) || !name_addr_equal(&here, addr))
        return 0;
    names = line;
    if (!lines_word(&names, &word))
        return 0;
    err = add_names(out, line);
    return err ? err : answer_add_addr(out, addr);
}

int hosts_find_name(struct span text, const char *name, struct answer *out)
{
    struct span line;
    int err = 0;

    while (!err && out->addr_count < ANSWER_MAX && lines_next(&text, &line))
        err = take_name(line, name, out);
    return finish(out, err);
}

int hosts_find_addr(struct span text, const struct name_addr *addr, struct answer *out)
{
    struct span line;
    int err = 0;

    while (!err && !out->addr_count && lines_next(&text, &line))
        err = take_names(line, addr, out);
    return finish(out, err);
}

/* ---- the index ---- */

/*
 * Every name and every address of every line is an entry that knows the line. Entries with the same hash are chained in the
 * order of the file, since the first line has the canonical name. What an entry leads to is compared again, so a
 * collision costs time only.
 */
struct hosts_index {
    uint32_t mask;   /* buckets - 1 */
    uint32_t *first; /* entry number + 1; 0: none */
    uint32_t count;
    struct hosts_entry {
        uint32_t next; /* as first */
        uint32_t hash;
        uint32_t line; /* where in the text it starts */
    } entry[];
};

static uint32_t hash_bytes(const void *bytes, size_t len, uint32_t hash)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t ch = ((const uint8_t *)bytes)[i];

        hash = (hash ^ (ch >= 'A' && ch <= 'Z' ? ch + 32u : ch)) * 16777619u;
    }
    return hash ^ hash >> 15;
}

/* Equal for names that lines_equal() holds for equal. */
static uint32_t hash_name(struct span name)
{
    return hash_bytes(name.at, name.chars, 2166136261u);
}

static uint32_t hash_addr(const struct name_addr *a)
{
    return hash_bytes(a->ip, a->family == ADDR_INET ? 4 : 16, (uint32_t)a->family);
}

static uint32_t count_words(struct span text)
{
    struct span line, word;
    uint32_t n = 0;

    while (lines_next(&text, &line))
        while (lines_word(&line, &word))
            n++;
    return n;
}

static void add_entry(struct hosts_index *ix, uint32_t *last, uint32_t hash, uint32_t line)
{
    uint32_t bucket = hash & ix->mask;

    ix->entry[ix->count] = (struct hosts_entry){0, hash, line};
    *(last[bucket] ? &ix->entry[last[bucket] - 1].next : &ix->first[bucket]) = ix->count + 1;
    last[bucket] = ++ix->count;
}

static void fill(struct hosts_index *ix, uint32_t *last, struct span text)
{
    const char *start = text.at;
    struct span line, word;
    struct name_addr addr;

    while (lines_next(&text, &line)) {
        uint32_t at = (uint32_t)(line.at - start);

        if (!take_addr(&line, &addr))
            continue;
        add_entry(ix, last, hash_addr(&addr), at);
        while (lines_word(&line, &word))
            add_entry(ix, last, hash_name(word), at);
    }
}

struct hosts_index *hosts_index_new(struct span text)
{
    uint32_t words = count_words(text), buckets = 64, *last;
    struct hosts_index *ix;

    while (buckets < words)
        buckets *= 2;
    ix = malloc(sizeof *ix + words * sizeof *ix->entry);
    last = calloc(buckets, sizeof *last);
    if (ix) {
        ix->mask = buckets - 1;
        ix->count = 0;
        ix->first = calloc(buckets, sizeof *ix->first);
    }
    if (ix && ix->first && last)
        fill(ix, last, text);
    else {
        hosts_index_free(ix);
        ix = NULL;
    }
    free(last);
    return ix;
}

void hosts_index_free(struct hosts_index *ix)
{
    if (ix)
        free(ix->first);
    free(ix);
}

/* The next line that has an entry with this hash; *at starts as 0. A line is given once. */
static bool next_line(const struct hosts_index *ix, struct span text, uint32_t hash, uint32_t *at, struct span *line)
{
    const struct hosts_entry *before = *at ? &ix->entry[*at - 1] : NULL, *e;

    for (*at = before ? before->next : ix->first[hash & ix->mask]; *at; *at = e->next) {
        e = &ix->entry[*at - 1];
        if (e->hash != hash || (before && before->line == e->line))
            continue;
        text = (struct span){text.at + e->line, text.chars - e->line};
        return lines_next(&text, line);
    }
    return false;
}

int hosts_index_find_name(const struct hosts_index *ix, struct span text, const char *name, struct answer *out)
{
    struct span line, wanted = span_of(name);
    uint32_t at = 0;
    int err = 0;

    if (wanted.chars > 1 && name[wanted.chars - 1] == '.')
        wanted.chars--;
    while (!err && out->addr_count < ANSWER_MAX && next_line(ix, text, hash_name(wanted), &at, &line))
        err = take_name(line, name, out);
    return finish(out, err);
}

int hosts_index_find_addr(const struct hosts_index *ix, struct span text, const struct name_addr *addr,
                          struct answer *out)
{
    struct span line;
    uint32_t at = 0;
    int err = 0;

    while (!err && !out->addr_count && next_line(ix, text, hash_addr(addr), &at, &line))
        err = take_names(line, addr, out);
    return finish(out, err);
}
