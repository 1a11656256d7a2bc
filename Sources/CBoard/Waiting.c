#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Waiting.h"
#include <stddef.h>
#include <time.h>
#include <unistd.h>
#include <sys/eventfd.h>

int board_wait(struct pollfd *descriptors, int count, int64_t timeout) {
    struct timespec duration = { .tv_sec = (time_t)(timeout / 1000000000), .tv_nsec = (long)(timeout % 1000000000) };
    return ppoll(descriptors, (nfds_t)count, timeout < 0 ? NULL : &duration, NULL);
}

int board_wake_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void board_wake_post(int descriptor) {
    uint64_t one = 1;
    // Fails only where the counter is full, which wakes as well.
    ssize_t written = write(descriptor, &one, sizeof one);
    (void)written;
}

void board_wake_clear(int descriptor) {
    uint64_t posted;
    ssize_t taken = read(descriptor, &posted, sizeof posted);
    (void)taken;
}
