"""What one connection may take: sizes and times, each with the answer that exceeding it gets."""

import contextlib
import socket

import pytest

import qq
from relay import PATIENCE, Relay, memory

SHORT = ["--header-timeout", "1s", "--body-timeout", "1s", "--idle-timeout", "1s"]


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    with Relay(*SHORT, folder=tmp_path_factory.mktemp("relay")) as relay:
        yield relay


@pytest.mark.parametrize(
    "lines",
    [
        ["X-Long: " + "a" * 70_000],
        [f"X-Field-{n}: {'a' * 1000}" for n in range(70)],
        [f"X-{n}: 1" for n in range(2000)],
    ],
    ids=["one field", "all fields together", "many fields"],
)
def test_header_too_large(relay, lines):
    """431, and the connection ends, since what follows the header was never looked for."""
    with relay.raw() as connection:
        connection.request("GET", "/livez", *lines)
        response = connection.response()
        assert response.status == 431
        assert response.is_problem()
        assert connection.is_closed()


def test_target_too_long(relay):
    """The request target counts too, and never grows a buffer without end."""
    with relay.raw() as connection:
        connection.request("GET", "/livez?" + "a" * 70_000)
        assert connection.response().status in (414, 431)
        assert connection.is_closed()


def test_ordinary_header_passes(relay):
    """Cookies and tracing make headers of some kilobytes; these pass."""
    with relay.raw() as connection:
        connection.request("GET", "/livez", *[f"X-Field-{n}: {'a' * 300}" for n in range(30)])
        assert connection.response().status == 200


def test_body_too_large_by_its_length(relay, secret):
    """A declared length over the limit is refused before any of it is read."""
    with relay.raw() as connection:
        connection.request("POST", qq.webhook_path(secret), f"Content-Length: {1 << 40}")
        response = connection.response()
        assert response.status == 413
        assert response.is_problem()
        assert connection.is_closed()


def test_body_too_large_in_chunks(relay, secret):
    """Without a declared length the bytes are counted."""
    with relay.raw() as connection:
        connection.request("POST", qq.webhook_path(secret), "Transfer-Encoding: chunked")
        chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
        for _ in range(17):
            connection.send(chunk)
        response = connection.response()
        assert response.status == 413
        assert response.is_problem()


def test_body_limit_is_configurable(start):
    """--body-limit, here by its environment variable."""
    relay, secret = start(env={"HOOKWIRE_BODY_LIMIT": "2KiB"}), qq.secret()
    relay.deliver(secret, qq.event_of_size(2048))
    assert relay.post(secret, qq.event_of_size(2049)).status == 413


def test_slow_header(impatient):
    """A header that does not end in time is 408."""
    with impatient.raw() as connection:
        connection.send("GET /livez HTTP/1.1\r\nHost: relay.example\r\nX-Slow: ")
        response = connection.response()
        assert response.status == 408
        assert response.is_problem()
        assert connection.is_closed()


def test_slow_header_on_a_used_connection(impatient):
    """The deadline is one of each request, not of the first."""
    with impatient.raw() as connection:
        connection.request("GET", "/livez")
        assert connection.response().status == 200
        connection.send("GET /livez HTTP/1.1\r\n")
        assert connection.response().status == 408
        assert connection.is_closed()


def test_slow_header_behind_another_request(impatient):
    """Nor does it begin with the next bytes: what came in the packet of the request before counts."""
    with impatient.raw() as connection:
        connection.send("GET /livez HTTP/1.1\r\nHost: relay.example\r\n\r\nGET /livez HTTP/1.1\r\nHost: rel")
        assert connection.response().status == 200
        assert connection.response().status == 408
        assert connection.is_closed()


def test_slow_body(impatient, secret):
    """A body that does not end in time is 408."""
    with impatient.raw() as connection:
        connection.request("POST", qq.webhook_path(secret), "Content-Length: 100", body=b'{"op":0')
        response = connection.response()
        assert response.status == 408
        assert response.is_problem()
        assert connection.is_closed()


def test_idle_connection(impatient):
    """A connection that has been answered and says nothing more is closed without a word."""
    with impatient.raw() as connection:
        connection.request("GET", "/livez")
        assert connection.response().status == 200
        assert connection.is_closed()


def test_reading_is_not_idle(start):
    """Whoever has not read all of its answers yet is not cut off when the idle time is over."""
    relay, count = start("--idle-timeout", "200ms"), 1000
    with relay.raw() as connection:
        # More than the system's buffers take.
        connection.send(b"GET /inspector/words.js HTTP/1.1\r\nHost: relay.example\r\n\r\n" * count)
        for _ in range(3):
            with relay.raw() as clock:
                clock.request("GET", "/livez")
                assert clock.response().status == 200
                assert clock.is_closed()  # the idle time has passed for a connection opened later
        assert {len(connection.response().body) for _ in range(count)} == {len(relay.get("/inspector/words.js").body)}


def test_deadlines_end_with_the_request(impatient, secret):
    """A WebSocket is no idle connection: it outlives all three deadlines."""
    with impatient.raw_socket(secret) as socket, impatient.raw() as clock:
        clock.request("GET", "/livez")
        assert clock.response().status == 200
        assert clock.is_closed()  # the idle time has passed for a connection opened later
        body = qq.event()
        impatient.deliver(secret, body)
        assert socket.frame().payload == body


@pytest.mark.parametrize(
    "request_line, fields",
    [("GET /nowhere", ["Connection: upgrade", "Upgrade: foo"]), ("CONNECT a:1", [])],
    ids=["upgrade", "connect"],
)
def test_another_protocol_uninvited(start, request_line, fields):
    """What a peer sends behind a request for another protocol, which it did not get, is thrown away and not kept."""
    relay = start()
    before = memory(relay.process.pid, "VmHWM")
    head = "\r\n".join([f"{request_line} HTTP/1.1", "Host: a", *fields, "", ""]).encode()
    sent, piece = 0, b"x" * (256 << 10)
    # Each is read for two seconds behind its answer: how much that is depends on the machine.
    while sent < 192 << 20:
        with socket.create_connection(("127.0.0.1", relay.port), timeout=PATIENCE) as connection:
            connection.sendall(head)
            with contextlib.suppress(OSError):
                while sent < 192 << 20:
                    sent += connection.send(piece)
    assert memory(relay.process.pid, "VmHWM") - before < 32 << 20
