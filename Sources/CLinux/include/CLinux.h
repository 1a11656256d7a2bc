// What Swift cannot call by itself: variadic functions, macros such as errno, and Linux interfaces that the
// embedded tool chain has no module for. Headers only.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/futex.h>
#if defined(__aarch64__) || defined(__arm__)
#include <sys/auxv.h>
#endif

#include "ProcessorFeatures.h"

#define CLINUX_INLINE static inline __attribute__((always_inline))

CLINUX_INLINE int linux_errno(void) { return errno; }
CLINUX_INLINE int linux_open(const char *path, int flags, unsigned mode) { return open(path, flags, mode); }
