// Image and checksum libraries of the distribution: libjpeg-turbo (TurboJPEG interface, which reports errors
// as values instead of longjmp), libpng (simplified interface, same reason) and zlib (crc32).
#pragma once
#include <stddef.h>
#include <turbojpeg.h>
#include <png.h>
#include <zlib.h>
