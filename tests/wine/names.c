/* SPDX-License-Identifier: MIT */
/* Names without a DNS server: numbers, localhost, our own name, the hosts file, services and protocols. */
#include "net.h"
#include "providers/kit/ws2kit_layer.h"
#include <stdio.h>
#include <string.h>

static struct addrinfo *look_up(const char *host, const char *service, int flags, int family, int type, int want)
{
    struct addrinfo hints = { .ai_flags = flags, .ai_family = family, .ai_socktype = type }, *list = NULL;

    CHECK_ERR(getaddrinfo(host, service, &hints, &list), want);
    if (!want)
        NEED(list);
    return list;
}

static void numbers(void)
{
    struct addrinfo *a = look_up("1.2.3.4", "80", 0, AF_UNSPEC, SOCK_STREAM, 0);
    struct sockaddr_in *sin = (struct sockaddr_in *)a->ai_addr;

    CHECK_INT(a->ai_family, AF_INET);
    CHECK_INT(a->ai_addrlen, sizeof *sin);
    CHECK_INT(sin->sin_addr.s_addr, htonl(0x01020304));
    CHECK_INT(sin->sin_port, htons(80));
    CHECK(a->ai_next == NULL);
    CHECK(a->ai_canonname == NULL);
    freeaddrinfo(a);
    a = look_up("::1", NULL, AI_NUMERICHOST, AF_UNSPEC, SOCK_DGRAM, 0);
    CHECK_INT(a->ai_family, AF_INET6);
    CHECK_INT(a->ai_socktype, SOCK_DGRAM);
    CHECK(IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)a->ai_addr)->sin6_addr));
    freeaddrinfo(a);
    check_about("a name where a number must be");
    look_up("localhost", NULL, AI_NUMERICHOST, AF_UNSPEC, 0, WSAHOST_NOT_FOUND);
    look_up("::1", NULL, AI_NUMERICHOST, AF_INET, 0, WSAHOST_NOT_FOUND);
}

static void passive(void)
{
    struct addrinfo *a = look_up(NULL, "0", AI_PASSIVE, AF_INET, SOCK_STREAM, 0);

    CHECK_INT(((struct sockaddr_in *)a->ai_addr)->sin_addr.s_addr, INADDR_ANY);
    freeaddrinfo(a);
    a = look_up(NULL, "0", 0, AF_INET, SOCK_STREAM, 0);
    CHECK_INT(((struct sockaddr_in *)a->ai_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    freeaddrinfo(a);
    a = look_up(NULL, "99", AI_PASSIVE, AF_INET6, SOCK_STREAM, 0);
    CHECK(IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)a->ai_addr)->sin6_addr));
    freeaddrinfo(a);
}

static void wrong(void)
{
    struct addrinfo hints = { 0 }, *list;

    CHECK_ERR(getaddrinfo(NULL, NULL, NULL, &list), WSAHOST_NOT_FOUND);
    hints.ai_family = 1234;
    CHECK_ERR(getaddrinfo("1.2.3.4", NULL, &hints, &list), WSAEAFNOSUPPORT);
    hints = (struct addrinfo){ .ai_socktype = 77 };
    CHECK_ERR(getaddrinfo("1.2.3.4", "80", &hints, &list), WSAESOCKTNOSUPPORT);
    hints = (struct addrinfo){ .ai_socktype = SOCK_STREAM };
    CHECK_ERR(getaddrinfo("1.2.3.4", "no-such-service", &hints, &list), WSATYPE_NOT_FOUND);
}

static void local_host(void)
{
    struct addrinfo *a = look_up("localhost", NULL, 0, AF_INET, SOCK_STREAM, 0);
    struct hostent *h;

    CHECK_INT(((struct sockaddr_in *)a->ai_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    freeaddrinfo(a);
    a = look_up("LOCALHOST", NULL, 0, AF_INET, SOCK_STREAM, 0);
    freeaddrinfo(a);
    h = gethostbyname("localhost");
    NEED(h);
    CHECK_INT(h->h_addrtype, AF_INET);
    CHECK_INT(h->h_length, 4);
    CHECK_BYTES(h->h_addr_list[0], "\177\0\0\1", 4);
    h = gethostbyname("1.2.3.4");
    NEED(h);
    CHECK_BYTES(h->h_addr_list[0], "\1\2\3\4", 4);
}

static void own_name(void)
{
    char name[256], small[2];
    struct addrinfo *a;
    struct hostent *h;

    CHECK_OK(gethostname(name, sizeof name));
    CHECK(name[0] != 0);
    CHECK_FAILS(gethostname(small, 1), WSAEFAULT);
    CHECK_FAILS(gethostname(NULL, 10), WSAEFAULT);
    h = gethostbyname(name);
    CHECK(h != NULL);
    a = look_up(name, NULL, 0, AF_UNSPEC, SOCK_STREAM, 0);
    freeaddrinfo(a);
    a = look_up("", "80", 0, AF_UNSPEC, SOCK_STREAM, 0);
    freeaddrinfo(a);
}

/* Until the file is looked at again, which is soon. */
static int found_before_long(const char *host, struct addrinfo **list)
{
    int err = WSAHOST_NOT_FOUND;

    for (int i = 0; err == WSAHOST_NOT_FOUND && i < 100; i++) {
        Sleep(i ? 50 : 0);
        err = getaddrinfo(host, NULL, NULL, list);
    }
    return err;
}

/* The prefix's own hosts file counts, as on Windows (wine-afd.md section 9), and so does a change of it. */
static void hosts_file(void)
{
    char path[MAX_PATH], saved[8192];
    struct addrinfo *a;
    struct hostent *h;
    DWORD n = 0, written;
    HANDLE f;
    static const char line[] = "\r\n192.0.2.55\tws2kit-hosts-test.example alias-of-it # a comment\r\n";

    CHECK(getaddrinfo("ws2kit-hosts-test.example", NULL, NULL, &a) != 0); /* the file as it was is known by now */
    GetSystemDirectoryA(path, sizeof path);
    strcat(path, "\\drivers\\etc\\hosts");
    f = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_ALWAYS, 0, NULL);
    NEED(f != INVALID_HANDLE_VALUE);
    NEED(ReadFile(f, saved, sizeof saved, &n, NULL) && n < sizeof saved);
    NEED(WriteFile(f, line, sizeof line - 1, &written, NULL));
    FlushFileBuffers(f);
    a = NULL;
    CHECK_ERR(found_before_long("ws2kit-hosts-test.example", &a), 0);
    if (a)
        CHECK_INT(((struct sockaddr_in *)a->ai_addr)->sin_addr.s_addr, htonl(0xc0000237));
    h = gethostbyname("ALIAS-OF-IT");
    if (CHECK(h != NULL)) {
        CHECK_BYTES(h->h_addr_list[0], "\300\0\2\67", 4);
        CHECK_STR(h->h_name, "ws2kit-hosts-test.example");
    }
    h = gethostbyaddr("\300\0\2\67", 4, AF_INET);
    if (CHECK(h != NULL))
        CHECK_STR(h->h_name, "ws2kit-hosts-test.example");
    SetFilePointer(f, n, NULL, FILE_BEGIN);
    SetEndOfFile(f);
    CloseHandle(f);
}

static void not_found(void)
{
    struct addrinfo *list;

    /* RFC 6761: never resolves. WSATRY_AGAIN when no server can be asked. */
    int err = getaddrinfo("no-such-host.invalid", NULL, NULL, &list);

    if (err != WSATRY_AGAIN)
        CHECK_ERR(err, WSAHOST_NOT_FOUND);
    WSASetLastError(0);
    CHECK(gethostbyname("no-such-host.invalid") == NULL);
    err = WSAGetLastError();
    if (err != WSATRY_AGAIN)
        CHECK_ERR(err, WSAHOST_NOT_FOUND);
}

static void name_info(void)
{
    union addr a = loopback(AF_INET, 80), six = loopback(AF_INET6, 12345);
    char host[NI_MAXHOST], service[NI_MAXSERV];

    CHECK_OK(getnameinfo(&a.sa, sizeof a.v4, host, sizeof host, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV));
    CHECK_STR(host, "127.0.0.1");
    CHECK_STR(service, "80");
    CHECK_OK(getnameinfo(&six.sa, sizeof six.v6, host, sizeof host, service, sizeof service,
                         NI_NUMERICHOST | NI_NUMERICSERV));
    CHECK_STR(host, "::1");
    CHECK_STR(service, "12345");
    CHECK_OK(getnameinfo(&a.sa, sizeof a.v4, NULL, 0, service, sizeof service, 0));
    CHECK_STR(service, "http");
    CHECK_ERR(getnameinfo(&a.sa, sizeof a.v4, host, 3, NULL, 0, NI_NUMERICHOST), ERROR_INSUFFICIENT_BUFFER);
    CHECK_ERR(getnameinfo(NULL, 0, host, sizeof host, NULL, 0, NI_NUMERICHOST), WSAEFAULT);
    CHECK_ERR(getnameinfo(&a.sa, 3, host, sizeof host, NULL, 0, NI_NUMERICHOST), WSAEFAULT);
    a.sa.sa_family = 1234;
    CHECK_ERR(getnameinfo(&a.sa, sizeof a.v4, host, sizeof host, NULL, 0, NI_NUMERICHOST), WSAEAFNOSUPPORT);
}

static void services(void)
{
    struct servent *s = getservbyname("http", "tcp");
    struct addrinfo *a;

    NEED(s);
    CHECK_STR(s->s_name, "http");
    CHECK_INT((u_short)s->s_port, htons(80));
    CHECK_STR(s->s_proto, "tcp");
    s = getservbyport(htons(53), "udp");
    NEED(s);
    CHECK_STR(s->s_name, "domain");
    NEED(getservbyname("ftp", NULL));
    CHECK_FALSE(getservbyname("no-such-service", "tcp"), WSANO_DATA);
    CHECK_FALSE(getservbyport(htons(1), "xyz"), WSANO_DATA);
    a = look_up("127.0.0.1", "http", 0, AF_INET, SOCK_STREAM, 0);
    CHECK_INT(((struct sockaddr_in *)a->ai_addr)->sin_port, htons(80));
    freeaddrinfo(a);
}

static void protocols(void)
{
    struct protoent *p = getprotobyname("tcp");

    NEED(p);
    CHECK_INT(p->p_proto, 6);
    CHECK_STR(p->p_name, "tcp");
    p = getprotobynumber(17);
    NEED(p);
    CHECK_STR(p->p_name, "udp");
    NEED(getprotobyname("UDP"));
    CHECK_FALSE(getprotobyname("no-such-protocol"), WSANO_DATA);
    CHECK_FALSE(getprotobynumber(250), WSANO_DATA);
}

static DWORD WINAPI other_buffers(void *arg)
{
    struct hostent *h = gethostbyname("5.6.7.8");

    NEED(h);
    CHECK(h != arg);
    CHECK_BYTES(h->h_addr_list[0], "\5\6\7\10", 4);
    return 0;
}

static void buffers_per_thread(void)
{
    struct hostent *h = gethostbyname("1.2.3.4");

    NEED(h);
    thread_join(thread_start(other_buffers, h));
    CHECK_BYTES(h->h_addr_list[0], "\1\2\3\4", 4);
}

static void wide(void)
{
    ADDRINFOW hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME }, *a = NULL;
    WCHAR host[100], service[100];

    CHECK_ERR(GetAddrInfoW(L"127.0.0.1", L"443", &hints, &a), 0);
    NEED(a);
    CHECK_INT(((struct sockaddr_in *)a->ai_addr)->sin_port, htons(443));
    CHECK_OK(GetNameInfoW(a->ai_addr, (int)a->ai_addrlen, host, 100, service, 100, NI_NUMERICHOST | NI_NUMERICSERV));
    CHECK(!wcscmp(host, L"127.0.0.1"));
    CHECK(!wcscmp(service, L"443"));
    FreeAddrInfoW(a);
}

#define WM_NAME (WM_USER + 9)

static void asynchronous(void)
{
    HWND w = message_window();
    static char buf[MAXGETHOSTSTRUCT];
    HANDLE h = WSAAsyncGetHostByName(w, WM_NAME, "localhost", buf, sizeof buf);
    MSG msg;

    NEED(h);
    NEED(GetMessageA(&msg, w, WM_NAME, WM_NAME) > 0);
    CHECK(msg.wParam == (WPARAM)h);
    CHECK_ERR(WSAGETASYNCERROR(msg.lParam), 0);
    CHECK_BYTES(((struct hostent *)buf)->h_addr_list[0], "\177\0\0\1", 4);
    check_about("a small buffer");
    h = WSAAsyncGetServByName(w, WM_NAME, "http", "tcp", buf, 4);
    NEED(h);
    NEED(GetMessageA(&msg, w, WM_NAME, WM_NAME) > 0);
    CHECK_ERR(WSAGETASYNCERROR(msg.lParam), WSAENOBUFS);
    CHECK(WSAGETASYNCBUFLEN(msg.lParam) > 4);
    check_about("cancelling what is not there");
    CHECK_FAILS(WSACancelAsyncRequest((HANDLE)(ULONG_PTR)0x7654), WSAEINVAL);
}

static char answer[MAXGETHOSTSTRUCT];

/* Waits for the message of request `h`; its error. */
static int end_of(HWND w, HANDLE h)
{
    MSG msg;

    NEED(h);
    NEED(GetMessageA(&msg, w, WM_NAME, WM_NAME) > 0);
    CHECK(msg.wParam == (WPARAM)h);
    return WSAGETASYNCERROR(msg.lParam);
}

static void all_asynchronous(void)
{
    HWND w = message_window();
    struct hostent *host = (struct hostent *)answer;
    struct servent *service = (struct servent *)answer;
    struct protoent *protocol = (struct protoent *)answer;

    CHECK_ERR(end_of(w, WSAAsyncGetHostByName(w, WM_NAME, "localhost", answer, sizeof answer)), 0);
    CHECK_STR(host->h_name, "localhost");
    CHECK_ERR(end_of(w, WSAAsyncGetHostByAddr(w, WM_NAME, "\177\0\0\1", 4, AF_INET, answer, sizeof answer)), 0);
    CHECK_BYTES(host->h_addr_list[0], "\177\0\0\1", 4);
    CHECK_ERR(end_of(w, WSAAsyncGetServByName(w, WM_NAME, "http", "tcp", answer, sizeof answer)), 0);
    CHECK_INT(service->s_port, htons(80));
    CHECK_ERR(end_of(w, WSAAsyncGetServByPort(w, WM_NAME, htons(53), "udp", answer, sizeof answer)), 0);
    CHECK_STR(service->s_name, "domain");
    CHECK_ERR(end_of(w, WSAAsyncGetProtoByName(w, WM_NAME, "udp", answer, sizeof answer)), 0);
    CHECK_INT(protocol->p_proto, IPPROTO_UDP);
    CHECK_ERR(end_of(w, WSAAsyncGetProtoByNumber(w, WM_NAME, IPPROTO_TCP, answer, sizeof answer)), 0);
    CHECK_STR(protocol->p_name, "tcp");
    check_about("what there is not");
    CHECK_ERR(end_of(w, WSAAsyncGetServByName(w, WM_NAME, "no-such-service", NULL, answer, sizeof answer)), WSANO_DATA);
    CHECK_ERR(end_of(w, WSAAsyncGetProtoByNumber(w, WM_NAME, 253, answer, sizeof answer)), WSANO_DATA);
}

/* A DNS server that says nothing keeps the request open until it is cancelled. Then no message comes any more. */
static void cancelled(void)
{
    HWND w = message_window();
    union addr at;
    char setting[64];
    HANDLE h;
    MSG msg;

    udp_bound(AF_INET, &at);
    sprintf(setting, "127.0.0.1:%u", ntohs(at.v4.sin_port));
    SetEnvironmentVariableA("WS2KIT_DNS", setting);
    h = WSAAsyncGetHostByName(w, WM_NAME, "silent.example", answer, sizeof answer);
    NEED(h);
    CHECK_OK(WSACancelAsyncRequest(h));
    CHECK_FAILS(WSACancelAsyncRequest(h), WSAEALREADY);
    CHECK_ERR(end_of(w, WSAAsyncGetHostByName(w, WM_NAME, "localhost", answer, sizeof answer)), 0);
    CHECK(!PeekMessageA(&msg, w, WM_NAME, WM_NAME, PM_NOREMOVE));
}

/* What layers ask with ws2kit_name_of(): by which name the program found an address. */
static void known_to_layers(void)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(80) };
    char name[256] = "untouched", own[256];
    struct addrinfo *a;
    struct hostent *h;

    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(!ws2kit_name_of((struct sockaddr *)&four, sizeof four, name, sizeof name));
    CHECK_STR(name, "untouched");
    freeaddrinfo(look_up("127.0.0.1", "80", 0, AF_UNSPEC, SOCK_STREAM, 0));
    CHECK(!ws2kit_name_of((struct sockaddr *)&four, sizeof four, name, sizeof name));
    freeaddrinfo(look_up("LocalHost", "80", 0, AF_UNSPEC, SOCK_STREAM, 0));
    CHECK(ws2kit_name_of((struct sockaddr *)&four, sizeof four, name, sizeof name));
    CHECK_STR(name, "LocalHost");
    CHECK(ws2kit_name_of((struct sockaddr *)&six, sizeof six, name, sizeof name));
    CHECK_STR(name, "LocalHost");
    check_about("no room, no address");
    CHECK(!ws2kit_name_of((struct sockaddr *)&four, sizeof four, name, 9));
    CHECK(!ws2kit_name_of((struct sockaddr *)&four, 8, name, sizeof name));
    CHECK(!ws2kit_name_of((struct sockaddr *)&six, sizeof four, name, sizeof name));
    CHECK(!ws2kit_name_of(NULL, 0, name, sizeof name));
    four.sin_family = AF_UNIX;
    CHECK(!ws2kit_name_of((struct sockaddr *)&four, sizeof four, name, sizeof name));
    four.sin_family = AF_INET;
    check_about("gethostbyname says it anew");
    NEED(gethostbyname("localhost."));
    CHECK(ws2kit_name_of((struct sockaddr *)&four, sizeof four, name, sizeof name));
    CHECK_STR(name, "localhost");
    check_about("this machine's addresses, by GetAddrInfoW");
    CHECK_OK(gethostname(own, sizeof own));
    a = look_up(own, NULL, 0, AF_UNSPEC, SOCK_STREAM, 0);
    CHECK(ws2kit_name_of(a->ai_addr, (int)a->ai_addrlen, name, sizeof name));
    CHECK_STR(name, own);
    freeaddrinfo(a);
    h = gethostbyname("");
    CHECK(h != NULL);
    check_about("it outlives WSACleanup, and the export is there by name only");
    CHECK_OK(WSACleanup());
    CHECK(ws2kit_name_of((struct sockaddr *)&six, sizeof six, name, sizeof name));
    CHECK(GetProcAddress(GetModuleHandleA("ws2_32.dll"), "ws2kit_name_of_address") != NULL);
}

const struct test_case test_cases[] = {
    { "numbers", numbers },
    { "passive", passive },
    { "wrong", wrong },
    { "local-host", local_host },
    { "own-name", own_name },
    { "hosts-file", hosts_file },
    { "not-found", not_found },
    { "name-info", name_info },
    { "services", services },
    { "protocols", protocols },
    { "buffers-per-thread", buffers_per_thread },
    { "wide", wide },
    { "asynchronous", asynchronous },
    { "all-asynchronous", all_asynchronous },
    { "cancelled", cancelled },
    { "known-to-layers", known_to_layers },
    { 0 },
};
