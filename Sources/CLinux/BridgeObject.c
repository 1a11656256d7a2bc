// What Embedded Swift calls to keep a string alive. That of Swift 6.3 returns the object without the bits that a short string
// has in that place, while the compiler relies on getting back what it gave (swiftlang/swift#91151): now and then, by the
// allocation of registers, a copied string became another or ended the program. Swift's are weak; the linker takes these.
#include "CLinux.h"
#if !defined(__GLIBC__) && UINTPTR_MAX > 0xFFFFFFFF
// Of Embedded Swift's runtime.
void *swift_retain(void *object);
void *swift_retain_n(void *object, uint32_t count);

// Immortal: the text is in the value itself, or is a constant.
static const uint64_t immortal = UINT64_C(1) << 63;
static const uint64_t address = UINT64_C(0x0FFFFFFFFFFFFFF8);

void *swift_bridgeObjectRetain(void *object) {
    if (!((uint64_t)object & immortal)) swift_retain((void *)((uint64_t)object & address));
    return object;
}

void *swift_bridgeObjectRetain_n(void *object, uint32_t count) {
    if (!((uint64_t)object & immortal)) swift_retain_n((void *)((uint64_t)object & address), count);
    return object;
}
#endif
