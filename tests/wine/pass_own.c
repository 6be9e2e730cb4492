/* SPDX-License-Identifier: MIT */
/* The layer PASS_NAME, which changes nothing and has sockets of its own: what is left is what having them costs. */
#include <ws2kit_layer.h>

const struct ws2kit_layer ws2kit_layer = { .name = PASS_NAME, .own = &ws2kit_own_sockets };
