"""Networks and data that tests make up."""

import csv
import pathlib
import wave

import numpy as np
import torch
from PIL import Image

from factory.network import Network
from factory.plan import INPUT, Node, Plan


def plan(seed, classes=4):
    """A random network: convolutions of several kernels and strides, depthwise ones, additions of values of one shape."""
    random = np.random.default_rng(seed)
    shape = (int(random.choice([1, 3])), int(random.integers(9, 17)), int(random.integers(9, 17)))
    nodes, values, last = [], {}, INPUT
    sizes = Plan(shape, [])
    for index in range(int(random.integers(3, 8))):
        now = sizes.shapes()[last]
        kernel = tuple(int(size) for size in random.choice([1, 3, 5], 2)) if min(now[1:]) >= 5 else (1, 1)
        stride = (2, 2) if min(now[1:]) >= 8 and random.random() < 0.3 else (1, 1)
        depthwise = last != INPUT and random.random() < 0.35
        channels = now[0] if depthwise else int(random.choice([8, 16, 24, 12]))
        name = f"conv{index}"
        nodes.append(Node("conv", name, [last], channels, kernel, stride, (kernel[0] // 2, kernel[1] // 2), depthwise,
                          bool(random.random() < 0.6)))
        sizes = Plan(shape, nodes)
        last, size = name, sizes.shapes()[name]
        if size in values and random.random() < 0.8:
            last = f"sum{index}"
            nodes.append(Node("add", last, [name, values[size]], relu=bool(random.random() < 0.5)))
        values[size] = last
    nodes += [Node("mean", "pool", [last]), Node("linear", "head", ["pool"], classes)]
    return Plan(shape, nodes)


def network(of, seed):
    """A network with random weights and plausible statistics of its normalisations."""
    torch.manual_seed(seed)
    result = Network(of)
    for norm in result.norms.values():
        norm.weight.data.uniform_(0.5, 1.5)
        norm.bias.data.normal_(0, 0.3)
        norm.running_mean.normal_(0, 0.3)
        norm.running_var.uniform_(0.5, 2)
    return result.eval()


def pictures(folder, classes=3, each=24, size=12, seed=0):
    """A folder of pictures by class: noise around a colour."""
    random = np.random.default_rng(seed)
    for index in range(classes):
        place = pathlib.Path(folder) / f"class{index}"
        place.mkdir(parents=True)
        for number in range(each):
            pixels = random.normal(70 + 60 * np.eye(3)[index % 3] + 10 * index, 25, (size, size, 3)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(place / f"{number:03}.png")
    return folder


def sounds(folder, each=12):
    """WAV files of two pitches by two people, who are in the file names."""
    random = np.random.default_rng(0)
    for name, pitch in (("high", 1500), ("low", 300)):
        place = pathlib.Path(folder) / name
        place.mkdir(parents=True)
        for number in range(each):
            tone = 0.3 * np.sin(2 * np.pi * pitch * np.arange(8000) / 8000) + random.normal(0, 0.05, 8000)
            with wave.open(str(place / f"{number}_person{number % 6}.wav"), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes((tone * 32000).clip(-32768, 32767).astype("<i2").tobytes())
    return folder


def motion(file, people=8, each=6, time=24):
    """A CSV of windows: two activities, one faster than the other, of several people."""
    random = np.random.default_rng(0)
    with open(file, "w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["window", "label", "person", "x", "y"])
        for window in range(people * each):
            label, person = ("walk", "run")[window % 2], f"p{window // each}"
            phase = random.uniform(0, 6) + np.arange(time) * (0.5, 1.3)[window % 2]
            for x, y in zip(np.sin(phase) + random.normal(0, 0.1, time), 5 * np.cos(phase)):
                rows.writerow([window, label, person, f"{x:.4f}", f"{y:.4f}"])
    return file
