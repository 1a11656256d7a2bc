// Terminals and signals that wake a wait: what the console needs and Swift cannot call by itself.
#pragma once
#include <stddef.h>
#include <stdint.h>

int console_is_terminal(int descriptor);
/// What a descriptor is: 't' terminal, 'p' pipe or socket, 'f' regular file, 'n' the null device, 'o' other; 0: closed.
int console_kind(int descriptor);
/// A descriptor of the same terminal or pipe that doesn't block, so that whoever shares the old one notices nothing;
/// another number for the same file elsewhere. -1 and errno.
int console_reopen(int descriptor, int writes);
/// Opens a terminal for a console of its own: raw, not controlling, not blocking, `baud` where that isn't 0. -1 and errno.
int console_open(const char *path, int baud);
/// Raw mode, bytes as they come; what was set before is kept for console_restore. 0, or -1 and errno.
int console_set_raw(int descriptor);
/// Puts back what console_set_raw found; does nothing for others. At most 8 terminals are remembered.
void console_restore(int descriptor);
/// Waits at most so long until a terminal has sent what was written to it, then drops the rest: closing it would wait for
/// half a minute where nobody listens. Does nothing for others.
void console_finish_output(int descriptor, int milliseconds);
/// Columns of the terminal; 0 where it doesn't know.
int console_width(int descriptor);

/// A descriptor that becomes readable when posted to (eventfd); -1 and errno.
int console_wake_open(void);
/// Safe in signal handlers and in real-time threads: never blocks.
void console_wake_post(int wake);
void console_wake_clear(int wake);

/// SIGINT, SIGTERM and SIGHUP are kept and post to `wake`; SIGPIPE is ignored. 0 on success.
int console_catch_signals(int wake);
/// The last of them that came, 0 for none.
int console_caught_signal(void);

/// systemctl reboot (0) or poweroff (1); its exit status, or 127 where there is none.
int console_run_systemctl(int powerOff);
