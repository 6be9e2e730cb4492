/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_CORE_UPCALLS_H
#define WS2_32_CORE_UPCALLS_H
/*
 * The 15 functions that providers may call back, the same for every start of every provider (published layers
 * keep the first table they see). They take leaf locks only, and never call into a provider.
 */
#include <winsock2.h>
#include <ws2spi.h>

extern const WSPUPCALLTABLE upcall_table;

/* Puts a function of PostMessage's form in its place (WSApSetPostRoutine); NULL: PostMessage again. */
void upcalls_set_post_routine(LPWPUPOSTMESSAGE routine);

#endif
