/* SPDX-License-Identifier: MIT */
#include "catalog/backup.h"

#include <stdio.h>
#include <string.h>

#include "base/wsaerr.h"

static const char path[] = "Software\\ws2kit\\Backups", last_name[] = "Last";

const char backup_uncounted[] = "put aside: records that were changed without counting it";

enum {
    MAGIC = 0x42325357 /* "WS2B" */,
    NAMES_MAGIC = 0x424E5357 /* "WSNB" */,
    USUAL_BYTES = 64 * 1024,
    NAME_BYTES = 12,
};


struct head {
    uint64_t time;
    char why[BACKUP_WHY_BYTES];
};
_Static_assert(sizeof(struct head) == 168, "stored form");

void backup_deinit(struct backup *b)
{
    pack_deinit(&b->held);
    namespace_pack_deinit(&b->names);
}

void backup_reason(struct backup *b, const char *why)
{
    char program[REG_NAME_CHARS];

    reg_program(program);
    snprintf(b->why, sizeof b->why, "%s: %s", program, why);
}

/* A backup is one value, or one for each catalog. */
static void value_name(uint32_t number, bool names, char name[NAME_BYTES])
{
    snprintf(name, NAME_BYTES, "%08u%s", number, names ? "n" : "");
}

static void forget(struct reg_key *key, uint32_t number, bool names)
{
    char name[NAME_BYTES];

    value_name(number, names, name);
    (void)reg_delete_value(key, name); /* one too many does no harm */
}

static bool any(const bool held[RECORDS_SECTIONS])
{
    return held[RECORDS_64] || held[RECORDS_32];
}

static int read_last(struct reg_key *key, uint32_t *number)
{
    int err = numbered_get_dword(key, last_name, number);

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
    value_name(b->number, false, name);
    if (any(b->held.held))
        err = pack_write(key, name, MAGIC, &h, sizeof h, &b->held);
    else
        forget(key, b->number, false); /* of one who was stopped before he had given the number */
    value_name(b->number, true, name);
    if (!err && any(b->names.held))
        err = namespace_pack_write(key, name, NAMES_MAGIC, &h, sizeof h, &b->names);
    else if (!err)
        forget(key, b->number, true);
    if (!err)
        err = reg_set(key, last_name, REG_TYPE_DWORD, &b->number, sizeof b->number);
    if (!err && b->number > BACKUPS_KEPT) {
        forget(key, b->number - BACKUPS_KEPT, false);
        forget(key, b->number - BACKUPS_KEPT, true);
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

/* A damaged value is as good as none. */
static int optional(int err)
{
    return err == WSANO_DATA || err == WSAEINVAL || err == WSAEMSGSIZE ? 0 : err;
}

int backup_read(uint32_t number, struct backup *b)
{
    char name[NAME_BYTES];
    struct reg_key *key;
    struct head h;
    int err = reg_open(NULL, path, &key);

    memset(b, 0, sizeof *b);
    pack_init(&b->held);
    namespace_pack_init(&b->names);
    if (err)
        return err;
    memset(&h, 0, sizeof h);
    value_name(number, false, name);
    err = optional(pack_read(key, name, USUAL_BYTES, MAGIC, &h, sizeof h, &b->held));
    value_name(number, true, name);
    if (!err)
        err = optional(namespace_pack_read(key, name, USUAL_BYTES, NAMES_MAGIC, &h, sizeof h, &b->names));
    reg_close(key);
    if (!err && !any(b->held.held) && !any(b->names.held))
        err = WSANO_DATA;
    if (err) {
        backup_deinit(b);
        return err;
    }
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
