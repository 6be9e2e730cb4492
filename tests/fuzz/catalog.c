/* SPDX-License-Identifier: MIT */
/*
 * Whatever bytes the registry holds or a file to import has: reading ends, says so, and what it lets through is sound. The
 * first byte chooses who reads them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/backup.h"
#include "catalog/store.h"
#include "catalog/text.h"
#include "catalog/verify.h"
#include "tests/unit/fake/reg.h"

#define PARAMETERS "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters"
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

/* The checksum set right, so that what lies behind it is reached. */
static void journal(const uint8_t *data, size_t bytes)
{
    uint32_t hash = 2166136261u;
    uint8_t *copy;

    if (bytes < 8)
        return;
    copy = malloc(bytes);
    if (!copy)
        return;
    memcpy(copy, data, bytes);
    memcpy(copy, "WS2K", 4);
    for (size_t i = 8; i < bytes; i++)
        hash = (hash ^ copy[i]) * 16777619u;
    memcpy(copy + 4, &hash, 4);
    reg_fake_put(PARAMETERS, "ws2kit_Journal", REG_TYPE_BINARY, copy, bytes);
    free(copy);
    use_store();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (!bytes)
        return 0;
    reg_fake_reset();
    switch (data[0] % 3) {
    case 0:
        text(data + 1, bytes - 1);
        break;
    case 1:
        check(!store_create());
        journal(data + 1, bytes - 1);
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
