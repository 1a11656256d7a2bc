// libgpiod 1.6. It knows neither debouncing nor sequence numbers.
#include <gpiod.h>
#ifdef GPIOD_LINE_BULK_MAX_LINES
#include "LinesInternal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/gpio.h>


int board_chip_open(const char *path, char *label, size_t label_size) {
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (chip == NULL) return -1;
    board_copy_text(label, label_size, gpiod_chip_label(chip));
    int count = (int)gpiod_chip_num_lines(chip);
    gpiod_chip_close(chip);
    return count;
}

int board_line_inspect(const char *path, unsigned offset, struct board_line_info *info) {
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (chip == NULL) return -1;
    struct gpiod_line *line = gpiod_chip_get_line(chip, offset);
    if (line != NULL) {
        board_copy_text(info->name, sizeof info->name, gpiod_line_name(line));
        board_copy_text(info->consumer, sizeof info->consumer, gpiod_line_consumer(line));
        info->is_used = gpiod_line_is_used(line);
        info->is_output = gpiod_line_direction(line) == GPIOD_LINE_DIRECTION_OUTPUT;
    }
    int code = errno;
    gpiod_chip_close(chip);
    errno = code;
    return line == NULL ? -1 : 0;
}

static int requestType(enum board_request_kind kind, int edges) {
    if (kind == BOARD_REQUEST_OUTPUT) return GPIOD_LINE_REQUEST_DIRECTION_OUTPUT;
    if (kind == BOARD_REQUEST_AS_IS) return GPIOD_LINE_REQUEST_DIRECTION_AS_IS;
    switch (edges) {
    case BOARD_EDGES_RISING: return GPIOD_LINE_REQUEST_EVENT_RISING_EDGE;
    case BOARD_EDGES_FALLING: return GPIOD_LINE_REQUEST_EVENT_FALLING_EDGE;
    case BOARD_EDGES_BOTH: return GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES;
    default: return GPIOD_LINE_REQUEST_DIRECTION_INPUT;
    }
}

struct board_line *board_line_request(const char *path, unsigned offset, const struct board_line_settings *settings,
                                      enum board_request_kind kind, int level) {
    struct board_line *line = calloc(1, sizeof *line);
    struct gpiod_chip *chip = line == NULL ? NULL : gpiod_chip_open(path);
    struct gpiod_line *handle = chip == NULL ? NULL : gpiod_chip_get_line(chip, offset);
    struct gpiod_line_request_config config = { .consumer = "swiftlet" };
    int debounced = settings->debounce_microseconds != 0 && settings->edges != BOARD_EDGES_NONE;
    config.request_type = requestType(kind, debounced ? BOARD_EDGES_BOTH : settings->edges);
    if (settings->active_low) config.flags |= GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW;
    if (kind == BOARD_REQUEST_OUTPUT && settings->open_drain) config.flags |= GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN;
    // The kernel takes a bias with a direction only.
    if (kind != BOARD_REQUEST_AS_IS) {
        if (settings->bias == BOARD_BIAS_NONE) config.flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE;
        if (settings->bias == BOARD_BIAS_PULL_UP) config.flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP;
        if (settings->bias == BOARD_BIAS_PULL_DOWN) config.flags |= GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN;
    }
    if (handle == NULL || gpiod_line_request(handle, &config, level) != 0) {
        int code = errno;
        if (chip != NULL) gpiod_chip_close(chip);
        free(line);
        errno = code;
        return NULL;
    }
    line->first = chip;
    line->second = handle;
    line->descriptor = -1;
    line->previous = BOARD_PREVIOUS_NOTHING;
    if (kind == BOARD_REQUEST_INPUT && settings->edges != BOARD_EDGES_NONE) {
        line->descriptor = gpiod_line_event_get_fd(handle);
        int flags = fcntl(line->descriptor, F_GETFL);
        if (flags >= 0) fcntl(line->descriptor, F_SETFL, flags | O_NONBLOCK);
    }
    return line;
}

void board_line_release(struct board_line *line) {
    if (line == NULL) return;
    gpiod_line_release(line->second);
    gpiod_chip_close(line->first);
    free(line);
}

int board_line_descriptor(const struct board_line *line) { return line->descriptor; }
int board_line_debounces(const struct board_line *line) { return line->debounces; }
int board_line_level(struct board_line *line) { return gpiod_line_get_value(line->second); }
int board_line_drive(struct board_line *line, int level) { return gpiod_line_set_value(line->second, level); }

// Reads the kernel's own records: libgpiod's have a timespec, whose size on 32-bit ARM is another for the C library that
// Debian compiled it with than for ours.
int board_line_take(struct board_line *line, struct board_line_edge *edges, int capacity) {
    struct gpioevent_data events[16];
    if (line->descriptor < 0 || capacity <= 0) return 0;
    size_t room = capacity < 16 ? (size_t)capacity : 16;
    ssize_t bytes = read(line->descriptor, events, room * sizeof *events);
    if (bytes < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    int count = (int)((size_t)bytes / sizeof *events);
    for (int i = 0; i < count; i++) {
        edges[i].timestamp_nanoseconds = (int64_t)events[i].timestamp;
        edges[i].sequence = 0;
        edges[i].is_rising = events[i].id == GPIOEVENT_EVENT_RISING_EDGE;
    }
    return count;
}
#endif
