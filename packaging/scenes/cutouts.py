"""Cuts real persons and things out of the demo footage, for make-clips.

A fixed camera's background is the median of many of its frames; who walks there differs from it.
Everything here is arithmetic on pixels and gives the same bytes on every run.
"""

import hashlib
import json
import pathlib
import subprocess

import numpy as np

# How far a colour must be from the background's before it is somebody, and before it is surely so.
UNSURE, SURE = 16, 30
# Every how many frames the background looks.
BACKGROUND_EVERY = 38
# Room round a hand-made box, in pixels: between two of them a person is only nearly where a
# straight line says.
ROOM = 14


class Missing(Exception):
    """A source that is not on this machine, with what brings it."""


def decode(path, width, height, keep):
    """The frames of a clip or a still that `keep` (a function of the number) wants, by number."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-fps_mode", "passthrough"]
    command += ["-vf", f"scale={width}:{height}:flags=area", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    size, frames, number = width * height * 3, {}, 0
    with subprocess.Popen(command, stdout=subprocess.PIPE) as decoder:
        while len(data := decoder.stdout.read(size)) == size:
            if keep(number):
                frames[number] = np.frombuffer(data, np.uint8).reshape(height, width, 3)
            number += 1
    if not frames:
        raise Missing(f"{path}: no frame of it can be decoded")
    return frames


def blur(values, rounds=1):
    """The mean over 3 × 3, `rounds` times."""
    for _ in range(rounds):
        for axis in (0, 1):
            padded = np.pad(values, [(1, 1) if at == axis else (0, 0) for at in range(values.ndim)], "edge")
            parts = [padded.take(range(at, at + values.shape[axis]), axis) for at in range(3)]
            values = (parts[0] + parts[1] + parts[2]) / 3
    return values


def grown(mask):
    """The mask and all its neighbours."""
    flat = mask.copy()
    flat[:, 1:] |= mask[:, :-1]
    flat[:, :-1] |= mask[:, 1:]
    tall = flat.copy()
    tall[1:] |= flat[:-1]
    tall[:-1] |= flat[1:]
    return tall


def flooded(start, within):
    """What of `within` hangs together with `start`."""
    reached = start & within
    while True:
        more = grown(reached) & within
        if (more == reached).all():
            return reached
        reached = more


def person_mask(frame, background, core):
    """How much of every pixel is the person who stands at `core` (a mask of certain places)."""
    apart = np.abs(frame.astype(np.int16) - background).max(axis=2).astype(np.float32)
    solid = blur(apart) > (UNSURE + SURE) / 2
    solid = ~grown(~grown(solid))
    solid = flooded(core & solid, solid)
    edge = np.zeros_like(solid)
    edge[[0, -1]], edge[:, [0, -1]] = True, True
    solid = ~flooded(edge & ~solid, ~solid)
    return np.clip(blur(solid.astype(np.float32)) * 1.5 - 0.25, 0, 1)


def polygon(points, width, height):
    """A mask of the polygon's inside (even-odd rule), with an edge one pixel soft."""
    ys, xs = np.mgrid[0:height, 0:width] + 0.5
    inside = np.zeros((height, width), bool)
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1]):
        if ay != by:
            inside ^= ((ay > ys) != (by > ys)) & (xs < ax + (ys - ay) * (bx - ax) / (by - ay))
    return blur(inside.astype(np.float32))


class Sprite:
    """One picture of somebody: colours, how much of each pixel counts, and where the feet are."""

    def __init__(self, colours, share, foot):
        rows, columns = np.flatnonzero(share.any(axis=1)), np.flatnonzero(share.any(axis=0))
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        self.colours, self.share = colours[part].astype(np.float32), share[part].astype(np.float32)
        self.foot = foot[0] - columns[0], foot[1] - rows[0]

    def height(self):
        """From the head to the feet, in pixels."""
        rows = np.flatnonzero((self.share > 0.5).any(axis=1))
        return int(rows[-1] - rows[0] + 1)

    def mirrored(self):
        """Left for right."""
        x, y = self.foot
        return Sprite(self.colours[:, ::-1], self.share[:, ::-1], (self.share.shape[1] - x, y))

    def lying(self):
        """Fallen over on its side."""
        share = np.rot90(self.share)
        return Sprite(np.rot90(self.colours), share, (share.shape[1] / 2, share.shape[0] - 3))

    def scaled(self, by):
        """Larger or smaller: the mean of the area when smaller, between neighbours when larger."""
        height, width = self.share.shape
        size = max(1, round(height * by)), max(1, round(width * by))
        whole = resized(np.dstack([self.colours * self.share[..., None], self.share]), *size)
        share = whole[..., 3]
        colours = whole[..., :3] / np.maximum(share, 1e-3)[..., None]
        x, y = self.foot
        return Sprite(colours, share, (x * size[1] / width, y * size[0] / height))


def resized(picture, height, width):
    """A picture of any number of planes at another size."""
    rows = resampled(picture, height)
    return np.ascontiguousarray(resampled(rows.swapaxes(0, 1), width).swapaxes(0, 1))


def resampled(values, new):
    """The same with `new` rows, each of them a few of the old ones in the shares of a triangle."""
    old = len(values)
    middle = (np.arange(new) + 0.5) * old / new - 0.5
    reach = max(1.0, old / new)
    first = np.floor(middle - reach).astype(int) + 1
    places = first[:, None] + np.arange(int(2 * reach) + 1)
    shares = np.maximum(0, 1 - np.abs(places - middle[:, None]) / reach)
    shares = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    places = np.clip(places, 0, old - 1)
    total = np.zeros((new, *values.shape[1:]), np.float32)
    for place, share in zip(places.T, shares.T):
        total += values[place] * share.reshape(-1, *[1] * (values.ndim - 1))
    return total


def smooth(values, half):
    """The running mean, over fewer values at the ends."""
    return [float(np.mean(values[max(0, at - half) : at + half + 1])) for at in range(len(values))]


class Footage:
    """The sources, found in the folders given, and what is cut out of them."""

    def __init__(self, folders, scenes, truth):
        self.folders = folders
        self.cuts = json.loads((scenes / "cuts.json").read_text())
        self.truth = json.loads((truth / "vtest.json").read_text())
        # What was cut out, and what was brought to a scale: by the cut's name and all that matters.
        self.street, self.background, self.things, self.persons = None, None, {}, {}
        self.ready = {}

    def find(self, name):
        """Where a source lies."""
        for folder in self.folders:
            if (folder / name).is_file():
                return folder / name
        brings = self.cuts["sources"][name]["brings"]
        raise Missing(f"{name} is not on this machine; it comes with {brings}")

    def read_street(self):
        """Decodes the pedestrian clip once: its background, and the frames that cuts need."""
        path = self.find("vtest.avi")
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.truth["sha256"]:
            raise Missing(f"{path} is another clip than the one that the hand-made truth is about")
        wanted = {n for cut in self.cuts["persons"].values() for n in range(cut["frames"][0], cut["frames"][1] + 1)}
        frames = decode(path, 768, 576, lambda n: n in wanted or n % BACKGROUND_EVERY == 0)
        some = np.stack([f for n, f in sorted(frames.items()) if n % BACKGROUND_EVERY == 0])
        self.background = np.median(some, axis=0).astype(np.uint8)
        self.street = frames

    def box_at(self, track, frame):
        """A person's box in pixels, between the two hand-made ones next to it."""
        boxes = [b for b in self.truth["boxes"] if b["track"] == track]
        before = max((b for b in boxes if b["frame"] <= frame), key=lambda b: b["frame"])
        after = min((b for b in boxes if b["frame"] >= frame), key=lambda b: b["frame"])
        span = after["frame"] - before["frame"]
        part = (frame - before["frame"]) / span if span else 0
        pairs = zip(before["box"], after["box"], (768, 576, 768, 576))
        return [(a + (b - a) * part) * size for a, b, size in pairs]

    def person(self, name):
        """The pictures of one person walking, and where the feet were on each in the footage."""
        if name not in self.persons:
            self.persons[name] = self.cut_person(self.cuts["persons"][name])
        return self.persons[name]

    def cut_person(self, cut):
        first, last = cut["frames"]
        parts, places = [], []
        for number in range(first, last + 1):
            x0, y0, x1, y1 = self.box_at(cut["track"], number)
            room = cut.get("room", ROOM)
            left, top = max(0, int(x0) - room), max(0, int(y0) - room // 2)
            right, low = min(768, int(x1) + room), min(576, int(y1) + room)
            patch = np.s_[top:low, left:right]
            core = np.zeros((low - top, right - left), bool)
            middle = int((x0 + x1) / 2) - left
            core[(low - top) // 5 : (low - top) * 2 // 3, max(0, middle - 9) : middle + 9] = True
            share = person_mask(self.street[number][patch], self.background[patch], core)
            sure = share > 0.5
            if sure.sum() < 200:
                continue
            rows = np.flatnonzero(sure.any(axis=1))
            body = np.flatnonzero(sure[rows[0] : (rows[0] + rows[-1]) // 2].any(axis=0))
            parts.append((self.street[number][patch], share, left, top))
            places.append((left + (body[0] + body[-1] + 1) / 2, top + rows[-1] + 1))
        xs, ys = smooth([p[0] for p in places], 2), smooth([p[1] for p in places], 4)
        sprites = [
            Sprite(colours, share, (x - left, y - top)) for (colours, share, left, top), x, y in zip(parts, xs, ys)
        ]
        return sprites, list(zip(xs, ys))

    def thing(self, name):
        """One thing that stands still, cut out along its outline."""
        if name not in self.things:
            cut = self.cuts["things"][name]
            source = self.cuts["sources"][cut["source"]]
            width, height = source["size"]
            if cut["source"] == "vtest.avi":
                picture = self.background
            else:
                picture = decode(self.find(cut["source"]), width, height, lambda n: n == cut["frame"])[cut["frame"]]
            xs, ys = zip(*cut["outline"])
            left, top, right, low = (int(v) for v in (min(xs) - 3, min(ys) - 3, max(xs) + 4, max(ys) + 4))
            share = polygon([[x - left, y - top] for x, y in cut["outline"]], right - left, low - top)
            foot = ((min(xs) + max(xs)) / 2 - left, max(ys) - top)
            self.things[name] = Sprite(picture[top:low, left:right] * cut.get("gain", 1.0), share, foot)
        return self.things[name]
