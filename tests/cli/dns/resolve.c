/* SPDX-License-Identifier: MIT */
/*
 * resolve HOW NAME [HOW NAME]…: asks for each name and prints "HOW NAME: error milliseconds canonical-name answers". HOW
 * is any, 4 or 6 (getaddrinfo of that family), old (gethostbyname), back (getnameinfo of an address), ns (a host by
 * WSALookupService), rr followed by a number (a DNS record of that type by it; the answer is the message's bytes), together
 * (getaddrinfo by 16 threads at once: how many got the first one's address, and it). `sleep MS` waits in between.
 */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_list(const struct addrinfo *list)
{
    char text[64];

    printf(" %s", list->ai_canonname ? list->ai_canonname : "-");
    for (int shown = 0; list; list = list->ai_next) {
        if (++shown > 8) {
            int more = 0;

            for (; list; list = list->ai_next)
                more++;
            printf(" +%d", more);
            break;
        }
        getnameinfo(list->ai_addr, (socklen_t)list->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
        printf(" %s", text);
    }
}

static int by_getaddrinfo(const char *name, int family, char **end)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME}, *list = NULL;
    int err = getaddrinfo(name, NULL, &hints, &list);

    *end = (char *)list;
    return err;
}

static void print_host(const struct hostent *host)
{
    printf(" %s", host->h_name);
    for (char **alias = host->h_aliases; *alias; alias++)
        printf(" alias=%s", *alias);
    for (char **addr = host->h_addr_list; *addr; addr++)
        printf(" %s", inet_ntoa(*(struct in_addr *)*addr));
}

static char found[65536];

/* The first result, as text in `found`. */
static int by_lookup(const char *name, unsigned rr)
{
    static union {
        WSAQUERYSETA set;
        char byte[1 << 19];
    } result;
    GUID class_id = {0x0002A803, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    WSAQUERYSETA query = {.dwSize = sizeof query, .dwNameSpace = NS_DNS, .lpServiceClassId = &class_id,
                          .lpszServiceInstanceName = (char *)name};
    DWORD bytes = sizeof result;
    size_t used = 0;
    HANDLE lookup;
    int err;

    if (rr) {
        class_id.Data1 = 0x00090035;
        class_id.Data3 = (WORD)rr;
    }
    if (WSALookupServiceBeginA(&query, LUP_RETURN_NAME | LUP_RETURN_ADDR | LUP_RETURN_BLOB, &lookup))
        return WSAGetLastError();
    err = WSALookupServiceNextA(lookup, 0, &bytes, &result.set) ? WSAGetLastError() : 0;
    WSALookupServiceEnd(lookup);
    if (err)
        return err;
    used += snprintf(found, sizeof found, " %s", result.set.lpszServiceInstanceName);
    for (DWORD i = 0; i < result.set.dwNumberOfCsAddrs; i++) {
        const SOCKET_ADDRESS *a = &result.set.lpcsaBuffer[i].RemoteAddr;
        char text[64];

        getnameinfo(a->lpSockaddr, a->iSockaddrLength, text, sizeof text, NULL, 0, NI_NUMERICHOST);
        used += snprintf(found + used, sizeof found - used, " %s", text);
    }
    for (DWORD i = 0; rr && result.set.lpBlob && i < result.set.lpBlob->cbSize && used < sizeof found; i++) {
        char c = (char)result.set.lpBlob->pBlobData[i];

        found[used++] = c > ' ' && c < 0x7F ? c : '.';
    }
    return 0;
}

enum { TOGETHER = 16 };

struct one {
    const char *name;
    struct in_addr got;
    int err;
};

static DWORD WINAPI one_of_many(void *arg)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list = NULL;
    struct one *o = arg;

    o->err = getaddrinfo(o->name, NULL, &hints, &list);
    if (!o->err)
        o->got = ((struct sockaddr_in *)list->ai_addr)->sin_addr;
    freeaddrinfo(list);
    return 0;
}

static int by_many(const char *name)
{
    struct one one[TOGETHER];
    HANDLE thread[TOGETHER];
    int same = 0;

    for (int i = 0; i < TOGETHER; i++) {
        one[i] = (struct one){.name = name};
        thread[i] = CreateThread(NULL, 0, one_of_many, &one[i], 0, NULL);
    }
    WaitForMultipleObjects(TOGETHER, thread, TRUE, INFINITE);
    for (int i = 0; i < TOGETHER; i++) {
        same += !one[i].err && one[i].got.s_addr == one[0].got.s_addr;
        CloseHandle(thread[i]);
    }
    snprintf(found, sizeof found, " %d %s", same, inet_ntoa(one[0].got));
    return one[0].err;
}

static void ask(const char *how, const char *name)
{
    LARGE_INTEGER before, after, frequency;
    struct addrinfo *list = NULL;
    struct hostent *host = NULL;
    char back[NI_MAXHOST] = "";
    int err;

    memset(found, 0, sizeof found);
    QueryPerformanceCounter(&before);
    if (!strcmp(how, "old")) {
        host = gethostbyname(name);
        err = host ? 0 : WSAGetLastError();
    } else if (!strcmp(how, "ns")) {
        err = by_lookup(name, 0);
    } else if (!strcmp(how, "together")) {
        err = by_many(name);
    } else if (!strcmp(how, "sleep")) {
        Sleep((DWORD)atoi(name));
        err = 0;
    } else if (!strncmp(how, "rr", 2)) {
        err = by_lookup(name, (unsigned)atoi(how + 2));
    } else if (!strcmp(how, "back")) {
        err = by_getaddrinfo(name, AF_UNSPEC, (char **)&list);
        if (!err)
            err = getnameinfo(list->ai_addr, (socklen_t)list->ai_addrlen, back, sizeof back, NULL, 0, NI_NAMEREQD);
        freeaddrinfo(list);
        list = NULL;
    } else {
        err = by_getaddrinfo(name, !strcmp(how, "4") ? AF_INET : !strcmp(how, "6") ? AF_INET6 : AF_UNSPEC, (char **)&list);
    }
    QueryPerformanceCounter(&after);
    QueryPerformanceFrequency(&frequency);
    printf("%s %s: %d %lldms", how, name, err, (after.QuadPart - before.QuadPart) * 1000 / frequency.QuadPart);
    if (list)
        print_list(list);
    if (host)
        print_host(host);
    if (*back)
        printf(" %s", back);
    printf("%s", found);
    printf("\n");
    freeaddrinfo(list);
}

int main(int argc, char **argv)
{
    WSADATA data;

    if (WSAStartup(MAKEWORD(2, 2), &data))
        return 1;
    for (int i = 1; i + 1 < argc; i += 2)
        ask(argv[i], argv[i + 1]);
    WSACleanup();
    return 0;
}
