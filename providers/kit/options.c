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

bool options_find(const char *list, const char *layer, const char *dll, const char *key,
                  char *value, size_t bytes)
{
    struct span layers = span_of(list);
    struct span file = stem(span_of(dll));

    while (layers.bytes) {
        struct span rest = cut(&layers, ';');
        struct span name = cut(&rest, ',');
        bool ours = same(name, span_of(layer)) || same(stem(name), file);

        while (ours && rest.bytes) {
            struct span text = cut(&rest, ',');
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
    }
    return false;
}
