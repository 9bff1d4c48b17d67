"""A WebSocket client that sends any frame it is told to, right or wrong."""

import base64
import dataclasses
import hashlib
import os
import struct

from http_raw import RawConnection

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


@dataclasses.dataclass
class Frame:
    fin: bool
    opcode: int
    payload: bytes


def handshake_lines(key=None, version="13"):
    """The header lines of an upgrade; None leaves one out."""
    lines = ["Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}"] if key else []
    lines += [f"Sec-WebSocket-Version: {version}"] if version else []
    return lines


def fresh_key():
    return base64.b64encode(os.urandom(16)).decode()


def accept_value(key):
    """RFC 6455, section 4.2.2."""
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return base64.b64encode(digest).decode()


def encode(opcode, payload=b"", fin=True, masked=True, rsv=0, declared_length=None):
    """One frame. A declared length lets the header promise more than follows."""
    length = len(payload) if declared_length is None else declared_length
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    mask_bit = 0x80 if masked else 0
    if length < 126:
        head = struct.pack("!BB", first, mask_bit | length)
    elif length < 65536:
        head = struct.pack("!BBH", first, mask_bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, mask_bit | 127, length)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class RawWebSocket(RawConnection):
    """Speaks HTTP until it is upgraded. Answers nothing by itself: no pong, no close."""

    def upgrade(self, target, *more_lines):
        """The opening handshake, with a check of the server's side of it."""
        key = fresh_key()
        self.request("GET", target, *handshake_lines(key), *more_lines)
        response = self.response(to_head=True)
        assert response.status == 101, response
        assert response.headers["upgrade"].lower() == "websocket"
        assert response.headers["connection"].lower() == "upgrade"
        assert response.headers["sec-websocket-accept"] == accept_value(key)
        return response

    def send_frame(self, opcode, payload=b"", **options):
        self.send(encode(opcode, payload, **options))

    def frame(self, answers=False):
        """The next frame that is no ping: the server may send one at any time, and waits for the answer where it has more."""
        while (frame := self.any_frame()).opcode == PING:
            if answers:
                self.send_frame(PONG, frame.payload)
        return frame

    def any_frame(self):
        """The next frame. A server's frames are never masked."""
        first, second = self.read(2)
        assert not second & 0x80, "the server masked a frame"
        assert not first & 0x70, "the server set a reserved bit"
        length = second & 0x7F
        if length == 126:
            (length,) = struct.unpack("!H", self.read(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.read(8))
        return Frame(bool(first & 0x80), first & 0x0F, self.read(length))

    def close_code(self):
        """The code of the close frame, which is the next frame; 1005 where it has none."""
        frame = self.frame()
        assert frame.opcode == CLOSE, frame
        if not frame.payload:
            return 1005
        frame.payload[2:].decode()
        return struct.unpack("!H", frame.payload[:2])[0]
