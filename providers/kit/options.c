/* SPDX-License-Identifier: MIT */
#include "providers/kit/options.h"

#include <string.h>

struct span {
    const char *at;
    size_t bytes;
};

/* Cuts the text up to the first `end` off the front of *rest, the `end` with it. */
static struct span cut(struct span *rest, char end)
{
    const char *found = rest->bytes ? memchr(rest->at, end, rest->bytes) : NULL;
    struct span first = { rest->at, found ? (size_t)(found - rest->at) : rest->bytes };
    size_t used = first.bytes + (found != NULL);

    rest->at += used;
    rest->bytes -= used;
    return first;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same(struct span a, struct span b)
{
    if (a.bytes != b.bytes)
        return false;
    for (size_t i = 0; i < a.bytes; i++)
        if (lower(a.at[i]) != lower(b.at[i]))
            return false;
    return true;
}

static struct span span_of(const char *text)
{
    return (struct span){ text, strlen(text) };
}

/* "C:\dir\name.dll" -> "name" */
static struct span stem(struct span path)
{
    for (size_t i = path.bytes; i-- > 0;)
        if (path.at[i] == '\\' || path.at[i] == '/') {
            path.at += i + 1;
            path.bytes -= i + 1;
            break;
        }
    if (path.bytes > 4 && same((struct span){ path.at + path.bytes - 4, 4 }, span_of(".dll")))
        path.bytes -= 4;
    return path;
}

/* The parts "key=value" of the list that name this layer, one after another. */
struct walk {
    struct span layers, rest, name, file;
};

static struct walk walk_begin(const char *list, const char *layer, const char *dll)
{
    return (struct walk){ .layers = span_of(list), .name = span_of(layer), .file = stem(span_of(dll)) };
}

static bool walk_next(struct walk *w, struct span *text)
{
    while (!w->rest.bytes) {
        struct span name;

        if (!w->layers.bytes)
            return false;
        w->rest = cut(&w->layers, ';');
        name = cut(&w->rest, ',');
        if (!same(name, w->name) && !same(stem(name), w->file))
            w->rest.bytes = 0;
    }
    *text = cut(&w->rest, ',');
    return true;
}

bool options_find(const char *list, const char *layer, const char *dll, const char *key,
                  char *value, size_t bytes)
{
    struct walk w = walk_begin(list, layer, dll);
    struct span text;

    while (walk_next(&w, &text)) {
        struct span k = cut(&text, '=');

        if (!same(k, span_of(key)))
            continue;
        if (k.at + k.bytes == text.at) /* there was no "=" */
            text = span_of("1");
        if (text.bytes >= bytes)
            return false;
        memcpy(value, text.at, text.bytes);
        value[text.bytes] = 0;
        return true;
    }
    return false;
}

static bool among(struct span key, const char *known)
{
    struct span rest = span_of(known);

    while (rest.bytes)
        if (same(key, cut(&rest, ' ')))
            return true;
    return false;
}

bool options_unknown(const char *list, const char *layer, const char *dll, const char *known, char *key, size_t bytes)
{
    struct walk w = walk_begin(list, layer, dll);
    struct span text;

    while (walk_next(&w, &text)) {
        struct span k = cut(&text, '=');

        if (!k.bytes || among(k, known))
            continue;
        k.bytes = k.bytes < bytes ? k.bytes : bytes - 1;
        memcpy(key, k.at, k.bytes);
        key[k.bytes] = 0;
        return true;
    }
    return false;
}
