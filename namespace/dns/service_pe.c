/* SPDX-License-Identifier: MIT */
#include "namespace/dns/service_pe.h"

#include <winsock2.h>
#include <windows.h>
#include <stdlib.h>
#include <string.h>

#include "namespace/dns/config_pe.h"
#include "namespace/dns/net_pe.h"

enum { CONFIG_MS = 30000 };

static struct dns_resolver resolver;

/* A configuration never changes; a new one takes its place. */
struct kept_config {
    long refs;
    struct dns_config config;
};

static struct lock lock;
static struct kept_config *current; /* guarded by lock */
static ULONGLONG read_at;           /* guarded by lock */

static void config_put(struct kept_config *k)
{
    if (k && !__atomic_sub_fetch(&k->refs, 1, __ATOMIC_ACQ_REL))
        free(k);
}

static struct kept_config *fresh_config(void)
{
    struct kept_config *k = NULL;

    lock_take_shared(&lock);
    if (current && GetTickCount64() - read_at < CONFIG_MS) {
        k = current;
        __atomic_add_fetch(&k->refs, 1, __ATOMIC_RELAXED);
    }
    lock_drop_shared(&lock);
    return k;
}

static struct kept_config *read_config(void)
{
    struct kept_config *k = calloc(1, sizeof *k), *old;
    bool changed;

    if (!k)
        return NULL;
    k->refs = 2;
    dns_config_read(&k->config);
    lock_take(&lock);
    if (!resolver.cache.salt && !dns_net_winsock.random(&dns_net_winsock, &resolver.cache.salt, sizeof resolver.cache.salt))
        resolver.cache.salt = 1;
    old = current;
    changed = old && memcmp(&old->config, &k->config, sizeof k->config);
    current = k;
    read_at = GetTickCount64();
    lock_drop(&lock);
    config_put(old);
    if (changed) { /* other servers may know other things */
        dns_cache_flush(&resolver.cache);
        memset(&resolver.shun, 0, sizeof resolver.shun);
    }
    return k;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

/* The ASCII form by the system's IDNA (kernel32 since Vista, normaliz before). False: not a name by its rules. */
static bool to_ascii(const char *name, char ascii[DNS_NAME_CHARS])
{
    int(WINAPI * idn)(DWORD, const wchar_t *, int, wchar_t *, int);
    wchar_t wide[DNS_NAME_BYTES + 1], encoded[DNS_NAME_BYTES + 1];
    HMODULE module = GetModuleHandleW(L"kernel32.dll"), loaded = NULL;
    int chars = 0;

    idn = (void *)GetProcAddress(module, "IdnToAscii");
    if (!idn && (loaded = LoadLibraryW(L"normaliz.dll")))
        idn = (void *)GetProcAddress(loaded, "IdnToAscii");
    if (idn && MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, wide, DNS_NAME_BYTES + 1))
        chars = idn(0, wide, -1, encoded, DNS_NAME_BYTES + 1);
    if (loaded)
        FreeLibrary(loaded);
    return chars && WideCharToMultiByte(CP_UTF8, 0, encoded, chars, ascii, DNS_NAME_CHARS, NULL, NULL);
}

int dns_service_lookup(const char *name, const uint16_t *type, size_t count, struct dns_answer **out)
{
    char ascii[DNS_NAME_CHARS];

    if (is_ascii(name))
        return dns_service_lookup_as_is(name, type, count, out);
    return to_ascii(name, ascii) ? dns_service_lookup_as_is(ascii, type, count, out) : WSAHOST_NOT_FOUND;
}

int dns_service_lookup_as_is(const char *name, const uint16_t *type, size_t count, struct dns_answer **out)
{
    struct kept_config *k = fresh_config();
    int err;

    if (!k)
        k = read_config();
    if (!k)
        return WSA_NOT_ENOUGH_MEMORY;
    err = dns_lookup(&resolver, &k->config, &dns_net_winsock, name, type, count, out);
    config_put(k);
    return err;
}

void dns_service_flush(void)
{
    dns_cache_flush(&resolver.cache);
}

void dns_service_cleanup(void)
{
    struct kept_config *old;

    lock_take(&lock);
    old = current;
    current = NULL;
    lock_drop(&lock);
    config_put(old);
    dns_cache_flush(&resolver.cache);
}
