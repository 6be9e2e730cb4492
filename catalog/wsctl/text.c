/* SPDX-License-Identifier: MIT */
#include "catalog/wsctl/wsctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/wsaerr.h"

int complain(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fputs("wsctl: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return WSCTL_FAILED;
}

int complain_store(const char *attempt, int err)
{
    const char *name = wsaerr_name(err);

    switch (err) {
    case WSATRY_AGAIN:
        return complain("cannot %s: another program is changing the catalog and does not finish; "
                        "wait for it or end it, then try again",
                        attempt);
    case WSANO_RECOVERY:
        return complain("cannot %s: the registry refused it; run wsctl as an administrator, in the prefix "
                        "whose catalog you mean (WINEPREFIX)",
                        attempt);
    case WSA_NOT_ENOUGH_MEMORY:
        return complain("cannot %s: out of memory; end other programs and try again", attempt);
    }
    return complain("cannot %s: error %d (%s)", attempt, err, name ? name : "unknown");
}

void name_text(const catalog_char *name, char text[TEXT_BYTES])
{
    if (!WideCharToMultiByte(CP_UTF8, 0, name, -1, text, TEXT_BYTES, NULL, NULL))
        text[0] = 0;
}

void guid_text(const struct catalog_guid *guid, char text[GUID_BYTES])
{
    const uint8_t *b = guid->byte;

    snprintf(text, GUID_BYTES,
             "{%02X%02X%02X%02X-%02X%02X-%02X%02X-%02X%02X-%02X%02X%02X%02X%02X%02X}", b[3], b[2],
             b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

bool guid_parse(const char *text, struct catalog_guid *guid)
{
    static const uint8_t place[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    char back[GUID_BYTES];
    unsigned int byte;

    if (strlen(text) != GUID_BYTES - 1)
        return false;
    for (int i = 0, at = 1; i < 16; i++, at += 2) {
        at += i == 4 || i == 6 || i == 8 || i == 10; /* the dashes */
        if (sscanf(text + at, "%2x", &byte) != 1)
            return false;
        guid->byte[place[i]] = (uint8_t)byte;
    }
    guid_text(guid, back);
    return !_stricmp(text, back);
}

static const struct catalog_entry *find_name(const struct catalog *cat, const char *name, bool layers)
{
    char text[TEXT_BYTES];

    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_entry *e = &cat->entry[i];

        name_text(e->info.name, text);
        if ((e->info.chain_len == CATALOG_LAYER) == layers && !_stricmp(text, name))
            return e;
    }
    return NULL;
}

const struct catalog_entry *find_entry(const struct catalog *cat, const char *what)
{
    const struct catalog_entry *e = NULL;
    struct catalog_guid guid;

    if (what[0] && what[strspn(what, "0123456789")] == 0)
        e = catalog_find_id(cat, strtoul(what, NULL, 10));
    else if (guid_parse(what, &guid))
        e = catalog_find_provider(cat, &guid);
    if (!e)
        e = find_name(cat, what, true);
    return e ? e : find_name(cat, what, false);
}
