"""The envelope protocol: events as CloudEvents, and a frame for every frame."""

import base64
import contextlib
import datetime
import json
import urllib.parse

import pytest
import websockets.exceptions
from cloudevents.core.formats.json import JSONFormat

import qq
import schemas
from envelope_bot import EnvelopeBot, webhook
from relay import PATIENCE

JSON = "application/json"
BODIES = {
    "an object": (JSON, '{"a": [1.50, "x"], "ü": null}'.encode()),
    "with line breaks": (JSON, b'{\r\n  "a": 1\n}\n'),
    "a number of a JSON type": (JSON, b"12345678901234567890.5"),
    "called text": ("text/plain", b'{"a":1}'),
    "of a vendor's type": ("application/vnd.x+json; v=1", b"[]"),
    "without a type": (None, b'{"a":1}'),
    "a number in a text": ("text/plain", b"123"),
    "a form": ("application/x-www-form-urlencoded", b"a=1&b=2"),
    "broken JSON": (JSON, b'{"a":'),
    "bytes": ("image/png", bytes(range(256))),
    "nothing": (JSON, b""),
}


@pytest.mark.parametrize("type, body", BODIES.values(), ids=BODIES.keys())
def test_body(relay, secret, type, body):
    """JSON is the data as it is, anything else is Base64; both read by the `cloudevents` package."""
    with EnvelopeBot(relay, secret) as bot:
        answer = relay.request("POST", webhook(secret), body, {"Content-Type": type} if type else {})
        assert answer.status == 200
        frame = bot.socket.recv(timeout=PATIENCE)
        event = JSONFormat().read(None, frame)
        members = schemas.check("envelope", json.loads(frame))
        try:
            parsed = json.loads(body)
            is_json = isinstance(parsed, dict | list) or (type or JSON) == JSON
        except ValueError:
            is_json = False
        if not body:
            assert "data" not in members and "data_base64" not in members
        elif is_json:
            assert event.get_data() == parsed and f'"data":{body.decode()}}}' in frame
            assert members["datacontenttype"] == (type if type and "json" in type else JSON)
        else:
            assert event.get_data() == body == base64.b64decode(members["data_base64"])


def test_request(relay, secret):
    """What else is known of the request: method, query without credentials, and header fields in order with repeats."""
    with EnvelopeBot(relay, secret) as bot, relay.raw() as connection:
        lines = ["X-B: 1", "x-a: \"ü\"", "X-B: 2", "Content-Type: application/json", "Content-Length: 2"]
        connection.request("PUT", webhook(secret, a="1", b="2") + "&a=3", *lines, body=b"{}")
        event = bot.receive()
        assert event["method"] == "PUT" and event["query"] == "a=1&b=2&a=3"
        fields = [field for field in json.loads(event["headers"]) if field[0].lower() in ("x-a", "x-b")]
        assert fields == [["X-B", "1"], ["x-a", '"ü"'], ["X-B", "2"]]
        assert event["platform"] == "generic" and event["type"] == "webhook" and event["attempt"] == 1
        age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(event["time"])
        assert abs(age.total_seconds()) < PATIENCE


def test_fields_that_repeat_the_url(relay, secret):
    """A proxy's fields that have the URL, and the secret with it, travel as little as the URL's own does."""
    body = qq.event()
    fields = {
        "X-Original-URI": qq.webhook_path(secret), "X-Envoy-Original-Path": qq.webhook_path(secret), "X-Kept": "/?a=1",
        "Referer": "https://a.example/login?rd=" + urllib.parse.quote(qq.webhook_path(secret), safe=""),
    }
    with EnvelopeBot(relay, secret) as bot:
        assert relay.post(secret, body, qq.signed_headers(secret, body) | fields).status == 200
        assert relay.request("POST", webhook(secret), "{}", fields).status == 200
        for _ in range(2):
            event = bot.receive()
            names = [name for name, _ in json.loads(event["headers"])]
            assert "X-Kept" in names and not {"X-Original-URI", "X-Envoy-Original-Path", "Referer"} & set(names)
            assert secret not in json.dumps(event)


def test_identity(relay, secret):
    """The platform's own id and type; all sockets of a bot get the same frame, and raw ones the body."""
    body = qq.event("hi")
    with EnvelopeBot(relay, secret) as one, EnvelopeBot(relay, secret) as other, relay.bot(secret) as raw:
        relay.deliver(secret, body)
        frame = one.socket.recv(timeout=PATIENCE)
        assert other.socket.recv(timeout=PATIENCE) == frame
        assert raw.recv(timeout=PATIENCE).encode() == body
        event = json.loads(frame)
        assert event["id"] == json.loads(body)["id"] and event["type"] == "C2C_MESSAGE_CREATE"
        assert event["source"].startswith("hookwire:") and event["source"].endswith("/qq")
        assert secret not in frame


FRAMES = {
    "ping": {"type": "ping"},
    "ping with a word": {"type": "ping", "ref": "ü 1"},
    "text": {"type": "reply", "token": "0" * 48, "text": "hi"},
    "response": {"type": "reply", "token": "x", "status": 204, "headers": {"a": ["b", "c"]}, "ref": None},
    "pairs": {"type": "reply", "token": "x", "headers": [["a", "b"], ["a", "c"]], "body": ["x"]},
    "bytes": {"type": "reply", "token": "x", "body_base64": "aGk="},
    "no type": {"ref": "1"},
    "another type": {"type": "pong"},
    "a word that is none": {"type": "ping", "ref": 1},
    "no token": {"type": "reply", "text": "hi"},
    "no reply": {"type": "reply", "token": "x"},
    "text and response": {"type": "reply", "token": "x", "text": "hi", "status": 200},
    "no text": {"type": "reply", "token": "x", "text": None},
    "a status that is none": {"type": "reply", "token": "x", "status": 100},
    "headers that are none": {"type": "reply", "token": "x", "headers": {"a": 1}},
    "half a pair": {"type": "reply", "token": "x", "headers": [["a"]]},
    "a body that is none": {"type": "reply", "token": "x", "body": 1},
    "two bodies": {"type": "reply", "token": "x", "body": "a", "body_base64": "aGk="},
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_schema_of_client_frames(relay, secret, frame):
    """The relay takes what the schema allows, and tells of what it does not allow."""
    is_valid = schemas.validators["client-frame"].is_valid(frame)
    with EnvelopeBot(relay, secret) as bot:
        answer = bot.ask(frame)
        assert (answer["type"] != "hookwire.error") == is_valid
        if is_valid:
            assert answer.get("ref") == frame.get("ref")
            # These tokens are nobody's.
            assert answer.get("outcome") == ("unknown" if frame["type"] == "reply" else None)


@pytest.mark.parametrize(
    "frame, reason",
    [("{", "malformed_json"), ("[]", "malformed_json"), ("", "malformed_json"), (b"{}", "binary"),
     ('{"type":"ack","id":"1"}', "missing_position"), ('{"type":"nack"}', "missing_position"),
     ('{"type":"ack","position":"1-1"}', "no_group")],
)
def test_unusable_frames(relay, secret, frame, reason):
    """What is no frame is told so, and the socket goes on."""
    with EnvelopeBot(relay, secret) as bot:
        assert bot.ask(frame)["reason"] == reason
        assert bot.ask({"type": "ping"})["type"] == "hookwire.pong"


def test_too_many_unusable_frames(relay, secret):
    """They are answered, up to a bound; then the socket is closed with 1008."""
    with EnvelopeBot(relay, secret) as bot:
        # The relay may be done with them before the last is sent.
        with contextlib.suppress(websockets.exceptions.ConnectionClosed):
            for _ in range(100):
                bot.socket.send("x")
        answers = 0
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            while bot.receive():
                answers += 1
        assert closed.value.rcvd.code == 1008 and 16 <= answers < 40


def test_frame_that_is_too_large(relay, secret):
    """A reply of the largest size passes; what is larger than any reply may be is 1009."""
    with EnvelopeBot(relay, secret) as bot:
        largest = base64.b64encode(bytes(1 << 20)).decode()
        answer = bot.ask({"type": "reply", "token": "0" * 48, "body_base64": largest})
        assert answer["outcome"] == "unknown"
        bot.socket.send("x" * (2 << 20))
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            bot.receive()
        assert closed.value.rcvd.code == 1009


def test_going_on(relay, secret):
    """After a position: told that it goes on, then what was missed, then what comes."""
    with EnvelopeBot(relay, secret) as bot:
        for number in range(100):
            relay.request("POST", webhook(secret), str(number), {"Content-Type": JSON})
        positions = [bot.receive()["position"] for _ in range(100)]
    with EnvelopeBot(relay, secret, after=positions[9]) as bot:
        first = bot.receive()
        assert first["type"] == "hookwire.recovery" and first["recovered"] and first["position"] == positions[9]
        relay.request("POST", webhook(secret), "100", {"Content-Type": JSON})
        assert [bot.receive()["data"] for _ in range(91)] == list(range(10, 101))


def test_not_going_on(start, secret):
    """What the log has let go is told with the reason, and nothing is replayed in part."""
    relay = start("--retention-count", "5")
    with EnvelopeBot(relay, secret) as bot:
        for number in range(10):
            relay.request("POST", webhook(secret), str(number), {"Content-Type": JSON})
        positions = [bot.receive()["position"] for _ in range(10)]
    epoch = positions[0].split("-")[0]
    for after, reason in [(positions[1], "trimmed"), (f"{epoch}-99", "ahead"), ("1-1", "epoch_changed")]:
        with EnvelopeBot(relay, secret, after=after) as bot:
            told = bot.receive()
            assert (told["type"], told["recovered"], told["reason"]) == ("hookwire.recovery", False, reason)
            assert told["position"] == positions[9]
            assert bot.ask({"type": "ping"})["type"] == "hookwire.pong"


def test_position_that_is_none(relay, secret):
    """A developer's mistake is told at once."""
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        EnvelopeBot(relay, secret, after="yesterday")
    assert refused.value.response.status_code == 400


def test_other_subprotocols(relay, secret):
    """A client that offers others too gets envelopes; one that offers only others gets raw frames, as ever."""
    with relay.bot(secret, subprotocols=["mqtt", "cloudevents.json"]) as bot:
        assert bot.subprotocol == "cloudevents.json"
    with relay.raw_socket() as socket:
        answer = socket.upgrade("/ws?secret=" + secret, "Sec-WebSocket-Protocol: mqtt")
        assert answer.status == 101 and "sec-websocket-protocol" not in answer.headers


def test_drain(start, secret):
    """The client is told to come back."""
    relay = start("--drain", "2s")
    with EnvelopeBot(relay, secret) as bot:
        relay.signal()
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            bot.receive()
        assert closed.value.rcvd.code == 1012
    assert relay.wait() == 0
