#include "CConfiguration.h"
#include <ini.h>
#include <string.h>

// libinih gives its handler no line number as Debian builds it, so the reader below counts: the parser calls the
// handler for a line before it reads the next.
struct text {
    const char *next;
    size_t left;
    int line, stopped;
    configuration_handler handler;
    void *user;
};

static char *read_line(char *buffer, int size, void *stream) {
    struct text *text = stream;
    if (text->left == 0 || text->stopped || size < 2) return NULL;
    const char *end = memchr(text->next, '\n', text->left);
    size_t length = end ? (size_t)(end - text->next) + 1 : text->left;
    if (length > (size_t)size - 1) length = (size_t)size - 1;
    memcpy(buffer, text->next, length);
    buffer[length] = 0;
    text->next += length;
    text->left -= length;
    text->line++;
    return buffer;
}

static int on_value(void *user, const char *section, const char *key, const char *value) {
    struct text *text = user;
    int goOn = text->handler(text->user, text->line, section, key, value);
    if (!goOn) text->stopped = 1;
    return goOn;
}

int configuration_parse(const char *text, size_t length, configuration_handler handler, void *user) {
    struct text state = {text, length, 0, 0, handler, user};
    int line = ini_parse_stream(read_line, &state, on_value, &state);
    return state.stopped ? 0 : line;
}
