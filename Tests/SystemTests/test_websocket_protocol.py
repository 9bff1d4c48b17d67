"""RFC 6455 as a strict server keeps it: what a client may not do, each with its close code."""

import struct

import pytest

import qq
from websocket_raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, encode

LIMIT = 64 * 1024


def close_payload(code, reason=b""):
    return struct.pack("!H", code) + reason


VIOLATIONS = {
    "unmasked frame": (encode(TEXT, b"x", masked=False), 1002),
    "reserved bit 1": (encode(TEXT, b"x", rsv=4), 1002),
    "reserved bit 2": (encode(TEXT, b"x", rsv=2), 1002),
    "reserved bit 3": (encode(TEXT, b"x", rsv=1), 1002),
    "reserved data opcode": (encode(0x3, b"x"), 1002),
    "reserved control opcode": (encode(0xB, b"x"), 1002),
    "fragmented ping": (encode(PING, b"x", fin=False), 1002),
    "ping of 126 bytes": (encode(PING, b"x" * 126), 1002),
    "continuation of nothing": (encode(CONTINUATION, b"x"), 1002),
    "new message inside a message": (encode(TEXT, b"x", fin=False) + encode(TEXT, b"y"), 1002),
    "length with the high bit": (b"\x82\xff" + struct.pack("!Q", 1 << 63) + b"mask", 1002),
    "close with one byte": (encode(CLOSE, b"x"), 1002),
    "close code 1005": (encode(CLOSE, close_payload(1005)), 1002),
    "close code 1006": (encode(CLOSE, close_payload(1006)), 1002),
    "close code 999": (encode(CLOSE, close_payload(999)), 1002),
    "close code 2999": (encode(CLOSE, close_payload(2999)), 1002),
    "close reason that is not UTF-8": (encode(CLOSE, close_payload(1000, b"\xff")), 1007),
    "text that is not UTF-8": (encode(TEXT, b"\xff"), 1007),
    "overlong UTF-8": (encode(TEXT, b"\xc0\xaf"), 1007),
    "surrogate in UTF-8": (encode(TEXT, b"\xed\xa0\x80"), 1007),
    "text that ends inside a character": (encode(TEXT, b"\xe4\xbd"), 1007),
    "fragments that are not UTF-8": (encode(TEXT, b"\xe4", fin=False) + encode(CONTINUATION, b"x"), 1007),
    "message over 64 KiB": (encode(BINARY, b"x" * (LIMIT + 1)), 1009),
    "header that announces 1 TiB": (encode(BINARY, b"", declared_length=1 << 40), 1009),
    "fragments over 64 KiB": (
        encode(BINARY, b"x" * LIMIT, fin=False) + encode(CONTINUATION, b"x", fin=False),
        1009,
    ),
}


@pytest.mark.parametrize("data, code", VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_violation(relay, secret, data, code):
    """A close frame with the code that says which rule, then the end of the connection."""
    with relay.raw_socket(secret) as socket:
        socket.send(data)
        assert socket.close_code() == code
        assert socket.is_closed()


PERMITTED = {
    "text of 64 KiB": encode(TEXT, b"x" * LIMIT),
    "binary of 64 KiB": encode(BINARY, b"\xff" * LIMIT),
    "empty text": encode(TEXT),
    "fragments cut inside a character": encode(TEXT, b"\xe4", fin=False) + encode(CONTINUATION, b"\xbd\xa0"),
    "empty fragments": encode(TEXT, fin=False) + encode(CONTINUATION, fin=False) + encode(CONTINUATION),
    "a pong nobody asked for": encode(PONG, b"here I am"),
    "ping between fragments": encode(TEXT, b"a", fin=False) + encode(PONG, b"p") + encode(CONTINUATION, b"b"),
}


@pytest.mark.parametrize("data", PERMITTED.values(), ids=PERMITTED.keys())
def test_permitted(relay, secret, data):
    """What the RFC allows is taken, and the socket goes on."""
    with relay.raw_socket(secret) as socket:
        socket.send(data + encode(PING, b"still there?"))
        frame = socket.frame()
        assert (frame.opcode, frame.payload) == (PONG, b"still there?")
        body = qq.event()
        relay.deliver(secret, body)
        assert socket.frame().payload == body


@pytest.mark.parametrize("payload", [b"", b"x" * 125, bytes(range(125))], ids=["empty", "125 bytes", "any bytes"])
def test_ping_is_answered(relay, secret, payload):
    """The pong carries the ping's payload."""
    with relay.raw_socket(secret) as socket:
        socket.send_frame(PING, payload)
        frame = socket.frame()
        assert (frame.fin, frame.opcode, frame.payload) == (True, PONG, payload)


def test_ping_inside_a_message(relay, secret):
    """A control frame between fragments is answered at once."""
    with relay.raw_socket(secret) as socket:
        socket.send_frame(TEXT, b"first half", fin=False)
        socket.send_frame(PING, b"between")
        frame = socket.frame()
        assert (frame.opcode, frame.payload) == (PONG, b"between")


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
def test_close_by_the_client(relay, secret, code):
    """The server answers with the same code and ends the connection."""
    with relay.raw_socket(secret) as socket:
        socket.send_frame(CLOSE, close_payload(code, "再见".encode()))
        assert socket.close_code() == code
        assert socket.is_closed()


def test_close_without_a_code(relay, secret):
    """It is answered with a close frame too."""
    with relay.raw_socket(secret) as socket:
        socket.send_frame(CLOSE)
        assert socket.close_code() in (1000, 1005)
        assert socket.is_closed()


def test_nothing_is_said_without_need(relay, secret):
    """A raw socket begins in silence: no hello. The first frame is the first event."""
    with relay.raw_socket(secret) as socket:
        body = qq.event()
        relay.deliver(secret, body)
        frame = socket.frame()
        assert (frame.fin, frame.opcode, frame.payload) == (True, TEXT, body)


def test_vanished_client(relay, secret):
    """A connection that ends without a close frame takes nobody with it."""
    with relay.raw_socket(secret) as gone, relay.raw_socket(secret) as staying:
        gone.socket.close()
        bodies = [qq.event(), qq.event()]
        for body in bodies:
            relay.deliver(secret, body)
            assert staying.frame().payload == body
