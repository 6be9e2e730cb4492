/* SPDX-License-Identifier: MIT */
/*
 * getaddrinfo and its kin over the name-space catalog: who is asked, in which order, and what a bad provider costs. The
 * cases install providers into the prefix, so they run alone.
 */
#include "use_nsp.h"

#include <sporder.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static GUID id_dns = {0x22059D40, 0x7E9E, 0x11CF, {0xAE, 0x5A, 0x00, 0xAA, 0x00, 0xA7, 0x11, 0x2B}};

/* The error, and the first address as text. */
static char found[64];

static int ask(const char *name, int family)
{
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *list = NULL;
    int err = getaddrinfo(name, NULL, &hints, &list);

    strcpy(found, "");
    if (!err)
        getnameinfo(list->ai_addr, (int)list->ai_addrlen, found, sizeof found, NULL, 0, NI_NUMERICHOST);
    freeaddrinfo(list);
    return err;
}

static void no_dns(void)
{
    SetEnvironmentVariableW(L"WS2KIT_DNS", L"none");
}

static void third_party(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x0A090807)};
    char host[64];
    struct hostent *h;

    no_dns();
    CHECK_INT(ask("of-the-fake.test", AF_INET), WSAHOST_NOT_FOUND);
    install_fake('A', 'g', 1);
    CHECK_INT(ask("of-the-fake.test", AF_INET), 0);
    CHECK_STR(found, "127.0.0.1");
    CHECK_INT(wcscmp((WCHAR *)fake->name, L"of-the-fake.test"), 0);
    CHECK_INT(fake->class_data1, 0x0002A803);
    CHECK_INT(fake->protocols, 2);
    CHECK_INT(fake->begin_flags & (LUP_RETURN_NAME | LUP_RETURN_ADDR | LUP_RETURN_BLOB),
              LUP_RETURN_NAME | LUP_RETURN_ADDR | LUP_RETURN_BLOB);
    CHECK_INT(fake->ends, fake->begins);

    CHECK_INT(ask("of-the-fake.test", AF_INET6), WSANO_DATA); /* it has none, and was asked for them too */
    CHECK_INT(fake->class_data1, 0x00090035);
    CHECK_INT(fake->class_data3, 28);

    h = gethostbyname("of-the-fake.test");
    NEED(h != NULL);
    CHECK_BYTES(h->h_addr_list[0], "\x7F\0\0\1", 4);
    CHECK(h->h_addr_list[1] == NULL);

    CHECK_INT(getnameinfo((struct sockaddr *)&addr, sizeof addr, host, sizeof host, NULL, 0, NI_NAMEREQD), 0);
    CHECK_INT(strncmp(host, "A0", 2), 0);
    CHECK_INT(wcscmp((WCHAR *)fake->name, L"10.9.8.7"), 0);
    CHECK_INT(fake->class_data1, 0x0002A801);

    CHECK_INT(ask("localhost", AF_INET), 0); /* is nobody's business */
    CHECK_INT(wcscmp((WCHAR *)fake->name, L"10.9.8.7"), 0);
    uninstall_all();
    CHECK_INT(ask("of-the-fake.test", AF_INET), WSAHOST_NOT_FOUND);
}

static void put_last_first(void)
{
    static union {
        WSANAMESPACE_INFOW info[1];
        char byte[16384];
    } list;
    DWORD bytes = sizeof list;
    GUID order[16];
    int count = WSAEnumNameSpaceProvidersW(&bytes, list.info);

    NEED(count > 0 && count < 16);
    order[0] = list.info[count - 1].NSProviderId;
    for (int i = 1; i < count; i++)
        order[i] = list.info[i - 1].NSProviderId;
    CHECK_INT(WSCWriteNameSpaceOrder(order, count), 0);
}

/* The own name is of the hosts provider; a provider before it may answer it. */
static void order(void)
{
    char own[256], before[64];

    no_dns();
    NEED(gethostname(own, sizeof own) == 0);
    CHECK_INT(ask(own, AF_INET), 0);
    strcpy(before, found);
    install_fake('A', 'g', 1);
    CHECK_INT(ask(own, AF_INET), 0);
    CHECK_STR(found, before);
    CHECK_INT(fake->begins, 0);
    put_last_first();
    CHECK_INT(ask(own, AF_INET), 0);
    CHECK_STR(found, "127.0.0.1");
    CHECK(fake->begins > 0);
    uninstall_all();
    CHECK_INT(ask(own, AF_INET), 0);
    CHECK_STR(found, before);
}

/* A DNS server that counts, and knows the A records of names that begin with "y". */
static SOCKET server;
static volatile LONG questions;
static char asked[512]; /* the last question */

/* The end of the question: behind its name, type and class. */
static int end_of_question(const char *message, int bytes)
{
    int at = 12;

    while (at < bytes && message[at])
        at += 1 + (BYTE)message[at];
    return at + 5 <= bytes ? at + 5 : bytes;
}

static DWORD WINAPI serve(void *arg)
{
    static const BYTE answer[] = {0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 10, 9, 8, 7};
    struct sockaddr_in from;
    char message[512];

    (void)arg;
    for (;;) {
        int from_bytes = sizeof from;
        int bytes = recvfrom(server, message, sizeof message - sizeof answer, 0, (struct sockaddr *)&from,
                             &from_bytes);

        if (bytes < 12)
            return 0;
        InterlockedIncrement(&questions);
        bytes = end_of_question(message, bytes);
        memcpy(asked, message, bytes);
        memset(message + 6, 0, 6);
        message[2] = (char)0x81; /* an answer */
        message[3] = (char)0x83; /* NXDOMAIN */
        if (message[13] == 'y' && message[bytes - 3] == 1) {
            message[3] = (char)0x80;
            message[7] = 1;
            memcpy(message + bytes, answer, sizeof answer);
            bytes += sizeof answer;
        }
        sendto(server, message, bytes, 0, (struct sockaddr *)&from, from_bytes);
    }
}

static void start_server(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int addr_bytes = sizeof addr;
    WCHAR text[32];

    server = socket(AF_INET, SOCK_DGRAM, 0);
    NEED_OK(bind(server, (struct sockaddr *)&addr, sizeof addr));
    NEED_OK(getsockname(server, (struct sockaddr *)&addr, &addr_bytes));
    wsprintfW(text, L"127.0.0.1:%d", ntohs(addr.sin_port));
    SetEnvironmentVariableW(L"WS2KIT_DNS", text);
    CloseHandle(CreateThread(NULL, 0, serve, NULL, 0, NULL));
}

static void dns_disabled(void)
{
    LONG before;

    start_server();
    CHECK_INT(ask("a.test", AF_INET), WSAHOST_NOT_FOUND);
    CHECK(questions > 0);
    CHECK_OK(WSCEnableNSProvider(&id_dns, FALSE));
    before = questions;
    CHECK_INT(ask("b.test", AF_INET), WSAHOST_NOT_FOUND);
    CHECK(gethostbyname("c.test") == NULL);
    CHECK_INT(ask("localhost", AF_INET), 0);
    CHECK_INT(questions, before);
    CHECK_OK(WSCEnableNSProvider(&id_dns, TRUE));
    CHECK_INT(ask("b.test", AF_INET), WSAHOST_NOT_FOUND);
    CHECK(questions > before);
    closesocket(server);
}

/* The first result of ws2dns.dll, by the flags. */
static int ask_dns(const WCHAR *name, DWORD flags)
{
    static union {
        WSAQUERYSETW set;
        char byte[4096];
    } result;
    GUID a_record = {0x00090035, 0, 1, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpServiceClassId = &a_record, .lpNSProviderId = &id_dns,
                      .lpszServiceInstanceName = (WCHAR *)name};
    DWORD bytes = sizeof result;
    HANDLE lookup;
    int err;

    if (WSALookupServiceBeginW(&q, LUP_RETURN_ADDR | LUP_RETURN_BLOB | flags, &lookup))
        return WSAGetLastError();
    err = WSALookupServiceNextW(lookup, 0, &bytes, &result.set) ? WSAGetLastError() : 0;
    WSALookupServiceEnd(lookup);
    if (!err && (!result.set.lpBlob || result.set.lpBlob->cbSize < 12 || result.set.dwNumberOfCsAddrs < 1))
        return -1;
    return err;
}

static void dns_flags(void)
{
    LONG before;

    start_server();
    CHECK_INT(ask_dns(L"y.test", 0), 0);
    before = questions;
    CHECK(before > 0);
    CHECK_INT(ask_dns(L"y.test", 0), 0);
    CHECK_INT(questions, before); /* cached */
    CHECK_INT(ask_dns(L"y.test", LUP_FLUSHCACHE), 0);
    CHECK(questions > before);
    CHECK_INT(ask_dns(L"y\x00FC.test", 0), WSASERVICE_NOT_FOUND); /* xn--... */
    CHECK_BYTES(asked + 13, "xn--", 4);
    CHECK_INT(ask_dns(L"y\x00FC.test", LUP_DISABLE_IDN_ENCODING), 0);
    CHECK_BYTES(asked + 12, "\3y\xC3\xBC\4test", 9);
    closesocket(server);
}

static int ask_ex(DWORD name_space, GUID *provider)
{
    ADDRINFOEXW hints = {.ai_family = AF_INET}, *list = NULL;
    int err = GetAddrInfoExW(L"of-the-fake.test", NULL, name_space, provider, &hints, &list, NULL, NULL, NULL, NULL);

    FreeAddrInfoExW(list);
    return err;
}

static void scope(void)
{
    GUID unknown = {1, 2, 3, {4}};

    no_dns();
    install_fake('A', 'g', 1);
    CHECK_INT(ask_ex(NS_ALL, NULL), 0);
    CHECK_INT(ask_ex(TEST_NS, NULL), 0);
    CHECK_INT(ask_ex(NS_DNS, NULL), WSAHOST_NOT_FOUND);
    CHECK_INT(ask_ex(NS_NLA, NULL), WSASERVICE_NOT_FOUND);
    CHECK_INT(ask_ex(NS_ALL, &fakes[0]), 0);
    CHECK_INT(ask_ex(NS_DNS, &fakes[0]), 0); /* the GUID decides */
    CHECK_INT(ask_ex(NS_ALL, &id_dns), WSAHOST_NOT_FOUND);
    CHECK_INT(ask_ex(NS_ALL, &unknown), WSAEINVAL);
    CHECK_OK(WSCEnableNSProvider(&fakes[0], FALSE));
    CHECK_INT(ask_ex(NS_ALL, &fakes[0]), WSAEINVAL);
    CHECK_INT(ask_ex(NS_ALL, NULL), WSAHOST_NOT_FOUND);
    uninstall_all();
}

/* Each broken one stands before a good one, which answers all the same; then it stands alone. */
static void broken_providers(void)
{
    static const struct {
        const char *why;
        char how;
        int alone;
    } rows[] = {
        {"no DLL", 'x', WSAHOST_NOT_FOUND},
        {"a short table", '4', WSAHOST_NOT_FOUND},
        {"a hole in the table", 'h', WSAHOST_NOT_FOUND},
        {"refuses to start", 's', WSAHOST_NOT_FOUND},
        {"crashes as it starts", 'C', WSAHOST_NOT_FOUND},
        {"Begin fails", 'b', WSAHOST_NOT_FOUND},
        {"Begin finds nothing", 'B', WSAHOST_NOT_FOUND},
        {"knows nothing", 'f', WSAHOST_NOT_FOUND},
        {"fails", 'e', WSATRY_AGAIN},
        {"crashes", 'c', WSANO_RECOVERY},
        {"never has room", 'o', WSANO_RECOVERY},
        {"a blob with a bad offset", 'k', WSANO_RECOVERY},
        {"addresses outside the buffer", 'p', WSANO_RECOVERY},
    };

    no_dns();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_about("%s", rows[i].why);
        install_fake('A', rows[i].how, 1);
        CHECK_INT(ask("x.test", AF_INET), rows[i].alone);
        CHECK_INT(ask("localhost", AF_INET), 0);
        install_fake('B', 'g', 1);
        CHECK_INT(ask("x.test", AF_INET), 0);
        CHECK_STR(found, "127.0.0.1");
        uninstall_all();
    }
}

/* One that hangs costs the first who asks the time that it is given, and the next nothing. */
static void hanging(void)
{
    long begins;

    no_dns();
    SetEnvironmentVariableW(L"WS2KIT_NSP_WAIT", L"300");
    install_fake('A', 'H', 1); /* 30 s, deaf */
    CHECK_INT(ask("x.test", AF_INET), WSATRY_AGAIN);
    CHECK_INT(fake->begins, 1);
    install_fake('B', 'g', 1);
    CHECK_INT(ask("x.test", AF_INET), 0);
    begins = fake->begins;
    CHECK_INT(ask("y.test", AF_INET), 0);
    CHECK_INT(fake->begins, begins + 1); /* B alone */
    uninstall_all();

    install_fake('A', 'w', 1); /* until it is told to end */
    install_fake('B', 'g', 1);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(ask("x.test", AF_INET), 0);
        for (int k = 0; k < 200 && fake->ends != fake->begins; k++)
            Sleep(20);
        CHECK_INT(fake->ends, fake->begins); /* also in the one that hangs */
    }
    uninstall_all();
}

/* A provider that resolves by getaddrinfo gets the others' answer, not itself. */
static void asks_back(void)
{
    long before;

    no_dns();
    install_fake('A', 'n', 1);
    CHECK_INT(ask("x.test", AF_INET), 0);
    CHECK_INT(fake->begins, 1);
    CHECK_INT(fake->nested_err, WSAHOST_NOT_FOUND);
    install_fake('B', 'g', 1);
    CHECK_INT(ask("x.test", AF_INET), 0);
    CHECK_INT(fake->nested_err, 0);
    uninstall_all();

    install_fake('A', 'n', 1); /* two that would ask each other for ever */
    install_fake('B', 'n', 1);
    before = fake->begins;
    CHECK_INT(ask("x.test", AF_INET), 0);
    CHECK_INT(fake->begins - before, 3); /* A; for it B, by name and for AAAA */
    uninstall_all();
}

static void blobs(void)
{
    struct hostent *h;

    no_dns();
    install_fake('A', 'l', 1);
    h = gethostbyname("x.test");
    NEED(h != NULL);
    CHECK_STR(h->h_name, "fake.host");
    CHECK_STR(h->h_aliases[0], "an.alias");
    CHECK(h->h_aliases[1] == NULL);
    CHECK_BYTES(h->h_addr_list[1], "\x7F\0\0\2", 4);
    CHECK(h->h_addr_list[2] == NULL);
    CHECK_INT(ask("x.test", AF_INET), 0);
    CHECK_STR(found, "127.0.0.1");
    uninstall_all();
}

/* ---- WS2KIT_NAMESPACES: the child has it from its start ---- */

static int child(int argc, char **argv)
{
    WSADATA data;

    if (argc != 1 || WSAStartup(MAKEWORD(2, 2), &data))
        return 99;
    no_dns();
    return ask(argv[0], AF_INET) % 250; /* an exit code is small */
}

__attribute__((constructor)) static void take_child_role(void)
{
    test_child = child;
}

static int run_with(const WCHAR *namespaces)
{
    SetEnvironmentVariableW(L"WS2KIT_NAMESPACES", namespaces);
    return child_wait(child_start("x.test", FALSE));
}

/* wt_one.dll is the fake that has one good result whatever its GUID, which is derived here. */
static void of_this_run(void)
{
    WCHAR path[MAX_PATH], list[2 * MAX_PATH];

    GetModuleFileNameW(NULL, path, MAX_PATH);
    lstrcpyW(wcsrchr(path, '\\') + 1, L"fake\\wt_one.dll");
    CHECK_INT(run_with(NULL), WSAHOST_NOT_FOUND % 250);
    CHECK_INT(run_with(path), 0);
    swprintf(list, 2 * MAX_PATH, L"dns;%ls,ns=37,some=thing", path);
    CHECK_INT(run_with(list), 0);
    CHECK_INT(run_with(L"C:\\no such.dll"), WSAEPROVIDERFAILEDINIT % 250);
    CHECK_INT(run_with(L";;"), WSAEPROVIDERFAILEDINIT % 250);
}

/* A program that lists and reorders sees the run's providers, and they are not stored. */
static void listed_and_ordered(void)
{
    static union {
        WSANAMESPACE_INFOW info[1];
        char byte[16384];
    } list;
    DWORD bytes = sizeof list;
    GUID order[16];
    int before = WSAEnumNameSpaceProvidersW(&bytes, list.info), count;

    SetEnvironmentVariableW(L"WS2KIT_NAMESPACES", L"dns,ns=37");
    bytes = sizeof list;
    count = WSAEnumNameSpaceProvidersW(&bytes, list.info);
    NEED(count == before + 1 && count < 16);
    CHECK_INT(list.info[0].dwNameSpace, 37);
    CHECK_INT(wcscmp(list.info[0].lpszIdentifier, L"dns"), 0);
    for (int i = 0; i < count; i++)
        order[i] = list.info[i].NSProviderId;
    CHECK_INT(WSCWriteNameSpaceOrder(order, count), 0);
    SetEnvironmentVariableW(L"WS2KIT_NAMESPACES", NULL);
    bytes = sizeof list;
    CHECK_INT(WSAEnumNameSpaceProvidersW(&bytes, list.info), before);
}

const struct test_case test_cases[] = {
    {"third-party", third_party},
    {"order", order},
    {"dns-disabled", dns_disabled},
    {"scope", scope},
    {"broken-providers", broken_providers},
    {"hanging", hanging},
    {"asks-back", asks_back},
    {"blobs", blobs},
    {"of-this-run", of_this_run},
    {"listed-and-ordered", listed_and_ordered},
    {"dns-flags", dns_flags},
    {0},
};
