/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_NS_ANSI_PE_H
#define WS2_32_NAMES_NS_ANSI_PE_H
/*
 * What ANSI programs ask and are told, from and to the Unicode that providers speak. Widened structures share all but
 * their strings with what they were made from.
 */
#include <winsock2.h>

/* For the packer of namespace/kit/pack.h. */
size_t ns_text_ansi(const WCHAR *from, void *to);

struct ns_wide_query {
    WSAQUERYSETW query;
    WCHAR *text[4]; /* owned */
};

/* 0 or WSA_NOT_ENOUGH_MEMORY, with nothing to free. */
int ns_widen_query(const WSAQUERYSETA *from, struct ns_wide_query *to);
void ns_wide_query_free(struct ns_wide_query *q);

int ns_widen_class(const WSASERVICECLASSINFOA *from, WSASERVICECLASSINFOW **to);
/* NULL is allowed. */
void ns_wide_class_free(WSASERVICECLASSINFOW *info);

#endif
