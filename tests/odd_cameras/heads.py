"""Brothers of the odd cameras (40 and on): odd heads, bodies, sessions, transports, challenges."""
import re
import threading
import time

import clips
from camera import Camera
from expect import either, live
from logins import Basic, Digest
from talk import KEEPALIVES

U = clips.h264()


class Altered(Camera):
    """Answers as a plain camera does, and then the bytes are altered."""
    situation, units, expect = "40", U, live()
    alter = None
    at = None               # only answers to this method, where it is set

    def handle(self, connection, request):
        answer = super().handle(connection, request)
        if answer and (self.at is None or request.method == self.at):
            head, _, body = answer.partition(b"\r\n\r\n")
            return self.alter(head, body)
        return answer


def joined(head, body):
    return head + b"\r\n\r\n" + body


# ---------------------------------------------------------------- 40: heads

def folded(head, body):
    lines = head.split(b"\r\n")
    lines.insert(1, b"X-Note: a line\r\n that goes on\r\n\tand on")
    return joined(b"\r\n".join(lines), body)


def heads():
    first = rb"^RTSP/1.0 (\d+) ([^\r]*)"

    def status(form):
        return lambda head, body: joined(re.sub(first, form, head), body)

    def more(line):
        return lambda head, body: joined(head + b"\r\n" + line, body)

    forms = {
        "lf-only": lambda head, body: joined(head, body).replace(b"\r\n", b"\n", head.count(b"\r\n") + 2),
        "lf-body-too": lambda head, body: head.replace(b"\r\n", b"\n") + b"\n\n" + body,
        "folded": folded,
        "no-blank": lambda head, body: joined(head.replace(b": ", b":"), body),
        "blank-before-colon": lambda head, body: joined(head.replace(b": ", b" : "), body),
        "many-blanks": lambda head, body: joined(head.replace(b": ", b":    "), body),
        "tab": lambda head, body: joined(head.replace(b": ", b":\t"), body),
        "trailing-blanks": lambda head, body: joined(head.replace(b"\r\n", b"  \r\n"), body),
        "lower-status": status(rb"rtsp/1.0 \1 ok"),
        "double-blanks": status(rb"RTSP/1.0  \1  \2"),
        "no-phrase": status(rb"RTSP/1.0 \1"),
        "blank-phrase": status(rb"RTSP/1.0 \1 "),
        "version-2": status(rb"RTSP/2.0 \1 \2"),
        "version-1-1": status(rb"RTSP/1.1 \1 \2"),
        "latin-phrase": status("RTSP/1.0 \\1 Accept\xe9".encode("latin-1")),
        "lower-names": lambda head, body: joined(
            re.sub(rb"(?m)^([A-Za-z-]+):", lambda m: m.group(0).lower(), head), body),
        "upper-names": lambda head, body: joined(
            re.sub(rb"(?m)^([A-Za-z-]+):", lambda m: m.group(0).upper(), head), body),
        "empty-lines-before": lambda head, body: b"\r\n\r\n" + joined(head, body),
        "empty-line-behind": lambda head, body: joined(head, body) + b"\r\n",
        "continue-first": lambda head, body: joined(
            re.sub(rb"^RTSP/1.0 .*?\r\n", b"RTSP/1.0 100 Continue\r\n", head).split(b"Content-")[0].rstrip(),
            b"") + joined(head, body),
        "no-colon": more(b"this line has none"),
        "empty-name": more(b": of nothing"),
        "bytes-of-8": more("X-Name: \u041a\u0430\u043c\u0435\u0440\u0430".encode("cp1251")),
        "nul": more(b"X-Name: a\0b"),
        "long-header": more(b"X-Long: " + b"x" * 6000),
        "many-headers": more(b"\r\n".join(b"X-%d: y" % at for at in range(120))),
        "twice": lambda head, body: joined(head + b"\r\n" + head.split(b"\r\n", 1)[1], body),
    }
    return [Altered("head-" + name, alter=alter) for name, alter in forms.items()]


# ---------------------------------------------------------------- 41: bodies

def bodies():
    def length(change):
        def alter(head, body):
            return joined(re.sub(rb"Content-Length: (\d+)", change, head), body)
        return alter

    def set_to(more):
        return length(lambda m: b"Content-Length: %d" % (int(m.group(1)) + more))

    forms = {
        "nuls": lambda head, body: set_to(3)(head, body + b"\0\0\0"),
        "short-by-2": set_to(-2),
        "lower-length": length(rb"content-length:\1"),
        "length-twice": length(rb"Content-Length: \1\r\nContent-Length: \1"),
        "length-padded": length(rb"Content-Length: 00\1 "),
        "no-last-line-end": lambda head, body: set_to(-2)(head, body[:-2]),
        "no-type": lambda head, body: joined(re.sub(rb"Content-Type: .*?\r\n", b"", head), body),
        "plain-type": lambda head, body: joined(head.replace(b"application/sdp", b"text/plain"), body),
        "bom": lambda head, body: set_to(3)(head, b"\xef\xbb\xbf" + body),
        "lf-sdp": lambda head, body: joined(re.sub(
            rb"Content-Length: \d+", b"Content-Length: %d" % len(body.replace(b"\r", b"")), head),
            body.replace(b"\r", b"")),
        "cr-sdp": lambda head, body: joined(re.sub(
            rb"Content-Length: \d+", b"Content-Length: %d" % len(body.replace(b"\n", b"")), head),
            body.replace(b"\n", b"")),
    }
    made = [Altered("body-" + name, situation="41", at="DESCRIBE", alter=alter)
            for name, alter in forms.items()]
    lies = {
        "length-missing": lambda head, body: joined(re.sub(rb"\r\nContent-Length: \d+", b"", head), body),
        "length-too-large": set_to(40),
        "length-negative": length(rb"Content-Length: -\1"),
        "length-words": length(rb"Content-Length: many"),
        "length-huge": length(rb"Content-Length: 99999999999999999999"),
    }
    return made + [Altered("body-" + name, situation="41", at="DESCRIBE", alter=alter,
                           expect=either()) for name, alter in lies.items()]


# ---------------------------------------------------------------- 42: sessions

class Session(Camera):
    """Names its session oddly, and wants to hear the name as it was."""
    situation, units, expect = "42", U, live()
    form = "ID"
    in_play = "ID"
    id = "1A2b"

    def session(self, connection):
        return (self.form or "").replace("ID", self.id)

    def handle(self, connection, request):
        if request.method in ("PLAY", "TEARDOWN", *KEEPALIVES) and self.form and \
                request.headers.get("session", self.id) != self.id:
            return self.answer(connection, request, "454 Session Not Found")
        return super().handle(connection, request)

    def answer(self, connection, request, status="200 OK", headers=(), body=b""):
        headers = [(name, value) for name, value in headers if name != "Session"]
        form = {"SETUP": self.form, "PLAY": self.in_play}.get(request.method)
        if form and status.startswith("200"):
            headers.append(("Session", form.replace("ID", self.id)))
        return super().answer(connection, request, status, headers, body)


class Hasty(Session):
    """The session ends where nothing is heard for its time-out."""
    drop_without_keepalive = True
    expect = live(streamed_s=9)


def sessions():
    return [
        Session("session-odd-letters", id="$-_.+ab!*'()%41/=="),
        Session("session-blanks", form="  ID  ;  timeout = 60"),
        Session("session-timeout-0", form="ID;timeout=0"),
        Session("session-timeout-words", form="ID;timeout=sixty"),
        Session("session-timeout-negative", form="ID;timeout=-1"),
        Session("session-timeout-huge", form="ID;timeout=99999999999"),
        Session("session-trailing", form="ID;"),
        Session("session-not-in-play", in_play=None),
        Session("session-nowhere", form=None, in_play=None),
        Session("session-long", id="f" * 500),
        Session("session-other-in-play", in_play="other"),
        Hasty("session-timeout-3", form="ID;timeout=3", timeout=3),
        Hasty("session-timeout-blanks", form="ID ; timeout = 3", timeout=3),
        Hasty("session-timeout-capitals", form="ID;Timeout=3", timeout=3),
    ]


# ---------------------------------------------------------------- 43, 44: Transport, RTP-Info

class Transport(Camera):
    """Says something else of how its packets come."""
    situation, units, expect = "43", U, live()
    form = None
    sends_on = None

    def transport_of(self, connection, request):
        plain = super().transport_of(connection, request)
        if self.sends_on is not None:
            connection.channel = self.sends_on
        return self.form(plain) if self.form else plain

    def do_setup(self, connection, request):
        answer = super().do_setup(connection, request)
        return re.sub(rb"Transport: -\r\n", b"", answer)


class RtpInfo(Camera):
    """Says something else of its first packets."""
    situation, units, expect = "44", U, live()
    form = None

    def rtp_info(self, connection):
        return self.form.replace("URL", self.base(connection) + "trackID=1")


def transports():
    forms = {
        "lower": str.lower,
        "blanks": lambda t: t.replace(";", " ; "),
        "mode-quoted": lambda t: t + ';mode="PLAY"',
        "mode-bare": lambda t: t + ";mode=play",
        "ssrc-lower": lambda t: t + ";ssrc=1234abcd",
        "ssrc-short": lambda t: t + ";ssrc=CD",
        "ssrc-long": lambda t: t + ";ssrc=00000001234ABCD",
        "ssrc-words": lambda t: t + ";ssrc=none",
        "ssrc-blank": lambda t: t + ";ssrc= 1234ABCD",
        "destination": lambda t: t.replace("unicast", "unicast;destination=10.1.2.3;source=10.9.8.7"),
        "no-channels": lambda t: re.sub(";interleaved=[0-9-]+", "", t),
        "one-channel": lambda t: re.sub("-[0-9]+$", "", t),
        "no-unicast": lambda t: t.replace("unicast;", ""),
        "nothing": lambda t: "-",
        "empty": lambda t: "",
        "trailing": lambda t: t + ";",
        "udp-named": lambda t: t.replace("RTP/AVP/TCP", "RTP/AVP"),
    }
    udp = {
        "udp-no-server-port": lambda t: re.sub(";server_port=.*", "", t),
        "udp-one-port": lambda t: re.sub(r"(server_port=\d+)-\d+", r"\1", t),
        "udp-port-0": lambda t: re.sub("server_port=.*", "server_port=0-0", t),
        "udp-other-port": lambda t: re.sub("server_port=.*", "server_port=5000-5001", t),
        "udp-source": lambda t: t + ";source=192.168.1.64",
        "udp-ports-swapped": lambda t: re.sub(r"server_port=(\d+)-(\d+)", r"server_port=\2-\1", t),
        "udp-named-udp": lambda t: t.replace("RTP/AVP", "RTP/AVP/UDP"),
    }
    infos = {
        "wrong": "url=URL;seq=77;rtptime=12345",
        "negative": "url=URL;seq=-1;rtptime=-1",
        "huge": "url=URL;seq=99999999;rtptime=99999999999999",
        "other-url": "url=rtsp://10.0.0.1/x;seq=100;rtptime=0",
        "no-url": "seq=100;rtptime=0",
        "words": "none",
        "empty": "",
        "blanks": "url = URL ; seq = 100 ; rtptime = 0",
        "quoted": 'url="URL";seq="100";rtptime="0"',
        "many": ",".join(["url=URL;seq=1;rtptime=2"] * 200),
    }
    return ([Transport("transport-" + name, form=form) for name, form in forms.items()]
            + [Transport("transport-" + name, form=form, transport="udp")
               for name, form in udp.items()]
            + [Transport("transport-other-channels", sends_on=6,
                         form=lambda t: re.sub("interleaved=.*", "interleaved=6-7", t)),
               Transport("transport-untold-channels", sends_on=2, expect=either())]
            + [RtpInfo("rtp-info-" + name, form=form) for name, form in infos.items()])


# ---------------------------------------------------------------- 45, 46: order of things

class Refusing(Camera):
    """Knows no OPTIONS, or wants no word of it."""
    situation, units, expect = "45", U, live()
    status = "501 Not Implemented"

    def do_options(self, connection, request):
        return self.answer(connection, request, self.status)


class HangsUp(Camera):
    """Hangs up behind each 401; the log-in is for the next connection."""
    situation, units, expect = "45", U, live(never=["refused"])
    user, password = "op", "secret"

    def after(self, connection, request):
        if not request.headers.get("authorization") and request.method in self.need_auth:
            connection.close()


class SlowPlay(Camera):
    """Packets flow, and the answer to PLAY comes much later or never."""
    situation, units, expect = "46", U, live()
    after_s = None

    def do_play(self, connection, request):
        answer = super().do_play(connection, request)
        if self.after_s is not None:
            threading.Timer(self.after_s, self.say, [connection, answer]).start()
        return None

    def say(self, connection, answer):
        try:
            connection.write(answer)
        except OSError:
            pass


class SlowToBegin(Camera):
    """Needs some seconds until the first packet, as a camera that wakes up."""
    situation, units, expect = "46", U, live()

    def times(self, n):
        at, timestamp = super().times(n)
        return at + 4, timestamp


class Ends(Camera):
    """Ends each session after some seconds and takes the next."""
    situation, units, expect = "49", U, live(never=["refused"], plays=0, streamed_s=8, pictures=40)
    after_s = 3

    def before_unit(self, connection, n):
        if n / self.fps >= self.after_s:
            connection.close()


class Byte(Camera):
    """Every answer comes byte by byte."""
    situation, units, expect = "46", U, live()

    def after(self, connection, request):
        connection.state["slow"] = True

    def handle(self, connection, request):
        answer = super().handle(connection, request)
        for at in range(len(answer or b"") - 1):
            connection.write(answer[at:at + 1])
            time.sleep(0.0005)
        return answer and answer[-1:]


class Glued(Camera):
    """Packets, reports and an answer come in one piece, cut anywhere."""
    situation, units, expect = "46", U, live(pictures=20)

    def send(self, connection, which, data):
        held = connection.state.pop("held", b"")
        whole = held + b"".join(self.frame(connection.channel + which, one) for one in data)
        cut = len(whole) * 2 // 3
        connection.state["held"] = whole[cut:]
        connection.write(whole[:cut])


def order():
    return [
        Refusing("options-501"),
        Refusing("options-404", status="404 Not Found"),
        Refusing("options-400", status="400 Bad Request"),
        Camera("options-empty", situation="45", units=U, public="", expect=live()),
        HangsUp("hangs-up-digest", auth=[Digest("op", "secret")]),
        HangsUp("hangs-up-basic", auth=[Basic("op", "secret")]),
        SlowPlay("play-answered-late", after_s=3), SlowPlay("play-unanswered", expect=either()),
        SlowToBegin("slow-to-begin"), Byte("byte-by-byte"), Glued("glued"), Ends("ends-each-3s"),
    ]


# ---------------------------------------------------------------- 47: challenges

class Challenging(Camera):
    """Challenges in an odd form; `lines` come before the Digest that counts."""
    situation, units, user, password = "47", U, "op", "secret"
    before, behind = (), ()

    def refused(self, connection, request):
        answer = super().refused(connection, request)
        if answer is None:
            return None
        for line in self.before:
            answer = answer.replace(b"WWW-Authenticate", line + b"\r\nWWW-Authenticate", 1)
        for line in self.behind:
            answer = answer.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")
        return answer


class NewNonce(Challenging):
    """Every request is refused once, with a new nonce; only an answer to that one is right."""
    need_auth = ("DESCRIBE", "SETUP", "PLAY", *KEEPALIVES)
    timeout, drop_without_keepalive = 6, False

    def refused(self, connection, request):
        answer = super().refused(connection, request)
        if answer is None and request.method in self.need_auth:
            self.auth[0].nonces.clear()
        return answer


def challenges():
    def cam(name, text=None, cls=Challenging, before=(), behind=(), **digest):
        return cls("challenge-" + name, auth=[Digest("op", "secret", text=text, **digest)],
                   before=before, behind=behind, expect=live(basic="never"))

    return [
        cam("unquoted", "Digest realm=camera, nonce=NONCE"),
        cam("lower", 'digest realm="camera",nonce="NONCE"'),
        cam("upper", 'DIGEST REALM="camera", Nonce="NONCE"'),
        cam("blanks", 'Digest  realm = "camera" ,  nonce = "NONCE" ,algorithm = MD5'),
        cam("lower-md5", 'Digest realm="camera", nonce="NONCE", algorithm=md5'),
        cam("folded", 'Digest realm="camera",\r\n nonce="NONCE",\r\n\talgorithm="MD5"'),
        cam("trailing-comma", 'Digest realm="camera", nonce="NONCE",'),
        cam("semicolons", 'Digest realm="camera"; nonce="NONCE"'),
        cam("stale-at-first", 'Digest realm="camera", nonce="NONCE", stale="TRUE"'),
        cam("stale-false", 'Digest realm="camera", nonce="NONCE", stale="FALSE"'),
        cam("unknown-words", 'Digest realm="camera", vendor="a=b, c", nonce="NONCE", domain="/"'),
        cam("qop-two", qop="auth,auth-int", opaque="x"),
        cam("md5-sess", algorithm="MD5-sess", qop="auth"),
        cam("comma-realm", realm="Camera, 3rd floor=north"),
        cam("quote-realm", realm='say "hi"'),
        cam("empty-realm", realm=""),
        cam("cyrillic-realm", realm="Камера"),
        cam("unknown-first", before=[b'WWW-Authenticate: Digest realm="camera", nonce="1", '
                                     b'algorithm=SHA-512-256']),
        cam("ntlm-first", before=[b"WWW-Authenticate: NTLM"]),
        cam("twice", behind=[b'WWW-Authenticate: Basic realm="camera"']),
        cam("new-nonce-each", cls=NewNonce),
    ]


def all_of_them():
    return heads() + bodies() + sessions() + transports() + order() + challenges()
