// Instruction-set intrinsics as always-inlined functions. Swift cannot import most intrinsics: they are macros
// or need target features; a plain `static inline` would stay a call inside the hot loop.
#pragma once
#define INTRINSIC static inline __attribute__((always_inline))
// Each has what its architecture has, and is empty elsewhere.
#include "neon.h"
#include "avx.h"
#include "vector.h"
