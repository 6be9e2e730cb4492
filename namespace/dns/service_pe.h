/* SPDX-License-Identifier: MIT */
#ifndef WS2_DNS_SERVICE_PE_H
#define WS2_DNS_SERVICE_PE_H
/* The process's resolver: one cache, one configuration, which is looked at again every half minute. */
#include "namespace/dns/lookup.h"

/* dns_lookup() of a UTF-8 name, which may be an internationalised one (then its ASCII form is asked for). */
int dns_service_lookup(const char *name, const uint16_t *type, size_t count, struct dns_answer **out);

/* The same without IDNA: a name with other letters goes out as it is. */
int dns_service_lookup_as_is(const char *name, const uint16_t *type, size_t count, struct dns_answer **out);

void dns_service_flush(void); /* the cache; what is being fetched meanwhile is not kept either */
void dns_service_cleanup(void); /* forgets everything; nobody may be inside */

#endif
