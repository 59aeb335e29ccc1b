#!/usr/bin/env python3
"""What ffmpeg makes of the odd cameras: pictures in eight seconds, how many of them were torn.

A help for whoever adds a camera: what ffmpeg shows, the wall should show.
"""
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import camera
import clips
from serve import cameras

SIZE = clips.WIDTH * clips.HEIGHT


def number_in(picture, band):
    """The number that a bar shows; nothing where it cannot be read."""
    y = band * clips.HEIGHT // clips.BANDS + 22
    cell = clips.WIDTH // clips.CELLS
    values = [picture[y * clips.WIDTH + at * cell + cell // 2] for at in range(clips.CELLS)]
    bits = [value > (values[0] + values[1]) / 2 for value in values]
    number = int("".join("01"[bit] for bit in bits[2:14]), 2)
    return number if clips.code_of(number) == [int(bit) for bit in bits] else None


def look(one):
    url = one.url()
    way = {"tcp": "tcp", "udp": "udp", "tls": "tcp", "http": "http"}[one.transport]
    url = url.replace("rtspu:", "rtsp:").replace("rtsph:", "rtsp:")
    if one.password is not None:
        log_in = f"{quote(one.user, safe='')}:{quote(one.password, safe='')}@"
        url = url.replace("//", "//" + log_in, 1)
    done = subprocess.run(
        ["timeout", "-k", "1", "10", "ffmpeg", "-v", "error", "-rtsp_transport", way, "-i", url, "-t", "4",
         "-an", "-vf", f"scale={clips.WIDTH}:{clips.HEIGHT}:flags=neighbor", "-pix_fmt", "gray",
         "-f", "rawvideo", "-"], capture_output=True)
    pictures = [done.stdout[at:at + SIZE] for at in range(0, len(done.stdout) - SIZE + 1, SIZE)]
    read = [{number_in(picture, band) for band in range(clips.BANDS)} for picture in pictures]
    torn = sum(len(one) > 1 or None in one for one in read)
    said = done.stderr.decode("utf-8", "replace").strip().replace("\n", " | ")[:110]
    return f"{one.situation:4} {one.name:26} {one.expect['end']:7} {len(pictures):3} pictures, {torn:2} torn  {said}"


def main(names):
    made = cameras(names)
    camera.serve(made)
    with ThreadPoolExecutor(12) as pool:
        for line in pool.map(look, made):
            print(line, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
