/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_SHAPE_H
#define WS2_32_NAMES_SHAPE_H
/* What is made of a host's addresses before a program gets them. */
#include "ws2_32/names/answer.h"

/* AI_ADDRCONFIG: no family that this machine cannot use. Loopback always works; with neither family all stays. */
void shape_drop_unusable(struct answer *a);

/*
 * The order to try them in. Only a choice between an IPv6 address and another needs it: what this machine has itself
 * takes a while to find out.
 */
void shape_put_in_order(struct answer *a);

#endif
