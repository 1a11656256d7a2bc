"""Pictures in folders by class, and Fashion-MNIST's files."""

import gzip
import re
import struct

import numpy as np
import torch
from PIL import Image

from factory.data import PIXEL_DEVIATION, PIXEL_MEAN, Data, folders_of_classes, people_note, split
from factory.failure import Failure

ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
FASHION = ["T-shirt or top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"]
METADATA = {
    "task": "classify",
    "image.mean": ",".join([str(PIXEL_MEAN)] * 3),
    "image.deviation": ",".join([str(PIXEL_DEVIATION)] * 3),
    "image.order": "rgb",
    "image.fit": "stretch",
}
# Small networks see small pictures: larger ones are scaled so that their shorter side fits.
LARGEST_SIDE = 64


def read(path, person=None):
    """A folder of folders, with or without `train` and `test` above them. Broken pictures are left out and noted."""
    parts, notes, size = folders_of_classes(path), [], None
    classes = sorted({name for folders in parts.values() for name in folders})
    found = []
    for part, folders in parts.items():
        for name, folder in folders.items():
            files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in ENDINGS)
            if not files:
                raise Failure(f"{folder}: class {name} has no pictures ({', '.join(sorted(ENDINGS))})")
            for file in files:
                try:
                    with Image.open(file) as image:
                        pixels = image.convert("RGB")
                        size = size or _size(pixels.size)
                        pixels = np.asarray(pixels if pixels.size == size else pixels.resize(size, Image.Resampling.BILINEAR))
                except Exception as error:  # Pillow's decoders raise whatever their format's code raises.
                    notes.append(f"{file}: left out: {str(error)[:120]}")
                    continue
                found.append((part, classes.index(name), _group(file, person), pixels))
    if not found:
        raise Failure(f"{path}: no pictures in it")
    return _arranged(found, classes, notes, person)


def _size(size):
    """(width, height), small enough."""
    factor = min(1, LARGEST_SIDE / min(size))
    return tuple(max(8, round(side * factor)) for side in size)


def _group(file, person):
    if person is None:
        return str(file)
    match = re.search(person, file.name)
    if not match or not match.groups():
        raise Failure(f"{file.name}: --person {person} finds nobody in it")
    return match.group(1)


def _arranged(found, classes, notes, person):
    has = {part for part, *_ in found}
    assigned = [part for part, *_ in found]
    for source, taken in (("all", ()), ("train", has & {"validation", "test"})):
        places = [place for place, part in enumerate(assigned) if part == source]
        if places and not (source == "train" and {"validation", "test"} <= has):
            for place, part in zip(places, split([found[place][2] for place in places], taken)):
                assigned[place] = part
    x, y = {}, {}
    for part in ("train", "validation", "test"):
        chosen = [found[place] for place, assigned_part in enumerate(assigned) if assigned_part == part]
        pixels = np.stack([entry[3] for entry in chosen]) if chosen else np.zeros((0, 8, 8, 3), np.uint8)
        x[part] = torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))
        y[part] = torch.tensor([entry[1] for entry in chosen], dtype=torch.long)
    if person:
        notes.append(people_note([entry[2] for entry in found], assigned))
    return Data("pictures", classes, x, y, notes, dict(METADATA))


def fashion_files(path):
    """The four files of Fashion-MNIST (or MNIST) in a folder, packed or not; None where they aren't all there."""
    files = []
    for part in ("train", "t10k"):
        for what in ("images-idx3", "labels-idx1"):
            match = [path / f"{part}-{what}-ubyte{ending}" for ending in ("", ".gz")]
            files.append(next((file for file in match if file.exists()), None))
    return None if None in files else files


def read_fashion(path):
    """Its training pictures without a tenth, that tenth, and its test pictures."""
    arrays = [_idx(file) for file in fashion_files(path)]
    pixels, labels, test_pixels, test_labels = arrays
    if pixels.ndim != 3 or len(pixels) != len(labels) or len(test_pixels) != len(test_labels) or labels.max() > 9:
        raise Failure(f"{path}: files that don't fit each other")
    order = np.random.default_rng(1).permutation(len(pixels))
    held, rest = order[: len(pixels) // 10], order[len(pixels) // 10 :]
    x = {"train": pixels[rest], "validation": pixels[held], "test": test_pixels}
    y = {"train": labels[rest], "validation": labels[held], "test": test_labels}
    return Data("pictures", FASHION, {part: torch.from_numpy(value[:, None].copy()) for part, value in x.items()},
                {part: torch.from_numpy(value.astype(np.int64)) for part, value in y.items()}, [], dict(METADATA))


def _idx(file):
    try:
        data = (gzip.open if file.suffix == ".gz" else open)(file, "rb").read()
        zero, kind, rank = struct.unpack(">HBB", data[:4])
        shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
        values = np.frombuffer(data, np.uint8, offset=4 + 4 * rank)
    except (OSError, EOFError, struct.error, ValueError) as error:
        raise Failure(f"{file}: not a whole idx file: {error}") from None
    if zero != 0 or kind != 8 or values.size != int(np.prod(shape, dtype=np.int64)):
        raise Failure(f"{file}: not an idx file of bytes, or cut off")
    return values.reshape(shape)
