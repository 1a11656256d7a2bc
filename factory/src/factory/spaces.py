"""Search spaces: what may be chosen of a family's networks, the network of a choice, and the parts that a cost table measures."""

import itertools

from factory.failure import Failure
from factory.families import Builder
from factory.parts import part
from factory.plan import INPUT, Node
from factory.space import Space

# What may be chosen, and the fewer sizes that are measured; what lies between is interpolated. Depthwise convolutions are measured
# at all of them: they are most of such a network's cost, and kernels take channels sixteen at a time, in steps that no line follows.
CHANNELS = tuple(range(8, 97, 8))
MEASURED_CHANNELS = (8, 16, 24, 32, 48, 64, 96)
KERNELS = (3, 5, 7, 9)
FIRST_STEPS = (1, 2, 4)
STEPS = (1, 2)
MOST_BLOCKS = 5
# Fewer samples aren't worth a convolution.
LEAST_LENGTH = 4


class Sequences(Space):
    """Depthwise separable convolutions along time, for windows of (1, time, channels): the family `sequence`, with the number of
    blocks and each one's channels, kernel and step to be chosen."""

    inputs = "windows of sound or motion, (1, time, channels)"

    @staticmethod
    def takes(shape):
        return shape[0] == 1 and shape[1] >= LEAST_LENGTH

    def sample(self, choose):
        """A choice; `choose(name, values)` takes one of the values."""
        chosen = {"first": (choose("first channels", CHANNELS), choose("first kernel", KERNELS), choose("first step", FIRST_STEPS))}
        count = choose("blocks", tuple(range(1, MOST_BLOCKS + 1)))
        chosen["blocks"] = tuple((choose(f"channels {index}", CHANNELS), choose(f"kernel {index}", KERNELS), choose(f"step {index}", STEPS))
                                 for index in range(count))
        return chosen

    def by_hand(self):
        """What `sample` has to be told for the network that people made: the family's, with width 16."""
        answers = {"first channels": 16, "first kernel": 5, "first step": 2, "blocks": 4}
        for index, (channels, step) in enumerate([(16, 1), (32, 2), (32, 1), (64, 2)]):
            answers |= {f"channels {index}": channels, f"kernel {index}": 5, f"step {index}": step}
        return answers

    def plan(self, chosen):
        """The network of a choice. A step that would leave too few samples isn't made."""
        net = Builder(self.shape)
        channels, kernel, step = chosen["first"]
        net.conv("stem", channels, (kernel, self.shape[2]), (step, 1), (kernel // 2, 0))
        length = -(-self.shape[1] // step)
        for index, (channels, kernel, step) in enumerate(chosen["blocks"]):
            step = step if -(-length // step) >= LEAST_LENGTH else 1
            net.conv(f"block{index}depth", net.channels, (kernel, 1), (step, 1), depthwise=True)
            net.conv(f"block{index}point", channels, (1, 1))
            length = -(-length // step)
        return net.end(self.classes)

    def lengths(self):
        """Numbers of samples that a value of such a network may have, after the first convolution."""
        lengths = {-(-self.shape[1] // step) for step in FIRST_STEPS}
        waiting = list(lengths)
        while waiting:
            half = -(-waiting.pop() // 2)
            if half >= LEAST_LENGTH and half not in lengths:
                lengths.add(half)
                waiting.append(half)
        return sorted(lengths)

    def parts(self):
        """All parts that a table measures: each group over a whole grid of sizes."""
        columns = self.shape[2]
        for kernel, step, channels in itertools.product(KERNELS, FIRST_STEPS, MEASURED_CHANNELS):
            yield part(_conv(channels, (kernel, columns), (step, 1), (kernel // 2, 0)), self.shape, reads_input=True)
        for channels, length, kernel, step in itertools.product(CHANNELS, self.lengths(), KERNELS, STEPS):
            depthwise = _conv(channels, (kernel, 1), (step, 1), (kernel // 2, 0), True)
            yield part(depthwise, (channels, length, 1), reads_input=False)
        for channels, length in itertools.product(MEASURED_CHANNELS, self.lengths()):
            shape = (channels, length, 1)
            for target in MEASURED_CHANNELS:
                yield part(_conv(target, (1, 1), (1, 1), (0, 0)), shape, reads_input=False)
            yield part(Node("mean", "", [""]), shape, reads_input=False)
        for channels in MEASURED_CHANNELS:
            yield part(Node("linear", "", [""], self.classes), (channels, 1, 1), reads_input=False)


def _conv(channels, kernel, stride, padding, depthwise=False):
    return Node("conv", "", [INPUT], channels, kernel, stride, padding, depthwise, relu=True)


def space(family, shape, classes):
    """The search space of a family for inputs of a shape. Throws Failure where it has none, or where the inputs are of another kind."""
    from factory.picture_spaces import Mobiles

    known = {"sequence": Sequences, "mobile": Mobiles}
    if family not in known:
        raise Failure(f"{family}: no search space; {', '.join(known)} have one")
    if not known[family].takes(shape):
        raise Failure(f"the space {family} is of {known[family].inputs}; these inputs are {tuple(shape)}")
    return known[family](tuple(shape), classes)
