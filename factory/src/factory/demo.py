"""Writes some pictures of a data set's test part, for a board to look at: `python -m factory.demo DATA FOLDER`."""

import pathlib
import sys

from PIL import Image

from factory import data


def main(source, folder):
    """One picture of each class, as CLASS.png."""
    examples, folder = data.load(source), pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for index, name in enumerate(examples.classes):
        pixels = examples.x["test"][examples.y["test"] == index][0].permute(1, 2, 0).numpy()
        Image.fromarray(pixels.squeeze()).save(folder / f"{name.replace(' ', '-')}.png")


if __name__ == "__main__":
    main(*sys.argv[1:3])
