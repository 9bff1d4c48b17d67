"""One connection, several requests: order, keep-alive, 100-continue."""

import json
import socket

import pytest

import qq
from relay import receive
from websocket_raw import PING, PONG, TEXT, encode, fresh_key, handshake_lines


def header_lines(headers):
    return [f"{name}: {value}" for name, value in headers.items()]


def post_bytes(secret, body, *more_lines):
    lines = ["POST " + qq.webhook_path(secret) + " HTTP/1.1", "Host: relay.example", f"Content-Length: {len(body)}"]
    lines += [*header_lines(qq.signed_headers(secret, body)), *more_lines]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_pipelining(relay, secret):
    """Requests sent at once are answered one after the other, in their order."""
    bodies = [qq.event(f"number {n}") for n in range(20)]
    get = b"GET %s HTTP/1.1\r\nHost: relay.example\r\n\r\n"
    with relay.bot(secret) as bot, relay.raw() as connection:
        burst = b"".join(post_bytes(secret, body) + get % b"/livez" + get % b"/nothing" for body in bodies)
        connection.send(burst + post_bytes(secret, qq.validation("token", "1725442341")))
        for _ in bodies:
            assert connection.response().body == qq.ACKNOWLEDGED
            assert connection.response().status == 200
            assert connection.response().status == 404
        assert json.loads(connection.response().body)["plain_token"] == "token"
        assert [receive(bot) for _ in bodies] == [("text", body) for body in bodies]


def test_pipelining_by_a_client_that_has_finished_its_side(relay, secret):
    """What was asked for before the end is answered in full, also where the answers do not fit into what the system
    takes at once."""
    get = b"GET %s HTTP/1.1\r\nHost: relay.example\r\n\r\n"
    body = qq.event("behind long answers")
    with relay.bot(secret) as bot, relay.raw(receive_buffer=4096) as connection:
        connection.send(get % b"/metrics" * 20 + post_bytes(secret, body) + get % b"/nothing" * 2)
        connection.socket.shutdown(socket.SHUT_WR)
        assert [connection.response().status for _ in range(20)] == [200] * 20
        assert connection.response().body == qq.ACKNOWLEDGED
        assert [connection.response().status for _ in range(2)] == [404] * 2
        assert connection.is_closed()
        assert receive(bot) == ("text", body)


def test_body_in_chunks(relay, secret):
    """Transfer-Encoding: chunked, with extensions and trailers, gives the same body."""
    body = qq.event("in pieces")
    pieces = [body[:1], body[1:40], body[40:]]
    chunks = b"".join(b"%x;name=value\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    with relay.bot(secret) as bot, relay.raw() as connection:
        lines = header_lines(qq.signed_headers(secret, body))
        connection.request("POST", qq.webhook_path(secret), "Transfer-Encoding: chunked", *lines)
        connection.send(chunks + b"0\r\nX-Trailer: ignored\r\n\r\n")
        assert connection.response().body == qq.ACKNOWLEDGED
        assert receive(bot) == ("text", body)


def test_one_byte_at_a_time(relay, secret):
    """TCP owes nobody whole requests."""
    body = qq.event("drip")
    with relay.raw() as connection:
        for byte in post_bytes(secret, body):
            connection.send(bytes([byte]))
        assert connection.response().body == qq.ACKNOWLEDGED


def test_expect_continue(relay, secret):
    """The body is asked for, then the event is answered."""
    body = qq.event("after the 100")
    head, _, _ = post_bytes(secret, body, "Expect: 100-continue").partition(b"\r\n\r\n")
    with relay.raw() as connection:
        connection.send(head + b"\r\n\r\n")
        assert connection.response().status == 100
        connection.send(body)
        assert connection.response().body == qq.ACKNOWLEDGED


def test_expect_continue_for_a_body_too_large(relay, secret):
    """A body that would be refused is not asked for."""
    with relay.raw() as connection:
        target = qq.webhook_path(secret)
        connection.request("POST", target, f"Content-Length: {2 << 20}", "Expect: 100-continue")
        assert connection.response().status == 413


def test_unknown_expectation(relay, secret):
    """RFC 9110, section 10.1.1."""
    with relay.raw() as connection:
        connection.request("POST", qq.webhook_path(secret), "Content-Length: 2", "Expect: miracles")
        assert connection.response().status == 417


def test_connection_close(relay):
    """Who asks for the connection to end after the answer gets that."""
    with relay.raw() as connection:
        connection.request("GET", "/livez", "Connection: close")
        response = connection.response()
        assert response.status == 200
        assert response.headers["connection"].lower() == "close"
        assert connection.is_closed()


def test_http_1_0(relay):
    """An HTTP/1.0 client does not know keep-alive unless it says so."""
    with relay.raw() as connection:
        connection.send("GET /livez HTTP/1.0\r\n\r\n")
        assert connection.response().status == 200
        assert connection.is_closed()


def test_error_keeps_the_connection(relay, secret):
    """A refusal that leaves no doubt about where the request ended does not cost the connection."""
    with relay.raw() as connection:
        for status, target in [(404, "/nothing"), (405, "/webhook?secret=x"), (426, "/ws?secret=x"), (200, "/livez")]:
            connection.request("GET", target)
            assert connection.response().status == status


@pytest.mark.parametrize("requests_before", [0, 1, 3])
def test_upgrade_on_any_request(relay, secret, requests_before):
    """Proxies keep connections alive: a WebSocket may begin on the second request, or on the fourth."""
    with relay.raw_socket() as connection:
        for _ in range(requests_before):
            connection.request("GET", "/livez")
            assert connection.response().status == 200
        connection.upgrade("/ws?secret=" + secret)
        body = qq.event()
        relay.deliver(secret, body)
        frame = connection.frame()
        assert (frame.opcode, frame.payload) == (TEXT, body)


def test_frame_in_the_packet_of_the_upgrade(start, secret):
    """A client may send its first frame with the handshake; it is answered without waiting for anything else."""
    relay = start("--ping-interval", "1h")
    with relay.raw_socket() as connection:
        lines = ["GET /ws?secret=" + secret + " HTTP/1.1", "Host: relay.example", *handshake_lines(fresh_key())]
        connection.send("\r\n".join(lines).encode() + b"\r\n\r\n" + encode(PING, b"early"))
        assert connection.response(to_head=True).status == 101
        frame = connection.frame()
        assert (frame.opcode, frame.payload) == (PONG, b"early")
