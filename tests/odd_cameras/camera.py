"""A small RTSP camera with habits: over TCP, UDP, TLS, and tunnelled through HTTP.

A situation is a Camera with other values, or a subclass that does one thing otherwise. Everything
listens on loopback. What was sent and who came is counted, so that a test can ask for it.
"""
import base64
import itertools
import os
import queue
import re
import selectors
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

import clips
import packets
from connection import Connection, Request

T0 = time.monotonic()


class Camera:
    """A plain camera; every habit has a place here where it can be changed."""
    name = "camera"
    situation = "00"
    transport = "tcp"       # tcp, udp, tls or http: how the client is told to come
    carries = ("tcp", "udp")  # what SETUP grants
    path = "/live"
    units = None            # list of lists of NAL units, or of JPEG files
    codec = "h264"
    fps = 10
    pt = 96
    clock = 90000
    timeout = None          # seconds in the Session header
    auth = None             # list of Digest / Basic
    need_auth = ("DESCRIBE", "SETUP", "PLAY")
    public = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER, SET_PARAMETER"
    server = "Camera"
    line_end = "\r\n"
    start_at = 0            # first unit that a client gets
    user = ""
    password = None         # what the wall is told
    secret = None           # what must stand in no log
    host = "127.0.0.1"
    drop_without_keepalive = False
    reports = True          # sender reports
    most = packets.MOST     # bytes of a payload
    jpeg_tables = 2
    expect = {}

    def __init__(self, name=None, **changes):
        if name:
            self.name = name
        for key, value in changes.items():
            setattr(self, key, value)
        self.counts = {"connections": 0, "plays": 0, "sent": 0, "teardowns": 0, "keepalives": 0,
                       "basic": 0}
        self.index = None       # number of the picture that was sent last
        self.first_sent = None
        self.tunnels = {}

    # -- what it says

    def scheme(self):
        return {"tcp": "rtsp", "udp": "rtspu", "tls": "rtsps", "http": "rtsph"}[self.transport]

    def url(self):
        return f"{self.scheme()}://{self.host}:{self.port}{self.path}"

    def base(self, connection):
        return f"rtsp://127.0.0.1:{self.port}{self.path}/"

    def fmtp(self):
        return {"h264": clips.fmtp_h264, "h265": clips.fmtp_h265}[self.codec](self.units)

    def media(self):
        if self.codec == "jpeg":
            return "m=video 0 RTP/AVP 26\r\na=control:trackID=1\r\n"
        name = {"h264": "H264", "h265": "H265"}[self.codec]
        fmtp = self.fmtp()
        return (f"m=video 0 RTP/AVP {self.pt}\r\na=rtpmap:{self.pt} {name}/{self.clock}\r\n"
                + (f"a=fmtp:{self.pt} {fmtp}\r\n" if fmtp else "")
                + "a=control:trackID=1\r\n")

    def sdp(self):
        return ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=live\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
                "a=control:*\r\n" + self.media())

    def session_id(self, connection):
        return str(1000 + connection.number)

    def session(self, connection):
        return self.session_id(connection) + (f";timeout={self.timeout}" if self.timeout else "")

    def transport_of(self, connection, request):
        """The Transport header of SETUP's answer; nothing where it grants none."""
        asked = request.headers.get("transport", "")
        ports = re.search(r"client_port=(\d+)(?:-(\d+))?", asked)
        if "/TCP" not in asked.upper() and ports and "udp" in self.carries:
            first = int(ports.group(1))
            second = int(ports.group(2) or first + 1)
            connection.udp = self.pair(connection, first, second)
            here = [half[0].getsockname()[1] for half in connection.udp]
            return (f"RTP/AVP;unicast;client_port={first}-{second};"
                    f"server_port={here[0]}-{here[1]}")
        if "/TCP" not in asked.upper() or "tcp" not in self.carries:
            return None
        channels = re.search(r"interleaved=(\d+)-(\d+)", asked)
        connection.channel = int(channels.group(1)) if channels else 0
        return f"RTP/AVP/TCP;unicast;interleaved={connection.channel}-{connection.channel + 1}"

    def pair(self, connection, first, second):
        """Sockets for RTP and RTCP, an even port and the next, and where they send."""
        to = connection.sock.getpeername()[0]
        while True:
            rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            rtp.bind(("127.0.0.1", 0))
            port = rtp.getsockname()[1]
            rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                if port % 2 == 0:
                    rtcp.bind(("127.0.0.1", port + 1))
                    return (rtp, (to, first)), (rtcp, (to, second))
            except OSError:
                pass
            rtp.close()
            rtcp.close()

    def rtp_info(self, connection):
        return f"url={self.base(connection)}trackID=1"

    def cseq_of(self, connection, request):
        return request.cseq

    # -- how it answers

    def answer(self, connection, request, status="200 OK", headers=(), body=b""):
        lines = [f"RTSP/1.0 {status}"]
        cseq = self.cseq_of(connection, request)
        if cseq is not None:
            lines.append(f"CSeq: {cseq}")
        lines.append(f"Server: {self.server}")
        lines += [f"{name}: {value}" for name, value in headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        return self.written(lines, body)

    def written(self, lines, body):
        """An answer's bytes."""
        end = self.line_end
        return (end.join(lines) + end + end).encode("utf-8", "surrogateescape") + body

    def refused(self, connection, request):
        """The answer to a request whose log-in is missing or wrong; nothing where it is right."""
        header = request.headers.get("authorization", "")
        self.counts["basic"] += header.lower().startswith("basic")
        if not self.auth or request.method not in self.need_auth:
            return None
        if header and any(one.right(request, header) for one in self.auth):
            return None
        return self.answer(connection, request, "401 Unauthorized",
                           [("WWW-Authenticate", one.challenge()) for one in self.auth])

    def handle(self, connection, request):
        """Bytes to send, or None for silence; may close the connection."""
        refused = self.refused(connection, request)
        if refused is not None:
            return refused
        method = getattr(self, "do_" + request.method.lower(), None)
        if method is None:
            return self.answer(connection, request, "501 Not Implemented")
        return method(connection, request)

    def do_options(self, connection, request):
        return self.answer(connection, request, headers=[("Public", self.public)])

    def describe_headers(self, connection):
        return [("Content-Base", self.base(connection)), ("Content-Type", "application/sdp")]

    def do_describe(self, connection, request):
        return self.answer(connection, request, headers=self.describe_headers(connection),
                           body=self.sdp().encode("utf-8", "surrogateescape"))

    def do_setup(self, connection, request):
        transport = self.transport_of(connection, request)
        if transport is None:
            return self.answer(connection, request, "461 Unsupported Transport")
        return self.answer(connection, request, headers=[
            ("Transport", transport), ("Session", self.session(connection))])

    def do_play(self, connection, request):
        self.counts["plays"] += 1
        self.start(connection)
        return self.answer(connection, request, headers=[
            ("Session", self.session_id(connection)),
            ("RTP-Info", self.rtp_info(connection))])

    def start(self, connection):
        threading.Thread(target=self.send_all, args=(connection,), daemon=True).start()

    def do_get_parameter(self, connection, request):
        return self.answer(connection, request)

    do_set_parameter = do_get_parameter

    def do_teardown(self, connection, request):
        connection.playing = False
        return self.answer(connection, request)

    # -- what it sends

    def times(self, n):
        """Seconds since PLAY at which unit `n` is sent, and its RTP time."""
        return n / self.fps, int(n * self.clock / self.fps)

    def place(self, n):
        """The place in the clip of the unit that is sent as number `n`."""
        return (self.start_at + n) % len(self.units)

    def unit(self, n):
        return self.units[self.place(n)]

    def payloads(self, unit):
        if self.codec == "jpeg":
            return packets.jpeg_payloads(unit, self.jpeg_tables)
        return [part for nal in unit for part in packets.fragments(nal, self.codec, self.most)]

    def marks(self, unit, payloads):
        return [at == len(payloads) - 1 for at in range(len(payloads))]

    def ssrc(self, n):
        return 0x1234ABCD

    def packet(self, connection, n, at, payload, mark, timestamp):
        pt = 26 if self.codec == "jpeg" else self.pt
        sequence = connection.sequence & 0xFFFF
        connection.sequence += 1
        return struct.pack("!BBHII", 0x80, (0x80 if mark else 0) | pt, sequence,
                           timestamp & 0xFFFFFFFF, self.ssrc(n)) + payload

    def frame(self, channel, data):
        return b"$" + bytes([channel]) + struct.pack("!H", len(data)) + data

    def report(self, connection, n, timestamp):
        now = self.now()
        whole = int(now // 1)
        part = int((now - whole) * (1 << 32))
        return struct.pack("!BBHIIIIII", 0x80, 200, 6, self.ssrc(n),
                           (whole + 2208988800) & 0xFFFFFFFF, part,
                           timestamp & 0xFFFFFFFF, n, n)

    def now(self):
        return time.time()

    def before_unit(self, connection, n):
        """A chance to do something else."""

    def send(self, connection, which, data):
        """Sends packets of RTP (0) or RTCP (1)."""
        if connection.udp:
            sock, to = connection.udp[which]
            for one in data:
                try:
                    sock.sendto(one, to)
                except ConnectionError:
                    pass  # nobody listens there any more; the connection says when it is over
        elif data:
            connection.write(b"".join(self.frame(connection.channel + which, one)
                                      for one in data))

    def packets_of(self, connection, n, timestamp):
        """The RTP packets of unit `n`."""
        unit = self.unit(n)
        payloads = self.payloads(unit)
        return [self.packet(connection, n, at, payload, mark, timestamp)
                for at, (payload, mark) in enumerate(zip(payloads, self.marks(unit, payloads)))]

    def send_unit(self, connection, n, timestamp):
        self.send(connection, 0, self.packets_of(connection, n, timestamp))

    def send_all(self, connection):
        time.sleep(0.03)
        connection.playing = True
        begin = time.monotonic()
        try:
            for n in itertools.count():
                at, timestamp = self.times(n)
                while True:
                    wait = begin + at - time.monotonic()
                    if connection.closed or not connection.playing:
                        return
                    limit = self.timeout if self.drop_without_keepalive else None
                    if limit and time.monotonic() - connection.last_heard > limit:
                        connection.close()
                        return
                    if wait <= 0:
                        break
                    time.sleep(min(wait, 0.5))
                self.before_unit(connection, n)
                if self.reports and n % max(1, int(self.fps * 2)) == 0:
                    self.send(connection, 1, [self.report(connection, n, timestamp)])
                self.send_unit(connection, n, timestamp)
                self.index = self.place(n)
                self.counts["sent"] += 1
                self.first_sent = self.first_sent or time.monotonic()
        except OSError:
            pass

    def told(self):
        """What a test may ask for."""
        streamed = time.monotonic() - self.first_sent if self.first_sent else 0.0
        return dict(self.counts, name=self.name, index=self.index, streamed_s=streamed)

    # -- serving

    def listen(self):
        self.listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((self.host.strip("[]"), 0))
        self.port = self.listener.getsockname()[1]
        self.listener.listen(16)

    def accept(self):
        sock, _ = self.listener.accept()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.counts["connections"] += 1
        threading.Thread(target=self.talk, args=(sock,), daemon=True).start()

    def talk(self, sock):
        try:
            if self.transport == "tls":
                sock = tls_context().wrap_socket(sock, server_side=True)
            connection = Connection(self, sock)
            self.greet(connection)
            data = self.tunnelled(connection) if self.transport == "http" else b""
            if data is None:
                return
        except OSError:
            sock.close()
            return
        try:
            self.converse(connection, data)
        except OSError:
            pass
        finally:
            self.left(connection)

    def left(self, connection):
        """The client has gone, or was sent away."""
        connection.close()

    def tunnelled(self, connection):
        """The halves of an HTTP tunnel: GET answers, POST asks in base64."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.sock.recv(65536)
            if not more:
                raise OSError("gone")
            data += more
        head, data = data.split(b"\r\n\r\n", 1)
        cookie = re.search(rb"(?im)^x-sessioncookie: *(\S+)", head).group(1)
        if head.startswith(b"GET"):
            connection.incoming = queue.Queue()
            self.tunnels[cookie] = connection.incoming
            connection.write(b"HTTP/1.0 200 OK\r\nServer: Camera\r\nConnection: close\r\n"
                             b"Cache-Control: no-store\r\nPragma: no-cache\r\n"
                             b"Content-Type: application/x-rtsp-tunnelled\r\n\r\n")
            return b""
        to = self.tunnels[cookie]
        try:
            while True:
                # Each request was coded for itself: four letters are three bytes or fewer.
                data = bytes(byte for byte in data if byte not in b"\r\n")
                whole = len(data) // 4 * 4
                for at in range(0, whole, 4):
                    to.put(base64.b64decode(data[at:at + 4]))
                data = data[whole:]
                more = connection.sock.recv(65536)
                if not more:
                    break
                data += more
        finally:
            # A client may come with a second POST later; the first half lives on.
            connection.sock.close()
        return None

    def converse(self, connection, data):
        """Reads requests and answers them."""
        while True:
            while data[:1] == b"$" and len(data) >= 4:
                length = struct.unpack("!H", data[2:4])[0]
                if len(data) < 4 + length:
                    break
                data = data[4 + length:]
            end = data.find(b"\r\n\r\n") if data[:1] != b"$" else -1
            if end < 0:
                more = connection.read()
                if not more:
                    return
                data += more
                continue
            head, data = data[:end], data[end + 4:]
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            body, data = (data[:int(length.group(1))], data[int(length.group(1)):]) \
                if length else (b"", data)
            request = Request(head, body)
            connection.last_heard = time.monotonic()
            if request.method == "RTSP/1.0":
                continue  # the client answers a request of ours
            self.counts["teardowns"] += request.method == "TEARDOWN"
            self.counts["keepalives"] += connection.playing and request.method in (
                "OPTIONS", "GET_PARAMETER", "SET_PARAMETER")
            answer = self.handle(connection, request)
            if answer:
                connection.write(answer)
            self.after(connection, request)
            if connection.closed:
                return

    def greet(self, connection):
        """A chance to say something first."""

    def after(self, connection, request):
        """A chance to do something behind an answer."""


def serve(cameras):
    """Listens for all of them on one thread."""
    waiting = selectors.DefaultSelector()
    for camera in cameras:
        camera.listen()
        waiting.register(camera.listener, selectors.EVENT_READ, camera)

    def accept():
        while True:
            for key, _ in waiting.select():
                try:
                    key.data.accept()
                except OSError:
                    pass  # whoever came has gone

    threading.Thread(target=accept, daemon=True).start()


_TLS = {}
_TLS_LOCK = threading.Lock()


def tls_context():
    """With a certificate of the camera's own making, as cameras have it."""
    with _TLS_LOCK:
        if "context" not in _TLS:
            with tempfile.TemporaryDirectory() as folder:
                key, certificate = os.path.join(folder, "key"), os.path.join(folder, "certificate")
                subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                                "-days", "1", "-subj", "/CN=camera.example", "-keyout", key,
                                "-out", certificate], check=True, capture_output=True)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate, key)
                _TLS["context"] = context
        return _TLS["context"]
