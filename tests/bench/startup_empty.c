/* SPDX-License-Identifier: MIT */
/* The zero of startup.c: a program without sockets, that says it runs. */
#include <stdio.h>

int main(void)
{
    printf("here\n");
    return 0;
}
