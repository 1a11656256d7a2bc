// libgpiod 2.x.
#include <gpiod.h>
#ifndef GPIOD_LINE_BULK_MAX_LINES
#include "LinesInternal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#define EDGES_AT_ONCE 16


int board_chip_open(const char *path, char *label, size_t label_size) {
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (chip == NULL) return -1;
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    int count = -1, code = errno;
    if (info != NULL) {
        board_copy_text(label, label_size, gpiod_chip_info_get_label(info));
        count = (int)gpiod_chip_info_get_num_lines(info);
        gpiod_chip_info_free(info);
    }
    gpiod_chip_close(chip);
    errno = code;
    return count;
}

int board_line_inspect(const char *path, unsigned offset, struct board_line_info *info) {
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (chip == NULL) return -1;
    struct gpiod_line_info *found = gpiod_chip_get_line_info(chip, offset);
    int code = errno;
    if (found != NULL) {
        board_copy_text(info->name, sizeof info->name, gpiod_line_info_get_name(found));
        board_copy_text(info->consumer, sizeof info->consumer, gpiod_line_info_get_consumer(found));
        info->is_used = gpiod_line_info_is_used(found);
        info->is_output = gpiod_line_info_get_direction(found) == GPIOD_LINE_DIRECTION_OUTPUT;
        gpiod_line_info_free(found);
    }
    gpiod_chip_close(chip);
    errno = code;
    return found == NULL ? -1 : 0;
}

/// All or nothing; -1 and errno where libgpiod refuses a value.
static int describe(struct gpiod_line_settings *target, const struct board_line_settings *settings,
                    enum board_request_kind kind, int level, uint32_t debounce) {
    static const enum gpiod_line_direction directions[] = {
        [BOARD_REQUEST_INPUT] = GPIOD_LINE_DIRECTION_INPUT, [BOARD_REQUEST_OUTPUT] = GPIOD_LINE_DIRECTION_OUTPUT,
        [BOARD_REQUEST_AS_IS] = GPIOD_LINE_DIRECTION_AS_IS };
    static const enum gpiod_line_bias biases[] = {
        [BOARD_BIAS_AS_IS] = GPIOD_LINE_BIAS_AS_IS, [BOARD_BIAS_NONE] = GPIOD_LINE_BIAS_DISABLED,
        [BOARD_BIAS_PULL_UP] = GPIOD_LINE_BIAS_PULL_UP, [BOARD_BIAS_PULL_DOWN] = GPIOD_LINE_BIAS_PULL_DOWN };
    static const enum gpiod_line_edge edges[] = {
        [BOARD_EDGES_NONE] = GPIOD_LINE_EDGE_NONE, [BOARD_EDGES_RISING] = GPIOD_LINE_EDGE_RISING,
        [BOARD_EDGES_FALLING] = GPIOD_LINE_EDGE_FALLING, [BOARD_EDGES_BOTH] = GPIOD_LINE_EDGE_BOTH };
    int failed = gpiod_line_settings_set_direction(target, directions[kind]);
    gpiod_line_settings_set_active_low(target, settings->active_low != 0);
    // The kernel takes a bias with a direction only.
    if (kind != BOARD_REQUEST_AS_IS) failed |= gpiod_line_settings_set_bias(target, biases[settings->bias & 3]);
    if (kind == BOARD_REQUEST_OUTPUT)
        failed |= gpiod_line_settings_set_output_value(target, level ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
    if (kind == BOARD_REQUEST_INPUT && settings->edges != BOARD_EDGES_NONE) {
        failed |= gpiod_line_settings_set_edge_detection(target, edges[settings->edges & 3]);
        failed |= gpiod_line_settings_set_event_clock(target, GPIOD_LINE_CLOCK_MONOTONIC);
    }
    if (kind == BOARD_REQUEST_OUTPUT && settings->open_drain)
        failed |= gpiod_line_settings_set_drive(target, GPIOD_LINE_DRIVE_OPEN_DRAIN);
    if (kind == BOARD_REQUEST_INPUT) gpiod_line_settings_set_debounce_period_us(target, debounce);
    return failed ? -1 : 0;
}

static struct gpiod_line_request *request(struct gpiod_chip *chip, unsigned offset, const struct board_line_settings *settings,
                                          enum board_request_kind kind, int level, uint32_t debounce) {
    struct gpiod_line_settings *lineSettings = gpiod_line_settings_new();
    struct gpiod_line_config *lineConfig = gpiod_line_config_new();
    struct gpiod_request_config *config = gpiod_request_config_new();
    struct gpiod_line_request *result = NULL;
    if (lineSettings != NULL && lineConfig != NULL && config != NULL
        && describe(lineSettings, settings, kind, level, debounce) == 0
        && gpiod_line_config_add_line_settings(lineConfig, &offset, 1, lineSettings) == 0) {
        gpiod_request_config_set_consumer(config, "swiftlet");
        // Room for a burst while the reader is kept from running; the kernel drops the oldest beyond.
        gpiod_request_config_set_event_buffer_size(config, 256);
        result = gpiod_chip_request_lines(chip, config, lineConfig);
    }
    int code = errno;
    if (config != NULL) gpiod_request_config_free(config);
    if (lineConfig != NULL) gpiod_line_config_free(lineConfig);
    if (lineSettings != NULL) gpiod_line_settings_free(lineSettings);
    errno = code;
    return result;
}

struct board_line *board_line_request(const char *path, unsigned offset, const struct board_line_settings *settings,
                                      enum board_request_kind kind, int level) {
    struct board_line *line = calloc(1, sizeof *line);
    struct gpiod_chip *chip = line == NULL ? NULL : gpiod_chip_open(path);
    if (chip == NULL) {
        int code = errno;
        free(line);
        errno = code;
        return NULL;
    }
    struct gpiod_line_request *handle = NULL;
    if (kind == BOARD_REQUEST_INPUT && settings->debounce_microseconds != 0) {
        handle = request(chip, offset, settings, kind, level, settings->debounce_microseconds);
        line->debounces = handle != NULL;
    }
    if (handle == NULL) {
        struct board_line_settings plain = *settings;
        if (settings->debounce_microseconds != 0 && settings->edges != BOARD_EDGES_NONE) plain.edges = BOARD_EDGES_BOTH;
        handle = request(chip, offset, &plain, kind, level, 0);
    }
    struct gpiod_edge_event_buffer *buffer = handle == NULL ? NULL : gpiod_edge_event_buffer_new(EDGES_AT_ONCE);
    int code = errno;
    gpiod_chip_close(chip);
    if (buffer == NULL) {
        if (handle != NULL) gpiod_line_request_release(handle);
        free(line);
        errno = code;
        return NULL;
    }
    line->first = handle;
    line->second = buffer;
    line->offset = offset;
    line->descriptor = -1;
    line->previous = BOARD_PREVIOUS_NOTHING;
    if (kind == BOARD_REQUEST_INPUT && settings->edges != BOARD_EDGES_NONE) {
        line->descriptor = gpiod_line_request_get_fd(handle);
        int flags = fcntl(line->descriptor, F_GETFL);
        if (flags >= 0) fcntl(line->descriptor, F_SETFL, flags | O_NONBLOCK);
    }
    return line;
}

void board_line_release(struct board_line *line) {
    if (line == NULL) return;
    gpiod_edge_event_buffer_free(line->second);
    gpiod_line_request_release(line->first);
    free(line);
}

int board_line_descriptor(const struct board_line *line) { return line->descriptor; }
int board_line_debounces(const struct board_line *line) { return line->debounces; }
int board_line_level(struct board_line *line) { return gpiod_line_request_get_value(line->first, line->offset); }

int board_line_drive(struct board_line *line, int level) {
    return gpiod_line_request_set_value(line->first, line->offset, level ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
}

int board_line_take(struct board_line *line, struct board_line_edge *edges, int capacity) {
    if (line->descriptor < 0 || capacity <= 0) return 0;
    int count = gpiod_line_request_read_edge_events(line->first, line->second, capacity < EDGES_AT_ONCE ? (size_t)capacity : EDGES_AT_ONCE);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++) {
        struct gpiod_edge_event *event = gpiod_edge_event_buffer_get_event(line->second, (unsigned long)i);
        edges[i].timestamp_nanoseconds = (int64_t)gpiod_edge_event_get_timestamp_ns(event);
        edges[i].sequence = (uint32_t)gpiod_edge_event_get_line_seqno(event);
        edges[i].is_rising = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE;
    }
    return count;
}
#endif
