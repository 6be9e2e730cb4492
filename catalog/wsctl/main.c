/* SPDX-License-Identifier: MIT */
#include "catalog/wsctl/wsctl.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

static const char usage[] =
    "usage: wsctl COMMAND\n"
    "Looking:\n"
    "  list [--json|--netsh] [--protocols|--namespaces] [--32]\n"
    "                                 show the catalogs (--32: those of 32-bit programs); --json shows\n"
    "                                 the protocols, or with --namespaces the name-space providers\n"
    "  show WHAT [--32]               all there is to know about an entry; WHAT is its ID, {GUID} or NAME\n"
    "  path WHAT                      print where the DLL of an entry is\n"
    "  verify [--quiet]               name whatever is wrong with the catalogs\n"
    "  history                        the last 20 changes, and the backups of the state before each\n"
    "  export [FILE]                  the protocol catalogs as text\n"
    "  watch [N]                      print changes as they are made, N of them or until it is ended\n"
    "Changing (--dry-run: only show what would be different):\n"
    "  create                         write the built-in catalogs where there are none yet\n"
    "  install layer DLL-OR-NAME [--name NAME] [--over WHAT] [--non-ifs]\n"
    "                                 put a layer over protocols; WHAT is a list of tcp, udp, raw, all\n"
    "                                 or entry IDs, and tcp,udp if not given; NAME is a ws2kit layer\n"
    "                                 such as trace; --non-ifs: it makes socket handles of its own,\n"
    "                                 which most such DLLs say themselves\n"
    "  install namespace DLL-OR-NAME [--name NAME] [--space WORD-OR-NUMBER] [--guid {GUID}]\n"
    "                    [--version N] [--32]\n"
    "                                 add a name-space provider at the end, enabled; its name space is\n"
    "                                 dns if not given, its {GUID} is derived from the name and printed\n"
    "  enable WHAT, disable WHAT [--32]\n"
    "                                 let a name-space provider be asked, or not\n"
    "  remove WHAT [--32]             take a layer and its chains out, or a provider of either kind\n"
    "  order WHAT first|last|up|down  move an entry: the first that fits a request serves it\n"
    "  order WHAT before|after OTHER  (--32: in the catalog of 32-bit programs)\n"
    "  repair                         mend what verify finds\n"
    "  reset                          go back to the built-in catalogs\n"
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
    {"enable", enable_command},   {"disable", disable_command},
};

static int run(int argc, char **argv)
{
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

int wmain(int argc, WCHAR **wide); /* MinGW declares main only */

/* All text inside is UTF-8: names and paths may have any letter. */
int wmain(int argc, WCHAR **wide)
{
    char **argv = calloc((size_t)argc + 1, sizeof *argv);

    /* Lines end as Linux scripts expect, which compare them. */
    _setmode(_fileno(stdout), _O_BINARY);
    _setmode(_fileno(stderr), _O_BINARY);
    for (int i = 0; argv && i < argc; i++) {
        int bytes = WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, NULL, 0, NULL, NULL);

        argv[i] = bytes > 0 ? malloc((size_t)bytes) : NULL;
        if (!argv[i] || !WideCharToMultiByte(CP_UTF8, 0, wide[i], -1, argv[i], bytes, NULL, NULL))
            return complain("cannot read the command line: out of memory");
    }
    return argv ? run(argc, argv) : complain("cannot read the command line: out of memory");
}
