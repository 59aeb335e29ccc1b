#!/usr/bin/env python3
"""Holds what the program tells about the scripted clips against what happens in them.

    packaging/scenes/judge.py --clips FOLDER --program target/release/qyran [SCENE]...

FOLDER is where packaging/make-clips put the clips. Prints a line for each clip and exits 1 when
something that happens was not told in its time and at its place, or something was told that does
not happen.
"""

import argparse
import calendar
import json
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
# The clock at the beginning of a clip whose truth names none: noon of a Monday.
BEGINS = "2026-03-02T12:00"
# How far the told box must lie over the true one (intersection over union).
LEAST_OVERLAP = 0.3


def overlap(one, other):
    """Intersection over union of two boxes (left, top, right, bottom)."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    common = max(0, wide) * max(0, high)
    areas = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other))
    return common / (areas - common) if areas > common else 1.0


def told(program, clip, rules, begins, looks):
    """The first telling of every fact: kind, second of the clip, box, with how many others."""
    with tempfile.TemporaryDirectory() as data:
        command = [program, "detect", "--clip", clip, "--rules", rules, "--begins", begins]
        command += ["--looks", str(looks), "--json", "--data", data]
        answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout
    start = calendar.timegm(time.strptime(begins, "%Y-%m-%dT%H:%M"))
    for line in answer.splitlines():
        fact = json.loads(line).get("fact")
        if fact and fact["stage"] in ("begun", "once"):
            # The centre's clock may be hours away from UTC, a clip is never that long.
            second = (fact["last_seen"] / 1e6 - start) % 900
            yield {"kind": fact["kind"], "at": second, "box": fact["region"], "with": len(fact["with"])}


def wrong(truth, facts):
    """What was not told, and what was told that does not happen."""
    left = list(facts)
    for want in truth["facts"]:
        same = [f for f in left if f["kind"] == want["kind"]]
        if not same:
            yield f"{want['kind']} was not told"
            continue
        fact = min(same, key=lambda f: abs(f["at"] - (want["from"] + want["to"]) / 2))
        left.remove(fact)
        if not want["from"] <= fact["at"] <= want["to"]:
            yield f"{want['kind']} was told at {fact['at']:.1f} s, not within {want['from']} to {want['to']} s"
        if "box" in want and overlap(want["box"], fact["box"]) < LEAST_OVERLAP:
            yield f"{want['kind']} was told at another place (overlap {overlap(want['box'], fact['box']):.2f})"
        if want.get("with_person") and not fact["with"]:
            yield f"{want['kind']} was told without the person"
    for fact in left:
        yield f"{fact['kind']} was told at {fact['at']:.1f} s and does not happen"


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("scene", nargs="*")
    asked.add_argument("--clips", type=pathlib.Path, required=True)
    asked.add_argument("--program", required=True)
    asked = asked.parse_args()
    bad = 0
    for path in sorted(HERE.glob("*/*.truth.json")):
        truth = json.loads(path.read_text())
        if asked.scene and path.parent.name not in asked.scene:
            continue
        clips = sorted(asked.clips.glob(truth["clip"] + ".*"))
        if not clips:
            sys.exit(f"judge: {truth['clip']} is not in {asked.clips}; make it with packaging/make-clips")
        rules = path.parent / truth["rules"]
        facts = list(told(asked.program, str(clips[0]), str(rules), truth.get("begins", BEGINS), truth["looks_per_s"]))
        faults = list(wrong(truth, facts))
        bad += bool(faults)
        seen = ", ".join(f"{f['kind']} at {f['at']:.1f} s" for f in facts) or "nothing"
        print(f"{truth['clip']}: {'WRONG' if faults else 'right'}: told {seen}{''.join('; ' + f for f in faults)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
