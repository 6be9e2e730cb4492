/* SPDX-License-Identifier: MIT */
/* order: where an entry stands. The first that fits a program's request serves it. */
#include "catalog/wsctl/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

uint32_t order_place(enum where where, uint32_t from, uint32_t beside, uint32_t count)
{
    uint32_t to = 0;

    switch (where) {
    case FIRST:
        break;
    case LAST:
        to = count - 1;
        break;
    case UP:
        to = from ? from - 1 : 0;
        break;
    case DOWN:
        to = from + 1;
        break;
    case BEFORE:
    case AFTER: /* counted without the entry itself */
        to = beside + (where == AFTER);
        to -= to > from;
        break;
    }
    return to < count ? to : count - 1;
}

void move_element(void *array, size_t bytes, uint32_t from, uint32_t to)
{
    while (from != to) {
        uint32_t next = to > from ? from + 1 : from - 1;
        char *a = (char *)array + from * bytes, *b = (char *)array + next * bytes;

        for (size_t i = 0; i < bytes; i++) {
            char kept = a[i];

            a[i] = b[i];
            b[i] = kept;
        }
        from = next;
    }
}

static int move(struct catalog *cat, void *arg)
{
    struct move *m = arg;
    const struct catalog_entry *e = find_entry(cat, m->what), *beside = NULL;
    uint32_t from, to;

    if (m->beside)
        beside = find_entry(cat, m->beside);
    m->missing = !e ? m->what : m->beside && !beside ? m->beside : NULL;
    if (m->missing)
        return WSASERVICE_NOT_FOUND;
    from = (uint32_t)(e - cat->entry);
    to = order_place(m->where, from, beside ? (uint32_t)(beside - cat->entry) : 0, cat->count);
    move_element(cat->entry, sizeof *cat->entry, from, to);
    return 0;
}

int order_command(int argc, char **argv)
{
    static const struct {
        const char *word;
        enum where where;
        int args;
    } words[] = {{"first", FIRST, 2}, {"last", LAST, 2},     {"up", UP, 2},
                 {"down", DOWN, 2},   {"before", BEFORE, 3}, {"after", AFTER, 3}};
    struct move m = {NULL, NULL, FIRST, NULL};
    char why[160];
    struct change c = {.width = STORE_NATIVE, .why = why, .apply = move, .arg = &m};
    size_t i;
    int err;

    c.dry_run = take_flag(&argc, argv, "--dry-run");
    if (take_flag(&argc, argv, "--32"))
        c.width = STORE_32;
    if (argc < 2)
        return WSCTL_USAGE;
    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(argv[1], words[i].word) && argc == words[i].args)
            break;
    if (i == sizeof words / sizeof words[0])
        return WSCTL_USAGE;
    m.what = argv[0];
    m.where = words[i].where;
    m.beside = argc == 3 ? argv[2] : NULL;
    snprintf(why, sizeof why, "order %.60s %s%s%.60s", m.what, argv[1], m.beside ? " " : "", m.beside ? m.beside : "");
    if (means_names(c.width, m.what))
        return names_order(c.width, &m, why, c.dry_run);
    err = change_make(&c);
    if (err && m.missing)
        return complain_missing(m.missing);
    return err ? complain_store("change the order", err) : WSCTL_OK;
}
