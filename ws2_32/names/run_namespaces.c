/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/run_namespaces.h"

#include <string.h>

#include "catalog/namespace.h"
#include "catalog/run_layers.h"

/* The value of the key `ns` among an item's options; false if it is no name space that an entry can have. */
static bool read_name_space(const char *option, const char *end, uint32_t *name_space)
{
    *name_space = NAMESPACE_DNS;
    while (option < end) {
        size_t chars = 1 + strcspn(option + 1, ",;");
        uint64_t value = 0;

        if (!strncmp(option, ",ns=", 4)) {
            for (const char *c = option + 4; c < option + chars; c++) {
                if (*c < '0' || *c > '9')
                    return false;
                value = value * 10 + (uint64_t)(*c - '0');
                if (value > UINT32_MAX)
                    return false;
            }
            *name_space = (uint32_t)value;
        }
        option += chars;
    }
    return *name_space != NAMESPACE_ALL;
}

/* Layers are named in the same way, so that one DLL can be both under one name. */
static bool read_item(const char *item, size_t chars, struct run_namespace *run)
{
    size_t name = strcspn(item, ",;");
    struct run_layer layer;

    if (!run_layers_name(item, name, &layer))
        return false;
    memcpy(run->path, layer.path, sizeof run->path);
    memcpy(run->name, layer.name, sizeof run->name);
    run->provider = layer.provider;
    return read_name_space(item + name, item + chars, &run->name_space);
}

int run_namespaces_parse(const char *list, struct run_namespace run[RUN_NAMESPACES_MAX])
{
    int count = 0;

    for (;;) {
        size_t chars = strcspn(list, ";");

        if (count == RUN_NAMESPACES_MAX || !read_item(list, chars, &run[count]))
            return -1;
        for (int i = 0; i < count; i++)
            if (!memcmp(&run[i].provider, &run[count].provider, sizeof run[i].provider))
                return -1;
        count++;
        if (!list[chars])
            return count;
        list += chars + 1;
    }
}
