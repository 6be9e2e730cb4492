/* SPDX-License-Identifier: MIT */
#include "providers/trace/format.h"

#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/wsaerr.h"
#include "providers/trace/names.h"

#define ROW(name, value) { #name, value },
#define TABLE(table, rows) const struct format_name table[] = { rows(ROW) { NULL, 0 } }

TABLE(format_families, NAMES_FAMILIES);
TABLE(format_types, NAMES_TYPES);
TABLE(format_socket_flags, NAMES_SOCKET_FLAGS);
TABLE(format_message_flags, NAMES_MESSAGE_FLAGS);
TABLE(format_events, NAMES_EVENTS);
TABLE(format_poll_events, NAMES_POLL_EVENTS);
TABLE(format_shutdowns, NAMES_SHUTDOWNS);
TABLE(format_leaf_flags, NAMES_LEAF_FLAGS);
TABLE(format_transmit_flags, NAMES_TRANSMIT_FLAGS);
TABLE(format_ioctls, NAMES_IOCTLS);
static TABLE(protocols, NAMES_PROTOCOLS);
static TABLE(levels, NAMES_LEVELS);
static TABLE(options_socket, NAMES_SOL_SOCKET);
static TABLE(options_ip, NAMES_IP);
static TABLE(options_ipv6, NAMES_IPV6);
static TABLE(options_tcp, NAMES_TCP);
static TABLE(options_udp, NAMES_UDP);
static TABLE(extensions, NAMES_EXTENSIONS);

/* Room kept at the end of the line: for what came back, and within that for the duration. */
enum { KEPT_FOR_RESULT = 512, KEPT_FOR_END = 64 };

/* ---- characters ---- */

static void put_char(struct format *f, char c)
{
    if (f->used < f->limit)
        f->text[f->used++] = c;
    else
        f->over = true;
}

static void put(struct format *f, const char *text)
{
    while (*text)
        put_char(f, *text++);
}

static void put_number(struct format *f, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)value);
    put(f, text);
}

static void put_hex(struct format *f, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "0x%llx", (unsigned long long)value);
    put(f, text);
}

static void put_padded(struct format *f, uint32_t value, int digits)
{
    char text[16];

    snprintf(text, sizeof text, "%0*u", digits, value);
    put(f, text);
}

/* Quoted, with the escapes of JSON, which are also plain to read. */
static void put_quoted(struct format *f, const char *text)
{
    static const char digits[] = "0123456789abcdef";

    put_char(f, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            put_char(f, '\\');
            put_char(f, *text);
        } else if (c < ' ') {
            put(f, "\\u00");
            put_char(f, digits[c >> 4]);
            put_char(f, digits[c & 15]);
        } else {
            put_char(f, *text);
        }
    }
    put_char(f, '"');
}

/* ---- arguments: each is written whole or not at all ---- */

static size_t open_argument(struct format *f, const char *key)
{
    size_t mark = f->used;

    f->over = false;
    if (f->json) {
        put(f, f->first ? "\"" : ",\"");
        put(f, key);
        put(f, "\":");
    } else {
        put(f, f->first ? "" : f->returned ? " " : ", ");
        put(f, key);
        put_char(f, '=');
    }
    return mark;
}

static void close_argument(struct format *f, size_t mark)
{
    if (f->over) {
        f->used = mark;
        f->cut = true;
        return;
    }
    f->first = false;
}

/* Words need quotes in JSON only. */
static void quote(struct format *f)
{
    if (f->json)
        put_char(f, '"');
}

void format_number(struct format *f, const char *key, int64_t value)
{
    size_t mark = open_argument(f, key);

    put_number(f, value);
    close_argument(f, mark);
}

void format_hex(struct format *f, const char *key, uint64_t value)
{
    size_t mark = open_argument(f, key);

    quote(f);
    put_hex(f, value);
    quote(f);
    close_argument(f, mark);
}

void format_text(struct format *f, const char *key, const char *value)
{
    size_t mark = open_argument(f, key);

    put_quoted(f, value);
    close_argument(f, mark);
}

void format_word(struct format *f, const char *key, const char *value)
{
    size_t mark = open_argument(f, key);

    quote(f);
    put(f, value);
    quote(f);
    close_argument(f, mark);
}

/* ---- names ---- */

static const char *name_of(const struct format_name *table, uint32_t value)
{
    while (table->name && table->value != value)
        table++;
    return table->name;
}

/* Small numbers read best in decimal, codes in hex. */
static void put_code(struct format *f, uint32_t value)
{
    if (value < 256)
        put_number(f, value);
    else
        put_hex(f, value);
}

void format_name(struct format *f, const char *key, uint32_t value, const struct format_name *table)
{
    const char *name = name_of(table, value);
    size_t mark = open_argument(f, key);

    quote(f);
    if (name)
        put(f, name);
    else
        put_code(f, value);
    quote(f);
    close_argument(f, mark);
}

static void put_flags(struct format *f, uint32_t value, const struct format_name *table)
{
    bool any = false;

    for (; table->name; table++)
        if ((value & table->value) == table->value) {
            put(f, any ? "|" : "");
            put(f, table->name);
            value &= ~table->value;
            any = true;
        }
    if (value || !any) {
        put(f, any ? "|" : "");
        if (value)
            put_hex(f, value);
        else
            put_char(f, '0');
    }
}

void format_flags(struct format *f, const char *key, uint32_t value,
                  const struct format_name *table)
{
    size_t mark = open_argument(f, key);

    quote(f);
    put_flags(f, value, table);
    quote(f);
    close_argument(f, mark);
}

void format_protocol(struct format *f, const char *key, int family, int protocol)
{
    static const struct format_name none[] = { { NULL, 0 } };
    bool ip = family == ADDR_INET || family == ADDR_INET6;

    format_name(f, key, (uint32_t)protocol, ip && protocol ? protocols : none);
}

void format_option(struct format *f, int level, int option)
{
    static const struct format_name none[] = { { NULL, 0 } };
    static const struct {
        uint32_t level;
        const struct format_name *table;
    } by_level[] = {
        { 0xffff, options_socket }, { 0, options_ip },   { 6, options_tcp },
        { 17, options_udp },        { 41, options_ipv6 },
    };
    const struct format_name *table = none;

    for (size_t i = 0; i < sizeof by_level / sizeof *by_level; i++)
        if (by_level[i].level == (uint32_t)level)
            table = by_level[i].table;
    format_name(f, "level", (uint32_t)level, levels);
    format_name(f, "option", (uint32_t)option, table);
}

void format_extension(struct format *f, const char *key, const uint8_t guid[16])
{
    uint32_t data1 = guid[0] | guid[1] << 8 | guid[2] << 16 | (uint32_t)guid[3] << 24;
    const char *name = name_of(extensions, data1);
    char text[40];

    if (!name) {
        snprintf(text, sizeof text,
                 "%08x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", (unsigned)data1,
                 guid[5], guid[4], guid[7], guid[6], guid[8], guid[9], guid[10], guid[11],
                 guid[12], guid[13], guid[14], guid[15]);
        name = text;
    }
    format_word(f, key, name);
}

/* ---- addresses, data, sets ---- */

void format_address(struct format *f, const char *key, const void *sockaddr, size_t bytes)
{
    char text[ADDR_TEXT_CHARS];
    uint16_t family = 0;

    if (addr_format(sockaddr, bytes, text)) {
        format_word(f, key, text);
        return;
    }
    if (bytes >= sizeof family)
        memcpy(&family, sockaddr, sizeof family);
    snprintf(text, sizeof text, "family %u, %u bytes", family, (unsigned)bytes);
    format_word(f, key, text);
}

void format_data(struct format *f, const char *key, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    size_t mark = open_argument(f, key);
    char digits[4];

    quote(f);
    for (size_t i = 0; i < bytes; i++) {
        snprintf(digits, sizeof digits, "%02x", at[i]);
        put(f, digits);
    }
    quote(f);
    close_argument(f, mark);
}

void format_handles(struct format *f, const char *key, const struct format_handle *handle,
                    size_t shown, size_t count, const struct format_name *table)
{
    size_t mark = open_argument(f, key);

    quote(f);
    put_char(f, '{');
    for (size_t i = 0; i < shown; i++) {
        put(f, i ? "," : "");
        put_hex(f, handle[i].handle);
        if (table) {
            put_char(f, ':');
            put_flags(f, handle[i].events, table);
        }
    }
    if (count > shown) {
        put(f, shown ? ",+" : "+");
        put_number(f, (int64_t)(count - shown));
    }
    put_char(f, '}');
    quote(f);
    close_argument(f, mark);
}

/* ---- the line ---- */

/* Days since 1601-01-01, which begins a 400-year cycle of the Gregorian calendar, to year, month, day. */
static void put_date(struct format *f, uint64_t days)
{
    static const uint8_t month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    uint32_t year = 1601 + (uint32_t)(days / 146097) * 400, month = 0;

    for (days %= 146097;; year++) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

        if (days < 365u + leap) {
            uint32_t length;

            while (days >= (length = month_days[month] + (month == 1 && leap))) {
                days -= length;
                month++;
            }
            break;
        }
        days -= 365u + leap;
    }
    put_padded(f, year, 4);
    put_char(f, '-');
    put_padded(f, month + 1, 2);
    put_char(f, '-');
    put_padded(f, (uint32_t)days + 1, 2);
}

static void put_time(struct format *f, uint64_t time)
{
    uint64_t us = time / 10;
    uint32_t seconds = (uint32_t)(us / 1000000 % 86400);

    if (f->json) {
        put_date(f, us / 1000000 / 86400);
        put_char(f, 'T');
    }
    put_padded(f, seconds / 3600, 2);
    put_char(f, ':');
    put_padded(f, seconds / 60 % 60, 2);
    put_char(f, ':');
    put_padded(f, seconds % 60, 2);
    put_char(f, '.');
    put_padded(f, (uint32_t)(us % 1000000), 6);
}

void format_begin(struct format *f, bool json, uint64_t time, uint32_t process, uint32_t thread,
                  const char *layer, const char *call)
{
    f->used = 0;
    f->limit = FORMAT_BYTES - KEPT_FOR_RESULT;
    f->json = json;
    f->over = f->cut = f->returned = false;
    f->first = true;

    put(f, json ? "{\"time\":\"" : "");
    put_time(f, time);
    put(f, json ? "\",\"pid\":" : " ");
    put_number(f, process);
    put(f, json ? ",\"tid\":" : ":");
    put_number(f, thread);
    put(f, json ? ",\"layer\":\"" : " ");
    put(f, layer);
    put(f, json ? "\",\"call\":\"" : " ");
    put(f, call);
    put(f, json ? "\",\"args\":{" : "(");
}

static void put_error(struct format *f, int err)
{
    const char *name = wsaerr_name(err);

    if (name)
        put(f, name);
    else
        put_number(f, err);
}

void format_result(struct format *f, int64_t value, bool is_handle, int err)
{
    f->limit = FORMAT_BYTES - KEPT_FOR_END;
    put(f, f->json ? "},\"result\":" : ") = ");
    if (err) {
        put(f, f->json ? "-1,\"error\":\"" : "");
        put_error(f, err);
        put(f, f->json ? "\"" : "");
    } else if (is_handle) {
        quote(f);
        put_hex(f, (uint64_t)value);
        quote(f);
    } else {
        put_number(f, value);
    }
    put(f, f->json ? ",\"out\":{" : "");
    f->returned = true;
    f->first = f->json;
}

size_t format_end(struct format *f, uint64_t microseconds)
{
    f->limit = FORMAT_BYTES;
    put(f, f->json ? "},\"us\":" : " (");
    put_number(f, (int64_t)microseconds);
    put(f, f->json ? "" : " us)");
    if (f->cut)
        put(f, f->json ? ",\"cut\":true" : " ...");
    put(f, f->json ? "}\n" : "\n");
    f->text[f->used] = 0;
    return f->used;
}
