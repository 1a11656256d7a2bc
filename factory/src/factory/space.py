"""What search spaces have in common."""

import dataclasses
import random


@dataclasses.dataclass(frozen=True)
class Space:
    """Networks for inputs of a shape (channels, height, width). An heir says by `sample(choose)` what may be chosen."""

    shape: tuple
    classes: int

    def draw(self, seed):
        """A choice at random."""
        source = random.Random(seed)
        return self.sample(lambda _, values: source.choice(values))
