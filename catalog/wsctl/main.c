/* SPDX-License-Identifier: MIT */
#include "catalog/wsctl/wsctl.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: wsctl COMMAND\n"
    "  list [--json] [--32]     show the protocol catalog (--32: that of 32-bit programs)\n"
    "  create                   write the built-in catalog if there is none yet\n"
    "  install layer DLL-OR-NAME [--name NAME] [--over WHAT] [--non-ifs]\n"
    "                           put a layer over protocols; WHAT is a list of tcp, udp, raw, all\n"
    "                           or entry IDs, and tcp,udp if not given; NAME is a ws2kit layer\n"
    "                           such as trace; --non-ifs: it makes socket handles of its own\n"
    "  remove ID|GUID|NAME      take a layer and its chains out, or a provider\n"
    "  path ID|GUID|NAME        print where the DLL of an entry is\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"list", list_command},       {"create", create_command}, {"install", install_command},
    {"remove", remove_command}, {"path", path_command},
};

int main(int argc, char **argv)
{
    /* Lines end as Linux scripts expect, which compare them. */
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);

    if (argc > 1 && (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help"))) {
        fputs(usage, stdout);
        return WSCTL_OK;
    }
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
        int status;

        if (strcmp(argv[1], commands[i].name))
            continue;
        status = commands[i].run(argc - 2, argv + 2);
        if (status == WSCTL_USAGE)
            fputs(usage, stderr);
        if (fflush(stdout) && status == WSCTL_OK)
            return complain("cannot write the output: the disk is full or the reader is gone");
        return status;
    }
    if (argc > 1)
        complain("there is no command \"%s\"", argv[1]);
    fputs(usage, stderr);
    return WSCTL_USAGE;
}
