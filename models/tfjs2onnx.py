#!/usr/bin/env python3
"""Makes an ONNX file with fixed shapes (opset 17) out of a TensorFlow.js graph model.

    tfjs2onnx.py MODEL.json OUT.onnx INPUT=1x3x416x416 OUTPUT[,OUTPUT…]

MODEL.json names its weight files, which lie beside it. The graph between the named input and the
named outputs is taken; what hangs on constants alone is computed here. The input keeps the layout
that the model gives it; inside, pictures are NCHW, and transpositions between layouts go where
they cancel out. A `/` or `:` in an output's name becomes `_`.

Knows the operations of the models in manifest.json and names the first one that it does not know.
Needs numpy and onnx. The same input gives the same bytes.
"""

import base64
import json
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TO_NCHW, TO_NHWC = [0, 3, 1, 2], [0, 2, 3, 1]


class Tensor:
    """A value of the graph: a constant, or the ONNX names under which it is there.

    `shape` is as TensorFlow sees it; `plain` is the name of the value in that layout, `nchw` the
    name of the same value with its channels moved to the second place."""

    def __init__(self, shape, plain=None, nchw=None, const=None):
        self.shape = list(shape)
        self.plain = plain
        self.nchw = nchw
        self.const = const


def constant(array):
    return Tensor(array.shape, const=array)


class Attributes:
    """The attributes of a TensorFlow node."""

    def __init__(self, node):
        self.raw = node.get("attr", {})

    def get(self, name, default=None):
        value = self.raw.get(name)
        if value is None:
            return default
        if "list" in value:
            return [int(number) for number in value["list"].get("i", [])]
        if "i" in value:
            return int(value["i"])
        if "f" in value:
            return float(value["f"])
        if "b" in value:
            return bool(value["b"])
        if "s" in value:
            text = value["s"]
            return bytes(text).decode() if isinstance(text, list) else base64.b64decode(text).decode()
        return default


def read_weights(model, folder):
    """The weights by name, brought back to numbers where they are stored as 8 or 16 bits."""
    weights = {}
    for group in model["weightsManifest"]:
        content = b""
        for path in group["paths"]:
            with open(os.path.join(folder, path), "rb") as file:
                content += file.read()
        at = 0
        for weight in group["weights"]:
            count = int(np.prod(weight["shape"])) if weight["shape"] else 1
            packed = weight.get("quantization")
            kind = {"float32": "f4", "int32": "i4", "bool": "?"}[weight["dtype"]]
            stored = (
                {"float16": "f2", "uint8": "u1", "uint16": "u2"}[packed["dtype"]] if packed else kind
            )
            stored = np.dtype(stored)
            array = np.frombuffer(content, stored, count, at)
            at += count * stored.itemsize
            if packed and "scale" in packed:
                array = array.astype(np.float32) * packed["scale"] + packed["min"]
            weights[weight["name"]] = array.astype(kind).reshape(weight["shape"])
        if at != len(content):
            raise SystemExit(f"the weight files have {len(content)} bytes, the model describes {at}")
    return weights


def window(size, kernel, step, spread, padding):
    """Along one axis: (size of the output, padding before, padding behind)."""
    reach = (kernel - 1) * spread + 1
    if padding == "SAME":
        out = -(-size // step)
        missing = max((out - 1) * step + reach - size, 0)
        return out, missing // 2, missing - missing // 2
    if padding == "VALID":
        return (size - reach) // step + 1, 0, 0
    raise SystemExit(f"unknown padding: {padding}")


FOLDED = {"Add": np.add, "AddV2": np.add, "Sub": np.subtract, "Mul": np.multiply}
PAIRWISE = {"Add": "Add", "AddV2": "Add", "Sub": "Sub", "Mul": "Mul"}
ONE_BY_ONE = {"Sigmoid": "Sigmoid", "Exp": "Exp"}


class Converter:
    """Walks from the outputs to the input and writes ONNX nodes on the way back."""

    def __init__(self, model, folder, input_name, input_shape):
        self.weights = read_weights(model, folder)
        self.graph = {node["name"]: node for node in model["modelTopology"]["node"]}
        self.done = {input_name: Tensor(input_shape, plain=input_name)}
        self.nodes = []
        self.initializers = {}
        self.counter = 0

    # ---------------------------------------------------------- writing ONNX

    def fresh(self, prefix):
        self.counter += 1
        return f"{prefix}_{self.counter}"

    def initializer(self, array):
        """The name of a constant; equal ones are kept once."""
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.initializers:
            self.initializers[key] = (self.fresh("w"), array)
        return self.initializers[key][0]

    def integers(self, numbers):
        return self.initializer(np.array(numbers, "i8"))

    def emit_many(self, operation, inputs, count, **attributes):
        outputs = [self.fresh(operation.lower()) for _ in range(count)]
        self.nodes.append(helper.make_node(operation, inputs, outputs, **attributes))
        return outputs

    def emit(self, operation, inputs, **attributes):
        return self.emit_many(operation, inputs, 1, **attributes)[0]

    def plain(self, tensor):
        if tensor.plain is None:
            if tensor.const is not None:
                tensor.plain = self.initializer(tensor.const)
            else:
                tensor.plain = self.emit("Transpose", [tensor.nchw], perm=TO_NHWC)
        return tensor.plain

    def nchw(self, tensor):
        if tensor.nchw is None:
            tensor.nchw = self.emit("Transpose", [self.plain(tensor)], perm=TO_NCHW)
        return tensor.nchw

    # ---------------------------------------------------------- reading TensorFlow

    def value(self, name):
        name, _, index = name.partition(":")
        if name not in self.done:
            self.done[name] = self.node(self.graph[name])
        found = self.done[name]
        return found[int(index or 0)] if isinstance(found, list) else found

    def node(self, node):
        """Writes one TensorFlow node. Returns its value, or a list of them."""
        operation, attributes = node["op"], Attributes(node)
        if operation == "Const":
            return constant(self.weights[node["name"]])
        inputs = [self.value(name) for name in node.get("input", []) if not name.startswith("^")]
        if operation == "Identity":
            return inputs[0]
        if operation in PAIRWISE:
            return self.pairwise(operation, *inputs)
        if operation in ONE_BY_ONE:
            return self.one_by_one(inputs[0], lambda name: self.emit(ONE_BY_ONE[operation], [name]))
        method = getattr(self, f"op_{operation}", None)
        if method is None:
            raise SystemExit(f"unknown operation {operation} at the node {node['name']}")
        return method(attributes, *inputs)

    # ---------------------------------------------------------- arithmetic

    def one_by_one(self, x, write):
        if x.nchw is not None:
            return Tensor(x.shape, nchw=write(x.nchw))
        return Tensor(x.shape, plain=write(self.plain(x)))

    def pairwise(self, operation, a, b):
        if a.const is not None and b.const is not None:
            return constant(FOLDED[operation](a.const, b.const).astype(a.const.dtype))
        shape = np.broadcast_shapes(tuple(a.shape), tuple(b.shape))

        def fits_nchw(tensor):
            if tensor.const is not None:
                return tensor.const.ndim in (0, 1, 4)
            return tensor.nchw is not None and len(tensor.shape) == 4

        def in_nchw(tensor):
            if tensor.const is None:
                return tensor.nchw
            array = tensor.const
            if array.ndim == 1 and array.size > 1:
                array = array.reshape(1, -1, 1, 1)
            elif array.ndim == 4:
                array = np.ascontiguousarray(array.transpose(TO_NCHW))
            return self.initializer(array)

        if len(shape) == 4 and fits_nchw(a) and fits_nchw(b):
            return Tensor(shape, nchw=self.emit(PAIRWISE[operation], [in_nchw(a), in_nchw(b)]))
        return Tensor(shape, plain=self.emit(PAIRWISE[operation], [self.plain(a), self.plain(b)]))

    def op_AddN(self, _, first, *others):
        for other in others:
            first = self.pairwise("Add", first, other)
        return first

    def op_BiasAdd(self, _, x, bias):
        return self.pairwise("Add", x, bias)

    def op_Relu6(self, _, x):
        def clip(name):
            least, most = np.array(0, "f4"), np.array(6, "f4")
            return self.emit("Clip", [name, self.initializer(least), self.initializer(most)])

        return self.one_by_one(x, clip)

    def op_LeakyRelu(self, attributes, x):
        alpha = attributes.get("alpha", 0.2)
        return self.one_by_one(x, lambda name: self.emit("LeakyRelu", [name], alpha=alpha))

    def op_FusedBatchNorm(self, attributes, x, scale, offset, mean, variance):
        epsilon = attributes.get("epsilon", 1e-3)
        factor = (scale.const / np.sqrt(variance.const + epsilon)).astype("f4")
        shift = (offset.const - mean.const * factor).astype("f4")
        scaled = self.pairwise("Mul", x, constant(factor))
        return self.pairwise("Add", scaled, constant(shift))

    # ---------------------------------------------------------- pictures

    def convolve(self, attributes, x, weights, depthwise):
        steps = attributes.get("strides")[1:3]
        spreads = (attributes.get("dilations") or [1, 1, 1, 1])[1:3]
        padding = attributes.get("padding")
        height, width, channels, many = weights.const.shape
        rows, top, bottom = window(x.shape[1], height, steps[0], spreads[0], padding)
        columns, left, right = window(x.shape[2], width, steps[1], spreads[1], padding)
        if depthwise:
            kernel = weights.const.transpose(2, 3, 0, 1).reshape(channels * many, 1, height, width)
            groups, many = channels, channels * many
        else:
            kernel = weights.const.transpose(3, 2, 0, 1)
            groups = x.shape[3] // channels
        inputs = [self.nchw(x), self.initializer(np.ascontiguousarray(kernel))]
        name = self.emit(
            "Conv",
            inputs,
            strides=steps,
            dilations=spreads,
            pads=[top, left, bottom, right],
            group=groups,
            kernel_shape=[height, width],
        )
        return Tensor([x.shape[0], rows, columns, many], nchw=name)

    def op_Conv2D(self, attributes, x, weights):
        return self.convolve(attributes, x, weights, False)

    def op_DepthwiseConv2dNative(self, attributes, x, weights):
        return self.convolve(attributes, x, weights, True)

    def op_MaxPool(self, attributes, x):
        kernel, steps = attributes.get("ksize")[1:3], attributes.get("strides")[1:3]
        padding = attributes.get("padding")
        rows, top, bottom = window(x.shape[1], kernel[0], steps[0], 1, padding)
        columns, left, right = window(x.shape[2], kernel[1], steps[1], 1, padding)
        pads = [top, left, bottom, right]
        name = self.emit("MaxPool", [self.nchw(x)], kernel_shape=kernel, strides=steps, pads=pads)
        return Tensor([x.shape[0], rows, columns, x.shape[3]], nchw=name)

    def op_Pad(self, _, x, paddings, fill=None):
        pads = np.asarray(paddings.const).reshape(-1, 2)
        fill = [] if fill is None else [self.initializer(np.array(fill.const, "f4").reshape(()))]
        if not pads.any():
            return x
        shape = [size + int(both.sum()) for size, both in zip(x.shape, pads)]
        if x.nchw is not None and x.plain is None:
            moved = pads[TO_NCHW].T.reshape(-1)
            return Tensor(shape, nchw=self.emit("Pad", [x.nchw, self.integers(moved), *fill]))
        inputs = [self.plain(x), self.integers(pads.T.reshape(-1)), *fill]
        return Tensor(shape, plain=self.emit("Pad", inputs))

    op_PadV2 = op_Pad

    def op_ResizeBilinear(self, attributes, x, size):
        rows, columns = (int(number) for number in size.const)
        batch, _, _, channels = x.shape
        mode = "asymmetric"
        if attributes.get("align_corners"):
            mode = "align_corners"
        elif attributes.get("half_pixel_centers"):
            mode = "half_pixel"
        inputs = [self.nchw(x), "", "", self.integers([batch, channels, rows, columns])]
        name = self.emit("Resize", inputs, mode="linear", coordinate_transformation_mode=mode)
        return Tensor([batch, rows, columns, channels], nchw=name)

    # ---------------------------------------------------------- shapes

    def op_Transpose(self, _, x, order):
        order = [int(axis) for axis in order.const]
        shape = [x.shape[axis] for axis in order]
        if order == TO_NHWC:
            return Tensor(shape, nchw=self.plain(x))
        if order == TO_NCHW:
            return Tensor(shape, plain=self.nchw(x))
        return Tensor(shape, plain=self.emit("Transpose", [self.plain(x)], perm=order))

    def op_ConcatV2(self, _, *inputs):
        *tensors, axis = inputs
        if all(tensor.const is not None for tensor in tensors):
            return constant(np.concatenate([tensor.const for tensor in tensors], int(axis.const)))
        axis = int(axis.const) % len(tensors[0].shape)
        shape = list(tensors[0].shape)
        shape[axis] = sum(tensor.shape[axis] for tensor in tensors)
        if len(shape) == 4 and any(t.nchw is not None and t.plain is None for t in tensors):
            names = [self.nchw(tensor) for tensor in tensors]
            return Tensor(shape, nchw=self.emit("Concat", names, axis=TO_NHWC[axis]))
        names = [self.plain(tensor) for tensor in tensors]
        return Tensor(shape, plain=self.emit("Concat", names, axis=axis))

    def op_SplitV(self, _, x, sizes, axis):
        sizes, axis = [int(size) for size in sizes.const], int(axis.const)
        inputs = [self.plain(x), self.integers(sizes)]
        parts = []
        for name, size in zip(self.emit_many("Split", inputs, len(sizes), axis=axis), sizes):
            shape = list(x.shape)
            shape[axis] = size
            parts.append(Tensor(shape, plain=name))
        return parts

    def op_Unpack(self, attributes, x):
        axis = attributes.get("axis", 0)
        shape = [size for at, size in enumerate(x.shape) if at != axis]
        if x.const is not None:
            return [Tensor(shape, const=np.take(x.const, at, axis)) for at in range(x.shape[axis])]
        return [
            Tensor(shape, plain=self.emit("Gather", [self.plain(x), self.integers(at)], axis=axis))
            for at in range(x.shape[axis])
        ]

    def op_Pack(self, attributes, *tensors):
        axis = attributes.get("axis", 0)
        if all(tensor.const is not None for tensor in tensors):
            return constant(np.stack([tensor.const for tensor in tensors], axis))
        names = [self.emit("Unsqueeze", [self.plain(t), self.integers([axis])]) for t in tensors]
        shape = list(tensors[0].shape)
        shape.insert(axis, len(tensors))
        return Tensor(shape, plain=self.emit("Concat", names, axis=axis))

    def reshape(self, x, shape):
        if x.const is not None:
            return constant(x.const.reshape(shape))
        return Tensor(shape, plain=self.emit("Reshape", [self.plain(x), self.integers(shape)]))

    def op_Reshape(self, _, x, shape):
        shape = [int(size) for size in shape.const]
        if -1 in shape:
            shape[shape.index(-1)] = int(np.prod(x.shape)) // -int(np.prod(shape))
        return self.reshape(x, shape)

    def op_Squeeze(self, attributes, x):
        axes = [axis % len(x.shape) for axis in attributes.get("squeeze_dims") or []]
        if not axes:
            axes = [at for at, size in enumerate(x.shape) if size == 1]
        return self.reshape(x, [size for at, size in enumerate(x.shape) if at not in axes])

    def op_ExpandDims(self, _, x, axis):
        axis, shape = int(axis.const), list(x.shape)
        shape.insert(axis if axis >= 0 else len(shape) + 1 + axis, 1)
        return self.reshape(x, shape)

    # ---------------------------------------------------------- what is known here already

    def op_Shape(self, _, x):
        return constant(np.array(x.shape, "i4"))

    def op_Tile(self, _, x, times):
        return constant(np.tile(x.const, times.const))

    def op_SparseToDense(self, _, places, shape, values, fill):
        dense = np.full(shape.const, fill.const)
        places, values = np.asarray(places.const), np.asarray(values.const)
        if places.ndim == 2:
            for at, place in enumerate(places):
                dense[tuple(place)] = values.reshape(-1)[at if values.size > 1 else 0]
        else:
            dense.reshape(-1)[places.reshape(-1)] = values
        return constant(dense.astype(values.dtype))

    def op_StridedSlice(self, attributes, x, begin, end, steps):
        cut = []
        for at, (first, last, step) in enumerate(zip(begin.const, end.const, steps.const)):
            if attributes.get("shrink_axis_mask", 0) >> at & 1:
                cut.append(int(first))
                continue
            open_start = attributes.get("begin_mask", 0) >> at & 1
            open_end = attributes.get("end_mask", 0) >> at & 1
            cut.append(
                slice(None if open_start else int(first), None if open_end else int(last), int(step))
            )
        return constant(np.asarray(x.const[tuple(cut)]))


def main():
    if len(sys.argv) != 5:
        raise SystemExit(__doc__)
    source, target, spec, outputs = sys.argv[1:]
    input_name, input_shape = spec.split("=")
    input_shape = [int(size) for size in input_shape.split("x")]
    outputs = outputs.split(",")
    with open(source, encoding="utf-8") as file:
        model = json.load(file)
    sys.setrecursionlimit(20000)
    converter = Converter(model, os.path.dirname(source), input_name, input_shape)

    made = []
    for output, tensor in [(output, converter.value(output)) for output in outputs]:
        name = output.replace("/", "_").replace(":", "_")
        converter.nodes.append(helper.make_node("Identity", [converter.plain(tensor)], [name]))
        made.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, tensor.shape))
        print(f"{name} {tensor.shape}")
    used = {name for node in converter.nodes for name in node.input}
    kept = [
        numpy_helper.from_array(a, name) for name, a in converter.initializers.values() if name in used
    ]
    taken = helper.make_tensor_value_info(input_name, TensorProto.FLOAT, input_shape)
    graph = helper.make_graph(converter.nodes, "tfjs", [taken], made, kept)
    result = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="tfjs2onnx"
    )
    result.ir_version = 8
    onnx.checker.check_model(result)
    onnx.save(result, target)


if __name__ == "__main__":
    main()
