/* SPDX-License-Identifier: MIT */
#include "catalog/backup.h"

#include <stdio.h>
#include <string.h>

#include "base/wsaerr.h"

static const char path[] = "Software\\ws2kit\\Backups", last_name[] = "Last";

enum { MAGIC = 0x42325357 /* "WS2B" */, USUAL_BYTES = 64 * 1024, NAME_BYTES = 12 };

struct head {
    uint64_t time;
    char why[BACKUP_WHY_BYTES];
};
_Static_assert(sizeof(struct head) == 168, "stored form");

void backup_deinit(struct backup *b)
{
    pack_deinit(&b->held);
}

static void value_name(uint32_t number, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "%08u", number);
}

static int read_last(struct reg_key *key, uint32_t *number)
{
    int err = records_get_dword(key, last_name, number);

    if (err == WSANO_DATA)
        *number = 0;
    return err == WSANO_DATA ? 0 : err;
}

/*
 * The value first, then the number: who is stopped in between leaves a value that the next one
 * overwrites.
 */
static int write_next(struct reg_key *key, struct backup *b)
{
    char name[NAME_BYTES];
    struct head h;
    int err = read_last(key, &b->number);

    if (err)
        return err;
    b->number++;
    memset(&h, 0, sizeof h);
    h.time = b->time;
    memcpy(h.why, b->why, strnlen(b->why, sizeof h.why - 1));
    value_name(b->number, name);
    err = pack_write(key, name, MAGIC, &h, sizeof h, &b->held);
    if (!err)
        err = reg_set(key, last_name, REG_TYPE_DWORD, &b->number, sizeof b->number);
    if (!err && b->number > BACKUPS_KEPT) {
        value_name(b->number - BACKUPS_KEPT, name);
        (void)reg_delete_value(key, name); /* one too many does no harm */
    }
    return err;
}

int backup_write(struct backup *b)
{
    struct reg_key *key;
    int err = reg_create(NULL, path, &key);

    if (err)
        return err;
    err = write_next(key, b);
    reg_close(key);
    return err;
}

int backup_read(uint32_t number, struct backup *b)
{
    char name[NAME_BYTES];
    struct reg_key *key;
    struct head h;
    int err = reg_open(NULL, path, &key);

    memset(b, 0, sizeof *b);
    pack_init(&b->held);
    if (err)
        return err;
    value_name(number, name);
    err = pack_read(key, name, USUAL_BYTES, MAGIC, &h, sizeof h, &b->held);
    reg_close(key);
    if (err)
        return err == WSAEINVAL ? WSANO_DATA : err; /* damaged is as good as gone */
    b->number = number;
    b->time = h.time;
    memcpy(b->why, h.why, sizeof b->why - 1);
    return 0;
}

int backup_last(uint32_t *number)
{
    struct reg_key *key;
    int err = reg_open(NULL, path, &key);

    *number = 0;
    if (err)
        return err == WSANO_DATA ? 0 : err;
    err = read_last(key, number);
    reg_close(key);
    return err;
}
