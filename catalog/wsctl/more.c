/* SPDX-License-Identifier: MIT */
/* show, category, policy, watch. */
#include "catalog/wsctl/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/wsaerr.h"
#include "catalog/category.h"
#include "catalog/policy.h"

static const struct {
    uint32_t bit;
    const char *name;
} service_bits[] = {
    {0x1, "connectionless"},   {0x2, "guaranteed-delivery"}, {0x4, "guaranteed-order"},
    {0x8, "message-oriented"}, {0x10, "pseudo-stream"},      {0x20, "graceful-close"},
    {0x40, "expedited-data"},  {0x80, "connect-data"},       {0x100, "disconnect-data"},
    {0x200, "broadcast"},      {0x400, "multipoint"},        {0x2000, "qos"},
    {0x20000, "ifs-handles"},  {0x40000, "partial-message"},
}, provider_bits[] = {
    {0x1, "multiple-entries"}, {0x2, "recommended"}, {0x4, "hidden"}, {0x8, "matches-protocol-zero"},
    {0x10, "network-direct"},
}, category_bits[] = {
    {0x80000000u, "system"}, {0x1, "inspector"}, {0x2, "redirector"}, {0x4, "proxy"}, {0x8, "firewall"},
    {0x10, "inbound-modify"}, {0x20, "outbound-modify"}, {0x40, "crypto-compress"}, {0x80, "local-cache"},
};

#define BITS(table, word, text) bits_text(&table[0].bit, sizeof table / sizeof table[0], word, text)

static const char *bits_text(const void *table, size_t count, uint32_t word, char text[512])
{
    const typeof(service_bits[0]) *bit = table;
    size_t at = (size_t)snprintf(text, 512, "0x%X", word);

    for (size_t i = 0; i < count; i++)
        if (word & bit[i].bit)
            at += (size_t)snprintf(text + at, 512 - at, " %s", bit[i].name);
    return text;
}

static void show_category(const struct catalog_entry *e, enum store_width width)
{
    char text[512];
    uint32_t word;

    if (e->info.chain_len == CATALOG_LAYER && !category_get(width, &e->info.provider, &word))
        print_row("category", "%s", BITS(category_bits, word, text));
}

int show_command(int argc, char **argv)
{
    enum store_width width = take_flag(&argc, argv, "--32") ? STORE_32 : STORE_NATIVE;
    char text[TEXT_BYTES], name[TEXT_BYTES], guid[GUID_BYTES], chain[CHAIN_BYTES];
    const struct catalog_entry *e;
    const struct catalog_info *info;
    struct catalog cat;
    int err;

    if (argc != 1)
        return WSCTL_USAGE;
    if (means_names(width, argv[0]))
        return names_show(width, argv[0]);
    err = store_read(width, &cat);
    if (err)
        return complain_store("read the catalog", err);
    e = find_entry(&cat, argv[0]);
    if (!e) {
        catalog_deinit(&cat);
        return complain_missing(argv[0]);
    }
    info = &e->info;
    utf8_text(info->name, name);
    guid_text(&info->provider, guid);
    chain_text(&cat, e, chain);
    print_row("id", "%u", info->id);
    print_row("name", "%s", name);
    print_row("kind", "%s", kind_word(e));
    print_row("place", "%u of %u", (unsigned)(e - cat.entry) + 1, cat.count);
    path_text(e->path, text);
    print_row("dll", "%s", text);
    print_row("provider", "%s", guid);
    print_row("chain", "%s", chain);
    print_row("family", "%d", (int)info->family);
    print_row("type", "%d", (int)info->type);
    print_row("protocol", "%d, and %d more", (int)info->protocol, (int)info->protocol_max_offset);
    print_row("addresses", "%d to %d bytes", (int)info->min_addr, (int)info->max_addr);
    print_row("message size", "%u", info->message_size);
    print_row("version", "%d", (int)info->version);
    print_row("service flags", "%s", BITS(service_bits, info->service_flags[0], text));
    print_row("provider flags", "%s", BITS(provider_bits, info->provider_flags, text));
    show_category(e, width);
    catalog_deinit(&cat);
    return WSCTL_OK;
}

/* ---- category ---- */

/* "firewall,proxy", "0x8" or "none". */
static bool parse_category(char *list, uint32_t *word)
{
    *word = 0;
    if (!strcmp(list, "none"))
        return true;
    for (char *item = strtok(list, ","); item; item = strtok(NULL, ",")) {
        size_t i = 0, count = sizeof category_bits / sizeof category_bits[0];
        char *end;

        while (i < count && strcmp(item, category_bits[i].name))
            i++;
        *word |= i < count ? category_bits[i].bit : strtoul(item, &end, 0);
        if (i == count && *end)
            return false;
    }
    return true;
}

/* `was` and `word` as words; the same twice: no change. */
static void print_category_change(uint32_t was, uint32_t word)
{
    char text[512];

    if (was != word) {
        printf("- %s\n", BITS(category_bits, was, text));
        printf("+ %s\n", BITS(category_bits, word, text));
    }
    print_dry_run(was != word);
}

static int layer_category(const char *what, char *list, bool dry_run)
{
    const struct catalog_entry *e;
    struct catalog_guid provider;
    struct catalog cat;
    uint32_t word = 0, was = 0;
    char text[512];
    int err = store_read(STORE_NATIVE, &cat);

    if (err)
        return complain_store("read the catalog", err);
    e = find_entry(&cat, what);
    if (e)
        provider = e->info.provider;
    if (!e || e->info.chain_len != CATALOG_LAYER) {
        catalog_deinit(&cat);
        return complain("%s is not a layer; `wsctl list` shows what there is", what);
    }
    catalog_deinit(&cat);
    if (list && !parse_category(list, &word))
        return complain("there is no category of that name; there are system, inspector, redirector, proxy, firewall, "
                        "inbound-modify, outbound-modify, crypto-compress, local-cache, and numbers");
    if (list && !dry_run)
        err = category_set(STORE_NATIVE, &provider, word);
    else
        err = category_get(STORE_NATIVE, &provider, list ? &was : &word);
    if (err == WSANO_DATA)
        err = 0;
    if (err)
        return complain_store("reach the categories", err);
    if (list && dry_run) {
        print_category_change(was, word);
        return WSCTL_OK;
    }
    printf("%s\n", BITS(category_bits, word, text));
    return WSCTL_OK;
}

static int program_category(const char *program, char *list, bool dry_run)
{
    WCHAR path[MAX_PATH];
    struct app_id app = {path, NULL, 0, 0};
    uint32_t word = 0, was = 0;
    char text[512];
    int err;

    if (!wide_text(program, path, MAX_PATH) || !path[0])
        return complain("%s is no path of a program", program);
    app.path_chars = wcslen(path);
    if (list && !parse_category(list, &word))
        return complain("there is no category of that name; see wsctl category LAYER");
    if (list && !dry_run)
        err = app_category_add(&app, word, &was);
    else
        err = app_category_get(&app, list ? &was : &word);
    if (err == WSANO_DATA && !list)
        return complain("%s has no category: it loads every layer", program);
    if (err && err != WSANO_DATA)
        return complain_store("reach the categories", err);
    if (list && dry_run) {
        print_category_change(was, was | word);
        return WSCTL_OK;
    }
    printf("%s\n", BITS(category_bits, list ? word | was : word, text));
    return WSCTL_OK;
}

int category_command(int argc, char **argv)
{
    bool program = take_flag(&argc, argv, "--program"), dry_run = take_flag(&argc, argv, "--dry-run");
    char *list = argc == 2 ? argv[1] : NULL;

    if (argc < 1 || argc > 2)
        return WSCTL_USAGE;
    return program ? program_category(argv[0], list, dry_run) : layer_category(argv[0], list, dry_run);
}

static const char *policy_text(void)
{
    enum policy stored = policy_stored();

    return stored == POLICY_BYPASS ? "bypass" : stored == POLICY_STRICT ? "strict" : "strict (not set)";
}

int policy_command(int argc, char **argv)
{
    bool dry_run = take_flag(&argc, argv, "--dry-run");
    int err;

    if (!argc) {
        printf("%s\n", policy_text());
        return WSCTL_OK;
    }
    if (argc != 1 || (strcmp(argv[0], "bypass") && strcmp(argv[0], "strict")))
        return WSCTL_USAGE;
    if (dry_run) {
        bool differs = strcmp(argv[0], policy_text());

        if (differs)
            printf("- %s\n+ %s\n", policy_text(), argv[0]);
        print_dry_run(differs);
        return WSCTL_OK;
    }
    err = policy_store(argv[0][0] == 'b' ? POLICY_BYPASS : POLICY_STRICT);
    return err ? complain_store("set the policy", err) : WSCTL_OK;
}

/* ---- watch ---- */

struct seen {
    struct catalog cat;
    struct namespaces ns;
};

static int look(struct seen *s)
{
    int err = store_read(STORE_NATIVE, &s->cat);

    namespaces_init(&s->ns);
    if (!err)
        err = namespace_store_read(STORE_NATIVE, &s->ns);
    if (err)
        catalog_deinit(&s->cat);
    return err;
}

static void forget(struct seen *s)
{
    catalog_deinit(&s->cat);
    namespaces_deinit(&s->ns);
}

static bool print_seen(const struct seen *before, const struct seen *now)
{
    bool protocols = print_difference(&before->cat, &now->cat);

    return names_difference(&before->ns, &now->ns) || protocols;
}

/* Prints each change of either catalog as it is made, until it is ended or has seen as many as asked for. */
int watch_command(int argc, char **argv)
{
    HANDLE changed = CreateEventW(NULL, FALSE, FALSE, NULL);
    unsigned long wanted = argc ? strtoul(argv[0], NULL, 10) : 0, seen = 0;
    struct seen before, now;
    HKEY key;
    int err;

    if (argc > 1 || (argc && !wanted))
        return WSCTL_USAGE;
    if (!changed || RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters", 0,
                                  KEY_NOTIFY, &key))
        return complain("cannot watch: this prefix has no catalog; make one with `wsctl create`");
    err = look(&before);
    if (err)
        return complain_store("read the catalog", err);
    fprintf(stderr, "wsctl: watching; what changes from now on is shown\n");
    while (!wanted || seen < wanted) {
        if (RegNotifyChangeKeyValue(key, TRUE, REG_NOTIFY_CHANGE_NAME | REG_NOTIFY_CHANGE_LAST_SET, changed, TRUE))
            return complain("cannot watch any more: the catalog's key was deleted; start again");
        err = look(&now);
        if (err)
            break;
        if (print_seen(&before, &now)) {
            seen++;
            fflush(stdout);
        }
        forget(&before);
        before = now;
        if (!wanted || seen < wanted)
            WaitForSingleObject(changed, INFINITE);
    }
    forget(&before);
    return err ? complain_store("read the catalog", err) : WSCTL_OK;
}
