#!/usr/bin/env python3
"""An independent run of what Qyran's detectors do with a picture: the yardstick of the golden tests.

    tests/golden/reference.py            compute anew, compare with expected.json, print what differs
    tests/golden/reference.py --write    compute anew and write expected.json
    tests/golden/reference.py --models D look for the models in D instead of the cache

Needs Python 3.11 and, in an environment of its own, three packages:

    python3 -m venv ENV && ENV/bin/pip install numpy==2.4.6 pillow==13.0.0 onnxruntime==1.31.1
    ENV/bin/python tests/golden/reference.py

and the models that `models/fetch.py` brings. Takes some seconds.

It shares nothing with Qyran but the frames, the models' descriptors (`models/ID/model.json`) and the
definitions. All is in double precision, in the plainest form that can be checked by reading:

* Places are in pixels of the upright picture, its left upper corner being (0, 0). The centre of luma
  sample i lies at i + 1/2, that of chroma sample i at 2i + 1: in the middle of its four pixels.
* A picture (or the part of it that is wanted) that has at least twice as many samples as the tensor
  shows pixels, each way, is first made smaller by means of blocks of 2^n by 2^n samples, rounded once to
  whole codes, halves up; at the right and lower edge the last column and row count as often as is
  needed. n is the largest that leaves a sample for each pixel of the tensor.
* Pixel p of the n that show the part from a to b has its centre at a + (p + 1/2)(b - a)/n. Between the
  centres of samples: linear, each way. Beyond the outermost centres: the outermost sample.
* `stretch` fills the tensor. The letterboxes scale both sides by min(W/w, H/h), rounded to whole pixels
  of the tensor, halves up: in the middle (the odd pixel at the right, below), the rest the mean; or at
  the left upper corner, the rest black.
* Colours are those of ITU-T H.273 for Kr and Kb of the matrix, clamped to 0..255 after resizing;
  a number of the tensor is (code - mean) / std.
* Decoders: see the functions. NanoDet: generalised focal loss (Li et al., 2020, equation 6). SSD: boxes
  that are finished. YuNet: Wu et al., 2023. Overlapping boxes of a class (IoU above 1/2): the surest stays.

The frames are of the demo footage, see README.md beside this file.
"""

import argparse
import json
import os
import sys

import numpy as np
from PIL import Image

# Nothing is left beside the script.
sys.dont_write_bytecode = True

from decode import detections, thinned_rows

HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(os.path.dirname(HERE))
EXPECTED = os.path.join(HERE, "expected.json")
MATRICES = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}
FRAMES = {"street": (640, 360), "rider": (321, 241), "grey": (320, 180)}
WHOLE = [0.0, 0.0, 1.0, 1.0]


# ------------------------------------------------------------------ planes


class Plane:
    """Samples, and for each way where the first one's centre lies and how far it is to the next."""

    def __init__(self, samples, origin, step):
        self.samples = np.asarray(samples, dtype=np.float64)
        self.origin = origin  # across, down: in pixels of the upright picture
        self.step = step

    def halved(self, times):
        if times == 0:
            return self
        block = 2**times
        rows, columns = self.samples.shape
        padded = np.pad(self.samples, ((0, -rows % block), (0, -columns % block)), mode="edge")
        rows, columns = padded.shape[0] // block, padded.shape[1] // block
        means = padded.reshape(rows, block, columns, block).mean(axis=(1, 3))
        origin = [o + (block - 1) / 2 * s for o, s in zip(self.origin, self.step)]
        return Plane(np.floor(means + 0.5), origin, [block * s for s in self.step])

    def turned(self, times, size):
        """By quarter turns clockwise; `size` is that of the picture before, in pixels."""
        plane = self
        for _ in range(times):
            # What was at (x, y) comes to (height - y, x).
            last = plane.origin[1] + (plane.samples.shape[0] - 1) * plane.step[1]
            plane = Plane(
                np.rot90(plane.samples, -1),
                [size[1] - last, plane.origin[0]],
                [plane.step[1], plane.step[0]],
            )
            size = (size[1], size[0])
        return plane

    def at(self, xs, ys):
        """Linear between the centres: the product of two matrices of weights with the samples."""
        down = weights(ys, self.origin[1], self.step[1], self.samples.shape[0])
        across = weights(xs, self.origin[0], self.step[0], self.samples.shape[1])
        return down @ self.samples @ across.T


def weights(places, origin, step, count):
    """For each place how much each sample counts: a tent around its centre."""
    index = np.clip((places - origin) / step, 0, count - 1)
    return np.maximum(0.0, 1.0 - np.abs(index[:, None] - np.arange(count)[None, :]))


def planes_of(frame, siting=(1.0, 1.0)):
    """Y above, U and V side by side below it, as one grey picture."""
    width, height = FRAMES[frame]
    columns, rows = (width + 1) // 2, (height + 1) // 2
    with Image.open(os.path.join(HERE, f"{frame}.png")) as picture:
        sheet = np.array(picture)
    assert sheet.dtype == np.uint8 and sheet.shape == (height + rows, max(width, 2 * columns))
    luma = Plane(sheet[:height, :width], [0.5, 0.5], [1.0, 1.0])
    chroma = [sheet[height:, :columns], sheet[height:, columns : 2 * columns]]
    return [luma] + [Plane(samples, list(siting), [2.0, 2.0]) for samples in chroma]


# ------------------------------------------------------------------ tensors


def rounded(number):
    return int(np.floor(number + 0.5))


def codes_of(planes, matrix, is_full):
    """Red, green and blue, 0..255, of Y, U, V (arrays of codes)."""
    y, u, v = planes
    black, luma, chroma = (0.0, 255.0, 255.0) if is_full else (16.0, 219.0, 224.0)
    kr, kb = MATRICES[matrix]
    luma, pb, pr = (y - black) / luma, (u - 128.0) / chroma, (v - 128.0) / chroma
    red = luma + 2.0 * (1.0 - kr) * pr
    blue = luma + 2.0 * (1.0 - kb) * pb
    green = (luma - kr * red - kb * blue) / (1.0 - kr - kb)
    return [np.clip(colour, 0.0, 1.0) * 255.0 for colour in (red, green, blue)]


def tensor_of(case, form, wrong=None):
    """Colours [3, height, width] in the form's order and normalised, and where the picture lies.

    `wrong` makes one mistake on purpose: what a test must tell apart.
    """
    width, height = form["width"], form["height"]
    siting = {"chroma at the left": (0.5, 1.0), "chroma at the corner": (0.5, 0.5)}
    planes = planes_of(case["frame"], siting.get(wrong, (1.0, 1.0)))
    size = FRAMES[case["frame"]]
    turns = case["turns"]
    planes = [plane.turned(turns, size) for plane in planes]
    size = size if turns % 2 == 0 else (size[1], size[0])

    left, top, right, bottom = (part * side for part, side in zip(case["part"], size * 2))
    part_width, part_height = right - left, bottom - top
    if form["fit"] == "stretch":
        columns, rows = width, height
    else:
        scale = min(width / part_width, height / part_height)
        columns = min(max(rounded(part_width * scale), 1), width)
        rows = min(max(rounded(part_height * scale), 1), height)
    ratio = min(part_width / columns, part_height / rows)
    halvings = int(np.floor(np.log2(ratio))) if ratio > 1 else 0
    if wrong == "not halved":
        halvings = 0
    planes = [plane.halved(halvings) for plane in planes]

    xs = left + (np.arange(columns) + 0.5) * part_width / columns
    ys = top + (np.arange(rows) + 0.5) * part_height / rows
    if wrong == "corners aligned":
        xs = left + 0.5 + np.arange(columns) * (part_width - 1) / max(columns - 1, 1)
        ys = top + 0.5 + np.arange(rows) * (part_height - 1) / max(rows - 1, 1)
    matrix, is_full = case["matrix"], case["range"] == "full"
    if wrong == "another matrix":
        matrix = "bt709" if matrix == "bt601" else "bt601"
    if wrong == "the other range":
        is_full = not is_full
    colours = codes_of([plane.at(xs, ys) for plane in planes], matrix, is_full)
    if (form["colour"] == "bgr") != (wrong == "colours swapped"):
        colours.reverse()
    is_middle = form["fit"] == "letterbox" and wrong != "not in the middle"
    at = [(width - columns) // 2, (height - rows) // 2] if is_middle else [0, 0]
    rest_is_mean = form["fit"] == "letterbox"
    tensor = np.empty((3, height, width))
    for index, (colour, mean, std) in enumerate(zip(colours, form["mean"], form["std"])):
        tensor[index] = 0.0 if rest_is_mean else -mean / std
        taken = 0.0 if wrong == "mean left out" else mean
        tensor[index, at[1] : at[1] + rows, at[0] : at[0] + columns] = (colour - taken) / std
    placement = {"left": at[0], "top": at[1], "columns": columns, "rows": rows, "halvings": halvings}
    return tensor, placement


def form_of(model):
    """What the descriptor of a model says of its input."""
    with open(os.path.join(REPOSITORY, "models", model, "model.json"), encoding="utf-8") as file:
        described = json.load(file)
    shape = described["input"]["shape"]
    height, width = shape[2:] if described["input"]["layout"] == "nchw" else shape[1:3]
    form = {key: described["input"][key] for key in ("layout", "colour", "fit", "mean", "std")}
    return form | {"width": width, "height": height}, described


def pixels_to_hold(tensor, placement):
    """Some anywhere, those where neighbours differ most, the picture's corners, and the rest."""
    left, top = placement["left"], placement["top"]
    right, bottom = left + placement["columns"] - 1, top + placement["rows"] - 1
    random = np.random.default_rng(5)
    held = {(x, y) for x in (left, (left + right) // 2, right) for y in (top, bottom)}
    while len(held) < 24:
        held.add((int(random.integers(left, right + 1)), int(random.integers(top, bottom + 1))))
    shown = tensor[:, top : bottom + 1, left : right + 1]
    # Differences of colour, of brightness, across and down: the strongest of each, well apart.
    colour, light = shown[0] - shown[2], shown.mean(axis=0)
    for field in (colour, light):
        for axis in (0, 1):
            steps = np.abs(np.diff(field, axis=axis))
            for _ in range(8):
                y, x = np.unravel_index(np.argmax(steps), steps.shape)
                held.add((int(x) + left, int(y) + top))
                steps[max(y - 6, 0) : y + 7, max(x - 6, 0) : x + 7] = -1.0
    height, width = tensor.shape[1:]
    beside = [(left - 1, 5), (right + 1, 5), (5, top - 1), (5, bottom + 1), (0, 0), (width - 1, height - 1)]
    held.update((x, y) for x, y in beside if 0 <= x < width and 0 <= y < height)
    return sorted(held)


MISTAKES = [
    "chroma at the left",
    "chroma at the corner",
    "corners aligned",
    "another matrix",
    "the other range",
    "colours swapped",
    "mean left out",
    "not halved",
    "not in the middle",
]


def tensor_case(name, frame, matrix, limits, form, part=None, turns=0):
    case = {"name": name, "frame": frame, "matrix": matrix, "range": limits, "turns": turns}
    case["part"] = part or WHOLE
    if isinstance(form, str):
        case["model"], (form, _) = form, form_of(form)
    else:
        case["form"] = form
    tensor, placement = tensor_of(case, form)
    held = pixels_to_hold(tensor, placement)
    columns, rows = [x for x, _ in held], [y for _, y in held]
    values = tensor[:, rows, columns]
    stds = np.array(form["std"])[:, None]
    apart = {}
    for mistake in MISTAKES:
        other, _ = tensor_of(case, form, mistake)
        codes = np.abs((other[:, rows, columns] - values) * stds).max()
        apart[mistake] = round(float(codes), 3)
    case |= {
        "placement": placement,
        "mean_of_each": [round(float(c.mean()), 6) for c in tensor],
        "std_of_each": [round(float(c.std()), 6) for c in tensor],
        "pixels": [[x, y] + [round(float(v), 6) for v in values[:, i]] for i, (x, y) in enumerate(held)],
        "codes_apart_when": apart,
    }
    return case


def pillow_agrees():
    """Pillow's own bilinear transform of each plane gives the same, to single precision."""
    most = 0.0
    for plane in planes_of("rider"):
        rows, columns = plane.samples.shape
        for width, height in ((300, 300), (416, 234)):
            grid = [(np.arange(n) + 0.5) * count / n for n, count in ((width, columns), (height, rows))]
            ours = Plane(plane.samples, [0.5, 0.5], [1.0, 1.0]).at(*grid)
            image = Image.fromarray(plane.samples.astype(np.float32))
            data = (columns / width, 0, 0, 0, rows / height, 0)
            theirs = image.transform(
                (width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR
            )
            most = max(most, float(np.abs(np.asarray(theirs) - ours).max()))
    return most


# ------------------------------------------------------------------ models


def look_case(models, model, frame, matrix, limits, least, part=None):
    """A model's numbers for a frame, as few as make the same detections, and the detections."""
    import onnxruntime

    form, described = form_of(model)
    case = {"frame": frame, "matrix": matrix, "range": limits, "turns": 0, "part": part or WHOLE}
    tensor, placement = tensor_of(case, form)
    given = tensor[None].astype(np.float32)
    if form["layout"] == "nhwc":
        given = np.ascontiguousarray(np.moveaxis(given, 1, 3))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = os.path.join(models, model, described["file"])
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [output["name"] for output in described["outputs"]]
    raw = session.run(names, {described["input"]["name"]: given})
    for values, output in zip(raw, described["outputs"]):
        assert list(values.shape) == output["shape"], output
    rows = thinned_rows(described, raw, 0.8 * least)
    few = [np.zeros(output["shape"]).ravel() for output in described["outputs"]]
    for output, begin, values in rows:
        few[output][begin : begin + len(values)] = values
    few = [values.reshape(output["shape"]) for values, output in zip(few, described["outputs"])]
    whole, margin = detections(described, form, raw, least, placement, case["part"])
    found, few_margin = detections(described, form, few, least, placement, case["part"])
    assert len(found) == len(whole) and min(margin, few_margin) > 1e-3, (margin, few_margin, whole)
    for one, other in zip(found, whole):
        assert one["class"] == other["class"]
        assert np.abs(np.subtract(one["region"], other["region"])).max() < 1e-4
        assert abs(one["score"] - other["score"]) < 1e-4
    return case | {
        "name": f"{model} on {'a part of ' if part else ''}{frame}",
        "model": model,
        "placement": placement,
        "least_score": least,
        "runs": rows,
        "found": found,
        "margin": round(float(min(margin, few_margin)), 4),
    }


def computed(models):
    wide, square = "nanodet-g-416x256", "nanodet-g-416"
    small, faces = "ssdlite-mobilenet-v2-300", "yunet-2023mar"
    plain = {"layout": "nhwc", "colour": "rgb", "mean": [0.0] * 3, "std": [1.0] * 3}
    quarter = plain | {"fit": "letterbox", "width": 150, "height": 90, "mean": [50.0, 60.0, 70.0]}
    half = plain | {"fit": "stretch", "width": 100, "height": 90, "layout": "nchw", "colour": "bgr"}
    exact = half | {"width": 320, "height": 180}
    tensors = [
        tensor_case("wide", "street", "bt709", "limited", wide),
        tensor_case("square", "street", "bt709", "limited", square),
        tensor_case("odd", "rider", "bt601", "limited", small),
        tensor_case("odd, enlarged", "rider", "bt601", "limited", faces),
        tensor_case("odd, full range", "rider", "bt2020", "full", wide),
        tensor_case("full range", "grey", "bt709", "full", small),
        tensor_case("part", "street", "bt709", "limited", wide, [0.25, 0.125, 0.8125, 0.75]),
        tensor_case("a quarter", "street", "bt709", "limited", quarter),
        tensor_case("exactly a half", "street", "bt709", "limited", exact),
        tensor_case("odd, a half", "rider", "bt601", "limited", half),
        tensor_case("turned", "street", "bt709", "limited", square, turns=1),
        tensor_case("turned thrice", "street", "bt601", "limited", faces, turns=3),
    ]
    looks = [
        look_case(models, wide, "street", "bt709", "limited", 0.35),
        look_case(models, square, "street", "bt709", "limited", 0.35),
        look_case(models, small, "street", "bt709", "limited", 0.35),
        look_case(models, wide, "rider", "bt601", "limited", 0.35),
        look_case(models, small, "rider", "bt601", "limited", 0.35),
        look_case(models, faces, "rider", "bt601", "limited", 0.3),
        look_case(models, wide, "street", "bt709", "limited", 0.35, [0.5, 0.0, 1.0, 0.5]),
    ]
    return {"tensors": tensors, "looks": looks}


def differences(old, new, path=""):
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        for key in old:
            yield from differences(old[key], new[key], f"{path}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new)):
            yield from differences(one, other, f"{path}/{index}")
    elif isinstance(old, float) and isinstance(new, float):
        if abs(old - new) > 1e-4 * max(1.0, abs(old)):
            yield f"{path}: {old} there, {new} computed"
    elif old != new:
        yield f"{path}: {old} there, {new} computed"


def main():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    parser = argparse.ArgumentParser(description="the yardstick of the golden tests")
    parser.add_argument("--write", action="store_true", help="write expected.json")
    parser.add_argument("--models", default=os.path.join(cache, "qyran", "models-v1"))
    given = parser.parse_args()
    most = pillow_agrees()
    print(f"Pillow's bilinear transform differs by at most {most:.1e} codes")
    assert most < 1e-3
    new = computed(given.models)
    for case in new["tensors"]:
        print(case["name"], case["placement"], case["codes_apart_when"])
    for case in new["looks"]:
        print(case["name"], f"margin {case['margin']}", len(case["runs"]), "runs")
        for found in case["found"]:
            print("   ", found["class"], found["score"], found["region"])
    if given.write:
        head = ",\n".join(
            f'"{key}": [\n' + ",\n".join(json.dumps(case) for case in cases) + "\n]"
            for key, cases in new.items()
        )
        with open(EXPECTED, "w", encoding="utf-8") as file:
            file.write("{\n" + head + "\n}\n")
        return 0
    with open(EXPECTED, encoding="utf-8") as file:
        told = list(differences(json.load(file), new))
    print("\n".join(told) or "expected.json is what is computed")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
