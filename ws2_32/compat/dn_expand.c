/* SPDX-License-Identifier: MIT */
#include "ws2_32/compat/dn_expand.h"

#include <stdbool.h>

/* RFC 1035 section 4.1.4: two high bits of a length byte tell a pointer. */
enum { POINTER = 0xc0, TYPE_BITS = 0xc0 };

struct out {
    char *text;
    size_t bytes, used;
};

static bool put(struct out *o, char ch)
{
    if (o->used >= o->bytes)
        return false;
    o->text[o->used++] = ch;
    return true;
}

/* Dots and backslashes in a label are escaped, other unprintable bytes as three decimal digits (RFC 1035 5.1). */
static bool put_label_byte(struct out *o, uint8_t b)
{
    if (b == '.' || b == '\\')
        return put(o, '\\') && put(o, (char)b);
    if (b > ' ' && b < 0x7f)
        return put(o, (char)b);
    return put(o, '\\') && put(o, (char)('0' + b / 100)) && put(o, (char)('0' + b / 10 % 10)) &&
           put(o, (char)('0' + b % 10));
}

/* Ends: a pointer must aim below the place the last jump came to, so there are fewer jumps than bytes. */
int dn_expand_text(const uint8_t *msg, size_t msg_bytes, size_t at, char *text, size_t text_bytes)
{
    struct out o = {text, text_bytes, 0};
    size_t start = at, lowest = at;
    int taken = -1;

    while (at < msg_bytes) {
        uint8_t len = msg[at];

        if ((len & TYPE_BITS) == POINTER) {
            if (at + 1 >= msg_bytes)
                return -1;
            if (taken < 0)
                taken = (int)(at + 2 - start);
            at = (size_t)(len & ~TYPE_BITS) << 8 | msg[at + 1];
            if (at >= lowest)
                return -1;
            lowest = at;
            continue;
        }
        if (len & TYPE_BITS)
            return -1;
        at++;
        if (!len) {
            if (!put(&o, 0))
                return -1;
            return taken < 0 ? (int)(at - start) : taken;
        }
        if (o.used && !put(&o, '.'))
            return -1;
        for (; len; len--)
            if (at >= msg_bytes || !put_label_byte(&o, msg[at++]))
                return -1;
    }
    return -1;
}
