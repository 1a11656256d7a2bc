// I2C transfers through /dev/i2c-N. Error numbers come back as values: errno is a macro.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Opens an adapter; a descriptor, or a negative error number.
int board_i2c_open(const char *path);
/// Bounds a transfer: time-out in units of 10 ms, and how often the adapter tries again after losing arbitration.
/// 0 or an error number.
int board_i2c_set_limits(int descriptor, unsigned long timeout, unsigned long retries);
/// Whether the adapter does plain I2C messages (I2C_FUNC_I2C): 1 or 0, or a negative error number.
int board_i2c_has_messages(int descriptor);
/// Writes, then reads with a repeated start; either count may be 0. 0 or an error number.
int board_i2c_transfer(int descriptor, uint16_t address, const void *write, size_t writeCount, void *read, size_t readCount);
