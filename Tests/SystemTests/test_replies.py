"""A bot's reply becomes the platform's answer, over whatever way it comes; each sender is told what became of it."""

import json
import time

import pytest

from envelope_bot import EnvelopeBot, Waiting, webhook
from relay import PATIENCE
from test_platforms import counted


def post(relay, token, body, type="application/json"):
    """A reply over HTTP: its status and its members."""
    answer = relay.request("POST", f"/reply/{token}", body, {"Content-Type": type} if type else {})
    kind = "application/json" if answer.status == 200 else "application/problem+json"
    assert answer.headers["Content-Type"] == kind
    return answer.status, json.loads(answer.body)


# From the envelope socket


def test_text(relay, secret):
    """A text is the answer, in the platform's form, which for any sender is the text itself."""
    with EnvelopeBot(relay, secret) as bot:
        request = Waiting(relay, secret, '{"say":"hi"}')
        event = bot.receive()
        answer = bot.reply(event, text="größer,\nhallo", ref="r1")
        assert (answer["outcome"], answer["ref"], answer["token"]) == ("accepted", "r1", event["replytoken"])
        assert request.answered().status == 200
        assert request.answer.body.decode() == "größer,\nhallo"


def test_response(relay, secret):
    """A response is the answer as it is: status, header fields in order with repeats, bytes."""
    with EnvelopeBot(relay, secret) as bot:
        request = Waiting(relay, secret)
        fields = [["X-B", "1"], ["X-A", "2"], ["X-B", "3"], ["Content-Type", "a/b"], ["Content-Length", "999"]]
        assert bot.reply(bot.receive(), status=418, headers=fields, body_base64="AP8=")["outcome"] == "accepted"
        answer = request.answered()
        assert (answer.status, answer.body) == (418, b"\x00\xff")
        assert answer.headers.get_all("X-B") == ["1", "3"] and answer.headers["Content-Type"] == "a/b"
        assert answer.headers.get_all("Content-Length") == ["2"]


def test_confinement(relay, secret):
    """In a browser a reply can do nothing but be shown, and no bot hears of the script of a service worker."""
    with EnvelopeBot(relay, secret) as bot:
        assert relay.get(webhook(secret, reply="1"), {"Service-Worker": "script"}).status == 403
        request = Waiting(relay, secret)
        fields = {"Content-Type": "text/html", "content-security-policy": "sandbox allow-scripts", "Set-Cookie": "a=1"}
        assert bot.reply(bot.receive(), headers=fields, body="<p>hi")["outcome"] == "accepted"
        headers = request.answered().headers
        assert headers.get_all("Content-Security-Policy") == ["sandbox"] and headers["Set-Cookie"] is None
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Content-Type"] == "text/html"


def test_first_reply_wins(relay, secret):
    """Of two bots' replies one is the answer, and the other bot is told."""
    with EnvelopeBot(relay, secret) as one, EnvelopeBot(relay, secret) as other:
        request = Waiting(relay, secret)
        event = one.receive()
        assert other.receive() == event
        assert other.reply(event, text="other")["outcome"] == "accepted"
        assert one.reply(event, text="one")["outcome"] == "second"
        assert request.answered().body == b"other"


def test_late_reply(start, secret):
    """A silent bot leaves the platform its fallback at the deadline, and a reply behind it is told so."""
    relay = start("--reply-timeout", "300ms")
    with EnvelopeBot(relay, secret) as bot:
        request = Waiting(relay, secret)
        event = bot.receive()
        # The time is what --reply-timeout promises; no machine is too slow for it.
        assert request.answered().status == 200 and request.seconds >= 0.25
        assert bot.reply(event, text="late")["outcome"] == "late"
        assert post(relay, event["replytoken"], '{"text":"late"}')[0] == 410


def test_nobody_is_online(relay, secret):
    """The fallback goes out, not because the time is over but because nobody is there."""
    before = counted(relay, "hookwire_reply_waits_total", outcome="nobody_online")
    assert Waiting(relay, secret).answered().status == 200
    assert counted(relay, "hookwire_reply_waits_total", outcome="nobody_online") == before + 1


def test_bot_goes(start, secret):
    """A bot that goes in the middle leaves the platform its fallback at the deadline."""
    relay = start("--reply-timeout", "500ms")
    with EnvelopeBot(relay, secret) as bot:
        request = Waiting(relay, secret)
        bot.receive()
    assert request.answered().status == 200


def test_unfit_reply(relay, secret):
    """What cannot be an answer is told so, and the request still waits for one that can."""
    with EnvelopeBot(relay, secret) as bot:
        request = Waiting(relay, secret)
        event = bot.receive()
        for reply in [
            {"text": "x" * 65537},
            {"headers": [["a b", "c"]]},
            {"headers": {"a": "b\r\nc: d"}},
            {"headers": [["a", "b"]] * 65},
            {"headers": {"a": "b" * 16384}},
        ]:
            assert bot.reply(event, **reply)["outcome"] == "unfit"
        assert bot.reply(event, text="fit")["outcome"] == "accepted"
        assert request.answered().body == b"fit"


def test_many_at_once(start, secret):
    """A hundred requests of one bot wait at once, and each gets its own answer, in another order than they came."""
    relay = start("--reply-timeout", "30s")  # for a machine that does other things too
    with EnvelopeBot(relay, secret) as bot:
        requests = [Waiting(relay, secret, str(number)) for number in range(100)]
        events = [bot.receive() for _ in requests]
        for event in reversed(events):
            frame = {"type": "reply", "token": event["replytoken"], "text": f"to {event['data']}"}
            bot.socket.send(json.dumps(frame))
        assert [bot.receive()["outcome"] for _ in events] == ["accepted"] * 100
        assert [request.answered().body.decode() for request in requests] == [f"to {n}" for n in range(100)]


# Over HTTP


def test_over_http(relay, secret):
    """The same object over HTTP; the second is a conflict."""
    with EnvelopeBot(relay, secret) as bot:
        request = Waiting(relay, secret)
        token = bot.receive()["replytoken"]
        assert post(relay, token, '{"text":1}')[0] == 422
        assert post(relay, token, '{"text":"hi"}') == (200, {"outcome": "accepted"})
        status, problem = post(relay, token, '{"text":"again"}')
        assert (status, problem["reason"]) == (409, "second")
        assert request.answered().body == b"hi"


def test_response_over_http(relay, secret):
    """A body of another type is the answer as it is, with that type."""
    with EnvelopeBot(relay, secret) as bot:
        request = Waiting(relay, secret)
        token = bot.receive()["replytoken"]
        assert post(relay, token, b"<xml>\xff</xml>", "text/xml")[0] == 200
        assert request.answered().body == b"<xml>\xff</xml>"
        assert request.answer.headers["Content-Type"] == "text/xml"


@pytest.mark.parametrize(
    "token, body, type, expected",
    [
        ("0" * 48, '{"text":"hi"}', "application/json", (404, "unknown")),
        ("nonsense", '{"text":"hi"}', "application/json", (404, "unknown")),
        ("0" * 48, "text=hi", "application/x-www-form-urlencoded", (415, "no_media_type")),
        ("0" * 48, '{"text":"hi"}', None, (415, "no_media_type")),
        ("0" * 48, "{", "application/json", (400, "malformed_json")),
        ("0" * 48, "{}", "application/json", (422, "empty_reply")),
        ("0" * 48, '{"text":"hi","status":200}', "application/json", (422, "text_and_response")),
        ("0" * 48, "x" * ((1 << 20) + 1), "text/plain", (413, "body_too_large")),
    ],
)
def test_refused_over_http(relay, token, body, type, expected):
    """What is no reply, or for nobody, is a problem with a word for it."""
    status, problem = post(relay, token, body, type)
    assert (status, problem["reason"]) == expected


# On a raw socket


@pytest.mark.parametrize(
    "frame, type",
    [
        ("hi there", "text/plain; charset=utf-8"),
        ('{"a": 1}', "application/json"),
        ("<xml><a/></xml>", "application/xml; charset=utf-8"),
        ("123", "text/plain; charset=utf-8"),
    ],
)
def test_raw_answer(relay, secret, frame, type):
    """A text frame is the answer: JSON and XML as they are, anything else as a text."""
    with relay.bot(secret, path=f"/ws?secret={secret}&reply=1") as bot:
        request = Waiting(relay, secret, "?")
        assert bot.recv(timeout=PATIENCE) == "?"
        bot.send(frame)
        assert request.answered().body.decode() == frame
        assert request.answer.headers["Content-Type"] == type


def test_raw_answers_in_order(relay, secret):
    """Each frame is for the oldest open question; events that ask nothing are none."""
    with relay.bot(secret, path=f"/ws?secret={secret}&reply=1") as bot:
        requests = []
        for number in range(20):
            relay.request("POST", webhook(secret), "asks nothing", {"Content-Type": "text/plain"})
            requests.append(Waiting(relay, secret, str(number)))
            # One after the other, so that their order is known.
            assert [bot.recv(timeout=PATIENCE) for _ in range(2)][1] == str(number)
        for number in range(20):
            bot.send(f"to {number}")
        assert [request.answered().body.decode() for request in requests] == [f"to {n}" for n in range(20)]


def test_raw_socket_without_the_wish(relay, secret):
    """Without reply=1 what a raw client sends stays ignored."""
    with relay.bot(secret) as bot, EnvelopeBot(relay, secret) as other:
        request = Waiting(relay, secret, "?")
        bot.recv(timeout=PATIENCE)
        bot.send("hi")
        bot.ping().wait(PATIENCE)
        assert other.reply(other.receive(), text="the other")["outcome"] == "accepted"
        assert request.answered().body == b"the other"


def test_raw_answer_passes_over_the_expired(start, secret):
    """A question whose time is over is not what a later frame answers."""
    relay = start("--reply-timeout", "300ms")
    with relay.bot(secret, path=f"/ws?secret={secret}&reply=1") as bot:
        expired = Waiting(relay, secret, "first")
        assert bot.recv(timeout=PATIENCE) == "first"
        expired.answered()
        time.sleep(0.1)  # both clocks are one here, and the deadline is behind the answer
        request = Waiting(relay, secret, "second")
        assert bot.recv(timeout=PATIENCE) == "second"
        bot.send("to the second")
        assert request.answered().body == b"to the second"


def test_metrics(start, secret):
    """What became of replies is counted, by the way that they came."""
    relay = start()
    with EnvelopeBot(relay, secret) as bot:
        request = Waiting(relay, secret)
        event = bot.receive()
        bot.reply(event, text="hi")
        bot.reply(event, text="hi")
        request.answered()
    post(relay, "0" * 48, '{"text":"hi"}')
    text = relay.get("/metrics").body.decode()
    for line in (
        'hookwire_replies_total{outcome="accepted",way="envelope"} 1',
        'hookwire_replies_total{outcome="second",way="envelope"} 1',
        'hookwire_replies_total{outcome="unknown",way="http"} 1',
    ):
        way = line.replace('outcome="', "").split('"')[0]
        assert line in text or reordered(line) in text, (way, text)
    assert event["replytoken"] not in relay.log


def reordered(line):
    """The same line with its two labels the other way round."""
    name, rest = line.split("{")
    labels, value = rest.split("} ")
    return name + "{" + ",".join(reversed(labels.split(","))) + "} " + value
