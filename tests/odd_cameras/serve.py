#!/usr/bin/env python3
"""Serves all odd cameras until its input ends.

On its output: one line of JSON for each camera (name, situation, address, log-in, what is right),
then `ready`. On its input: `sent NAME` asks what that camera has sent and who came; the answer is
one line of JSON. `serve.py --list` tells what there is, and `serve.py NAME …` serves only these.
"""
import json
import sys

import camera
import heads
import hostile
import reported
import rtp
import streams
import talk


def cameras(wanted):
    made = [one for module in (streams, talk, rtp, heads, reported, hostile) for one in module.all_of_them()]
    names = [one.name for one in made]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, f"two cameras of one name: {twice}"
    assert set(wanted) <= set(names), f"no such camera: {set(wanted) - set(names)}"
    return [one for one in made if not wanted or one.name in wanted]


def described(one):
    return {"name": one.name, "situation": one.situation, "url": one.url(), "user": one.user,
            "password": one.password, "secret": one.secret, "transport": one.transport,
            "clip": len(one.units) if one.units else 0, "fps": one.fps, "expect": one.expect}


def main(arguments):
    made = cameras([word for word in arguments if not word.startswith("-")])
    if "--list" in arguments:
        for one in made:
            says = (type(one).__doc__ or "").strip().split("\n")[0]
            print(f"{one.situation:4} {one.name:28} {one.expect['end']:7} {says}")
        return
    if any(one.transport == "tls" for one in made):
        camera.tls_context()
    camera.serve(made)
    by_name = {one.name: one for one in made}
    for one in made:
        print(json.dumps(described(one), ensure_ascii=False))
    print("ready", flush=True)
    for line in sys.stdin:
        word, _, name = line.strip().partition(" ")
        told = by_name[name].told() if word == "sent" and name in by_name else {"error": line}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
