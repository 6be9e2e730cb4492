/* SPDX-License-Identifier: MIT */
/* verify, repair, reset. */
#include "catalog/wsctl/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/wsaerr.h"
#include "catalog/path.h"
#include "catalog/verify.h"

static void print_fault(const struct fault *f, const char *of)
{
    char text[256];

    fault_text(f, text, sizeof text);
    printf("%-7s %-15s %d-bit%s  %s\n", fault_is_note(f->kind) ? "note" : "fault", fault_word(f->kind),
           f->section == RECORDS_64 ? 64 : 32, of, text);
}

/* How many are faults. */
static unsigned print_faults(const struct fault_list *list, const char *of, bool quiet)
{
    unsigned count = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        count += !fault_is_note(list->fault[i].kind);
        if (!quiet)
            print_fault(&list->fault[i], of);
    }
    return count;
}

static unsigned missing_file(const WCHAR *path, const char *of, const char *what)
{
    char text[TEXT_BYTES];

    if (dll_exists(path))
        return 0;
    utf8_text(path, text);
    printf("fault   no-dll          %d-bit%s  the DLL of %s does not exist: %s\n", (int)sizeof(void *) * 8, of, what, text);
    return 1;
}

/* A layer whose DLL is gone breaks the protocols it lies over; only a look at the disk tells. */
static unsigned missing_files(void)
{
    char what[TEXT_BYTES];
    struct namespaces ns;
    struct catalog cat;
    unsigned missing = 0;

    if (!store_read_records(STORE_NATIVE, &cat)) {
        for (uint32_t i = 0; i < cat.count; i++) {
            WCHAR path[CATALOG_PATH_BYTES];

            snprintf(what, sizeof what, "entry %u", cat.entry[i].info.id);
            if (path_from_stored(cat.entry[i].path, path))
                missing += missing_file(path, "", what);
        }
        catalog_deinit(&cat);
    }
    if (!namespace_store_read(STORE_NATIVE, &ns)) {
        for (uint32_t i = 0; i < ns.count; i++) {
            utf8_text(ns.entry[i].name, what);
            missing += missing_file(ns.entry[i].path, " names", what);
        }
        namespaces_deinit(&ns);
    }
    return missing;
}

int verify_command(int argc, char **argv)
{
    bool quiet = take_flag(&argc, argv, "--quiet");
    struct fault_list list = {0}, names = {0};
    unsigned count, missing;
    int err;

    if (argc)
        return WSCTL_USAGE;
    err = store_verify(&list);
    if (!err)
        err = namespace_store_verify(&names);
    count = print_faults(&list, "", quiet || err) + print_faults(&names, " names", quiet || err);
    fault_list_deinit(&list);
    fault_list_deinit(&names);
    if (err)
        return complain_store("verify the catalog", err);
    missing = quiet ? 0 : missing_files();
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
    if (!err && !c.dry_run)
        err = namespace_store_repair("repair");
    if (!err && c.dry_run)
        printf("(and the records and counters of both catalogs would be written anew)\n");
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

static int names_to_defaults(struct namespaces *ns, void *unused)
{
    struct namespaces fresh;
    int err;

    (void)unused;
    namespaces_init(&fresh);
    err = namespaces_defaults(&fresh);
    if (err)
        return err;
    namespaces_deinit(ns);
    *ns = fresh;
    return 0;
}

int reset_command(int argc, char **argv)
{
    bool dry_run = take_flag(&argc, argv, "--dry-run"), any = false;
    struct change c = {.both = true, .dry_run = dry_run, .why = "reset", .apply = to_defaults};
    struct names_change n = {.both = true, .dry_run = dry_run, .why = "reset", .apply = names_to_defaults};
    int err;

    if (argc)
        return WSCTL_USAGE;
    err = dry_run ? change_show(&c, &any) : change_make(&c);
    if (!err)
        err = dry_run ? names_change_show(&n, &any) : names_change_make(&n);
    if (!err && dry_run)
        print_dry_run(any);
    return err ? complain_store("reset the catalog", err) : WSCTL_OK;
}
