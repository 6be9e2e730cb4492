/* SPDX-License-Identifier: MIT */
#include <winsock2.h>
#include <stdlib.h>
#include <string.h>

#include "ws2_32/core/thread.h"
#include "ws2_32/names/own_pe.h"
#include "ws2_32/names/text_pe.h"

int WSAAPI GetHostNameW(wchar_t *name, int name_chars);

/* Also before WSAStartup: nobody has to be started for it, and Wine's wineboot asks like that. */
static int may_ask(void)
{
    int err = startup_check();

    return err == WSANOTINITIALISED ? 0 : err;
}

int WSAAPI gethostname(char *name, int name_bytes)
{
    int err = may_ask();
    char *own;

    if (err)
        return api_fail(err);
    if (text_is_bad(name))
        return api_fail(WSAEFAULT);
    own = text_to_ansi(own_name());
    if (!own)
        return api_fail(WSAENOBUFS);
    if (name_bytes < 0 || strlen(own) >= (size_t)name_bytes)
        err = WSAEFAULT;
    else
        strcpy(name, own);
    free(own);
    return err ? api_fail(err) : 0;
}

int WSAAPI GetHostNameW(wchar_t *name, int name_chars)
{
    int err = may_ask();
    wchar_t *own;

    if (err)
        return api_fail(err);
    if (text_is_bad(name))
        return api_fail(WSAEFAULT);
    own = text_to_wide(own_name());
    if (!own)
        return api_fail(WSAENOBUFS);
    if (name_chars < 0 || wcslen(own) >= (size_t)name_chars)
        err = WSAEFAULT;
    else
        wcscpy(name, own);
    free(own);
    return err ? api_fail(err) : 0;
}
