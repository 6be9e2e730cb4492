/* SPDX-License-Identifier: MIT */
#include "catalog/namespace_journal.h"

#include <string.h>

#include "base/wsaerr.h"

static const char value_name[] = "ws2kit_NameSpaces";

enum { MAGIC = 0x324E5357 /* "WSN2" */, USUAL_BYTES = 4096, NAME_BYTES = 32 };

struct head {
    uint32_t generation, serial;
    uint64_t written;
    uint32_t index;
    uint8_t pending[RECORDS_SECTIONS], zero[2];
    char name[NAME_BYTES];
};
_Static_assert(sizeof(struct head) == 56, "stored form");

void namespace_journal_init(struct namespace_journal *j)
{
    memset(j, 0, sizeof *j);
    namespace_pack_init(&j->held);
}

void namespace_journal_deinit(struct namespace_journal *j)
{
    namespace_pack_deinit(&j->held);
}

int namespace_journal_read(struct reg_key *parameters, struct namespace_journal *j)
{
    struct head h;
    int err;

    memset(j, 0, sizeof *j);
    err = namespace_pack_read(parameters, value_name, USUAL_BYTES, MAGIC, &h, sizeof h, &j->held);
    if (err)
        return err == WSANO_DATA || err == WSAEINVAL || err == WSAEMSGSIZE ? 0 : err;
    j->generation = h.generation;
    j->serial = h.serial;
    j->stamp.written = h.written;
    j->stamp.index = h.index;
    memcpy(j->stamp.name, h.name, NAME_BYTES);
    j->stamp.name[NAME_BYTES - 1] = 0;
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        j->pending[i] = h.pending[i] && j->held.held[i];
    return 0;
}

int namespace_journal_write(struct reg_key *parameters, const struct namespace_journal *j)
{
    struct head h;
    size_t name_bytes = strlen(j->stamp.name);

    memset(&h, 0, sizeof h);
    h.generation = j->generation;
    h.serial = j->serial;
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        h.pending[i] = j->pending[i];
    if (name_bytes < NAME_BYTES) {
        h.written = j->stamp.written;
        h.index = j->stamp.index;
        memcpy(h.name, j->stamp.name, name_bytes);
    }
    return namespace_pack_write(parameters, value_name, MAGIC, &h, sizeof h, &j->held);
}
