/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_GUID_H
#define WS2_CATALOG_GUID_H
/* "{E70F1AA0-AB8B-11CF-8CA3-00805F48A192}" and back. */
#include "catalog/catalog.h"

enum { GUID_BYTES = 39 }; /* with NUL */

void guid_text(const struct catalog_guid *guid, char text[GUID_BYTES]);
/* In either case of letters; false for anything else. */
bool guid_parse(const char *text, struct catalog_guid *guid);

#endif
