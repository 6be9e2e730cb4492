/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_VERIFY_H
#define WS2_CATALOG_VERIFY_H
/*
 * What is wrong with a catalog, named; and mending it. The model's part is pure; records and stored
 * counters are looked at through catalog/reg.h.
 */
#include "catalog/catalog.h"
#include "catalog/records.h"

enum fault_kind {
    /* entries; `id` is the one concerned */
    FAULT_DUPLICATE_ID,
    FAULT_LENGTH,        /* a chain length below 0 or above 7 (`other`) */
    FAULT_MISSING,       /* a chain names an entry that is not there (`other`) */
    FAULT_NO_LAYER,      /* a chain does not begin with a layer's entry */
    FAULT_NO_BASE,       /* a chain does not end in a base protocol, or has one in the middle */
    FAULT_CYCLE,         /* a chain leads back to itself */
    FAULT_TWICE,         /* a chain has the same element twice (`other`) */
    FAULT_PATH,          /* no path, or one without end */
    FAULT_UNUSED_LAYER,  /* a layer's entry that no chain uses */
    FAULT_NO_BASE_AT_ALL, /* the catalog has no base protocol */
    /* records; `id` is the number of the record */
    FAULT_RECORD_SIZE,   /* `other`: its bytes */
    FAULT_RECORD_TYPE,   /* `other`: its registry type */
    FAULT_RECORD_EMPTY,  /* a record without PackedCatalogItem */
    FAULT_RECORD_TEXT,   /* a path or a name without end */
    FAULT_RECORD_ID,     /* an id that an earlier record has (`other`) */
    FAULT_GAP,           /* no record of that number */
    FAULT_FOREIGN_KEY,   /* a key among the records that is none */
    FAULT_COUNTER,       /* Num_Catalog_Entries says `other`, there are `id` */
    FAULT_NEXT_ID,       /* Next_Catalog_Entry_ID is `other`, and entry `id` exists */
    FAULT_UNCOUNTED,     /* the records differ from what programs use, and nothing counted it */
    FAULT_UNFINISHED,    /* note: an edit was interrupted; it is in force, the next one completes it */
    /* records of the name-space catalog; `id` is the number of the record */
    FAULT_NS_PROVIDER,   /* no ProviderId, or one of another size */
    FAULT_NS_TWICE,      /* a provider that an earlier record has */
    FAULT_NS_ALL,        /* it serves no name space of its own */
    FAULT_NS_PATH,       /* no LibraryPath, or one that is no text or too long */
    /* the two widths; notes, since a layer may be built for one only */
    FAULT_ONLY_64,
    FAULT_ONLY_32,
};

struct fault {
    enum fault_kind kind;
    enum records_section section;
    uint32_t id, other;
};

/* `lost`: there was no memory for all of them. */
struct fault_list {
    struct fault *fault; /* owned */
    uint32_t count;
    bool lost;
};

void fault_list_deinit(struct fault_list *list);
void fault_add(struct fault_list *list, enum fault_kind kind, enum records_section section, uint32_t id,
               uint32_t other);
/* Is it worth knowing, and no fault? */
bool fault_is_note(enum fault_kind kind);
/* A word for programs, such as "duplicate-id", and a sentence for people. */
const char *fault_word(enum fault_kind kind);
void fault_text(const struct fault *f, char *text, size_t bytes);

/* Adds what is wrong with `cat`; nothing: every base and chain of it can be used. */
void catalog_verify(const struct catalog *cat, enum records_section section, struct fault_list *list);
/* Notes the layers that only one of the two has. */
void catalog_verify_widths(const struct catalog *cat64, const struct catalog *cat32, struct fault_list *list);
/*
 * Mends what catalog_verify() finds and touches nothing else: drops what cannot work, takes
 * missing elements out of the middle of chains, puts the built-in entries in when there is no base.
 * For store_edit(), which rewrites the records by the way.
 */
int catalog_repair(struct catalog *cat, void *unused);

/* Adds what is wrong with the records of one section. */
int records_verify(struct reg_key *catalog_key, enum records_section section, struct fault_list *list);

#endif
