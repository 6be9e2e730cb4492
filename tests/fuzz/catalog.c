/* SPDX-License-Identifier: MIT */
/*
 * Whatever bytes the registry holds or a file to import has: reading ends, says so, and what it lets through is sound. The
 * first byte chooses who reads them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/backup.h"
#include "catalog/namespace_store.h"
#include "catalog/seal.h"
#include "catalog/store.h"
#include "catalog/text.h"
#include "catalog/verify.h"
#include "tests/unit/fake/reg.h"

#define PARAMETERS "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters"
#define NAMES      PARAMETERS "\\NameSpace_Catalog5"
#define ENTRIES    PARAMETERS "\\Protocol_Catalog9\\Catalog_Entries64"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check(int ok)
{
    if (!ok)
        abort();
}

/* Readers do not break, repair ends, and then there is nothing to name. */
static void use_store(void)
{
    struct fault_list list = {0};
    struct catalog cat;

    check(!store_read(STORE_NATIVE, &cat));
    for (uint32_t i = 0; i < cat.count; i++)
        (void)catalog_usable(&cat, &cat.entry[i]);
    catalog_deinit(&cat);
    check(!store_read_records(STORE_NATIVE, &cat));
    catalog_deinit(&cat);
    check(!store_verify(&list));
    fault_list_deinit(&list);
    check(!store_repair("fuzz", catalog_repair, NULL));
    check(!store_verify(&list));
    for (uint32_t i = 0; i < list.count; i++)
        check(fault_is_note(list.fault[i].kind));
    fault_list_deinit(&list);
}

static void text(const uint8_t *data, size_t bytes)
{
    const char *why = NULL;
    unsigned line;
    struct pack p, back;
    char *out;

    if (text_read((const char *)data, bytes, &p, &line, &why)) {
        check(why != NULL);
        return;
    }
    check(!text_write(&p, &out));
    check(!text_read(out, strlen(out), &back, &line, &why));
    for (int i = 0; i < RECORDS_SECTIONS; i++)
        check(p.cat[i].count == back.cat[i].count &&
              (!p.cat[i].count || !memcmp(p.cat[i].entry, back.cat[i].entry, p.cat[i].count * sizeof *p.cat[i].entry)));
    free(out);
    pack_deinit(&p);
    pack_deinit(&back);
}

/* The same for the name spaces. */
static void use_names(void)
{
    struct fault_list list = {0};
    struct namespaces ns;

    check(!namespace_store_read(STORE_NATIVE, &ns));
    namespaces_deinit(&ns);
    check(!namespace_store_verify(&list));
    fault_list_deinit(&list);
    check(!namespace_store_repair("fuzz"));
    check(!namespace_store_verify(&list));
    for (uint32_t i = 0; i < list.count; i++)
        check(fault_is_note(list.fault[i].kind));
    fault_list_deinit(&list);
}

/* The seal set right, so that what lies behind it is reached. */
static void journal(const char *name, const char magic[4], const uint8_t *data, size_t bytes)
{
    uint32_t number;
    uint8_t *copy;

    if (bytes < SEAL_BYTES)
        return;
    copy = malloc(bytes);
    if (!copy)
        return;
    memcpy(copy, data, bytes);
    memcpy(&number, magic, sizeof number);
    seal_set(copy, bytes, number);
    reg_fake_put(PARAMETERS, name, REG_TYPE_BINARY, copy, bytes);
    free(copy);
}

/* Four values of one record, each with a length byte before it and whatever type that is. */
static void names_record(const uint8_t *data, size_t bytes)
{
    static const char *const values[] = {"ProviderId", "LibraryPath", "SupportedNameSpace", "ProviderInfo"};

    for (size_t i = 0; i < sizeof values / sizeof values[0] && bytes > 1; i++) {
        size_t count = data[0] < bytes - 2 ? data[0] : bytes - 2;

        reg_fake_put(NAMES "\\Catalog_Entries64\\000000000002", values[i], data[1] % 5, data + 2, count);
        data += 2 + count;
        bytes -= 2 + count;
    }
    reg_fake_put(NAMES, "Serial_Access_Num", REG_TYPE_DWORD, "\77\0\0\0", 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (!bytes)
        return 0;
    reg_fake_reset();
    if (data[0] == 'n' || data[0] == 'r') {
        check(!namespace_store_create());
        if (data[0] == 'n')
            journal("ws2kit_NameSpaces", "WSN2", data + 1, bytes - 1);
        else
            names_record(data + 1, bytes - 1);
        use_names();
        return 0;
    }
    switch (data[0] % 3) {
    case 0:
        text(data + 1, bytes - 1);
        break;
    case 1:
        check(!store_create());
        journal("ws2kit_Journal", "WS2K", data + 1, bytes - 1);
        use_store();
        break;
    case 2:
        check(!store_create());
        reg_fake_put(ENTRIES "\\000000000002", "PackedCatalogItem", REG_TYPE_BINARY, data + 1, bytes - 1);
        reg_fake_put(PARAMETERS "\\Protocol_Catalog9", "Serial_Access_Num", REG_TYPE_DWORD, "\77\0\0\0", 4);
        use_store();
        break;
    }
    return 0;
}
