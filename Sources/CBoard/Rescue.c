#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "Rescue.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES 64

// A signal may come at any time: an entry counts from the moment that `isSet` is stored, which is after its texts.
static struct {
    char path[192], text[64];
    int isSet;
} entries[ENTRIES];
static char removedAtEnd[192];
static int hasRemoval;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void onSignal(int number) {
    int code = number;
    board_rescue_now();
    // The handler was reset on entry: now the signal does what it always did.
    raise(code);
}

static void install(void) {
    static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGUSR1, SIGSEGV,
                                   SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSYS };
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction present, ours = {0};
        if (sigaction(signals[i], NULL, &present) != 0) continue;
        if ((present.sa_flags & SA_SIGINFO) || present.sa_handler != SIG_DFL) continue;
        ours.sa_handler = onSignal;
        ours.sa_flags = SA_RESETHAND | SA_NODEFER;
        sigaction(signals[i], &ours, NULL);
    }
    atexit(board_rescue_now);
}

int board_rescue_add(const char *path, const char *text) {
    if (strlen(path) >= sizeof entries->path || strlen(text) >= sizeof entries->text) return -1;
    pthread_once(&once, install);
    pthread_mutex_lock(&lock);
    int free = -1, known = 0;
    for (int i = 0; i < ENTRIES; i++) {
        if (!entries[i].isSet) {
            if (free < 0) free = i;
        } else if (strcmp(entries[i].path, path) == 0) {
            known = 1;
        } else {
            // What was added later is written later.
            free = -1;
        }
    }
    if (!known && free >= 0) {
        strcpy(entries[free].path, path);
        strcpy(entries[free].text, text);
        __atomic_store_n(&entries[free].isSet, 1, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&lock);
    return known || free >= 0 ? 0 : -1;
}

int board_rescue_remove_at_end(const char *path) {
    if (strlen(path) >= sizeof removedAtEnd) return -1;
    pthread_mutex_lock(&lock);
    __atomic_store_n(&hasRemoval, 0, __ATOMIC_SEQ_CST);
    strcpy(removedAtEnd, path);
    __atomic_store_n(&hasRemoval, 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
    return 0;
}

void board_rescue_forget(const char *folder) {
    size_t length = strlen(folder);
    int left = 0;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < ENTRIES; i++) {
        if (!entries[i].isSet) continue;
        if (strncmp(entries[i].path, folder, length) == 0 && entries[i].path[length] == '/') {
            __atomic_store_n(&entries[i].isSet, 0, __ATOMIC_RELEASE);
        } else {
            left = 1;
        }
    }
    if (!left) __atomic_store_n(&hasRemoval, 0, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
}

void board_rescue_now(void) {
    int failed = 0;
    for (int i = 0; i < ENTRIES; i++) {
        if (__atomic_exchange_n(&entries[i].isSet, 0, __ATOMIC_ACQ_REL) == 0) continue;
        int descriptor = open(entries[i].path, O_WRONLY | O_TRUNC | O_CLOEXEC);
        size_t length = strlen(entries[i].text);
        if (descriptor < 0 || write(descriptor, entries[i].text, length) != (ssize_t)length) failed = 1;
        if (descriptor >= 0) close(descriptor);
    }
    if (__atomic_exchange_n(&hasRemoval, 0, __ATOMIC_ACQ_REL) != 0 && !failed) unlink(removedAtEnd);
}
