// Image and checksum libraries of the distribution: libjpeg-turbo's decoder (behind functions that return errors,
// for Swift must not be jumped over by longjmp), libpng (simplified interface, same reason) and zlib (crc32).
#pragma once
#include <stddef.h>
#include <png.h>
#include <zlib.h>

/// One JPEG decompressor, for one thread at a time and any number of pictures.
typedef struct jpeg_reader jpeg_reader;

/// NULL without memory.
jpeg_reader *jpeg_reader_create(void);
void jpeg_reader_destroy(jpeg_reader *reader);

/// Width and height in pixels, and the components that `jpeg_reader_decode` writes a pixel: 3 (RGB, grey included) or
/// 4 (CMYK as stored). Returns 0, or -1 where the header is damaged or of an unknown kind.
int jpeg_reader_header(jpeg_reader *reader, const unsigned char *bytes, size_t size, int *width, int *height, int *components);

/// Decodes at `eighths`/8 of the size into rows without gaps. `width` and `height` are those of the target; a picture
/// that turns out otherwise is an error, as is any damage, and a file with absurdly many scans. Returns 0 or -1.
int jpeg_reader_decode(jpeg_reader *reader, const unsigned char *bytes, size_t size, int eighths, unsigned char *target, int width,
                       int height);

/// Why the last call failed.
const char *jpeg_reader_message(const jpeg_reader *reader);

/// The most bytes that the picture takes as a PNG: a macro that Swift does not import.
static inline size_t image_png_bound(const png_image *image) { return PNG_IMAGE_PNG_SIZE_MAX(*image); }
