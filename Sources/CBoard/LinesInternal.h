// Between Lines.c and the two versions of libgpiod.
#pragma once
#include <stddef.h>
#include "Lines.h"

enum { BOARD_PREVIOUS_NOTHING = -2, BOARD_PREVIOUS_INPUT = -1 };
enum board_request_kind { BOARD_REQUEST_INPUT, BOARD_REQUEST_OUTPUT, BOARD_REQUEST_AS_IS };

struct board_line {
    /// libgpiod's own handles: chip and line (1.6), request and event buffer (2.x).
    void *first, *second;
    int descriptor, debounces;
    /// For closing an output: its level before, or a BOARD_PREVIOUS.
    int previous;
    unsigned offset;
    struct board_line_settings settings;
    char chip[64];
};

/// Copies a text, cut to the room there is; NULL becomes the empty text.
void board_copy_text(char *target, size_t size, const char *source);

// One implementation a version.
struct board_line *board_line_request(const char *chip, unsigned offset, const struct board_line_settings *settings,
                                      enum board_request_kind kind, int level);
void board_line_release(struct board_line *line);
