"""Sounds in which nobody speaks, made by numpy, the same in every run: float samples at 16 kHz, full scale 1."""

import wave

import numpy

from logmel import RATE


def write(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((numpy.clip(samples, -1, 1 - 1 / 32768) * 32768).astype("<i2").tobytes())


def room(generator, seconds):
    """A quiet room, at -65 dB of full scale."""
    return coloured(generator, seconds, 0.5) * 10 ** (-65 / 20)


def coloured(generator, seconds, slope):
    """Noise whose power falls with the frequency to the power of 2 × slope: 0 is white, 0.5 pink, 1 brown; mean square 1."""
    count = int(seconds * RATE)
    spectrum = numpy.fft.rfft(generator.standard_normal(count))
    frequencies = numpy.maximum(numpy.fft.rfftfreq(count, 1 / RATE), 20)
    samples = numpy.fft.irfft(spectrum / frequencies**slope, count)
    return samples / numpy.sqrt(numpy.mean(samples**2))


def tone(frequency, seconds, harmonics=(1,), decay=0.0):
    """A tone with harmonics of these amplitudes, which dies away by `decay` a second."""
    time = numpy.arange(int(seconds * RATE)) / RATE
    waves = sum(amplitude * numpy.sin(2 * numpy.pi * frequency * number * time) for number, amplitude in enumerate(harmonics, 1))
    attack = numpy.minimum(1, time / 0.01) * numpy.minimum(1, (seconds - time) / 0.02)
    return waves * attack * numpy.exp(-decay * time)


def tune(generator, seconds, chords, harmonics, decay):
    """Notes or chords of a scale, two to four a second."""
    scale = 220 * 2 ** (numpy.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)
    parts, length = [], 0.0
    while length < seconds:
        duration = generator.choice([0.25, 0.35, 0.5])
        start = generator.integers(0, len(scale) - 5)
        chosen = scale[[start, start + 2, start + 4]] if chords else [scale[start]]
        parts.append(sum(tone(frequency, duration, harmonics, decay) for frequency in chosen) / len(chosen))
        length += duration
    return numpy.concatenate(parts)[: int(seconds * RATE)]


def beaten(generator, seconds):
    """Drums: noise that dies away at a beat, and a low thud."""
    samples = numpy.zeros(int(seconds * RATE))
    for beat in numpy.arange(0, seconds - 0.3, 0.25):
        start = int(beat * RATE)
        hit = generator.standard_normal(int(0.2 * RATE)) * numpy.exp(-30 * numpy.arange(int(0.2 * RATE)) / RATE)
        if generator.random() < 0.4:
            hit = tone(70, 0.2, (1, 0.3), 15) * 3
        samples[start : start + len(hit)] += hit * generator.uniform(0.3, 1)
    return samples


def knocked(generator, seconds):
    """Keys, doors, dishes: short noises, irregularly."""
    samples = numpy.zeros(int(seconds * RATE))
    place = 0.0
    while place < seconds - 0.5:
        length = generator.uniform(0.01, 0.3)
        hit = coloured(generator, length, generator.uniform(0, 0.7))
        hit *= numpy.exp(-numpy.arange(len(hit)) / RATE * generator.uniform(10, 80)) * generator.uniform(0.05, 1)
        start = int(place * RATE)
        samples[start : start + len(hit)] += hit
        place += generator.exponential(0.4)
    return samples


def swept(seconds):
    """Sirens and signals: tones that rise and fall."""
    time = numpy.arange(int(seconds * RATE)) / RATE
    frequency = 700 + 350 * numpy.sin(2 * numpy.pi * 0.4 * time)
    return numpy.sin(2 * numpy.pi * numpy.cumsum(frequency) / RATE) * (numpy.sin(2 * numpy.pi * 0.05 * time) > -0.3)


def rung(generator, seconds):
    """A telephone: two tones, on and off; between them keys of two tones each."""
    rows, columns = [697, 770, 852, 941], [1209, 1336, 1477]
    parts, length = [], 0.0
    while length < seconds:
        parts += [tone(440, 0.8) + tone(480, 0.8), numpy.zeros(RATE)]
        for _ in range(6):
            parts += [tone(generator.choice(rows), 0.12) + tone(generator.choice(columns), 0.12), numpy.zeros(RATE // 8)]
        length = sum(map(len, parts)) / RATE
    return numpy.concatenate(parts)[: int(seconds * RATE)] / 2


def hummed(seconds):
    time = numpy.arange(int(seconds * RATE)) / RATE
    return sum(numpy.sin(2 * numpy.pi * 50 * number * time) / number**1.5 for number in (1, 2, 3, 5, 7)) * (1 + 0.2 * numpy.sin(time))


def driven(generator, seconds):
    """An engine: a train of pulses whose rate wanders, with noise."""
    time = numpy.arange(int(seconds * RATE)) / RATE
    rate = 45 + 20 * numpy.sin(2 * numpy.pi * 0.07 * time)
    phase = numpy.cumsum(rate) / RATE
    return sum(numpy.sin(2 * numpy.pi * number * phase) / number for number in range(1, 20)) + coloured(generator, seconds, 0.5)


def without_speech(seconds=120.0):
    """Name and samples of each sound; some thirty minutes."""
    generator = numpy.random.default_rng(3)
    quiet = lambda: room(generator, seconds)
    flute, piano, organ = (1, 0.3, 0.1), (1, 0.6, 0.4, 0.25, 0.15, 0.1), (1, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
    blown = coloured(generator, seconds, 0.5)
    slow = 0.5 + 0.5 * numpy.sin(2 * numpy.pi * 0.25 * numpy.arange(len(blown)) / RATE)
    scenes = {
        "silence": quiet(),
        "white noise": 0.05 * generator.standard_normal(int(seconds * RATE)),
        "pink noise": 0.1 * coloured(generator, seconds, 0.5),
        "brown noise": 0.2 * coloured(generator, seconds, 1),
        "fan that turns": 0.05 * blown * slow + quiet(),
        "hum": 0.1 * hummed(seconds),
        "engine": 0.05 * driven(generator, seconds),
        "knocks": 0.3 * knocked(generator, seconds) + quiet(),
        "siren": 0.2 * swept(seconds) + quiet(),
        "telephone": 0.2 * rung(generator, seconds) + quiet(),
        "flute": 0.2 * tune(generator, seconds, False, flute, 1) + quiet(),
        "piano": 0.2 * tune(generator, seconds, True, piano, 4) + quiet(),
        "organ": 0.2 * tune(generator, seconds, True, organ, 0) + quiet(),
        "jingle": 0.15 * tune(generator, seconds, True, piano, 3) + 0.1 * beaten(generator, seconds) + quiet(),
        "drums": 0.2 * beaten(generator, seconds) + quiet(),
    }
    yield from scenes.items()
