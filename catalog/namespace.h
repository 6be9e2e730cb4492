/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_NAMESPACE_H
#define WS2_CATALOG_NAMESPACE_H
/*
 * The name-space catalog as a value: which providers answer questions about names, in the order in
 * which they are asked (spi.md 2.4, 10.11 to 10.13). Pure; catalog/namespace_store.h reads and
 * writes the registry.
 *
 * Functions that change a catalog do all of what they say or leave it as it was. They return 0 or a
 * Winsock code.
 */
#include "catalog/catalog.h"

enum {
    NAMESPACE_NAME_CHARS = 256, /* UTF-16, NUL included */
    NAMESPACE_PATH_CHARS = 260,
    NAMESPACE_INFO_MAX = 65536,
    NAMESPACE_ENTRIES_MAX = 1024,

    NAMESPACE_ALL = 0, /* NS_ALL: a question, never an entry */
    NAMESPACE_DNS = 12,
};

struct namespace_entry {
    struct catalog_guid provider;
    uint32_t name_space, version, address_family;
    bool enabled, stores_classes;
    uint32_t info_bytes;
    uint8_t *info; /* owned; the provider's own words, NULL for none */
    catalog_char name[NAMESPACE_NAME_CHARS]; /* both NUL-terminated */
    catalog_char path[NAMESPACE_PATH_CHARS];
};

struct namespaces {
    struct namespace_entry *entry; /* owned; the order of asking */
    uint32_t count;
};

/* Who is asked: a provider by its GUID, else the enabled ones of a name space, or of all. */
struct namespace_scope {
    const struct catalog_guid *provider; /* NULL: any */
    uint32_t name_space;
};

void namespaces_init(struct namespaces *ns);
void namespaces_deinit(struct namespaces *ns);
int namespaces_copy(struct namespaces *to, const struct namespaces *from);
bool namespaces_equal(const struct namespaces *a, const struct namespaces *b);

/* Fills *ns (empty) with what ws2kit brings: hosts, then DNS. */
int namespaces_defaults(struct namespaces *ns);

/* Which of our own an entry is, by GUID and path; under another DLL the GUID is somebody else's. */
enum namespace_kind { NAMESPACE_KIND_OTHER, NAMESPACE_KIND_HOSTS, NAMESPACE_KIND_DNS };
enum namespace_kind namespace_kind_of(const struct namespace_entry *e);

/* NULL: no such provider. */
struct namespace_entry *namespaces_find(const struct namespaces *ns,
                                        const struct catalog_guid *provider);

/* Is that provider asked (spi.md 11.3)? A disabled one never is. */
bool namespace_in_scope(const struct namespace_entry *e, const struct namespace_scope *scope);

/* WSCInstallNameSpace: appends a copy of *e. WSAEINVAL: its GUID is there already, or no such entry can be. */
int namespaces_install(struct namespaces *ns, const struct namespace_entry *e);
int namespaces_install_first(struct namespaces *ns, const struct namespace_entry *e); /* before all others */
/* WSCUnInstallNameSpace, WSCEnableNSProvider: WSAEINVAL for a GUID that is not there. */
int namespaces_uninstall(struct namespaces *ns, const struct catalog_guid *provider);
int namespaces_enable(struct namespaces *ns, const struct catalog_guid *provider, bool enable);
/* WSCWriteNameSpaceOrder: an exact permutation of all GUIDs, else WSAEINVAL. */
int namespaces_reorder(struct namespaces *ns, const struct catalog_guid *order, uint32_t count);

#endif
