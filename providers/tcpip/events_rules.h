/* SPDX-License-Identifier: MIT */
#ifndef WS2_TCPIP_EVENTS_RULES_H
#define WS2_TCPIP_EVENTS_RULES_H
/*
 * FD_ events (the program's) and POLL bits (the kernel's) of WSAEventSelect and WSAAsyncSelect: wine-afd.md 3.14.
 * Pure.
 */
#include <stdint.h>

enum { EVENTS_STATUSES = 13, EVENTS_MAX = 10 };

/* The bits to select in the kernel for a mask of FD_ events; events without a bit (FD_QOS and up) give none. */
uint32_t events_to_poll(long mask);

/* The FD_ events for the bits that the kernel found, as far as the program selected them. */
long events_from_poll(uint32_t found, long mask);

/*
 * Translates a whole GET_EVENTS answer. Returns the FD_ events and writes the error of each of them, and of no
 * other: Windows leaves the rest of iErrorCode as it was. `to_err` is the provider's err_from_ntstatus().
 */
long events_translate(uint32_t found, const int32_t status[EVENTS_STATUSES], long mask,
                      int errors[EVENTS_MAX], int (*to_err)(int32_t status));

#endif
