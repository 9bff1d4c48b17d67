"""Server-Sent Events: the envelopes over plain HTTP, and what a browser needs to go on where it was."""

import json

import pytest

import qq
from envelope_bot import EnvelopeBot, Waiting, read, webhook
from relay import PATIENCE


class EventStream:
    """A client by the book (HTML Living Standard, section 9.2). Use `with`."""

    def __init__(self, relay, target, *header_lines, **options):
        self.connection = relay.raw(**options)
        self.connection.request("GET", target, "Accept: text/event-stream", *header_lines)
        head = self.connection.read_until(b"\r\n\r\n").decode().split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        self.id, self.retry, self.comments = "", None, 0

    def next(self):
        """The next event as its type and its data."""
        type, data = "message", []
        while True:
            line = self.connection.read_until(b"\n").decode().rstrip("\n")
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if not line:
                if data:
                    return type, "\n".join(data)
                if self.retry:
                    return None
            elif not field:
                self.comments += 1
            elif field == "id":
                self.id = value
            elif field == "event":
                type = value
            elif field == "data":
                data.append(value)
            elif field == "retry":
                self.retry = int(value)

    def event(self):
        """The next event; passes over comments."""
        while (event := self.next()) is None:
            pass
        return event

    def receive(self):
        """The next event, its data checked as an envelope."""
        event = self.event()
        members = read(event[1])
        assert members["position"] == self.id
        assert event[0] == ("recovery" if members["type"] == "hookwire.recovery" else "message")
        return members

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.__exit__()


def stream(relay, secret, *header_lines, after=None):
    return EventStream(relay, f"/events?secret={secret}" + (f"&after={after}" if after else ""), *header_lines)


def test_events(relay, secret):
    """The same envelope as on a socket, under its position; what a browser asks first is answered as it likes."""
    with stream(relay, secret) as events, EnvelopeBot(relay, secret) as bot:
        assert events.status == 200 and events.headers["content-type"] == "text/event-stream"
        assert events.headers["cache-control"] == "no-store"
        assert events.next() is None and events.retry == 2000 and events.id.endswith("-0")
        relay.deliver(secret, qq.event("hi"))
        assert events.receive() == bot.receive()


def test_bearer(relay, secret):
    """The secret may stand in a header, and stays out of proxies' logs."""
    with EventStream(relay, "/events", f"Authorization: Bearer {secret}") as events:
        relay.deliver(secret, qq.event("hi"))
        assert events.receive()["platform"] == "qq"


def test_line_breaks(relay, secret):
    """A body with line breaks of any kind arrives whole."""
    with stream(relay, secret) as events:
        body = '{\r\n  "a": [\n1,\r2 ]\n}\n'
        relay.request("POST", webhook(secret), body, {"Content-Type": "application/json"})
        assert events.receive()["data"] == json.loads(body)


def test_coming_back(relay, secret):
    """A browser that lost its connection says the last id, and goes on behind it; the header goes before the query."""
    with stream(relay, secret) as events:
        for number in range(50):
            relay.request("POST", webhook(secret), str(number), {"Content-Type": "application/json"})
        ids = []
        for number in range(50):
            assert events.receive()["data"] == number
            ids.append(events.id)
    with stream(relay, secret, f"Last-Event-ID: {ids[9]}", after=ids[40]) as events:
        told = events.receive()
        assert told["recovered"] and told["position"] == ids[9]
        assert [events.receive()["data"] for _ in range(40)] == list(range(10, 50))
    with stream(relay, secret, after=ids[40]) as events:
        assert events.receive()["recovered"]
        assert [events.receive()["data"] for _ in range(9)] == list(range(41, 50))


def test_consumer_that_was_away_too_long(start, secret):
    """A browser says where it was by itself; its consumer gets what is left all the same."""
    relay = start("--retention-count", "20")

    def post(*numbers):
        for number in numbers:
            relay.request("POST", webhook(secret), str(number), {"Content-Type": "application/json"})

    target = f"/events?secret={secret}&consumer=c"
    with EventStream(relay, target) as events:
        assert events.receive()["recovered"]
        post(0)
        assert events.receive()["data"] == 0
        last = events.id
    post(*range(1, 31))
    with EventStream(relay, target, f"Last-Event-ID: {last}") as events:
        told = events.receive()
        assert (told["recovered"], told["reason"]) == (False, "trimmed")
        assert [events.receive()["data"] for _ in range(20)] == list(range(11, 31))


def test_lost_before_the_first_event(relay, secret):
    """Who loses the connection before any event has come still knows where it was."""
    with stream(relay, secret) as events:
        assert events.next() is None
    relay.deliver(secret, qq.event("missed"))
    with stream(relay, secret, f"Last-Event-ID: {events.id}") as events:
        assert events.receive()["recovered"]
        assert events.receive()["data"]["d"]["content"] == "missed"


def test_never_silent(start, secret):
    """An id that the log cannot go on from is told with the reason, as an event of its own."""
    relay = start("--retention-count", "3")
    with stream(relay, secret) as events:
        for number in range(6):
            relay.request("POST", webhook(secret), str(number), {"Content-Type": "application/json"})
        assert [events.receive()["data"] for _ in range(6)] == list(range(6))
    epoch, last = events.id.split("-")[0], events.id
    for id, reason in [(f"{epoch}-1", "trimmed"), ("a-1", "epoch_changed"), ("gibberish", "bad_position")]:
        with stream(relay, secret, f"Last-Event-ID: {id}") as events:
            told = events.receive()
            assert (told["recovered"], told["reason"], told["position"]) == (False, reason, last)
            relay.request("POST", webhook(secret), '"next"', {"Content-Type": "application/json"})
            assert events.receive()["data"] == "next"
            last = events.id


def test_replies(relay, secret):
    """What a stream brings is answered over HTTP."""
    with stream(relay, secret) as events:
        request = Waiting(relay, secret)
        token = events.receive()["replytoken"]
        answer = relay.request("POST", f"/reply/{token}", '{"text":"hi"}', {"Content-Type": "application/json"})
        assert answer.status == 200 and request.answered().body == b"hi"


@pytest.mark.parametrize(
    "target, status", [("/events", 401), ("/events?secret=", 401), ("/events?secret=s&after=yesterday", 400)]
)
def test_refusals(relay, target, status):
    """A problem, as everywhere."""
    answer = relay.get(target)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_head(relay, secret):
    """HEAD is answered, and does not wait for events."""
    answer = relay.request("HEAD", f"/events?secret={secret}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")


def test_comments(start, secret):
    """A stream without events shows that it lives, and says how often."""
    relay = start("--ping-interval", "3s", "--pong-timeout", "1s")
    with stream(relay, secret) as events:
        assert events.headers["hookwire-ping-interval"] == "3"
        for _ in range(20):
            assert events.next() is None
            if events.comments:
                break
        assert events.comments == 1


def test_client_that_does_not_read(start, secret):
    """It is let go of when its queue is full, and the other receives everything."""
    relay = start("--queue-limit", "64KiB")
    target = f"/events?secret={secret}"
    with EventStream(relay, target, receive_buffer=4096) as stalled, stream(relay, secret) as reading:
        for number in range(400):
            body = json.dumps([number, "x" * 32768])
            relay.request("POST", webhook(secret), body, {"Content-Type": "application/json"})
            assert json.loads(reading.event()[1])["data"][0] == number
            if number % 20 == 0 and b'ended_total{reason="slow_consumer"} 1\n' in relay.get("/metrics").body:
                break
        received = 0
        with pytest.raises((EOFError, ConnectionResetError)):
            while stalled.next() is None or received <= number:
                received += 1
        assert received <= number < 399


def test_drain(start, secret):
    """A stream ends, and the process with it."""
    relay = start("--drain", "2s")
    with stream(relay, secret) as events:
        assert events.next() is None
        relay.signal()
        with pytest.raises((EOFError, ConnectionResetError)):
            while True:
                events.next()
    assert relay.wait(PATIENCE) == 0
