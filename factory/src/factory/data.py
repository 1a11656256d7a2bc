"""What is learnt from: examples with classes, in three parts that have nothing in common.

Read are a folder of pictures by class, of WAV by class, a CSV of motion windows, and Fashion-MNIST's files. Training sees `train`,
choices (when to stop, which averages to keep) are made on `validation`, and none by `test`, on which finished models are scored.
"""

import dataclasses
import pathlib

import numpy as np
import torch

from factory.failure import Failure

PARTS = ("train", "validation", "test")
# Pixels become (pixel - 128) / 64: int8 holds that without loss, as pixel - 128.
PIXEL_MEAN, PIXEL_DEVIATION = 128, 64


@dataclasses.dataclass
class Data:
    """`x` and `y` by part. Pictures are uint8 (count, channels, height, width), windows float32 (count, 1, time, channels), normalised."""

    kind: str
    classes: list
    x: dict
    y: dict
    notes: list = dataclasses.field(default_factory=list)
    metadata: dict = dataclasses.field(default_factory=dict)
    # By part, whom each example is of; empty where that isn't known.
    people: dict = dataclasses.field(default_factory=dict)

    @property
    def shape(self):
        return tuple(self.x["train"].shape[1:])

    def real(self, x):
        """What a network reads."""
        return (x.float() - PIXEL_MEAN) / PIXEL_DEVIATION if self.kind == "pictures" else x

    def checked(self):
        """Itself. Throws Failure where there is nothing to learn."""
        if len(self.classes) < 2:
            raise Failure(f"only one class, {self.classes[0]}: there is nothing to tell apart" if self.classes else "no classes")
        for part in PARTS:
            if len(self.x[part]) == 0:
                raise Failure(f"no examples for {part}: more are needed, or more people")
        counts = torch.bincount(self.y["train"], minlength=len(self.classes))
        if (missing := [name for name, count in zip(self.classes, counts.tolist()) if count == 0]):
            raise Failure(f"class {missing[0]} has no examples to train with")
        return self

    def limited(self, count):
        """At most so many examples to train with, the same ones on every call."""
        if count and count < len(self.x["train"]):
            chosen = torch.from_numpy(np.random.default_rng(0).permutation(len(self.x["train"]))[:count].copy())
            self.x["train"], self.y["train"] = self.x["train"][chosen], self.y["train"][chosen]
            if self.people:
                self.people["train"] = [self.people["train"][place] for place in chosen.tolist()]
        return self


def load(path, person=None, limit=None):
    """Examples of whichever kind `path` holds. `person`: a regular expression whose first group, in a file's name, is whom it is of."""
    from factory import motion, pictures, sound

    path = pathlib.Path(path)
    if not path.exists():
        raise Failure(f"{path}: there is nothing of that name")
    if path.is_file():
        if path.suffix.lower() != ".csv":
            raise Failure(f"{path}: a CSV of motion windows or a folder is expected")
        data = motion.read(path)
    elif pictures.fashion_files(path):
        data = pictures.read_fashion(path)
    elif next(path.rglob("*.wav"), None):
        data = sound.read(path, person)
    else:
        data = pictures.read(path, person)
    return data.checked().limited(limit)


def folders_of_classes(path):
    """{part: {class: folder}} of `path/train/CLASS` and `path/test/CLASS`, or {"all": …} of `path/CLASS`."""
    def classes(folder):
        return {child.name: child for child in sorted(folder.iterdir()) if child.is_dir() and not child.name.startswith(".")}

    if (path / "train").is_dir():
        return {part: classes(path / part) for part in PARTS if (path / part).is_dir()}
    return {"all": classes(path)}


def people_note(groups, parts):
    """What a model card says of people: folders may have split them in their own way."""
    where = {}
    for group, part in zip(groups, parts):
        where.setdefault(group, set()).add(part)
    if shared := sum(len(found) > 1 for found in where.values()):
        return f"{shared} people are in more than one of train, validation and test, as the folders have them"
    return "people are apart: none is in two of train, validation and test"


def split(groups, taken=()):
    """The part of each example: a tenth for validation, 15 % for test, whole groups (people) where there are some.

    - groups: one label an example; equal ones stay together. - taken: parts that the data has itself and that aren't made here.
    Deterministic: the same examples fall into the same parts on every run.
    """
    names = sorted(set(groups))
    order = np.random.default_rng(1).permutation(len(names))
    wanted = {part: share for part, share in (("test", 0.15), ("validation", 0.1)) if part not in taken}
    parts, start = ["train"] * len(names), 0
    for part, share in wanted.items():
        count = max(1, round(share * len(names)))
        for place in order[start : start + count]:
            parts[place] = part
        start += count
    part_of = dict(zip(names, parts))
    return [part_of[group] for group in groups]
