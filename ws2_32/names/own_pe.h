/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_OWN_PE_H
#define WS2_32_NAMES_OWN_PE_H
/* This machine's name, UTF-8; asked once per process. Never empty. */
const char *own_name(void);

/* Part of names_cleanup(). */
void own_cleanup(void);

#endif
