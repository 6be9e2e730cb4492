/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_API_INFO_H
#define WS2_32_API_INFO_H
/* WSAPROTOCOL_INFO between its A and its W form: everything but the name is copied bit for bit. */
#include <winsock2.h>

void info_to_a(const WSAPROTOCOL_INFOW *from, WSAPROTOCOL_INFOA *to);
void info_to_w(const WSAPROTOCOL_INFOA *from, WSAPROTOCOL_INFOW *to);

#endif
