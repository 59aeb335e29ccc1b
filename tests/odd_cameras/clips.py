"""Small moving pictures that carry their own number, encoded once and kept.

Every picture has four bars, one in each quarter of its height, and all four show the number of the
picture as sixteen white or black cells. Who looks at the pixels sees at once whether a picture is
put together of two (the bars differ) and how old it is (the number against the one sent last).
Encoded streams lie in the cache, named by what made them, so that each is made once on a machine.
"""
import base64
import hashlib
import os
import re
import subprocess

WIDTH, HEIGHT = 320, 192
BANDS = 4
CELLS = 16
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "qyran", "odd-cameras")
# Between the bars red on the left, blue on the right: planes that are swapped are seen.
RED, BLUE = (90, 200), (200, 90)


# ---------------------------------------------------------------- pictures

def code_of(number):
    """The cells of a number: white, black, twelve bits, their parity, its opposite."""
    bits = [number >> (11 - at) & 1 for at in range(12)]
    parity = sum(bits) & 1
    return [1, 0, *bits, parity, 1 - parity]


def wave():
    """A row of the ground: a soft wave, long enough to be moved along."""
    period = 64
    row = bytes(70 + (at if at < 32 else 64 - at) * 2 for at in range(period))
    return row * (WIDTH // period + 3)


WAVE = wave()


def raw(number):
    """One picture as planes (I420)."""
    cell = WIDTH // CELLS
    bar = b"".join((b"\xeb" if bit else b"\x10") * cell for bit in code_of(number))
    rows = []
    for y in range(HEIGHT):
        if 8 <= y % (HEIGHT // BANDS) < 36:
            rows.append(bar)
        else:
            at = (number * 5 + y) % 64
            rows.append(WAVE[at:at + WIDTH])
    grey = b"\x80" * (WIDTH // 2)
    planes = []
    for of in (0, 1):
        coloured = bytes([RED[of]]) * (WIDTH // 4) + bytes([BLUE[of]]) * (WIDTH // 4)
        planes += [grey if 4 <= y % (HEIGHT // BANDS // 2) < 18 else coloured
                   for y in range(HEIGHT // 2)]
    return b"".join(rows + planes)


def encoded(ending, frames, fps, args):
    """What ffmpeg makes of so many pictures; from the cache where it is there."""
    made_of = repr((ending, frames, fps, args, raw(1)))
    name = hashlib.sha256(made_of.encode()).hexdigest()[:24]
    path = os.path.join(CACHE, f"{name}.{ending}")
    if not os.path.exists(path):
        os.makedirs(CACHE, exist_ok=True)
        # Another process may make the same at the same time: each has a file of its own.
        new = f"{path}.{os.getpid()}.tmp"
        pictures = b"".join(raw(number) for number in range(frames))
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p",
             "-s", f"{WIDTH}x{HEIGHT}", "-r", str(fps), "-i", "-", *args, new],
            input=pictures, check=True)
        os.rename(new, path)
    with open(path, "rb") as file:
        return file.read()


def scaled(size, vf=""):
    steps = [f"scale={size.replace('x', ':')}:flags=neighbor"] if size else []
    steps += [vf] if vf else []
    return ["-vf", ",".join(steps)] if steps else []


def h264(fps=10, frames=40, gop=None, x264="", size=None, pix="yuv420p", vf="", profile=None, extra=()):
    """Access units of an H.264 stream, as lists of NAL units."""
    gop = gop or fps
    params = f"aud=1:scenecut=0:keyint={gop}:min-keyint={gop}:threads=1"
    if "bframes" not in x264:
        params += ":bframes=0"
    if x264:
        params += ":" + x264
    args = scaled(size, vf) + ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", pix,
                               "-crf", "24", "-x264-params", params]
    if profile:
        args += ["-profile:v", profile]
    return units(encoded("h264", frames, fps, [*args, *extra, "-f", "h264"]), "h264")


def h265(fps=10, frames=40, gop=None, x265="", size=None, pix="yuv420p", vf="", extra=()):
    """Access units of an H.265 stream."""
    gop = gop or fps
    params = f"aud=1:scenecut=0:keyint={gop}:min-keyint={gop}:log-level=error:pools=1:frame-threads=1"
    if "bframes" not in x265:
        params += ":bframes=0"
    if x265:
        params += ":" + x265
    args = scaled(size, vf) + ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", pix,
                               "-crf", "26", "-x265-params", params]
    return units(encoded("h265", frames, fps, [*args, *extra, "-f", "hevc"]), "h265")


def jpegs(fps=8, frames=32, size=None, q=4, extra=(), vf=""):
    """JPEG files."""
    data = encoded("mjpeg", frames, fps, scaled(size, vf) + [
        "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", str(q), "-huffman", "default",
        *extra, "-f", "mjpeg"])
    starts = [m.start() for m in re.finditer(b"\xff\xd8\xff", data)]
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)])]


# ---------------------------------------------------------------- NAL units

def kind_of(nal, codec):
    return nal[0] & 31 if codec == "h264" else (nal[0] >> 1) & 63


def nals_of(data):
    """The NAL units of an Annex B stream, without start codes."""
    out, starts = [], [m.start() for m in re.finditer(b"\x00\x00\x01", data)]
    for at, start in enumerate(starts):
        end = starts[at + 1] if at + 1 < len(starts) else len(data)
        nal = data[start + 3:end].rstrip(b"\x00")
        if nal:
            out.append(nal)
    return out


def units(data, codec):
    """Access units, cut at the delimiters, which are taken out."""
    delimiter = 9 if codec == "h264" else 35
    found = []
    for nal in nals_of(data):
        if kind_of(nal, codec) == delimiter:
            found.append([])
        elif found:
            found[-1].append(nal)
    return found


def sets(all_units, codec="h264"):
    """The parameter sets of a stream, in the order of their first occurrence."""
    wanted = (7, 8) if codec == "h264" else (32, 33, 34)
    found = []
    for unit in all_units:
        for nal in unit:
            if kind_of(nal, codec) in wanted and nal not in found:
                found.append(nal)
    return found


def without(all_units, kinds, codec="h264"):
    """The same units without NAL units of some kinds."""
    return [[nal for nal in unit if kind_of(nal, codec) not in kinds] for unit in all_units]


def without_sets(all_units, codec="h264"):
    return without(all_units, (7, 8) if codec == "h264" else (32, 33, 34), codec)


def b64(nal):
    return base64.b64encode(nal).decode()


def fmtp_h264(all_units):
    found = sets(all_units)
    sps = [nal for nal in found if nal[0] & 31 == 7]
    pps = [nal for nal in found if nal[0] & 31 == 8]
    return (f"packetization-mode=1;profile-level-id={sps[0][1:4].hex()};"
            f"sprop-parameter-sets={','.join(map(b64, sps + pps))}")


def fmtp_h265(all_units):
    by = {}
    for nal in sets(all_units, "h265"):
        by.setdefault(kind_of(nal, "h265"), nal)
    return f"sprop-vps={b64(by[32])};sprop-sps={b64(by[33])};sprop-pps={b64(by[34])}"


# ---------------------------------------------------------------- parameter sets, bit by bit

class Bits:
    """Reads a NAL unit's payload, emulation prevention taken out."""

    def __init__(self, data):
        body, zeros = bytearray(), 0
        for byte in data:
            if zeros >= 2 and byte == 3:
                zeros = 0
                continue
            body.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        self.bits, self.at = "".join(f"{b:08b}" for b in body), 0

    def u(self, n):
        value = int(self.bits[self.at:self.at + n] or "0", 2)
        self.at += n
        return value

    def ue(self):
        zeros = 0
        while self.bits[self.at + zeros] == "0":
            zeros += 1
        value = int(self.bits[self.at + zeros:self.at + 2 * zeros + 1], 2) - 1
        self.at += 2 * zeros + 1
        return value


def ue(value):
    text = f"{value + 1:b}"
    return "0" * (len(text) - 1) + text


def nal_of(head, bits):
    """A NAL unit of whole bits, with emulation prevention."""
    bits += "0" * (-len(bits) % 8)
    out, zeros = bytearray(), 0
    for at in range(0, len(bits), 8):
        byte = int(bits[at:at + 8], 2)
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return head + bytes(out).rstrip(b"\0")


def pps_with(pps, number, head=1):
    """The same picture parameter set under another number."""
    bits = Bits(pps[head:])
    bits.ue()
    return nal_of(pps[:head], ue(number) + bits.bits[bits.at:])


def sps_without_vui(nal):
    """The same H.264 SPS that says nothing of timing, colours and reordering."""
    b = Bits(nal[1:])
    profile = b.u(8)
    b.u(16)
    b.ue()
    if profile in (100, 110, 122, 244, 44, 83, 86, 118, 128):
        if b.ue() == 3:
            b.u(1)
        b.ue()
        b.ue()
        b.u(1)
        assert not b.u(1), "scaling lists"
    b.ue()
    order = b.ue()
    if order == 0:
        b.ue()
    assert order in (0, 2)
    b.ue()
    b.u(1)
    b.ue()
    b.ue()
    if not b.u(1):
        b.u(1)
    b.u(1)
    if b.u(1):
        for _ in range(4):
            b.ue()
    return nal_of(nal[:1], b.bits[:b.at] + "01")


def bare_sps(all_units):
    """A stream whose SPS has no VUI, as those of many cameras."""
    return [[sps_without_vui(nal) if nal[0] & 31 == 7 else nal for nal in unit]
            for unit in all_units]
