// Capturing through the kernel's own PCM interface, /dev/snd: there is no static libasound. What is used of it has no times
// in it, so that its structures are the same whatever size the C library's times have.
#pragma once
#include <stdint.h>

struct board_sound_listing {
    /// The card's short name, as configurations have it: "Loopback".
    char card[17];
    /// The card's and the device's names for people.
    char card_name[33], device_name[81];
    /// 0 where all of its subdevices are in use.
    unsigned free_subdevices;
};

/// Wanted, and after `board_sound_open` what there is.
struct board_sound_format {
    unsigned rate, channels;
    /// A SampleEncoding's number.
    unsigned encoding;
    /// Frames that the kernel keeps, and those between two of its interrupts.
    unsigned buffer_frames, period_frames;
};

/// What a card's control device ("/dev/snd/controlC0") says of one of its capturing devices; 0 or an error number.
int board_sound_describe(const char *control, unsigned device, struct board_sound_listing *listing);
/// Opens a capturing device ("/dev/snd/pcmC0D0c"), chooses rate, encoding and channels nearest to what is wanted, and starts
/// it. A descriptor, or a negative error number (EBUSY: somebody has it).
int board_sound_open(const char *device, struct board_sound_format *format);
/// Takes frames that are there, without waiting: how many, or a negative error number (EAGAIN: none; EPIPE: some were lost
/// and the device stopped; ENODEV: it is gone).
long board_sound_read(int descriptor, void *frames, unsigned long count);
/// Starts a device again that stopped because nobody read it, or because the board slept; 0 or an error number.
int board_sound_restart(int descriptor);
