/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/ns_ansi_pe.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(WSAQUERYSETA) == sizeof(WSAQUERYSETW) &&
                   sizeof(WSASERVICECLASSINFOA) == sizeof(WSASERVICECLASSINFOW) &&
                   sizeof(WSANSCLASSINFOA) == sizeof(WSANSCLASSINFOW),
               "A and W differ in their strings only");

size_t ns_text_ansi(const WCHAR *from, void *to)
{
    int bytes = WideCharToMultiByte(CP_ACP, 0, from, -1, NULL, 0, NULL, NULL);

    if (to)
        WideCharToMultiByte(CP_ACP, 0, from, -1, to, bytes, NULL, NULL);
    return bytes > 0 ? (size_t)bytes : 0;
}

/* False: no memory. *to is to be freed in any case. */
static bool widen(const char *from, WCHAR **to)
{
    int chars;

    *to = NULL;
    if (!from)
        return true;
    chars = MultiByteToWideChar(CP_ACP, 0, from, -1, NULL, 0);
    *to = calloc(chars > 0 ? chars : 1, sizeof **to);
    if (*to)
        MultiByteToWideChar(CP_ACP, 0, from, -1, *to, chars);
    return *to != NULL;
}

int ns_widen_query(const WSAQUERYSETA *from, struct ns_wide_query *to)
{
    memset(to, 0, sizeof *to);
    memcpy(&to->query, from, sizeof to->query);
    to->query.dwSize = sizeof to->query;
    if (!widen(from->lpszServiceInstanceName, &to->text[0]) || !widen(from->lpszComment, &to->text[1]) ||
        !widen(from->lpszContext, &to->text[2]) || !widen(from->lpszQueryString, &to->text[3])) {
        ns_wide_query_free(to);
        return WSA_NOT_ENOUGH_MEMORY;
    }
    to->query.lpszServiceInstanceName = to->text[0];
    to->query.lpszComment = to->text[1];
    to->query.lpszContext = to->text[2];
    to->query.lpszQueryString = to->text[3];
    return 0;
}

void ns_wide_query_free(struct ns_wide_query *q)
{
    for (int i = 0; i < 4; i++)
        free(q->text[i]);
}

int ns_widen_class(const WSASERVICECLASSINFOA *from, WSASERVICECLASSINFOW **to)
{
    WSASERVICECLASSINFOW *info = calloc(1, sizeof *info);
    bool good = info && widen(from->lpszServiceClassName, &info->lpszServiceClassName);

    if (good && from->dwCount) {
        info->lpClassInfos = calloc(from->dwCount, sizeof *info->lpClassInfos);
        good = info->lpClassInfos != NULL;
    }
    for (DWORD i = 0; good && i < from->dwCount; i++) {
        memcpy(&info->lpClassInfos[i], &from->lpClassInfos[i], sizeof info->lpClassInfos[i]);
        good = widen(from->lpClassInfos[i].lpszName, &info->lpClassInfos[i].lpszName);
        info->dwCount = i + 1;
    }
    if (!good) {
        ns_wide_class_free(info);
        return WSA_NOT_ENOUGH_MEMORY;
    }
    info->lpServiceClassId = from->lpServiceClassId;
    *to = info;
    return 0;
}

void ns_wide_class_free(WSASERVICECLASSINFOW *info)
{
    if (!info)
        return;
    for (DWORD i = 0; i < info->dwCount; i++)
        free(info->lpClassInfos[i].lpszName);
    free(info->lpClassInfos);
    free(info->lpszServiceClassName);
    free(info);
}
