/* SPDX-License-Identifier: MIT */
#include "catalog/numbered.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

enum { DIGITS = NUMBERED_CHARS - 1 };

const struct numbered_names numbered_names[RECORDS_SECTIONS] = {
    [RECORDS_64] = {"Catalog_Entries64", "Num_Catalog_Entries64"},
    [RECORDS_32] = {"Catalog_Entries", "Num_Catalog_Entries"},
};

void numbered_name(uint64_t number, char name[NUMBERED_CHARS])
{
    for (int i = DIGITS; i-- > 0; number /= 10)
        name[i] = (char)('0' + number % 10);
    name[DIGITS] = 0;
}

uint64_t numbered_number(const char *name)
{
    uint64_t number = 0;

    if (strlen(name) != DIGITS || strspn(name, "0123456789") != DIGITS)
        return 0;
    while (*name)
        number = number * 10 + (uint64_t)(*name++ - '0');
    return number;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

int numbered_list(struct reg_key *entries, uint32_t subkeys, void (*foreign)(void *arg, uint32_t place), void *arg,
                  uint64_t **numbers, uint32_t *count)
{
    uint64_t *number = calloc((size_t)subkeys + 1, sizeof *number);
    char name[REG_NAME_CHARS];
    int err = number ? 0 : WSA_NOT_ENOUGH_MEMORY;

    *count = 0;
    for (uint32_t i = 0; !err && i < subkeys; i++) {
        err = reg_name(entries, i, name);
        if (!err && numbered_number(name))
            number[(*count)++] = numbered_number(name);
        else if (!err && foreign)
            foreign(arg, i + 1);
    }
    if (err == WSANO_DATA)
        err = 0; /* fewer than a moment ago; who cares about that notices */
    if (err) {
        free(number);
        return err;
    }
    qsort(number, *count, sizeof *number, by_number);
    *numbers = number;
    return 0;
}

/* With as many keys as records there is nothing else. Backwards, since deleting moves the indexes above. */
int numbered_sweep(struct reg_key *entries, uint32_t count)
{
    char name[REG_NAME_CHARS];
    uint32_t subkeys;
    int err = reg_count(entries, &subkeys);

    if (!err && subkeys == count)
        return 0;
    while (!err && subkeys) {
        uint64_t number;

        err = reg_name(entries, --subkeys, name);
        number = err ? 0 : numbered_number(name);
        if (!err && name[0] && (!number || number > count))
            err = reg_delete_key(entries, name);
    }
    return err == WSANO_DATA ? 0 : err;
}

int numbered_get_dword(struct reg_key *key, const char *name, uint32_t *value)
{
    uint32_t type, data;
    size_t bytes;
    int err = reg_get(key, name, &type, &data, sizeof data, &bytes);

    if (err == WSAEMSGSIZE || (!err && (type != REG_TYPE_DWORD || bytes != sizeof data)))
        return WSANO_DATA; /* damaged is as good as absent */
    if (!err)
        *value = data;
    return err;
}
