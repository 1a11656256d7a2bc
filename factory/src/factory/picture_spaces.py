"""The search space of inverted residuals, for small pictures."""

import itertools

from factory.families import Builder
from factory.parts import part
from factory.plan import INPUT, Node
from factory.space import Space

# What may be chosen, and the fewer sizes that are measured; what lies between is interpolated.
CHANNELS = tuple(range(8, 65, 8))
MEASURED_CHANNELS = (8, 16, 32, 64)
GROWTHS = (2, 4)
MEASURED_INSIDE = (16, 32, 64, 128, 256)
KERNELS = (3, 5)
STEPS = (1, 2)
LAST_CHANNELS = (64, 128, 256)
MOST_BLOCKS = 6
SMALLEST_SIDE = 4


class Mobiles(Space):
    """The family `mobile`, with the number of blocks and each one's channels, growth inside, kernel and step to be chosen."""

    inputs = "pictures of 8 to 64 pixels a side"

    @staticmethod
    def takes(shape):
        return shape[0] in (1, 3) and 8 <= min(shape[1:]) and max(shape[1:]) <= 64

    def sample(self, choose):
        """A choice; `choose(name, values)` takes one of the values."""
        chosen = {"first": (choose("first channels", CHANNELS), choose("first step", STEPS))}
        chosen["last"] = choose("last channels", LAST_CHANNELS)
        names = {"channels": CHANNELS, "growth": GROWTHS, "kernel": KERNELS, "step": STEPS}
        count = choose("blocks", tuple(range(2, MOST_BLOCKS + 1)))
        chosen["blocks"] = tuple(tuple(choose(f"{name} {index}", values) for name, values in names.items()) for index in range(count))
        return chosen

    def by_hand(self):
        """What `sample` has to be told for the network that people made: the family's, with width 16."""
        answers = {"first channels": 16, "first step": 1, "last channels": 128, "blocks": 5}
        for index, (channels, step) in enumerate([(16, 1), (32, 2), (32, 1), (64, 2), (64, 1)]):
            answers |= {f"channels {index}": channels, f"growth {index}": 4, f"kernel {index}": 3, f"step {index}": step}
        return answers

    def plan(self, chosen):
        """The network of a choice. A step that would leave too small a picture isn't made."""
        net = Builder(self.shape)
        channels, step = chosen["first"]
        net.conv("stem", channels, stride=(step, step))
        side = -(-min(self.shape[1:]) // step)
        for index, (channels, growth, kernel, step) in enumerate(chosen["blocks"]):
            step = step if -(-side // step) >= SMALLEST_SIDE else 1
            start, inside, same = net.last, net.channels * growth, step == 1 and channels == net.channels
            net.conv(f"block{index}expand", inside, (1, 1))
            net.conv(f"block{index}depth", inside, (kernel, kernel), (step, step), depthwise=True)
            net.conv(f"block{index}project", channels, (1, 1), relu=False)
            if same:
                net.add(f"block{index}sum", start, relu=False)
            side = -(-side // step)
        net.conv("last", chosen["last"], (1, 1))
        return net.end(self.classes)

    def sides(self):
        """(height, width) that a value may have, the largest first."""
        sides = [self.shape[1:]]
        while -(-min(sides[-1]) // 2) >= SMALLEST_SIDE:
            sides.append(tuple(-(-side // 2) for side in sides[-1]))
        return sides

    def parts(self):
        """All parts that a table measures: each group over a grid of sizes."""
        for step, channels in itertools.product(STEPS, MEASURED_CHANNELS):
            yield part(_conv(channels, 3, step), self.shape, reads_input=True)
        for height, width in self.sides():
            for outside, inside in itertools.product(MEASURED_CHANNELS, MEASURED_INSIDE):
                yield part(_conv(inside), (outside, height, width), reads_input=False)
                yield part(_conv(outside, relu=False), (inside, height, width), reads_input=False)
            for inside, kernel, step in itertools.product(MEASURED_INSIDE, KERNELS, STEPS):
                yield part(_conv(inside, kernel, step, True), (inside, height, width), reads_input=False)
            for channels in MEASURED_CHANNELS:
                yield part(Node("add", "", [""]), (channels, height, width), reads_input=False)
            for channels in LAST_CHANNELS:
                yield part(Node("mean", "", [""]), (channels, height, width), reads_input=False)
        for channels in LAST_CHANNELS:
            yield part(Node("linear", "", [""], self.classes), (channels, 1, 1), reads_input=False)


def _conv(channels, kernel=1, step=1, depthwise=False, relu=True):
    return Node("conv", "", [INPUT], channels, (kernel, kernel), (step, step), (kernel // 2, kernel // 2), depthwise, relu)
