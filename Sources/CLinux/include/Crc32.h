// CRC-32 (zlib's) by instructions that not every processor has.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has what `linux_crc32` needs; asks the kernel or the processor each time.
int linux_has_crc32(void);
/// The checksum of these bytes. Only where `linux_has_crc32`.
uint32_t linux_crc32(const uint8_t *bytes, size_t count);
