#include "CBoard.h"
#include <string.h>
#include <linux/videodev2.h>
#include <sys/ioctl.h>

static int systemCall(int descriptor, unsigned long request, void *argument) { return ioctl(descriptor, (int)request, argument); }
static board_camera_call call = systemCall;

void board_camera_use(board_camera_call other) { call = other ? other : systemCall; }

static int command(int descriptor, unsigned long request, void *argument) {
    int result;
    do result = call(descriptor, request, argument); while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

// In the order of `CameraEncoding`. Motion JPEG has two names.
static const unsigned encodings[] = {V4L2_PIX_FMT_YUYV,   V4L2_PIX_FMT_UYVY, V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_YUV420,
                                     V4L2_PIX_FMT_RGB24, V4L2_PIX_FMT_GREY, V4L2_PIX_FMT_MJPEG};
enum { encodingCount = sizeof encodings / sizeof *encodings };

static unsigned encodingOf(unsigned code) {
    if (code == V4L2_PIX_FMT_JPEG) code = V4L2_PIX_FMT_MJPEG;
    unsigned index = 0;
    while (index < encodingCount && encodings[index] != code) index++;
    return index;
}

int board_camera_identify(int descriptor, char *name, unsigned room) {
    struct v4l2_capability capability;
    memset(&capability, 0, sizeof capability);
    int code = command(descriptor, VIDIOC_QUERYCAP, &capability);
    if (code != 0) return code;
    unsigned can = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
    if (!(can & V4L2_CAP_VIDEO_CAPTURE) || !(can & V4L2_CAP_STREAMING)) return ENOTSUP;
    size_t length = strnlen((const char *)capability.card, sizeof capability.card);
    if (length >= room) length = room - 1;
    memcpy(name, capability.card, length);
    name[length] = 0;
    return 0;
}

int board_camera_open(const char *device, char *name, unsigned room) {
    int descriptor = open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return -errno;
    int code = board_camera_identify(descriptor, name, room);
    if (code == 0) return descriptor;
    close(descriptor);
    return -code;
}

unsigned board_camera_encodings(int descriptor) {
    unsigned found = 0;
    // A driver that never ends its list is not followed for ever.
    for (unsigned index = 0; index < 256; index++) {
        struct v4l2_fmtdesc description;
        memset(&description, 0, sizeof description);
        description.index = index;
        description.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        if (command(descriptor, VIDIOC_ENUM_FMT, &description) != 0) break;
        unsigned encoding = encodingOf(description.pixelformat);
        if (encoding < encodingCount) found |= 1u << encoding;
    }
    return found;
}

// The rate is a wish: cameras with fixed rates refuse it, and say what they have.
static unsigned configureRate(int descriptor, unsigned milli) {
    struct v4l2_streamparm parameters;
    memset(&parameters, 0, sizeof parameters);
    parameters.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    parameters.parm.capture.timeperframe.numerator = 1000;
    parameters.parm.capture.timeperframe.denominator = milli;
    if (milli == 0 || command(descriptor, VIDIOC_S_PARM, &parameters) != 0) {
        memset(&parameters, 0, sizeof parameters);
        parameters.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
        if (command(descriptor, VIDIOC_G_PARM, &parameters) != 0) return 0;
    }
    struct v4l2_fract time = parameters.parm.capture.timeperframe;
    return time.numerator == 0 ? 0 : (unsigned)((uint64_t)time.denominator * 1000 / time.numerator);
}

int board_camera_configure(int descriptor, struct board_camera_format *format) {
    if (format->encoding >= encodingCount) return EINVAL;
    struct v4l2_format wanted;
    memset(&wanted, 0, sizeof wanted);
    wanted.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    wanted.fmt.pix.width = format->width;
    wanted.fmt.pix.height = format->height;
    wanted.fmt.pix.pixelformat = encodings[format->encoding];
    wanted.fmt.pix.field = V4L2_FIELD_NONE;
    int code = command(descriptor, VIDIOC_S_FMT, &wanted);
    if (code != 0) return code;
    if (encodingOf(wanted.fmt.pix.pixelformat) != format->encoding) return ENOTSUP;
    format->width = wanted.fmt.pix.width;
    format->height = wanted.fmt.pix.height;
    format->row_bytes = wanted.fmt.pix.bytesperline;
    format->image_bytes = wanted.fmt.pix.sizeimage;
    format->rate_milli = configureRate(descriptor, format->rate_milli);
    return 0;
}

static void describe(struct v4l2_buffer *buffer, unsigned index) {
    memset(buffer, 0, sizeof *buffer);
    buffer->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    buffer->memory = V4L2_MEMORY_MMAP;
    buffer->index = index;
}

int board_camera_give(int descriptor, unsigned index) {
    struct v4l2_buffer buffer;
    describe(&buffer, index);
    return command(descriptor, VIDIOC_QBUF, &buffer);
}

int board_camera_start(int descriptor, struct board_camera_buffers *buffers) {
    memset(buffers, 0, sizeof *buffers);
    struct v4l2_requestbuffers request;
    memset(&request, 0, sizeof request);
    request.count = BOARD_CAMERA_BUFFERS;
    request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    request.memory = V4L2_MEMORY_MMAP;
    int code = command(descriptor, VIDIOC_REQBUFS, &request);
    if (code != 0) return code;
    if (request.count < 2) return ENOMEM;
    unsigned count = request.count < BOARD_CAMERA_BUFFERS ? request.count : BOARD_CAMERA_BUFFERS;
    for (unsigned index = 0; index < count && code == 0; index++) {
        struct v4l2_buffer buffer;
        describe(&buffer, index);
        code = command(descriptor, VIDIOC_QUERYBUF, &buffer);
        if (code != 0) break;
        void *address = mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, descriptor, (off_t)buffer.m.offset);
        if (address == MAP_FAILED) {
            code = errno;
            break;
        }
        buffers->address[index] = address;
        buffers->bytes[index] = buffer.length;
        buffers->count = index + 1;
        code = board_camera_give(descriptor, index);
    }
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    if (code == 0) code = command(descriptor, VIDIOC_STREAMON, &type);
    if (code != 0) board_camera_stop(descriptor, buffers);
    return code;
}

void board_camera_stop(int descriptor, struct board_camera_buffers *buffers) {
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    command(descriptor, VIDIOC_STREAMOFF, &type);
    for (unsigned index = 0; index < buffers->count; index++) munmap(buffers->address[index], buffers->bytes[index]);
    buffers->count = 0;
    struct v4l2_requestbuffers request;
    memset(&request, 0, sizeof request);
    request.type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    request.memory = V4L2_MEMORY_MMAP;
    command(descriptor, VIDIOC_REQBUFS, &request);
}

int board_camera_take(int descriptor, struct board_camera_frame *frame) {
    struct v4l2_buffer buffer;
    describe(&buffer, 0);
    int code = command(descriptor, VIDIOC_DQBUF, &buffer);
    if (code != 0) return code;
    frame->buffer = buffer.index;
    frame->bytes = buffer.bytesused;
    frame->sequence = buffer.sequence;
    int isMonotonic = (buffer.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    frame->nanoseconds = isMonotonic ? (int64_t)buffer.timestamp.tv_sec * 1000000000 + (int64_t)buffer.timestamp.tv_usec * 1000 : 0;
    frame->is_damaged = (buffer.flags & V4L2_BUF_FLAG_ERROR) != 0;
    return 0;
}
