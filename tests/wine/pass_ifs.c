/* SPDX-License-Identifier: MIT */
/* The layer PASS_NAME, which takes each send and receive and passes it on. (Without hooks the kit would take itself out of the way.) */
#include <ws2kit_layer.h>

static int WSPAPI pass_send(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD bytes, DWORD flags, LPWSAOVERLAPPED ov,
                            LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    return ws2kit_pass.lpWSPSend(s, buf, count, bytes, flags, ov, routine, thread, err);
}

static int WSPAPI pass_recv(SOCKET s, LPWSABUF buf, DWORD count, LPDWORD bytes, LPDWORD flags, LPWSAOVERLAPPED ov,
                            LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    return ws2kit_pass.lpWSPRecv(s, buf, count, bytes, flags, ov, routine, thread, err);
}

const struct ws2kit_layer ws2kit_layer = { .name = PASS_NAME, .hook = { .lpWSPSend = pass_send, .lpWSPRecv = pass_recv } };
