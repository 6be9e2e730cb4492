/* SPDX-License-Identifier: MIT */
/*
 * The layer that takes every send and passes it on, under the name PASS_NAME: a chain cannot hold one layer twice. (Without
 * a hook the kit would take itself out of the way.)
 */
#include "ws2kit_layer.h"

static int WSPAPI pass_send(SOCKET s, LPWSABUF bufs, DWORD count, LPDWORD bytes, DWORD flags, LPWSAOVERLAPPED ov,
                            LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, LPWSATHREADID thread, LPINT err)
{
    return ws2kit_pass.lpWSPSend(s, bufs, count, bytes, flags, ov, routine, thread, err);
}

const struct ws2kit_layer ws2kit_layer = { .name = PASS_NAME, .hook = { .lpWSPSend = pass_send } };
