/* SPDX-License-Identifier: MIT */
#ifndef WS2_TLS_VERIFY_H
#define WS2_TLS_VERIFY_H
/* Whether a server's certificate is to be believed. */
#include <windows.h>
#include <wincrypt.h>

#include <stddef.h>

/*
 * Adds the certificates of a PEM or DER file to those that are trusted beside the system's. Before the first check. Returns how many there
 * were; 0: the file cannot be read, or holds none.
 */
unsigned verify_trust(const char *file);

/* 0: the certificate is valid now, for `name`, and leads to a trusted one. Else a Winsock code, and why at `reason`. */
int verify_certificate(PCCERT_CONTEXT certificate, const char *name, char *reason, size_t bytes);

#endif
