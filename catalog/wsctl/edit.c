/* SPDX-License-Identifier: MIT */
/* Changes, made or only shown: every command that changes the catalog comes through here. */
#include "catalog/wsctl/wsctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

static void print_line(char sign, const struct catalog_entry *e)
{
    char name[TEXT_BYTES], path[TEXT_BYTES];

    utf8_text(e->info.name, name);
    path_text(e->path, path);
    printf("%c %-5u %-7s  %s  (%s)\n", sign, e->info.id, kind_word(e), name, path);
}

/* The ids that both have, in the order of `cat`. */
static uint32_t common(const struct catalog *cat, const struct catalog *other, uint32_t *ids)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < cat->count; i++)
        if (catalog_find_id(other, cat->entry[i].info.id))
            ids[count++] = cat->entry[i].info.id;
    return count;
}

static bool print_order(const struct catalog *before, const struct catalog *after)
{
    size_t most = before->count > after->count ? before->count : after->count;
    uint32_t *a = calloc(most + 1, sizeof *a), *b = calloc(most + 1, sizeof *b);
    uint32_t count = a && b ? common(before, after, a) : 0;
    bool moved = a && b && common(after, before, b) == count && memcmp(a, b, count * sizeof *a);

    if (moved) {
        printf("order:");
        for (uint32_t i = 0; i < after->count; i++)
            printf(" %u", after->entry[i].info.id);
        printf("\n");
    }
    free(a);
    free(b);
    return moved;
}

bool print_difference(const struct catalog *before, const struct catalog *after)
{
    bool any = false;

    for (uint32_t i = 0; i < before->count; i++) {
        const struct catalog_entry *now = catalog_find_id(after, before->entry[i].info.id);

        if (now && !memcmp(now, &before->entry[i], sizeof *now))
            continue;
        if (now && catalog_find_id(before, now->info.id) != &before->entry[i])
            now = NULL; /* the second of two equal ids */
        print_line(now ? '~' : '-', &before->entry[i]);
        any = true;
    }
    for (uint32_t i = 0; i < after->count; i++)
        if (!catalog_find_id(before, after->entry[i].info.id)) {
            print_line('+', &after->entry[i]);
            any = true;
        }
    return print_order(before, after) || any;
}

static int show(const struct change *c, enum store_width width, bool *any)
{
    struct catalog before, after;
    int err = store_read(width, &before);

    if (err)
        return err;
    for (uint32_t i = 0; i < before.count; i++)
        if (before.entry[i].info.id >= before.next_id && before.entry[i].info.id != UINT32_MAX)
            before.next_id = before.entry[i].info.id + 1; /* new entries get ids as if it were done */
    err = catalog_copy(&after, &before);
    if (err) {
        catalog_deinit(&before);
        return err;
    }
    err = c->apply(&after, c->arg);
    if (!err && c->both)
        printf("catalog of %d-bit programs:\n", width == STORE_32 || sizeof(void *) == 4 ? 32 : 64);
    if (!err)
        *any = print_difference(&before, &after) || *any;
    catalog_deinit(&before);
    catalog_deinit(&after);
    return err;
}

int change_show(const struct change *c, bool *any)
{
    int err = show(c, c->both ? STORE_NATIVE : c->width, any);

    if (!err && c->both && sizeof(void *) == 8)
        err = show(c, STORE_32, any);
    return err;
}

void print_dry_run(bool any)
{
    printf("%s\n", any ? "(dry run: nothing was changed)" : "nothing would change");
}

int change_make(const struct change *c)
{
    bool any = false;
    int err;

    if (!c->dry_run && c->repair)
        return store_repair(c->why, c->apply, c->arg);
    if (!c->dry_run)
        return c->both ? store_edit_both(c->why, c->apply, c->arg) : store_edit(c->width, c->why, c->apply, c->arg);
    err = change_show(c, &any);
    if (!err)
        print_dry_run(any);
    return err;
}

bool take_flag(int *argc, char **argv, const char *flag)
{
    for (int i = 0; i < *argc; i++) {
        if (strcmp(argv[i], flag))
            continue;
        memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i - 1) * sizeof *argv);
        --*argc;
        return true;
    }
    return false;
}
