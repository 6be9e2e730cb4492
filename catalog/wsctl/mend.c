/* SPDX-License-Identifier: MIT */
/* verify, repair, reset. */
#include "catalog/wsctl/wsctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/wsaerr.h"
#include "catalog/verify.h"

static void print_fault(const struct fault *f)
{
    char text[256];

    fault_text(f, text, sizeof text);
    printf("%-7s %-15s %d-bit  %s\n", fault_is_note(f->kind) ? "note" : "fault", fault_word(f->kind),
           f->section == RECORDS_64 ? 64 : 32, text);
}

/* A layer whose DLL is gone breaks the protocols it lies over; only a look at the disk tells. */
static unsigned missing_files(enum store_width width)
{
    struct catalog cat;
    unsigned missing = 0;

    if (store_read_records(width, &cat))
        return 0;
    for (uint32_t i = 0; i < cat.count; i++) {
        char file[MAX_PATH];
        DWORD chars = ExpandEnvironmentStringsA(cat.entry[i].path, file, sizeof file);

        if (chars && chars <= sizeof file && GetFileAttributesA(file) != INVALID_FILE_ATTRIBUTES)
            continue;
        printf("fault   no-dll          %d-bit  the DLL of entry %u does not exist: %s\n", (int)sizeof(void *) * 8,
               cat.entry[i].info.id, cat.entry[i].path);
        missing++;
    }
    catalog_deinit(&cat);
    return missing;
}

int verify_command(int argc, char **argv)
{
    bool quiet = take_flag(&argc, argv, "--quiet");
    struct fault_list list = {0};
    unsigned count = 0, missing;
    int err;

    if (argc)
        return WSCTL_USAGE;
    err = store_verify(&list);
    if (err) {
        fault_list_deinit(&list);
        return complain_store("verify the catalog", err);
    }
    for (uint32_t i = 0; i < list.count; i++) {
        count += !fault_is_note(list.fault[i].kind);
        if (!quiet)
            print_fault(&list.fault[i]);
    }
    missing = quiet ? 0 : missing_files(STORE_NATIVE);
    fault_list_deinit(&list);
    if (!quiet)
        printf("%u fault%s%s\n", count + missing, count + missing == 1 ? "" : "s",
               count ? "; `wsctl repair` mends the catalog" : missing ? "; put the DLL back, or `wsctl remove` the entry" : "");
    return count + missing ? WSCTL_FAILED : WSCTL_OK;
}

int repair_command(int argc, char **argv)
{
    struct change c = {.both = true, .repair = true, .why = "repair", .apply = catalog_repair};
    int err;

    c.dry_run = take_flag(&argc, argv, "--dry-run");
    if (argc)
        return WSCTL_USAGE;
    err = change_make(&c);
    if (!err && c.dry_run)
        printf("(and the records and counters would be written anew)\n");
    return err ? complain_store("repair the catalog", err) : WSCTL_OK;
}

/* Ids go on from where they are: nobody finds another entry under an id he remembers. */
static int to_defaults(struct catalog *cat, void *unused)
{
    struct catalog fresh;
    int err;

    (void)unused;
    catalog_init(&fresh);
    err = catalog_defaults(&fresh, CATALOG_BASE_PATH);
    if (err)
        return err;
    if (fresh.next_id < cat->next_id)
        fresh.next_id = cat->next_id;
    fresh.serial = cat->serial;
    catalog_deinit(cat);
    *cat = fresh;
    return 0;
}

int reset_command(int argc, char **argv)
{
    struct change c = {.both = true, .why = "reset", .apply = to_defaults};
    int err;

    c.dry_run = take_flag(&argc, argv, "--dry-run");
    if (argc)
        return WSCTL_USAGE;
    err = change_make(&c);
    return err ? complain_store("reset the catalog", err) : WSCTL_OK;
}
