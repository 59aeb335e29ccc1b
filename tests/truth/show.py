#!/usr/bin/env python3
"""Draws a truth file over the frames of its clip, so that a person can check it.

    show.py vtest.json CLIP OUT [--scale 1.6] [--frames 0,25,50] [--crossings] [--before 6]

Writes one PNG for every frame that was looked at (or for the frames named), and with --crossings
the frames round every crossing of a line. Says on standard error where boxes, crossings and stays
contradict each other. Needs numpy, pillow and ffmpeg on the PATH. CLIP is the clip itself; its
sha256 must be the one in the truth file.
"""

import argparse
import hashlib
import json
import pathlib
import subprocess
import sys

import numpy
from PIL import Image, ImageDraw, ImageFont

FIRM = (255, 230, 0)
HARD = (255, 120, 0)
LINE = (0, 200, 255)
ZONE = (120, 255, 120)


def decode(clip, width, height):
    """Yields every frame of the clip in order as an array of height × width × 3."""
    command = ["ffmpeg", "-v", "error", "-i", str(clip), "-fps_mode", "passthrough"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    size = width * height * 3
    with subprocess.Popen(command, stdout=subprocess.PIPE) as decoder:
        while True:
            data = decoder.stdout.read(size)
            if len(data) < size:
                break
            yield numpy.frombuffer(data, numpy.uint8).reshape(height, width, 3)


def side(line, x, y):
    """Negative on the left hand of one who looks from `from` to `to`, positive on the right."""
    (ax, ay), (bx, by) = line["from"], line["to"]
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax)


def foot(box):
    """Where something stands: the middle of the lower edge of its box."""
    x0, _, x1, y1 = box["box"]
    return (x0 + x1) / 2, y1


def beside(line, x, y):
    """Whether a point lies between the two ends of a line rather than beyond one of them."""
    (ax, ay), (bx, by) = line["from"], line["to"]
    along = (x - ax) * (bx - ax) + (y - ay) * (by - ay)
    return 0 <= along <= (bx - ax) ** 2 + (by - ay) ** 2


def inside(polygon, x, y):
    """Whether a point lies in a polygon (even-odd rule)."""
    within = False
    for (ax, ay), (bx, by) in zip(polygon, polygon[1:] + polygon[:1]):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            within = not within
    return within


def wrong(truth):
    """Yields what a truth file says in one place and denies in another."""
    tracks = {}
    for box in truth["boxes"]:
        x0, y0, x1, y1 = box["box"]
        if not (0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1):
            yield f"{box}: not a box of the picture"
        if box["frame"] not in truth["looked_at"]:
            yield f"{box}: on a frame that was not looked at"
        tracks.setdefault(box["track"], []).append(box)
    for line in truth["lines"]:
        for crossing in line["crossings"]:
            if crossing["track"] not in tracks:
                yield f"{line['id']}: nobody is {crossing['track']}"
        for track, boxes in tracks.items():
            for before, after in zip(boxes, boxes[1:]):
                points = foot(before), foot(after)
                if before["hard"] or after["hard"] or not all(beside(line, *p) for p in points):
                    continue
                moved = sum((side(line, *p) > 0) * s for p, s in zip(points, (-1, 1)))
                for crossing in line["crossings"]:
                    if crossing["track"] != track:
                        continue
                    if before["frame"] < crossing["frame"] <= after["frame"]:
                        moved -= 1 if crossing["side"] == "left_to_right" else -1
                if moved:
                    span = f"{before['frame']} to {after['frame']}"
                    yield f"{line['id']}: {track} from frame {span} is not as its boxes are"
    for zone in truth["zones"]:
        for box in truth["boxes"]:
            stays = [s for s in zone["stays"] if s["track"] == box["track"]]
            said = any(s["enter"] <= box["frame"] < s["leave"] for s in stays)
            if not box["hard"] and said != inside(zone["polygon"], *foot(box)):
                yield f"{zone['id']}: {box['track']} on frame {box['frame']} is not as its box is"


def draw(picture, truth, number, scale, font):
    """One frame with everything the truth says about it."""
    width, height = round(truth["width"] * scale), round(truth["height"] * scale)
    image = Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for zone in truth["zones"]:
        points = [(x * width, y * height) for x, y in zone["polygon"]]
        pen.line(points + points[:1], fill=ZONE, width=1)
        stays = [s["track"] for s in zone["stays"] if s["enter"] <= number < s["leave"]]
        pen.text(points[0], f"{zone['id']}: {stays}", fill=ZONE, font=font)
    for line in truth["lines"]:
        (ax, ay), (bx, by) = line["from"], line["to"]
        a, b = (ax * width, ay * height), (bx * width, by * height)
        pen.line([a, b], fill=LINE, width=2)
        pen.ellipse([a[0] - 4, a[1] - 4, a[0] + 4, a[1] + 4], fill=LINE)
        here = [c for c in line["crossings"] if abs(c["frame"] - number) <= 1]
        said = ", ".join(f"{c['track']} {c['side']}" for c in here)
        pen.text((a[0] + 6, a[1] + 2), f"{line['id']} {said}", fill=LINE, font=font)
    for box in truth["boxes"]:
        if box["frame"] != number:
            continue
        x0, y0, x1, y1 = box["box"]
        colour = HARD if box["hard"] else FIRM
        corner = (x0 * width, y0 * height)
        pen.rectangle([corner, (x1 * width, y1 * height)], outline=colour, width=1)
        mark = "" if box["class"] == "person" else f" {box['class']}"
        mark = f"{box['track']}{mark}{' hard' if box['hard'] else ''}"
        pen.text((corner[0] + 2, max(0, corner[1] - 15)), mark, fill=colour, font=font)
    pen.text((4, 4), f"frame {number}", fill=(255, 255, 255), font=font)
    return image


def strip(pictures, truth, line, crossing, scale, font):
    """The frames round one crossing in rows, cut to the neighbourhood of the line."""
    numbers = sorted(pictures)
    xs, ys = zip(line["from"], line["to"])
    width, height = truth["width"] * scale, truth["height"] * scale
    left, right = (min(xs) - 0.1) * width, (max(xs) + 0.1) * width
    top, bottom = (min(ys) - 0.15) * height, (max(ys) + 0.1) * height
    area = (max(0, left), max(0, top), min(width, right), min(height, bottom))
    area = tuple(round(v) for v in area)
    cells = [draw(pictures[n], truth, n, scale, font).crop(area) for n in numbers]
    wide = max(1, 1800 // (cells[0].width + 4))
    rows = [list(zip(numbers, cells))[i : i + wide] for i in range(0, len(cells), wide)]
    high = cells[0].height + 18
    total = Image.new("RGB", (min(wide, len(cells)) * (cells[0].width + 4), high * len(rows)))
    pen = ImageDraw.Draw(total)
    for at, row in enumerate(rows):
        for column, (number, cell) in enumerate(row):
            corner = (column * (cell.width + 4), at * high)
            total.paste(cell, (corner[0], corner[1] + 18))
            mark = " <" if number == crossing["frame"] else ""
            place = (corner[0] + 2, corner[1] + 2)
            pen.text(place, f"{number}{mark}", fill=(255, 255, 255), font=font)
    return total


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("truth", type=pathlib.Path)
    asked.add_argument("clip", type=pathlib.Path)
    asked.add_argument("out", type=pathlib.Path)
    asked.add_argument("--scale", type=float, default=1.6)
    asked.add_argument("--frames", help="numbers with commas; without it those looked at")
    asked.add_argument("--crossings", action="store_true", help="strips of crossings as well")
    asked.add_argument("--before", type=int, default=4, help="frames of a strip on each side")
    asked = asked.parse_args()

    truth = json.loads(asked.truth.read_text())
    for line in wrong(truth):
        print(line, file=sys.stderr)
    found = hashlib.sha256(asked.clip.read_bytes()).hexdigest()
    if found != truth["sha256"]:
        sys.exit(f"{asked.clip}: sha256 {found}, but the truth is about {truth['sha256']}")
    wanted = truth["looked_at"]
    if asked.frames:
        wanted = [int(n) for n in asked.frames.split(",")]
    strips = {}
    if asked.crossings:
        for line in truth["lines"]:
            for crossing in line["crossings"]:
                first = max(0, crossing["frame"] - asked.before)
                last = min(truth["frames"] - 1, crossing["frame"] + asked.before)
                key = (line["id"], crossing["frame"], crossing["track"])
                strips[key] = (line, crossing, range(first, last + 1))
    kept = {n for _, _, span in strips.values() for n in span}

    font = ImageFont.load_default()
    asked.out.mkdir(parents=True, exist_ok=True)
    near, count = {}, 0
    for number, picture in enumerate(decode(asked.clip, truth["width"], truth["height"])):
        count += 1
        if number in wanted:
            draw(picture, truth, number, asked.scale, font).save(asked.out / f"{number:04}.png")
        if number in kept:
            near[number] = picture
    for (name, frame, track), (line, crossing, span) in strips.items():
        pictures = {n: near[n] for n in span if n in near}
        image = strip(pictures, truth, line, crossing, asked.scale, font)
        image.save(asked.out / f"{name}-{frame:04}-{track}.png")
    if count != truth["frames"]:
        sys.exit(f"{asked.clip}: {count} frames, but the truth is about {truth['frames']}")


if __name__ == "__main__":
    main()
