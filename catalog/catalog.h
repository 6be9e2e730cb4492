/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_CATALOG_H
#define WS2_CATALOG_CATALOG_H
/*
 * The protocol catalog as a value: an ordered array of entries and the questions one asks of it.
 * Pure; who reads and writes the registry is catalog/store.h. Semantics: shared facts in spi.md,
 * sections 1 to 3 and 10.
 *
 * Functions that change a catalog change the value in memory and either do all of what they say or
 * leave it as it was. They return 0 or a Winsock code.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#include <wchar.h>
typedef wchar_t catalog_char;
#else
typedef uint16_t catalog_char; /* UTF-16 on the Linux host too: these are stored bytes */
#endif

enum {
    CATALOG_LAYER = 0, /* chain_len of a layered-protocol ("dummy") entry */
    CATALOG_BASE = 1,  /* of a base protocol */
    CATALOG_CHAIN_MAX = 7,
    CATALOG_PATH_BYTES = 260, /* ANSI, NUL included */
    CATALOG_NAME_CHARS = 256, /* UTF-16, NUL included */
    CATALOG_FIRST_ID = 1001,

    CATALOG_PFL_HIDDEN = 0x4,
    CATALOG_PFL_MATCHES_ZERO = 0x8,
    CATALOG_PFL_NETWORKDIRECT = 0x10,
    CATALOG_XP1_IFS = 0x20000,
};

/* Who serves the built-in entries. */
#define CATALOG_BASE_PATH "%SystemRoot%\\system32\\ws2tcpip.dll"

struct catalog_guid {
    uint8_t byte[16]; /* memory order of the SDK's GUID */
};

/* WSAPROTOCOL_INFOW, field for field (628 bytes; catalog/layout_pe.c asserts every offset). */
struct catalog_info {
    uint32_t service_flags[4];
    uint32_t provider_flags;
    struct catalog_guid provider;
    uint32_t id;
    int32_t chain_len;
    uint32_t chain[CATALOG_CHAIN_MAX];
    int32_t version, family, max_addr, min_addr, type, protocol, protocol_max_offset;
    int32_t network_byte_order, security_scheme;
    uint32_t message_size, reserved;
    catalog_char name[CATALOG_NAME_CHARS];
};
_Static_assert(sizeof(struct catalog_info) == 628, "WSAPROTOCOL_INFOW");

/*
 * One PackedCatalogItem (888 bytes), byte for byte. `path` is NUL-terminated in every loaded
 * entry.
 */
struct catalog_entry {
    char path[CATALOG_PATH_BYTES];
    struct catalog_info info;
};
_Static_assert(sizeof(struct catalog_entry) == 888, "PackedCatalogItem");

struct catalog {
    struct catalog_entry *entry; /* owned; catalog order */
    uint32_t count;
    uint32_t next_id;
    uint32_t serial;
    bool folds; /* a chain that catalog_install_layer() makes may need more than seven elements (catalog/unfold.h) */
};

/* Makes *cat empty, with first ids. No memory is held until something is added. */
void catalog_init(struct catalog *cat);
void catalog_deinit(struct catalog *cat);
int catalog_copy(struct catalog *to, const struct catalog *from);

/* Fills *cat (empty) with the six built-in TCP/IP entries, all served by `base_path`. */
int catalog_defaults(struct catalog *cat, const char *base_path);

/* The first entry that answers, or NULL. */
const struct catalog_entry *catalog_find_id(const struct catalog *cat, uint32_t id);
const struct catalog_entry *catalog_find_provider(const struct catalog *cat,
                                                  const struct catalog_guid *provider);

/*
 * True if `top` can be used: a base entry, or a chain whose elements all exist and which ends in a
 * base and has none before, nor leads back to itself. Entries that fail stay in the catalog but are never selected.
 */
bool catalog_usable(const struct catalog *cat, const struct catalog_entry *top);

/*
 * The way through `chain`, all of it (catalog/unfold.h, which has the size of `list`).
 */
int32_t catalog_way(const struct catalog *cat, const struct catalog_info *chain, uint32_t *list);

/*
 * The base entry at the end of `top`'s chain (`top` itself for a base entry); NULL if `top` is not
 * usable.
 */
const struct catalog_entry *catalog_base_of(const struct catalog *cat,
                                            const struct catalog_entry *top);

/*
 * What a call goes to when `top`'s layer is left out: the entry that `top` lies over. NULL for a
 * base entry, or when the catalog has no such entry.
 */
const struct catalog_entry *catalog_beneath(const struct catalog *cat, const struct catalog_entry *top);

/*
 * socket(family, type, protocol): the first usable match in catalog order (spi.md 3.1, errors
 * included).
 */
int catalog_select(const struct catalog *cat, int family, int type, int protocol,
                   const struct catalog_entry **out);

/* WSASocket with an explicit info (spi.md 3.2): WSAEINVAL, WSAEINVALIDPROVIDER. */
int catalog_select_info(const struct catalog *cat, const struct catalog_info *info,
                        const struct catalog_entry **out);

/* The first usable entry of an address family (spi.md 3.9); WSAEINVAL. */
int catalog_select_family(const struct catalog *cat, int family, const struct catalog_entry **out);

/*
 * WSCInstallProvider: appends; ids and GUID are assigned. WSANO_RECOVERY when the GUID is there
 * already.
 */
int catalog_install(struct catalog *cat, const struct catalog_guid *provider, const char *path,
                    const struct catalog_info *infos, uint32_t count);
/* WSCDeinstallProvider: every entry of the GUID. WSAEINVAL when there is none. */
int catalog_deinstall(struct catalog *cat, const struct catalog_guid *provider);
/* WSCUpdateProvider (spi.md 10.7). */
int catalog_update(struct catalog *cat, const struct catalog_guid *provider, const char *path,
                   const struct catalog_info *infos, uint32_t count);
/* WSCWriteProviderOrder: an exact permutation of all ids, else WSAEINVAL. */
int catalog_reorder(struct catalog *cat, const uint32_t *ids, uint32_t count);

/*
 * Puts a layer over every usable entry for which `wanted` says yes (only the topmost one of equal
 * family, type and protocol is asked), as WSCInstallProviderAndChains does: one hidden layer
 * entry, one chain per lower entry, each with a GUID of its own derived from `provider`, chains
 * first in the order. `service_flags` & CATALOG_XP1_IFS: an IFS layer; it goes beneath layers that
 * are not, and their chains are relinked. *layer_id (if not NULL) gets the hidden entry's id. WSAEINVAL: name or GUID installed already, nothing wanted;
 * WSANO_RECOVERY: a chain would be too long. Where the catalog folds, only for a chain in another installer's form is that possible.
 */
int catalog_install_layer(struct catalog *cat, const struct catalog_guid *provider,
                          const catalog_char *name, const char *path, uint32_t service_flags,
                          bool (*wanted)(const struct catalog_info *lower, void *arg), void *arg,
                          uint32_t *layer_id);
/*
 * Takes a layer out again: its hidden entry, its chains; chains of other layers that lay over its
 * chains are relinked to what lay beneath. WSAEINVAL when there is no such layer.
 */
int catalog_remove_layer(struct catalog *cat, const struct catalog_guid *provider);

/* RFC 4122 version 5 (SHA-1) GUID of `bytes` in the name space `space`: equal input, equal GUID. */
void catalog_guid_derive(const struct catalog_guid *space, const void *bytes, size_t count,
                         struct catalog_guid *out);

#endif
