/* SPDX-License-Identifier: MIT */
/*
 * What installers written by others do, call by call as Microsoft's documentation and its sample have it, with real layers
 * (copies of samples/count.dll) and traffic through them; odd paths; missing rights; and fifty layers in random order.
 * These cases change the catalog of the prefix, so they run alone, and each leaves it as it was.
 */
#include "net.h"

#include <aclapi.h>
#include <ws2spi.h>
#include <sporder.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN64
int WSPAPI WSCInstallProviderAndChains(const LPGUID, const LPWSTR, const LPWSTR, DWORD, const LPWSAPROTOCOL_INFOW, DWORD,
                                       LPDWORD, LPINT);
#endif

enum { ENTRIES = 256 };

static INT err;

/* ---- the layers ---- */

/* build/ARCH/tests/wine/wt_installers.exe -> build/ARCH/samples/count.dll */
static void count_dll(WCHAR path[MAX_PATH])
{
    GetModuleFileNameW(NULL, path, MAX_PATH);
    for (int i = 0; i < 3; i++)
        *wcsrchr(path, '\\') = 0;
    wcscat(path, L"\\samples\\count.dll");
    if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES)
        skip("samples/count.dll is not beside this build");
}

/* A copy under another name is another layer: a chain may not hold a DLL twice. */
static void copy_layer(const WCHAR *folder, const WCHAR *file, WCHAR path[MAX_PATH])
{
    WCHAR from[MAX_PATH];

    count_dll(from);
    CreateDirectoryW(folder, NULL);
    swprintf(path, MAX_PATH, L"%ls\\%ls", folder, file);
    NEED(CopyFileW(from, path, FALSE));
}

static GUID layer_guid(int n)
{
    return (GUID){0x77743530, 0x6c61, 0x7931, {0x80, 0, 0, 0, 0, 0, 0, (unsigned char)n}};
}

/* ---- the catalog, as installers see it ---- */

static int list(WSAPROTOCOL_INFOW all[ENTRIES])
{
    DWORD bytes = ENTRIES * sizeof *all;
    int count = WSCEnumProtocols(NULL, all, &bytes, &err);

    NEED(count >= 0);
    return count;
}

static const WSAPROTOCOL_INFOW *find(const WSAPROTOCOL_INFOW *all, int count, const GUID *id)
{
    for (int i = 0; i < count; i++)
        if (IsEqualGUID(&all[i].ProviderId, id))
            return &all[i];
    return NULL;
}

/* The first in the order that serves it, as the base or the chain that programs get. */
static const WSAPROTOCOL_INFOW *topmost(const WSAPROTOCOL_INFOW *all, int count, int family, int type)
{
    for (int i = 0; i < count; i++)
        if (all[i].ProtocolChain.ChainLen && all[i].iAddressFamily == family && all[i].iSocketType == type)
            return &all[i];
    return NULL;
}

struct triple {
    int family, type;
};

static const struct triple triples[] = {{AF_INET, SOCK_STREAM}, {AF_INET, SOCK_DGRAM}, {AF_INET, SOCK_RAW},
                                        {AF_INET6, SOCK_STREAM}, {AF_INET6, SOCK_DGRAM}, {AF_INET6, SOCK_RAW}};
enum { TRIPLES = 6, TCP_AND_UDP = 1 | 2 | 8 | 16 };

/* Own chains first, then the others in their old order. */
static void own_first(DWORD layer_id)
{
    static WSAPROTOCOL_INFOW all[ENTRIES];
    DWORD ids[ENTRIES];
    int count = list(all), at = 0;

    for (int own = 1; own >= 0; own--)
        for (int i = 0; i < count; i++)
            if ((all[i].ProtocolChain.ChainLen > 1 && all[i].ProtocolChain.ChainEntries[0] == layer_id) == own)
                ids[at++] = all[i].dwCatalogEntryId;
    CHECK_INT(WSCWriteProviderOrder(ids, at), 0);
}

/* A chain over `lower`, in the form of Microsoft's sample (spi.md 1.2). */
static WSAPROTOCOL_INFOW chain_over(const WSAPROTOCOL_INFOW *lower, DWORD layer_id, const WCHAR *name)
{
    WSAPROTOCOL_INFOW info = *lower;
    WSAPROTOCOLCHAIN *chain = &info.ProtocolChain;

    swprintf(info.szProtocol, WSAPROTOCOL_LEN, L"%ls over [%.200ls]", name, lower->szProtocol);
    memmove(&chain->ChainEntries[1], &chain->ChainEntries[0], (MAX_PROTOCOL_CHAIN - 1) * sizeof chain->ChainEntries[0]);
    chain->ChainEntries[0] = layer_id;
    chain->ChainEntries[1] = lower->dwCatalogEntryId;
    chain->ChainLen++;
    return info;
}

/* First the hidden entry, then the chains, then the order. The caller sees to it that no chain becomes too long. */
static void install_step_by_step(int n, const WCHAR *path, const WCHAR *name, unsigned over)
{
    static WSAPROTOCOL_INFOW all[ENTRIES];
    WSAPROTOCOL_INFOW hidden = {0};
    GUID id = layer_guid(n);
    const WSAPROTOCOL_INFOW *own, *lower;
    DWORD layer_id;
    int count = list(all);

    hidden = all[0];
    wcscpy(hidden.szProtocol, name);
    hidden.dwProviderFlags |= PFL_HIDDEN;
    hidden.ProtocolChain.ChainLen = 0;
    CHECK_OK(WSCInstallProvider(&id, path, &hidden, 1, &err));
    count = list(all);
    own = find(all, count, &id);
    NEED(own && own->ProtocolChain.ChainLen == 0);
    layer_id = own->dwCatalogEntryId;
    for (int i = 0; i < TRIPLES; i++) {
        WSAPROTOCOL_INFOW chain;
        GUID chain_id;

        if (!(over >> i & 1))
            continue;
        lower = topmost(all, count, triples[i].family, triples[i].type);
        NEED(lower);
        chain = chain_over(lower, layer_id, name);
        chain_id = layer_guid(n);
        chain_id.Data2 = (unsigned short)(0xc000 + i);
        CHECK_OK(WSCInstallProvider(&chain_id, path, &chain, 1, &err));
    }
    own_first(layer_id);
}

static int install_in_one_call(int n, WCHAR *path, WCHAR *name, unsigned over)
{
    WSAPROTOCOL_INFOW wanted[TRIPLES] = {{0}};
    static WSAPROTOCOL_INFOW all[ENTRIES];
    int count = list(all), at = 0;
    GUID id = layer_guid(n);

    for (int i = 0; i < TRIPLES; i++)
        if (over >> i & 1)
            wanted[at++] = *topmost(all, count, triples[i].family, triples[i].type);
    return WSCInstallProviderAndChains(&id, path, name, XP1_IFS_HANDLES, wanted, at, NULL, &err);
}

static int strip(WSAPROTOCOLCHAIN *chain, const DWORD *ids, int count)
{
    int kept = 0;

    for (int i = 0; i < chain->ChainLen; i++) {
        int leaves = 0;

        for (int k = 0; k < count; k++)
            leaves |= chain->ChainEntries[i] == ids[k];
        if (!leaves)
            chain->ChainEntries[kept++] = chain->ChainEntries[i];
    }
    for (int i = kept; i < chain->ChainLen; i++)
        chain->ChainEntries[i] = 0;
    if (kept == chain->ChainLen)
        return 0;
    chain->ChainLen = kept;
    return 1;
}

/*
 * As the sample's uninstaller: the leaving ids go out of the chains of others, which are written back; then the own chains
 * go, each by its GUID, and the hidden entry last.
 */
static void uninstall(int n)
{
    static WSAPROTOCOL_INFOW all[ENTRIES];
    int count = list(all), leaving = 0;
    const WSAPROTOCOL_INFOW *own;
    GUID id = layer_guid(n);
    DWORD ids[ENTRIES], layer_id;
    WCHAR path[MAX_PATH];

    own = find(all, count, &id);
    NEED(own);
    ids[leaving++] = layer_id = own->dwCatalogEntryId;
    for (int i = 0; i < count; i++)
        if (all[i].ProtocolChain.ChainLen > 1 && all[i].ProtocolChain.ChainEntries[0] == layer_id)
            ids[leaving++] = all[i].dwCatalogEntryId;
    for (int i = 0; i < count; i++) {
        WSAPROTOCOL_INFOW info = all[i];
        INT chars = MAX_PATH;

        if (info.ProtocolChain.ChainLen < 2 || info.ProtocolChain.ChainEntries[0] == layer_id ||
            !strip(&info.ProtocolChain, ids, leaving))
            continue;
        CHECK_OK(WSCGetProviderPath(&info.ProviderId, path, &chars, &err));
        CHECK_OK(WSCUpdateProvider(&info.ProviderId, path, &info, 1, &err));
    }
    for (int i = 0; i < count; i++)
        if (all[i].ProtocolChain.ChainLen > 1 && all[i].ProtocolChain.ChainEntries[0] == layer_id)
            CHECK_OK(WSCDeinstallProvider(&all[i].ProviderId, &err));
    CHECK_OK(WSCDeinstallProvider(&id, &err));
}

/* ---- what a program started now sees: `--child`; the layers in it count on standard error ---- */

static void exchange(int family)
{
    SOCKET pair[2];
    char c[8];

    tcp_pair(family, pair);
    send_all(pair[0], "through", 7);
    CHECK_INT(recv_all(pair[1], c, 7), 7);
    CHECK_BYTES(c, "through", 7);
    closesocket(pair[0]);
    closesocket(pair[1]);
    udp_pair(family, pair);
    CHECK_RET(send(pair[0], "udp", 3, 0), 3);
    CHECK(wait_readable(pair[1]));
    CHECK_RET(recv(pair[1], c, 8, 0), 3);
    closesocket(pair[0]);
    closesocket(pair[1]);
}

static int child(int argc, char **argv)
{
    WSADATA data;

    (void)argc;
    (void)argv;
    NEED(WSAStartup(MAKEWORD(2, 2), &data) == 0);
    exchange(AF_INET);
    exchange(AF_INET6);
    CHECK_OK(WSACleanup());
    case_end();
}

__attribute__((constructor)) static void take_child_role(void)
{
    test_child = child;
}

/* Runs a command line with its output in a file, which it reads. The exit status. */
static int run_and_read(WCHAR *line, char *text, DWORD room)
{
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOW si = {.cb = sizeof si, .dwFlags = STARTF_USESTDHANDLES};
    WCHAR folder[MAX_PATH], name[MAX_PATH];
    PROCESS_INFORMATION pi;
    DWORD got = 0;
    HANDLE file;
    int status;

    GetTempPathW(MAX_PATH, folder);
    GetTempFileNameW(folder, L"ws2", 0, name);
    file = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, CREATE_ALWAYS, 0,
                       NULL);
    NEED(file != INVALID_HANDLE_VALUE);
    si.hStdOutput = si.hStdError = file;
    NEED(CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &si, &pi));
    CloseHandle(pi.hThread);
    status = child_wait(pi.hProcess);
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    ReadFile(file, text, room - 1, &got, NULL);
    text[got] = 0;
    CloseHandle(file);
    DeleteFileW(name);
    return status;
}

/* How often the layers in a new program say that they saw its 40 bytes go and come: TCP and UDP, each in two families. */
static void a_new_program_goes_through(int layers)
{
    WCHAR self[MAX_PATH], line[MAX_PATH + 32];
    char text[4096];
    long long sent, received, all_sent = 0, all_received = 0;
    int told = 0;

    GetModuleFileNameW(NULL, self, MAX_PATH);
    swprintf(line, MAX_PATH + 32, L"\"%ls\" --child", self);
    CHECK_INT(run_and_read(line, text, sizeof text), 0);
    for (const char *at = text; (at = strstr(at, "count: ")); at++)
        if (sscanf(at, "count: %lld bytes sent, %lld received", &sent, &received) == 2) {
            told++;
            all_sent += sent;
            all_received += received;
        }
    CHECK_INT(told, layers);
    CHECK_INT(all_sent, 20 * layers);
    CHECK_INT(all_received, 20 * layers);
    if (told != layers)
        note("it said: %s", text);
}

/* ---- the two sequences of the documentation ---- */

static WSAPROTOCOL_INFOW before[ENTRIES];
static int count_before;

static void remember(void)
{
    count_before = list(before);
}

static void is_as_before(void)
{
    static WSAPROTOCOL_INFOW after[ENTRIES];

    check_about("the catalog is as before");
    CHECK_INT(list(after), count_before);
    CHECK_BYTES(after, before, count_before * sizeof *after);
    check_about(NULL);
}

static void temp_folder(const WCHAR *name, WCHAR folder[MAX_PATH])
{
    GetTempPathW(MAX_PATH, folder);
    wcscat(folder, name);
}

/* Two layers, the second over the first; then the first goes from beneath the second. */
static void hidden_chains_order(void)
{
    WCHAR folder[MAX_PATH], first[MAX_PATH], second[MAX_PATH];

    temp_folder(L"ws2kit-steps", folder);
    copy_layer(folder, L"first.dll", first);
    copy_layer(folder, L"second.dll", second);
    remember();
    a_new_program_goes_through(0);
    install_step_by_step(1, first, L"wt first", TCP_AND_UDP);
    a_new_program_goes_through(1);
    install_step_by_step(2, second, L"wt second", TCP_AND_UDP);
    a_new_program_goes_through(2);
    uninstall(1);
    a_new_program_goes_through(1);
    uninstall(2);
    is_as_before();
    a_new_program_goes_through(0);
}

static void chains_in_one_call(void)
{
    WCHAR folder[MAX_PATH], first[MAX_PATH], second[MAX_PATH], name[] = L"wt one call", name2[] = L"wt one call more";

    temp_folder(L"ws2kit-one-call", folder);
    copy_layer(folder, L"first.dll", first);
    copy_layer(folder, L"second.dll", second);
    remember();
    CHECK_OK(install_in_one_call(1, first, name, TCP_AND_UDP));
    a_new_program_goes_through(1);
    CHECK_OK(install_in_one_call(2, second, name2, TCP_AND_UDP));
    a_new_program_goes_through(2);
    uninstall(2);
    a_new_program_goes_through(1);
    uninstall(1);
    is_as_before();
}

/* ---- paths with variables, blanks and letters of all kinds ---- */

static void odd_paths(void)
{
    static WCHAR variable[] = L"%TEMP%\\ws2kit odd paths\\l\x00e4yer (1).dll", outside[] = L"c:\\\x5c64\\x.dll", name[] = L"wt odd";
    WCHAR folder[MAX_PATH], path[MAX_PATH], back[MAX_PATH];
    GUID id = layer_guid(1);
    INT chars = MAX_PATH;

    temp_folder(L"ws2kit odd paths", folder);
    copy_layer(folder, L"l\x00e4yer (1).dll", path);
    remember();
    CHECK_OK(install_in_one_call(1, path, name, TCP_AND_UDP));
    CHECK_OK(WSCGetProviderPath(&id, back, &chars, &err));
    CHECK_INT(wcscmp(back, path), 0);
    a_new_program_goes_through(1);
    uninstall(1);

    CHECK_OK(install_in_one_call(1, variable, name, TCP_AND_UDP));
    chars = MAX_PATH;
    CHECK_OK(WSCGetProviderPath(&id, back, &chars, &err));
    CHECK_INT(wcscmp(back, variable), 0); /* not expanded */
    a_new_program_goes_through(1);
    uninstall(1);

    check_about("letters that the code page has not");
    CHECK_FAILS(install_in_one_call(1, outside, name, TCP_AND_UDP), GetACP() == CP_UTF8 ? 0 : WSAEINVAL);
    is_as_before();
}

/* ---- no right to write ---- */

/* The catalogs, and the categories, which lie beneath: rights are not handed down to keys that exist. */
static const WCHAR *const guarded[] = {L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters",
                                       L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters\\ws2kit_Categories",
                                       L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters\\AppId_Catalog"};

static void set_rights(BOOL may_write)
{
    SID_IDENTIFIER_AUTHORITY world = {SECURITY_WORLD_SID_AUTHORITY};
    SECURITY_DESCRIPTOR sd;
    PSID everyone;
    char room[256];
    ACL *acl = (ACL *)(void *)room;
    HKEY key;

    NEED(AllocateAndInitializeSid(&world, 1, SECURITY_WORLD_RID, 0, 0, 0, 0, 0, 0, 0, &everyone));
    NEED(InitializeAcl(acl, sizeof room, ACL_REVISION));
    if (!may_write)
        NEED(AddAccessDeniedAce(acl, ACL_REVISION, KEY_SET_VALUE | KEY_CREATE_SUB_KEY, everyone));
    NEED(AddAccessAllowedAce(acl, ACL_REVISION, KEY_ALL_ACCESS, everyone));
    NEED(InitializeSecurityDescriptor(&sd, SECURITY_DESCRIPTOR_REVISION));
    NEED(SetSecurityDescriptorDacl(&sd, TRUE, acl, FALSE));
    for (int i = 0; i < COUNT(guarded); i++) {
        if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, guarded[i], 0, WRITE_DAC, &key))
            continue; /* there are no categories yet */
        CHECK_INT(RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, &sd), 0);
        RegCloseKey(key);
    }
    FreeSid(everyone);
}

#define FAILS(call, want) (err = 0, CHECK_FAILS(call, want), CHECK_ERR(err, want))

static void transport_without_rights(WCHAR *path)
{
    WCHAR name[] = L"wt rights";
    WSAPROTOCOL_INFOW info = before[0];
    DWORD ids[ENTRIES], firewall = LSP_FIREWALL, was;
    GUID id = layer_guid(1);
    int code;

    for (int i = 0; i < count_before; i++)
        ids[i] = before[i].dwCatalogEntryId;
    FAILS(WSCInstallProvider(&id, path, &info, 1, &err), WSANO_RECOVERY);
    FAILS(WSCInstallProviderAndChains(&id, path, name, 0, NULL, 0, NULL, &err), WSANO_RECOVERY);
    FAILS(WSCDeinstallProvider(&info.ProviderId, &err), WSANO_RECOVERY);
    FAILS(WSCUpdateProvider(&info.ProviderId, path, &info, 1, &err), WSANO_RECOVERY);
    code = WSCWriteProviderOrder(ids, count_before);
    CHECK_ERR(code, WSANO_RECOVERY);
    FAILS(WSCSetProviderInfo(&info.ProviderId, ProviderInfoLspCategories, (BYTE *)&firewall, sizeof firewall, 0, &err),
          WSANO_RECOVERY);
    FAILS(WSCSetApplicationCategory(path, wcslen(path), NULL, 0, firewall, &was, &err), WSANO_RECOVERY);
}

static void names_without_rights(WCHAR *path)
{
    static char room[4096];
    WSANAMESPACE_INFOW *all = (WSANAMESPACE_INFOW *)(void *)room;
    WCHAR name[] = L"wt rights";
    DWORD bytes = sizeof room;
    GUID id = layer_guid(1), ids[16];
    int count, code;

    count = WSAEnumNameSpaceProvidersW(&bytes, all);
    NEED(count > 0 && count <= COUNT(ids));
    for (int i = 0; i < count; i++)
        ids[i] = all[i].NSProviderId;
    CHECK_FAILS(WSCInstallNameSpace(name, path, NS_DNS, 1, &id), WSAEACCES);
    CHECK_FAILS(WSCUnInstallNameSpace(&ids[0]), WSAEACCES);
    CHECK_FAILS(WSCEnableNSProvider(&ids[0], FALSE), WSAEACCES);
    code = WSCWriteNameSpaceOrder(ids, count);
    CHECK_ERR(code, WSANO_RECOVERY);
}

static void give_rights_back(void)
{
    set_rights(TRUE);
}

/* Readers go on; whoever would write is told, and nothing is different afterwards. */
static void no_rights(void)
{
    WCHAR path[MAX_PATH], line[] = L"wsctl.exe install layer trace", names_line[] = L"wsctl.exe disable Tcpip";
    char text[4096];

    count_dll(path);
    remember();
    at_case_end(give_rights_back);
    set_rights(FALSE);
    transport_without_rights(path);
    names_without_rights(path);
    check_about("wsctl says what is wrong");
    CHECK_INT(run_and_read(line, text, sizeof text), 1);
    CHECK(strstr(text, "no right to write") != NULL);
    CHECK_INT(run_and_read(names_line, text, sizeof text), 1);
    CHECK(strstr(text, "no right to write") != NULL);
    a_new_program_goes_through(0);
    is_as_before();
}

/* ---- functions of which only the names are public ---- */

/* They exist, so that a program which imports them starts, and promise nothing (spi.md 10.16). */
static void siblings(void)
{
#ifdef _WIN64
    static const char *const names[] = {"WSCInstallProviderEx", "WSCDeinstallProviderEx", "WSCEnumProtocolsEx",
                                        "WSCUpdateProviderEx", "WSCWriteProviderOrderEx", "WSCInstallNameSpaceEx2",
                                        "WSCUnInstallNameSpaceEx2", "WSCGetApplicationCategoryEx",
                                        "WSCSetApplicationCategoryEx", "WPUGetProviderPathEx"};

    remember();
    for (int i = 0; i < COUNT(names); i++) {
        FARPROC f = GetProcAddress(GetModuleHandleA("ws2_32.dll"), names[i]);

        check_about("%s", names[i]);
        if (CHECK(f != NULL))
            CHECK_FAILS(((int(WSPAPI *)(void *, void *, void *, void *, void *, void *, void *, void *))(void *)f)(
                            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                        WSAEOPNOTSUPP);
    }
    is_as_before();
#else
    skip("called with eight arguments, which is right for 64-bit programs only");
#endif
}

/* ---- fifty layers ---- */

enum { FIFTY = 50 };
static unsigned state;

static unsigned roll(unsigned below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

/* An echo request to this machine, which comes back at least as what was sent. */
static int raw_exchange(int family)
{
    static const unsigned char request[2][8] = {{8, 0, 0xf7, 0xff, 0, 0, 0, 0}, {128, 0, 0, 0, 0, 0, 0, 0}};
    SOCKET s = socket(family, SOCK_RAW, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
    const char *echo = (const char *)request[family != AF_INET];
    union addr at = loopback(family, 0);
    char c[128];
    int ok;

    if (s == INVALID_SOCKET)
        return -WSAGetLastError();
    ok = !bind(s, &at.sa, addr_len(family)) && sendto(s, echo, 8, 0, &at.sa, addr_len(family)) == 8 && wait_readable(s) &&
         recv(s, c, sizeof c, 0) >= 8;
    closesocket(s);
    return ok;
}

/* In this process, which starts Winsock anew and so sees the catalog as it is now. */
static void network_works(const int raw[2])
{
    WSADATA data;

    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
    exchange(AF_INET);
    exchange(AF_INET6);
    CHECK_INT(raw_exchange(AF_INET), raw[0]);
    CHECK_INT(raw_exchange(AF_INET6), raw[1]);
    CHECK_OK(WSACleanup());
}

static int longest_over(unsigned over)
{
    static WSAPROTOCOL_INFOW all[ENTRIES];
    int count = list(all), longest = 0;

    for (int i = 0; i < TRIPLES; i++)
        if (over >> i & 1) {
            int len = topmost(all, count, triples[i].family, triples[i].type)->ProtocolChain.ChainLen;

            longest = len > longest ? len : longest;
        }
    return longest;
}

/* By steps or in one call; false if a chain would become too long, which is refused without a trace. */
static int install_some(int n, WCHAR *path)
{
    unsigned over = 1 + roll((1 << TRIPLES) - 1);
    WCHAR name[32];
    int fits = longest_over(over) < MAX_PROTOCOL_CHAIN;

    swprintf(name, COUNT(name), L"wt fifty %d", n);
    if (fits && roll(2))
        install_step_by_step(n, path, name, over);
    else if (fits)
        CHECK_OK(install_in_one_call(n, path, name, over));
    else
        FAILS(install_in_one_call(n, path, name, over), WSANO_RECOVERY);
    return fits;
}

/* Whatever the order: over each other and over TCP, UDP and raw. The seed is fixed, so that a failure comes again. */
static void fifty_layers(void)
{
    const char *asked = getenv("WS2KIT_SEED");
    static WCHAR path[FIFTY][MAX_PATH];
    int present[FIFTY], count = 0, next = 0, raw[2] = {0, 0}, longest, deepest = 0, changes = 0;
    WCHAR folder[MAX_PATH], file[32];
    WSADATA data;

    state = asked ? (unsigned)atoi(asked) : 20261121;
    temp_folder(L"ws2kit-fifty", folder);
    for (int n = 0; n < FIFTY; n++) {
        swprintf(file, COUNT(file), L"layer%02d.dll", n);
        copy_layer(folder, file, path[n]);
    }
    SetStdHandle(STD_ERROR_HANDLE, NULL); /* the layers would report at every step */
    remember();
    NEED_OK(WSAStartup(MAKEWORD(2, 2), &data));
    raw[0] = raw_exchange(AF_INET);
    raw[1] = raw_exchange(AF_INET6);
    NEED_OK(WSACleanup());
    while (next < FIFTY || count) {
        int comes = next < FIFTY && (!count || roll(100) < 60);

        if (comes && install_some(next, path[next])) {
            check_about("layer %d came, %d are there", next, count + 1);
            present[count++] = next++;
        } else {
            int which = count ? (int)roll(count) : 0;

            NEED(count);
            check_about("layer %d goes, %d are there", present[which], count - 1);
            uninstall(present[which]);
            present[which] = present[--count];
        }
        longest = longest_over(63);
        /* An exchange loads every layer that is there: not after each change, but wherever a chain has grown. */
        if (++changes % 5 == 0 || longest > deepest || !count)
            network_works(raw);
        deepest = longest > deepest ? longest : deepest;
    }
    check_about(NULL);
    note("raw: %d %d; longest chain: %d", raw[0], raw[1], deepest);
    CHECK_INT(deepest, MAX_PROTOCOL_CHAIN);
    is_as_before();
    for (int n = 0; n < FIFTY; n++)
        DeleteFileW(path[n]);
    RemoveDirectoryW(folder);
}

const struct test_case test_cases[] = {
    { "hidden-chains-order", hidden_chains_order, .unstarted = 1 },
    { "chains-in-one-call", chains_in_one_call, .unstarted = 1 },
    { "odd-paths", odd_paths, .unstarted = 1 },
    { "no-rights", no_rights },
    { "siblings", siblings, .unstarted = 1 },
    { "fifty-layers", fifty_layers, .unstarted = 1 },
    { 0 },
};
