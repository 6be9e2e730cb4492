/* SPDX-License-Identifier: MIT */
#include "book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static const WCHAR prefix[] = L"service ";

enum { PREFIX_CHARS = sizeof prefix / sizeof prefix[0] - 1, SECTION = BOOK_TEXT + PREFIX_CHARS, GUID_TEXT = 39 };

static const WCHAR *file(void)
{
    static WCHAR path[MAX_PATH];
    DWORD chars;

    if (!path[0]) { /* threads that come at once write the same */
        chars = GetEnvironmentVariableW(L"WS2KIT_DIRECTORY", path, MAX_PATH);
        if (!chars || chars >= MAX_PATH)
            ExpandEnvironmentStringsW(L"%SystemRoot%\\ws2directory.ini", path, MAX_PATH);
    }
    return path;
}

static void guid_text(const GUID *g, WCHAR text[GUID_TEXT])
{
    swprintf(text, GUID_TEXT, L"{%08lX-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", (unsigned long)g->Data1, g->Data2,
             g->Data3, g->Data4[0], g->Data4[1], g->Data4[2], g->Data4[3], g->Data4[4], g->Data4[5], g->Data4[6], g->Data4[7]);
}

static BOOL guid_parse(const WCHAR *text, GUID *g)
{
    unsigned long data1;
    unsigned int part[10];

    if (swscanf(text, L"{%8lx-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}", &data1, &part[0], &part[1], &part[2], &part[3], &part[4],
                &part[5], &part[6], &part[7], &part[8], &part[9]) != 11)
        return FALSE;
    g->Data1 = data1;
    g->Data2 = (WORD)part[0];
    g->Data3 = (WORD)part[1];
    for (int i = 0; i < 8; i++)
        g->Data4[i] = (BYTE)part[2 + i];
    return TRUE;
}

/* ---- names ---- */

BOOL book_name_is_good(const WCHAR *name)
{
    return name[0] && wcslen(name) < BOOK_TEXT && !wcspbrk(name, L"[]\r\n");
}

/* All section names, and out of them those of services, in place. */
WCHAR *book_names(void)
{
    DWORD room = 4096, chars;
    WCHAR *all = NULL, *bigger, *to, *from;

    do {
        room *= 2;
        bigger = realloc(all, room * sizeof *all);
        if (!bigger) {
            free(all);
            return NULL;
        }
        all = bigger;
        chars = GetPrivateProfileSectionNamesW(all, room, file());
    } while (chars == room - 2 && room < 1 << 22);
    all[chars] = 0;
    for (to = from = all; *from;) {
        size_t length = wcslen(from) + 1;

        if (!wcsncmp(from, prefix, PREFIX_CHARS) && from[PREFIX_CHARS]) {
            memmove(to, from + PREFIX_CHARS, (length - PREFIX_CHARS) * sizeof *to);
            to += length - PREFIX_CHARS;
        }
        from += length;
    }
    *to = 0;
    return all;
}

static void section_of(const WCHAR *name, WCHAR section[SECTION])
{
    swprintf(section, SECTION, L"%ls%ls", prefix, name);
}

/* ---- addresses: "tcp 192.0.2.7:80" ---- */

void book_new(struct book_service *s, const WCHAR *name)
{
    memset(s, 0, sizeof *s);
    wcscpy(s->name, name);
}

static SOCKADDR *keep(struct book_service *s, const void *addr, INT bytes)
{
    SOCKADDR *to = (SOCKADDR *)&s->store[s->stored++];

    memcpy(to, addr, bytes);
    return to;
}

BOOL book_add(struct book_service *s, const CSADDR_INFO *addr)
{
    const SOCKET_ADDRESS *remote = &addr->RemoteAddr;
    SOCKADDR_STORAGE any = {0};
    CSADDR_INFO *to = &s->addr[s->addrs];

    if (s->addrs == BOOK_ADDRS || s->stored + 2 > 2 * BOOK_ADDRS || !remote->lpSockaddr ||
        remote->iSockaddrLength < (INT)sizeof(SOCKADDR_IN) || remote->iSockaddrLength > (INT)sizeof any ||
        (addr->iProtocol != IPPROTO_TCP && addr->iProtocol != IPPROTO_UDP))
        return FALSE;
    any.ss_family = remote->lpSockaddr->sa_family; /* from anywhere */
    to->RemoteAddr.lpSockaddr = keep(s, remote->lpSockaddr, remote->iSockaddrLength);
    to->LocalAddr.lpSockaddr = keep(s, &any, remote->iSockaddrLength);
    to->RemoteAddr.iSockaddrLength = to->LocalAddr.iSockaddrLength = remote->iSockaddrLength;
    to->iProtocol = addr->iProtocol;
    to->iSocketType = addr->iProtocol == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
    s->addrs++;
    return TRUE;
}

static void parse_addr(struct book_service *s, WCHAR *text)
{
    SOCKADDR_STORAGE addr;
    INT bytes = sizeof addr;
    CSADDR_INFO info = {.iProtocol = !wcsncmp(text, L"udp ", 4) ? IPPROTO_UDP : IPPROTO_TCP};
    INT family = text[4] == '[' ? AF_INET6 : AF_INET;

    if (info.iProtocol == IPPROTO_TCP && wcsncmp(text, L"tcp ", 4))
        return;
    if (WSAStringToAddressW(text + 4, family, NULL, (SOCKADDR *)&addr, &bytes))
        return;
    info.RemoteAddr.lpSockaddr = (SOCKADDR *)&addr;
    info.RemoteAddr.iSockaddrLength = bytes;
    book_add(s, &info);
}

static BOOL addr_text(const CSADDR_INFO *addr, WCHAR text[BOOK_TEXT])
{
    DWORD chars = BOOK_TEXT - 4;

    wcscpy(text, addr->iProtocol == IPPROTO_UDP ? L"udp " : L"tcp ");
    return !WSAAddressToStringW(addr->RemoteAddr.lpSockaddr, addr->RemoteAddr.iSockaddrLength, NULL, text + 4, &chars);
}

/* ---- services ---- */

static void key_of(DWORD i, WCHAR key[16])
{
    swprintf(key, 16, L"address%u", (unsigned)i + 1);
}

BOOL book_read(const WCHAR *name, struct book_service *s)
{
    WCHAR section[SECTION], text[BOOK_TEXT], key[16];

    if (wcslen(name) >= BOOK_TEXT)
        return FALSE;
    book_new(s, name);
    section_of(name, section);
    GetPrivateProfileStringW(section, L"class", L"", text, BOOK_TEXT, file());
    if (!guid_parse(text, &s->class_id))
        return FALSE;
    GetPrivateProfileStringW(section, L"comment", L"", s->comment, BOOK_TEXT, file());
    GetPrivateProfileStringW(section, L"version", L"", text, BOOK_TEXT, file());
    s->has_version = text[0] != 0;
    s->version.dwVersion = wcstoul(text, NULL, 0);
    for (DWORD i = 0; i < BOOK_ADDRS; i++) {
        key_of(i, key);
        if (!GetPrivateProfileStringW(section, key, L"", text, BOOK_TEXT, file()))
            break;
        parse_addr(s, text);
    }
    return TRUE;
}

static BOOL put(const WCHAR *section, const WCHAR *key, const WCHAR *value)
{
    return WritePrivateProfileStringW(section, key, value, file());
}

INT book_delete(const WCHAR *name)
{
    WCHAR section[SECTION];

    section_of(name, section);
    return put(section, NULL, NULL) ? 0 : WSAEACCES;
}

INT book_write(const struct book_service *s)
{
    WCHAR section[SECTION], text[BOOK_TEXT], key[16];
    BOOL good;

    section_of(s->name, section);
    guid_text(&s->class_id, text);
    good = !book_delete(s->name) && put(section, L"class", text);
    if (good && s->comment[0])
        good = put(section, L"comment", s->comment);
    if (good && s->has_version) {
        swprintf(text, BOOK_TEXT, L"%lu", (unsigned long)s->version.dwVersion);
        good = put(section, L"version", text);
    }
    for (DWORD i = 0; good && i < s->addrs; i++) {
        key_of(i, key);
        good = addr_text(&s->addr[i], text) && put(section, key, text);
    }
    return good ? 0 : WSAEACCES;
}

/* ---- classes ---- */

BOOL book_class_name(const GUID *class_id, WCHAR name[BOOK_TEXT])
{
    WCHAR key[GUID_TEXT];

    guid_text(class_id, key);
    return GetPrivateProfileStringW(L"classes", key, L"", name, BOOK_TEXT, file()) != 0;
}

INT book_set_class(const GUID *class_id, const WCHAR *name)
{
    WCHAR key[GUID_TEXT];

    guid_text(class_id, key);
    return put(L"classes", key, name) ? 0 : WSAEACCES;
}
