#include "CImage.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>

// Each scan of a progressive file costs a pass over all coefficients, however short the scan: without a limit a small
// file keeps the processor for minutes.
enum { MOST_SCANS = 500 };

struct jpeg_reader {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    char message[JMSG_LENGTH_MAX];
};

static jpeg_reader *reader_of(j_common_ptr decoder) { return decoder->client_data; }

static void fail(j_common_ptr decoder) {
    jpeg_reader *reader = reader_of(decoder);
    reader->errors.format_message(decoder, reader->message);
    longjmp(reader->escape, 1);
}

// Stray bytes between segments are common in cameras' files and harmless. Any other warning means that a part of the
// picture is missing or wrong, and a wrong picture gives wrong names: an error.
static void warn(j_common_ptr decoder, int level) {
    if (level < 0 && decoder->err->msg_code != JWRN_EXTRANEOUS_DATA) fail(decoder);
}

static void ignore_output(j_common_ptr decoder) { (void)decoder; }

static void count_scans(j_common_ptr decoder) {
    if (decoder->is_decompressor && ((j_decompress_ptr)decoder)->input_scan_number > MOST_SCANS) {
        jpeg_reader *reader = reader_of(decoder);
        strcpy(reader->message, "more scans than any real picture has");
        longjmp(reader->escape, 1);
    }
}

jpeg_reader *jpeg_reader_create(void) {
    jpeg_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return NULL;
    reader->decoder.err = jpeg_std_error(&reader->errors);
    reader->errors.error_exit = fail;
    reader->errors.emit_message = warn;
    reader->errors.output_message = ignore_output;
    // jpeg_create_decompress keeps err and client_data, and clears everything else.
    reader->decoder.client_data = reader;
    if (setjmp(reader->escape)) {
        jpeg_reader_destroy(reader);
        return NULL;
    }
    jpeg_create_decompress(&reader->decoder);
    reader->progress.progress_monitor = count_scans;
    reader->decoder.progress = &reader->progress;
    return reader;
}

void jpeg_reader_destroy(jpeg_reader *reader) {
    jpeg_destroy_decompress(&reader->decoder);
    free(reader);
}

static void read_header(jpeg_reader *reader, const unsigned char *bytes, size_t size) {
    jpeg_mem_src(&reader->decoder, bytes, size);
    jpeg_read_header(&reader->decoder, TRUE);
    const int inks = reader->decoder.jpeg_color_space == JCS_CMYK || reader->decoder.jpeg_color_space == JCS_YCCK;
    reader->decoder.out_color_space = inks ? JCS_CMYK : JCS_RGB;
}

int jpeg_reader_header(jpeg_reader *reader, const unsigned char *bytes, size_t size, int *width, int *height, int *components) {
    if (setjmp(reader->escape)) {
        jpeg_abort_decompress(&reader->decoder);
        return -1;
    }
    read_header(reader, bytes, size);
    *width = reader->decoder.image_width;
    *height = reader->decoder.image_height;
    *components = reader->decoder.out_color_space == JCS_CMYK ? 4 : 3;
    jpeg_abort_decompress(&reader->decoder);
    return 0;
}

int jpeg_reader_decode(jpeg_reader *reader, const unsigned char *bytes, size_t size, int eighths, unsigned char *target, int width,
                       int height) {
    if (setjmp(reader->escape)) {
        jpeg_abort_decompress(&reader->decoder);
        return -1;
    }
    struct jpeg_decompress_struct *decoder = &reader->decoder;
    read_header(reader, bytes, size);
    decoder->scale_num = eighths;
    decoder->scale_denom = 8;
    jpeg_start_decompress(decoder);
    if (decoder->output_width != (JDIMENSION)width || decoder->output_height != (JDIMENSION)height) {
        jpeg_abort_decompress(decoder);
        strcpy(reader->message, "the size is not the expected one");
        return -1;
    }
    while (decoder->output_scanline < decoder->output_height) {
        JSAMPROW row = target + (size_t)decoder->output_scanline * width * decoder->output_components;
        jpeg_read_scanlines(decoder, &row, 1);
    }
    jpeg_finish_decompress(decoder);
    return 0;
}

const char *jpeg_reader_message(const jpeg_reader *reader) { return reader->message; }
