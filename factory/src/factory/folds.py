"""Training and validation parts as folds: each example is held out once, and no person is on both sides."""

import numpy as np
import torch

from factory.data import Data
from factory.failure import Failure


def folds(data, count):
    """`count` Data without a test part: what a search chooses by. Deterministic."""
    if count < 2:
        raise Failure(f"--folds {count}: one part trains while another is held out; at least 2 are needed")
    x, y = (torch.cat([values["train"], values["validation"]]) for values in (data.x, data.y))
    people = [*data.people["train"], *data.people["validation"]] if data.people else list(range(len(y)))
    names = sorted(set(people))
    if len(names) < count:
        raise Failure(f"{count} folds of {len(names)} people or examples: fewer --folds")
    order = np.random.default_rng(2).permutation(len(names))
    fold_of = {names[place]: index % count for index, place in enumerate(order)}
    where = torch.tensor([fold_of[person] for person in people])
    found = []
    for fold in range(count):
        held = where == fold
        sides = {"train": ~held, "validation": held}
        found.append(Data(data.kind, data.classes, {part: x[chosen] for part, chosen in sides.items()},
                          {part: y[chosen] for part, chosen in sides.items()}))
    return found
