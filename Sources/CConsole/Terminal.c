#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CConsole.h"
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int console_is_terminal(int descriptor) { return isatty(descriptor); }

int console_kind(int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return 0;
    // Opened as a mere path: it was closed when the program started.
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || flags & O_PATH) return 0;
    if (isatty(descriptor)) return 't';
    if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) return 'p';
    if (S_ISREG(status.st_mode)) return 'f';
    if (S_ISCHR(status.st_mode) && major(status.st_rdev) == 1 && minor(status.st_rdev) == 3) return 'n';
    return 'o';
}

int console_reopen(int descriptor, int writes) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return -1;
    // Only these can block for long; a file opened again would start at its beginning.
    if (isatty(descriptor) || S_ISFIFO(status.st_mode)) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
        int opened = open(path, (writes ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (opened >= 0) return opened;
    }
    return fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
}

static speed_t speed(int baud) {
    static const struct { int baud; speed_t code; } table[] = {
        {9600, B9600}, {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200},
        {230400, B230400}, {460800, B460800}, {921600, B921600}, {1000000, B1000000}, {1500000, B1500000},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].baud == baud) return table[i].code;
    return B0;
}

static void make_raw(struct termios *settings) {
    settings->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    // A break or a byte with a framing error is noise, not input.
    settings->c_iflag |= IGNBRK | IGNPAR;
    settings->c_oflag &= ~(tcflag_t)OPOST;
    settings->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    settings->c_cflag = (settings->c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    settings->c_cc[VMIN] = 1;
    settings->c_cc[VTIME] = 0;
}

int console_open(const char *path, int baud) {
    int descriptor = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return -1;
    struct termios settings;
    if (tcgetattr(descriptor, &settings) != 0) {
        int code = errno;
        close(descriptor);
        errno = code;
        return -1;
    }
    make_raw(&settings);
    // Boards' consoles have three wires: without this a line that nobody drives looks like a hang-up.
    settings.c_cflag |= CLOCAL | CREAD;
    if (baud != 0 && speed(baud) != B0) {
        cfsetispeed(&settings, speed(baud));
        cfsetospeed(&settings, speed(baud));
    }
    if (tcsetattr(descriptor, TCSANOW, &settings) != 0) {
        int code = errno;
        close(descriptor);
        errno = code;
        return -1;
    }
    return descriptor;
}

#define REMEMBERED 8
static struct { int descriptor, taken; struct termios settings; } before[REMEMBERED];

int console_set_raw(int descriptor) {
    struct termios settings;
    if (tcgetattr(descriptor, &settings) != 0) return -1;
    for (int i = 0; i < REMEMBERED; i++) {
        if (before[i].taken) continue;
        before[i].settings = settings;
        before[i].descriptor = descriptor;
        before[i].taken = 1;
        break;
    }
    make_raw(&settings);
    return tcsetattr(descriptor, TCSADRAIN, &settings);
}

void console_restore(int descriptor) {
    for (int i = 0; i < REMEMBERED; i++) {
        if (!before[i].taken || before[i].descriptor != descriptor) continue;
        // Not DRAIN: a terminal that nobody reads would hold the exit up.
        tcsetattr(descriptor, TCSANOW, &before[i].settings);
        before[i].taken = 0;
    }
}

int console_width(int descriptor) {
    struct winsize size;
    return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void console_finish_output(int descriptor, int milliseconds) {
    int left = 0;
    if (!isatty(descriptor)) return;
    while (ioctl(descriptor, TIOCOUTQ, &left) == 0 && left > 0 && milliseconds > 0) {
        struct timespec pause = { .tv_nsec = 5000000 };
        nanosleep(&pause, NULL);
        milliseconds -= 5;
    }
    if (left > 0) tcflush(descriptor, TCOFLUSH);
}

int console_wake_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void console_wake_post(int wake) {
    int code = errno;
    uint64_t one = 1;
    if (write(wake, &one, sizeof one) < 0) {}
    errno = code;
}

void console_wake_clear(int wake) {
    uint64_t count;
    if (read(wake, &count, sizeof count) < 0) {}
}

static volatile sig_atomic_t caught;
static volatile sig_atomic_t wakeDescriptor = -1;

static void keep(int signal) {
    caught = signal;
    if (wakeDescriptor >= 0) console_wake_post(wakeDescriptor);
}

int console_catch_signals(int wake) {
    wakeDescriptor = wake;
    struct sigaction ignore = {0}, stop = {0};
    ignore.sa_handler = SIG_IGN;
    stop.sa_handler = keep;
    linux_admit_stop_signals();
    return sigaction(SIGPIPE, &ignore, NULL) | sigaction(SIGINT, &stop, NULL) | sigaction(SIGTERM, &stop, NULL)
        | sigaction(SIGHUP, &stop, NULL);
}

int console_caught_signal(void) { return caught; }

int console_run_systemctl(int powerOff) {
    char *arguments[] = {"systemctl", powerOff ? "poweroff" : "reboot", NULL};
    pid_t child;
    if (posix_spawnp(&child, "systemctl", NULL, NULL, arguments, environ) != 0) return 127;
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
