/* SPDX-License-Identifier: MIT */
/*
 * The catalog of a fresh system: TCP, UDP and raw IP, for IPv4 and IPv6. GUIDs, names, numbers and
 * flags are Windows' own (spi.md 2.3), because programs and installers compare them; only the path
 * is ours.
 */
#include "catalog/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"
#include "catalog/name.h"

/* {E70F1AA0-AB8B-11CF-8CA3-00805F48A192}, {F9EAB0C0-26D4-11D0-BBBF-00AA006C34E4} */
static const struct catalog_guid ip4 = {{0xA0, 0x1A, 0x0F, 0xE7, 0x8B, 0xAB, 0xCF, 0x11, 0x8C, 0xA3,
                                         0x00, 0x80, 0x5F, 0x48, 0xA1, 0x92}};
static const struct catalog_guid ip6 = {{0xC0, 0xB0, 0xEA, 0xF9, 0xD4, 0x26, 0xD0, 0x11, 0xBB, 0xBF,
                                         0x00, 0xAA, 0x00, 0x6C, 0x34, 0xE4}};

enum { STREAM_FLAGS = 0x20066, DATAGRAM_FLAGS = 0x20609, UDP_MESSAGE_BYTES = 0xFFF7 };

static const struct {
    const char *name;
    const struct catalog_guid *provider;
    uint32_t service_flags, provider_flags, message_size;
    int32_t family, addr_bytes, type, protocol, protocol_max_offset;
} rows[] = {
    {"MSAFD Tcpip [TCP/IP]", &ip4, STREAM_FLAGS, 0x8, 0, 2, 16, 1, 6, 0},
    {"MSAFD Tcpip [UDP/IP]", &ip4, DATAGRAM_FLAGS, 0x8, UDP_MESSAGE_BYTES, 2, 16, 2, 17, 0},
    {"MSAFD Tcpip [RAW/IP]", &ip4, DATAGRAM_FLAGS, 0xC, UDP_MESSAGE_BYTES, 2, 16, 3, 0, 255},
    {"MSAFD Tcpip [TCP/IPv6]", &ip6, STREAM_FLAGS, 0x8, 0, 23, 28, 1, 6, 0},
    {"MSAFD Tcpip [UDP/IPv6]", &ip6, DATAGRAM_FLAGS, 0x8, UDP_MESSAGE_BYTES, 23, 28, 2, 17, 0},
    {"MSAFD Tcpip [RAW/IPv6]", &ip6, DATAGRAM_FLAGS, 0xC, UDP_MESSAGE_BYTES, 23, 28, 3, 0, 255},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void fill(struct catalog_entry *e, size_t row, const char *base_path)
{
    struct catalog_info *info = &e->info;

    memcpy(e->path, base_path, strlen(base_path) + 1);
    info->service_flags[0] = rows[row].service_flags;
    info->provider_flags = rows[row].provider_flags;
    info->provider = *rows[row].provider;
    info->id = CATALOG_FIRST_ID + (uint32_t)row;
    info->chain_len = CATALOG_BASE;
    info->version = 2;
    info->family = rows[row].family;
    info->max_addr = info->min_addr = rows[row].addr_bytes;
    info->type = rows[row].type;
    info->protocol = rows[row].protocol;
    info->protocol_max_offset = rows[row].protocol_max_offset;
    info->message_size = rows[row].message_size;
    name_append_ascii(info->name, rows[row].name);
}

int catalog_defaults(struct catalog *cat, const char *base_path)
{
    if (strlen(base_path) >= CATALOG_PATH_BYTES)
        return WSAEINVAL;
    cat->entry = calloc(ROWS, sizeof *cat->entry);
    if (!cat->entry)
        return WSA_NOT_ENOUGH_MEMORY;
    for (size_t i = 0; i < ROWS; i++)
        fill(&cat->entry[i], i, base_path);
    cat->count = ROWS;
    cat->next_id = CATALOG_FIRST_ID + ROWS;
    return 0;
}
