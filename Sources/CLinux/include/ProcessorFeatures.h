// Instruction-set extensions, asked of the kernel (ARM) or of the processor (x86).
#pragma once
#include <stdint.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#elif defined(__x86_64__)
#include <cpuid.h>
#endif

#define LINUX_FEATURE_DOT_PRODUCT 1
#define LINUX_FEATURE_INT8_MATRIX 2
#define LINUX_FEATURE_AVX2 4
#define LINUX_FEATURE_VNNI 8

static inline __attribute__((always_inline)) uint32_t linux_processor_features(void) {
    uint32_t found = 0;
#if defined(__aarch64__)
    // The names HWCAP_ASIMDDP and HWCAP2_I8MM are missing from older system headers.
    if (getauxval(AT_HWCAP) & (1ul << 20)) found |= LINUX_FEATURE_DOT_PRODUCT;
    if (getauxval(26 /* AT_HWCAP2 */) & (1ul << 13)) found |= LINUX_FEATURE_INT8_MATRIX;
#elif defined(__x86_64__)
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    const unsigned osxsave = 1u << 27, avx = 1u << 28, fma = 1u << 12, halves = 1u << 29;
    const unsigned needed = osxsave | avx | fma | halves;
    if ((c & needed) != needed) return 0;
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0x06) != 0x06) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    if (b & (1u << 5)) found |= LINUX_FEATURE_AVX2;
    const unsigned foundation = 1u << 16, doubleword = 1u << 17, byteWord = 1u << 30, vectorLength = 1u << 31;
    const unsigned all = foundation | doubleword | byteWord | vectorLength;
    if ((found & LINUX_FEATURE_AVX2) && (low & 0xe6) == 0xe6 && (b & all) == all && (c & (1u << 11))) found |= LINUX_FEATURE_VNNI;
#endif
    return found;
}
