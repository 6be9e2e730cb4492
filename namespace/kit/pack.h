/* SPDX-License-Identifier: MIT */
#ifndef WS2_NAMESPACE_KIT_PACK_H
#define WS2_NAMESPACE_KIT_PACK_H
/*
 * The packer itself: a structure and what its pointers reach, one behind the other. ws2_32 uses it too, to turn results
 * into their ANSI form.
 */
#include "ws2kit_namespace.h"

struct packer {
    char *base;        /* NULL: count only */
    size_t used, room; /* room: base has that many bytes */
};

/* So many bytes can no result have; whatever would be larger comes out as this. */
enum { PACKER_MAX = 0x7FFFFFFF };

/* The next `count` pieces of `bytes`, aligned; NULL while counting, or if there is no room. */
void *packer_take(struct packer *p, size_t count, size_t bytes, size_t align);

/* A copy of them; NULL for none. */
void *packer_copy(struct packer *p, const void *from, size_t count, size_t bytes, size_t align);

/*
 * How a string goes over. Returns the bytes with the NUL; writes them to `to` unless that is NULL, when it has that many.
 */
typedef size_t (*packer_text)(const WCHAR *from, void *to);
size_t packer_text_wide(const WCHAR *from, void *to);

/* Each has one structure, which may be that of the A functions: its strings are as `text` writes them. */
void packer_query(struct packer *p, const WSAQUERYSETW *from, packer_text text, size_t text_align);
void packer_class(struct packer *p, const WSASERVICECLASSINFOW *from, packer_text text, size_t text_align);

/* Counts, then writes: 0, or WSAEFAULT with *bytes. */
INT pack_query(const WSAQUERYSETW *from, packer_text text, size_t text_align, void *buf, DWORD *bytes);
INT pack_class(const WSASERVICECLASSINFOW *from, packer_text text, size_t text_align, void *buf, DWORD *bytes);

#endif
