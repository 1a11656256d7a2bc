#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Supervision.h"
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

int board_watchdog_set_timeout(int descriptor, int seconds) {
    int actual = seconds;
    // A driver without the request has one fixed time-out, which can still be read.
    if (ioctl(descriptor, WDIOC_SETTIMEOUT, &actual) != 0 && ioctl(descriptor, WDIOC_GETTIMEOUT, &actual) != 0) return -1;
    return actual;
}

// Any byte but V feeds, in drivers without the keep-alive request too.
int board_watchdog_feed(int descriptor) { return write(descriptor, "\n", 1) == 1 ? 0 : -1; }

int board_notify_open(const char *address) {
    struct sockaddr_un target = { .sun_family = AF_UNIX };
    size_t length = strlen(address);
    if (length < 2 || length >= sizeof target.sun_path || (address[0] != '/' && address[0] != '@')) {
        errno = EINVAL;
        return -1;
    }
    memcpy(target.sun_path, address, length);
    if (address[0] == '@') target.sun_path[0] = 0;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    if (connect(descriptor, (struct sockaddr *)&target, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) != 0) {
        int code = errno;
        close(descriptor);
        errno = code;
        return -1;
    }
    return descriptor;
}

int board_notify_send(int descriptor, const char *message, size_t length) {
    return send(descriptor, message, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length ? 0 : -1;
}
