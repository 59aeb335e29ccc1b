"""Cameras whose packets and pictures are odd: SSRC, key pictures, parameter sets, times, marks."""
import copy
import struct
import time

import clips
import packets
from camera import T0, Camera
from clips import b64, h264, h265, jpegs, sets, without_sets
from expect import either, live

U = h264()
H = h265()
J = jpegs()
NEVER = ["lost", "refused"]


def over(transport, camera, **changes):
    """The same camera by another way."""
    again = copy.copy(camera)
    again.__init__(f"{camera.name}-{transport}", transport=transport, **changes)
    return again


# ---------------------------------------------------------------- 00: plain ones

def plain():
    made = [
        Camera("plain-h264", units=U, expect=live(colours=True)),
        Camera("plain-h265", units=H, codec="h265", expect=live(colours=True)),
        Camera("plain-jpeg", units=J, codec="jpeg", fps=8, expect=live(colours=True)),
    ]
    return made + [over(way, camera) for camera in made for way in ("udp", "tls", "http")]


# ---------------------------------------------------------------- 08: SSRC

class Changing(Camera):
    """Each group of pictures has another SSRC; sequence and time go on."""
    situation, units, expect = "08", U, live(pictures=30)

    def ssrc(self, n):
        return 0x10000000 + n // 10


class Wrong(Camera):
    """SETUP names another SSRC than the packets have."""
    situation, units, expect = "08", U, live()

    def transport_of(self, connection, request):
        return super().transport_of(connection, request) + ";ssrc=0000A0C6"


class Leftovers(Camera):
    """Packets of an earlier session come first, as some servers send them."""
    situation, units, expect = "08", U, live()

    def ssrc(self, n):
        return 0x77777777 if n == 0 else 0x12345678


def ssrcs():
    made = [Changing("ssrc-gop"), Wrong("ssrc-setup"), Leftovers("ssrc-leftovers")]
    return made + [over("udp", camera) for camera in made]


# ---------------------------------------------------------------- 09, 10: key pictures

class Smart(Camera):
    """A key picture every 40 s and none at PLAY: whoever comes joins twelve seconds behind one."""
    situation = "09"

    def place(self, n):
        return (self.fps * 12 + n) % len(self.units)


class Joined(Camera):
    """Everybody joins behind the first group; what is at the very start never comes again."""
    situation, fps, start_at = "10", 12, 30
    expect = live(whole="in the end", behind=6, pictures=20)

    def place(self, n):
        return (self.start_at + n - 1) % (len(self.units) - 1) + 1


def key_pictures():
    long = dict(fps=6, frames=240, gop=240)
    joins = dict(fps=12, frames=360, gop=24)
    made = [
        Joined("refresh", units=h264(x264="intra-refresh=1:repeat-headers=1", **joins)),
        Joined("recovery", units=h264(x264="open-gop=1:bframes=2:repeat-headers=1", **joins)),
        Joined("cra", codec="h265",
               units=h265(x265="open-gop=1:bframes=2:repeat-headers=1", **joins)),
    ]
    waits = dict(through=["waiting"], behind=4, pictures=3)
    return made + [over("udp", camera) for camera in made] + [
        Smart("smart-40", fps=6, units=h264(**long), expect=live(**waits)),
        Smart("smart-40-h265", fps=6, codec="h265", units=h265(**long), expect=live(**waits)),
    ]


# ---------------------------------------------------------------- 11, 27: parameter sets

class Fmtp(Camera):
    """Says what it likes of its parameter sets."""
    text = ""

    def fmtp(self):
        return self.text


def behind(units, codec="h264"):
    """A second PPS of another number, which no slice uses, behind the one in use."""
    kind, head = (8, 1) if codec == "h264" else (34, 2)
    return [[one for nal in unit for one in (
        [nal, clips.pps_with(nal, 1, head)] if clips.kind_of(nal, codec) == kind else [nal])]
        for unit in units]


def by_turns(a, b, gop):
    """Groups of two encoders by turns; all four sets stand before each."""
    every = sets(a) + sets(b)
    every = [n for n in every if n[0] & 31 == 7] + [n for n in every if n[0] & 31 == 8]
    bare_a, bare_b = without_sets(a), without_sets(b)
    out = []
    for start in range(0, len(a), gop):
        source = bare_a if start // gop % 2 == 0 else bare_b
        out += [every + source[start], *source[start + 1:start + gop]]
    return out


def parameter_sets():
    sps, pps = sets(U)[:2]
    start = b"\0\0\0\1"
    other = h264(size="160x96", frames=10)

    def several(name, units, codec="h264", **more):
        return Fmtp(name, situation="11", units=units, codec=codec, expect=live(pictures=25),
                    **more)

    def cam(name, text, units=U, codec="h264"):
        return Fmtp("sets-" + name, situation="27", text=text, units=units, codec=codec,
                    expect=live())

    return [
        several("pps-behind", behind(U), text=clips.fmtp_h264(behind(U))),
        several("pps-in-band", behind(U), text="packetization-mode=1"),
        several("sps-by-turns", by_turns(h264(x264="sps-id=0"), h264(x264="sps-id=1"), 10),
                text="packetization-mode=1"),
        several("pps-h265", behind(H, "h265"), "h265", text=clips.fmtp_h265(H)),
        cam("none", ""),
        cam("empty", "packetization-mode=1;sprop-parameter-sets="),
        cam("half", f"packetization-mode=1;sprop-parameter-sets={b64(sps)},"),
        cam("start-codes", f"sprop-parameter-sets={b64(start + sps)},{b64(start + pps)}"),
        cam("nonsense", "sprop-parameter-sets=6XVy/w==,///="),
        cam("sdp-only", clips.fmtp_h264(U), without_sets(U)),
        cam("sdp-other", clips.fmtp_h264(other)),
        cam("h265-none", "", H, "h265"),
        cam("h265-only", clips.fmtp_h265(H), without_sets(H, "h265"), "h265"),
    ]


# ---------------------------------------------------------------- 14, 29: times

class Hours(Camera):
    """Every two seconds one picture is stamped hours before or behind its neighbours."""
    situation, units, expect = "14", U, live(pictures=45)
    away = -9800

    def times(self, n):
        at = n / self.fps
        return at, int((at + (self.away if n % 20 == 19 else 0)) * self.clock) + 3_000_000_000


class Step(Camera):
    """The camera's clock is set ten seconds back, and an hour ahead: RTP time follows."""
    situation, units, expect = "14", U, live(pictures=60, never=[*NEVER, "late"])

    def times(self, n):
        at = n / self.fps
        move = 0 if n < 20 else -10 if n < 40 else 3600
        return at, int((at + move) * self.clock) + 90_000


class Pace(Camera):
    """RTP time runs at another pace, stands, or wraps."""
    situation, units, expect = "14", U, live(pictures=60, never=[*NEVER, "late"])
    pace, first = 1.0, 0

    def times(self, n):
        at = n / self.fps
        return at, int(at * self.clock * self.pace) + self.first


class Clock(Camera):
    """A camera whose own clock is odd."""
    situation, units = "29", U
    begins = 0

    def now(self):
        return self.begins + (time.monotonic() - T0 if self.begins >= 0 else 0)


def times():
    made = [
        Hours("hours-back"), Hours("hours-ahead", away=37600),
        Step("clock-steps"),
        Pace("time-stands", pace=0.0),
        Pace("time-wraps", first=(1 << 32) - 90_000),
        Pace("time-fast", pace=1.25), Pace("time-slow", pace=0.8),
        Pace("time-milliseconds", pace=1 / 90),
        Pace("time-back", pace=-1.0),
    ]
    ntp_zero = Clock("ntp-0", begins=-2208988800, expect=live(clock="none", pictures=30))
    return made + [over("udp", made[0]), over("udp", made[3]), over("udp", made[4])] + [
        ntp_zero, over("udp", ntp_zero),
        Clock("year-1970", expect=live(pictures=30)),
        Clock("year-2038", begins=2147483640, expect=live(pictures=30)),
        Slow("one-in-3s", fps=1 / 3, expect=live(pictures=5, behind=1, late_after=3)),
        Slow("one-in-8s", fps=1 / 8, expect=live(pictures=4, behind=1, late_after=3)),
    ]


class Slow(Camera):
    """A picture every few seconds, each a key picture: that is its pace, and it is not late."""
    situation, units = "G", h264(fps=2, frames=20, gop=1)


# ---------------------------------------------------------------- 15: JPEG

def jpeg():
    four = ["-thread_type", "slice", "-threads", "4", "-slices", "4"]
    cam = dict(situation="15", codec="jpeg", fps=8)
    restart = jpegs(extra=four)
    return [
        Camera("jpeg-three-tables", units=J, jpeg_tables=3, expect=live(), **cam),
        Camera("jpeg-restart", units=restart, expect=live(), **cam),
        Camera("jpeg-restart-udp", units=restart, transport="udp", expect=live(), **cam),
        Camera("jpeg-1920", units=jpegs(size="1920x1080", frames=6), expect=live(pictures=4, behind=2),
               **{**cam, "fps": 2}),
        Camera("jpeg-2560", units=jpegs(size="2560x1440", frames=6),
               expect=either("reason-decode-failed", "reason-unsupported-codec", "reason-protocol-error"),
               **{**cam, "fps": 2}),
        Camera("jpeg-odd-size", units=jpegs(size="641x363"), expect=live(), **cam),
    ]


# ---------------------------------------------------------------- 18: marks, slices, packets

class EveryNal(Camera):
    """The mark stands on the last packet of every NAL unit."""

    def payloads(self, unit):
        self.cut = [packets.fragments(nal, self.codec, self.most) for nal in unit]
        return [part for parts in self.cut for part in parts]

    def marks(self, unit, payloads):
        return [at == len(parts) - 1 for parts in self.cut for at in range(len(parts))]


class NoMark(Camera):
    """The mark is never set."""

    def marks(self, unit, payloads):
        return [False] * len(payloads)


class EveryPacket(Camera):
    """The mark is always set."""

    def payloads(self, unit):
        return [p for nal in unit for p in packets.fragments(nal, self.codec, self.most)]

    def marks(self, unit, payloads):
        return [True] * len(payloads)


class Stap(Camera):
    """Parameter sets and SEI in one STAP-A, as many encoders do."""

    def payloads(self, unit):
        small = [nal for nal in unit if nal[0] & 31 in (6, 7, 8)]
        rest = [nal for nal in unit if nal not in small]
        return ([packets.stap(small)] if small else []) + super().payloads(rest)


class NoEnd(Camera):
    """Fragments without the end bit: the mark says where the unit ends."""

    def payloads(self, unit):
        out = []
        for nal in unit:
            parts = packets.fragments(nal, self.codec, self.most)
            if len(parts) > 1:
                last = bytearray(parts[-1])
                last[1 if self.codec == "h264" else 2] &= ~0x40
                parts[-1] = bytes(last)
            out += parts
        return out


class AnnexB(Camera):
    """Start codes before what is in the packets."""

    def payloads(self, unit):
        return [p for nal in unit for p in (
            packets.fragments(nal, self.codec) if len(nal) > 1200 else [b"\0\0\0\1" + nal])]


class InOne(Camera):
    """A whole picture with start codes in one run of fragments, as one NAL unit."""

    def payloads(self, unit):
        whole = unit[0] + b"".join(b"\0\0\0\1" + nal for nal in unit[1:])
        return packets.fragments(whole, self.codec)


def marks():
    made = []
    for codec, units in (("h264", h264(x264="slices=4")), ("h265", h265(x265="slices=3:ctu=16:min-cu-size=16"))):
        # Small packets, so that there are fragments in every unit.
        cam = dict(situation="18", units=units, codec=codec, most=200, expect=live(pictures=25))
        end = "" if codec == "h264" else "-h265"
        made += [
            EveryNal("mark-nal" + end, **cam), NoMark("mark-none" + end, **cam),
            EveryPacket("mark-all" + end, **cam), NoEnd("no-end" + end, **cam),
            AnnexB("annexb" + end, **cam), InOne("annexb-in-one" + end, **cam),
        ]
        if codec == "h264":
            made.append(Stap("stap", **cam))
    return made + [over("udp", camera) for camera in made
                   if camera.name in ("mark-nal", "mark-none", "mark-all", "mark-nal-h265")] \
        + [over("tls", made[0]), over("http", made[0])]


# ---------------------------------------------------------------- 24: kinds of pictures

def pictures():
    short = dict(fps=6, frames=12, gop=6)

    def cam(name, units, codec="h264", fps=6, **expect):
        return Camera("kind-" + name, situation="24", units=units, codec=codec, fps=fps,
                      expect=live(**{"colours": True, "pictures": 6, **expect}))

    return [
        cam("10bit", h264(pix="yuv420p10le", **short)),
        cam("422", h264(pix="yuv422p", **short)),
        cam("444", h264(pix="yuv444p", **short)),
        cam("full", h264(pix="yuvj420p", extra=["-color_range", "pc"], **short)),
        cam("grey", h264(pix="gray", **short), colours=False),
        cam("bframes", h264(x264="bframes=3:b-adapt=0:b-pyramid=normal", fps=6, frames=24, gop=12),
            behind=7),
        cam("fields", h264(x264="tff=1", extra=["-flags", "+ildct+ilme"], **short)),
        cam("704x576", h264(size="704x576", **short)),
        cam("354x290", h264(size="354x290", **short)),
        cam("2560x1920", h264(size="2560x1920", fps=3, frames=6, gop=3), fps=3, behind=2),
        cam("tall", h264(size="360x640", **short)),
        cam("16x16", h264(size="16x16", **short), whole="unread", colours=False, behind=0),
        cam("h265-10bit", h265(pix="yuv420p10le", **short), "h265"),
        cam("h265-422-10", h265(pix="yuv422p10le", **short), "h265"),
        cam("h265-bframes", h265(x265="bframes=3:b-adapt=0", fps=6, frames=24, gop=12), "h265",
            behind=7),
        cam("h265-4k", h265(size="3840x2160", fps=2, frames=4, gop=2), "h265", fps=2, behind=1,
            pictures=3),
    ]


# ---------------------------------------------------------------- 26: pictures held back

def held_back():
    slow = dict(fps=3, frames=60, gop=9)
    fast = dict(fps=10, frames=60, gop=20)

    def cam(name, units, fps, codec="h264"):
        return Camera("held-" + name, situation="26", units=units, codec=codec, fps=fps,
                      expect=live(behind=1 if fps == 3 else 3, pictures=12, never=[*NEVER, "late"]))

    bare = clips.bare_sps
    order0 = h264(x264="bframes=1:b-adapt=1:b-bias=-100", **slow)
    made = [
        cam("vui", h264(**slow), 3),
        cam("poc2", bare(h264(**slow)), 3),
        cam("poc0", bare(order0), 3),
        cam("baseline", bare(h264(profile="baseline", **slow)), 3),
        cam("intra", h264(fps=3, frames=60, gop=1), 3),
        cam("intra-bare", bare(h264(fps=3, frames=60, gop=1)), 3),
        cam("h265", h265(**slow), 3, "h265"),
        cam("h265-intra", h265(fps=3, frames=60, gop=1), 3, "h265"),
        cam("fast-bare", bare(h264(**fast)), 10),
    ]
    return made + [over("udp", made[1]), over("udp", made[2])]


def all_of_them():
    return (plain() + ssrcs() + key_pictures() + parameter_sets() + times() + jpeg() + marks()
            + pictures() + held_back())
