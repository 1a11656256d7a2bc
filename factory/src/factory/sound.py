"""WAV files in folders by class, as windows of log-mel bands."""

import math
import re
import wave

import numpy as np

from factory.data import folders_of_classes, people_note, split
from factory.failure import Failure
from factory.windows import arranged

RATE, SECONDS = 16_000, 1.0
FRAME, HOP, BANDS = 512, 320, 32
LOWEST, HIGHEST = 60, 7600
# Samples that are resampled at once.
BLOCK = 8192


def read(path, person=None):
    """The loudest second of each file, as 49 frames of 32 bands between 60 and 7600 Hz. Broken files are left out and noted."""
    folders = folders_of_classes(path)
    filters, notes, features, labels, groups, given = mel_filters(), [], [], [], [], []
    for part, classes in folders.items():
        for name, folder in classes.items():
            files = sorted(folder.rglob("*.wav"))
            if not files:
                raise Failure(f"{folder}: class {name} has no WAV files")
            for file in files:
                try:
                    samples = _samples(file)
                except (OSError, EOFError, ValueError, wave.Error) as error:
                    notes.append(f"{file}: left out: {str(error)[:120]}")
                    continue
                features.append(log_mel(_loudest(samples), filters))
                labels.append(name)
                given.append(part)
                match = re.search(person, file.name) if person else None
                if person and not (match and match.groups()):
                    raise Failure(f"{file.name}: --person {person} finds nobody in it")
                groups.append(match.group(1) if match else str(file))
    if not features:
        raise Failure(f"{path}: no WAV file that can be read")
    taken = {"validation", "test"} & set(given)
    parts = [own if own in taken else part for own, part in zip(given, split(groups, taken))]
    if person:
        notes.append(people_note(groups, parts))
    data = arranged(np.stack(features), labels, parts, [f"band{index}" for index in range(BANDS)], notes, groups if person else None)
    data.metadata = metadata(data.metadata)
    return data


def metadata(window):
    """What `swiftlet hear` and tasks make the same features by, two windows a second; `window`: what normalises them."""
    return {
        "task": window["task"],
        "sound.features": "log-mel",
        "sound.rate": str(RATE),
        "sound.hop": str(25 * HOP),
        "sound.frame": str(FRAME),
        "sound.step": str(HOP),
        "sound.bands": str(BANDS),
        "sound.range": f"{LOWEST},{HIGHEST}",
        "sound.mean": window["window.mean"],
        "sound.deviation": window["window.deviation"],
    }


def _samples(file):
    """One channel at 16 kHz, -1 to 1."""
    with wave.open(str(file), "rb") as sound:
        width, channels, rate = sound.getsampwidth(), sound.getnchannels(), sound.getframerate()
        data = sound.readframes(min(sound.getnframes(), 60 * rate))
    if width not in (1, 2, 4) or rate < 1000:
        raise ValueError(f"{8 * width} bits at {rate} Hz; 8, 16 or 32 bits work")
    kind = {1: np.uint8, 2: np.int16, 4: np.int32}[width]
    values = np.frombuffer(data[: len(data) // (width * channels) * width * channels], kind).astype(np.float64)
    values = (values - 128) / 128 if width == 1 else values / 2.0 ** (8 * width - 1)
    if values.size == 0:
        raise ValueError("no samples")
    values = values.reshape(-1, channels).mean(1)
    return values if rate == RATE else resampled(values, rate)


def resampled(values, rate):
    """At 16 kHz, by the firmware's own filter (`PolyphaseResampler.swift`): a sinc under a Kaiser window, ten zero crossings a side."""
    if math.gcd(rate, RATE) < 10:
        rate = (rate + 5) // 10 * 10
    common = math.gcd(rate, RATE)
    up, down = RATE // common, rate // common
    half = 10 * max(up, down)
    taps = np.sinc(np.arange(-half, half + 1) / max(up, down)) * np.kaiser(2 * half + 1, 5.0)
    taps *= up / taps.sum()
    reach = half // up + 1
    padded, near = np.pad(values, reach), np.arange(-reach, reach + 1)
    count = -(-len(values) * up // down)
    result = np.empty(count)
    for start in range(0, count, BLOCK):
        places = np.arange(start, min(start + BLOCK, count)) * down
        inputs = np.minimum((places // up)[:, None] + near + reach, len(padded) - 1)
        which = half + (places % up)[:, None] - near * up
        weights = np.where((which >= 0) & (which <= 2 * half), taps[np.clip(which, 0, 2 * half)], 0)
        result[start : start + BLOCK] = (weights * padded[inputs]).sum(1)
    return result


def _loudest(samples):
    wanted = int(RATE * SECONDS)
    if len(samples) <= wanted:
        before = (wanted - len(samples)) // 2
        return np.pad(samples, (before, wanted - len(samples) - before))
    energy = np.cumsum(np.concatenate([[0], samples**2]))
    start = int(np.argmax(energy[wanted:] - energy[:-wanted]))
    return samples[start : start + wanted]


def mel_filters():
    """(bands, bins): triangles whose corners are evenly spaced on the mel scale of O'Shaughnessy 1987."""
    def mel(hertz):
        return 2595 * np.log10(1 + np.asarray(hertz) / 700)

    corners = 700 * (10 ** (np.linspace(mel(LOWEST), mel(HIGHEST), BANDS + 2) / 2595) - 1)
    bins = np.arange(FRAME // 2 + 1) * RATE / FRAME
    rise = (bins - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    fall = (corners[2:, None] - bins) / (corners[2:] - corners[1:-1])[:, None]
    return np.maximum(0, np.minimum(rise, fall))


def log_mel(samples, filters):
    """(frames, bands): the logarithm of energy in each band."""
    starts = np.arange(0, len(samples) - FRAME + 1, HOP)
    frames = np.stack([samples[start : start + FRAME] for start in starts]) * np.hanning(FRAME)
    power = np.abs(np.fft.rfft(frames)) ** 2
    return np.log(power @ filters.T + 1e-6).astype(np.float32)
