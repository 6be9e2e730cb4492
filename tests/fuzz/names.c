/* SPDX-License-Identifier: MIT */
/* The readers of the database files and of DNS names: whatever the bytes, they stay inside them and come to an end. */
#include <stdlib.h>
#include <string.h>

#include "ws2_32/compat/dn_expand.h"
#include "ws2_32/names/db_file.h"
#include "ws2_32/names/hosts_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check(int ok)
{
    if (!ok)
        abort();
}

static void hosts(struct span text, const char *name)
{
    struct answer a = {0}, b = {0};
    struct name_addr addr;

    struct hosts_index *ix = hosts_index_new(text);

    check(ix != NULL);
    if (!hosts_find_name(text, name, &a)) {
        check(!hosts_index_find_name(ix, text, name, &b) && b.addr_count == a.addr_count &&
              b.alias_count == a.alias_count);
        answer_free(&b);
        check(a.canon && a.addr_count && a.addr_count <= ANSWER_MAX && a.alias_count <= ANSWER_MAX);
        if (!hosts_find_addr(text, &a.addr[0], &b)) /* what the file says of a name it says of the address */
            answer_free(&b);
        else
            abort();
        answer_free(&a);
    } else {
        check(hosts_index_find_name(ix, text, name, &b));
    }
    hosts_index_free(ix);
    if (name_addr_parse(text, &addr) && !hosts_find_addr(text, &addr, &a))
        answer_free(&a);
}

static void databases(struct span text, const char *name)
{
    for (int kind = DB_SERVICES; kind <= DB_NETWORKS; kind++) {
        struct db_query q = {(enum db_kind)kind, name, 0, NULL};
        struct db_entry e;
        struct span word;

        if (!db_find(text, &q, &e))
            continue;
        check(e.name.at >= text.at && e.name.at + e.name.chars <= text.at + text.chars);
        check(e.aliases.at + e.aliases.chars <= text.at + text.chars);
        while (lines_word(&e.aliases, &word))
            check(word.chars);
        q.name = NULL;
        q.number = e.number;
        check(db_find(text, &q, &e));
    }
}

/* The first word of the text is what is looked for in it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct span text = {(const char *)data, bytes}, rest = text, line, word;
    char name[64] = "", expanded[256];

    if (lines_next(&rest, &line) && lines_word(&line, &word) && word.chars < sizeof name)
        memcpy(name, word.at, word.chars);
    hosts(text, name);
    databases(text, name);
    for (size_t at = 0; at < bytes && at < 64; at++) {
        int taken = dn_expand_text(data, bytes, at, expanded, sizeof expanded);

        check(taken < 0 || at + (size_t)taken <= bytes);
    }
    return 0;
}
