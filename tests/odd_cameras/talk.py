"""Cameras that talk oddly: keepalives, log-ins, heads, descriptions, addresses, refusals."""
import re
import time

import clips
from camera import Camera
from expect import down, live
from logins import Basic, Digest

U = clips.h264()
KEEPALIVES = ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER")


# ---------------------------------------------------------------- 01, 02: keepalives

class Cheap(Camera):
    """Says it can do something, refuses it, and then names the request before it."""
    situation, units, timeout = "01", U, 6
    wrong = ("SET_PARAMETER",)
    status = "400 Bad Request"
    expect = live(streamed_s=15)

    def cseq_of(self, connection, request):
        if request.method in self.wrong and connection.playing:
            return str(int(request.cseq) - 1)
        return request.cseq

    def handle(self, connection, request):
        if request.method in self.wrong and connection.playing:
            return self.answer(connection, request, self.status)
        return super().handle(connection, request)


class Mute(Camera):
    """Never answers while it plays."""
    situation, units, timeout = "02", U, 6
    expect = live(streamed_s=25)

    def handle(self, connection, request):
        if connection.playing and request.method in KEEPALIVES:
            return None
        return super().handle(connection, request)


def keepalives():
    only_set = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, SET_PARAMETER"
    return [
        Cheap("keep-set"),
        Cheap("keep-set-only", public=only_set),
        Cheap("keep-get", wrong=("GET_PARAMETER",)),
        Cheap("keep-options", wrong=("OPTIONS",), status="200 OK"),
        Cheap("keep-all-454", wrong=KEEPALIVES, status="454 Session Not Found"),
        Cheap("keep-all-501", wrong=KEEPALIVES, status="501 Not Implemented"),
        Mute("keep-mute"),
    ]


# ---------------------------------------------------------------- 03: nonces

class OneUse(Camera):
    """Each nonce serves one request; the next is told that it is stale and gets another."""
    situation, units, user, password = "03", U, "op", "secret"
    expect = live()

    def refused(self, connection, request):
        if request.method not in self.need_auth:
            return None
        header = request.headers.get("authorization", "")
        right = header and any(one.right(request, header) for one in self.auth)
        used = re.search(r'nonce="([^"]*)"', header)
        if right:
            self.auth[0].nonces.discard(used.group(1))
            return None
        return self.answer(connection, request, "401 Unauthorized",
                           [("WWW-Authenticate", self.auth[0].challenge(stale=bool(used)))])


class Expiring(Camera):
    """After PLAY keepalives need another nonce, and only those that have it count."""
    situation, units, user, password = "03", U, "op", "secret"
    timeout, drop_without_keepalive = 6, True
    need_auth = ("DESCRIBE", "SETUP", "PLAY", *KEEPALIVES)
    expect = live(streamed_s=20)

    def refused(self, connection, request):
        if connection.playing:
            self.auth[0].nonces -= connection.state.setdefault("old", set(self.auth[0].nonces))
            connection.state["old"] = set()
        before = connection.state.get("heard", time.monotonic())
        answer = super().refused(connection, request)
        if connection.playing and answer is not None:
            connection.last_heard = before
        else:
            connection.state["heard"] = time.monotonic()
        return answer


def nonces():
    return [OneUse("nonce-one-use", auth=[Digest("op", "secret")]),
            OneUse("nonce-one-use-tls", auth=[Digest("op", "secret")], transport="tls"),
            Expiring("nonce-expires", auth=[Digest("op", "secret")])]


# ---------------------------------------------------------------- 05: CSeq

class Zero(Camera):
    """Names request 0, whichever it is."""
    situation, units, expect = "05", U, live()

    def cseq_of(self, connection, request):
        return "0"


class Without(Zero):
    """Names no request."""

    def cseq_of(self, connection, request):
        return None


class Padded(Zero):
    """Blanks behind, zeros before."""

    def cseq_of(self, connection, request):
        return f"00{request.cseq}  "


def numbers():
    return [Zero("cseq-0"), Without("cseq-none"), Padded("cseq-padded")]


# ---------------------------------------------------------------- 06: descriptions

class Sdp(Camera):
    """Another description of the same stream."""
    situation, units, expect = "06", U, live()
    text = None
    content_type = "application/sdp"

    def sdp(self):
        return self.text() if self.text else super().sdp()

    def describe_headers(self, connection):
        return [("Content-Base", self.base(connection)), ("Content-Type", self.content_type)]


def descriptions():
    media = Sdp().media()
    plain = Sdp().sdp()
    cp1251 = "Вход".encode("cp1251").decode("utf-8", "surrogateescape")
    texts = {
        "short": "v=0\r\no=- 1001 1 IN\r\ns=Realtime stream\r\n"
                 + media.replace("a=rtpmap", "c=IN\r\na=rtpmap", 1),
        "bare": media,
        "vendor": "v=0\r\no=- 14665860 31787219 1 IN IP4 127.0.0.1\r\ns=Session\r\nt=0 0\r\n" + media
                  + "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track2\r\n"
                  + "m=application/vendor 0 RTP/AVP smart/0/25000\r\na=rtpmap:95 vendor/25000\r\n"
                    "a=control:track3\r\n",
        "cp1251": plain.replace("s=live", "s=" + cp1251),
        "gaps": "\r\nv=0\r\no=- 1 -5 IN IP4 127.0.0.1\r\ns=\r\nb=AS:4096.5\r\nt=0\r\n\r\n" + media,
        "meta": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=m\r\nt=0 0\r\na=control:*\r\n"
                "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n"
                "a=control:meta\r\n" + media,
    }
    return [Sdp("sdp-" + name, text=lambda text=text: text) for name, text in texts.items()] + [
        Sdp("sdp-charset", content_type="application/sdp; charset=utf-8"),
        Sdp("sdp-capitals", content_type="Application/SDP"),
    ]


# ---------------------------------------------------------------- 07: addresses

class Base(Camera):
    """Says in some way where its track is, and knows that place only."""
    situation, units, expect = "07", U, live()
    value = None
    control = "trackID=1"

    def describe_headers(self, connection):
        head = [("Content-Type", "application/sdp")]
        return head + ([("Content-Base", self.value(self))] if self.value else [])

    def media(self):
        control = self.control(self) if callable(self.control) else self.control
        return super().media().replace("trackID=1", control)

    def do_setup(self, connection, request):
        if not self.fits(request.url):
            return self.answer(connection, request, "404 Not Found")
        return super().do_setup(connection, request)

    def fits(self, url):
        return "127.0.0.1" in url and url.endswith("trackID=1")


class Query(Base):
    """The control is added behind the query, or before it; nothing else is known."""
    path = "/cam/realmonitor?channel=1&subtype=0"

    def fits(self, url):
        return "realmonitor" in url and "trackID=1" in url


class Rooted(Base):
    """The control names the whole way."""
    path = "/media/1/video/1"

    def fits(self, url):
        return url == f"rtsp://127.0.0.1:{self.port}/media/1/video/1"


def addresses():
    ends = lambda url: url.endswith("trackID=1")
    return [
        Base("base-none"),
        Base("base-double", value=lambda c: f"rtsp://rtsp://127.0.0.1:{c.port}/live/"),
        Base("base-bare", value=lambda c: f"127.0.0.1:{c.port}/live/"),
        Base("base-nat", value=lambda c: "rtsp://0.0.0.0/live/", fits=ends),
        Base("base-inner", value=lambda c: "rtsp://192.168.1.64:554/live/", fits=ends),
        Base("base-path", value=lambda c: "/live/"),
        Query("base-query",
              value=lambda c: f"rtsp://127.0.0.1:{c.port}/cam/realmonitor?channel=1&subtype=0/"),
        Rooted("control-rooted", value=lambda c: f"rtsp://127.0.0.1:{c.port}/",
               control="/media/1/video/1"),
        Rooted("control-whole", control=lambda c: f"rtsp://127.0.0.1:{c.port}/media/1/video/1"),
    ]


# ---------------------------------------------------------------- 16, 19, 20: log-ins and secrets

class OneHeader(Camera):
    """Both challenges in one header line."""

    def refused(self, connection, request):
        answer = super().refused(connection, request)
        return answer and answer.replace(b"\r\nWWW-Authenticate: Digest", b", Digest", 1)


def logins():
    everything = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER", "SET_PARAMETER")

    def digest(**more):
        return Digest("op", "secret", **more)

    def cam(name, auth, cls=Camera, **more):
        return cls("login-" + name, situation="16", units=U, auth=auth, user="op",
                   password="secret", expect=live(basic="never"), **more)

    basic = Basic("op", "secret")
    return [
        cam("basic-digest", [basic, digest()]),
        cam("digest-basic", [digest(), basic]),
        cam("sha-only", [digest(algorithm="SHA-256", quote_algorithm=True)]),
        cam("sha-qop", [digest(algorithm="SHA-256", qop="auth", opaque="5ccc")]),
        cam("md5-qop", [digest(qop="auth", opaque="")]),
        cam("md5-sha", [digest(algorithm="MD5"), digest(algorithm="SHA-256")]),
        cam("one-header", [basic, digest()], cls=OneHeader),
        cam("options-too", [digest()], need_auth=everything),
        cam("tls", [digest()], transport="tls"),
        cam("udp", [digest()], transport="udp"),
        cam("http", [digest()], transport="http"),
    ]


def letters():
    cases = [
        ("signs", "op1", "p@ss:w/rd#%41?&="),
        ("quotes", "op2", 'say "hi" \\ now'),
        ("cyrillic", "op3", "Құпиясөз-Пароль"),
        ("cyrillic-user", "оператор", "secret"),
        ("blanks", "op5", "  two  blanks "),
        ("long", "op6", "x" * 200),
    ]
    return [Camera(f"letters-{name}-{kind.__name__.lower()}", situation="19", units=U,
                   auth=[kind(user, password)], user=user, password=password,
                   expect=live(pictures=3))
            for name, user, password in cases for kind in (Digest, Basic)]


SECRET = "GeheimXY77"


class Complaining(Camera):
    """Answers that make a client complain with the address in its words."""

    def describe_headers(self, connection):
        return [("Content-Base", self.base(connection))]

    def sdp(self):
        return super().sdp() + "m=audio 0 RTP/AVP 99\r\na=control:x\r\n"

    def rtp_info(self, connection):
        return super().rtp_info(connection) + f",url={self.base(connection)}other;seq=1"


class Moved(Camera):
    """Sends on to an address with a secret."""

    def do_describe(self, connection, request):
        if "moved" in request.url:
            return super().do_describe(connection, request)
        return self.answer(connection, request, "302 Found", [
            ("Location", f"rtsp://127.0.0.1:{self.port}/moved?user=admin&password={SECRET}")])


class Refuses(Camera):
    """Repeats the address in its refusal."""

    def do_describe(self, connection, request):
        return self.answer(connection, request, f"400 Bad Request {request.url}")


def secrets():
    query = f"/h264?user=admin&password={SECRET}&channel=1"
    path = f"/user=admin_password={SECRET}_channel=1_stream=0.sdp?real_stream"
    made = [
        Camera("secret-path", path=path, expect=live()),
        Complaining("secret-query", path=query, expect=live()),
        Moved("secret-moved", path=query, expect=live()),
        Refuses("secret-refused", path=query,
                expect=down("reason-refused")),
        Sdp("secret-charset", path=query, content_type="application/sdp; charset=utf-8",
            expect=live()),
    ]
    for camera in made:
        camera.situation, camera.units, camera.secret = "20", U, SECRET
    return made


# ---------------------------------------------------------------- 22: requests of the server

class Asks(Camera):
    """Sends requests of its own while it plays, as RFC 2326 allows."""
    situation, units, expect = "22", U, live(pictures=30)
    what = "OPTIONS"
    body = b""

    def before_unit(self, connection, n):
        if n and n % 12 == 0:
            head = (f"{self.what} rtsp://127.0.0.1:{self.port}/live RTSP/1.0\r\nCSeq: {n}\r\n"
                    f"Session: {self.session_id(connection)}\r\n")
            if self.body:
                head += f"Content-Type: application/sdp\r\nContent-Length: {len(self.body)}\r\n"
            connection.write((head + "\r\n").encode() + self.body)


class Early(Camera):
    """Packets come before the answer to PLAY, and reports on channels that nobody asked for."""
    situation, units, expect = "22", U, live(pictures=20)

    def do_play(self, connection, request):
        connection.sequence = 50
        for n in range(15):
            self.send_unit(connection, n, n * 9000)
        connection.write(self.frame(9, b"\x80" * 40))
        return super().do_play(connection, request)

    def before_unit(self, connection, n):
        if n % 10 == 0:
            connection.write(self.frame(5, self.report(connection, n, 0)))


class Junk(Camera):
    """Empty interleaved frames and short ones between the packets."""
    situation, units, expect = "22", U, live(pictures=30)

    def before_unit(self, connection, n):
        if n % 6 == 5:
            connection.write(self.frame(connection.channel, b""))
        if n % 6 == 2:
            connection.write(self.frame(connection.channel + 1, b"\x80\xc8"))


def requests():
    return [Asks("asks-options"), Asks("asks-announce", what="ANNOUNCE", body=b"v=0\r\ns=x\r\n"),
            Asks("asks-set", what="SET_PARAMETER"), Asks("asks-tls", transport="tls"),
            Early("early"), Junk("junk")]


# ---------------------------------------------------------------- 25, 28: refusals

class Says(Camera):
    """Refuses one request."""
    situation, units = "25", U
    status = "453 Not Enough Bandwidth"
    at = "SETUP"

    def refused(self, connection, request):
        refused = super().refused(connection, request)
        if refused is None and request.method == self.at:
            return self.answer(connection, request, self.status)
        return refused


class OneViewer(Camera):
    """One viewer at a time: whoever comes second is told 453."""
    situation, units = "28", U
    holder = None

    def do_setup(self, connection, request):
        if self.holder is not None and not self.holder.closed and self.holder is not connection:
            return self.answer(connection, request, "453 Not Enough Bandwidth")
        self.holder = connection
        return super().do_setup(connection, request)


class BusyAtFirst(Camera):
    """All places are taken, twice; then one is free."""
    situation, units = "28", U
    asked = 0
    expect = live(never=[], plays=1)

    def do_setup(self, connection, request):
        self.asked += 1
        if self.asked <= 2:
            return self.answer(connection, request, "453 Not Enough Bandwidth")
        return super().do_setup(connection, request)


def refusals():
    many = "reason-too-many-viewers"
    return [
        Says("says-453", expect=down(many)),
        Says("says-503", status="503 Service Unavailable", at="DESCRIBE",
             expect=down("reason-server-unavailable")),
        Says("says-403", status="403 Forbidden", at="DESCRIBE", expect=down("reason-not-permitted")),
        Says("says-403-logged-in", status="403 Forbidden", auth=[Digest("op", "secret")],
             user="op", password="secret", expect=down("reason-not-permitted")),
        Says("says-461", status="461 Unsupported Transport", expect=down("reason-transport-refused")),
        Says("says-400", status="400 Bad Request", at="PLAY", expect=down("reason-refused")),
        Says("says-457", status="457 Invalid Range", at="PLAY", expect=down("reason-range-refused")),
        Says("says-455", status="455 Method Not Valid in This State", at="PLAY",
             expect=down("reason-not-now")),
        Says("says-404", status="404 Stream Not Found", at="DESCRIBE",
             expect=down("reason-not-found")),
        Camera("ipv6", situation="25", units=U, host="[::1]", expect=live()),
        OneViewer("one-viewer", expect=live(second=down(many))),
        BusyAtFirst("busy-at-first"),
    ]


def all_of_them():
    return (keepalives() + nonces() + numbers() + descriptions() + addresses() + logins()
            + letters() + secrets() + requests() + refusals())
