/* SPDX-License-Identifier: MIT */
#include "which.h"
#include "bench.h"
#include "port.h"
#include <stdio.h>
#include <string.h>

#ifdef _WIN32

/* Wine's own images carry "Wine builtin DLL" between the DOS header and the PE header. */
static int is_wines_own(HMODULE module)
{
    return !memcmp((const char *)module + sizeof(IMAGE_DOS_HEADER), "Wine builtin", 12);
}

/*
 * Whether Wine has loaded a Unix half for this module: the same question that the module itself asks (wine-host.md:
 * information class 1000 of NtQueryVirtualMemory).
 */
static int has_unix_half(HMODULE module)
{
    typedef LONG(NTAPI *query_fn)(HANDLE, LPCVOID, int, PVOID, SIZE_T, SIZE_T *);
    query_fn query = (query_fn)(void *)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryVirtualMemory");
    uint64_t handle = 0;

    return query && query(GetCurrentProcess(), module, 1000, &handle, sizeof handle, NULL) == 0 && handle;
}

void which_print(void)
{
    SOCKET s = socket(AF_INET, SOCK_DGRAM, 0);
    HMODULE api = GetModuleHandleA("ws2_32.dll");
    HMODULE base = GetModuleHandleA("ws2tcpip.dll");
    char path[MAX_PATH] = "?";

    if (s == INVALID_SOCKET)
        bench_fail("the first socket");
    closesocket(s);
    GetModuleFileNameA(api, path, sizeof path);
    if (is_wines_own(api) && !base)
        printf("# winsock wine %s\n", path);
    else if (!is_wines_own(api) && base)
        printf("# winsock ws2kit unix=%s %s\n", has_unix_half(base) ? "yes" : "no", path);
    else
        printf("# winsock unclear ws2tcpip=%s %s\n", base ? "loaded" : "absent", path);
    fflush(stdout);
}

#else

void which_print(void)
{
    printf("# winsock linux\n");
    fflush(stdout);
}

#endif
