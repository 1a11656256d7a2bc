// What Swift cannot call by itself: variadic functions, macros such as errno, atomics on raw words, and Linux
// interfaces that the embedded tool chain has no module for.
#pragma once
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/futex.h>
#if defined(__aarch64__) || defined(__arm__)
#include <sys/auxv.h>
#endif

#include "Crc32.h"
#include "Files.h"
#include "ProcessorFeatures.h"

#define CLINUX_INLINE static inline __attribute__((always_inline))

CLINUX_INLINE int linux_errno(void) { return errno; }
CLINUX_INLINE int linux_open(const char *path, int flags, unsigned mode) { return open(path, flags, mode); }

/// An array in the structure, which Swift sees as 256 separate fields.
CLINUX_INLINE const char *linux_entry_name(const struct dirent *entry) { return entry->d_name; }

/// Size of an open file in bytes, or -1 where it isn't a regular file or can't be asked.
CLINUX_INLINE int64_t linux_regular_file_size(int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return -1;
    return status.st_size;
}

/// Failed mmap gives NULL (MAP_FAILED is a cast that Swift does not import).
CLINUX_INLINE void *linux_map(void *address, size_t length, int protection, int flags, int descriptor, int64_t offset) {
    void *result = mmap(address, length, protection, flags, descriptor, offset);
    return result == MAP_FAILED ? NULL : result;
}

// Atomic words: acquire on load, release on store, both on changes.
CLINUX_INLINE uint32_t linux_load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
CLINUX_INLINE void linux_store(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_RELEASE); }
/// The value before.
CLINUX_INLINE uint32_t linux_add(uint32_t *word, uint32_t value) { return __atomic_fetch_add(word, value, __ATOMIC_ACQ_REL); }
/// Sets and clears bits; the value before.
CLINUX_INLINE uint32_t linux_or(uint32_t *word, uint32_t bits) { return __atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST); }
CLINUX_INLINE uint32_t linux_and(uint32_t *word, uint32_t bits) { return __atomic_fetch_and(word, bits, __ATOMIC_SEQ_CST); }
/// Sequentially consistent, for the flag-then-check patterns of sleeping and waking.
CLINUX_INLINE uint32_t linux_exchange(uint32_t *word, uint32_t value) { return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST); }
CLINUX_INLINE void linux_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
/// Copies memory that another thread may be changing meanwhile: whoever asks for it finds out afterwards whether it did.
/// Words at a time without an order of their own, so that it is no data race.
CLINUX_INLINE void linux_copy_shared(void *to, const void *from, size_t size) {
    unsigned char *target = (unsigned char *)to;
    const unsigned char *source = (const unsigned char *)from;
    if ((((uintptr_t)to | (uintptr_t)from) & (sizeof(uintptr_t) - 1)) == 0) {
        for (; size >= sizeof(uintptr_t); size -= sizeof(uintptr_t), target += sizeof(uintptr_t), source += sizeof(uintptr_t))
            __atomic_store_n((uintptr_t *)target, __atomic_load_n((const uintptr_t *)source, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
    }
    for (; size > 0; size--, target++, source++) __atomic_store_n(target, __atomic_load_n(source, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}
CLINUX_INLINE void linux_pause(void) {
#if defined(__aarch64__) || defined(__arm__)
    __asm__ volatile("yield");
#elif defined(__x86_64__)
    __asm__ volatile("pause");
#endif
}

/// Sleeps until the descriptor is readable (1) or the time has passed (0); a signal may end it early (0).
CLINUX_INLINE int linux_wait_readable(int descriptor, int64_t nanoseconds) {
    if (descriptor < 0 || descriptor >= FD_SETSIZE) return 0;
    fd_set set;
    FD_ZERO(&set);
    FD_SET(descriptor, &set);
    struct timespec limit = { .tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000 };
    return pselect(descriptor + 1, &set, NULL, NULL, &limit, NULL) > 0;
}

/// Sleeps while *word == expected (may wake without cause).
CLINUX_INLINE void linux_futex_wait(uint32_t *word, uint32_t expected) {
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}
CLINUX_INLINE void linux_futex_wake(uint32_t *word, int count) {
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

// In CLinux.c: GNU interfaces, and what keeps state.

/// poll with a time-out in nanoseconds: how many are ready, 0 after the time-out, -1 and errno.
int linux_poll(struct pollfd *entries, unsigned count, int64_t nanoseconds);
/// The system's words for an error number, cut to `size` bytes with the closing zero.
void linux_error_text(int code, char *text, size_t size);
/// 1 where this thread may run on the processor.
int linux_may_run_on(int processor);
/// Binds the calling thread to a list of processors; 0 on success.
int linux_run_on(const int32_t *processors, int count);
/// Starts a thread with a stack of a megabyte (C libraries differ in what they give); 0 or an error number. The handle
/// is a number here, whatever the C library makes of it.
int linux_start_thread(uintptr_t *handle, void *(*body)(void *), void *argument);
int linux_join_thread(uintptr_t handle);
/// SCHED_FIFO for the calling thread; 0 or an error number.
int linux_use_fifo(int priority);
/// Locks the pages of today's mappings, each from its first touch on; 0 or an error number.
int linux_lock_memory(void);
#ifdef __GLIBC__
/// Bytes in use on the C heap; tests compare before and after.
size_t linux_heap_bytes(void);
#endif

/// Lets SIGINT, SIGTERM and SIGHUP through: whoever started this process may have blocked them, and a blocked signal
/// stays blocked in a child.
void linux_admit_stop_signals(void);
/// SIGPIPE is ignored; SIGINT and SIGTERM are counted. Returns 0 on success.
int linux_install_signals(void);
/// SIGPIPE alone.
void linux_ignore_broken_pipes(void);
/// How often the process was asked to stop.
int linux_stop_requests(void);

/// Watches a mapping of a file: touching a page that the file no longer has then gives zeros, and the mapping is
/// marked broken, instead of killing the process. A slot, or -1 where all are taken.
int linux_watch_mapping(void *address, size_t length);
/// 1 once a page of the mapping was missing.
int linux_mapping_broken(int slot);
void linux_forget_mapping(int slot);

