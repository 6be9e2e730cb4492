/* SPDX-License-Identifier: MIT */
#include "ws2_32/names/lines.h"

#include <string.h>

static bool is_end_of_line(char ch)
{
    return ch == '\n' || ch == '\r';
}

/* Control characters part words too: a NUL in the file must not become part of a name. */
static bool is_space(char ch)
{
    return (unsigned char)ch <= ' ' || ch == 0x7f;
}

static void skip(struct span *s, size_t chars)
{
    s->at += chars;
    s->chars -= chars;
}

bool lines_next(struct span *text, struct span *line)
{
    while (text->chars) {
        size_t end = 0, comment;

        while (end < text->chars && !is_end_of_line(text->at[end]))
            end++;
        for (comment = 0; comment < end && text->at[comment] != '#';)
            comment++;
        *line = (struct span){text->at, comment};
        skip(text, end < text->chars ? end + 1 : end);

        if (line->chars >= 3 && !memcmp(line->at, "\xef\xbb\xbf", 3))
            skip(line, 3); /* the byte order mark Notepad writes */
        while (line->chars && is_space(*line->at))
            skip(line, 1);
        if (line->chars)
            return true;
    }
    return false;
}

bool lines_word(struct span *line, struct span *word)
{
    while (line->chars && is_space(*line->at))
        skip(line, 1);
    *word = (struct span){line->at, 0};
    while (line->chars && !is_space(*line->at)) {
        skip(line, 1);
        word->chars++;
    }
    return word->chars > 0;
}

static char lower(char ch)
{
    return ch >= 'A' && ch <= 'Z' ? (char)(ch + 'a' - 'A') : ch;
}

bool lines_equal(struct span word, const char *name)
{
    size_t chars = strlen(name);

    if (chars > 1 && name[chars - 1] == '.')
        chars--;
    if (word.chars != chars)
        return false;
    for (size_t i = 0; i < chars; i++)
        if (lower(word.at[i]) != lower(name[i]))
            return false;
    return true;
}
