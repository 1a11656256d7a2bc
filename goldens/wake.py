#!/usr/bin/env python3
"""Makes Tests/golden/hearing/wake-*: what microWakeWord's own front end makes of spoken words.

    wake-word.wav       "alexa", as espeak-ng says it, then a sentence without it; 16-bit mono 16 kHz
    wake-features.f32   features of wake-word.wav, frame by frame, 40 each

needs: numpy scipy espeakng-loader==0.2.4 pymicro-wakeword==2.5.0
usage: goldens/wake.py [FOLDER]
"""

import ctypes
import pathlib
import sys
import wave

import espeakng_loader
import numpy as np
from pymicro_wakeword import MicroWakeWordFeatures
from scipy.signal import resample_poly

RATE = 16000
FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent / "Tests/golden/hearing")


def spoken(text, voice=b"en-us", speed=150):
    """A text as espeak-ng says it, at 16 kHz."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    parts = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def take(samples, count, _):
        if samples and count > 0:
            parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    # Samples are handed over, none are played.
    rate = library.espeak_Initialize(2, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    library.espeak_SetSynthCallback(take)
    library.espeak_SetVoiceByName(voice)
    library.espeak_SetParameter(1, speed, 0)
    words = text.encode()
    library.espeak_Synth(words, len(words) + 1, 0, 0, 0, 1, None, None)
    library.espeak_Synchronize()
    library.espeak_Terminate()
    return resample_poly(np.concatenate(parts).astype(float), 320, rate * 320 // RATE)


def conversation():
    silence = np.random.default_rng(1).normal(0, 8, RATE // 2)
    clip = np.concatenate([silence, spoken("Alexa"), silence, spoken("What is the weather like?"), silence])
    return np.clip(np.round(clip), -32768, 32767).astype("<i2")


def main():
    clip = conversation()
    with wave.open(str(FOLDER / "wake-word.wav"), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(clip.tobytes())
    front = MicroWakeWordFeatures()
    frames = []
    for start in range(0, len(clip) - 159, 160):
        frames += [frame.reshape(-1) for frame in front.process_streaming(clip[start : start + 160].tobytes())]
    np.array(frames, "<f4").tofile(FOLDER / "wake-features.f32")
    print(f"{len(clip) / RATE:.2f} s, {len(frames)} frames")


if __name__ == "__main__":
    main()
