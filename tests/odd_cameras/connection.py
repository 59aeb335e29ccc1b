"""One client of a camera, and what it asks."""
import itertools
import socket
import struct
import threading
import time


class Request:
    """A request as it came."""

    def __init__(self, head, body):
        lines = head.decode("utf-8", "replace").split("\r\n")
        self.method, self.url, _ = (lines[0].split(" ", 2) + ["", ""])[:3]
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.body = body
        self.cseq = self.headers.get("cseq", "")


class Connection:
    """One client."""
    numbers = itertools.count(1)

    def __init__(self, camera, sock):
        self.camera, self.sock = camera, sock
        self.number = next(self.numbers)
        self.lock = threading.Lock()
        self.playing = False
        self.closed = False
        self.last_heard = time.monotonic()
        self.sequence = 100
        self.channel = 0
        self.udp = None         # sockets and addresses for RTP and RTCP
        self.incoming = None    # what comes through the other half of an HTTP tunnel
        self.state = {}

    def read(self):
        if self.incoming is not None:
            return self.incoming.get()
        return self.sock.recv(65536)

    def write(self, data):
        with self.lock:
            self.sock.sendall(data)

    def close(self):
        self.closed = True
        if self.incoming is not None:
            self.incoming.put(b"")
        for half in self.udp or ():
            half[0].close()
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def reset(self):
        """Ends the connection as a camera does that loses its power."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.closed = True
        try:
            # Whoever reads from it has to leave it before the system lets it go.
            self.sock.shutdown(socket.SHUT_RD)
        except OSError:
            pass
        self.sock.close()
