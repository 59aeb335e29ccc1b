"""Cameras (60 and on) built from what owners and makers of clients reported in public."""
import re
import socket
import struct
import time

import clips
import packets
from camera import Camera
from clips import h264, jpegs
from expect import down, either, live
from heads import Challenging, HangsUp
from logins import Basic, Digest
from talk import KEEPALIVES, Sdp

U = clips.h264()
H = clips.h265()


# ---------------------------------------------------------------- 60: what comes unasked

class Stray(Camera):
    """After each frame some bytes come again, without the frame's head."""
    situation, units, expect = "60", U, live(pictures=25)

    def send_unit(self, connection, n, timestamp):
        super().send_unit(connection, n, timestamp)
        connection.write(bytes([0x80, 0x60, n & 0x7F, 1, 2, 3, 0x41, 0x9A])[:3 + n % 5])


class DeadSession(Camera):
    """A session that died goes on in this connection: other channels, other SSRC, from the first."""
    situation, units, expect = "60", U, live(pictures=20)

    def old(self, connection, n):
        return b"".join(self.frame(channel, struct.pack(
            "!BBHII", 0x80, 0xE0, n & 0xFFFF, n * 9000, 0x0BAD0BAD) + b"\x41\x9a\1\2" * 40)
            for channel in (4, 5))

    def handle(self, connection, request):
        connection.write(self.old(connection, 7))
        return super().handle(connection, request)

    def before_unit(self, connection, n):
        connection.write(self.old(connection, n))


class Twice(Camera):
    """Every answer is sent twice."""
    situation, units, expect = "60", U, live()

    def handle(self, connection, request):
        answer = super().handle(connection, request)
        return answer and answer * 2


class OtherKind(Camera):
    """A packet of another kind with the same number comes before each packet."""
    situation, units, expect = "60", U, live(pictures=25)

    def packets_of(self, connection, n, timestamp):
        made = super().packets_of(connection, n, timestamp)
        return [p for one in made for p in (one[:1] + b"\x32" + one[2:12] + b"\1\2\3\4", one)]


class Bye(Camera):
    """Says BYE where its encoder begins anew, and goes on."""
    situation, units, expect = "60", U, live(pictures=30)

    def ssrc(self, n):
        return 0x100 + n // 10

    def before_unit(self, connection, n):
        if n % 10 == 0:
            self.send(connection, 1, [struct.pack("!BBHI", 0x81, 203, 1, self.ssrc(n - 1))])


class Sdes(Camera):
    """Reports that end without an end, that say too much, or come of strangers."""
    situation, units, expect = "60", U, live(pictures=25)

    def before_unit(self, connection, n):
        good = self.report(connection, n, n * 9000)
        self.send(connection, 1, [
            good + struct.pack("!BBHI", 0x81, 202, 3, 0x1234ABCD) + b"\1\6camera",
            good[:2] + b"\0\x40" + good[4:], b"\x80\xc9\0\1" + b"\0" * 4, b"\x80", b""][n % 5:n % 5 + 1])


def unasked():
    return [Stray("stray-bytes"), DeadSession("dead-session"), Twice("answers-twice"),
            OtherKind("other-kind-same-number"), Bye("bye-goes-on"), Bye("bye-goes-on-udp", transport="udp"),
            Sdes("rtcp-odd"), Sdes("rtcp-odd-udp", transport="udp")]


# ---------------------------------------------------------------- 61: what it wants to hear

class Wants(Camera):
    """Answers only who asks as it wants."""
    situation, units, expect = "61", U, live()
    test = None
    status = "400 Bad Request"

    def handle(self, connection, request):
        if not self.test(request):
            return self.answer(connection, request, self.status)
        return super().handle(connection, request)


class StrictDigest(Digest):
    """The address in the log-in has to be that of the request, to the letter."""

    def right(self, request, header):
        uri = re.search(r'uri="([^"]*)"', header)
        return bool(uri) and uri.group(1) == request.url and super().right(request, header)


class NotFoundFirst(Camera):
    """Asks for a log-in with 404."""
    situation, units, user, password = "61", U, "op", "secret"
    expect = live()

    def refused(self, connection, request):
        answer = super().refused(connection, request)
        return answer and answer.replace(b"401 Unauthorized", b"404 Not Found")


class KeepaliveInOrder(Wants):
    """Only keepalives with the session's name count; without one the session ends."""
    timeout, drop_without_keepalive = 4, True
    expect = live(streamed_s=11)

    def handle(self, connection, request):
        if connection.playing and request.headers.get("session") != self.session_id(connection):
            connection.last_heard = connection.state.get("heard", time.monotonic())
        else:
            connection.state["heard"] = time.monotonic()
        return super().handle(connection, request)


class OneShot(Camera):
    """A second DESCRIBE on one connection is refused."""
    situation, units, expect = "61", U, live()

    def do_describe(self, connection, request):
        if connection.state.get("described"):
            return self.answer(connection, request, "455 Method Not Valid in This State")
        connection.state["described"] = True
        return super().do_describe(connection, request)


class Lockout(Camera):
    """Another realm is named after a log-in that was wrong."""
    situation, units, user, password = "61", U, "op", "not this"
    expect = down("reason-wrong-password")

    def refused(self, connection, request):
        answer = super().refused(connection, request)
        if answer and request.headers.get("authorization"):
            answer = answer.replace(b'realm="camera"', b'realm="Please log in with a valid username"')
        return answer


def wants():
    digest = dict(user="op", password="secret")
    url = lambda request: "@" not in request.url and request.url.startswith("rtsp")
    return [
        Wants("wants-user-agent", test=lambda r: "user-agent" in r.headers, status="401 Unauthorized"),
        Wants("wants-no-mode", test=lambda r: "mode=" not in r.headers.get("transport", "")),
        Wants("wants-plain-url", test=url),
        Wants("wants-accept", test=lambda r: r.method != "DESCRIBE" or "application/sdp" in r.headers.get("accept", "")),
        Wants("wants-session", test=lambda r: r.method not in ("PLAY", "TEARDOWN") or "session" in r.headers),
        Wants("wants-plain-session", test=lambda r: ";" not in r.headers.get("session", ""), timeout=60),
        KeepaliveInOrder("wants-keepalive", test=lambda r: True),
        Camera("wants-uri", situation="61", units=U, auth=[StrictDigest("op", "secret")], expect=live(), **digest),
        Camera("wants-uri-query", situation="61", units=U, auth=[StrictDigest("op", "secret")],
               path="/cam/realmonitor?channel=1&subtype=0", expect=live(), **digest),
        NotFoundFirst("login-by-404", auth=[Digest("op", "secret")]),
        OneShot("one-describe", auth=None), Lockout("realm-changes", auth=[Digest("op", "secret")]),
        HangsUp("hangs-up-tls", situation="61", auth=[Digest("op", "secret")], transport="tls"),
    ]


# ---------------------------------------------------------------- 62: descriptions

def descriptions():
    camera = Camera(units=U)
    media, plain, fmtp = camera.media(), camera.sdp(), camera.fmtp()
    audio = "m=audio 0 RTP/AVP 8\r\na=rtpmap:0 pcma/8000/1\r\na=control:track2\r\n"
    texts = {
        "c-twice": plain.replace("c=IN IP4 0.0.0.0", "c=IN c=IN IP4 0.0.0.0"),
        "c-strange": plain + "c=SM SM spk0_trackID2\r\n",
        "ip-ip4": plain.replace("IN IP4", "IP IP4"),
        "o-glued": plain.replace("o=- 1 1", "o=-0 0"),
        "o-decimal": plain.replace("o=- 1 1", "o=- 1698210468.800125 0x1f"),
        "t-now": plain.replace("t=0 0", "t=now-"),
        "order": "t=0 0\r\ns=x\r\nv=0\r\n" + media,
        "b-odd": plain.replace("a=control:*", "b=RR:0\r\nb=TIAS:x\r\na=type:control:*\r\na=control:*"),
        "smart-track": plain + "m=application/VENDOR 0 RTP/AVP smart/1/90000\r\na=rtpmap:95 VENDOR/90000\r\n",
        "vana": plain + "m=vana\r\nm=meta 0 RTP/AVP 123\r\na=rtpmap:123 META /0\r\n",
        "fmtp-in-audio": plain.replace(f"a=fmtp:96 {fmtp}\r\n", "") + audio + f"a=fmtp:96 {fmtp}\r\n",
        "fmtp-blank": plain.replace("a=fmtp:96", "a=fmtp: 96"),
        "fmtp-empty": plain.replace(f"a=fmtp:96 {fmtp}", "a=fmtp:96"),
        "sendonly": plain + "a=sendonly\r\n",
        "no-last-end": plain.rstrip("\r\n"),
        "pt-35": plain.replace("96", "35"),
        "twice": plain + plain,
        "nul": plain + "\0",
        "level-wrong": re.sub("profile-level-id=[0-9a-f]*", "profile-level-id=64", plain),
        "sprop-zeros": plain.replace("sprop-parameter-sets=", "sprop-parameter-sets=AAAAAA==,"),
        "sprop-joined": re.sub("sprop-parameter-sets=[^;\r]*", "sprop-parameter-sets=" + clips.b64(
            b"".join(b"\0\0\0\1" + nal for nal in clips.sets(U)[:2])), plain),
        "sprop-swapped": re.sub("sprop-parameter-sets=([^,]*),([^;\r]*)", r"sprop-parameter-sets=\2,\1", plain),
        "mode-0": plain.replace("packetization-mode=1", "packetization-mode=0"),
        "framerate-comma": plain + "a=framerate:12,5\r\n",
        "back-channel": plain + "m=audio 0 RTP/AVP 116 115 0\r\na=rtpmap:116 MPEG4-GENERIC/64000\r\n"
                                "a=sendonly\r\na=control:back\r\n",
    }
    return [Sdp("described-" + name, situation="62", units=U, pt=35 if name == "pt-35" else 96,
                text=lambda text=text: text) for name, text in texts.items()]


# ---------------------------------------------------------------- 63: transports and sessions

class Named(Camera):
    """The session has a name only later, or another later."""
    situation, units, expect = "63", U, live()
    first, then = None, "later"

    def answer(self, connection, request, status="200 OK", headers=(), body=b""):
        headers = [(name, value) for name, value in headers if name != "Session"]
        name = {"SETUP": self.first, "PLAY": self.then}.get(request.method)
        if name:
            headers.append(("Session", name))
        return super().answer(connection, request, status, headers, body)


class HangsUpControl(Camera):
    """Over UDP: the connection is closed behind PLAY, and the packets go on."""
    situation, units, expect = "63", U, either()
    transport = "udp"

    def after(self, connection, request):
        if request.method == "PLAY":
            connection.state["played"] = True
            connection.sock.shutdown(socket.SHUT_RDWR)

    def left(self, connection):
        # The packets go on for a while, whatever became of the connection.
        time.sleep(12 if "played" in connection.state else 0)
        super().left(connection)


class Other(Camera):
    """UDP from ports that were not told, or with reports from elsewhere."""
    situation, units, expect = "63", U, live()
    transport = "udp"
    form = None

    def transport_of(self, connection, request):
        return self.form(super().transport_of(connection, request))


class OnlyTcp(Camera):
    """Grants no UDP."""
    situation, units, carries = "63", U, ("tcp",)
    transport = "udp"
    expect = either()


class OnlyUdp(Camera):
    """Grants nothing but UDP."""
    situation, units, carries, expect = "63", U, ("udp",), either()


def transports():
    return [
        Named("session-in-play-only"), Named("session-changes", first="1234", then="5678"),
        HangsUpControl("udp-control-closes"),
        Other("udp-single-port", form=lambda t: re.sub(r"server_port=.*", "server_port=8052", t)),
        Other("udp-far-ports", form=lambda t: re.sub(r"server_port=.*", "server_port=47487-52573", t)),
        Other("udp-client-port-lost", form=lambda t: re.sub(r"client_port=[0-9-]+;", "", t)),
        Other("udp-source-name", form=lambda t: t + ";source=camera.local;ttl=1"),
        OnlyTcp("only-tcp"), OnlyUdp("only-udp"),
    ]


# ---------------------------------------------------------------- 64: pictures

class SetsApart(Camera):
    """Parameter sets come with marks of their own, and with the time of the picture before."""
    situation, units, most, expect = "64", h264(x264="slices=4"), 300, live(pictures=25)
    marked = (7, 8, 6)
    kinds = (7, 8, 6)

    def packets_of(self, connection, n, timestamp):
        before = self.times(n - 1)[1] if n else timestamp
        out = []
        unit = self.unit(n)
        for number, nal in enumerate(unit):
            kind = clips.kind_of(nal, self.codec)
            parts = packets.fragments(nal, self.codec, self.most)
            for at, part in enumerate(parts):
                last = at == len(parts) - 1
                mark = last and (kind in self.marked or number == len(unit) - 1)
                out.append(self.packet(connection, n, at, part, mark,
                                       before if kind in self.kinds else timestamp))
        return out


class Joined(Camera):
    """Parameter sets and the picture in one unit with start codes, cut in the middle of them."""
    situation, units, expect = "64", U, live(pictures=20)
    code = b"\0\0\1"
    first = b""

    def payloads(self, unit):
        whole = self.first + unit[0] + b"".join(self.code + nal for nal in unit[1:])
        cut = len(self.first) + len(unit[0]) + 2
        return packets.fragments(whole, self.codec, most=cut if len(unit) > 1 else self.most)


class FragmentKinds(Camera):
    """Later fragments name another kind, or have reserved bits."""
    situation, units, most, expect = "64", h264(x264="slices=4"), 200, live(pictures=20)
    change = 0x20

    def payloads(self, unit):
        out = []
        for one in super().payloads(unit):
            if one[0] & 31 == 28 and not one[1] & 0x80:
                one = bytes([one[0] & 0x9F, one[1] & 0xC0 | self.change]) + one[2:]
            out.append(one)
        return out


class BigJpeg(Camera):
    """JPEG wider than its header can say, in the ways that were seen."""
    situation, codec, fps = "64", "jpeg", 2
    units = jpegs(size="2560x1440", frames=6)
    expect = either("reason-decode-failed", "reason-unsupported-codec", "reason-protocol-error",
                    "reason-not-shown")
    words = ""

    def media(self):
        return super().media().replace("a=control", self.words + "a=control")


class Overflow(BigJpeg):
    """The byte for the width runs over: 2560 is said to be 512."""

    def payloads(self, unit):
        return [one[:6] + bytes([320 & 0xFF]) + one[7:] for one in super().payloads(unit)]


def pictures():
    return [
        SetsApart("sets-apart"), SetsApart("sets-marked", kinds=()),
        SetsApart("sets-marked-sps-only", marked=(7,)),
        SetsApart("sets-apart-h265", codec="h265", units=H, marked=(32, 33, 34, 39), kinds=(32, 33, 34, 39)),
        Joined("joined"), Joined("joined-first", first=b"\0\0\0\1", code=b"\0\0\0\1"),
        FragmentKinds("fragment-reserved"), FragmentKinds("fragment-other-kind", change=0x07),
        BigJpeg("jpeg-2560-dimensions", words="a=x-dimensions:2560,1440\r\n"),
        BigJpeg("jpeg-2560-framesize", words="a=framesize:26 2560-1440\r\n"),
        Overflow("jpeg-2560-overflow"),
    ]


def all_of_them():
    return unasked() + wants() + descriptions() + transports() + pictures()
