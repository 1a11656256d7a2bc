// What it takes to write a file without trusting what stands under its name.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// What stands under a name, a link there not followed.
struct linux_entry {
    /// 0 nothing, 'f' regular file, 'd' folder, 'l' symbolic link, 'p' FIFO, 's' socket, 'c' and 'b' devices, 'o' other.
    int kind;
    /// Permission bits, without set-user-ID and its like.
    uint32_t mode;
    uint32_t user, group;
    int64_t size;
};

/// `folder` is an open folder or AT_FDCWD. 0, or -1 and errno; a name that isn't there is no error.
int linux_look(int folder, const char *name, struct linux_entry *entry);
/// The same of what is open.
int linux_look_open(int descriptor, struct linux_entry *entry);
/// The folder itself, to look from: needs no right to list it. -1 and errno.
int linux_open_folder(int folder, const char *path);
int linux_open_at(int folder, const char *name, int flags, unsigned mode);
/// Makes what was written under a folder's names durable; 0, or -1 and errno.
int linux_sync_folder(int folder);
/// Takes a folder, opened for reading, for this process until it closes it: 0, or -1 and errno, EWOULDBLOCK where another has it.
int linux_lock_folder(int folder);
/// 1 where the folder belongs to procfs, whose links are no paths.
int linux_is_proc(int folder);
/// 1 where the folder lists this process's own descriptors.
int linux_is_own_descriptors(int folder);
/// Makes writes to the descriptor wait again; 0, or -1 and errno.
int linux_make_blocking(int descriptor);

/// A file without a name in the folder, which vanishes unless it gets one. -1 where that can't be had here.
int linux_open_unnamed(int folder, unsigned mode);
/// Gives it a name that nobody has; 0, or -1 and errno.
int linux_name_unnamed(int descriptor, int folder, const char *name);

#define LINUX_TEMPORARY_NAME 32
/// A name that nobody can foresee.
void linux_temporary_name(char name[LINUX_TEMPORARY_NAME]);
/// SIGINT, SIGTERM and SIGHUP remove the file on their way to ending the process, unless somebody else handles them.
/// A slot, or -1 where all are taken.
int linux_remember_temporary(int folder, const char *name);
void linux_forget_temporary(int slot);

/// Makes a folder that only its owner sees. 0 where it is there and belongs to this user alone, or where it can't be
/// made and nothing is there; -1 where something of somebody else's stands in its place.
int linux_private_folder(const char *path);

/// Standard input, output and error that were closed at the start stay failing descriptors: a file opened later must
/// not become standard output. Call once at start.
void linux_reserve_standard_descriptors(void);
