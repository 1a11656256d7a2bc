#include "CBoard.h"
#include <limits.h>
#include <string.h>
#include <sound/asound.h>
#include <sys/ioctl.h>

// A field of the kernel that need not end in a zero.
static void copyField(char *target, size_t room, const unsigned char *field, size_t size) {
    size_t length = strnlen((const char *)field, size);
    if (length >= room) length = room - 1;
    memcpy(target, field, length);
    target[length] = 0;
}

static int command(int descriptor, unsigned long request, void *argument) {
    int result;
    do result = ioctl(descriptor, (int)request, argument); while (result < 0 && errno == EINTR);
    return result < 0 ? errno : 0;
}

int board_sound_describe(const char *control, unsigned device, struct board_sound_listing *listing) {
    int descriptor = open(control, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return errno;
    struct snd_ctl_card_info card;
    struct snd_pcm_info pcm;
    memset(&card, 0, sizeof card);
    memset(&pcm, 0, sizeof pcm);
    pcm.device = device;
    pcm.stream = SNDRV_PCM_STREAM_CAPTURE;
    int code = command(descriptor, SNDRV_CTL_IOCTL_CARD_INFO, &card);
    if (code == 0) code = command(descriptor, SNDRV_CTL_IOCTL_PCM_INFO, &pcm);
    close(descriptor);
    if (code != 0) return code;
    copyField(listing->card, sizeof listing->card, card.id, sizeof card.id);
    copyField(listing->card_name, sizeof listing->card_name, card.name, sizeof card.name);
    copyField(listing->device_name, sizeof listing->device_name, pcm.name, sizeof pcm.name);
    listing->free_subdevices = pcm.subdevices_avail;
    return 0;
}

// Everything a device can do, before anything is chosen.
static void allowAll(struct snd_pcm_hw_params *parameters) {
    memset(parameters, 0, sizeof *parameters);
    memset(parameters->masks, 0xFF, sizeof parameters->masks);
    for (int index = 0; index <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL; index++)
        parameters->intervals[index].max = UINT_MAX;
    parameters->info = ~0u;
}

static struct snd_interval *interval(struct snd_pcm_hw_params *parameters, int which) {
    return &parameters->intervals[which - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
}

// Keeps what is left of the choices if there is any; 0 or an error number.
static int refine(int descriptor, struct snd_pcm_hw_params *parameters, const struct snd_pcm_hw_params *wanted) {
    struct snd_pcm_hw_params tried = *wanted;
    tried.rmask = ~0u;
    tried.cmask = 0;
    int code = command(descriptor, SNDRV_PCM_IOCTL_HW_REFINE, &tried);
    if (code == 0) *parameters = tried;
    return code;
}

static int keepOfMask(int descriptor, struct snd_pcm_hw_params *parameters, int which, unsigned value) {
    struct snd_pcm_hw_params wanted = *parameters;
    struct snd_mask *mask = &wanted.masks[which - SNDRV_PCM_HW_PARAM_FIRST_MASK];
    __u32 bit = mask->bits[value / 32] & (1u << (value % 32));
    memset(mask, 0, sizeof *mask);
    mask->bits[value / 32] = bit;
    return bit == 0 ? EINVAL : refine(descriptor, parameters, &wanted);
}

static int keepOfInterval(int descriptor, struct snd_pcm_hw_params *parameters, int which, unsigned least, unsigned most) {
    struct snd_pcm_hw_params wanted = *parameters;
    struct snd_interval *range = interval(&wanted, which);
    if (least > range->min) {
        range->min = least;
        range->openmin = 0;
    }
    if (most < range->max) {
        range->max = most;
        range->openmax = 0;
    }
    if (range->min > range->max) return EINVAL;
    return refine(descriptor, parameters, &wanted);
}

// The first of some values that the device has; where it has none, its smallest one at or above the last.
static int choose(int descriptor, struct snd_pcm_hw_params *parameters, int which, const unsigned *values, int count) {
    for (int index = 0; index < count; index++)
        if (keepOfInterval(descriptor, parameters, which, values[index], values[index]) == 0) return 0;
    const struct snd_interval *range = interval(parameters, which);
    unsigned least = range->min + (range->openmin ? 1 : 0);
    return keepOfInterval(descriptor, parameters, which, least, least);
}

// In the order of `SampleEncoding`; the order of the choice is the same.
static const unsigned formats[] = {SNDRV_PCM_FORMAT_S16_LE, SNDRV_PCM_FORMAT_S32_LE, SNDRV_PCM_FORMAT_S24_LE, SNDRV_PCM_FORMAT_S24_3LE};

static int chooseFormat(int descriptor, struct snd_pcm_hw_params *parameters, unsigned *encoding) {
    for (unsigned index = 0; index < sizeof formats / sizeof *formats; index++) {
        if (keepOfMask(descriptor, parameters, SNDRV_PCM_HW_PARAM_FORMAT, formats[index]) != 0) continue;
        *encoding = index;
        return 0;
    }
    return ENOTSUP;
}

static int negotiate(int descriptor, struct board_sound_format *format) {
    struct snd_pcm_hw_params parameters, all;
    allowAll(&all);
    int code = refine(descriptor, &parameters, &all);
    if (code == 0) code = keepOfMask(descriptor, &parameters, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_RW_INTERLEAVED);
    // 48000 before 44100: it is a whole multiple of what speech models want.
    const unsigned rates[] = {format->rate, 48000, 32000, 44100, 96000, 8000};
    if (code == 0) code = choose(descriptor, &parameters, SNDRV_PCM_HW_PARAM_RATE, rates, sizeof rates / sizeof *rates);
    if (code == 0) code = chooseFormat(descriptor, &parameters, &format->encoding);
    const unsigned channels[] = {format->channels, 1, 2};
    if (code == 0) code = choose(descriptor, &parameters, SNDRV_PCM_HW_PARAM_CHANNELS, channels, sizeof channels / sizeof *channels);
    if (code != 0) return code;
    unsigned rate = interval(&parameters, SNDRV_PCM_HW_PARAM_RATE)->min;
    // A wish only: an interrupt every 10 ms or less often, a second of room. Of what is left the kernel takes the shortest
    // period and the largest buffer.
    keepOfInterval(descriptor, &parameters, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, rate / 100, UINT_MAX);
    keepOfInterval(descriptor, &parameters, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, 0, rate);
    parameters.rmask = ~0u;
    parameters.cmask = 0;
    code = command(descriptor, SNDRV_PCM_IOCTL_HW_PARAMS, &parameters);
    if (code != 0) return code;
    format->rate = interval(&parameters, SNDRV_PCM_HW_PARAM_RATE)->min;
    format->channels = interval(&parameters, SNDRV_PCM_HW_PARAM_CHANNELS)->min;
    format->period_frames = interval(&parameters, SNDRV_PCM_HW_PARAM_PERIOD_SIZE)->min;
    format->buffer_frames = interval(&parameters, SNDRV_PCM_HW_PARAM_BUFFER_SIZE)->min;
    return format->rate == 0 || format->channels == 0 ? ENOTSUP : 0;
}

int board_sound_open(const char *device, struct board_sound_format *format) {
    int descriptor = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return -errno;
    int code = negotiate(descriptor, format);
    if (code == 0) {
        struct snd_pcm_sw_params parameters;
        memset(&parameters, 0, sizeof parameters);
        parameters.period_step = 1;
        parameters.avail_min = format->period_frames;
        parameters.xfer_align = 1;
        // Started by hand; a full buffer stops the device, which is how losses are noticed.
        parameters.start_threshold = format->buffer_frames;
        parameters.stop_threshold = format->buffer_frames;
        code = command(descriptor, SNDRV_PCM_IOCTL_SW_PARAMS, &parameters);
    }
    if (code == 0) code = board_sound_restart(descriptor);
    if (code == 0) return descriptor;
    close(descriptor);
    return -code;
}

long board_sound_read(int descriptor, void *frames, unsigned long count) {
    struct snd_xferi transfer = {.result = 0, .buf = frames, .frames = count};
    int code = command(descriptor, SNDRV_PCM_IOCTL_READI_FRAMES, &transfer);
    return code != 0 ? -(long)code : (long)transfer.result;
}

int board_sound_restart(int descriptor) {
    int code = command(descriptor, SNDRV_PCM_IOCTL_PREPARE, NULL);
    return code != 0 ? code : command(descriptor, SNDRV_PCM_IOCTL_START, NULL);
}
