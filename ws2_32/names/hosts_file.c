/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/hosts_file.h"

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

int hosts_find_name(struct span text, const char *name, struct answer *out)
{
    struct span line;
    struct name_addr addr;
    int err = 0;

    *out = (struct answer){0};
    while (!err && out->addr_count < ANSWER_MAX && lines_next(&text, &line)) {
        if (!take_addr(&line, &addr) || !has_name(line, name))
            continue;
        err = add_names(out, line);
        if (!err)
            err = answer_add_addr(out, &addr);
    }
    return finish(out, err);
}

int hosts_find_addr(struct span text, const struct name_addr *addr, struct answer *out)
{
    struct span line, names, word;
    struct name_addr here;
    int err = 0;

    *out = (struct answer){0};
    while (!err && !out->addr_count && lines_next(&text, &line)) {
        if (!take_addr(&line, &here) || !name_addr_equal(&here, addr))
            continue;
        names = line;
        if (!lines_word(&names, &word))
            continue;
        err = add_names(out, line);
        if (!err)
            err = answer_add_addr(out, addr);
    }
    return finish(out, err);
}
