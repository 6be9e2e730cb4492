/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_ADDRINFO_PE_H
#define WS2_32_NAMES_ADDRINFO_PE_H
/* What getaddrinfo and GetAddrInfoEx share. */
#include <winsock2.h>
#include <ws2tcpip.h>

#include "ws2_32/names/resolve.h"

enum form { FORM_ANSI, FORM_WIDE };

/* A copy of the program's string as UTF-8, for free(); NULL for NULL. WSAEFAULT, WSA_NOT_ENOUGH_MEMORY. */
int addrinfo_text(const void *text, enum form form, char **out);

/* Resolves and makes the list; the wide form has the same layout but for the text that ai_canonname points to. */
int addrinfo_list(const struct resolve_request *rq, enum form form, ADDRINFOA **out);
void addrinfo_free(ADDRINFOA *list);

/* The last WSACleanup: every GetAddrInfoEx that goes on ends with WSA_E_CANCELLED. */
void addrinfo_ex_cleanup(void);

#endif
