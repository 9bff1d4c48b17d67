"""Pings from the server: a peer that answers anything stays, a silent one is let go."""

import pytest

import qq
from relay import Relay, receive
from websocket_raw import CLOSE, CONTINUATION, PING, PONG, TEXT


@pytest.fixture(scope="module")
def relay(tmp_path_factory):
    flags = ["--ping-interval", "3s", "--pong-timeout", "1s", "--body-timeout", "1s"]
    with Relay(*flags, folder=tmp_path_factory.mktemp("relay")) as relay:
        yield relay


def test_answering_client_stays(relay, secret):
    """Pings come again and again, and pongs keep the socket open."""
    with relay.raw_socket(secret) as socket:
        for _ in range(2):
            frame = socket.any_frame()
            assert frame.opcode == PING
            socket.send_frame(PONG, frame.payload)
        body = qq.event()
        relay.deliver(secret, body)
        assert socket.frame().payload == body


def test_any_frame_is_a_sign_of_life(relay, secret):
    """A client that sends messages and no pong is not silent."""
    with relay.raw_socket(secret) as socket:
        for _ in range(2):
            assert socket.any_frame().opcode == PING
            socket.send_frame(TEXT, b'{"op":1,"d":null}')
        body = qq.event()
        relay.deliver(secret, body)
        assert socket.frame().payload == body


def test_silent_client_is_closed(relay, secret):
    """One ping, no answer, the end."""
    with relay.raw_socket(secret) as socket:
        assert socket.any_frame().opcode == PING
        try:
            assert socket.frame().opcode == CLOSE
        except (EOFError, ConnectionResetError):
            return
        assert socket.is_closed()


def test_unfinished_message_is_closed(relay, secret):
    """A message that is not finished in time is not kept, however lively its client is."""
    with relay.raw_socket() as socket:
        socket.upgrade("/ws?secret=" + secret, "Sec-WebSocket-Protocol: cloudevents.json")
        socket.send_frame(TEXT, b"{", fin=False)
        pings = 0
        while (frame := socket.any_frame()).opcode != CLOSE:
            if frame.opcode == PING:
                pings += 1
                assert pings < 3
                socket.send_frame(PONG, frame.payload)
                socket.send_frame(CONTINUATION, b" ", fin=False)
        assert frame.payload == (1008).to_bytes(2) + b"a message took too long; send it faster"


def test_real_client(relay, secret):
    """The `websockets` package answers by itself, and pings by itself."""
    with relay.bot(secret, ping_interval=0.5, ping_timeout=5) as bot, relay.raw_socket(qq.secret()) as clock:
        for _ in range(2):
            frame = clock.any_frame()
            assert frame.opcode == PING
            clock.send_frame(PONG, frame.payload)
        body = qq.event()
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)
