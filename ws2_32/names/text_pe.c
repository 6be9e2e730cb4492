/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/text_pe.h"

#include <stdlib.h>
#include <string.h>

static bool is_ascii(const char *text)
{
    while (*text > 0)
        text++;
    return !*text;
}

static wchar_t *widen(const char *text, UINT page)
{
    int chars = MultiByteToWideChar(page, 0, text, -1, NULL, 0);
    wchar_t *wide = malloc(chars * sizeof *wide);

    if (wide)
        MultiByteToWideChar(page, 0, text, -1, wide, chars);
    return wide;
}

static char *narrow(const wchar_t *wide, UINT page)
{
    int bytes = WideCharToMultiByte(page, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = malloc(bytes);

    if (text)
        WideCharToMultiByte(page, 0, wide, -1, text, bytes, NULL, NULL);
    return text;
}

static char *convert(const char *text, UINT from, UINT to)
{
    wchar_t *wide;
    char *out;

    if (is_ascii(text)) /* nearly always; and both code pages agree on it */
        return _strdup(text);
    wide = widen(text, from);
    out = wide ? narrow(wide, to) : NULL;
    free(wide);
    return out;
}

char *text_from_ansi(const char *text)
{
    return convert(text, CP_ACP, CP_UTF8);
}

char *text_to_ansi(const char *utf8)
{
    return convert(utf8, CP_UTF8, CP_ACP);
}

char *text_from_wide(const wchar_t *text)
{
    return narrow(text, CP_UTF8);
}

wchar_t *text_to_wide(const char *utf8)
{
    return widen(utf8, CP_UTF8);
}
