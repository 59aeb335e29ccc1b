#!/usr/bin/env python3
"""Makes the NanoDet-g of wide pictures: 416 × 256 instead of 416 × 416.

    nanodet_wide.py nanodet.json OUT.onnx

The network looks at any size; only constants of the converted graph tell of 416 × 416: the sizes to
which coarse features are brought, the lengths of the lists of cells, and the shapes of input and
outputs. They are changed here, each checked to be the one that is expected. Half as many cells
cost half as much, and a 16:9 picture fits without being squeezed.

Needs what tfjs2onnx.py needs. The same input gives the same bytes.
"""

import os
import subprocess
import sys
import tempfile

import onnx
from onnx import numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
WIDTH, SQUARE, HEIGHT = 416, 416, 256
OUTPUTS = "Identity,Identity_1,Identity_2,Identity_3,Identity_4,Identity_5"
# Cells of a grid of the square picture → its stride.
STRIDES = {(SQUARE // stride) ** 2: stride for stride in (8, 16, 32)}


def cells(stride):
    return (HEIGHT // stride) * (WIDTH // stride)


def square(source, target):
    command = [sys.executable, os.path.join(HERE, "tfjs2onnx.py"), source, target]
    subprocess.run([*command, f"input_1=1x3x{SQUARE}x{WIDTH}", OUTPUTS], check=True)


def change_constants(graph):
    """Brings sizes and lengths down; how many of each kind were changed."""
    used = {name: node.op_type for node in graph.node for name in node.input}
    changed = {"Resize": 0, "Reshape": 0}
    for place, constant in enumerate(graph.initializer):
        kind = used.get(constant.name)
        value = numpy_helper.to_array(constant)
        if kind == "Resize" and value.shape == (4,):
            value = value.copy()
            stride = WIDTH // int(value[3])
            value[2], value[3] = HEIGHT // stride, WIDTH // stride
        elif kind == "Reshape" and value.shape == (3,):
            value = value.copy()
            stride = STRIDES.get(int(value[2])) or STRIDES.get(int(value[1]))
            axis = 2 if int(value[2]) in STRIDES else 1
            if stride is None:
                raise SystemExit(f"{constant.name}: {value.tolist()} is no list of cells")
            value[axis] = cells(stride)
        else:
            continue
        changed[kind] += 1
        graph.initializer[place].CopyFrom(numpy_helper.from_array(value, constant.name))
    return changed


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    source, target = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        made = os.path.join(folder, "square.onnx")
        square(source, made)
        model = onnx.load(made)
    changed = change_constants(model.graph)
    if not all(changed.values()):
        raise SystemExit(f"not the expected graph: changed {changed}")
    shape = model.graph.input[0].type.tensor_type.shape.dim
    shape[2].dim_value, shape[3].dim_value = HEIGHT, WIDTH
    for output in model.graph.output:
        sizes = output.type.tensor_type.shape.dim
        sizes[1].dim_value = cells(STRIDES[sizes[1].dim_value])
    del model.graph.value_info[:]
    onnx.checker.check_model(model)
    onnx.save(model, target)


if __name__ == "__main__":
    main()
