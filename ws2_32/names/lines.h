/* SPDX-License-Identifier: MIT */
#ifndef WS2_32_NAMES_LINES_H
#define WS2_32_NAMES_LINES_H
/*
 * The lines and words of the hosts, services, protocol and networks files: words parted by white space, `#` starts a
 * comment. Everything stays inside the text; nothing is copied.
 */
#include <stdbool.h>
#include <stddef.h>

struct span {
    const char *at;
    size_t chars;
};

/* Takes the next line that has a word in it off the front of `text`; comments are cut off. False at the end. */
bool lines_next(struct span *text, struct span *line);

/* Takes the next word off the front of `line`. */
bool lines_word(struct span *line, struct span *word);

/* Whether the two are the same name: case counts for nothing in ASCII, a dot at the very end of `name` neither. */
bool lines_equal(struct span word, const char *name);

#endif
