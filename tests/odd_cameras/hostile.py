"""Cameras (50 to 59) that no wall can show, or that want all its memory: refused, and bounded."""
import itertools
import struct
import time

import clips
from camera import Camera
from expect import down, either, live

U = clips.h264()
BLOCK = 65_536


class Endless(Camera):
    """An answer that never ends."""
    situation, units, expect = "50", U, down()
    begin, more = b"RTSP/1.0 200 OK\r\n", b"X-More: of this\r\n" * 4000
    most = 64 << 20         # then silence: whoever still listens has lost

    def handle(self, connection, request):
        connection.write(self.begin.replace(b"CSEQ", request.cseq.encode()))
        for _ in range(self.most // len(self.more)):
            connection.write(self.more)
        return None


class EndlessSdp(Endless):
    """A description that never ends."""

    def handle(self, connection, request):
        if request.method == "OPTIONS":
            return Camera.do_options(self, connection, request)
        return super().handle(connection, request)


class EndlessFragments(Camera):
    """A NAL unit that never ends."""
    situation, units, expect = "51", U, down()
    mark = False

    def send_unit(self, connection, n, timestamp):
        for at in range(200):
            head = b"\x7c\x85" if n == 0 and at == 0 else b"\x7c\x05"
            packet = self.packet(connection, 0, 0, head + b"\5" * 1200, self.mark, 0)
            self.send(connection, 0, [packet])


class Tiny(Camera):
    """Behind each picture thousands of tiny packets."""
    situation, units, expect = "51", U, either(pictures=1, whole="unread")

    def send_unit(self, connection, n, timestamp):
        super().send_unit(connection, n, timestamp)
        made = [self.packet(connection, n, 0, b"\x01\x9a", False, timestamp) for _ in range(4000)]
        self.send(connection, 0, made)


class Cut(Camera):
    """Hangs up in the middle of its answers, each time some bytes later; then it is well."""
    situation, units = "52", U
    step, cuts = 61, 26
    tries = 0
    expect = live(never=["refused"], plays=0, whole="in the end")
    reset = False

    def greet(self, connection):
        self.tries += 1
        connection.state["left"] = self.tries * self.step if self.tries <= self.cuts else None
        real = connection.write

        def write(data):
            left = connection.state["left"]
            if left is None:
                return real(data)
            real(data[:left])
            connection.state["left"] = max(0, left - len(data))
            if len(data) >= left:
                if self.reset:
                    connection.reset()
                else:
                    connection.close()
                raise OSError("cut")
            return None

        connection.write = write


class Large(Camera):
    """Something that is far too large."""
    situation, units = "53", U
    tracks = 0
    id = None

    def sdp(self):
        return super().sdp() + "".join(
            f"m=audio 0 RTP/AVP 8\r\na=control:t{at}\r\n" for at in range(self.tracks))

    def session_id(self, connection):
        return self.id or super().session_id(connection)


class Never(Camera):
    """Is silent from some point on."""
    situation, units, expect = "54", U, down()
    at = "OPTIONS"

    def handle(self, connection, request):
        if request.method == self.at:
            return None
        return super().handle(connection, request)


class Nothing(Camera):
    """Plays, and sends nothing but reports."""
    situation, units, expect = "54", U, down()

    def send_unit(self, connection, n, timestamp):
        self.send(connection, 1, [self.report(connection, n, timestamp)])


class Tls(Camera):
    """Ends in the middle of the TLS handshake, or does not speak it."""
    situation, units, expect = "55", U, down()
    transport = "tls"
    says = b"\x16\x03\x03\x01\x00"

    def talk(self, sock):
        try:
            sock.recv(BLOCK)
            sock.sendall(self.says)
            time.sleep(0.2)
        except OSError:
            pass
        sock.close()


class Words(Camera):
    """Offers nothing that can be shown."""
    situation, units, expect = "56", U, down()
    text = ""

    def sdp(self):
        return self.text


def all_of_them():
    audio = "v=0\r\nm=audio 0 RTP/AVP 8\r\na=control:1\r\n"
    other = "v=0\r\nm=video 0 RTP/AVP 99\r\na=rtpmap:99 AV1/90000\r\na=control:1\r\n"
    sdp = (b"RTSP/1.0 200 OK\r\nCSeq: CSEQ\r\nContent-Type: application/sdp\r\n"
           b"Content-Length: 999999999\r\n\r\nv=0\r\n")
    return [
        Endless("endless-head"),
        Endless("endless-line", more=b"x" * BLOCK),
        Endless("endless-nuls", begin=b"", more=b"\0" * BLOCK),
        Endless("endless-blank-lines", begin=b"", more=b"\r\n" * (BLOCK // 2)),
        Endless("endless-continue", begin=b"", more=b"RTSP/1.0 100 Continue\r\n\r\n" * 2000),
        EndlessSdp("endless-sdp", begin=sdp, more=b"a=x:yyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n" * 2000),
        EndlessFragments("endless-fragments"), EndlessFragments("endless-fragments-marked", mark=True),
        Tiny("tiny-packets"),
        Cut("cut-anywhere"), Cut("cut-anywhere-reset", reset=True),
        Large("tracks-10000", tracks=10_000, expect=either()),
        Large("session-64k", id="s" * BLOCK, expect=either()),
        Never("silent-at-options", expect=either()), Never("silent-at-describe", at="DESCRIBE"),
        Never("silent-at-setup", at="SETUP"), Nothing("silent-at-play"),
        Tls("tls-half"), Tls("tls-none", says=b"RTSP/1.0 400 Bad Request\r\n\r\n"),
        Words("no-video", text=audio, expect=down("reason-no-video")),
        Words("no-codec", text=other, expect=down("reason-unsupported-codec")),
        Words("no-words", text="v=0\r\n", expect=down("reason-no-video", "reason-protocol-error")),
    ]
