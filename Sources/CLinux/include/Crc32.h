// CRC-32 as zlib has it.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The checksum of what `before` is the checksum of (0: nothing) and these bytes after it; by the processor's own
/// instructions where it has them.
uint32_t linux_crc32(uint32_t before, const uint8_t *bytes, size_t count);
/// The same on every processor.
uint32_t linux_crc32_by_tables(uint32_t before, const uint8_t *bytes, size_t count);
