"""Brothers of the odd cameras (30 to 39): odd packets, interleaving, tracks, streams, JPEG."""
import struct

import clips
import packets
from camera import Camera
from clips import h264, h265, jpegs
from expect import either, live

U = h264()
H = h265()
J = jpegs()
S = h264(x264="slices=4")


# ---------------------------------------------------------------- 30: RTP headers

class Repacked(Camera):
    """Every packet is made over; `form` is given the packet and its number."""
    situation, units, expect = "30", U, live(pictures=20)
    form = None
    count = 0

    def packet(self, *parts):
        self.count += 1
        return self.form(super().packet(*parts), self.count)


class Among(Camera):
    """Something else is sent before every unit."""
    situation, units, expect = "30", U, live(pictures=20)
    form = None

    def before_unit(self, connection, n):
        for one in self.form(connection, n):
            self.send(connection, 0, [one])


def extended(profile, body):
    def form(packet, count):
        return (bytes([packet[0] | 0x10]) + packet[1:12]
                + struct.pack("!HH", profile, len(body) // 4) + body + packet[12:])
    return form


def padded(tail):
    return lambda packet, count: bytes([packet[0] | 0x20]) + packet[1:] + tail


def headers():
    forms = {
        "csrc": lambda p, n: bytes([p[0] | 2]) + p[1:12] + b"\0\0\0\1\0\0\0\2" + p[12:],
        "extension": extended(0xBEDE, b"\x10\xff\0\0"),
        "extension-empty": extended(0xBEDE, b""),
        "extension-replay": extended(0xABAC, b"\xe0" * 12),
        "extension-long": extended(0x1234, b"\1" * 400),
        "extension-on-some": lambda p, n: extended(0xABAC, b"\0" * 12)(p, n) if n % 3 == 0 else p,
        "padding": padded(b"\0\0\0\4"),
        "padding-long": padded(b"\0" * 199 + b"\xc8"),
        "padding-zero": padded(b"\0"),
        "padding-said-of-none": lambda p, n: bytes([p[0] | 0x20]) + p[1:],
        "other-pt": lambda p, n: p[:1] + bytes([p[1] & 0x80 | 97]) + p[2:],
        "pt-changes": lambda p, n: p[:1] + bytes([p[1] & 0x80 | (96 if n < 60 else 98)]) + p[2:],
        "version-0": lambda p, n: bytes([p[0] & 0x3F]) + p[1:],
    }
    lies = {"padding-said-of-none": "in the end", "padding-zero": "in the end"}
    made = [Repacked("rtp-" + name, form=form, expect=live(
        pictures=20, whole=lies.get(name, "always"))) for name, form in forms.items()]
    for camera in made:
        if camera.name in ("rtp-version-0", "rtp-padding-said-of-none", "rtp-padding-zero",
                           "rtp-other-pt"):
            camera.expect = either(whole="in the end")
    junk = {
        "short": lambda c, n: [b"\x80\x60", b"\x80", b"\x80\xe0\0\1\0\0\0\0\0\0"],
        "garbage": lambda c, n: [bytes((n * 37 + at * at) & 0xFF for at in range(60))],
        "empty-payload": lambda c, n: [struct.pack("!BBHII", 0x80, 96, 0, 0, 0x1234ABCD)]
            if n == 0 else [],
        "rtcp-inside": lambda c, n: [struct.pack("!BBHIIIIII", 0x80, 200, 6, 0x1234ABCD, 0, 0, 0, n, n)],
        "stun": lambda c, n: [b"\0\1\0\0\x21\x12\xa4\x42" + b"\7" * 12],
    }
    made += [Among("among-" + name, form=form) for name, form in junk.items()]
    return made + [Repacked("rtp-extension-udp", form=forms["extension"], transport="udp"),
                   Among("among-rtcp-udp", form=junk["rtcp-inside"], transport="udp"),
                   Among("among-garbage-udp", form=junk["garbage"], transport="udp")]


# ---------------------------------------------------------------- 31: interleaving

class Between(Camera):
    """Something stands between the interleaved frames."""
    situation, units, expect = "31", U, live(pictures=25)
    what = b""

    def before_unit(self, connection, n):
        if n % 3 == 1:
            connection.write(self.what)


class Swapped(Camera):
    """RTP comes where RTCP should, and the other way round."""
    situation, units, expect = "31", U, either()

    def send(self, connection, which, data):
        super().send(connection, 1 - which, data)


class Lying(Camera):
    """Now and then the length before a frame is not the frame's."""
    situation, units = "31", U
    by, every = 0, 40
    frames = 0
    expect = live(whole="in the end", pictures=30)

    def frame(self, channel, data):
        self.frames += 1
        told = len(data) + (self.by if self.frames % self.every == 0 else 0)
        return b"$" + bytes([channel]) + struct.pack("!H", max(told, 0)) + data


def interleaving():
    return [
        Between("between-line-ends", what=b"\r\n"),
        Between("between-nuls", what=b"\0\0\0\0"),
        Between("between-text", what=b"hello\r\n"),
        Between("between-answers", what=b"RTSP/1.0 200 OK\r\nCSeq: 9999\r\n\r\n"),
        Between("between-errors", what=b"RTSP/1.0 500 Internal Server Error\r\nCSeq: 0\r\n\r\n"),
        Between("between-http", what=b"HTTP/1.1 200 OK\r\n\r\n"),
        Between("between-half-answer", what=b"RTSP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        Swapped("swapped-channels"),
        Lying("length-too-small", by=-30), Lying("length-too-large", by=200),
    ]


# ---------------------------------------------------------------- 32: fragments and aggregates

class Recut(Camera):
    """Payloads are made over; `form` is given those of a unit and the unit's number."""
    situation, units, most = "32", S, 200
    form = None
    count = 0
    expect = live(pictures=20)

    def payloads(self, unit):
        self.count += 1
        return self.form(super().payloads(unit), self.count)


class Lossy(Camera):
    """Packets are missing, now and then: what is torn by that is not good."""
    situation, units, most = "32", S, 150
    expect = live(whole="unread", pictures=40, behind=0, looks=["picture-disturbed"])
    every = 37
    gap = True      # the numbers tell it

    def packets_of(self, connection, n, timestamp):
        made = super().packets_of(connection, n, timestamp)
        kept = []
        for packet in made:
            connection.state["sent"] = connection.state.get("sent", 0) + 1
            if connection.state["sent"] % self.every:
                kept.append(packet)
            elif not self.gap:
                connection.sequence -= 1
        return kept


def nested(payloads, count):
    """Fragments in fragments: a kind that may not be."""
    return [struct.pack("BB", 0x7C, 0x80 | 28) + b"\1\2\3", *payloads]


def with_aggregate(body):
    return lambda payloads, count: [body, *payloads]


def h265_aggregates(unit):
    """Small H.265 NAL units of a picture in one packet."""
    small = [nal for nal in unit if len(nal) < 150]
    rest = [nal for nal in unit if len(nal) >= 150]
    if len(small) < 2:
        return unit, []
    return rest, [b"\x60\x01" + b"".join(struct.pack("!H", len(nal)) + nal for nal in small)]


class Aggregated(Camera):
    """H.265 parameter sets in one packet."""
    situation, units, codec, expect = "32", H, "h265", live(pictures=20)

    def payloads(self, unit):
        rest, first = h265_aggregates(unit)
        return first + super().payloads(rest)


class Donl(Camera):
    """H.265 with decoding order numbers, as sprop-max-don-diff says."""
    situation, units, codec, expect = "32", H, "h265", either()
    don = 0

    def fmtp(self):
        return super().fmtp() + ";sprop-max-don-diff=1"

    def payloads(self, unit):
        out = []
        for nal in unit:
            self.don = (self.don + 1) & 0xFFFF
            number = struct.pack("!H", self.don)
            for part in packets.fragments(nal, "h265"):
                at = 3 if (part[0] >> 1) & 63 == 49 else 2
                first = at == 2 or part[2] & 0x80
                out.append(part[:at] + (number if first else b"") + part[at:])
        return out


def fragments():
    forms = {
        "nested": nested,
        "fu-empty": lambda ps, n: [p for one in ps for p in (
            [bytes([one[0], one[1] & 0x3F]), one]
            if one[0] & 31 == 28 and not one[1] & 0x80 else [one])],
        "fu-alone": lambda ps, n: [
            bytes([one[0] & 0xE0 | 28, 0xC0 | one[0] & 31]) + one[1:]
            if one[0] & 31 in (1, 5) else one for one in ps],
        "fu-b": lambda ps, n: [b"\x7d\x81\0\1" + b"\2" * 20, *ps],
        "stap-empty": with_aggregate(b"\x78"),
        "stap-zero": with_aggregate(b"\x78\0\0\0\0"),
        "stap-overlong": with_aggregate(b"\x78\0\4\x06\5\1\x80\xff\xff\x06"),
        "stap-half-length": with_aggregate(b"\x78\0"),
        "stap-b": with_aggregate(b"\x79\0\1\0\4\x06\5\1\x80"),
        "mtap": with_aggregate(b"\x7a\0\1\0\7\0\0\0\x06\5\1\x80"),
        "kind-0": with_aggregate(b"\0\0\0"),
        "kind-31": with_aggregate(b"\x7f\1\2\3"),
        "forbidden-bit": with_aggregate(b"\x86\5\1\x80"),
        "filler": with_aggregate(b"\x0c\xff\xff\xff\xff\x80"),
        "end-of-sequence": lambda ps, n: [*ps, b"\x0a"] if n % 10 == 9 else ps,
        "delimiter": with_aggregate(b"\x09\xf0"),
        "sei-behind": lambda ps, n: [*ps, b"\x06\5\1\x01\x80"],
        "trailing-zeros": lambda ps, n: [p if p[0] & 31 == 28 else p + b"\0\0\0" for p in ps],
    }
    return [Recut("cut-" + name, form=form) for name, form in forms.items()] + [
        Aggregated("aggregated-h265"), Donl("donl-h265"),
        Lossy("loss-told"), Lossy("loss-untold", gap=False),
        Lossy("loss-told-udp", transport="udp"),
        Lossy("loss-h265", codec="h265", units=h265(x265="slices=3:ctu=16:min-cu-size=16")),
        # A JPEG picture that lacks something is left out: each is whole by itself.
        Lossy("loss-jpeg", codec="jpeg", units=J, most=900, fps=8, expect=live(pictures=30)),
    ]


# ---------------------------------------------------------------- 33: numbers and order

class Numbers(Camera):
    """Sequence numbers that do not count up by one."""
    situation, units, expect = "33", U, live(pictures=25)
    form = None

    def packet(self, connection, *parts):
        real = connection.sequence
        connection.sequence = self.form(real)
        made = super().packet(connection, *parts)
        connection.sequence = real + 1
        return made


class Order(Camera):
    """Packets of a unit come in another order, or twice."""
    situation, units, most, expect = "33", S, 200, live(pictures=25)
    transport = "udp"
    form = None

    def packets_of(self, connection, n, timestamp):
        return self.form(super().packets_of(connection, n, timestamp))


def by_pairs(made):
    for at in range(0, len(made) - 1, 2):
        made[at], made[at + 1] = made[at + 1], made[at]
    return made


def order():
    return [
        Numbers("sequence-wraps", form=lambda real: real + 65_400),
        Numbers("sequence-stands", form=lambda real: 7),
        Numbers("sequence-jumps", form=lambda real: real + real // 40 * 1000),
        Numbers("sequence-restarts", form=lambda real: real % 50),
        Numbers("sequence-by-two", form=lambda real: real * 2, expect=either()),
        Order("order-pairs-udp", form=by_pairs),
        Order("order-backwards-udp", form=lambda made: made[::-1]),
        Order("twice-udp", form=lambda made: [p for one in made for p in (one, one)]),
        Order("twice", form=lambda made: [p for one in made for p in (one, one)], transport="tcp"),
        Order("all-twice-udp", form=lambda made: made + made),
    ]


# ---------------------------------------------------------------- 34, 35: tracks and their words

class Tracks(Camera):
    """Several tracks; packets of those that nobody set up come along."""
    situation, units, expect = "34", U, live(pictures=20)
    first, last = "", ""
    strangers = ()          # channels of what nobody asked for

    def sdp(self):
        head, _, media = super().sdp().partition("m=")
        return head + self.first + "m=" + media + self.last

    def before_unit(self, connection, n):
        for channel in self.strangers:
            connection.write(self.frame(channel, struct.pack(
                "!BBHII", 0x80, 8, n & 0xFFFF, n * 800, 0x55) + b"\xd5" * 160))


class Words(Camera):
    """Other words for the same track."""
    situation, units, expect = "35", U, live()
    form = None

    def media(self):
        return self.form(super().media())


AUDIO = "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track2\r\n"
META = "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\na=control:meta\r\n"


def tracks():
    other = h264(size="160x96", frames=10)
    second = (f"m=video 0 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=fmtp:97 {clips.fmtp_h264(other)}\r\n"
              "a=control:trackID=2\r\n")
    unknown = "m=video 0 RTP/AVP 98\r\na=rtpmap:98 VND.SECRET/90000\r\na=control:trackID=9\r\n"
    plain = Camera(units=U)
    fmtp = plain.fmtp()

    def words(name, form, expect=None, **more):
        return Words("words-" + name, form=form, expect=expect or live(), **more)

    def swap(old, new):
        return lambda media: media.replace(old, new)

    return [
        Tracks("tracks-audio-first", first=AUDIO), Tracks("tracks-audio-comes", last=AUDIO, strangers=(2, 4)),
        Tracks("tracks-meta-first", first=META, strangers=(2,)),
        Tracks("tracks-two-videos", last=second), Tracks("tracks-unknown-first", first=unknown),
        Tracks("tracks-audio-many", first=AUDIO * 15),
        Tracks("tracks-audio-hundreds", first=AUDIO * 300, expect=either()),
        words("lower", swap("H264", "h264")),
        words("three-parts", swap("H264/90000", "H264/90000/1")),
        words("no-clock", swap("H264/90000", "H264")),
        words("clock-0", swap("H264/90000", "H264/0")),
        words("clock-1000", swap("H264/90000", "H264/1000")),
        words("no-rtpmap", swap("a=rtpmap:96 H264/90000\r\n", "")),
        words("rtpmap-blanks", swap("a=rtpmap:96 H264/90000", "a=rtpmap: 96  H264/90000 ")),
        words("rtpmap-other-pt", swap("a=rtpmap:96", "a=rtpmap:97")),
        words("fmtp-other-pt", swap("a=fmtp:96", "a=fmtp:97")),
        words("fmtp-capitals", swap(fmtp, fmtp.replace("sprop", "SPROP").replace("packet", "Packet"))),
        words("fmtp-blanks", swap(fmtp, fmtp.replace(";", " ; ").replace("=", " = ", 1) + ";")),
        words("formats-many", swap("RTP/AVP 96", "RTP/AVP 96 97 98")),
        words("port", swap("m=video 0", "m=video 5000/2")),
        words("profile-savp", swap("RTP/AVP 96", "RTP/AVPF 96")),
        words("profile-tcp", swap("RTP/AVP 96", "TCP/RTP/AVP 96")),
        words("no-control", swap("a=control:trackID=1\r\n", "")),
        words("control-star", swap("a=control:trackID=1", "a=control:*")),
        words("control-empty", swap("a=control:trackID=1", "a=control:")),
        words("control-blank", swap("a=control:trackID=1", "a=control: trackID=1")),
        words("control-capitals", swap("a=control:trackID=1", "a=Control:trackID=1")),
        words("inactive", swap("a=control", "a=inactive\r\na=control")),
        words("media-capitals", swap("m=video", "m=VIDEO")),
        words("hevc", swap("H265", "HEVC"), units=H, codec="h265"),
        words("rate-words", swap("a=control", "a=framerate:\r\na=x-dimensions:0,0\r\na=control")),
        words("long-line", swap("a=control", "a=x:" + "y" * 20_000 + "\r\na=control")),
    ]


# ---------------------------------------------------------------- 36: streams that change

class OwnTimes(Camera):
    """Each NAL unit has an RTP time of its own, or parameter sets do."""
    situation, units, expect = "36", S, live(pictures=20)
    sets_only = False

    def packets_of(self, connection, n, timestamp):
        out = []
        unit = self.unit(n)
        for number, nal in enumerate(unit):
            own = number if not self.sets_only or nal[0] & 31 in (6, 7, 8) else len(unit)
            parts = self.payloads([nal])
            for at, part in enumerate(parts):
                mark = at == len(parts) - 1 and (self.sets_only or number == len(unit) - 1)
                out.append(self.packet(connection, n, at, part, mark, timestamp + own))
        return out


def streams():
    large = h264(size="640x384")
    half = [unit for start in range(0, 40, 10)
            for unit in (U if start % 20 == 0 else large)[start:start + 10]]
    sets_each = [clips.sets(U) + clips.without_sets([unit])[0] for unit in U]
    return [
        Camera("size-changes", situation="36", units=half, expect=live(pictures=35)),
        Camera("sets-before-each", situation="36", units=sets_each, expect=live(pictures=20)),
        Camera("no-sei", situation="36", units=clips.without(U, (6,)), expect=live()),
        OwnTimes("times-of-sets", sets_only=True), OwnTimes("times-of-slices"),
    ]


# ---------------------------------------------------------------- 37: JPEG

class Jpeg(Camera):
    """JPEG whose header says less, or otherwise."""
    situation, units, codec, fps, expect = "37", J, "jpeg", 8, live(pictures=20)
    words = {}
    first_only = False
    count = 0

    def payloads(self, unit):
        self.count += 1
        return packets.jpeg_payloads(
            unit, with_tables=not self.first_only or self.count == 1, **self.words)


def jpeg():
    restart = jpegs(extra=["-thread_type", "slice", "-threads", "4", "-slices", "4"])
    # The tables that quality 50 stands for are not those of these pictures: whole, in other tones.
    return [
        Jpeg("jpeg-tables-once", first_only=True),
        Jpeg("jpeg-quality-128", words={"quality": 128}),
        Jpeg("jpeg-quality-50", words={"quality": 50}, expect=live(pictures=10, whole="unread", behind=0)),
        Jpeg("jpeg-quality-0", words={"quality": 0}, expect=either(whole="unread")),
        Jpeg("jpeg-restart-0", units=restart, words={"restart": 0}, expect=either()),
        Jpeg("jpeg-one-table", words={"num_tables": 1}),
        Words("jpeg-rtpmap", situation="37", units=J, codec="jpeg", fps=8,
              form=lambda m: m.replace("a=control", "a=rtpmap:26 JPEG/90000\r\na=control")),
    ]


def all_of_them():
    return headers() + interleaving() + fragments() + order() + tracks() + streams() + jpeg()
