/* SPDX-License-Identifier: MIT */
#include "namespace/dns/config_pe.h"

#include <winsock2.h>
#include <windows.h>
#include <iphlpapi.h>
#include <stdlib.h>
#include <string.h>

#include "namespace/dns/config.h"

#define SERVICES L"System\\CurrentControlSet\\Services\\"
static const wchar_t ours[] = SERVICES L"WinSock2\\Parameters\\ws2kit\\Dns";
static const wchar_t system_key[] = SERVICES L"Tcpip\\Parameters";

enum { TEXT_CHARS = 1024 };

/* UTF-8; "" if it is not there or too long. */
static void narrow(const wchar_t *wide, char text[TEXT_CHARS])
{
    if (!WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, TEXT_CHARS, NULL, NULL))
        *text = 0;
}

static bool from_registry(const wchar_t *key, const wchar_t *value, char text[TEXT_CHARS])
{
    wchar_t wide[TEXT_CHARS];
    DWORD bytes = sizeof wide;

    *text = 0;
    if (!RegGetValueW(HKEY_LOCAL_MACHINE, key, value, RRF_RT_REG_SZ, NULL, wide, &bytes))
        narrow(wide, text);
    return *text;
}

static bool from_environment(const wchar_t *name, char text[TEXT_CHARS])
{
    wchar_t wide[TEXT_CHARS];
    DWORD chars = GetEnvironmentVariableW(name, wide, TEXT_CHARS);

    *text = 0;
    if (chars && chars < TEXT_CHARS)
        narrow(wide, text);
    return *text;
}

typedef DWORD(WINAPI *params_fn)(FIXED_INFO *, ULONG *);

static FIXED_INFO *network_params(params_fn get)
{
    FIXED_INFO *info = NULL;
    ULONG bytes = 0;
    DWORD code = get(NULL, &bytes);

    for (int tries = 0; code == ERROR_BUFFER_OVERFLOW && tries < 3; tries++) { /* it may grow meanwhile */
        free(info);
        info = calloc(1, bytes);
        if (!info)
            return NULL;
        code = get(info, &bytes);
    }
    if (code) {
        free(info);
        return NULL;
    }
    return info;
}

/* iphlpapi is loaded for this alone: it imports much, ws2_32 among it. */
static void from_system(struct dns_config *c)
{
    HMODULE module = LoadLibraryW(L"iphlpapi.dll");
    params_fn get = module ? (params_fn)(void *)GetProcAddress(module, "GetNetworkParams") : NULL;
    FIXED_INFO *info = get ? network_params(get) : NULL;

    for (const IP_ADDR_STRING *s = info ? &info->DnsServerList : NULL; s; s = s->Next)
        dns_config_add_servers(c, s->IpAddress.String);
    if (info && !c->searches)
        dns_config_add_search(c, info->DomainName);
    free(info);
    if (module)
        FreeLibrary(module);
}

static void read_search(struct dns_config *c)
{
    char text[TEXT_CHARS];

    if (from_environment(L"WS2KIT_DNS_SEARCH", text) || from_registry(ours, L"Search", text) ||
        from_registry(system_key, L"SearchList", text) || from_registry(system_key, L"Domain", text))
        dns_config_add_search(c, text);
}

void dns_config_read(struct dns_config *out)
{
    char text[TEXT_CHARS];
    DWORD ndots, bytes = sizeof ndots;

    *out = (struct dns_config){.ndots = 1};
    if (!RegGetValueW(HKEY_LOCAL_MACHINE, ours, L"Ndots", RRF_RT_REG_DWORD, NULL, &ndots, &bytes) && ndots <= 15)
        out->ndots = ndots;
    read_search(out);
    if (from_environment(L"WS2KIT_DNS", text) || from_registry(ours, L"Servers", text)) {
        dns_config_add_servers(out, text);
        return; /* also if it names none */
    }
    if (from_registry(system_key, L"NameServer", text))
        dns_config_add_servers(out, text);
    if (!out->servers)
        from_system(out);
}
