"""From the numbers of a model to detections, from the published formulas, in double precision."""

import numpy as np

SAME = 0.5


def cells_of(size, stride):
    """The grid's cells row by row: index, column, row."""
    columns, rows = -(-size[0] // stride), -(-size[1] // stride)
    for cell in range(columns * rows):
        yield cell, cell % columns, cell // columns


def nanodet(described, size, raw, least):
    """Each side's distance is the mean of a distribution over 0..bins-1 strides, from the cell's middle."""
    grids = len(described["strides"])
    for grid, stride in enumerate(described["strides"]):
        scores, sides = raw[grid][0], raw[grids + grid][0]
        for cell, column, row in cells_of(size, stride):
            class_ = int(np.argmax(scores[cell]))
            score = float(scores[cell][class_])
            if score < least:
                continue
            logits = sides[cell].astype(np.float64).reshape(4, -1)
            shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            left, top, right, bottom = shares @ np.arange(logits.shape[1]) * stride
            x, y = (column + 0.5) * stride, (row + 0.5) * stride
            yield class_, score, [x - left, y - top, x + right, y + bottom]


def ssd(described, size, raw, least):
    """The first class is nothing; a box is top, left, bottom, right in shares of the input."""
    named = np.array([label is not None for label in described["labels"]])
    for scores, edges in zip(raw[0][0], raw[1][0][:, 0]):
        class_ = int(np.argmax(np.where(named, scores, -1.0)))
        score = float(scores[class_])
        if score < least:
            continue
        top, left, bottom, right = (float(edge) for edge in edges)
        yield class_, score, [left * size[0], top * size[1], right * size[0], bottom * size[1]]


def yunet(described, size, raw, least):
    """The score is the geometric mean of class and object; box: shift and logarithm of the size, in strides."""
    grids = len(described["strides"])
    for grid, stride in enumerate(described["strides"]):
        kinds, objects, boxes = (raw[kind * grids + grid][0] for kind in range(3))
        for cell, column, row in cells_of(size, stride):
            product = np.clip(float(kinds[cell][0]), 0, 1) * np.clip(float(objects[cell][0]), 0, 1)
            score = float(np.sqrt(product))
            if score < least:
                continue
            dx, dy, w, h = (float(value) for value in boxes[cell])
            x, y = (column + dx) * stride, (row + dy) * stride
            width, height = np.exp(w) * stride, np.exp(h) * stride
            yield 0, score, [x - width / 2, y - height / 2, x + width / 2, y + height / 2]


DECODERS = {"nanodet": nanodet, "ssd": ssd, "yunet": yunet}


def overlap(a, b):
    """Intersection over union."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    common = width * height
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def detections(described, form, raw, least, placement, part):
    """What is found, the surest first, in shares of the picture; and how near the nearest decision was:
    of a score to the least one, of an overlap to a half, of two scores of what is found to each other."""
    size = (form["width"], form["height"])
    decoder = DECODERS[described["decoder"]]
    candidates = sorted(decoder(described, size, raw, least - 0.05), key=lambda c: -c[1])
    margin = min((abs(score - least) for _, score, _ in candidates), default=1.0)
    kept = []
    for class_, score, edges in (c for c in candidates if c[1] >= least):
        overlaps = [overlap(edges, other) for same, _, other in kept if same == class_]
        margin = min([margin] + [abs(value - SAME) for value in overlaps])
        if all(value <= SAME for value in overlaps):
            kept.append((class_, score, edges))
    margin = min([margin] + [one[1] - other[1] for one, other in zip(kept, kept[1:])])
    found = []
    for class_, score, edges in kept:
        begin = [placement["left"], placement["top"]] * 2
        length = [placement["columns"], placement["rows"]] * 2
        inside = [min(max((e - b) / n, 0.0), 1.0) for e, b, n in zip(edges, begin, length)]
        whole = [part[i % 2] + share * (part[i % 2 + 2] - part[i % 2]) for i, share in enumerate(inside)]
        found.append(
            {
                "class": described["labels"][class_]["id"],
                "score": round(score, 6),
                "region": [round(float(edge), 7) for edge in whole],
            }
        )
    return found, margin


def thinned_rows(described, raw, least):
    """What of the outputs is worth keeping, as [output, where it begins, its numbers]: the rows of which
    something is at least so sure. The rest are zeros."""
    decoder, grids = described["decoder"], len(described["strides"])
    runs = []

    def keep(output, row):
        values = np.asarray(raw[output], dtype=np.float64)[0, row].ravel()
        begin = row * len(values)
        # Of scores only those that could be chosen.
        wanted = values >= 0.1 if len(values) > 44 else np.full(len(values), True)
        at = 0
        while at < len(values):
            end = at
            while end < len(values) and wanted[end]:
                end += 1
            if end > at:
                runs.append([output, begin + at, [float(f"{value:.5g}") for value in values[at:end]]])
            at = end + 1

    if decoder == "nanodet":
        for grid in range(grids):
            for cell in np.flatnonzero(raw[grid][0].max(axis=1) >= least):
                keep(grid, int(cell))
                keep(grids + grid, int(cell))
    elif decoder == "ssd":
        for anchor in np.flatnonzero(raw[0][0][:, 1:].max(axis=1) >= least):
            keep(0, int(anchor))
            keep(1, int(anchor))
    else:
        for grid in range(grids):
            score = np.sqrt(np.clip(raw[grid][0, :, 0], 0, 1) * np.clip(raw[grids + grid][0, :, 0], 0, 1))
            for cell in np.flatnonzero(score >= least):
                for kind in range(3):
                    keep(kind * grids + grid, int(cell))
    return runs
