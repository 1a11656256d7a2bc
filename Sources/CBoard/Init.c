#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Init.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>

int board_mount(const char *source, const char *target, const char *type) {
    return mount(source, target, type, MS_NOSUID, NULL);
}

int board_load_module(const char *path, const char *parameters) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    long result = syscall(SYS_finit_module, descriptor, parameters, 0);
    int code = errno;
    close(descriptor);
    errno = code;
    return result == 0 ? 0 : -1;
}

int board_reap(int *status) { return (int)waitpid(-1, status, WNOHANG); }

int board_restart(void) {
    sync();
    return reboot(RB_AUTOBOOT);
}

int board_power_off(void) {
    sync();
    return reboot(RB_POWER_OFF);
}
