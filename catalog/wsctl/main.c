/* SPDX-License-Identifier: MIT */
#include "catalog/wsctl/wsctl.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: wsctl COMMAND\n"
    "Looking:\n"
    "  list [--json|--netsh] [--32]   show the protocol catalog (--32: that of 32-bit programs)\n"
    "  show WHAT [--32]               all there is to know about an entry; WHAT is its ID, {GUID} or NAME\n"
    "  path WHAT                      print where the DLL of an entry is\n"
    "  verify [--quiet]               name whatever is wrong with the catalog\n"
    "  history                        the last 20 changes, and the backups of the state before each\n"
    "  export [FILE]                  both catalogs as text\n"
    "  watch [N]                      print changes as they are made, N of them or until it is ended\n"
    "Changing (--dry-run: only show what would be different):\n"
    "  create                         write the built-in catalog if there is none yet\n"
    "  install layer DLL-OR-NAME [--name NAME] [--over WHAT] [--non-ifs]\n"
    "                                 put a layer over protocols; WHAT is a list of tcp, udp, raw, all\n"
    "                                 or entry IDs, and tcp,udp if not given; NAME is a ws2kit layer\n"
    "                                 such as trace; --non-ifs: it makes socket handles of its own\n"
    "  remove WHAT                    take a layer and its chains out, or a provider\n"
    "  order WHAT first|last|up|down  move an entry: the first that fits a request serves it\n"
    "  order WHAT before|after OTHER  (--32: in the catalog of 32-bit programs)\n"
    "  repair                         mend what verify finds\n"
    "  reset                          go back to the built-in catalog\n"
    "  backup                         keep a backup of what is, and print its number\n"
    "  restore NUMBER                 put a backup in place\n"
    "  import FILE                    put an exported text in place (- is standard input)\n"
    "  category LAYER [LIST]          the LSP category of a layer: firewall,proxy or none, say\n"
    "  category --program PATH [LIST] what a program admits; a LIST is added to what there is\n"
    "  policy [bypass|strict]         what to do about a layer that does not load\n";

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"list", list_command},       {"create", create_command},     {"install", install_command},
    {"remove", remove_command},   {"path", path_command},         {"show", show_command},
    {"order", order_command},     {"verify", verify_command},     {"repair", repair_command},
    {"reset", reset_command},     {"backup", backup_command},     {"history", history_command},
    {"restore", restore_command}, {"export", export_command},     {"import", import_command},
    {"category", category_command}, {"policy", policy_command},   {"watch", watch_command},
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
