"""Published networks as ncnn's parameter files: the layers of the papers, the sizes of ncnn's own benchmark, weights of nobody.

MobileNet (arXiv 1704.04861), MobileNetV2 (1801.04381), MnasNet-B1 (1807.11626), SqueezeNet 1.1 (1602.07360), ResNet-18 (1512.03385)
and AlexNet (with two groups, as in Caffe). Int8 networks leave ReLU to a layer of its own, as ncnn's own benchmark's do.
"""


class Network:
    """A parameter file in the making; a blob is named by the layer that makes it."""

    def __init__(self, width, int8=False):
        self.width, self.int8, self.layers, self.blobs = width, int8, [], 1
        self.channels = {"data": 3}
        self.layers.append(f"Input data 0 1 data 0={width} 1={width} 2=3")

    def layer(self, kind, inputs, words, channels, outputs=1, names=None):
        names = names or [f"b{len(self.layers)}" + (f"_{index}" if outputs > 1 else "") for index in range(outputs)]
        self.layers.append(f"{kind} l{len(self.layers)} {len(inputs)} {len(names)} {' '.join(inputs)} {' '.join(names)} {words}")
        self.blobs += len(names)
        self.channels |= dict.fromkeys(names, channels)
        return names[0] if outputs == 1 else names

    def conv(self, blob, channels, kernel, stride=1, pad=None, relu=True, groups=1):
        pad = kernel // 2 if pad is None else pad
        weights = channels * (self.channels[blob] // groups) * kernel * kernel
        words = f"0={channels} 1={kernel} 3={stride} 4={pad} 5=1 6={weights}"
        if groups > 1:
            words += f" 7={groups}"
        if self.int8:
            words += " 8=1" if groups > 1 else " 8=2"
        elif relu:
            words += " 9=1"
        blob = self.layer("ConvolutionDepthWise" if groups > 1 else "Convolution", [blob], words, channels)
        return self.relu(blob) if relu and self.int8 else blob

    def depthwise(self, blob, kernel, stride=1):
        return self.conv(blob, self.channels[blob], kernel, stride, groups=self.channels[blob])

    def relu(self, blob):
        return self.layer("ReLU", [blob], "", self.channels[blob])

    def split(self, blob):
        return self.layer("Split", [blob], "", self.channels[blob], outputs=2)

    def add(self, first, second):
        return self.layer("BinaryOp", [first, second], "0=0", self.channels[first])

    def max_pool(self, blob):
        return self.layer("Pooling", [blob], "0=0 1=3 2=2", self.channels[blob])

    def mean(self, blob):
        return self.layer("Pooling", [blob], "0=1 4=1", self.channels[blob])

    def dense(self, blob, inputs, outputs, relu=False):
        return self.layer("InnerProduct", [blob], f"0={outputs} 1=1 2={inputs * outputs}" + (" 9=1" if relu else ""), outputs)

    def end(self, blob):
        self.layer("Softmax", [blob], "0=0", self.channels[blob], names=["output"])
        return "\n".join(["7767517", f"{len(self.layers)} {self.blobs}", *self.layers]) + "\n"


def mobilenet(int8=False):
    net = Network(224, int8)
    blob = net.conv("data", 32, 3, 2)
    for channels, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]:
        blob = net.conv(net.depthwise(blob, 3, stride), channels, 1)
    return net.end(net.conv(net.mean(blob), 1000, 1, relu=False))


def inverted(net, blob, expansion, kernel, channels, stride):
    """MobileNetV2's block: expansion, depthwise, projection, and the input added where the shape is the same."""
    same = stride == 1 and net.channels[blob] == channels
    kept, blob = net.split(blob) if same else (None, blob)
    if expansion > 1:
        blob = net.conv(blob, net.channels[blob] * expansion, 1)
    blob = net.conv(net.depthwise(blob, kernel, stride), channels, 1, relu=False)
    return net.add(kept, blob) if same else blob


def mobile(blocks, last, dense):
    """`blocks`: expansion, kernel, channels, how many, stride of the first."""
    net = Network(224)
    blob = net.conv("data", 32, 3, 2)
    for expansion, kernel, channels, count, stride in blocks:
        for index in range(count):
            blob = inverted(net, blob, expansion, kernel, channels, 1 if index else stride)
    blob = net.mean(net.conv(blob, last, 1))
    return net.end(net.dense(blob, last, 1000) if dense else net.conv(blob, 1000, 1, relu=False))


def mobilenet_v2():
    blocks = [(1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 3, 32, 3, 2), (6, 3, 64, 4, 2), (6, 3, 96, 3, 1), (6, 3, 160, 3, 2)]
    blocks.append((6, 3, 320, 1, 1))
    return mobile(blocks, 1280, False)


def mnasnet():
    blocks = [(1, 3, 16, 1, 1), (3, 3, 24, 3, 2), (3, 5, 40, 3, 2), (6, 5, 80, 3, 2), (6, 3, 96, 2, 1), (6, 5, 192, 4, 2)]
    blocks.append((6, 3, 320, 1, 1))
    return mobile(blocks, 1280, True)


def squeezenet(int8=False):
    net = Network(227, int8)
    blob = net.max_pool(net.conv("data", 64, 3, 2, pad=0))
    for squeeze, expand, pooled in [(16, 64, 0), (16, 64, 1), (32, 128, 0), (32, 128, 1), *[(48, 192, 0)] * 2, *[(64, 256, 0)] * 2]:
        one, three = net.split(net.conv(blob, squeeze, 1))
        blob = net.layer("Concat", [net.conv(one, expand, 1), net.conv(three, expand, 3)], "0=0", 2 * expand)
        blob = net.max_pool(blob) if pooled else blob
    return net.end(net.mean(net.conv(blob, 1000, 1)))


def resnet18(int8=False):
    net = Network(224, int8)
    blob = net.max_pool(net.conv("data", 64, 7, 2))
    for channels, first in [(64, True), (64, False), (128, True), (128, False), (256, True), (256, False), (512, True), (512, False)]:
        stride = 2 if first and channels > 64 else 1
        kept, blob = net.split(blob)
        kept = net.conv(kept, channels, 1, stride, relu=False) if first else kept
        blob = net.conv(net.conv(blob, channels, 3, stride), channels, 3, relu=False)
        blob = net.relu(net.add(kept, blob))
    return net.end(net.dense(net.mean(blob), 512, 1000))


def alexnet():
    net = Network(227)
    blob = net.conv("data", 96, 11, 4, pad=0)
    blob = net.max_pool(net.layer("LRN", [blob], "2=0.0001", 96))
    blob = net.conv(blob, 256, 5, groups=2)
    blob = net.max_pool(net.layer("LRN", [blob], "2=0.0001", 256))
    blob = net.conv(net.conv(net.conv(blob, 384, 3), 384, 3, groups=2), 256, 3, groups=2)
    blob = net.dense(net.dense(net.max_pool(blob), 9216, 4096, relu=True), 4096, 4096, relu=True)
    return net.end(net.dense(blob, 4096, 1000))


# Name, width of the picture, text of the parameter file.
NETWORKS = {
    "squeezenet": (227, squeezenet),
    "squeezenet_int8": (227, lambda: squeezenet(True)),
    "mobilenet": (224, mobilenet),
    "mobilenet_int8": (224, lambda: mobilenet(True)),
    "mobilenet_v2": (224, mobilenet_v2),
    "mnasnet": (224, mnasnet),
    "resnet18": (224, resnet18),
    "resnet18_int8": (224, lambda: resnet18(True)),
    "alexnet": (227, alexnet),
}
