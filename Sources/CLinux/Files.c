#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinux.h"
#include <sys/file.h>
#include <sys/random.h>
#include <sys/vfs.h>

static int describe(const struct stat *status, struct linux_entry *entry) {
    mode_t mode = status->st_mode;
    entry->kind = S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISFIFO(mode) ? 'p' : S_ISSOCK(mode) ? 's'
        : S_ISCHR(mode) ? 'c' : S_ISBLK(mode) ? 'b' : 'o';
    entry->mode = mode & 0777;
    entry->user = status->st_uid;
    entry->group = status->st_gid;
    entry->size = status->st_size;
    return 0;
}

int linux_look(int folder, const char *name, struct linux_entry *entry) {
    struct stat status;
    memset(entry, 0, sizeof *entry);
    if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? 0 : -1;
    return describe(&status, entry);
}

int linux_look_open(int descriptor, struct linux_entry *entry) {
    struct stat status;
    return fstat(descriptor, &status) != 0 ? -1 : describe(&status, entry);
}

int linux_open_folder(int folder, const char *path) { return openat(folder, path, O_PATH | O_DIRECTORY | O_CLOEXEC); }

int linux_open_at(int folder, const char *name, int flags, unsigned mode) { return openat(folder, name, flags, mode); }

int linux_sync_folder(int folder) {
    int descriptor = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    int result = fsync(descriptor);
    close(descriptor);
    return result;
}

int linux_lock_folder(int folder) { return flock(folder, LOCK_EX | LOCK_NB); }

int linux_is_proc(int folder) {
    struct statfs status;
    return fstatfs(folder, &status) == 0 && status.f_type == 0x9fa0 /* PROC_SUPER_MAGIC */;
}

int linux_is_own_descriptors(int folder) {
    struct stat given, own;
    return fstat(folder, &given) == 0 && stat("/proc/self/fd", &own) == 0 && given.st_dev == own.st_dev && given.st_ino == own.st_ino;
}

int linux_make_blocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
}

static void own_path(int descriptor, char path[32]) { snprintf(path, 32, "/proc/self/fd/%d", descriptor); }

int linux_open_unnamed(int folder, unsigned mode) {
#ifdef O_TMPFILE
    int descriptor = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
    if (descriptor < 0) return -1;
    // A name is given through /proc, which may not be mounted: better to know before anything is written.
    char path[32];
    struct stat own, seen;
    own_path(descriptor, path);
    if (fstat(descriptor, &own) == 0 && stat(path, &seen) == 0 && own.st_dev == seen.st_dev && own.st_ino == seen.st_ino) return descriptor;
    close(descriptor);
#endif
    (void)folder;
    (void)mode;
    return -1;
}

int linux_name_unnamed(int descriptor, int folder, const char *name) {
    char path[32];
    own_path(descriptor, path);
    return linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW);
}

void linux_temporary_name(char name[LINUX_TEMPORARY_NAME]) {
    static uint64_t count;
    uint64_t number = 0;
    // Early at boot there is no randomness yet; O_EXCL keeps what is written safe then too, only not from delays.
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        number = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u ^ (uint64_t)now.tv_sec << 32 ^ (uint64_t)getpid() << 48;
        number += __atomic_add_fetch(&count, 0x9e3779b97f4a7c15u, __ATOMIC_RELAXED);
    }
    snprintf(name, LINUX_TEMPORARY_NAME, ".swiftlet-%08x%08x", (unsigned)(number >> 32), (unsigned)number);
}

#define TEMPORARIES 16

// A slot counts while `used` is 1; the handler reads it without the lock.
static struct {
    int used, folder;
    char name[LINUX_TEMPORARY_NAME];
} temporaries[TEMPORARIES];
static int remembered;
static pthread_mutex_t temporaryLock = PTHREAD_MUTEX_INITIALIZER;
static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
enum { ENDINGS = sizeof endings / sizeof *endings };

static void removeTemporaries(int signal) {
    for (int i = 0; i < TEMPORARIES; i++)
        if (__atomic_load_n(&temporaries[i].used, __ATOMIC_ACQUIRE)) unlinkat(temporaries[i].folder, temporaries[i].name, 0);
    struct sigaction standard = {0};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, NULL);
    raise(signal);
}

// Whoever handles a signal already ends the process in order; only the default action is replaced, and put back.
static void exchangeHandlers(void (*from)(int), void (*to)(int)) {
    for (int i = 0; i < ENDINGS; i++) {
        struct sigaction now;
        if (sigaction(endings[i], NULL, &now) != 0 || now.sa_flags & SA_SIGINFO || now.sa_handler != from) continue;
        memset(&now, 0, sizeof now);
        now.sa_handler = to;
        sigaction(endings[i], &now, NULL);
    }
}

int linux_remember_temporary(int folder, const char *name) {
    int slot = -1;
    pthread_mutex_lock(&temporaryLock);
    for (int i = 0; i < TEMPORARIES && slot < 0; i++)
        if (!temporaries[i].used) slot = i;
    if (slot >= 0) {
        temporaries[slot].folder = folder;
        strncpy(temporaries[slot].name, name, sizeof temporaries[slot].name - 1);
        __atomic_store_n(&temporaries[slot].used, 1, __ATOMIC_RELEASE);
        if (remembered++ == 0) exchangeHandlers(SIG_DFL, removeTemporaries);
    }
    pthread_mutex_unlock(&temporaryLock);
    return slot;
}

void linux_forget_temporary(int slot) {
    if (slot < 0 || slot >= TEMPORARIES) return;
    pthread_mutex_lock(&temporaryLock);
    __atomic_store_n(&temporaries[slot].used, 0, __ATOMIC_RELEASE);
    if (--remembered == 0) exchangeHandlers(removeTemporaries, SIG_DFL);
    pthread_mutex_unlock(&temporaryLock);
}

int linux_private_folder(const char *path) {
    if (mkdir(path, 0700) == 0) return 0;
    struct stat status;
    if (lstat(path, &status) != 0) return 0;
    return S_ISDIR(status.st_mode) && status.st_uid == geteuid() && (status.st_mode & 022) == 0 ? 0 : -1;
}

void linux_reserve_standard_descriptors(void) {
    for (int descriptor = 0; descriptor < 3; descriptor++)
        // Reading or writing what was opened as a mere path is an error, always.
        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF && open("/", O_PATH) < 0) return;
}
