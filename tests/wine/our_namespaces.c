/* SPDX-License-Identifier: MIT */
/*
 * The providers of name spaces that come with ws2kit: samples/directory, hosts, and DNS as far as it needs no network. The cases
 * change the prefix's catalog and its hosts file, so they run alone, and each leaves them as they were.
 */
#include "harness.h"

#include <ws2spi.h>
#include <stddef.h>
#include <string.h>

#include "lookups.h"
#include "use_nsp.h"

static GUID id_dns = {0x22059D40, 0x7E9E, 0x11CF, {0xAE, 0x5A, 0x00, 0xAA, 0x00, 0xA7, 0x11, 0x2B}};

/* ---- the sample: samples/directory over an INI file of our own ---- */

static GUID printer = {0x8D0F5A40, 0x1234, 0x5678, {1, 2, 3, 4, 5, 6, 7, 8}};

static CSADDR_INFO tcp4[2], tcp6;

static void fill_addresses(void)
{
    static SOCKADDR_IN in[2];
    static SOCKADDR_IN6 in6;

    for (int i = 0; i < 2; i++) {
        in[i].sin_family = AF_INET;
        in[i].sin_port = htons(9100);
        in[i].sin_addr.s_addr = htonl(0xC0000201 + i);
        tcp4[i].RemoteAddr.lpSockaddr = (SOCKADDR *)&in[i];
        tcp4[i].RemoteAddr.iSockaddrLength = sizeof in[i];
        tcp4[i].iSocketType = SOCK_STREAM;
        tcp4[i].iProtocol = IPPROTO_TCP;
    }
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(515);
    in6.sin6_addr.s6_addr[15] = 7;
    tcp6 = tcp4[0];
    tcp6.RemoteAddr.lpSockaddr = (SOCKADDR *)&in6;
    tcp6.RemoteAddr.iSockaddrLength = sizeof in6;
}

static int set(const WCHAR *name, WSAESETSERVICEOP op, DWORD flags, CSADDR_INFO *addrs, DWORD count)
{
    WSAVERSION version = {2, COMP_EQUAL};
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &printer,
                      .lpszServiceInstanceName = (WCHAR *)name, .lpszComment = L"second floor", .lpVersion = &version,
                      .lpcsaBuffer = addrs, .dwNumberOfCsAddrs = count};

    return WSASetServiceW(&q, op, flags);
}

/* How many services there are; the last one is in `answer`, of which each has so many addresses. */
static int found(const WCHAR *name, int family, DWORD *addrs)
{
    AFPROTOCOLS wanted = {family, IPPROTO_TCP};
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &printer,
                      .lpszServiceInstanceName = (WCHAR *)name, .lpafpProtocols = &wanted,
                      .dwNumberOfProtocols = family ? 1 : 0};
    int count = 0;

    NEED_OK(WSALookupServiceBeginW(&q, LUP_RETURN_ALL, &lookup));
    *addrs = 0;
    while (!next_result(0)) {
        count++;
        *addrs += answer.w.dwNumberOfCsAddrs;
    }
    CHECK_ERR(WSAGetLastError(), WSA_E_NO_MORE);
    CHECK_OK(WSALookupServiceEnd(lookup));
    return count;
}

static void directory(void)
{
    WSASERVICECLASSINFOA info = {&printer, "Printer", 0, NULL};
    char name[32];
    DWORD chars = sizeof name, addrs;

    fill_addresses();
    install_directory();
    CHECK_OK(WSAInstallServiceClassA(&info));
    CHECK_OK(WSAGetServiceClassNameByClassIdA(&printer, name, &chars));
    CHECK_STR(name, "Printer");

    CHECK_OK(set(L"laser", RNRSERVICE_REGISTER, 0, tcp4, 2));
    CHECK_OK(set(L"inkjet", RNRSERVICE_REGISTER, 0, &tcp6, 1));
    CHECK_INT(found(NULL, 0, &addrs), 2); /* by class */
    CHECK_INT(addrs, 3);
    CHECK_INT(found(L"Laser", 0, &addrs), 1); /* by name */
    CHECK_INT(addrs, 2);
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"laser") && wcscmp(answer.w.lpszServiceInstanceName, L"Laser"), 0);
    CHECK_INT(wcscmp(answer.w.lpszComment, L"second floor"), 0);
    CHECK_INT(answer.w.lpVersion->dwVersion, 2);
    CHECK_BYTES(answer.w.lpcsaBuffer[1].RemoteAddr.lpSockaddr, tcp4[1].RemoteAddr.lpSockaddr, 8);
    CHECK_INT(found(NULL, AF_INET6, &addrs), 1); /* by address family */
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"inkjet"), 0);
    CHECK_INT(found(L"nobody", 0, &addrs), 0);
    uninstall_directory();
}

/* The table of spi.md 11.7. */
static void registration_table(void)
{
    DWORD addrs;

    fill_addresses();
    install_directory();
    CHECK_FAILS(set(L"x", RNRSERVICE_DEREGISTER, 0, NULL, 0), WSASERVICE_NOT_FOUND);
    CHECK_FAILS(set(L"x", RNRSERVICE_DELETE, SERVICE_MULTIPLE, tcp4, 1), WSASERVICE_NOT_FOUND);
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, SERVICE_MULTIPLE, tcp4, 1));
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, SERVICE_MULTIPLE, tcp4, 2)); /* the first is there */
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, SERVICE_MULTIPLE, &tcp6, 1));
    CHECK_INT(found(L"x", 0, &addrs), 1);
    CHECK_INT(addrs, 3);
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, 0, &tcp6, 1)); /* overwrites */
    CHECK_INT(found(L"x", 0, &addrs), 1);
    CHECK_INT(addrs, 1);
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, SERVICE_MULTIPLE, tcp4, 2));
    CHECK_OK(set(L"x", RNRSERVICE_DEREGISTER, SERVICE_MULTIPLE, tcp4, 1));
    CHECK_INT(found(L"x", 0, &addrs), 1);
    CHECK_INT(addrs, 2);
    CHECK_OK(set(L"x", RNRSERVICE_DEREGISTER, 0, NULL, 0)); /* the service itself stays */
    CHECK_INT(found(L"x", 0, &addrs), 1);
    CHECK_INT(addrs, 0);
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, 0, tcp4, 2));
    CHECK_OK(set(L"x", RNRSERVICE_DELETE, SERVICE_MULTIPLE, tcp4, 1));
    CHECK_INT(found(L"x", 0, &addrs), 1);
    CHECK_OK(set(L"x", RNRSERVICE_DELETE, SERVICE_MULTIPLE, tcp4 + 1, 1));
    CHECK_INT(found(L"x", 0, &addrs), 0);
    CHECK_OK(set(L"x", RNRSERVICE_REGISTER, 0, tcp4, 2));
    CHECK_OK(set(L"x", RNRSERVICE_DELETE, 0, NULL, 0));
    CHECK_INT(found(L"x", 0, &addrs), 0);
    uninstall_directory();
}

static void set_addr_info(void)
{
    GUID web = {0x00090050, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = TEST_NS, .lpServiceClassId = &web};

    fill_addresses();
    install_directory();
    CHECK_INT(SetAddrInfoExW(L"site", L"80", &tcp4[0].RemoteAddr, 1, NULL, 0, TEST_NS, NULL, NULL, NULL, NULL, NULL), 0);
    NEED_OK(WSALookupServiceBeginW(&q, LUP_RETURN_ALL, &lookup));
    CHECK_OK(next_result(0));
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"site"), 0);
    CHECK_INT(answer.w.dwNumberOfCsAddrs, 1);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_INT(SetAddrInfoExA("site", "http", NULL, 0, NULL, 0, TEST_NS, NULL, NULL, NULL, NULL, NULL), 0);
    CHECK_INT(SetAddrInfoExA("nobody", "80", NULL, 0, NULL, 0, TEST_NS, NULL, NULL, NULL, NULL, NULL),
              WSASERVICE_NOT_FOUND);
    uninstall_directory();
}

/* ---- the built-in providers: hosts answers, and then so may DNS, which the tests keep off the network ---- */

static int first(DWORD class_data1, WCHAR *name, DWORD flags)
{
    GUID id = {class_data1, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    WSAQUERYSETW q = {.dwSize = sizeof q, .dwNameSpace = NS_DNS, .lpServiceClassId = &id, .lpszServiceInstanceName = name};
    int err;

    if (WSALookupServiceBeginW(&q, flags, &lookup))
        return WSAGetLastError();
    err = next_result(0) ? WSAGetLastError() : 0;
    CHECK_OK(WSALookupServiceEnd(lookup));
    return err;
}

/* A pointer of a blob: an offset from its start. */
static const char *at(size_t field)
{
    const BLOB *blob = answer.w.lpBlob;
    ULONG_PTR offset = *(ULONG_PTR *)(blob->pBlobData + field);

    NEED(offset < blob->cbSize);
    return (const char *)blob->pBlobData + offset;
}

static void built_in(void)
{
    char own[256];

    SetEnvironmentVariableW(L"WS2KIT_DNS", L"none");
    NEED(first(0x0002A803, L"localhost", LUP_RETURN_ALL) == 0);
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"localhost"), 0);
    CHECK_INT(answer.w.dwNumberOfCsAddrs, 2);
    CHECK_INT(answer.w.lpcsaBuffer[0].RemoteAddr.lpSockaddr->sa_family, AF_INET6);
    if (CHECK(answer.w.lpBlob && answer.w.lpBlob->cbSize > sizeof(struct hostent))) {
        CHECK_STR(at(offsetof(struct hostent, h_name)), "localhost");
        CHECK_BYTES((char *)answer.w.lpBlob->pBlobData + *(ULONG_PTR *)at(offsetof(struct hostent, h_addr_list)),
                    "\x7F\0\0\1", 4);
    }
    CHECK_INT(first(0x00090050, L"localhost", LUP_RETURN_ADDR), 0); /* SVCID_TCP(80) */
    CHECK(!answer.w.lpszServiceInstanceName && !answer.w.lpBlob);
    CHECK_INT(((SOCKADDR_IN *)answer.w.lpcsaBuffer[1].RemoteAddr.lpSockaddr)->sin_port, htons(80));
    CHECK_INT(answer.w.lpcsaBuffer[1].iProtocol, IPPROTO_TCP);
    CHECK_INT(first(0x000A0050, L"localhost", LUP_RETURN_ADDR | LUP_RES_SERVICE), 0);
    CHECK_INT(((SOCKADDR_IN *)answer.w.lpcsaBuffer[1].LocalAddr.lpSockaddr)->sin_port, htons(80));
    CHECK_INT(answer.w.lpcsaBuffer[1].iProtocol, IPPROTO_UDP);

    NEED(gethostname(own, sizeof own) == 0);
    CHECK_INT(first(0x0002A800, NULL, LUP_RETURN_NAME), 0);
    CHECK_INT(first(0x0002A803, NULL, LUP_RETURN_NAME | LUP_RETURN_ADDR), 0);

    CHECK_INT(first(0x0002A802, L"ftp/tcp", LUP_RETURN_BLOB | LUP_RETURN_NAME), 0);
    if (CHECK(answer.w.lpBlob != NULL)) {
        CHECK_STR(at(offsetof(struct servent, s_name)), "ftp");
        CHECK_STR(at(offsetof(struct servent, s_proto)), "tcp");
        CHECK_INT(((struct servent *)answer.w.lpBlob->pBlobData)->s_port, htons(21));
    }
    CHECK_INT(first(0x0002A802, L"21/tcp", LUP_RETURN_BLOB), 0);
    CHECK_INT(first(0x0002A802, L"no such/tcp", LUP_RETURN_BLOB), WSASERVICE_NOT_FOUND);
    CHECK_INT(first(0x0002A803, L"no-such-host.invalid", LUP_RETURN_ADDR), WSASERVICE_NOT_FOUND);
    CHECK_INT(first(0x0002A801, L"not an address", LUP_RETURN_NAME), WSASERVICE_NOT_FOUND);
    CHECK_INT(first(0x0002A803, L"localhost", LUP_CONTAINERS), WSANO_DATA);
}

/* What the LUP_* flags do to the answer of the built-in ones. */
static void built_in_flags(void)
{
    SOCKADDR_IN6 *in6;

    SetEnvironmentVariableW(L"WS2KIT_DNS", L"none");
    CHECK_INT(first(0x00090050, L"localhost", LUP_RETURN_ADDR | LUP_DUAL_ADDR), 0);
    in6 = (SOCKADDR_IN6 *)answer.w.lpcsaBuffer[1].RemoteAddr.lpSockaddr;
    CHECK_INT(in6->sin6_family, AF_INET6);
    CHECK_INT(in6->sin6_port, htons(80));
    CHECK_BYTES(&in6->sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\x7F\0\0\1", 16);
    CHECK_INT(first(0x00090050, L"localhost", LUP_RETURN_ADDR | LUP_ADDRCONFIG | LUP_NEAREST), 0);
    CHECK_INT(answer.w.dwNumberOfCsAddrs, 2);
    CHECK_INT(answer.w.lpcsaBuffer[0].RemoteAddr.lpSockaddr->sa_family, AF_INET6);
    CHECK_INT(first(0x0002A803, L"localhost", LUP_RETURN_ADDR | LUP_DNS_ONLY), WSASERVICE_NOT_FOUND);
    CHECK_INT(first(0x0002A803, L"localhost", LUP_DEEP | LUP_NOCONTAINERS | LUP_NON_AUTHORITATIVE | LUP_FLUSHCACHE | LUP_FILESERVER |
                                                  LUP_API_ANSI | LUP_RETURN_PREFERRED_NAMES | LUP_RETURN_TYPE), 0);
    CHECK(answer.w.lpServiceClassId && answer.w.lpServiceClassId->Data1 == 0x0002A803);
    CHECK(!answer.w.lpszServiceInstanceName && !answer.w.lpcsaBuffer && !answer.w.lpBlob && !answer.w.lpVersion &&
          !answer.w.lpszComment && !answer.w.lpszQueryString);
}

/* ---- watching the hosts file ---- */

static WCHAR hosts_path[MAX_PATH];
static char hosts_before[8192];
static DWORD hosts_bytes;

static void write_hosts(const char *more)
{
    HANDLE f = CreateFileW(hosts_path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD written;

    NEED(f != INVALID_HANDLE_VALUE);
    CHECK(WriteFile(f, hosts_before, hosts_bytes, &written, NULL));
    CHECK(WriteFile(f, more, (DWORD)strlen(more), &written, NULL));
    CloseHandle(f);
}

static void read_hosts(void)
{
    HANDLE f;

    GetSystemDirectoryW(hosts_path, MAX_PATH);
    lstrcatW(hosts_path, L"\\drivers\\etc\\hosts");
    f = CreateFileW(hosts_path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    if (f == INVALID_HANDLE_VALUE)
        return;
    CHECK(ReadFile(f, hosts_before, sizeof hosts_before, &hosts_bytes, NULL));
    CloseHandle(f);
}

static DWORD apc_err = 77;

static void CALLBACK changed_apc(DWORD err, DWORD bytes, LPWSAOVERLAPPED ov, DWORD flags)
{
    (void)bytes, (void)ov, (void)flags;
    apc_err = err;
}

static int watch(WSACOMPLETION *completion)
{
    DWORD got;

    return WSANSPIoctl(lookup, SIO_NSP_NOTIFY_CHANGE, NULL, 0, NULL, 0, &got, completion);
}

#define NEXT_HAS(flag) ((void)(CHECK_OK(next_result(0)) && CHECK_INT(answer.w.dwOutputFlags, flag)))

static void built_in_changes(void)
{
    GUID id = {0x0002A803, 0, 0, {0xC0, 0, 0, 0, 0, 0, 0, 0x46}};
    GUID hosts = {0x6B3EA052, 0x5C91, 0x4D8F, {0x9A, 0x27, 0x51, 0x0E, 0xC4, 0x3D, 0x7B, 0x16}};
    WSAQUERYSETW q = {.dwSize = sizeof q, .lpServiceClassId = &id, .lpNSProviderId = &hosts,
                      .lpszServiceInstanceName = L"ws2kit-watch.example"};
    WSAOVERLAPPED ov = {.hEvent = CreateEventW(NULL, FALSE, FALSE, NULL)}, *got_ov;
    WSACOMPLETION by_event = {.Type = NSP_NOTIFY_EVENT}, by_port = {.Type = NSP_NOTIFY_PORT}, by_apc = {.Type = NSP_NOTIFY_APC},
                  by_message = {.Type = NSP_NOTIFY_HWND}, at_once = {.Type = NSP_NOTIFY_IMMEDIATELY};
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
    HWND window = CreateWindowW(L"STATIC", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
    ULONG_PTR key;
    DWORD bytes;
    MSG msg;

    by_event.Parameters.Event.lpOverlapped = by_port.Parameters.Port.lpOverlapped = by_apc.Parameters.Apc.lpOverlapped = &ov;
    by_port.Parameters.Port.hPort = port;
    by_port.Parameters.Port.Key = 4711;
    by_apc.Parameters.Apc.lpfnCompletionProc = changed_apc;
    by_message.Parameters.WindowMessage.hWnd = window;
    by_message.Parameters.WindowMessage.uMsg = WM_USER + 1;
    by_message.Parameters.WindowMessage.context = 4712;
    NEED(window != NULL);
    read_hosts();
    NEED_OK(WSALookupServiceBeginW(&q, LUP_RETURN_NAME | LUP_RETURN_ADDR, &lookup));
    CHECK_FAILS(next_result(0), WSASERVICE_NOT_FOUND);
    CHECK_FAILS(watch(NULL), WSAEWOULDBLOCK);
    CHECK_FAILS(watch(&at_once), WSAEWOULDBLOCK);
    CHECK_FAILS(watch(&by_event), WSA_IO_PENDING);
    CHECK_FAILS(watch(&by_event), WSAEALREADY);
    write_hosts("\r\n192.0.2.1 ws2kit-watch.example\r\n");
    CHECK_INT(WaitForSingleObject(ov.hEvent, 20000), 0);
    CHECK_INT(ov.Internal, 0);
    NEXT_HAS(RESULT_IS_ADDED);
    CHECK_INT(answer.w.dwNumberOfCsAddrs, 1);
    CHECK_FAILS(next_result(0), WSA_E_NO_MORE);

    CHECK_FAILS(watch(&by_port), WSA_IO_PENDING);
    write_hosts("\r\n192.0.2.1 ws2kit-watch.example\r\n192.0.2.22 ws2kit-watch.example\r\n");
    CHECK_TRUE(GetQueuedCompletionStatus(port, &bytes, &key, (OVERLAPPED **)&got_ov, 20000));
    CHECK(key == 4711 && got_ov == &ov);
    NEXT_HAS(RESULT_IS_CHANGED);

    CHECK_FAILS(watch(&by_message), WSA_IO_PENDING);
    write_hosts("\r\n192.0.2.3 ws2kit-watch.example\r\n");
    for (int i = 0; i < 1000 && !PeekMessageW(&msg, window, WM_USER + 1, WM_USER + 1, PM_REMOVE); i++)
        Sleep(20);
    CHECK(msg.message == WM_USER + 1 && msg.wParam == 4712);
    NEXT_HAS(RESULT_IS_CHANGED);

    CHECK_FAILS(watch(&by_apc), WSA_IO_PENDING);
    write_hosts("");
    CHECK_INT(SleepEx(20000, TRUE), WAIT_IO_COMPLETION);
    CHECK_INT(apc_err, 0);
    NEXT_HAS(RESULT_IS_DELETED);
    CHECK_INT(wcscmp(answer.w.lpszServiceInstanceName, L"ws2kit-watch.example"), 0);
    CHECK_FAILS(next_result(0), WSA_E_NO_MORE);
    CHECK_FAILS(watch(NULL), WSAEWOULDBLOCK);

    CHECK_FAILS(watch(&by_event), WSA_IO_PENDING);
    CHECK_OK(WSALookupServiceEnd(lookup));
    CHECK_INT(WaitForSingleObject(ov.hEvent, 20000), 0);
    CHECK(ov.Internal != 0); /* WSA_OPERATION_ABORTED */

    q.lpNSProviderId = &id_dns; /* which cannot watch */
    NEED_OK(WSALookupServiceBeginW(&q, LUP_RETURN_NAME, &lookup));
    CHECK_FAILS(watch(NULL), WSAEOPNOTSUPP);
    CHECK_OK(WSALookupServiceEnd(lookup));
}

const struct test_case test_cases[] = {
    {"directory", directory},
    {"registration-table", registration_table},
    {"set-addr-info", set_addr_info},
    {"built-in", built_in},
    {"built-in-flags", built_in_flags},
    {"built-in-changes", built_in_changes},
    {0},
};
