/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/files_pe.h"

#include <winsock2.h>
#include <windows.h>
#include <stdlib.h>
#include <string.h>

#include "base/lock.h"
#include "ws2_32/names/hosts_file.h"

enum { FILE_BYTES_MAX = 64 << 20 }; /* lists of blocked names in hosts files reach several megabytes */
enum { FRESH_MS = 250 };

static struct lock lock; /* shared by the lookups, which then do not wait for each other */
static struct {
    FILETIME written;
    DWORD bytes;
    struct file_text *text;
    bool looked;     /* at all */
    DWORD looked_at; /* of GetTickCount; also changed by one of those who share the lock: then it is that one's turn */
} cache[FILE_COUNT]; /* guarded by lock */

/* HKLM\…\Tcpip\Parameters, DataBasePath; asked once. "" if it cannot be had. */
static const wchar_t *directory(void)
{
    static wchar_t path[MAX_PATH];
    static LONG ready;
    wchar_t raw[MAX_PATH], full[MAX_PATH];
    DWORD bytes = sizeof raw;

    if (__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
        return path;
    if (RegGetValueW(HKEY_LOCAL_MACHINE, L"System\\CurrentControlSet\\Services\\Tcpip\\Parameters", L"DataBasePath",
                     RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_NOEXPAND, NULL, raw, &bytes))
        wcscpy(raw, L"%SystemRoot%\\system32\\drivers\\etc");
    if (!ExpandEnvironmentStringsW(raw, full, MAX_PATH) || wcslen(full) > MAX_PATH - 12)
        full[0] = 0;
    lock_take(&lock);
    wcscpy(path, full);
    lock_drop(&lock);
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    return path;
}

static bool path_of(enum names_file which, wchar_t path[MAX_PATH])
{
    static const wchar_t *const name[] = {L"\\hosts", L"\\services", L"\\protocol", L"\\networks"};

    if (which == FILE_UNIX_HOSTS) {
        wcscpy(path, L"\\\\?\\unix\\etc\\hosts"); /* Wine's name for it; there is no such file on Windows */
        return true;
    }
    wcscpy(path, directory());
    if (!*path)
        return false;
    wcscat(path, name[which]);
    return true;
}

static struct file_text *read_file(enum names_file which, const wchar_t *path)
{
    struct file_text *f = NULL;
    LARGE_INTEGER size;
    DWORD got = 0;
    HANDLE h = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                           0, NULL);

    if (h == INVALID_HANDLE_VALUE)
        return NULL;
    if (GetFileSizeEx(h, &size) && size.QuadPart <= FILE_BYTES_MAX)
        f = malloc(sizeof *f + (size_t)size.QuadPart);
    if (f && !ReadFile(h, f->bytes, (DWORD)size.QuadPart, &got, NULL)) {
        free(f);
        f = NULL;
    }
    CloseHandle(h);
    if (f) {
        f->refs = 1;
        f->text = (struct span){f->bytes, got};
        f->hosts = which == FILE_HOSTS || which == FILE_UNIX_HOSTS ? hosts_index_new(f->text) : NULL;
    }
    return f;
}

void file_put(struct file_text *f)
{
    if (f && !__atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL)) {
        hosts_index_free(f->hosts);
        free(f);
    }
}

/* Puts `fresh` into the cache (NULL: the file is gone) and takes out what was there. */
static void remember(enum names_file which, const WIN32_FILE_ATTRIBUTE_DATA *now, struct file_text *fresh)
{
    struct file_text *old;

    lock_take(&lock);
    old = cache[which].text;
    cache[which].text = fresh;
    cache[which].looked = now != NULL;
    cache[which].looked_at = GetTickCount();
    if (fresh) {
        __atomic_add_fetch(&fresh->refs, 1, __ATOMIC_RELAXED);
        cache[which].written = now->ftLastWriteTime;
        cache[which].bytes = now->nFileSizeLow;
    }
    lock_drop(&lock);
    file_put(old);
}

void file_forget_all(void)
{
    for (int i = 0; i < FILE_COUNT; i++)
        remember(i, NULL, NULL);
}

static struct file_text *hold(enum names_file which)
{
    if (cache[which].text)
        __atomic_add_fetch(&cache[which].text->refs, 1, __ATOMIC_RELAXED);
    return cache[which].text;
}

/*
 * True: *f (NULL: there is no file) was right a moment ago. False: this thread is to look. The others go on meanwhile with what there
 * is, since all of them at once would be a crowd.
 */
static bool known(enum names_file which, struct file_text **f)
{
    DWORD now = GetTickCount(), at = __atomic_load_n(&cache[which].looked_at, __ATOMIC_RELAXED);
    bool fresh;

    lock_take_shared(&lock);
    fresh = cache[which].looked &&
            (now - at < FRESH_MS || !__atomic_compare_exchange_n(&cache[which].looked_at, &at, now, false, __ATOMIC_RELAXED,
                                                                 __ATOMIC_RELAXED));
    *f = fresh ? hold(which) : NULL;
    lock_drop_shared(&lock);
    return fresh;
}

/* The kept text if the file is still the one it came from. */
static struct file_text *unchanged(enum names_file which, const WIN32_FILE_ATTRIBUTE_DATA *now)
{
    struct file_text *f = NULL;

    lock_take(&lock);
    if (cache[which].text && !CompareFileTime(&cache[which].written, &now->ftLastWriteTime) &&
        cache[which].bytes == now->nFileSizeLow) {
        f = hold(which);
        cache[which].looked_at = GetTickCount();
    }
    lock_drop(&lock);
    return f;
}

struct file_text *file_get(enum names_file which)
{
    WIN32_FILE_ATTRIBUTE_DATA now = {0};
    wchar_t path[MAX_PATH];
    struct file_text *f;

    if (known(which, &f))
        return f;
    if (!path_of(which, path))
        return NULL;
    if (!GetFileAttributesExW(path, GetFileExInfoStandard, &now)) {
        remember(which, &now, NULL);
        return NULL;
    }
    f = unchanged(which, &now);
    if (f)
        return f;
    f = read_file(which, path);
    remember(which, &now, f);
    return f;
}

int file_find(const struct db_query *q, struct db_entry *out, struct file_text **text)
{
    static const enum names_file file[] = {
        [DB_SERVICES] = FILE_SERVICES, [DB_PROTOCOLS] = FILE_PROTOCOL, [DB_NETWORKS] = FILE_NETWORKS};
    struct file_text *f = file_get(file[q->kind]);

    if (!f || !db_has_entries(f->text, q->kind)) {
        file_put(f);
        f = NULL;
    }
    if (!db_find(f ? f->text : db_builtin(q->kind), q, out)) {
        file_put(f);
        return WSANO_DATA;
    }
    *text = f;
    return 0;
}
