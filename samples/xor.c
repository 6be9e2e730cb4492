/* SPDX-License-Identifier: MIT */
/*
 * A layer that changes data: XORs every byte of a TCP connection with a key, both ways. Two programs with the layer understand each
 * other; whoever looks at the wire, or has no layer, sees other bytes.
 *
 *   x86_64-w64-mingw32-gcc -O2 -shared -o xor.dll xor.c -Iinclude -Llib -lws2kit_layer -lws2_32 -Wl,--kill-at
 *   ./ws2 run --layer ./xor.dll,key=90 PROG.exe
 *
 * It has sockets of its own (`own`), so the kit does all that such a layer has to do, and only the bytes are left. It is no
 * encryption: a real one would not treat each byte alone.
 */
#include <stdlib.h>
#include <ws2kit_layer.h>

static char key = 0x5a;

/* Datagrams stay as they are. */
static void transform(SOCKET s, char *data, size_t bytes)
{
    const WSAPROTOCOL_INFOW *info = ws2kit_protocol(s);

    if (!info || info->iSocketType != SOCK_STREAM)
        return;
    for (size_t i = 0; i < bytes; i++)
        data[i] ^= key;
}

static int start(void)
{
    char text[8];

    if (ws2kit_option("key", text, sizeof text))
        key = (char)atoi(text);
    return 0;
}

const struct ws2kit_layer ws2kit_layer = {
    .name = "xor",
    .description = L"XORs the bytes of TCP connections",
    .start = start,
    .own = &ws2kit_own_sockets,
    .outgoing = transform,
    .incoming = transform,
};
