#!/usr/bin/env python3
"""Folds the block-quantised weights of an ONNX file to float32, so that ONNX Runtime loads it.

    dequant_bq.py IN.onnx OUT.onnx [dynhw]

Each DequantizeLinear on constants becomes a constant, and so does each Reshape, Slice, Squeeze and
Transpose of constants behind it. With `dynhw` the picture's height and width are left open.
Needs numpy and onnx. The same input gives the same bytes.
"""

import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

MOVES = ("Reshape", "Slice", "Squeeze", "Transpose")


def dequantised(node, constants):
    """(x − zero) · scale, in float32, with a scale for the whole, an axis, or blocks of an axis."""
    x, scale = (constants[name].astype(np.float32) for name in node.input[:2])
    zero = np.zeros_like(scale)
    if len(node.input) > 2 and node.input[2]:
        zero = constants[node.input[2]].astype(np.float32)
    attributes = {attribute.name: attribute.i for attribute in node.attribute}
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)
    if scale.size == 1:
        scale, zero = scale.reshape(()), zero.reshape(())
    elif block:
        # The last block may be cut short.
        cut = [slice(None)] * x.ndim
        cut[axis] = slice(0, x.shape[axis])
        scale, zero = (np.repeat(each, block, axis=axis)[tuple(cut)] for each in (scale, zero))
    else:
        shape = [1] * x.ndim
        shape[axis] = -1
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    return ((x - zero) * scale).astype(np.float32)


def moved(node, constants, opsets):
    """What a node that only moves numbers makes of constants."""
    inputs = [numpy_helper.from_array(constants[name], name) for name in node.input if name]
    output = helper.make_tensor_value_info(node.output[0], 1, None)
    graph = helper.make_graph([node], "moved", [], [output], inputs)
    return ReferenceEvaluator(helper.make_model(graph, opset_imports=opsets)).run(None, {})[0]


def fold(model):
    """Folds until nothing more can be folded. Returns how many nodes were."""
    graph = model.graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}

    def one_pass(nodes, kinds, result):
        kept = []
        for node in nodes:
            if node.op_type in kinds and all(name in constants for name in node.input if name):
                constants[node.output[0]] = result(node)
            else:
                kept.append(node)
        return kept

    nodes = one_pass(graph.node, ("DequantizeLinear",), lambda node: dequantised(node, constants))
    before = None
    while len(nodes) != before:
        before = len(nodes)
        nodes = one_pass(nodes, MOVES, lambda node: moved(node, constants, model.opset_import))
    count = len(graph.node) - len(nodes)
    used = {name for node in nodes for name in node.input}
    initializers = [numpy_helper.from_array(a, name) for name, a in constants.items() if name in used]
    inputs = [each for each in graph.input if each.name not in constants and each.name in used]
    for field, content in (
        (graph.node, nodes),
        (graph.initializer, initializers),
        (graph.input, inputs),
    ):
        del field[:]
        field.extend(content)
    del graph.value_info[:]
    return count


def open_height_and_width(graph):
    sizes = graph.input[0].type.tensor_type.shape.dim
    for at, name in ((2, "height"), (3, "width")):
        sizes[at].ClearField("dim_value")
        sizes[at].dim_param = name
    for output in graph.output:
        size = output.type.tensor_type.shape.dim[1]
        size.ClearField("dim_value")
        size.dim_param = "n"


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["dynhw"]):
        raise SystemExit(__doc__)
    model = onnx.load(sys.argv[1])
    print(f"{fold(model)} nodes folded")
    if sys.argv[3:]:
        open_height_and_width(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, sys.argv[2])


if __name__ == "__main__":
    main()
