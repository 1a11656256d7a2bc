"""Windows of numbers along time, whatever they are of, as examples."""

import numpy as np
import torch

from factory.data import PARTS, Data


def arranged(values, labels, parts, columns, notes, people=None):
    """`values`: (count, time, channels). Each channel is brought to mean 0 and deviation 1 by what training sees of it; a nest takes
    numbers so normalised, and says mean and deviation in its metadata. `people`: whom each window is of, where that is known."""
    classes = sorted(set(labels))
    parts, places = np.asarray(parts), np.asarray([classes.index(label) for label in labels])
    seen = values[parts == "train"].reshape(-1, values.shape[2]) if (parts == "train").any() else values.reshape(-1, values.shape[2])
    mean, deviation = seen.mean(0), np.maximum(seen.std(0), 1e-6)
    normal = ((values - mean) / deviation).astype(np.float32)[:, None]
    x = {part: torch.from_numpy(normal[parts == part].copy()) for part in PARTS}
    y = {part: torch.from_numpy(places[parts == part].copy()) for part in PARTS}
    metadata = {
        "task": "classify",
        "window.columns": ",".join(columns),
        "window.mean": ",".join(f"{number:.7g}" for number in mean),
        "window.deviation": ",".join(f"{number:.7g}" for number in deviation),
    }
    known = {part: [one for one, place in zip(people, parts) if place == part] for part in PARTS} if people else {}
    return Data("windows", classes, x, y, notes, metadata, known)
