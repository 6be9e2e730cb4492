/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_NS_LOOKUP_PE_H
#define WS2_32_NAMES_NS_LOOKUP_PE_H
/*
 * A lookup over name-space providers (spi.md 11.3 to 11.5): what WSALookupServiceBegin, Next and End do, without their
 * handles and in Unicode, for the resolver calls of this DLL. Functions return 0 or an error, and leave the thread's last
 * error undefined.
 *
 * A provider may answer from another process or the network: nothing is locked while one is asked.
 */
#include <winsock2.h>

#include "catalog/namespace.h"

struct ns_lookup;

/*
 * Asks the providers of the query's scope, in catalog order, to begin. Good if one of them does. WSASERVICE_NOT_FOUND:
 * there is none in that name space. WSAEINVAL: no such provider, or a query that cannot be. Else the error of the last one
 * that would not.
 */
int ns_lookup_begin(WSAQUERYSETW *query, DWORD flags, struct ns_lookup **out);

/*
 * The next result, packed in the caller's buffer. WSAEFAULT: too small, *bytes is what it takes, and the result is kept.
 * WSA_E_NO_MORE: that was all. WSA_E_CANCELLED: another thread has ended the lookup.
 */
int ns_lookup_next(struct ns_lookup *l, DWORD flags, DWORD *bytes, WSAQUERYSETW *result);

/* Ends it for all its threads, and gives up the reference that begin gave. */
void ns_lookup_end(struct ns_lookup *l);

/* One more user, and one less, for those that a handle leads to it. */
void ns_lookup_ref(struct ns_lookup *l);
void ns_lookup_unref(struct ns_lookup *l);

/* The same as Next for ANSI programs; it keeps a result that is too long for them as well. */
int ns_lookup_next_ansi(struct ns_lookup *l, DWORD flags, DWORD *bytes, WSAQUERYSETA *result);

/* WSANSPIoctl: WSAEINVAL if more than one provider takes part. */
struct ns_call;
int ns_lookup_ioctl(struct ns_lookup *l, struct ns_call *c);

/*
 * Which providers are asked, started. The caller frees *out (malloc). An empty list with its error: why the last one could
 * not be started, or that there is none.
 */
struct ns_provider;
int ns_scope_providers(const struct namespace_scope *scope, struct ns_provider ***out, size_t *count);

/* What they know of a service class, in memory that the caller frees; NULL if nobody knows it. */
WSASERVICECLASSINFOW *ns_class_info(struct ns_provider *const *providers, size_t count, const GUID *class_id);

#endif
