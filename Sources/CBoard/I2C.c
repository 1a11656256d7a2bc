#include "CBoard.h"
#include <linux/i2c.h>
#include <linux/i2c-dev.h>
#include <sys/ioctl.h>

int board_i2c_open(const char *path) {
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int board_i2c_set_limits(int descriptor, unsigned long timeout, unsigned long retries) {
    if (ioctl(descriptor, I2C_TIMEOUT, timeout) < 0) return errno;
    if (ioctl(descriptor, I2C_RETRIES, retries) < 0) return errno;
    return 0;
}

int board_i2c_has_messages(int descriptor) {
    unsigned long functions = 0;
    if (ioctl(descriptor, I2C_FUNCS, &functions) < 0) return -errno;
    return (functions & I2C_FUNC_I2C) != 0;
}

int board_i2c_transfer(int descriptor, uint16_t address, const void *write, size_t writeCount, void *read, size_t readCount) {
    struct i2c_msg messages[2];
    struct i2c_rdwr_ioctl_data transfer = {messages, 0};
    if (writeCount > UINT16_MAX || readCount > UINT16_MAX) return EINVAL;
    if (writeCount > 0 || readCount == 0)
        messages[transfer.nmsgs++] = (struct i2c_msg){.addr = address, .flags = 0, .len = (uint16_t)writeCount, .buf = (uint8_t *)write};
    if (readCount > 0)
        messages[transfer.nmsgs++] = (struct i2c_msg){.addr = address, .flags = I2C_M_RD, .len = (uint16_t)readCount, .buf = read};
    return ioctl(descriptor, I2C_RDWR, &transfer) < 0 ? errno : 0;
}
