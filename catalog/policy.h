/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_POLICY_H
#define WS2_CATALOG_POLICY_H
/*
 * What to do about a layer that does not start. Of a prefix: the registry value ws2kit_Policy,
 * "bypass" or "strict". For one run: the environment variable WS2KIT_POLICY, which goes first. WS2KIT_DEFAULT_POLICY
 * is for a prefix that says nothing; `./ws2 run` sets it to "bypass".
 */
#include <stdbool.h>

enum policy {
    POLICY_STRICT, /* the documented error, as on Windows; what counts if nobody says anything */
    POLICY_BYPASS, /* go on with what lies beneath it, and say so once */
    POLICY_UNSET,
};

/* That of the prefix; POLICY_UNSET if it has none. */
enum policy policy_stored(void);
int policy_store(enum policy policy);

#ifdef _WIN32
/* The one that counts here; asked only when a layer has failed. */
enum policy policy_now(void);
#endif

#endif
