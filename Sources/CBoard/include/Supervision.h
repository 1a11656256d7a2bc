// Those that watch over the firmware: the kernel's watchdog and the service manager.
#pragma once
#include <stddef.h>

/// Asks for a time-out and reads back what the driver made of it; -1 and errno.
int board_watchdog_set_timeout(int descriptor, int seconds);
int board_watchdog_feed(int descriptor);

/// A socket for messages to the service manager (NOTIFY_SOCKET, abstract names with a leading @); -1 and errno.
int board_notify_open(const char *address);
/// 0, or -1 and errno. Never blocks: a manager that doesn't listen must not stop its service.
int board_notify_send(int descriptor, const char *message, size_t length);
