/* SPDX-License-Identifier: MIT */
/*
 * The template of a layer on the kit: copy it, give it your name, and take out what you do not need. As it stands, it refuses connections
 * to one port and says so; everything else passes, at no cost.
 *
 *   x86_64-w64-mingw32-gcc -O2 -shared -o layer.dll layer.c -Iinclude -Llib -lws2kit_layer -lws2_32 -Wl,--kill-at
 *   ./ws2 run --layer ./layer.dll,port=25 PROG.exe
 *
 * include/ and lib/ are where `meson install` put ws2kit_layer.h and libws2kit_layer.a. The header is the reference, doc/guide/layers.md the guide.
 */
#include <stdio.h>
#include <stdlib.h>
#include <ws2kit_layer.h>
#include <ws2tcpip.h>

static unsigned short port; /* options are read once, before the first socket, and never written again: any thread may look */

static int start(void)
{
    char text[8];

    if (ws2kit_option("port", text, sizeof text))
        port = (unsigned short)atoi(text);
    return 0; /* or a Winsock code, with which all sockets of the layer's protocols then fail */
}

/* TRUE: not to be connected to. A hook looks before it reads: the program may pass anything. */
static BOOL refused(const struct sockaddr *name, int bytes)
{
    char line[64];
    DWORD written;
    int n;

    /* The port stands in the same place in both families. */
    if (!port || bytes < (int)sizeof(struct sockaddr_in) || IsBadReadPtr(name, sizeof(struct sockaddr_in)) ||
        (name->sa_family != AF_INET && name->sa_family != AF_INET6) ||
        ((const struct sockaddr_in *)name)->sin_port != htons(port))
        return FALSE;
    n = snprintf(line, sizeof line, "layer: a connection to port %u is refused\n", port);
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), line, n, &written, NULL);
    return TRUE;
}

/* An entry of the SPI: the error goes to *err, on failure only. */
static int WSPAPI my_connect(SOCKET s, const struct sockaddr *name, int bytes, LPWSABUF caller, LPWSABUF callee, LPQOS sqos,
                             LPQOS gqos, LPINT err)
{
    if (refused(name, bytes)) {
        *err = WSAECONNREFUSED;
        return SOCKET_ERROR;
    }
    return ws2kit_pass.lpWSPConnect(s, name, bytes, caller, callee, sqos, gqos, err);
}

/* An extension function, which programs call past ws2_32: the error is the thread's last. Most programs of today connect this way. */
static BOOL PASCAL my_connect_ex(SOCKET s, const struct sockaddr *name, int bytes, PVOID data, DWORD data_bytes, LPDWORD sent,
                                 LPOVERLAPPED ov)
{
    if (refused(name, bytes)) {
        WSASetLastError(WSAECONNREFUSED);
        return FALSE;
    }
    return ws2kit_pass_extension.ConnectEx(s, name, bytes, data, data_bytes, sent, ov);
}

const struct ws2kit_layer ws2kit_layer = {
    .name = "layer",
    .description = L"refuses connections to one port",
    .start = start,
    .hook = { .lpWSPConnect = my_connect },
    .extension = { .ConnectEx = my_connect_ex },
    /* To see and change bytes: .own = &ws2kit_own_sockets, .outgoing, .incoming, as xor.c does. */
};
