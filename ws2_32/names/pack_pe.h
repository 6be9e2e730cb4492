/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_PACK_PE_H
#define WS2_32_NAMES_PACK_PE_H
/*
 * hostent, servent and protoent, with all that they point to behind them in one buffer: the program's own
 * (WSAAsyncGetXByY) or the thread's. Each returns the bytes it takes; nothing useful is in `buf` if that is more than
 * `room`. The buffer need not be aligned, and NULL with no room is fine.
 */
#include <winsock2.h>

#include "ws2_32/names/answer.h"
#include "ws2_32/names/db_file.h"

size_t pack_host(const struct answer *a, int family, const char *name, void *buf, size_t room);
size_t pack_service(const struct db_entry *e, void *buf, size_t room);
size_t pack_protocol(const struct db_entry *e, void *buf, size_t room);
size_t pack_network(const struct db_entry *e, void *buf, size_t room);

#endif
