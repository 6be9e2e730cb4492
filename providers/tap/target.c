/* SPDX-License-Identifier: MIT */
#include "providers/tap/target.h"

#include <stdio.h>
#include <string.h>

struct text {
    char *at;
    size_t used, room;
};

static void put(struct text *t, const char *text, size_t bytes)
{
    if (t->room - t->used > bytes)
        memcpy(t->at + t->used, text, bytes);
    t->used += bytes < t->room - t->used ? bytes : t->room - t->used;
}

static size_t without_exe(const char *program)
{
    size_t n = strlen(program);

    return n > 4 && program[n - 4] == '.' && (program[n - 3] | 32) == 'e' ? n - 4 : n;
}

bool target_name(const char *pattern, const char *program, unsigned long process, unsigned attempt,
                 char *out, size_t bytes)
{
    struct text t = { out, 0, bytes };
    const char *dot = strrchr(pattern, '.'), *slash = strpbrk(dot ? dot : "", "/\\");
    char number[24];

    if (!dot || slash)
        dot = pattern + strlen(pattern);
    for (const char *c = pattern;; c++) {
        if (c == dot && attempt > 1)
            put(&t, number, snprintf(number, sizeof number, "-%u", attempt));
        if (!*c)
            break;
        if (*c == '%' && c[1] == 'p')
            put(&t, number, snprintf(number, sizeof number, "%lu", process));
        else if (*c == '%' && c[1] == 'e')
            put(&t, program, without_exe(program));
        else
            put(&t, c, 1);
        c += *c == '%' && (c[1] == 'p' || c[1] == 'e' || c[1] == '%');
    }
    if (t.used >= bytes)
        return false;
    out[t.used] = 0;
    return true;
}
