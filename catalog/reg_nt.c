/* SPDX-License-Identifier: MIT */
/*
 * The calls that every start of a program makes, as one request each: the Win32 functions around
 * them ask twice for a long value, and open the root before the key.
 */
#include "catalog/reg.h"

#define WIN32_NO_STATUS
#include <winsock2.h>
#undef WIN32_NO_STATUS
#include <ntstatus.h>
#include <winternl.h>

#include <stdlib.h>
#include <string.h>

#include "base/wsaerr.h"

/* winternl.h lacks them. */
struct value_information { /* KEY_VALUE_PARTIAL_INFORMATION */
    ULONG title, type, bytes;
    UCHAR data[];
};
struct key_information { /* KEY_BASIC_INFORMATION */
    LARGE_INTEGER written;
    ULONG title, name_bytes;
    WCHAR name[256]; /* the longest there can be */
};
enum { VALUE_PARTIAL = 2, KEY_BASIC = 0, PATH_CHARS = 192 };
NTSTATUS NTAPI NtOpenKey(HANDLE *key, ACCESS_MASK access, OBJECT_ATTRIBUTES *attributes);
NTSTATUS NTAPI NtQueryValueKey(HANDLE key, UNICODE_STRING *name, int what, void *information, ULONG bytes, ULONG *needed);
NTSTATUS NTAPI NtEnumerateKey(HANDLE key, ULONG index, int what, void *information, ULONG bytes, ULONG *needed);
WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR c);

static int err_from_ntstatus(NTSTATUS status)
{
    switch (status) {
    case STATUS_SUCCESS:
        return 0;
    case STATUS_OBJECT_NAME_NOT_FOUND:
    case STATUS_OBJECT_PATH_NOT_FOUND:
    case STATUS_NO_MORE_ENTRIES:
    case STATUS_KEY_DELETED:
        return WSANO_DATA;
    case STATUS_ACCESS_DENIED:
        return WSAEACCES;
    case STATUS_BUFFER_OVERFLOW:
    case STATUS_BUFFER_TOO_SMALL:
        return WSAEMSGSIZE;
    case STATUS_NO_MEMORY:
        return WSA_NOT_ENOUGH_MEMORY;
    }
    return WSANO_RECOVERY;
}

/* ASCII by contract. False: too long. */
static BOOL widen(const char *prefix, const char *text, WCHAR wide[PATH_CHARS], UNICODE_STRING *name)
{
    size_t chars = 0;

    for (; *prefix; prefix++)
        wide[chars++] = (unsigned char)*prefix;
    for (; *text && chars < PATH_CHARS; text++)
        wide[chars++] = (unsigned char)*text;
    *name = (UNICODE_STRING){(USHORT)(chars * 2), (USHORT)(chars * 2), wide};
    return !*text;
}

int reg_open(struct reg_key *parent, const char *path, struct reg_key **out)
{
    WCHAR wide[PATH_CHARS];
    UNICODE_STRING name;
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;
    int err;

    if (!widen(parent ? "" : "\\Registry\\Machine\\", path, wide, &name))
        return WSANO_RECOVERY;
    InitializeObjectAttributes(&attributes, &name, OBJ_CASE_INSENSITIVE, (HANDLE)(void *)parent, NULL);
    err = err_from_ntstatus(NtOpenKey(&key, KEY_READ, &attributes));
    if (!err)
        *out = (struct reg_key *)(void *)key;
    return err;
}

int reg_get(struct reg_key *key, const char *name, uint32_t *type, void *data, size_t capacity,
            size_t *bytes)
{
    struct value_information *value = malloc(sizeof *value + capacity);
    WCHAR wide[PATH_CHARS];
    UNICODE_STRING text;
    ULONG needed = 0;
    int err = WSA_NOT_ENOUGH_MEMORY;

    if (value)
        err = widen("", name, wide, &text)
                  ? err_from_ntstatus(NtQueryValueKey((HANDLE)(void *)key, &text, VALUE_PARTIAL, value,
                                                      (ULONG)(sizeof *value + capacity), &needed))
                  : WSANO_RECOVERY;
    if (!err || err == WSAEMSGSIZE) {
        *type = value->type;
        *bytes = needed - offsetof(struct value_information, data);
    }
    if (!err)
        memcpy(data, value->data, *bytes);
    free(value);
    return err;
}

int reg_child(struct reg_key *key, uint32_t index, char name[REG_NAME_CHARS], uint64_t *written)
{
    struct key_information child;
    ULONG needed, chars, i;
    int err = err_from_ntstatus(NtEnumerateKey((HANDLE)(void *)key, index, KEY_BASIC, &child, sizeof child, &needed));

    if (err)
        return err;
    chars = child.name_bytes / sizeof child.name[0];
    for (i = 0; i < chars && i < REG_NAME_CHARS - 1 && child.name[i] < 128; i++)
        name[i] = (char)child.name[i];
    name[i == chars ? i : 0] = 0;
    *written = (uint64_t)child.written.QuadPart;
    return 0;
}

uint16_t reg_upcase(uint16_t c)
{
    return RtlUpcaseUnicodeChar(c);
}
