/* SPDX-License-Identifier: MIT */
/*
 * Service types by name. Those that programs have added are where Windows has them: keys named after the type, with its
 * GUID. The others are the services of the services file, whose types the SDK derives from their ports.
 */
#include "ws2_32/compat/rnr1.h"

#include <nspapi.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const WCHAR types_path[] = L"SYSTEM\\CurrentControlSet\\Control\\ServiceProvider\\ServiceTypes";

enum { NAME_CHARS = 256, GUID_CHARS = 39, SVCID_KIND_TCP = 0x0009, SVCID_KIND_UDP = 0x000A };

static bool is_name(const WCHAR *name)
{
    return *name && wcsnlen(name, NAME_CHARS) < NAME_CHARS && !wcschr(name, '\\');
}

static void format_guid(const GUID *g, WCHAR text[GUID_CHARS])
{
    wsprintfW(text, L"{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", g->Data1, g->Data2, g->Data3, g->Data4[0], g->Data4[1],
              g->Data4[2], g->Data4[3], g->Data4[4], g->Data4[5], g->Data4[6], g->Data4[7]);
}

static bool parse_guid(const WCHAR *text, GUID *g)
{
    unsigned long d1;
    unsigned d[10];

    if (wcslen(text) != GUID_CHARS - 1 ||
        swscanf(text, L"{%8lx-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}", &d1, &d[0], &d[1], &d[2], &d[3], &d[4], &d[5], &d[6], &d[7],
                &d[8], &d[9]) != 11)
        return false;
    g->Data1 = d1;
    g->Data2 = (WORD)d[0];
    g->Data3 = (WORD)d[1];
    for (int i = 0; i < 8; i++)
        g->Data4[i] = (BYTE)d[2 + i];
    return true;
}

DWORD rnr1_type_add(const WCHAR *name, const GUID *type)
{
    WCHAR text[GUID_CHARS];
    HKEY types, key;
    LONG code;

    if (!is_name(name))
        return ERROR_INVALID_PARAMETER;
    format_guid(type, text);
    code = RegCreateKeyExW(HKEY_LOCAL_MACHINE, types_path, 0, NULL, 0, KEY_WRITE, NULL, &types, NULL);
    if (code)
        return (DWORD)code;
    code = RegCreateKeyExW(types, name, 0, NULL, 0, KEY_WRITE, NULL, &key, NULL);
    if (!code) {
        code = RegSetValueExW(key, L"GUID", 0, REG_SZ, (const BYTE *)text, sizeof text);
        RegCloseKey(key);
    }
    RegCloseKey(types);
    return (DWORD)code;
}

DWORD rnr1_type_delete(const WCHAR *name)
{
    HKEY types;
    LONG code;

    if (!is_name(name))
        return ERROR_INVALID_PARAMETER;
    code = RegOpenKeyExW(HKEY_LOCAL_MACHINE, types_path, 0, KEY_WRITE, &types);
    if (code)
        return ERROR_SERVICE_NOT_FOUND;
    code = RegDeleteKeyW(types, name);
    RegCloseKey(types);
    return code == ERROR_FILE_NOT_FOUND ? ERROR_SERVICE_NOT_FOUND : (DWORD)code;
}

static bool read_guid(HKEY types, const WCHAR *name, GUID *type)
{
    WCHAR text[GUID_CHARS + 1] = L"";
    DWORD kind, bytes = GUID_CHARS * sizeof *text;
    LONG code;
    HKEY key;

    if (RegOpenKeyExW(types, name, 0, KEY_READ, &key))
        return false;
    code = RegQueryValueExW(key, L"GUID", NULL, &kind, (BYTE *)text, &bytes);
    RegCloseKey(key);
    return !code && kind == REG_SZ && parse_guid(text, type);
}

/* svcguid.h: SVCID_TCP(port) and SVCID_UDP(port). */
static GUID type_of_port(DWORD kind, WORD port)
{
    GUID type = {kind << 16 | port, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};

    return type;
}

static bool find_service(const WCHAR *name, GUID *type)
{
    char text[NAME_CHARS];
    struct servent *s;

    if (!WideCharToMultiByte(CP_ACP, 0, name, -1, text, NAME_CHARS, NULL, NULL))
        return false;
    s = getservbyname(text, "tcp");
    if (!s)
        s = getservbyname(text, "udp");
    if (!s)
        return false;
    *type = type_of_port(strcmp(s->s_proto, "tcp") ? SVCID_KIND_UDP : SVCID_KIND_TCP, ntohs((u_short)s->s_port));
    return true;
}

bool rnr1_type_find(const WCHAR *name, GUID *type)
{
    HKEY types;
    bool found = false;

    if (!is_name(name))
        return false;
    if (!RegOpenKeyExW(HKEY_LOCAL_MACHINE, types_path, 0, KEY_READ, &types)) {
        found = read_guid(types, name, type);
        RegCloseKey(types);
    }
    return found || find_service(name, type);
}

static WCHAR *added_name(const GUID *type)
{
    WCHAR name[NAME_CHARS], *found = NULL;
    HKEY types;
    GUID is;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, types_path, 0, KEY_READ, &types))
        return NULL;
    for (DWORD i = 0; !found; i++) {
        DWORD chars = NAME_CHARS;

        if (RegEnumKeyExW(types, i, name, &chars, NULL, NULL, NULL, NULL))
            break;
        if (read_guid(types, name, &is) && IsEqualGUID(&is, type))
            found = _wcsdup(name);
    }
    RegCloseKey(types);
    return found;
}

static WCHAR *service_name(const GUID *type)
{
    GUID same = type_of_port(type->Data1 >> 16, (WORD)type->Data1);
    DWORD kind = type->Data1 >> 16;
    struct servent *s = NULL;
    WCHAR *name = NULL;

    if (IsEqualGUID(type, &same) && (kind == SVCID_KIND_TCP || kind == SVCID_KIND_UDP))
        s = getservbyport(htons((WORD)type->Data1), kind == SVCID_KIND_TCP ? "tcp" : "udp");
    if (s)
        rnr1_text(s->s_name, false, &name);
    return name;
}

/* A provider's word comes first. */
static WCHAR *class_name(const GUID *type)
{
    DWORD chars = NAME_CHARS;
    WCHAR *name = calloc(NAME_CHARS, sizeof *name);

    if (name && !WSAGetServiceClassNameByClassIdW((GUID *)type, name, &chars))
        return name;
    free(name);
    return NULL;
}

WCHAR *rnr1_type_name(const GUID *type)
{
    WCHAR *name = class_name(type);

    if (!name)
        name = added_name(type);
    return name ? name : service_name(type);
}

/* ---- the calls ---- */

static int type_by_name(const void *name, bool wide, GUID *type)
{
    WCHAR *text;
    DWORD code;

    if (!name || !type)
        return rnr1_fail(ERROR_INVALID_PARAMETER, SOCKET_ERROR);
    if (!rnr1_text(name, wide, &text))
        return rnr1_fail(ERROR_NOT_ENOUGH_MEMORY, SOCKET_ERROR);
    code = rnr1_start();
    if (!code) {
        code = rnr1_type_find(text, type) ? 0 : ERROR_SERVICE_DOES_NOT_EXIST;
        rnr1_stop();
    }
    free(text);
    return code ? rnr1_fail(code, SOCKET_ERROR) : 0;
}

INT WINAPI GetTypeByNameA(LPSTR name, LPGUID type)
{
    return type_by_name(name, false, type);
}

INT WINAPI GetTypeByNameW(LPWSTR name, LPGUID type)
{
    return type_by_name(name, true, type);
}

static DWORD put_name(const WCHAR *from, void *to, DWORD room, bool wide)
{
    int needed = wide ? (int)wcslen(from) + 1 : WideCharToMultiByte(CP_ACP, 0, from, -1, NULL, 0, NULL, NULL);

    if (needed > 0 && (DWORD)needed > room)
        return ERROR_INSUFFICIENT_BUFFER;
    if (wide)
        memcpy(to, from, (size_t)needed * sizeof *from);
    else
        WideCharToMultiByte(CP_ACP, 0, from, -1, to, needed, NULL, NULL);
    return 0;
}

/* `room` counts characters. */
static int name_by_type(const GUID *type, void *name, DWORD room, bool wide)
{
    WCHAR *found = NULL;
    DWORD code;

    if (!type || !name)
        return rnr1_fail(ERROR_INVALID_PARAMETER, SOCKET_ERROR);
    code = rnr1_start();
    if (!code) {
        found = rnr1_type_name(type);
        rnr1_stop();
        code = found ? put_name(found, name, room, wide) : ERROR_SERVICE_DOES_NOT_EXIST;
    }
    free(found);
    return code ? rnr1_fail(code, SOCKET_ERROR) : 0;
}

INT WINAPI GetNameByTypeA(LPGUID type, LPSTR name, DWORD room)
{
    return name_by_type(type, name, room, false);
}

INT WINAPI GetNameByTypeW(LPGUID type, LPWSTR name, DWORD room)
{
    return name_by_type(type, name, room, true);
}
