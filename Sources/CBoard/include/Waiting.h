// Waiting for descriptors with a time-out in nanoseconds, and waking such a wait.
#pragma once
#include <poll.h>
#include <stdint.h>

/// ppoll; a negative time-out waits for ever. How many are ready, 0 after the time-out, -1 and errno.
int board_wait(struct pollfd *descriptors, int count, int64_t timeout_nanoseconds);
/// An eventfd; -1 and errno.
int board_wake_open(void);
void board_wake_post(int descriptor);
/// Takes all wakes posted so far.
void board_wake_clear(int descriptor);
