"""What holds for every platform: its event becomes an envelope, the bot's reply its answer, in the platform's own form."""

import json

import pytest

from envelope_bot import EnvelopeBot
from platforms import PLATFORMS, SYNCHRONOUS
from relay import PATIENCE, Relay
from waiting import until
from webhook_request import Sending, send

TEXT = "größer & 你好 <b>]]&gt;</b> \"x\" '1' \U0001f600"
every_platform = pytest.mark.parametrize("kind", PLATFORMS.values(), ids=PLATFORMS.keys())
every_synchronous = pytest.mark.parametrize("kind", SYNCHRONOUS.values(), ids=SYNCHRONOUS.keys())


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    """A relay whose bots have little time to answer."""
    with Relay("--reply-timeout", "700ms", folder=tmp_path_factory.mktemp("relay")) as relay:
        yield relay


def counted(relay, name, **labels):
    """A counter's value; 0 where there is none yet."""
    words = [f'{label}="{value}"' for label, value in labels.items()]
    lines = [line for line in relay.get("/metrics").body.decode().splitlines() if line.startswith(name + "{")]
    return sum(int(line.split()[-1]) for line in lines if all(word in line for word in words))


@every_platform
def test_envelope(relay, secret, kind):
    """Its event is a CloudEvent for the `cloudevents` package, with what was sent, and without the bot's secret."""
    platform = kind(secret)
    request = platform.event(TEXT)
    with EnvelopeBot(relay, platform.secret) as bot:
        sending = Sending(relay, request)
        # Reading it checks it by the package and by our schema.
        event = bot.receive()
        if "data" in event:
            assert event["data"] == json.loads(request.delivered)
        assert event["platform"] == kind.name
        # Of a body without a form that is known nothing is said in plain words.
        assert event.get("text") == (None if kind.name == "generic" else TEXT)
        text = json.dumps(event)
        assert platform.secret not in text and getattr(platform, "aes_key", platform.secret) not in text
        if kind in SYNCHRONOUS.values():
            assert bot.reply(event, text=TEXT)["outcome"] == "accepted"
            assert platform.said(sending.answered()) == TEXT
        else:
            assert "replytoken" not in event
            assert (sending.answered().status, sending.answer.body) == (200, kind.acknowledgement)


@every_platform
def test_bytes(relay, secret, kind):
    """A raw socket gets the body that was sent, or what was encrypted in it."""
    platform = kind(secret)
    request = platform.event(TEXT)
    with relay.bot(platform.secret) as bot:
        sending = Sending(relay, request)
        assert bot.recv(timeout=PATIENCE).encode() == request.delivered
        assert sending.answered().status == 200


@every_platform
def test_repetition(relay, secret, kind):
    """The same event again is acknowledged, answered as the first was, and published once."""
    platform = kind(secret)
    with EnvelopeBot(relay, platform.secret) as bot:
        sendings = [Sending(relay, platform.event()) for _ in range(3)]
        event = bot.receive()
        if kind in SYNCHRONOUS.values():
            bot.reply(event, text="once")
            assert {platform.said(sending.answered()) for sending in sendings} == {"once"}
            assert platform.said(send(relay, platform.event())) == "once"
        else:
            assert {sending.answered().body for sending in sendings} == {kind.acknowledgement}
        assert bot.ask({"type": "ping"})["type"] == "hookwire.pong"


@every_synchronous
def test_repetitions_attach(start, secret, kind):
    """A repetition that comes while the first waits, waits with it: both have the one reply."""
    platform, relay = kind(secret), start("--reply-timeout", "30s")
    with EnvelopeBot(relay, platform.secret) as bot:
        first = Sending(relay, platform.event())
        event = bot.receive()
        repetition = Sending(relay, platform.event())
        until(
            lambda: counted(relay, "hookwire_webhook_requests_total", platform=kind.name, outcome="duplicate"),
            "the repetition does not come",
        )
        assert first.answer is None and repetition.answer is None
        assert bot.reply(event, text="both")["outcome"] == "accepted"
        assert [platform.said(sending.answered()) for sending in (first, repetition)] == ["both"] * 2
        assert bot.ask({"type": "ping"})["type"] == "hookwire.pong"


@every_synchronous
def test_first_of_two_bots_wins(relay, secret, kind):
    """The platform gets the first bot's reply, and the second bot is told."""
    platform = kind(secret)
    with EnvelopeBot(relay, platform.secret) as one, EnvelopeBot(relay, platform.secret) as other:
        sending = Sending(relay, platform.event())
        event = one.receive()
        assert other.receive() == event
        assert other.reply(event, text="other")["outcome"] == "accepted"
        assert one.reply(event, text="one")["outcome"] == "second"
        assert platform.said(sending.answered()) == "other"


@every_synchronous
def test_nobody_is_online(relay, secret, kind):
    """The platform has its fallback, not because its time was over but because nobody is there."""
    platform = kind(secret)
    labels = {"platform": kind.name, "outcome": "nobody_online"}
    before = counted(relay, "hookwire_reply_waits_total", **labels)
    answer = send(relay, platform.event())
    assert (answer.status, answer.body) == (200, kind.fallback)
    assert counted(relay, "hookwire_reply_waits_total", **labels) == before + 1


@every_synchronous
def test_bot_is_silent(impatient, secret, kind):
    """The platform has its fallback at the deadline, and the bot that replies behind it is told that it is late."""
    platform = kind(secret)
    with EnvelopeBot(impatient, platform.secret) as bot:
        sending = Sending(impatient, platform.event())
        event = bot.receive()
        answer = sending.answered()
        # The time is what --reply-timeout promises; no machine is too slow for it.
        assert (answer.status, answer.body) == (200, kind.fallback) and sending.seconds >= 0.65
        assert bot.reply(event, text="late")["outcome"] == "late"
        # The platform's next try has the answer that the first had.
        assert send(impatient, platform.event()).body == kind.fallback


@every_synchronous
def test_bot_goes(impatient, secret, kind):
    """A bot that goes with the question leaves the platform its fallback."""
    platform = kind(secret)
    with EnvelopeBot(impatient, platform.secret) as bot:
        sending = Sending(impatient, platform.event())
        bot.receive()
        bot.socket.socket.close()
    answer = sending.answered()
    assert (answer.status, answer.body) == (200, kind.fallback)


@every_synchronous
def test_unfit_reply(relay, secret, kind):
    """A reply that the platform would not take is told so, and the next one that it takes is the answer."""
    platform = kind(secret)
    with EnvelopeBot(relay, platform.secret) as bot:
        sending = Sending(relay, platform.event())
        event = bot.receive()
        assert bot.reply(event, text="x" * 65537)["outcome"] == "unfit"
        assert bot.reply(event, text="fit")["outcome"] == "accepted"
        assert platform.said(sending.answered()) == "fit"
