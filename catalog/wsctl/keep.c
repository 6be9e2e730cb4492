/* SPDX-License-Identifier: MIT */
/* backup, history, restore, export, import. */
#include "catalog/wsctl/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/wsaerr.h"
#include "catalog/backup.h"
#include "catalog/text.h"
#include "catalog/verify.h"

int backup_command(int argc, char **argv)
{
    uint32_t number;
    int err;

    (void)argv;
    if (argc)
        return WSCTL_USAGE;
    err = store_backup("backup", &number);
    if (err)
        return complain_store("make a backup", err);
    printf("%u\n", number);
    return WSCTL_OK;
}

static void print_backup(const struct backup *b)
{
    FILETIME utc = {(DWORD)b->time, (DWORD)(b->time >> 32)}, local;
    SYSTEMTIME t;

    if (!FileTimeToLocalFileTime(&utc, &local) || !FileTimeToSystemTime(&local, &t))
        memset(&t, 0, sizeof t);
    printf("%5u  %04u-%02u-%02u %02u:%02u:%02u  %s\n", b->number, t.wYear, t.wMonth, t.wDay, t.wHour, t.wMinute,
           t.wSecond, b->why);
}

int history_command(int argc, char **argv)
{
    uint32_t last, first;
    int err;

    (void)argv;
    if (argc)
        return WSCTL_USAGE;
    err = backup_last(&last);
    if (err)
        return complain_store("read the backups", err);
    first = last > BACKUPS_KEPT ? last - BACKUPS_KEPT : 0;
    printf("BACKUP  OF THE STATE BEFORE\n");
    for (uint32_t n = first + 1; n && n <= last; n++) {
        struct backup b;

        err = backup_read(n, &b);
        if (!err)
            print_backup(&b);
        backup_deinit(&b);
    }
    return WSCTL_OK;
}

/* The catalogs that one edit puts in place of what is there: the native one comes first. */
struct replacement {
    const struct pack *pack;
    int calls;
};

static int replace(struct catalog *cat, void *arg)
{
    struct replacement *r = arg;
    int section = sizeof(void *) == 8 && !r->calls++ ? RECORDS_64 : RECORDS_32;
    struct catalog copy;
    int err;

    if (!r->pack->held[section])
        return 0; /* this one stays */
    err = catalog_copy(&copy, &r->pack->cat[section]);
    if (err)
        return err;
    copy.serial = cat->serial;
    copy.next_id = cat->next_id;
    for (uint32_t i = 0; i < copy.count; i++)
        if (copy.entry[i].info.id >= copy.next_id && copy.entry[i].info.id != UINT32_MAX)
            copy.next_id = copy.entry[i].info.id + 1;
    catalog_deinit(cat);
    *cat = copy;
    return 0;
}

/* The same for the name spaces. */
struct names_replacement {
    const struct namespace_pack *pack;
    int calls;
};

static int replace_names(struct namespaces *ns, void *arg)
{
    struct names_replacement *r = arg;
    int section = sizeof(void *) == 8 && !r->calls++ ? RECORDS_64 : RECORDS_32;
    struct namespaces copy;
    int err;

    if (!r->pack->held[section])
        return 0;
    err = namespaces_copy(&copy, &r->pack->ns[section]);
    if (err)
        return err;
    namespaces_deinit(ns);
    *ns = copy;
    return 0;
}

static bool any_held(const bool held[RECORDS_SECTIONS])
{
    return held[RECORDS_64] || held[RECORDS_32];
}

static int put_in_place(const struct pack *pack, const struct namespace_pack *names, const char *why, bool dry_run)
{
    struct replacement r = {pack, 0};
    struct names_replacement n = {names, 0};
    struct change c = {.both = true, .dry_run = dry_run, .why = why, .apply = replace, .arg = &r};
    struct names_change nc = {.both = true, .dry_run = dry_run, .why = why, .apply = replace_names, .arg = &n};
    bool any = false;
    int err = 0;

    if (any_held(pack->held))
        err = dry_run ? change_show(&c, &any) : change_make(&c);
    if (!err && names && any_held(names->held))
        err = dry_run ? names_change_show(&nc, &any) : names_change_make(&nc);
    if (!err && dry_run)
        print_dry_run(any);
    return err;
}

int restore_command(int argc, char **argv)
{
    bool dry_run = take_flag(&argc, argv, "--dry-run");
    char why[64], attempt[64], *end;
    struct backup b;
    uint32_t number;
    int err;

    if (argc != 1)
        return WSCTL_USAGE;
    number = strtoul(argv[0], &end, 10);
    if (*end || !number)
        return WSCTL_USAGE;
    snprintf(attempt, sizeof attempt, "restore backup %u", number);
    snprintf(why, sizeof why, "restore %u", number);
    err = backup_read(number, &b);
    if (err == WSANO_DATA)
        complain("cannot %s: there is none; `wsctl history` shows what there is", attempt);
    else if (!err)
        err = put_in_place(&b.held, &b.names, why, dry_run);
    if (err && err != WSANO_DATA)
        complain_store(attempt, err);
    backup_deinit(&b);
    return err ? WSCTL_FAILED : WSCTL_OK;
}

/* ---- text ---- */

static FILE *open_file(const char *name, const WCHAR *mode)
{
    WCHAR wide[MAX_PATH];

    return wide_text(name, wide, MAX_PATH) ? _wfopen(wide, mode) : NULL;
}

int export_command(int argc, char **argv)
{
    struct pack p;
    char *text = NULL;
    FILE *file = stdout;
    int err;

    if (argc > 1)
        return WSCTL_USAGE;
    pack_init(&p);
    err = store_read(STORE_NATIVE, &p.cat[sizeof(void *) == 8 ? RECORDS_64 : RECORDS_32]);
    p.held[sizeof(void *) == 8 ? RECORDS_64 : RECORDS_32] = !err;
    if (!err && sizeof(void *) == 8) {
        err = store_read(STORE_32, &p.cat[RECORDS_32]);
        p.held[RECORDS_32] = !err;
    }
    if (!err)
        err = text_write(&p, &text);
    pack_deinit(&p);
    if (err)
        return complain_store("export the catalog", err);
    if (argc)
        file = open_file(argv[0], L"wb");
    if (!file || fputs(text, file) < 0 || (argc && fclose(file))) {
        free(text);
        return complain("cannot write %s: check the folder and the space on the disk", argc ? argv[0] : "the output");
    }
    free(text);
    return WSCTL_OK;
}

enum { FILE_BYTES_MAX = 64 * 1024 * 1024 };

static char *read_file(const char *name, size_t *bytes)
{
    FILE *file = strcmp(name, "-") ? open_file(name, L"rb") : stdin;
    size_t room = 64 * 1024;
    char *text = file ? malloc(room) : NULL;

    *bytes = 0;
    while (text) {
        size_t got = fread(text + *bytes, 1, room - *bytes, file);
        char *grown;

        *bytes += got;
        if (!got)
            break;
        if (*bytes < room)
            continue;
        room *= 2;
        grown = room > FILE_BYTES_MAX ? NULL : realloc(text, room);
        if (!grown)
            free(text);
        text = grown;
    }
    if (file && file != stdin)
        fclose(file);
    return text;
}

/* What would not work is not put in place; the list says why. */
static bool acceptable(const struct pack *p)
{
    struct fault_list list = {0};
    unsigned count = 0;

    for (int i = 0; i < RECORDS_SECTIONS; i++)
        if (p->held[i])
            catalog_verify(&p->cat[i], i, &list);
    for (uint32_t i = 0; i < list.count; i++) {
        char text[256];

        if (fault_is_note(list.fault[i].kind))
            continue;
        fault_text(&list.fault[i], text, sizeof text);
        complain("%s", text);
        count++;
    }
    fault_list_deinit(&list);
    return !count;
}

int import_command(int argc, char **argv)
{
    bool dry_run = take_flag(&argc, argv, "--dry-run");
    const char *why = "";
    unsigned line = 0;
    struct pack p;
    size_t bytes;
    char *text;
    int err;

    if (argc != 1)
        return WSCTL_USAGE;
    text = read_file(argv[0], &bytes);
    if (!text)
        return complain("cannot read %s: check that it is there", argv[0]);
    err = text_read(text, bytes, &p, &line, &why);
    free(text);
    if (err)
        return complain("cannot import %s: line %u: %s", argv[0], line, why);
    if (!acceptable(&p)) {
        pack_deinit(&p);
        return complain("cannot import %s: the catalog would have the faults above; nothing was changed", argv[0]);
    }
    err = put_in_place(&p, NULL, "import", dry_run);
    pack_deinit(&p);
    return err ? complain_store("import the catalog", err) : WSCTL_OK;
}
