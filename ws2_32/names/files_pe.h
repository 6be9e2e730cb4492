/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_FILES_PE_H
#define WS2_32_NAMES_FILES_PE_H
/*
 * The database files: fetched once and kept until they change on disk. Whether they did is looked at four times a second at
 * most: it takes longer than a lookup in them.
 */
#include "ws2_32/names/db_file.h"

enum names_file {
    FILE_HOSTS,    /* of the prefix */
    FILE_SERVICES,
    FILE_PROTOCOL,
    FILE_NETWORKS,
    FILE_UNIX_HOSTS, /* of the machine */
    FILE_COUNT,
};

struct file_text {
    long refs;
    struct span text;
    struct hosts_index *hosts; /* of the hosts files; NULL if memory was out */
    char bytes[];
};

/* The file's present text, or NULL if there is none. The caller gives it back with file_put(). */
struct file_text *file_get(enum names_file which);
void file_put(struct file_text *f);

/* Frees what is kept; the next file_get() looks and fetches anew. */
void file_forget_all(void);

/*
 * db_find() in the prefix's file of that kind, or in the built-in one if the prefix has none. *out points into *text,
 * which the caller gives back (it may be NULL). WSANO_DATA if nothing fits.
 */
int file_find(const struct db_query *q, struct db_entry *out, struct file_text **text);

#endif
