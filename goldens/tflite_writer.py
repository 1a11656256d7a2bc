"""Writes small TFLite models, table by table."""

import flatbuffers
import numpy as np

# Element types of the schema.
FLOAT, INT32, UINT8, INT16, COMPLEX, INT8, RESOURCE = 0, 2, 3, 7, 8, 9, 13


class Table(dict):
    """Field number → ('b'/'i'/'f', value) for scalars, bytes, str, list of Table, or a typed array."""


def write(builder, item):
    if isinstance(item, bytes):
        return builder.CreateByteVector(item)
    if isinstance(item, str):
        return builder.CreateString(item)
    if isinstance(item, np.ndarray):
        return builder.CreateNumpyVector(item)
    if isinstance(item, list):
        offsets = [write(builder, part) for part in item]
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()
    children = {field: write(builder, value) for field, value in item.items() if not isinstance(value, tuple)}
    builder.StartObject(max(item, default=-1) + 1)
    for field, value in item.items():
        if field in children:
            builder.PrependUOffsetTRelativeSlot(field, children[field], 0)
        else:
            kind, number = value
            {"b": builder.PrependInt8Slot, "i": builder.PrependInt32Slot, "f": builder.PrependFloat32Slot}[kind](field, number, None)
    return builder.EndObject()


class Model:
    def __init__(self):
        self.codes, self.tensors, self.buffers, self.operators = [], [], [Table()], []

    def tensor(self, name, shape, kind, scale=None, zero_point=0, data=None, axis=0):
        """One scale, or a list of them along an axis."""
        buffer = 0
        if data is not None:
            self.buffers.append(Table({0: np.ascontiguousarray(data).tobytes()}))
            buffer = len(self.buffers) - 1
        table = Table({0: np.array(shape, np.int32), 1: ("b", kind), 2: ("i", buffer), 3: name})
        if scale is not None:
            scales = np.atleast_1d(np.array(scale, np.float32))
            table[4] = Table({2: scales, 3: np.full(scales.shape, zero_point, np.int64), **({6: ("i", axis)} if scales.size > 1 else {})})
        self.tensors.append(table)
        return len(self.tensors) - 1

    def operator(self, code, inputs, outputs, options=None, kind=0, custom=None, custom_options=None, version=1):
        self.codes.append(Table({0: ("b", min(code, 127)), 2: ("i", version), 3: ("i", code), **({1: custom} if custom else {})}))
        table = Table({0: ("i", len(self.codes) - 1), 1: np.array(inputs, np.int32), 2: np.array(outputs, np.int32)})
        if options is not None:
            table[3], table[4] = ("b", kind), Table(options)
        if custom_options is not None:
            table[5] = custom_options
        self.operators.append(table)

    def graph(self, name, inputs, outputs):
        return Table({0: self.tensors, 1: np.array(inputs, np.int32), 2: np.array(outputs, np.int32), 3: self.operators, 4: name})

    def begin_graph(self):
        """Puts the graph so far aside: what follows is another graph of the same file. Gives what `save` needs of the first."""
        first = self.tensors, self.operators
        self.tensors, self.operators = [], []
        return first

    def save(self, folder, name, inputs, outputs, first=None, notes=None):
        """`first`: the file's first graph where there are two; `inputs` and `outputs` are its. `notes`: metadata, bytes by name."""
        graphs = []
        if first is not None:
            graphs.append(self.graph("second", [], []))
            self.tensors, self.operators = first
        graphs.insert(0, self.graph("main", inputs, outputs))
        model = Table({0: ("i", 3), 1: self.codes, 2: graphs, 3: name, 4: self.buffers})
        for note, contents in (notes or {}).items():
            self.buffers.append(Table({0: contents}))
            model[6] = [*model.get(6, []), Table({0: note, 1: ("i", len(self.buffers) - 1)})]
        builder = flatbuffers.Builder(4096)
        builder.Finish(write(builder, model), b"TFL3")
        (folder / f"{name}.tflite").write_bytes(bytes(builder.Output()))
