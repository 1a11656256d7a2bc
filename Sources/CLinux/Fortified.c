// Debian's static libraries are compiled against glibc with fortified calls; a board's binary links them with musl,
// which has no such names. Same checks, same behaviour.
#include "CLinux.h"
#ifndef __GLIBC__
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

_Noreturn void __longjmp_chk(jmp_buf environment, int value) { longjmp(environment, value); }
#endif
