/* SPDX-License-Identifier: MIT */
/* The name-space catalog: looking at it, and the changes that have one word in the other catalog too. */
#include "catalog/wsctl/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/wsaerr.h"

static const struct {
    uint32_t number;
    const char *word;
} spaces[] = {{1, "sap"},   {2, "nds"},       {10, "tcpip-local"}, {11, "tcpip-hosts"}, {12, "dns"}, {13, "netbt"},
              {14, "wins"}, {15, "nla"},      {16, "bluetooth"},   {20, "nbp"},         {30, "ms"},  {31, "stda"},
              {32, "ntds"}, {37, "email"},    {38, "pnrp-name"},   {39, "pnrp-cloud"},  {40, "x500"}, {41, "nis"},
              {42, "nis+"}};

enum { SPACES = sizeof spaces / sizeof spaces[0], SPACE_BYTES = 16 };

static const char *space_text(uint32_t number, char text[SPACE_BYTES])
{
    for (size_t i = 0; i < SPACES; i++)
        if (spaces[i].number == number)
            return spaces[i].word;
    snprintf(text, SPACE_BYTES, "%u", number);
    return text;
}

static bool parse_number(const char *text, uint32_t *number)
{
    char *end;

    *number = strtoul(text, &end, 10);
    return *text && !*end && text[0] != '-';
}

static bool parse_space(const char *text, uint32_t *number)
{
    for (size_t i = 0; i < SPACES; i++)
        if (!strcmp(text, spaces[i].word)) {
            *number = spaces[i].number;
            return true;
        }
    return parse_number(text, number) && *number != NAMESPACE_ALL;
}

static struct namespace_entry *find(const struct namespaces *ns, const char *what)
{
    struct catalog_guid guid;
    char name[TEXT_BYTES];

    if (guid_parse(what, &guid))
        return namespaces_find(ns, &guid);
    for (uint32_t i = 0; i < ns->count; i++) {
        utf8_text(ns->entry[i].name, name);
        if (!_stricmp(name, what))
            return &ns->entry[i];
    }
    return NULL;
}

bool means_names(enum store_width width, const char *what)
{
    struct namespaces ns;
    struct catalog cat;
    bool there;

    if (store_read(width, &cat))
        return false;
    there = find_entry(&cat, what);
    catalog_deinit(&cat);
    if (there || namespace_store_read(width, &ns))
        return false;
    there = find(&ns, what);
    namespaces_deinit(&ns);
    return there;
}

/* ---- list, show, path ---- */

static void print_json(const struct namespaces *ns)
{
    char text[TEXT_BYTES];

    printf("[");
    for (uint32_t i = 0; i < ns->count; i++) {
        const struct namespace_entry *e = &ns->entry[i];

        guid_text(&e->provider, text);
        printf("%s\n  {\"provider\": \"%s\", \"name\": ", i ? "," : "", text);
        utf8_text(e->name, text);
        print_json_string(text);
        printf(", \"name_space\": %u, \"enabled\": %s, \"version\": %u, \"stores_classes\": %s, \"path\": ",
               e->name_space, e->enabled ? "true" : "false", e->version, e->stores_classes ? "true" : "false");
        utf8_text(e->path, text);
        print_json_string(text);
        printf("}");
    }
    printf("\n]\n");
}

static void print_netsh(const struct namespaces *ns)
{
    char text[TEXT_BYTES];

    for (uint32_t i = 0; i < ns->count; i++) {
        const struct namespace_entry *e = &ns->entry[i];

        printf("\nName Space Provider Entry\n"
               "------------------------------------------------------\n");
        utf8_text(e->name, text);
        printf("Description:                        %s\n", text);
        guid_text(&e->provider, text);
        printf("Provider ID:                        %s\n", text);
        printf("Name Space:                         %u\n", e->name_space);
        printf("Active:                             %d\n", e->enabled);
        printf("Version:                            %u\n", e->version);
    }
}

static void print_table(const struct namespaces *ns)
{
    char name[TEXT_BYTES], path[TEXT_BYTES], guid[GUID_BYTES], space[SPACE_BYTES];
    int width = 4;

    for (uint32_t i = 0; i < ns->count; i++) {
        utf8_text(ns->entry[i].name, name);
        width = text_columns(name) > width ? text_columns(name) : width;
    }
    printf("%-*s  NAME SPACE   ENABLED  %-38s  DLL\n", width, "NAME", "PROVIDER");
    for (uint32_t i = 0; i < ns->count; i++) {
        const struct namespace_entry *e = &ns->entry[i];

        utf8_text(e->name, name);
        utf8_text(e->path, path);
        guid_text(&e->provider, guid);
        printf("%-*s  %-11s  %-7s  %s  %s\n", width + (int)strlen(name) - text_columns(name), name, space_text(e->name_space, space), e->enabled ? "yes" : "no",
               guid, path);
    }
}

int names_list(enum store_width width, enum list_form form)
{
    struct namespaces ns;
    int err = namespace_store_read(width, &ns);

    if (err)
        return complain_store("read the name-space catalog", err);
    (form == LIST_NETSH ? print_netsh : form == LIST_JSON ? print_json : print_table)(&ns);
    namespaces_deinit(&ns);
    return WSCTL_OK;
}

int names_show(enum store_width width, const char *what)
{
    char text[TEXT_BYTES], space[SPACE_BYTES];
    const struct namespace_entry *e;
    struct namespaces ns;
    int err = namespace_store_read(width, &ns);

    if (err)
        return complain_store("read the name-space catalog", err);
    e = find(&ns, what);
    if (e) {
        utf8_text(e->name, text);
        print_row("name", "%s", text);
        print_row("kind", "name-space provider");
        print_row("place", "%u of %u", (unsigned)(e - ns.entry) + 1, ns.count);
        utf8_text(e->path, text);
        print_row("dll", "%s", text);
        guid_text(&e->provider, text);
        print_row("provider", "%s", text);
        print_row("name space", "%u (%s)", e->name_space, space_text(e->name_space, space));
        print_row("enabled", "%s", e->enabled ? "yes" : "no");
        print_row("version", "%u", e->version);
        print_row("classes", "%s", e->stores_classes ? "kept" : "not kept");
        print_row("own data", "%u bytes", e->info_bytes);
    }
    namespaces_deinit(&ns);
    return e ? WSCTL_OK : complain_missing(what);
}

int names_path(const char *what)
{
    const struct namespace_entry *e;
    WCHAR path[MAX_PATH], file[MAX_PATH];
    struct namespaces ns;
    char text[TEXT_BYTES];
    DWORD chars;
    int err = namespace_store_read(STORE_NATIVE, &ns);

    if (err)
        return complain_store("read the name-space catalog", err);
    e = find(&ns, what);
    if (e)
        memcpy(path, e->path, sizeof path);
    namespaces_deinit(&ns);
    if (!e)
        return complain_missing(what);
    chars = ExpandEnvironmentStringsW(path, file, MAX_PATH);
    if (!chars || chars > MAX_PATH)
        return complain("the path of %s is too long once its variables are expanded", what);
    utf8_text(file, text);
    printf("%s\n", text);
    if (dll_exists(path))
        return WSCTL_OK;
    return complain("%s does not exist: %s answers nothing; put the DLL back, or `wsctl remove` it", text, what);
}

/* ---- changes ---- */

static void print_line(char sign, const struct namespace_entry *e)
{
    char name[TEXT_BYTES], path[TEXT_BYTES], space[SPACE_BYTES];

    utf8_text(e->name, name);
    utf8_text(e->path, path);
    printf("%c %s, name space %s%s  (%s)\n", sign, name, space_text(e->name_space, space),
           e->enabled ? "" : ", disabled", path);
}

static bool same_entry(const struct namespace_entry *a, const struct namespace_entry *b)
{
    struct namespaces one = {(struct namespace_entry *)(uintptr_t)a, 1}, other = {(struct namespace_entry *)(uintptr_t)b, 1};

    return namespaces_equal(&one, &other);
}

/* The place of each entry among those that both have. */
static bool moved(const struct namespaces *before, const struct namespaces *after)
{
    uint32_t at = 0;

    for (uint32_t i = 0; i < before->count; i++) {
        if (!namespaces_find(after, &before->entry[i].provider))
            continue;
        while (at < after->count && !namespaces_find(before, &after->entry[at].provider))
            at++;
        if (at == after->count || memcmp(&after->entry[at].provider, &before->entry[i].provider, sizeof(struct catalog_guid)))
            return true;
        at++;
    }
    return false;
}

bool names_difference(const struct namespaces *before, const struct namespaces *after)
{
    char name[TEXT_BYTES];
    bool any = false;

    for (uint32_t i = 0; i < before->count; i++) {
        const struct namespace_entry *now = namespaces_find(after, &before->entry[i].provider);

        if (now && same_entry(now, &before->entry[i]))
            continue;
        print_line('-', &before->entry[i]);
        if (now)
            print_line('+', now);
        any = true;
    }
    for (uint32_t i = 0; i < after->count; i++)
        if (!namespaces_find(before, &after->entry[i].provider)) {
            print_line('+', &after->entry[i]);
            any = true;
        }
    if (!moved(before, after))
        return any;
    printf("order:");
    for (uint32_t i = 0; i < after->count; i++) {
        utf8_text(after->entry[i].name, name);
        printf("%s %s", i ? "," : "", name);
    }
    printf("\n");
    return true;
}

static int show_width(const struct names_change *c, enum store_width width, bool *any)
{
    struct namespaces before, after;
    int err = namespace_store_read(width, &before);

    if (err)
        return err;
    err = namespaces_copy(&after, &before);
    if (!err)
        err = c->apply(&after, c->arg);
    if (!err && c->both)
        printf("name spaces of %d-bit programs:\n", width == STORE_32 || sizeof(void *) == 4 ? 32 : 64);
    if (!err)
        *any = names_difference(&before, &after) || *any;
    namespaces_deinit(&before);
    namespaces_deinit(&after);
    return err;
}

int names_change_show(const struct names_change *c, bool *any)
{
    int err = show_width(c, c->both ? STORE_NATIVE : c->width, any);

    if (!err && c->both && sizeof(void *) == 8)
        err = show_width(c, STORE_32, any);
    return err;
}

int names_change_make(const struct names_change *c)
{
    bool any = false;
    int err;

    if (!c->dry_run && c->both)
        return namespace_store_edit_both(c->why, c->apply, c->arg);
    if (!c->dry_run)
        return namespace_store_edit(c->width, c->why, c->apply, c->arg);
    err = names_change_show(c, &any);
    if (!err)
        print_dry_run(any);
    return err;
}

/* ---- remove, enable, disable ---- */

struct named {
    const char *what;
    bool enable;
};

static int remove_named(struct namespaces *ns, void *arg)
{
    const struct named *n = arg;
    const struct namespace_entry *e = find(ns, n->what);
    struct catalog_guid provider;

    if (!e)
        return WSASERVICE_NOT_FOUND;
    provider = e->provider; /* the entry goes while it is looked for */
    return namespaces_uninstall(ns, &provider);
}

int names_remove(enum store_width width, const char *what, bool dry_run)
{
    struct named n = {what, false};
    char why[128];
    struct names_change c = {.width = width, .dry_run = dry_run, .why = why, .apply = remove_named, .arg = &n};
    int err;

    snprintf(why, sizeof why, "remove %.100s", what);
    err = names_change_make(&c);
    if (err == WSASERVICE_NOT_FOUND)
        return complain_missing(what);
    return err ? complain_store(why, err) : WSCTL_OK;
}

static int enable_named(struct namespaces *ns, void *arg)
{
    const struct named *n = arg;
    struct namespace_entry *e = find(ns, n->what);

    if (!e)
        return WSASERVICE_NOT_FOUND;
    e->enabled = n->enable;
    return 0;
}

static int enable(int argc, char **argv, bool yes)
{
    struct named n = {NULL, yes};
    char why[128];
    struct names_change c = {.width = STORE_NATIVE, .why = why, .apply = enable_named, .arg = &n};
    int err;

    c.dry_run = take_flag(&argc, argv, "--dry-run");
    if (take_flag(&argc, argv, "--32"))
        c.width = STORE_32;
    if (argc != 1)
        return WSCTL_USAGE;
    n.what = argv[0];
    snprintf(why, sizeof why, "%s %.100s", yes ? "enable" : "disable", argv[0]);
    err = names_change_make(&c);
    if (err == WSASERVICE_NOT_FOUND)
        return complain("cannot %s: that is no name-space provider, and protocols are always on; `wsctl list` shows "
                        "what there is",
                        why);
    return err ? complain_store(why, err) : WSCTL_OK;
}

int enable_command(int argc, char **argv)
{
    return enable(argc, argv, true);
}

int disable_command(int argc, char **argv)
{
    return enable(argc, argv, false);
}

/* ---- order ---- */

static int move_named(struct namespaces *ns, void *arg)
{
    struct move *m = arg;
    const struct namespace_entry *e = find(ns, m->what), *beside = m->beside ? find(ns, m->beside) : NULL;
    uint32_t from, to;

    m->missing = !e ? m->what : m->beside && !beside ? m->beside : NULL;
    if (m->missing)
        return WSASERVICE_NOT_FOUND;
    from = (uint32_t)(e - ns->entry);
    to = order_place(m->where, from, beside ? (uint32_t)(beside - ns->entry) : 0, ns->count);
    move_element(ns->entry, sizeof *ns->entry, from, to);
    return 0;
}

int names_order(enum store_width width, struct move *m, const char *why, bool dry_run)
{
    struct names_change c = {.width = width, .dry_run = dry_run, .why = why, .apply = move_named, .arg = m};
    int err = names_change_make(&c);

    if (err && m->missing)
        return complain_missing(m->missing);
    return err ? complain_store("change the order", err) : WSCTL_OK;
}

/* ---- install namespace ---- */

/*
 * The name space of derived GUIDs: {77733248-6B69-7400-8C61-6E616D657301}, made up once for ws2kit.
 */
static const struct catalog_guid derived_from = {{0x48, 0x32, 0x73, 0x77, 0x69, 0x6B, 0x00, 0x74, 0x8C,
                                                  0x61, 0x6E, 0x61, 0x6D, 0x65, 0x73, 0x01}};

static int check_dll(const WCHAR *path)
{
    WCHAR file[MAX_PATH];
    char text[TEXT_BYTES];
    HMODULE module;
    bool v1, v2;

    utf8_text(path, text);
    if (!dll_exists(path))
        return complain("cannot install the name-space provider: %s does not exist; copy the DLL there or give its path",
                        text);
    ExpandEnvironmentStringsW(path, file, MAX_PATH);
    module = LoadLibraryW(file);
    if (!module)
        return complain_not_loadable("the name-space provider", text);
    v1 = GetProcAddress(module, "NSPStartup");
    v2 = GetProcAddress(module, "NSPv2Startup");
    FreeLibrary(module);
    if (v1)
        return WSCTL_OK;
    return complain("cannot install the name-space provider: %s %s", text,
                    v2 ? "is one of the second kind (NSPv2), which ws2kit does not start"
                       : "does not export NSPStartup, so it is none; give another DLL, or add the export to its .def file");
}

/* The DLL's name without folder and ".dll". */
static void default_name(const WCHAR *path, catalog_char name[NAMESPACE_NAME_CHARS])
{
    const WCHAR *file = path;
    size_t chars;

    for (const WCHAR *at = path; *at; at++)
        if (*at == '\\' || *at == '/' || *at == ':')
            file = at + 1;
    chars = wcsnlen(file, NAMESPACE_NAME_CHARS - 1);
    if (chars > 4 && !_wcsicmp(file + chars - 4, L".dll"))
        chars -= 4;
    memset(name, 0, NAMESPACE_NAME_CHARS * sizeof *name);
    memcpy(name, file, chars * sizeof *name);
}

static void derive(struct namespace_entry *e)
{
    char name[TEXT_BYTES];

    utf8_text(e->name, name);
    _strlwr(name);
    catalog_guid_derive(&derived_from, name, strlen(name), &e->provider);
}

static int install(struct namespaces *ns, void *arg)
{
    return namespaces_install(ns, arg);
}

/* True if --OPTION VALUE was there and right. */
static bool parse_option(struct namespace_entry *e, const char *option, const char *value, bool *has_guid)
{
    if (!strcmp(option, "--name"))
        return value[0] && wide_text(value, e->name, NAMESPACE_NAME_CHARS);
    if (!strcmp(option, "--space"))
        return parse_space(value, &e->name_space);
    if (!strcmp(option, "--version"))
        return parse_number(value, &e->version);
    *has_guid = !strcmp(option, "--guid");
    return *has_guid && guid_parse(value, &e->provider);
}

/* `argv` begins after the DLL. */
static int install_dll(struct namespace_entry *e, enum store_width width, bool dry_run, const char *dll, int argc, char **argv)
{
    struct names_change c = {.width = width, .dry_run = dry_run, .apply = install, .arg = e};
    char why[96], guid[GUID_BYTES], full[128];
    bool has_guid = false, fits;
    int status = WSCTL_OK, err;

    snprintf(full, sizeof full, "%%SystemRoot%%\\system32\\ws2%.64s.dll", dll);
    fits = dll_path(is_bare_name(dll) ? full : dll, e->path);
    if (!fits)
        return complain("cannot install %s: that is no path of a DLL", dll);
    default_name(e->path, e->name);
    e->name_space = NAMESPACE_DNS;
    e->enabled = true;
    for (int i = 0; i + 1 < argc; i += 2)
        if (!parse_option(e, argv[i], argv[i + 1], &has_guid))
            return complain("cannot install %s: %s %s is not right; there are --name NAME, --space dns (or another word "
                            "or number), --guid {GUID} and --version NUMBER",
                            dll, argv[i], argv[i + 1]);
    if (argc % 2)
        return WSCTL_USAGE;
    if (width == STORE_NATIVE)
        status = check_dll(e->path);
    if (status != WSCTL_OK)
        return status;
    if (!has_guid)
        derive(e);
    snprintf(why, sizeof why, "install namespace %.64s", dll);
    c.why = why;
    err = names_change_make(&c);
    guid_text(&e->provider, guid);
    if (err == WSAEINVAL)
        return complain("cannot install name-space provider %s: %s is installed already; `wsctl remove %s` takes it out",
                        dll, guid, guid);
    if (err)
        return complain_store(why, err);
    if (!dry_run)
        printf("%s\n", guid);
    return WSCTL_OK;
}

int names_install(int argc, char **argv)
{
    bool dry_run = take_flag(&argc, argv, "--dry-run");
    enum store_width width = take_flag(&argc, argv, "--32") ? STORE_32 : STORE_NATIVE;
    struct namespace_entry *e;
    int status;

    if (argc < 1)
        return WSCTL_USAGE;
    e = calloc(1, sizeof *e);
    if (!e)
        return complain_store("install the name-space provider", WSA_NOT_ENOUGH_MEMORY);
    status = install_dll(e, width, dry_run, argv[0], argc - 1, argv + 1);
    free(e);
    return status;
}
