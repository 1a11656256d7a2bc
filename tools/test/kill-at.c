// Preloaded into a program and all that it starts: counts what they do to files whose path contains $KILL_PATH, and kills
// the whole process group at step $KILL_AT, a write after half of its bytes. The count is shared through the file $KILL_COUNT.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned long own, *count = &own, at;
static const char *part;
// Descriptors of files that count.
static unsigned char watched[1024];

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("KILL_COUNT"), *number = getenv("KILL_AT");
    part = getenv("KILL_PATH");
    at = number ? strtoul(number, NULL, 10) : 0;
    int (*plain)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
    int file = path ? plain(path, O_RDWR | O_CLOEXEC) : -1;
    void *page = file < 0 ? MAP_FAILED : mmap(0, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) count = page;
    if (file >= 0) close(file);
}

static int counts(const char *path) { return part && path && strstr(path, part); }
// The same of a name in an open folder, wherever that is.
static int counts_in(int folder, const char *path) {
    if (!part || !path || path[0] == '/' || folder == AT_FDCWD) return counts(path);
    char link[64], whole[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, whole, sizeof whole / 2);
    if (length < 0) return 0;
    snprintf(whole + length, sizeof whole - (size_t)length, "/%s", path);
    return counts(whole);
}
static int is_watched(int file) { return file >= 0 && file < (int)sizeof watched && watched[file]; }
static int is_the_step(void) { return __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST) == at; }
static void end(void) {
    kill(0, SIGKILL);
    for (;;) pause();
}
static void step(void) { if (is_the_step()) end(); }
static int opened(int file, int counted) {
    if (file >= 0 && file < (int)sizeof watched) watched[file] = (unsigned char)counted;
    return file;
}

#define NEXT(name) static __typeof__(&name) next; if (!next) next = (__typeof__(next))dlsym(RTLD_NEXT, #name)
#define MODE int mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, int); va_end(list); }
#define OPENS(test) int counted = (flags & (O_WRONLY | O_RDWR)) && (test); if (counted) step();

int open(const char *path, int flags, ...) { NEXT(open); MODE; OPENS(counts(path)); return opened(next(path, flags, mode), counted); }
int open64(const char *path, int flags, ...) { NEXT(open64); MODE; OPENS(counts(path)); return opened(next(path, flags, mode), counted); }
int openat(int folder, const char *path, int flags, ...) {
    NEXT(openat); MODE; OPENS(counts_in(folder, path));
    return opened(next(folder, path, flags, mode), counted);
}
int openat64(int folder, const char *path, int flags, ...) {
    NEXT(openat64); MODE; OPENS(counts_in(folder, path));
    return opened(next(folder, path, flags, mode), counted);
}
int dup2(int from, int to) {
    NEXT(dup2);
    int result = next(from, to);
    if (result >= 0 && result < (int)sizeof watched) watched[result] = is_watched(from);
    return result;
}
int close(int file) {
    NEXT(close);
    if (file >= 0 && file < (int)sizeof watched) watched[file] = 0;
    return next(file);
}
ssize_t write(int file, const void *bytes, size_t size) {
    NEXT(write);
    if (is_watched(file) && is_the_step()) { next(file, bytes, size / 2); end(); }
    return next(file, bytes, size);
}
ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset) {
    NEXT(pwrite);
    if (is_watched(file) && is_the_step()) { next(file, bytes, size / 2, offset); end(); }
    return next(file, bytes, size, offset);
}
ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset) {
    NEXT(pwrite64);
    if (is_watched(file) && is_the_step()) { next(file, bytes, size / 2, offset); end(); }
    return next(file, bytes, size, offset);
}
int fsync(int file) { NEXT(fsync); if (is_watched(file)) step(); return next(file); }
int ftruncate(int file, off_t size) { NEXT(ftruncate); if (is_watched(file)) step(); return next(file, size); }
int mkdir(const char *path, mode_t mode) { NEXT(mkdir); if (counts(path)) step(); return next(path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) {
    NEXT(mkdirat);
    if (counts_in(folder, path)) step();
    return next(folder, path, mode);
}
int unlink(const char *path) { NEXT(unlink); if (counts(path)) step(); return next(path); }
int unlinkat(int folder, const char *path, int flags) {
    NEXT(unlinkat);
    if (counts_in(folder, path)) step();
    return next(folder, path, flags);
}
int linkat(int a, const char *from, int b, const char *to, int flags) {
    NEXT(linkat);
    if (counts_in(b, to)) step();
    return next(a, from, b, to, flags);
}
int rename(const char *from, const char *to) { NEXT(rename); if (counts(to)) step(); return next(from, to); }
int renameat(int a, const char *from, int b, const char *to) {
    NEXT(renameat);
    if (counts_in(b, to)) step();
    return next(a, from, b, to);
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    NEXT(renameat2);
    if (counts_in(b, to)) step();
    return next(a, from, b, to, flags);
}
