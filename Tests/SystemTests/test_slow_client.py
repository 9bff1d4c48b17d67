"""A client that stops reading: its queue is bounded in bytes, and nobody else notices."""

import struct

import qq
from relay import receive
from websocket_raw import CLOSE, TEXT

BODY_SIZE = 256 * 1024
EVENTS = 100  # 25 MiB: more than the kernel's buffers and the queue together


def test_client_that_stops_reading_is_closed(relay, secret):
    """It is closed with 1013 (or dropped, where no close frame gets through) while the other receives everything."""
    bodies = [qq.event_of_size(BODY_SIZE) for _ in range(EVENTS)]
    with relay.raw_socket(secret, receive_buffer=64 * 1024) as stalled, relay.bot(secret) as reading:
        for body in bodies:
            relay.deliver(secret, body)
            assert receive(reading) == ("text", body)

        received, code = read_to_the_end(stalled)
        assert code in (1013, None)
        assert received < EVENTS

        after = qq.event("the other goes on")
        relay.deliver(secret, after)
        assert receive(reading) == ("text", after)


def test_queue_limit_is_configurable(start):
    """A small --queue-limit lets go of a stalled client sooner; a reading client never fills it."""
    relay, secret = start("--queue-limit", "64KiB"), qq.secret()
    with relay.raw_socket(secret, receive_buffer=4096) as stalled, relay.bot(secret) as reading:
        for _ in range(400):
            body = qq.event_of_size(32 * 1024)
            relay.deliver(secret, body)
            assert receive(reading) == ("text", body)
        received, code = read_to_the_end(stalled)
        assert code in (1013, None)
        assert received < 400


def read_to_the_end(socket):
    """How many whole text frames there were, and the close code or None where the connection just ended."""
    received = 0
    try:
        while (frame := socket.frame()).opcode != CLOSE:
            received += frame.opcode == TEXT
        return received, struct.unpack("!H", frame.payload[:2])[0]
    except (EOFError, ConnectionResetError):
        return received, None
