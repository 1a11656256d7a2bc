"""Families of networks, each a function from an input's shape, a number of classes and a width to a plan."""

from factory.failure import Failure
from factory.plan import INPUT, Node, Plan


class Builder:
    """Appends operations; `last` is the value that the next one reads."""

    def __init__(self, shape):
        self.shape, self.nodes, self.last, self.channels = shape, [], INPUT, shape[0]

    def conv(self, name, channels, kernel=(3, 3), stride=(1, 1), padding=None, depthwise=False, relu=True):
        if padding is None:
            padding = (kernel[0] // 2, kernel[1] // 2)
        self.nodes.append(Node("conv", name, [self.last], channels, kernel, stride, padding, depthwise, relu))
        self.last, self.channels = name, channels
        return name

    def add(self, name, shortcut, relu):
        self.nodes.append(Node("add", name, [self.last, shortcut], relu=relu))
        self.last = name

    def end(self, classes):
        self.nodes.append(Node("mean", "pool", [self.last]))
        self.nodes.append(Node("linear", "head", ["pool"], classes))
        plan = Plan(tuple(self.shape), self.nodes)
        plan.shapes()
        return plan


def residual(shape, classes, width):
    """Three stages of basic blocks (He et al. 2016), width, 2·width and 4·width channels: ResNet-8 with width 16."""
    net = Builder(shape)
    net.conv("stem", width)
    for stage in range(3):
        start, channels, step = net.last, width << stage, 2 if stage else 1
        net.conv(f"stage{stage}a", channels, stride=(step, step))
        net.conv(f"stage{stage}b", channels, relu=False)
        if stage:
            after = net.last
            net.last = start
            start = net.conv(f"stage{stage}shortcut", channels, (1, 1), (step, step), relu=False)
            net.last = after
        net.add(f"stage{stage}sum", start, relu=True)
    return net.end(classes)


def mobile(shape, classes, width):
    """Inverted residuals with linear bottlenecks (Sandler et al. 2018), for pictures of about 32 pixels."""
    net = Builder(shape)
    net.conv("stem", width)
    for index, (growth, step) in enumerate([(1, 1), (2, 2), (2, 1), (4, 2), (4, 1)]):
        start, channels, inside = net.last, width * growth, net.channels * 4
        same = step == 1 and channels == net.channels
        net.conv(f"block{index}expand", inside, (1, 1))
        net.conv(f"block{index}depth", inside, stride=(step, step), depthwise=True)
        net.conv(f"block{index}project", channels, (1, 1), relu=False)
        if same:
            net.add(f"block{index}sum", start, relu=False)
    net.conv("last", width * 8, (1, 1))
    return net.end(classes)


def sequence(shape, classes, width):
    """Depthwise separable convolutions along time, for windows of (1, time, channels): the first kernel spans all channels, so a
    window's rows are read in the order in which samples come."""
    _, _, channels = shape
    net = Builder(shape)
    net.conv("stem", width, (5, channels), (2, 1), (2, 0))
    for index, (growth, step) in enumerate([(1, 1), (2, 2), (2, 1), (4, 2)]):
        net.conv(f"block{index}depth", net.channels, (5, 1), (step, 1), depthwise=True)
        net.conv(f"block{index}point", width * growth, (1, 1))
    return net.end(classes)


FAMILIES = {"residual": residual, "mobile": mobile, "sequence": sequence}


def build(family, shape, classes, width):
    """The plan of a family. Throws Failure where the data is of another kind."""
    if not 1 <= width <= 1024:
        raise Failure(f"--width {width}: 1 to 1024 work")
    is_window = shape[0] == 1 and family == "sequence"
    if family == "sequence" and not is_window:
        raise Failure("--family sequence takes windows of sound or motion; pictures take residual or mobile")
    return FAMILIES[family](shape, classes, width)
