/* SPDX-License-Identifier: MIT */
#include "providers/tap/pcapng.h"

#include <string.h>

#include "providers/tap/packet.h"

enum {
    BLOCK_SECTION = 0x0A0D0D0A,
    BLOCK_INTERFACE = 1,
    BLOCK_NAMES = 4,
    BLOCK_PACKET = 6,
    LINKTYPE_RAW = 101,
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    SECTION_OS = 3,
    SECTION_APPLICATION = 4,
    INTERFACE_NAME = 2,
    INTERFACE_DESCRIPTION = 3,
    INTERFACE_RESOLUTION = 9,
    PACKET_FLAGS = 2,
    RECORD_IPV4 = 1,
    RECORD_IPV6 = 2,
};

static void put(struct blocks *b, const void *data, size_t bytes)
{
    static const uint8_t padding[4];
    size_t pad = -bytes & 3;

    if (b->full || b->room - b->bytes < bytes + pad) {
        b->full = true;
        return;
    }
    if (bytes)
        memcpy(b->at + b->bytes, data, bytes);
    memcpy(b->at + b->bytes + bytes, padding, pad);
    b->bytes += bytes + pad;
}

static void put32(struct blocks *b, uint32_t value)
{
    put(b, &value, sizeof value);
}

/* Of all options and records: code and length, and the value padded. */
static void put_option(struct blocks *b, unsigned code, const void *value, size_t bytes)
{
    uint16_t head[2] = { (uint16_t)code, (uint16_t)bytes };

    put(b, head, sizeof head);
    put(b, value, bytes);
}

static void put_text(struct blocks *b, unsigned code, const char *text)
{
    size_t bytes = text ? strlen(text) : 0;

    if (bytes)
        put_option(b, code, text, bytes < 65535 ? bytes : 65535);
}

static size_t begin(struct blocks *b, uint32_t type)
{
    size_t start = b->bytes;

    put32(b, type);
    put32(b, 0);
    return start;
}

static void end(struct blocks *b, size_t start)
{
    uint32_t bytes = (uint32_t)(b->bytes - start + sizeof bytes);

    put32(b, bytes);
    if (b->full)
        b->bytes = start;
    else
        memcpy(b->at + start + 4, &bytes, sizeof bytes);
}

void pcapng_section(struct blocks *b, const char *os, const char *application, const char *comment)
{
    static const uint16_t version[2] = { 1, 0 };
    size_t start = begin(b, BLOCK_SECTION);

    put32(b, 0x1A2B3C4D);
    put(b, version, sizeof version);
    put32(b, UINT32_MAX); /* the section's length: not known */
    put32(b, UINT32_MAX);
    put_text(b, SECTION_OS, os);
    put_text(b, SECTION_APPLICATION, application);
    put_text(b, OPTION_COMMENT, comment);
    put_option(b, OPTION_END, NULL, 0);
    end(b, start);
}

void pcapng_interface(struct blocks *b, const char *name, const char *description, uint32_t snap)
{
    static const uint16_t link[2] = { LINKTYPE_RAW, 0 };
    static const uint8_t nanoseconds = 9;
    size_t start = begin(b, BLOCK_INTERFACE);

    put(b, link, sizeof link);
    put32(b, snap);
    put_text(b, INTERFACE_NAME, name);
    put_text(b, INTERFACE_DESCRIPTION, description);
    put_option(b, INTERFACE_RESOLUTION, &nanoseconds, sizeof nanoseconds);
    put_option(b, OPTION_END, NULL, 0);
    end(b, start);
}

void pcapng_packet(struct blocks *b, uint64_t time, const uint8_t *packet, size_t kept, size_t bytes,
                   bool inbound, const char *note)
{
    uint32_t flags = inbound ? 1 : 2;
    size_t start = begin(b, BLOCK_PACKET);

    put32(b, 0); /* the interface */
    put32(b, (uint32_t)(time >> 32));
    put32(b, (uint32_t)time);
    put32(b, (uint32_t)kept);
    put32(b, (uint32_t)bytes);
    put(b, packet, kept);
    put_option(b, PACKET_FLAGS, &flags, sizeof flags);
    put_text(b, OPTION_COMMENT, note);
    put_option(b, OPTION_END, NULL, 0);
    end(b, start);
}

void pcapng_name(struct blocks *b, const struct end *e, const char *name)
{
    uint8_t record[16 + 256];
    size_t address = e->version == 4 ? 4 : 16, text = strlen(name) + 1;
    size_t start;

    if (text > 256)
        return;
    memcpy(record, e->ip, address);
    memcpy(record + address, name, text);
    start = begin(b, BLOCK_NAMES);
    put_option(b, e->version == 4 ? RECORD_IPV4 : RECORD_IPV6, record, address + text);
    put_option(b, OPTION_END, NULL, 0);
    end(b, start);
}
