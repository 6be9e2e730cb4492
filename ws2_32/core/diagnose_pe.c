/* SPDX-License-Identifier: MIT */
#include "ws2_32/core/diagnose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ws2_32/core/provider.h"

/* Read anew each time: only faults come here, and a debugger may set it meanwhile. */
static BOOL is_wanted(void)
{
    char value[2] = { 0 };
    DWORD chars = GetEnvironmentVariableA("WS2KIT_DEBUG", value, sizeof value);

    return chars > 1 || (chars == 1 && value[0] != '0');
}

static const char *name_of(const struct provider *p, char path[MAX_PATH])
{
    const char *base;

    if (!p || !p->module || !GetModuleFileNameA(p->module, path, MAX_PATH))
        return "a provider";
    base = strrchr(path, '\\');
    return base ? base + 1 : path;
}

void diagnose(const struct provider *p, const char *format, ...)
{
    DWORD last_error = GetLastError(), written;
    HANDLE out = GetStdHandle(STD_ERROR_HANDLE);
    char path[MAX_PATH] = { 0 }, text[512], line[1024];
    va_list args;

    if (is_wanted() && out && out != INVALID_HANDLE_VALUE) {
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        snprintf(line, sizeof line, "ws2kit: %s: %s\n", name_of(p, path), text);
        WriteFile(out, line, strlen(line), &written, NULL);
    }
    SetLastError(last_error);
}
