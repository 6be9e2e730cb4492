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
