/* SPDX-License-Identifier: MIT */
#ifndef WS2_CATALOG_RUN_LAYERS_H
#define WS2_CATALOG_RUN_LAYERS_H
/*
 * Layers by name, and the layers of one run (WS2KIT_LAYERS). A name is that of a ws2kit layer,
 * "trace", or the path of a layer's DLL; both kinds of installation, for one run or for good, go
 * through run_layers_put(), so that they look alike.
 */
#include "catalog/catalog.h"

enum {
    RUN_LAYERS_MAX = 32,
    RUN_LAYERS_FIRST_ID = 0x57530000, /* ids of one run's entries: far from those that are stored */
    RUN_LAYERS_LAST_ID = 0x5753FFFF,
};

struct run_layer {
    char path[CATALOG_PATH_BYTES];
    catalog_char name[CATALOG_NAME_CHARS];
    struct catalog_guid provider;
    uint32_t service_flags;
};

/*
 * Splits "NAME[,key=value...][;NAME...]" and fills path, name and derived GUID of each. Returns
 * how many, outermost first, or -1 for a list that is malformed, too long or names a layer twice.
 */
int run_layers_parse(const char *list, struct run_layer layer[RUN_LAYERS_MAX]);

/* Fills *layer from one NAME without options; false if it cannot be one. */
bool run_layers_name(const char *name, size_t chars, struct run_layer *layer);

/*
 * Puts the layer over TCP and UDP; WSAEINVAL when it is there already, see
 * catalog_install_layer().
 */
int run_layers_put(struct catalog *cat, const struct run_layer *layer);

/*
 * Lays `layer` (outermost first) over a snapshot, with ids of their own. One that is installed for
 * good stays put. Chains that would need more than seven elements are folded (catalog/unfold.h): what is stored is held to
 * seven, as installers expect, and a run is not.
 */
int run_layers_apply(struct catalog *cat, const struct run_layer *layer, int count);

static inline bool run_layers_owns(uint32_t id)
{
    return id >= RUN_LAYERS_FIRST_ID && id <= RUN_LAYERS_LAST_ID;
}

/* Does the chain name entries of this run? */
bool run_layers_named(const struct catalog_info *info);

/*
 * Takes the ids of this run's entries out of what an installer wants stored. It built its chains
 * over what it sees, which is `cat`, the layered catalog; stored, they must lie over what is stored.
 * On the way through a chain each element stands for one layer, so leaving it out is right. False: what stays does
 * not fit in seven elements.
 */
bool run_layers_strip(const struct catalog *cat, struct catalog_info *info);

#ifdef _WIN32
/* What can be wrong with a layer's DLL. */
enum run_layer_fault {
    RUN_LAYER_FINE,
    RUN_LAYER_NO_FILE,
    RUN_LAYER_NOT_LOADABLE, /* GetLastError() says why: another bitness, an import that is missing */
    RUN_LAYER_NO_STARTUP,   /* does not export WSPStartup */
};

/*
 * Looks at the DLL, and takes the GUID that it exports if it does (GetLspGuid, as Microsoft's
 * sample layers do) and its service flags (GetLspServiceFlags, which the kit exports: without it the layer counts
 * as IFS). The DLL is loaded for that, and let go.
 */
enum run_layer_fault run_layers_find(struct run_layer *layer);

/* store_read_effective(), with *no_apps as store_read_apps() has it. */
int run_layers_read(struct catalog *cat, bool *no_apps);
#endif

#endif
