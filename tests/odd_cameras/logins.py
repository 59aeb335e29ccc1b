"""What a camera asks of whoever wants its pictures, checked honestly."""
import base64
import hashlib
import os
import re


class Digest:
    """Asks for Digest."""

    def __init__(self, user, password, algorithm=None, qop=None, opaque=None, realm="camera",
                 quote_algorithm=False, charset="utf-8", text=None):
        self.user, self.password, self.realm = user, password, realm
        self.algorithm, self.qop, self.opaque, self.charset = algorithm, qop, opaque, charset
        self.quote_algorithm, self.text = quote_algorithm, text
        self.nonces = set()

    def nonce(self):
        nonce = os.urandom(16).hex()
        self.nonces.add(nonce)
        return nonce

    def challenge(self, stale=False):
        if self.text:
            return self.text.replace("NONCE", self.nonce())
        realm = self.realm.replace("\\", "\\\\").replace('"', '\\"')
        text = f'Digest realm="{realm}", nonce="{self.nonce()}"'
        if self.algorithm:
            mark = '"' if self.quote_algorithm else ""
            text += f", algorithm={mark}{self.algorithm}{mark}"
        if self.qop:
            text += f', qop="{self.qop}"'
        if self.opaque is not None:
            text += f', opaque="{self.opaque}"'
        if stale:
            text += ", stale=TRUE"
        return text

    def right(self, request, header):
        if not header.lower().startswith("digest "):
            return False
        got = {m[0].lower(): m[1] or m[2] for m in
               re.findall(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))', header)}
        name = (self.algorithm or "MD5").upper().replace("-SESS", "")
        hash_of = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[name]

        def h(text):
            return hash_of(text.encode(self.charset)).hexdigest()

        nonce = got.get("nonce", "")
        first = h(f"{self.user}:{self.realm}:{self.password}")
        if (self.algorithm or "").upper().endswith("-SESS"):
            first = h(f"{first}:{nonce}:{got.get('cnonce')}")
        second = h(f"{request.method}:{got.get('uri', '')}")
        if "qop" in got:
            want = h(f"{first}:{nonce}:{got.get('nc')}:{got.get('cnonce')}:{got['qop']}:{second}")
        elif self.qop:
            return False
        else:
            want = h(f"{first}:{nonce}:{second}")
        return nonce in self.nonces and got.get("response") == want


class Basic:
    """Asks for Basic."""

    def __init__(self, user, password, realm="camera", charset="utf-8"):
        self.user, self.password, self.realm, self.charset = user, password, realm, charset

    def challenge(self, stale=False):
        return f'Basic realm="{self.realm}"'

    def right(self, request, header):
        want = base64.b64encode(f"{self.user}:{self.password}".encode(self.charset)).decode()
        return header == "Basic " + want
