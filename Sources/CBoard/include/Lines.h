// GPIO lines through libgpiod, the same for its API 1.6 (Debian 12) and 2.x (Debian 13). One handle is one line.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum board_line_bias { BOARD_BIAS_AS_IS, BOARD_BIAS_NONE, BOARD_BIAS_PULL_UP, BOARD_BIAS_PULL_DOWN };
enum board_line_edges { BOARD_EDGES_NONE, BOARD_EDGES_RISING, BOARD_EDGES_FALLING, BOARD_EDGES_BOTH };
enum board_line_direction { BOARD_LINE_INPUT, BOARD_LINE_OUTPUT };

struct board_line_settings {
    int direction, bias, edges, active_low, open_drain;
    /// Asked of the kernel. Where this libgpiod can't ask (1.6) or the kernel refuses, it is left out, and a line with
    /// edges reports both: debouncing in software needs to see the contact open and close.
    uint32_t debounce_microseconds;
};

struct board_line_edge {
    /// The kernel's CLOCK_MONOTONIC time of the interrupt.
    int64_t timestamp_nanoseconds;
    /// Counts the line's edges from 1; 0 where the kernel's interface (that of libgpiod 1.6) doesn't count.
    uint32_t sequence;
    int32_t is_rising;
};

struct board_line_info {
    char name[64], consumer[64];
    int is_used, is_output;
};

struct board_line;

/// 1 or 2.
/// Number of lines of a chip ("/dev/gpiochip0"), its label copied; -1 and errno where it can't be opened.
int board_chip_open(const char *chip, char *label, size_t label_size);
/// What the kernel says of a line without taking it; 0, or -1 and errno.
int board_line_inspect(const char *chip, unsigned offset, struct board_line_info *info);

/// Takes a line; NULL and errno where that fails (EBUSY: someone has it). An output keeps the level it was driven to, or
/// starts inactive where it was an input.
struct board_line *board_line_open(const char *chip, unsigned offset, const struct board_line_settings *settings);
/// An output is put back to the direction and level found by `board_line_open`. NULL is allowed.
void board_line_close(struct board_line *line);
/// Readable when edges wait; -1 for a line without edges.
int board_line_descriptor(const struct board_line *line);
/// 1 where the kernel debounces the line as asked.
int board_line_debounces(const struct board_line *line);
/// The logical level, or -1 and errno.
int board_line_level(struct board_line *line);
/// 0, or -1 and errno.
int board_line_drive(struct board_line *line, int level);
/// Up to `capacity` waiting edges, without blocking: how many, or -1 and errno.
int board_line_take(struct board_line *line, struct board_line_edge *edges, int capacity);
