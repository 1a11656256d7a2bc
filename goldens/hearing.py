#!/usr/bin/env python3
"""Makes Tests/golden/hearing: what scipy and numpy make of made-up sounds.

    resample-RATE.f32   count (int32), so many samples at RATE Hz, and scipy.signal.resample_poly's at 16 kHz
    clip.wav            1.1 s: a chirp, a voice-like buzz in noise, silence; 16-bit mono 16 kHz
    bank.f32            Whisper's mel filters, 80 x 201 (Slaney's scale, area-normalised)
    clip-mel.f32        log-mel features of the clip and half a second of silence, frame by frame, in float64

needs: numpy scipy (goldens/requirements.txt)
usage: goldens/hearing.py [FOLDER]
"""

import math
import pathlib
import struct
import sys
import wave

import numpy as np
from scipy.signal import resample_poly

RATE, FRAME, HOP, BANDS = 16000, 400, 160, 80
FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent / "Tests/golden/hearing")


def resampled():
    generator = np.random.default_rng(1)
    for rate in (8000, 11025, 22050, 24000, 44100, 48000):
        time = np.arange(500) / rate
        sound = 0.4 * np.sin(2 * np.pi * 440 * time) + 0.2 * np.sin(2 * np.pi * 3100 * time) + 0.05 * generator.standard_normal(500)
        sound = sound.astype(np.float32)
        common = math.gcd(rate, RATE)
        expected = resample_poly(sound.astype(np.float64), RATE // common, rate // common).astype(np.float32)
        data = struct.pack("<i", len(sound)) + sound.tobytes() + expected.tobytes()
        (FOLDER / f"resample-{rate}.f32").write_bytes(data)


def clip():
    generator = np.random.default_rng(2)
    time = np.arange(int(0.5 * RATE)) / RATE
    chirp = 0.3 * np.sin(2 * np.pi * (200 * time + 3400 * time**2))
    buzz = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 30)) * 0.1 * (1 + np.sin(2 * np.pi * 3 * time))
    noise = 0.004 * generator.standard_normal(len(time))
    sound = np.concatenate((chirp + noise, buzz + noise, np.zeros(RATE // 10)))
    samples = np.clip(np.round(sound * 32768), -32768, 32767).astype("<i2")
    with wave.open(str(FOLDER / "clip.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return samples / 32768


def filters():
    """Slaney's mel scale is linear up to 1 kHz, 3 mel for 200 Hz, and logarithmic above: 27 mel for a factor of 6.4."""
    def hertz(mel):
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))

    top = 15 + np.log(RATE / 2 / 1000) * 27 / np.log(6.4)
    edges = hertz(np.linspace(0, top, BANDS + 2))
    bins = np.arange(FRAME // 2 + 1) * RATE / FRAME
    rows = []
    for low, middle, high in zip(edges, edges[1:], edges[2:]):
        rows.append(np.maximum(0, np.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))) * 2 / (high - low))
    return np.array(rows, np.float32)


def features(sound, bank):
    padded = np.pad(np.concatenate((sound, np.zeros(RATE // 2))), FRAME // 2, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    count = (len(padded) - FRAME) // HOP
    power = np.array([np.abs(np.fft.rfft(padded[i * HOP : i * HOP + FRAME] * window)) ** 2 for i in range(count)])
    log = np.log10(np.maximum(power @ bank.T.astype(np.float64), 1e-10))
    return ((np.maximum(log, log.max() - 8) + 4) / 4).astype(np.float32)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    resampled()
    bank = filters()
    (FOLDER / "bank.f32").write_bytes(bank.tobytes())
    (FOLDER / "clip-mel.f32").write_bytes(features(clip(), bank).tobytes())


if __name__ == "__main__":
    main()
