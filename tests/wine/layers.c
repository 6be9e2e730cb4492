/* SPDX-License-Identifier: MIT */
/*
 * Layers and broken providers in the real catalog: installed by the API, seen by a new process, taken out again.
 * (tests/wine/fake holds the cases of a provider that misbehaves from within.) These cases change the prefix, so
 * they run alone, and each puts the catalog back.
 */
#include "net.h"
#include <ws2spi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAMILY 3300 /* nobody else's */

static GUID provider_id = { 0x77743031, 1, 2, { 3, 4, 5, 6, 7, 8, 9, 1 } };
static GUID layer_id[2] = { { 0x77743032, 1, 2, { 3, 4, 5, 6, 7, 8, 9, 2 } }, { 0x77743033, 1, 2, { 3, 4, 5, 6, 7, 8, 9, 3 } } };
static int err;

/* ---- what a process started now sees: `--child CHAIN_LENGTH|fails` ---- */

static void echo_once(SOCKET pair[2])
{
    char c[4];

    send_all(pair[0], "over", 4);
    CHECK_INT(recv_all(pair[1], c, 4), 4);
    CHECK_BYTES(c, "over", 4);
    CHECK_OK(closesocket(pair[0]));
    CHECK_RET(recv(pair[1], c, 1, 0), 0);
    CHECK_OK(closesocket(pair[1]));
}

static int child(int argc, char **argv)
{
    WSAPROTOCOL_INFOW info;
    int len = sizeof info;
    SOCKET pair[2];
    WSADATA data;

    NEED(argc == 1);
    NEED(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    if (!strcmp(argv[0], "fails")) {
        CHECK_FAILS(socket(AF_INET, SOCK_STREAM, 0), WSAEPROVIDERFAILEDINIT);
        CHECK_FAILS(socket(AF_INET, SOCK_STREAM, 0), WSAEPROVIDERFAILEDINIT);
        CHECK_OK(WSACleanup());
        case_end();
    }
    tcp_pair(AF_INET, pair);
    CHECK_OK(getsockopt(pair[0], SOL_SOCKET, SO_PROTOCOL_INFOW, (char *)&info, &len));
    CHECK_INT(info.ProtocolChain.ChainLen, atoi(argv[0]));
    CHECK_INT(GetModuleHandleA("ws2trace.dll") != NULL, atoi(argv[0]) >= 2);
    CHECK_INT(GetModuleHandleA("count.dll") != NULL, atoi(argv[0]) >= 3);
    echo_once(pair);
    tcp_pair(AF_INET6, pair);
    echo_once(pair);
    udp_pair(AF_INET, pair);
    CHECK_RET(send(pair[0], "u", 1, 0), 1);
    CHECK_RET(recv(pair[1], (char *)&info, 10, 0), 1);
    CHECK_OK(WSACleanup());
    case_end();
}

__attribute__((constructor)) static void set_child(void)
{
    test_child = child;
}

static void a_new_process_sees(const char *what)
{
    check_about("a new process, %s", what);
    CHECK_INT(child_wait(child_start(what, 0)), 0);
    check_about(NULL);
}

/* ---- the catalog ---- */

static int list(WSAPROTOCOL_INFOW *all, int room)
{
    DWORD size = room * sizeof *all;
    int n = WSCEnumProtocols(NULL, all, &size, &err);

    NEED(n >= 0);
    return n;
}

/*
 * The layer and every chain that begins with it, in one of the catalogs: a 64-bit installation writes the one for
 * 32-bit programs too, and each has its own functions.
 */
static void remove_from(WSAPROTOCOL_INFOW *all, int n, const GUID *id, int(WSPAPI *deinstall)(LPGUID, LPINT))
{
    DWORD dummy = 0;

    for (int i = 0; i < n; i++)
        if (!memcmp(&all[i].ProviderId, id, sizeof *id))
            dummy = all[i].dwCatalogEntryId;
    if (!dummy)
        return;
    for (int i = 0; i < n; i++)
        if (all[i].ProtocolChain.ChainLen > 1 && all[i].ProtocolChain.ChainEntries[0] == dummy)
            deinstall(&all[i].ProviderId, &err);
    CHECK_INT(deinstall((GUID *)id, &err), 0);
}

static void remove_layer(const GUID *id)
{
    static WSAPROTOCOL_INFOW all[200];

    remove_from(all, list(all, COUNT(all)), id, WSCDeinstallProvider);
#ifdef _WIN64
    DWORD size = sizeof all;
    int n = WSCEnumProtocols32(NULL, all, &size, &err);

    NEED(n >= 0);
    remove_from(all, n, id, WSCDeinstallProvider32);
#endif
}

typedef int(WSPAPI *install_fn)(GUID *, WCHAR *, WCHAR *, WCHAR *, DWORD, WSAPROTOCOL_INFOW *, DWORD, DWORD *, int *);
typedef int(WSPAPI *install32_fn)(GUID *, WCHAR *, WCHAR *, DWORD, WSAPROTOCOL_INFOW *, DWORD, DWORD *, int *);

/* Over every base protocol, for 64-bit and 32-bit programs. Sets `err`. */
static int install_layer(GUID *id, WCHAR *path, WCHAR *name)
{
    HMODULE ws2 = GetModuleHandleA("ws2_32.dll");
    DWORD entry = 0;

#ifdef _WIN64
    install_fn f = (install_fn)(void *)GetProcAddress(ws2, "WSCInstallProviderAndChains64_32");

    NEED(f);
    return f(id, path, path, name, XP1_IFS_HANDLES, NULL, 0, &entry, &err);
#else
    install32_fn f = (install32_fn)(void *)GetProcAddress(ws2, "WSCInstallProviderAndChains");

    NEED(f);
    return f(id, path, name, XP1_IFS_HANDLES, NULL, 0, &entry, &err);
#endif
}

static void forget_all(void)
{
    remove_layer(&layer_id[1]);
    remove_layer(&layer_id[0]);
    WSCDeinstallProvider(&provider_id, &err);
}

static WCHAR trace_path[] = L"%SystemRoot%\\system32\\ws2trace.dll";

static void trace_in_and_out(void)
{
    static WSAPROTOCOL_INFOW before[200], after[200];
    int n;

    forget_all();
    n = list(before, COUNT(before));
    a_new_process_sees("1");
    CHECK_INT(install_layer(&layer_id[0], trace_path, L"wt trace"), 0);
    a_new_process_sees("2");
    check_about("installed twice");
    CHECK_INT(install_layer(&layer_id[0], trace_path, L"wt trace"), SOCKET_ERROR);
    remove_layer(&layer_id[0]);
    check_about("the catalog is as before");
    CHECK_INT(list(after, COUNT(after)), n);
    for (int i = 0; i < n; i++)
        CHECK_INT(after[i].dwCatalogEntryId, before[i].dwCatalogEntryId);
    a_new_process_sees("1");
}

/* build/ARCH/tests/wine/wt_layers.exe -> build/ARCH/samples/count.dll */
static WCHAR *count_path(void)
{
    static WCHAR path[MAX_PATH];

    GetModuleFileNameW(NULL, path, MAX_PATH);
    for (int i = 0; i < 3; i++)
        *wcsrchr(path, '\\') = 0;
    wcscat(path, L"\\samples\\count.dll");
    if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
        skip("samples/count.dll is not beside this build");
    return path;
}

static void two_layers(void)
{
    WCHAR *count = count_path();

    forget_all();
    NEED(install_layer(&layer_id[0], trace_path, L"wt trace") == 0);
    NEED(install_layer(&layer_id[1], count, L"wt count") == 0);
    a_new_process_sees("3");
    check_about("the upper one goes, the lower stays");
    remove_layer(&layer_id[1]);
    a_new_process_sees("2");
    remove_layer(&layer_id[0]);
    a_new_process_sees("1");
}

/* A layer whose DLL is gone costs its protocols, not the process; taking it out mends them. */
static void layer_without_dll(void)
{
    forget_all();
    CHECK_INT(install_layer(&layer_id[0], L"C:\\no\\such\\layer.dll", L"wt missing"), 0);
    a_new_process_sees("fails");
    remove_layer(&layer_id[0]);
    a_new_process_sees("1");
}

static void broken_base_providers(void)
{
    static const struct {
        const char *why;
        const WCHAR *path;
    } rows[] = {
        { "no such file", L"C:\\no\\such\\provider.dll" },
        { "no WSPStartup in it", L"%SystemRoot%\\system32\\kernel32.dll" },
        { "not a DLL", L"%SystemRoot%\\system32\\drivers\\etc\\hosts" },
        { "an unknown variable", L"%NoSuchVariable%\\provider.dll" },
    };

    for (int i = 0; i < COUNT(rows); i++) {
        WSAPROTOCOL_INFOW info = { .dwProviderFlags = PFL_MATCHES_PROTOCOL_ZERO, .iVersion = 2, .iAddressFamily = FAMILY,
                                   .iSocketType = SOCK_STREAM, .iProtocol = 1, .iMaxSockAddr = 16, .iMinSockAddr = 16,
                                   .szProtocol = L"wt broken" };
        WSADATA data;
        SOCKET pair[2];

        info.ProtocolChain.ChainLen = 1;
        check_about("%s", rows[i].why);
        forget_all();
        CHECK_INT(WSCInstallProvider(&provider_id, rows[i].path, &info, 1, &err), 0);
        NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
        CHECK_FAILS(socket(FAMILY, SOCK_STREAM, 0), WSAEPROVIDERFAILEDINIT);
        CHECK_FAILS(socket(FAMILY, SOCK_STREAM, 1), WSAEPROVIDERFAILEDINIT);
        check_about("%s; TCP goes on", rows[i].why);
        tcp_pair(AF_INET, pair);
        echo_once(pair);
        CHECK_OK(WSACleanup());
    }
    forget_all();
}

/* spi.md 13.10: the errors of the installation API. */
static void install_misuse(void)
{
    WSAPROTOCOL_INFOW info = { .dwProviderFlags = PFL_MATCHES_PROTOCOL_ZERO, .iVersion = 2, .iAddressFamily = FAMILY,
                               .iSocketType = SOCK_STREAM, .iProtocol = 1, .szProtocol = L"wt" };
    static WSAPROTOCOL_INFOW all[200];
    int n, seen = 0;

    info.ProtocolChain.ChainLen = 1;
    forget_all();
    CHECK_INT(WSCDeinstallProvider(&provider_id, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSAEINVAL);
    CHECK_INT(WSCInstallProvider(NULL, L"x.dll", &info, 1, &err), SOCKET_ERROR);
    CHECK_INT(WSCInstallProvider(&provider_id, NULL, &info, 1, &err), SOCKET_ERROR);
    CHECK_INT(WSCInstallProvider(&provider_id, L"x.dll", NULL, 1, &err), SOCKET_ERROR);
    CHECK_INT(WSCInstallProvider(&provider_id, L"x.dll", &info, 0, &err), SOCKET_ERROR);
    CHECK_INT(WSCInstallProvider(&provider_id, L"x.dll", &info, 1, &err), 0);
    check_about("visible at once, with an id of its own");
    n = list(all, COUNT(all));
    for (int i = 0; i < n; i++)
        seen += all[i].iAddressFamily == FAMILY && all[i].dwCatalogEntryId != 0;
    CHECK_INT(seen, 1);
    check_about("the same GUID again");
    CHECK_INT(WSCInstallProvider(&provider_id, L"x.dll", &info, 1, &err), SOCKET_ERROR);
    CHECK_ERR(err, WSANO_RECOVERY);
    check_about(NULL);
    CHECK_INT(WSCDeinstallProvider(&provider_id, &err), 0);
}

const struct test_case test_cases[] = {
    { "trace-in-and-out", trace_in_and_out, .unstarted = 1 },
    { "two-layers", two_layers, .unstarted = 1 },
    { "layer-without-dll", layer_without_dll, .unstarted = 1 },
    { "broken-base-providers", broken_base_providers, .unstarted = 1 },
    { "install-misuse", install_misuse, .unstarted = 1 },
    { 0 },
};
