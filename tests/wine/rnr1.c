/* SPDX-License-Identifier: MIT */
/*
 * The name functions of Winsock 1.1 (spi.md 11.13), over the built-in providers, the fake ones and samples/directory. The
 * cases install providers, so they run alone.
 */
#include "use_nsp.h"

#include <nspapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static GUID tcp_80 = {0x00090050, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}}, udp_53 = {0x000A0035, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}},
            printer = {0x7B1E0001, 1, 2, {3}};

static union {
    CSADDR_INFO addr[1];
    NS_SERVICE_INFOA a[1];
    NS_SERVICE_INFOW w[1];
    char byte[16384];
} out;

static BOOL inside(const void *p, size_t bytes, DWORD used)
{
    return (const char *)p >= out.byte && (const char *)p + bytes <= out.byte + used;
}

/* A call that gives `result` with that GetLastError(). */
#define FAILS(call, result, code) \
    (SetLastError(0xdead), CHECK_INT(call, result) && CHECK_INT(GetLastError(), code))

static int ask(char *name, INT *protocols, DWORD resolution)
{
    DWORD bytes = sizeof out;

    memset(&out, 0, sizeof out);
    return GetAddressByNameA(NS_DNS, &tcp_80, name, protocols, resolution, NULL, &out, &bytes, NULL, NULL);
}

static void address_of_host(void)
{
    INT tcp[] = {IPPROTO_TCP, 0}, udp[] = {IPPROTO_UDP, 0};
    DWORD bytes = sizeof out;

    SetEnvironmentVariableW(L"WS2KIT_DNS", L"none");
    CHECK_INT(ask("localhost", NULL, 0), 2);
    CHECK_INT(out.addr[1].iProtocol, IPPROTO_TCP);
    CHECK_INT(out.addr[1].iSocketType, SOCK_STREAM);
    CHECK_INT(((SOCKADDR_IN *)out.addr[1].RemoteAddr.lpSockaddr)->sin_port, htons(80));
    CHECK_INT(((SOCKADDR_IN *)out.addr[1].RemoteAddr.lpSockaddr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    CHECK_INT(out.addr[1].LocalAddr.lpSockaddr->sa_family, AF_INET);
    CHECK_INT(ask("localhost", tcp, RES_SOFT_SEARCH), 2);
    FAILS(ask("localhost", udp, 0), SOCKET_ERROR, ERROR_SERVICE_NOT_FOUND);
    FAILS(ask("no-such-host.invalid", NULL, 0), SOCKET_ERROR, ERROR_SERVICE_NOT_FOUND);
    CHECK_INT(GetAddressByNameW(NS_DEFAULT, &udp_53, L"localhost", udp, RES_FIND_MULTIPLE, NULL, &out, &bytes, NULL, NULL), 2);
    CHECK_INT(out.addr[0].iProtocol, IPPROTO_UDP);
    CHECK(ask(NULL, NULL, 0) > 0); /* this machine */
}

static void address_buffers(void)
{
    char aliases[64];
    WCHAR wide[64];
    DWORD bytes = 0, needed, chars = 64;

    SetEnvironmentVariableW(L"WS2KIT_DNS", L"none");
    FAILS(GetAddressByNameA(NS_DNS, &tcp_80, "localhost", NULL, 0, NULL, NULL, &bytes, NULL, NULL), SOCKET_ERROR,
          ERROR_INSUFFICIENT_BUFFER);
    needed = bytes;
    CHECK(needed > 2 * sizeof(CSADDR_INFO) && needed < 1000);
    bytes = needed - 1;
    FAILS(GetAddressByNameA(NS_DNS, &tcp_80, "localhost", NULL, 0, NULL, &out, &bytes, NULL, NULL), SOCKET_ERROR,
          ERROR_INSUFFICIENT_BUFFER);
    CHECK_INT(bytes, needed);
    memset(aliases, 0x5A, sizeof aliases);
    CHECK_INT(GetAddressByNameA(NS_DNS, &tcp_80, "localhost", NULL, 0, NULL, &out, &bytes, aliases, &chars), 2);
    for (int i = 0; i < 2; i++)
        CHECK(inside(out.addr[i].RemoteAddr.lpSockaddr, out.addr[i].RemoteAddr.iSockaddrLength, needed));
    CHECK_BYTES(aliases, "localhost\0\0", 11);
    CHECK_INT(chars, 11);
    CHECK_INT(aliases[11], 0x5A);
    chars = 10;
    FAILS(GetAddressByNameA(NS_DNS, &tcp_80, "localhost", NULL, 0, NULL, &out, &bytes, aliases, &chars), SOCKET_ERROR,
          ERROR_INSUFFICIENT_BUFFER);
    CHECK_INT(chars, 11);
    CHECK_INT(GetAddressByNameW(NS_DNS, &tcp_80, L"localhost", NULL, 0, NULL, &out, &bytes, wide, &chars), 2);
    CHECK_BYTES(wide, L"localhost\0", 22);
}

/* One provider's answer is enough, unless all are wanted. */
static void address_of_service(void)
{
    DWORD bytes = sizeof out;

    install_fake('A', 'g', 1);
    install_fake('B', 'g', 2);
    CHECK_INT(GetAddressByNameA(TEST_NS, &printer, "x", NULL, 0, NULL, &out, &bytes, NULL, NULL), 1);
    CHECK_INT(fake->begin_flags & LUP_DEEP, LUP_DEEP);
    bytes = sizeof out;
    CHECK_INT(GetAddressByNameA(TEST_NS, &printer, "x", NULL, RES_FIND_MULTIPLE | RES_SOFT_SEARCH, NULL, &out, &bytes, NULL, NULL), 3);
    CHECK_INT(fake->begin_flags & LUP_DEEP, 0);
    uninstall_all();
    FAILS(GetAddressByNameA(TEST_NS, &printer, "x", NULL, 0, NULL, &out, &bytes, NULL, NULL), SOCKET_ERROR, ERROR_SERVICE_NOT_FOUND);
}

static void where_to_bind(void)
{
    int count = ask(NULL, NULL, RES_SERVICE);

    CHECK_INT(count, 2);
    CHECK_INT(((SOCKADDR_IN *)out.addr[1].LocalAddr.lpSockaddr)->sin_port, htons(80));
    CHECK_INT(((SOCKADDR_IN *)out.addr[1].LocalAddr.lpSockaddr)->sin_addr.s_addr, htonl(INADDR_ANY));
}

static void types(void)
{
    GUID type = {0};
    char name[64];
    WCHAR wide[64];
    SERVICE_INFOA info = {.lpServiceType = &printer, .lpServiceName = "ws2kit test printer"};
    DWORD status = 7;

    CHECK_INT(GetTypeByNameA("http", &type), 0); /* of the services file */
    CHECK(IsEqualGUID(&type, &tcp_80));
    CHECK_INT(GetTypeByNameW(L"http", &type), 0);
    CHECK_INT(GetNameByTypeA(&tcp_80, name, sizeof name), 0);
    CHECK_STR(name, "http");
    FAILS(GetNameByTypeA(&tcp_80, name, 4), SOCKET_ERROR, ERROR_INSUFFICIENT_BUFFER);
    CHECK_INT(GetNameByTypeW(&udp_53, wide, 64), 0);
    CHECK_INT(wcscmp(wide, L"domain"), 0);

    FAILS(GetTypeByNameA("ws2kit test printer", &type), SOCKET_ERROR, ERROR_SERVICE_DOES_NOT_EXIST);
    FAILS(GetNameByTypeA(&printer, name, sizeof name), SOCKET_ERROR, ERROR_SERVICE_DOES_NOT_EXIST);
    CHECK_INT(SetServiceA(NS_DEFAULT, SERVICE_ADD_TYPE, 0, &info, NULL, &status), 0);
    CHECK_INT(status, 0);
    CHECK_INT(GetTypeByNameW(L"ws2kit test printer", &type), 0);
    CHECK(IsEqualGUID(&type, &printer));
    CHECK_INT(GetNameByTypeW(&printer, wide, 64), 0);
    CHECK_INT(wcscmp(wide, L"ws2kit test printer"), 0);
    CHECK_INT(SetServiceA(NS_DEFAULT, SERVICE_DELETE_TYPE, 0, &info, NULL, NULL), 0);
    FAILS(GetTypeByNameA("ws2kit test printer", &type), SOCKET_ERROR, ERROR_SERVICE_DOES_NOT_EXIST);
    FAILS(SetServiceA(NS_DEFAULT, SERVICE_DELETE_TYPE, 0, &info, NULL, NULL), SOCKET_ERROR, ERROR_SERVICE_NOT_FOUND);
}

/* A type with values, and a service of it: registered, found, gone. */
static SERVICE_INFOW *laser(void)
{
    static SOCKADDR_IN at[2];
    static struct {
        SERVICE_ADDRESSES list;
        SERVICE_ADDRESS second;
    } addrs;
    static SERVICE_INFOW info;

    for (int i = 0; i < 2; i++) {
        at[i] = (SOCKADDR_IN){.sin_family = AF_INET, .sin_port = htons(9100), .sin_addr.s_addr = htonl(0xC0000201 + i)};
        (&addrs.list.Addresses[0])[i] = (SERVICE_ADDRESS){AF_INET, 0, sizeof at[i], 0, (BYTE *)&at[i], NULL};
    }
    addrs.list.dwAddressCount = 2;
    info = (SERVICE_INFOW){.lpServiceType = &printer, .lpServiceName = L"laser", .lpComment = L"second floor", .dwVersion = 2,
                           .lpServiceAddress = &addrs.list};
    return &info;
}

static int get(DWORD properties)
{
    DWORD bytes = sizeof out;

    memset(&out, 0, sizeof out);
    return GetServiceW(TEST_NS, &printer, L"laser", properties, &out, &bytes, NULL);
}

static void add_printers(void)
{
    static DWORD port = 9100;
    static WCHAR port_name[] = SERVICE_TYPE_VALUE_TCPPORTW;
    SERVICE_TYPE_INFO_ABSW type = {L"Printer", 1, {{NS_ALL, REG_DWORD, sizeof port, port_name, &port}}};
    SERVICE_INFOW info = {.lpServiceType = &printer, .ServiceSpecificInfo = {sizeof type, (BYTE *)&type}};

    install_directory();
    NEED(SetServiceW(TEST_NS, SERVICE_ADD_TYPE, 0, &info, NULL, NULL) == 0);
}

static void remove_printers(void)
{
    SERVICE_INFOW info = {.lpServiceType = &printer, .lpServiceName = L"Printer"};

    CHECK_INT(SetServiceW(TEST_NS, SERVICE_DELETE_TYPE, 0, &info, NULL, NULL), 0);
    uninstall_directory();
}

static void services(void)
{
    DWORD status, bytes = 0, needed;
    char name[32];

    add_printers();
    CHECK_INT(GetNameByTypeA(&printer, name, sizeof name), 0);
    CHECK_STR(name, "Printer");
    FAILS(get(PROP_ALL), 0, ERROR_SERVICE_NOT_FOUND);
    CHECK_INT(SetServiceW(TEST_NS, SERVICE_REGISTER, 0, laser(), NULL, &status), 0);
    CHECK_INT(status, 0);
    CHECK_INT(get(PROP_ALL), 1);
    CHECK(IsEqualGUID(out.w[0].ServiceInfo.lpServiceType, &printer));
    CHECK_INT(wcscmp(out.w[0].ServiceInfo.lpServiceName, L"laser"), 0);
    CHECK_INT(wcscmp(out.w[0].ServiceInfo.lpComment, L"second floor"), 0);
    CHECK_INT(out.w[0].ServiceInfo.dwVersion, 2);
    if (CHECK(out.w[0].ServiceInfo.lpServiceAddress != NULL)) {
        const SERVICE_ADDRESSES *a = out.w[0].ServiceInfo.lpServiceAddress;

        CHECK_INT(a->dwAddressCount, 2);
        CHECK_INT(a->Addresses[1].dwAddressType, AF_INET);
        CHECK_BYTES(a->Addresses[1].lpAddress, laser()->lpServiceAddress->Addresses[1].lpAddress, 8);
    }
    CHECK_INT(get(PROP_VERSION), 1);
    CHECK(!out.w[0].ServiceInfo.lpComment && !out.w[0].ServiceInfo.lpServiceAddress);

    FAILS(GetServiceA(TEST_NS, &printer, "laser", PROP_ALL, NULL, &bytes, NULL), SOCKET_ERROR, ERROR_INSUFFICIENT_BUFFER);
    needed = bytes;
    bytes--;
    FAILS(GetServiceA(TEST_NS, &printer, "laser", PROP_ALL, &out, &bytes, NULL), SOCKET_ERROR, ERROR_INSUFFICIENT_BUFFER);
    CHECK_INT(GetServiceA(TEST_NS, &printer, "laser", PROP_ALL, &out, &bytes, NULL), 1);
    CHECK_STR(out.a[0].ServiceInfo.lpComment, "second floor");
    CHECK(inside(out.a[0].ServiceInfo.lpComment, 13, needed));

    bytes = sizeof out;
    CHECK_INT(GetAddressByNameW(TEST_NS, &printer, L"laser", NULL, 0, NULL, &out, &bytes, NULL, NULL), 2);
    CHECK_INT(out.addr[0].iProtocol, IPPROTO_TCP);

    CHECK_INT(SetServiceW(TEST_NS, SERVICE_DEREGISTER, 0, laser(), NULL, NULL), 0); /* its addresses go */
    CHECK_INT(get(PROP_ALL), 1);
    CHECK(!out.w[0].ServiceInfo.lpServiceAddress);
    CHECK_INT(SetServiceW(TEST_NS, SERVICE_DEREGISTER, SERVICE_FLAG_HARD, laser(), NULL, NULL), 0);
    FAILS(get(PROP_ALL), 0, ERROR_SERVICE_NOT_FOUND);
    FAILS(SetServiceW(TEST_NS, SERVICE_DEREGISTER, 0, laser(), NULL, NULL), SOCKET_ERROR, ERROR_SERVICE_NOT_FOUND);
    remove_printers();
}

static void deferred(void)
{
    SERVICE_INFOW info = *laser();

    add_printers();
    CHECK_INT(SetServiceW(TEST_NS, SERVICE_REGISTER, SERVICE_FLAG_DEFER, &info, NULL, NULL), 0);
    FAILS(get(PROP_ALL), 0, ERROR_SERVICE_NOT_FOUND);
    memset(&info, 0, sizeof info); /* it has been copied */
    CHECK_INT(SetServiceW(TEST_NS, SERVICE_FLUSH, 0, NULL, NULL, NULL), 0);
    CHECK_INT(get(PROP_ALL), 1);
    CHECK_INT(SetServiceW(TEST_NS, SERVICE_FLUSH, 0, NULL, NULL, NULL), 0); /* nothing is left */
    CHECK_INT(SetServiceW(TEST_NS, SERVICE_DEREGISTER, SERVICE_FLAG_HARD | SERVICE_FLAG_DEFER, laser(), NULL, NULL), 0);
    CHECK_INT(SetServiceW(TEST_NS, SERVICE_DEREGISTER, SERVICE_FLAG_DEFER, laser(), NULL, NULL), 0);
    CHECK_INT(get(PROP_ALL), 1);
    CHECK_INT(SetServiceW(TEST_NS, SERVICE_FLUSH, 0, NULL, NULL, NULL), 0); /* the second has failed */
    FAILS(get(PROP_ALL), 0, ERROR_SERVICE_NOT_FOUND);
    remove_printers();
}

static void partly(void)
{
    DWORD status = 0;

    install_fake('A', 'g', 0);
    install_fake('B', 'e', 0); /* WSAEACCES */
    CHECK_INT(SetServiceW(TEST_NS, SERVICE_REGISTER, 0, laser(), NULL, &status), 0);
    CHECK_INT(status, SET_SERVICE_PARTIAL_SUCCESS);
    CHECK_INT(fake->sets, 2);
    uninstall_all();
    install_fake('B', 'e', 0);
    FAILS(SetServiceW(TEST_NS, SERVICE_REGISTER, 0, laser(), NULL, &status), SOCKET_ERROR, ERROR_ACCESS_DENIED);
    CHECK_INT(status, 0);
    uninstall_all();
    FAILS(SetServiceW(TEST_NS, SERVICE_REGISTER, 0, laser(), NULL, &status), SOCKET_ERROR, ERROR_SERVICE_NOT_FOUND);
}

static void misuse(void)
{
    SERVICE_ASYNC_INFO async = {0};
    SERVICE_INFOW none = {0};
    DWORD bytes = sizeof out;
    GUID type;

    FAILS(GetAddressByNameA(NS_DNS, NULL, "localhost", NULL, 0, NULL, &out, &bytes, NULL, NULL), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
    FAILS(GetAddressByNameA(NS_DNS, &tcp_80, "localhost", NULL, 0, &async, &out, &bytes, NULL, NULL), SOCKET_ERROR,
          ERROR_INVALID_PARAMETER);
    FAILS(GetAddressByNameA(NS_DNS, &tcp_80, "localhost", NULL, 0, NULL, &out, NULL, NULL, NULL), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
    FAILS(GetTypeByNameA(NULL, &type), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
    FAILS(GetTypeByNameA("", &type), SOCKET_ERROR, ERROR_SERVICE_DOES_NOT_EXIST);
    FAILS(GetTypeByNameA("a\\b", &type), SOCKET_ERROR, ERROR_SERVICE_DOES_NOT_EXIST);
    FAILS(GetNameByTypeA(NULL, out.byte, 10), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
    FAILS(GetServiceA(NS_DNS, NULL, "x", PROP_ALL, &out, &bytes, NULL), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
    FAILS(SetServiceW(NS_DNS, 9, 0, laser(), NULL, NULL), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
    FAILS(SetServiceW(NS_DNS, SERVICE_REGISTER, 0, NULL, NULL, NULL), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
    FAILS(SetServiceW(NS_DNS, SERVICE_REGISTER, 0, &none, NULL, NULL), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
    FAILS(SetServiceW(NS_DNS, SERVICE_REGISTER, 8, laser(), NULL, NULL), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
    FAILS(SetServiceW(NS_DNS, SERVICE_REGISTER, 0, laser(), &async, NULL), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
    FAILS(SetServiceW(NS_DNS, SERVICE_ADD_TYPE, 0, &none, NULL, NULL), SOCKET_ERROR, ERROR_INVALID_PARAMETER);
}

/* The old DLL has the same functions, and without WSAStartup. */
static void through_wsock32(void)
{
    INT(WINAPI * by_name)(DWORD, LPGUID, LPSTR, LPINT, DWORD, LPSERVICE_ASYNC_INFO, LPVOID, LPDWORD, LPSTR, LPDWORD);
    INT(WINAPI * type_by_name)(LPSTR, LPGUID);
    HMODULE dll = LoadLibraryW(L"wsock32.dll");
    DWORD bytes = sizeof out;
    GUID type;

    NEED(dll != NULL);
    by_name = (void *)GetProcAddress(dll, "GetAddressByNameA");
    type_by_name = (void *)GetProcAddress(dll, "GetTypeByNameA");
    NEED(by_name && type_by_name);
    CHECK_INT(by_name(NS_DNS, &tcp_80, "localhost", NULL, 0, NULL, &out, &bytes, NULL, NULL), 2);
    CHECK_INT(type_by_name("http", &type), 0);
    CHECK_FAILS(socket(AF_INET, SOCK_STREAM, 0), WSANOTINITIALISED); /* as it was before */
}

const struct test_case test_cases[] = {
    {"address-of-host", address_of_host},
    {"address-buffers", address_buffers},
    {"address-of-service", address_of_service},
    {"where-to-bind", where_to_bind},
    {"types", types},
    {"services", services},
    {"deferred", deferred},
    {"partly", partly},
    {"misuse", misuse},
    {"through-wsock32", through_wsock32, .unstarted = 1},
    {0},
};
