/* SPDX-License-Identifier: MIT */
#include "namespace/dns/config.h"

#include <string.h>

static const char separators[] = " ,;\t\r\n";

/* The next item of the list, cut off at `cap`; false at the end. */
static bool next_item(const char **list, char *item, size_t cap)
{
    size_t chars;

    *list += strspn(*list, separators);
    chars = strcspn(*list, separators);
    if (!chars)
        return false;
    memcpy(item, *list, chars < cap ? chars : cap - 1);
    item[chars < cap ? chars : cap - 1] = 0;
    *list += chars;
    return true;
}

void dns_config_add_servers(struct dns_config *c, const char *list)
{
    char item[80];

    while (c->servers < DNS_SERVERS_MAX && next_item(&list, item, sizeof item))
        if (dns_server_parse(item, &c->server[c->servers]))
            c->servers++;
}

void dns_config_add_search(struct dns_config *c, const char *list)
{
    struct dns_name name;
    char item[sizeof c->search[0]];

    while (c->searches < DNS_SEARCH_MAX && next_item(&list, item, sizeof item)) {
        char *suffix = item + (*item == '.'); /* ".example.com" is written too */

        if (*suffix && dns_name_parse(suffix, &name) && name.len > 1)
            strcpy(c->search[c->searches++], suffix);
    }
}
