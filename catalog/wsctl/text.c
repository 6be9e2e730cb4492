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
    case WSAEACCES:
        return complain("cannot %s: no right to write to HKLM\\System\\CurrentControlSet\\Services\\WinSock2\\Parameters "
                        "or HKLM\\Software\\ws2kit; run wsctl as an administrator, or give that key's owner back his "
                        "rights. Nothing was changed",
                        attempt);
    case WSANO_RECOVERY:
        return complain("cannot %s: the registry failed; is this the prefix whose catalog you mean (WINEPREFIX)?",
                        attempt);
    case WSA_NOT_ENOUGH_MEMORY:
        return complain("cannot %s: out of memory; end other programs and try again", attempt);
    }
    return complain("cannot %s: error %d (%s)", attempt, err, name ? name : "unknown");
}

int complain_missing(const char *what)
{
    return complain("there is no entry %s; `wsctl list` shows what there is", what);
}

void print_row(const char *name, const char *format, ...)
{
    va_list args;

    printf("%-14s ", name);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
}

void print_json_string(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text < 0x20)
            printf("\\u%04x", (unsigned char)*text);
        else
            putchar(*text);
    }
    putchar('"');
}

static const struct catalog_entry *find_name(const struct catalog *cat, const char *name, bool layers)
{
    char text[TEXT_BYTES];

    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_entry *e = &cat->entry[i];

        utf8_text(e->info.name, text);
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
