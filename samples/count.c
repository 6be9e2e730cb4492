/* SPDX-License-Identifier: MIT */
/*
 * A whole layer: counts the bytes a program sends and receives, and says so when it ends.
 *
 *   x86_64-w64-mingw32-gcc -O2 -shared -o count.dll count.c -Iinclude -Llib -lws2kit_layer -lws2_32 -Wl,--kill-at
 *   ./ws2 run --layer ./count.dll PROG.exe
 *
 * include/ and lib/ are where `meson install` put ws2kit_layer.h and libws2kit_layer.a.
 */
#include <stdio.h>
#include <ws2kit_layer.h>

static LONG64 volatile sent, received;

/* Overlapped calls are left out: an IFS layer does not see how they end (doc/guide/layers.md says what can be done). */
static int WSPAPI count_send(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD bytes, DWORD flags,
                             LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                             LPWSATHREADID thread, LPINT err)
{
    int result = ws2kit_pass.lpWSPSend(s, buffers, count, bytes, flags, ov, routine, thread, err);

    if (!result && !ov)
        InterlockedExchangeAdd64(&sent, *bytes);
    return result;
}

static int WSPAPI count_recv(SOCKET s, LPWSABUF buffers, DWORD count, LPDWORD bytes, LPDWORD flags,
                             LPWSAOVERLAPPED ov, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine,
                             LPWSATHREADID thread, LPINT err)
{
    int result = ws2kit_pass.lpWSPRecv(s, buffers, count, bytes, flags, ov, routine, thread, err);

    if (!result && !ov)
        InterlockedExchangeAdd64(&received, *bytes);
    return result;
}

static void report(void)
{
    char line[128];
    DWORD written;
    int n = snprintf(line, sizeof line, "count: %lld bytes sent, %lld received\n", (long long)sent,
                     (long long)received);

    WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, n, &written, NULL);
}

const struct ws2kit_layer ws2kit_layer = {
    .name = "count",
    .description = L"counts the bytes of a process",
    .stop = report,
    .hook = { .lpWSPSend = count_send, .lpWSPRecv = count_recv },
};
