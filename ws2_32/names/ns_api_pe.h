/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_NS_API_PE_H
#define WS2_32_NAMES_NS_API_PE_H

/* Ends every lookup that a program left open: the last WSACleanup. */
void ns_api_end_all(void);

#endif
