/* SPDX-License-Identifier: MIT */
/*
 * Which DLLs are under test. Everything else in this folder is worthless if Wine's own ws2_32 answers, so these
 * cases fail unless the modules come from system32, are not Wine's (whose images carry its signature behind the DOS
 * header), and a socket was made by our base provider.
 */
#include "net.h"
#include <string.h>

static int is_wines_own(HMODULE module)
{
    return !strncmp((const char *)module + sizeof(IMAGE_DOS_HEADER), "Wine ", 5);
}

static void check_module(const char *name)
{
    char path[MAX_PATH], system[MAX_PATH];
    HMODULE module = LoadLibraryA(name);

    NEED(module != NULL);
    NEED(GetModuleFileNameA(module, path, sizeof path));
    NEED(GetSystemDirectoryA(system, sizeof system));
    note("%s is %s", name, path);
    CHECK(!_strnicmp(path, system, strlen(system)));
    CHECK(!is_wines_own(module));
}

static void ours(void)
{
    SOCKET s;

    check_module("ws2_32.dll");
    s = tcp_new(AF_INET);
    CHECK(GetModuleHandleA("ws2tcpip.dll") != NULL);
    CHECK_OK(closesocket(s));
}

static void ours_wsock32(void)
{
    check_module("wsock32.dll");
}

static void ours_mswsock(void)
{
    check_module("mswsock.dll");
}

const struct test_case test_cases[] = {
    { "ours", ours },
    { "wsock32", ours_wsock32 },
    { "mswsock", ours_mswsock },
    { 0 },
};
