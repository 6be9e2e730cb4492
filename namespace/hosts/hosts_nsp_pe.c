/* SPDX-License-Identifier: MIT */
/* ws2hosts.dll: localhost, this machine, and the hosts files; services by name and port. */
#include "namespace/nsp_pe.h"
#include "ws2_32/names/files_pe.h"
#include "ws2_32/names/own_pe.h"

static void cleanup(void)
{
    file_forget_all();
    own_cleanup();
}

const struct nsp_source nsp_source = {.find = source_local, .machine = own_name, .flush = file_forget_all, .cleanup = cleanup};
