/* SPDX-License-Identifier: MIT */
#include "catalog/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

static const char value_name[] = "ws2kit_Journal";

enum {
    MAGIC = 0x4B325357,       /* "WS2K" */
    USUAL_BYTES = 64 * 1024, /* two catalogs of 36 entries: more than anyone has */
    NAME_BYTES = 32,
};

struct head {
    uint32_t generation, serial, next_id;
    uint8_t pending[RECORDS_SECTIONS], has_apps, zero;
    uint64_t written;
    uint32_t index, zero2;
    char name[NAME_BYTES];
};
_Static_assert(sizeof(struct head) == 64, "stored form");

void journal_init(struct journal *j)
{
    memset(j, 0, sizeof *j);
    pack_init(&j->held);
}

void journal_deinit(struct journal *j)
{
    pack_deinit(&j->held);
}

static void take(struct journal *j, const struct head *h)
{
    j->generation = h->generation;
    j->serial = h->serial;
    j->next_id = h->next_id;
    j->has_apps = h->has_apps;
    j->stamp.written = h->written;
    j->stamp.index = h->index;
    memcpy(j->stamp.name, h->name, NAME_BYTES);
    j->stamp.name[NAME_BYTES - 1] = 0;
    for (int i = 0; i < RECORDS_SECTIONS; i++) {
        j->pending[i] = h->pending[i] && j->held.held[i];
        j->held.cat[i].serial = h->serial;
        j->held.cat[i].next_id = h->next_id;
    }
}

int journal_read(struct reg_key *parameters, struct journal *j)
{
    struct head h;
    int err;

    memset(j, 0, sizeof *j);
    err = pack_read(parameters, value_name, USUAL_BYTES, MAGIC, &h, sizeof h, &j->held);
    if (!err)
        take(j, &h);
    return err == WSANO_DATA || err == WSAEINVAL || err == WSAEMSGSIZE ? 0 : err;
}

int journal_write(struct reg_key *parameters, const struct journal *j)
{
    struct head h;
    size_t name_bytes = strlen(j->stamp.name);

    memset(&h, 0, sizeof h);
    h.generation = j->generation;
    h.serial = j->serial;
    h.next_id = j->next_id;
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        h.pending[i] = j->pending[i];
    if (name_bytes < NAME_BYTES) {
        h.written = j->stamp.written;
        h.index = j->stamp.index;
        h.has_apps = j->has_apps;
        memcpy(h.name, j->stamp.name, name_bytes);
    }
    return pack_write(parameters, value_name, MAGIC, &h, sizeof h, &j->held);
}
