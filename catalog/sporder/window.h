/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_SPORDER_WINDOW_H
#define WS2_CATALOG_SPORDER_WINDOW_H
/* The names that window.rc and window.c share. */

#define ID_WINDOW      100
#define ID_KEYS        101
#define ID_PROTOCOLS   201
#define ID_NAME_SPACES 202
#define ID_LIST        203
#define ID_UP          204
#define ID_DOWN        205
#define ID_TOP         206
#define ID_BOTTOM      207
#define ID_DETAILS     208
#define ID_STATUS      209
#define ID_AGAIN       210
#define ID_APPLY       211

#endif
