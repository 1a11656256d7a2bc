// What both versions of libgpiod share: the state kept for putting an output back.
#include "LinesInternal.h"
#include <stdlib.h>
#include <string.h>

void board_copy_text(char *target, size_t size, const char *source) {
    if (size == 0) return;
    size_t length = source == NULL ? 0 : strlen(source);
    if (length >= size) length = size - 1;
    if (length > 0) memcpy(target, source, length);
    target[length] = 0;
}

/// What an output has to be put back to: a level where it was driven, -1 where it was an input.
static int presentDrive(const char *chip, unsigned offset, const struct board_line_settings *settings) {
    struct board_line_info info;
    if (board_line_inspect(chip, offset, &info) != 0 || !info.is_output) return -1;
    struct board_line *probe = board_line_request(chip, offset, settings, BOARD_REQUEST_AS_IS, 0);
    if (probe == NULL) return -1;
    int level = board_line_level(probe);
    board_line_release(probe);
    return level;
}

struct board_line *board_line_open(const char *chip, unsigned offset, const struct board_line_settings *settings) {
    if (settings->direction == BOARD_LINE_INPUT) {
        struct board_line *line = board_line_request(chip, offset, settings, BOARD_REQUEST_INPUT, 0);
        if (line != NULL) line->previous = BOARD_PREVIOUS_NOTHING;
        return line;
    }
    int before = presentDrive(chip, offset, settings);
    struct board_line *line = board_line_request(chip, offset, settings, BOARD_REQUEST_OUTPUT, before == 1);
    if (line == NULL) return NULL;
    line->previous = before < 0 ? BOARD_PREVIOUS_INPUT : before;
    line->offset = offset;
    line->settings = *settings;
    board_copy_text(line->chip, sizeof line->chip, chip);
    return line;
}

void board_line_close(struct board_line *line) {
    if (line == NULL) return;
    if (line->previous == 0 || line->previous == 1) board_line_drive(line, line->previous);
    if (line->previous != BOARD_PREVIOUS_INPUT) {
        board_line_release(line);
        return;
    }
    // A released line keeps its direction in most drivers: only a new request makes it an input again.
    struct board_line copy = *line;
    board_line_release(line);
    board_line_release(board_line_request(copy.chip, copy.offset, &copy.settings, BOARD_REQUEST_INPUT, 0));
}
