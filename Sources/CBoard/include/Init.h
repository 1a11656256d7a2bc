// What the first process of a system does.
#pragma once

/// 0, or -1 and errno; EBUSY where something is mounted there already.
int board_mount(const char *source, const char *target, const char *type);
/// Loads an uncompressed kernel module; 0, or -1 and errno (EEXIST: it is loaded already).
int board_load_module(const char *path, const char *parameters);
/// Process id of a child that has ended and its status as of waitpid; 0 where none has, -1 and errno (ECHILD: no child).
int board_reap(int *status);
/// Writes file systems to storage, then restarts or powers off; returns only on failure, -1 and errno.
int board_restart(void);
int board_power_off(void);
