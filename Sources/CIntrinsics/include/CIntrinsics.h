// Instruction-set intrinsics as always-inlined functions. Swift cannot import most intrinsics: they are macros
// or need target features; a plain `static inline` would stay a call inside the hot loop.
#pragma once
#define INTRINSIC static inline __attribute__((always_inline))
#if defined(__aarch64__)
#include "neon.h"
#elif defined(__x86_64__)
#include "avx.h"
#endif
#include "vector.h"
