/* SPDX-License-Identifier: MIT */
#include "catalog/wsctl/names.h"

#include <stdio.h>
#include <string.h>

#include "catalog/unfold.h"

struct named {
    int32_t number;
    const char *text;
};

static const struct named families[] = {{1, "unix"},  {2, "ipv4"},  {17, "netbios"},
                                        {23, "ipv6"}, {26, "irda"}, {32, "bluetooth"}};
static const struct named types[] = {
    {1, "stream"}, {2, "dgram"}, {3, "raw"}, {4, "rdm"}, {5, "seqpacket"}};
static const struct named protocols[] = {{6, "tcp"}, {17, "udp"}};

#define WORD(table, number, text) word(table, sizeof table / sizeof table[0], number, text)

static const char *word(const struct named *row, size_t count, int32_t number, char text[16])
{
    for (size_t i = 0; i < count; i++)
        if (row[i].number == number)
            return row[i].text;
    snprintf(text, 16, "%d", (int)number);
    return text;
}

const char *kind_word(const struct catalog_entry *e)
{
    if (e->info.chain_len == CATALOG_LAYER)
        return "layer";
    if (e->info.chain_len == CATALOG_BASE)
        return "base";
    return e->info.chain_len > 0 && e->info.chain_len <= CATALOG_CHAIN_MAX ? "chain" : "damaged";
}

/* "ipv4/stream/tcp", or "-" for a layer's hidden entry, which serves no calls itself. */
static void triple_text(const struct catalog_info *info, char text[64])
{
    char family[16], type[16], protocol[16];

    if (info->chain_len == CATALOG_LAYER)
        snprintf(text, 64, "-");
    else if (info->protocol_max_offset)
        snprintf(text, 64, "%s/%s/%d-%lld", WORD(families, info->family, family),
                 WORD(types, info->type, type), (int)info->protocol,
                 (long long)info->protocol + info->protocol_max_offset);
    else
        snprintf(text, 64, "%s/%s/%s", WORD(families, info->family, family),
                 WORD(types, info->type, type), WORD(protocols, info->protocol, protocol));
}

static size_t append(char *text, size_t at, const char *more)
{
    size_t bytes = strlen(more);

    if (at + bytes >= CHAIN_BYTES)
        return at;
    memcpy(text + at, more, bytes + 1);
    return at + bytes;
}

void chain_text(const struct catalog *cat, const struct catalog_entry *e,
                       char text[CHAIN_BYTES])
{
    char name[TEXT_BYTES], id[16];
    uint32_t way[CATALOG_DEEP];
    int32_t count = catalog_way(cat, &e->info, way);
    size_t at = 0;

    text[0] = 0;
    for (int32_t i = 0; i < count; i++) {
        const struct catalog_entry *element = catalog_find_id(cat, way[i]);

        snprintf(id, sizeof id, "%s%u", i ? " -> " : "", way[i]);
        at = append(text, at, id);
        if (element && element->info.chain_len > 1 && element->info.chain_len <= CATALOG_CHAIN_MAX)
            element = catalog_find_id(cat, element->info.chain[0]); /* a chain stands for its layer */
        utf8_text(element ? element->info.name : L"(missing)", name);
        at = append(text, at, " ");
        at = append(text, at, name);
    }
    if (e->info.chain_len != CATALOG_LAYER && !catalog_usable(cat, e))
        at = append(text, at, at ? " (unusable)" : "(unusable)");
    if (!at)
        append(text, at, "-");
}

/* Of a terminal: wide letters take two, and bytes that continue a letter none. */
int text_columns(const char *text)
{
    int columns = 0;

    for (; *text; text++) {
        unsigned c = (unsigned char)*text;

        columns += (c & 0xC0) != 0x80;
        columns += c >= 0xE3 && c < 0xED; /* U+3000 to U+CFFF, nearly all of CJK */
    }
    return columns;
}

/* For printf, which counts bytes. */
static int pad(int width, const char *text)
{
    return width + (int)strlen(text) - text_columns(text);
}

static void print_entry(const struct catalog *cat, const struct catalog_entry *e, const int width[4])
{
    char name[TEXT_BYTES], path[TEXT_BYTES], triple[64], chain[CHAIN_BYTES];

    utf8_text(e->info.name, name);
    path_text(e->path, path);
    triple_text(&e->info, triple);
    chain_text(cat, e, chain);
    printf("%-*u  %-7s  %-*s  %-*s  %-*s  %s\n", width[0], e->info.id, kind_word(e), pad(width[1], name), name,
           width[2], triple, pad(width[3], path), path, chain);
}

static int wider(int width, int text)
{
    return text > width ? text : width;
}

static void print_table(const struct catalog *cat)
{
    int width[4] = {4, 4, 8, 3};
    char text[TEXT_BYTES];

    for (uint32_t i = 0; i < cat->count; i++) {
        width[0] = wider(width[0], snprintf(text, sizeof text, "%u", cat->entry[i].info.id));
        utf8_text(cat->entry[i].info.name, text);
        width[1] = wider(width[1], text_columns(text));
        triple_text(&cat->entry[i].info, text);
        width[2] = wider(width[2], (int)strlen(text));
        path_text(cat->entry[i].path, text);
        width[3] = wider(width[3], text_columns(text));
    }
    printf("%-*s  %-7s  %-*s  %-*s  %-*s  CHAIN\n", width[0], "ID", "KIND", width[1], "NAME",
           width[2], "PROTOCOL", width[3], "DLL");
    for (uint32_t i = 0; i < cat->count; i++)
        print_entry(cat, &cat->entry[i], width);
}

static void print_object(const struct catalog *cat, const struct catalog_entry *e)
{
    const struct catalog_info *info = &e->info;
    char text[TEXT_BYTES];

    printf("  {\"id\": %u, \"kind\": \"%s\", \"name\": ", info->id, kind_word(e));
    utf8_text(info->name, text);
    print_json_string(text);
    guid_text(&info->provider, text);
    printf(", \"provider\": \"%s\", \"family\": %d, \"type\": %d, \"protocol\": %d, ", text,
           (int)info->family, (int)info->type, (int)info->protocol);
    printf("\"protocol_max_offset\": %d, \"service_flags\": %u, \"provider_flags\": %u, ",
           (int)info->protocol_max_offset, info->service_flags[0], info->provider_flags);
    printf("\"chain\": [");
    for (int32_t i = 0; info->chain_len > 1 && info->chain_len <= CATALOG_CHAIN_MAX && i < info->chain_len;
         i++)
        printf("%s%u", i ? ", " : "", info->chain[i]);
    printf("], \"usable\": %s, \"path\": ", catalog_usable(cat, e) ? "true" : "false");
    path_text(e->path, text);
    print_json_string(text);
    printf("}");
}

static void print_json(const struct catalog *cat)
{
    printf("[");
    for (uint32_t i = 0; i < cat->count; i++) {
        printf(i ? ",\n" : "\n");
        print_object(cat, &cat->entry[i]);
    }
    printf("\n]\n");
}

/* As `netsh winsock show catalog` prints it, since people paste that into their questions. */
static void print_netsh(const struct catalog *cat)
{
    for (uint32_t i = 0; i < cat->count; i++) {
        const struct catalog_entry *e = &cat->entry[i];
        const struct catalog_info *info = &e->info;
        char name[TEXT_BYTES], path[TEXT_BYTES], guid[GUID_BYTES];

        utf8_text(info->name, name);
        path_text(e->path, path);
        guid_text(&info->provider, guid);
        printf("\nWinsock Catalog Provider Entry\n"
               "------------------------------------------------------\n");
        printf("Entry Type:                         %s\n",
               info->chain_len == CATALOG_BASE ? "Base Service Provider" : "Layered Chain Entry");
        printf("Description:                        %s\n", name);
        printf("Provider ID:                        %s\n", guid);
        printf("Provider Path:                      %s\n", path);
        printf("Catalog Entry ID:                   %u\n", info->id);
        printf("Version:                            %d\n", (int)info->version);
        printf("Address Family:                     %d\n", (int)info->family);
        printf("Max Address Length:                 %d\n", (int)info->max_addr);
        printf("Min Address Length:                 %d\n", (int)info->min_addr);
        printf("Socket Type:                        %d\n", (int)info->type);
        printf("Protocol:                           %d\n", (int)info->protocol);
        printf("Service Flags:                      0x%X\n", info->service_flags[0]);
        printf("Protocol Chain Length:              %d\n", (int)info->chain_len);
        if (info->chain_len > 1 && info->chain_len <= CATALOG_CHAIN_MAX) {
            printf("Protocol Chain: ");
            for (int32_t c = 0; c < info->chain_len; c++)
                printf("%s%u", c ? " : " : "", info->chain[c]);
            printf("\n");
        }
    }
}

/* Protocols, then name spaces; as JSON one of the two, since each is one array. */
int list_command(int argc, char **argv)
{
    enum store_width width = take_flag(&argc, argv, "--32") ? STORE_32 : STORE_NATIVE;
    bool netsh = take_flag(&argc, argv, "--netsh"), json = take_flag(&argc, argv, "--json");
    bool names = take_flag(&argc, argv, "--namespaces"), only_protocols = take_flag(&argc, argv, "--protocols");
    enum list_form form = netsh ? LIST_NETSH : json ? LIST_JSON : LIST_TABLE;
    struct catalog cat;
    int err;

    if (argc || (netsh && json) || (names && only_protocols))
        return WSCTL_USAGE;
    if (names)
        return names_list(width, form);
    err = store_read(width, &cat);
    if (err)
        return complain_store("read the catalog", err);
    if (netsh)
        print_netsh(&cat);
    else if (json)
        print_json(&cat);
    else
        print_table(&cat);
    catalog_deinit(&cat);
    if (only_protocols || json)
        return WSCTL_OK;
    if (!netsh)
        printf("\n");
    return names_list(width, form);
}
