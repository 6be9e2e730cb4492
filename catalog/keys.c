/* SPDX-License-Identifier: MIT */
#include "catalog/keys.h"

#include <string.h>

#include "base/wsaerr.h"

static const char parameters_path[] = "SYSTEM\\CurrentControlSet\\Services\\WinSock2\\Parameters";

enum records_section keys_section(enum store_width width)
{
    return width == STORE_NATIVE && sizeof(void *) == 8 ? RECORDS_64 : RECORDS_32;
}

bool keys_has_section(int section)
{
    return section == RECORDS_32 || reg_two_widths();
}

/* Reads the name of the catalog's key. Anything but a plain name counts as absent: the usual one, and WSANO_DATA. */
static int read_name(struct keys *k, const struct keys_name *name)
{
    uint16_t text[REG_NAME_CHARS];
    uint32_t type = 0;
    size_t bytes = 0, chars = 0;
    int err = reg_get(k->parameters, name->value, &type, text, sizeof text, &bytes);

    memcpy(k->name, name->usual, strlen(name->usual) + 1);
    if (err)
        return err == WSAEMSGSIZE ? WSANO_DATA : err;
    for (; chars < bytes / 2 && chars < REG_NAME_CHARS - 1 && text[chars]; chars++)
        if (text[chars] < '0' || text[chars] > 'z' || text[chars] == '\\')
            return WSANO_DATA;
    if (type != REG_TYPE_STRING || !chars)
        return WSANO_DATA;
    k->name[chars] = 0;
    while (chars--)
        k->name[chars] = (char)text[chars];
    return 0;
}

int keys_open_parameters(struct keys *k)
{
    memset(k, 0, sizeof *k);
    return reg_open(NULL, parameters_path, &k->parameters);
}

int keys_open_catalog(struct keys *k, const struct keys_name *name)
{
    int err = k->catalog ? 0 : read_name(k, name);

    if (k->catalog || (err && err != WSANO_DATA))
        return err;
    return reg_open(k->parameters, k->name, &k->catalog);
}

int keys_open(struct keys *k, const struct keys_name *name)
{
    int err = keys_open_parameters(k);

    if (!err)
        err = keys_open_catalog(k, name);
    if (err)
        keys_close(k);
    return err;
}

static int set_text(struct reg_key *key, const char *name, const char *text)
{
    uint16_t wide[REG_NAME_CHARS];
    size_t i = 0;

    do
        wide[i] = (unsigned char)text[i];
    while (text[i++]);
    return reg_set(key, name, REG_TYPE_STRING, wide, i * sizeof wide[0]);
}

int keys_create(struct keys *k, const struct keys_name *name)
{
    int err;

    memset(k, 0, sizeof *k);
    err = reg_create(NULL, parameters_path, &k->parameters);
    if (!err)
        err = read_name(k, name);
    if (err == WSANO_DATA) {
        err = set_text(k->parameters, "WinSock_Registry_Version", "2.0");
        if (!err)
            err = set_text(k->parameters, name->value, name->usual);
    }
    if (!err)
        err = reg_create(k->parameters, k->name, &k->catalog);
    if (err)
        keys_close(k);
    return err;
}

void keys_close(struct keys *k)
{
    reg_close(k->catalog);
    reg_close(k->parameters);
    k->catalog = k->parameters = NULL;
}

void stamp_set(struct stamp *s, const struct keys *k, bool *has_apps)
{
    char name[REG_NAME_CHARS];
    uint64_t written;

    s->written = 0;
    if (has_apps)
        *has_apps = false;
    memcpy(s->name, k->name, sizeof s->name);
    for (uint32_t i = 0; !reg_child(k->parameters, i, name, &written); i++) {
        if (has_apps && !strcmp(name, "AppId_Catalog"))
            *has_apps = true;
        if (strcmp(name, k->name))
            continue;
        s->index = i;
        s->written = written;
        return;
    }
}

int stamp_check(const struct stamp *s, struct reg_key *parameters)
{
    char name[REG_NAME_CHARS];
    uint64_t written;
    int err;

    if (!s->written)
        return WSANO_DATA;
    err = reg_child(parameters, s->index, name, &written);
    return !err && (written != s->written || strcmp(name, s->name)) ? WSANO_DATA : err;
}

int keys_api_err(int err)
{
    return err == WSANO_DATA || err == WSAEMSGSIZE ? WSANO_RECOVERY : err;
}
