"""Whisper's log-mel features of a clip, with numpy alone: what the peers of the speech figures are given."""

import math
import wave

import numpy

BANDS, TRANSFORM, STEP, RATE = 80, 400, 160, 16000


def filters():
    """Slaney's mel scale: linear to 1 kHz, logarithmic above; triangles of area 1."""
    knee, step = 15.0, numpy.log(6.4) / 27
    hertz = lambda mel: numpy.where(mel < knee, mel * 200 / 3, 1000 * numpy.exp((mel - knee) * step))
    edges = hertz(numpy.linspace(0, knee + numpy.log(8) / step, BANDS + 2))
    powers = numpy.arange(TRANSFORM // 2 + 1) * RATE / TRANSFORM
    rising = (powers - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - powers) / (edges[2:] - edges[1:-1])[:, None]
    return numpy.maximum(0, numpy.minimum(rising, falling)) * 2 / (edges[2:] - edges[:-2])[:, None]


def sound(path):
    """A clip of 16 bits as one channel at 16 kHz; other rates need scipy."""
    with wave.open(str(path)) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        if file.getsampwidth() != 2:
            raise ValueError(f"{path.name} hasn't 16 bits")
        samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels).mean(1) / 32768
    if rate != RATE:
        from scipy.signal import resample_poly

        common = math.gcd(rate, RATE)
        samples = resample_poly(samples, RATE // common, rate // common)
    return samples


def log_mel(path, seconds):
    """The features of a clip that is cut, or filled with zeros, to so many seconds: [frame][band]."""
    samples, count = sound(path), int(seconds * RATE)
    padded = numpy.pad(numpy.pad(samples[:count], (0, max(0, count - len(samples)))), TRANSFORM // 2, mode="reflect")
    frames = numpy.lib.stride_tricks.sliding_window_view(padded, TRANSFORM)[: count : STEP]
    spectra = numpy.abs(numpy.fft.rfft(frames * numpy.hanning(TRANSFORM + 1)[:-1])) ** 2
    logs = numpy.log10(numpy.maximum(spectra @ filters().T, 1e-10))
    return ((numpy.maximum(logs, logs.max() - 8) + 4) / 4).astype(numpy.float32)
