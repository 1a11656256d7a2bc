// Cameras through the kernel's V4L2 streaming interface, with mapped buffers.
#pragma once
#include <stdint.h>

#define BOARD_CAMERA_BUFFERS 4

/// Wanted, and after `board_camera_configure` what there is.
struct board_camera_format {
    unsigned width, height;
    /// A CameraEncoding's number.
    unsigned encoding;
    /// From one row of the first plane to the next, and of a whole frame at most.
    unsigned row_bytes, image_bytes;
    /// Frames in a thousand seconds; 0: the driver doesn't say.
    unsigned rate_milli;
};

/// A frame that the kernel has lent.
struct board_camera_frame {
    unsigned buffer, bytes, sequence;
    /// By the monotonic clock; 0 where the driver uses another.
    int64_t nanoseconds;
    /// The driver says that its data are damaged.
    int is_damaged;
};

/// What a camera is asked with; tests put their own in its place.
typedef int (*board_camera_call)(int descriptor, unsigned long request, void *argument);
void board_camera_use(board_camera_call call);

/// Opens a capturing device; `name` gets what its driver calls it. A descriptor, or a negative error number (ENOTTY: it is no
/// V4L2 device; ENOTSUP: it captures nothing, or can't stream).
int board_camera_open(const char *device, char *name, unsigned room);
/// The same of what is open already; 0 or an error number.
int board_camera_identify(int descriptor, char *name, unsigned room);
/// The encodings that it has: a bit each, by CameraEncoding's numbers.
unsigned board_camera_encodings(int descriptor);
/// Asks for size, encoding and rate and says what there is now; 0 or an error number (ENOTSUP: another encoding came).
int board_camera_configure(int descriptor, struct board_camera_format *format);

struct board_camera_buffers {
    unsigned count;
    void *address[BOARD_CAMERA_BUFFERS];
    unsigned long bytes[BOARD_CAMERA_BUFFERS];
};
/// Maps the kernel's buffers, hands them over empty, and starts the stream; 0 or an error number.
int board_camera_start(int descriptor, struct board_camera_buffers *buffers);
/// Stops and unmaps; the descriptor stays open.
void board_camera_stop(int descriptor, struct board_camera_buffers *buffers);
/// Takes the oldest frame that waits, without waiting; 0 or an error number (EAGAIN: none).
int board_camera_take(int descriptor, struct board_camera_frame *frame);
/// Gives its buffer back; 0 or an error number.
int board_camera_give(int descriptor, unsigned buffer);
