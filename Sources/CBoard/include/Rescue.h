// What has to be put back when the process ends without going through its own clean-up: files to write, then one to
// remove. Runs at exit and on every signal that would end the process and that nobody else handles; SIGKILL and power loss
// are left to a later process.
#pragma once

/// Remembers `text` for the file at `path`, in the order of the calls; the first text for a path stays. 0, or -1 where the
/// table is full or a text too long.
int board_rescue_add(const char *path, const char *text);
/// The file to remove once everything is written.
int board_rescue_remove_at_end(const char *path);
/// Forgets every file under a folder: its contents have been put back.
void board_rescue_forget(const char *folder);
/// Puts back what is remembered, and forgets it. Safe in a signal handler.
void board_rescue_now(void);
