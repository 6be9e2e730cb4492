/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target over the files named on the command line, so that a corpus is an ordinary test. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        uint8_t *data = malloc(1 << 20);
        size_t bytes;

        if (!f || !data)
            return 1;
        bytes = fread(data, 1, 1 << 20, f);
        fclose(f);
        data = realloc(data, bytes ? bytes : 1); /* so that one byte too far is a sanitizer's business */
        LLVMFuzzerTestOneInput(data, bytes);
        free(data);
    }
    return 0;
}
