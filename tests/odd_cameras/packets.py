"""RTP payloads: H.264 by RFC 6184, H.265 by RFC 7798, JPEG by RFC 2435."""
import struct

MOST = 1200


def fragments(nal, codec, most=MOST):
    """A NAL unit as it is, or in fragments where it is too long."""
    if len(nal) <= most:
        return [nal]
    if codec == "h264":
        head, kind, body = bytes([nal[0] & 0xE0 | 28]), nal[0] & 31, nal[1:]
    else:
        head = bytes([(nal[0] & 0x81) | (49 << 1), nal[1]])
        kind, body = (nal[0] >> 1) & 63, nal[2:]
    parts = [body[at:at + most] for at in range(0, len(body), most)]
    out = []
    for at, part in enumerate(parts):
        bits = (0x80 if at == 0 else 0) | (0x40 if at == len(parts) - 1 else 0)
        out.append(head + bytes([bits | kind]) + part)
    return out


def stap(nals):
    """Several H.264 NAL units in one packet."""
    return bytes([0x78]) + b"".join(struct.pack("!H", len(nal)) + nal for nal in nals)


def read_jpeg(file):
    """Quantization tables, width, height, restart interval, scan of a JPEG file."""
    tables, at, width, height, restart = [], 2, 0, 0, 0
    while at < len(file):
        marker, size = file[at + 1], struct.unpack("!H", file[at + 2:at + 4])[0]
        body = file[at + 4:at + 2 + size]
        at += 2 + size
        if marker == 0xDB:
            while body:
                tables.append(body[1:65])
                body = body[65:]
        elif marker in (0xC0, 0xC1):
            height, width = struct.unpack("!HH", body[1:5])
        elif marker == 0xDD:
            restart = struct.unpack("!H", body[:2])[0]
        elif marker == 0xDA:
            break
    scan = file[at:].rstrip(b"\0")
    if scan.endswith(b"\xff\xd9"):
        scan = scan[:-2]
    return tables, width, height, restart, scan


def eighths(pixels):
    """A length as the payload header can say it: 0 where it cannot."""
    value = (pixels + 7) // 8
    return value if value <= 255 else 0


def jpeg_payloads(file, num_tables=2, with_tables=True, restart=None, quality=255, most=MOST):
    """One picture. `restart` overrides the restart interval that is told."""
    tables, width, height, interval, scan = read_jpeg(file)
    if len(tables) == 1:
        tables = tables * 2
    tables = (tables + [tables[-1]] * 3)[:num_tables]
    told = interval if restart is None else restart
    kind = 1 + (64 if interval else 0)
    out, offset = [], 0
    while offset < len(scan):
        part = scan[offset:offset + most]
        head = bytes([0]) + struct.pack("!I", offset)[1:] + bytes(
            [kind, quality, eighths(width), eighths(height)])
        if interval:
            head += struct.pack("!HH", told, 0xFFFF)
        if offset == 0 and quality >= 128:
            body = b"".join(tables) if with_tables else b""
            head += struct.pack("!BBH", 0, 0, len(body)) + body
        out.append(head + part)
        offset += len(part)
    return out
