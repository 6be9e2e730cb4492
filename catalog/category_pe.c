/* SPDX-License-Identifier: MIT */
#include "catalog/category.h"

#include <winsock2.h>
#include <windows.h>

#include <string.h>

#include "base/wsaerr.h"
#include "catalog/run_layers.h"

enum { PATH_CHARS = 1024 };

/* What follows the program's name on its command line. */
static const WCHAR *own_args(void)
{
    const WCHAR *at = GetCommandLineW();
    BOOL quoted = FALSE;

    for (; *at && (quoted || (*at != ' ' && *at != '\t')); at++)
        if (*at == '"')
            quoted = !quoted;
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

int app_category_own(uint32_t *word)
{
    WCHAR path[PATH_CHARS];
    const WCHAR *args = own_args();
    DWORD chars = GetModuleFileNameW(NULL, path, PATH_CHARS);

    if (!chars || chars == PATH_CHARS)
        return WSANO_DATA; /* no category can have been stored for a path of that length */
    return app_category_find(&(struct app_id){path, args, chars, wcslen(args)}, word);
}

int store_read_permitted(struct catalog *cat)
{
    DWORD last_error = GetLastError();
    bool no_apps;
    uint32_t word;
    int err = run_layers_read(cat, &no_apps);

    if (err)
        return err;
    err = no_apps ? WSANO_DATA : app_category_own(&word);
    if (!err)
        err = category_filter(STORE_NATIVE, cat, word);
    else if (err == WSANO_DATA)
        err = 0;
    if (err) {
        catalog_deinit(cat);
        err = err == WSA_NOT_ENOUGH_MEMORY ? err : WSANO_RECOVERY;
    }
    SetLastError(last_error);
    return err;
}
