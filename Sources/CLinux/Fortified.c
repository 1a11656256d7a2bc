// Debian's static libraries are compiled against glibc with fortified calls and its table of characters; a board's binary
// links them with musl, which has no such names. Same checks, same behaviour.
#include "CLinux.h"
#ifndef __GLIBC__
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>

int __fprintf_chk(FILE *file, int flag, const char *format, ...) {
    (void)flag;
    va_list arguments;
    va_start(arguments, format);
    int written = vfprintf(file, format, arguments);
    va_end(arguments);
    return written;
}

int __vsnprintf_chk(char *text, size_t size, int flag, size_t room, const char *format, va_list arguments) {
    (void)flag;
    if (size > room) abort();
    return vsnprintf(text, size, format, arguments);
}

int __snprintf_chk(char *text, size_t size, int flag, size_t room, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int written = __vsnprintf_chk(text, size, flag, room, format, arguments);
    va_end(arguments);
    return written;
}

int __asprintf_chk(char **text, int flag, const char *format, ...) {
    (void)flag;
    va_list arguments;
    va_start(arguments, format);
    int written = vasprintf(text, format, arguments);
    va_end(arguments);
    return written;
}

void *__memcpy_chk(void *target, const void *source, size_t size, size_t room) {
    if (size > room) abort();
    return memcpy(target, source, size);
}

char *__strcpy_chk(char *target, const char *source, size_t room) {
    if (strlen(source) >= room) abort();
    return strcpy(target, source);
}

// What isspace and its relatives look up: 384 entries of bits, from -128 on (little-endian order). Only ASCII has any, as in
// the C locale.
const unsigned short **__ctype_b_loc(void) {
    static unsigned short table[384];
    static const unsigned short *middle;
    const unsigned short *ready = __atomic_load_n(&middle, __ATOMIC_ACQUIRE);
    if (ready == NULL) {
        // Threads that come at once write the same.
        for (int c = 0; c < 128; c++) {
            unsigned short bits = 0;
            if (isupper(c)) bits |= 0x0100;
            if (islower(c)) bits |= 0x0200;
            if (isalpha(c)) bits |= 0x0400;
            if (isdigit(c)) bits |= 0x0800;
            if (isxdigit(c)) bits |= 0x1000;
            if (isspace(c)) bits |= 0x2000;
            if (isprint(c)) bits |= 0x4000;
            if (isgraph(c)) bits |= 0x8000;
            if (c == ' ' || c == '\t') bits |= 0x0001;
            if (iscntrl(c)) bits |= 0x0002;
            if (ispunct(c)) bits |= 0x0004;
            if (isalnum(c)) bits |= 0x0008;
            table[128 + c] = bits;
        }
        __atomic_store_n(&middle, table + 128, __ATOMIC_RELEASE);
    }
    return &middle;
}

#ifdef __arm__
// Debian's 32-bit libraries know the status of a file in glibc's old layout, which is shorter than what musl's function of
// that name writes.
struct old_status {
    uint64_t device;
    uint32_t padding, inode, mode, links, user, group;
    uint64_t special;
    uint32_t padding2, size, blockSize, blocks, times[6], reserved[2];
};
_Static_assert(sizeof(struct old_status) == 88, "glibc's struct stat of 32-bit ARM");

static int convert(int result, const struct stat *status, struct old_status *old) {
    if (result != 0) return result;
    memset(old, 0, sizeof *old);
    old->device = status->st_dev;
    old->inode = (uint32_t)status->st_ino;
    old->mode = status->st_mode;
    old->links = (uint32_t)status->st_nlink;
    old->user = status->st_uid;
    old->group = status->st_gid;
    old->special = status->st_rdev;
    old->size = (uint32_t)status->st_size;
    return 0;
}

int old_stat(const char *path, struct old_status *old) __asm__("stat");
int old_stat(const char *path, struct old_status *old) {
    struct stat status;
    return convert(fstatat(AT_FDCWD, path, &status, 0), &status, old);
}

int old_lstat(const char *path, struct old_status *old) __asm__("lstat");
int old_lstat(const char *path, struct old_status *old) {
    struct stat status;
    return convert(fstatat(AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW), &status, old);
}
#endif

_Noreturn void __longjmp_chk(jmp_buf environment, int value) { longjmp(environment, value); }
#endif
