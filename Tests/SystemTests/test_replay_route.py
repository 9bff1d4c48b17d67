"""POST /replay: a retained event is published again, as it was or edited, for all or for one."""

import base64
import json

import pytest

import qq
from envelope_bot import EnvelopeBot
from relay import receive


def replay(relay, secret, **order):
    return relay.request("POST", "/replay", json.dumps(order), {"Authorization": f"Bearer {secret}"})


def test_replay(relay, secret):
    """The same bytes and header fields, behind all others, with a position of its own and that of the first time."""
    with EnvelopeBot(relay, secret) as bot:
        relay.deliver(secret, qq.event("first"))
        relay.deliver(secret, qq.event("second"))
        first, second = bot.receive(), bot.receive()
        answer = replay(relay, secret, position=first["position"])
        again = bot.receive()
        assert answer.status == 200 and json.loads(answer.body) == {"position": again["position"]}
        assert again["replayof"] == first["position"] and "replayof" not in second
        assert {**first, "position": 0} == {name: value for name, value in again.items() if name != "replayof"} | {"position": 0}
        answer = relay.request("POST", f"/replay?secret={secret}", json.dumps({"position": again["position"]}))
        assert answer.status == 200 and bot.receive()["replayof"] == again["position"]


@pytest.mark.parametrize(
    "edit, body",
    [({"body": '{"op":0,"d":{"content":"edited é"}}'}, '{"op":0,"d":{"content":"edited é"}}'.encode()),
     ({"body_base64": base64.b64encode(b"\xff\x00").decode()}, b"\xff\x00"), ({"body": ""}, b"")],
)
def test_edited(relay, secret, edit, body):
    """Another body, as text or as bytes."""
    with relay.bot(secret) as bot:
        relay.deliver(secret, qq.event("original"))
        receive(bot)
        with EnvelopeBot(relay, secret) as envelope:
            relay.deliver(secret, qq.event("original"))
            receive(bot)
            assert replay(relay, secret, position=envelope.receive()["position"], **edit).status == 200
        assert receive(bot)[1] == body


def test_edited_type(relay, secret):
    """An edited event of QQ's is what its body says, for filters and envelopes too."""
    with EnvelopeBot(relay, secret) as bot, EnvelopeBot(relay, secret, type="OTHER") as other:
        relay.deliver(secret, qq.event("original"))
        position = bot.receive()["position"]
        assert replay(relay, secret, position=position, body='{"op":0,"t":"OTHER","d":{}}').status == 200
        assert bot.receive()["type"] == other.receive()["type"] == "OTHER"


def test_one_consumer(relay, secret):
    """Only the sockets of the consumer's name get it: live, from the log, and as members of a group."""
    named, other = f"/ws?secret={secret}&consumer=test", f"/ws?secret={secret}&consumer=other"
    group = f"/ws?secret={secret}&group=workers"
    with relay.bot(secret) as bot, relay.bot(secret, path=named) as test, relay.bot(secret, path=group) as worker:
        with EnvelopeBot(relay, secret) as envelope:
            relay.deliver(secret, original := qq.event("original"))
            position = envelope.receive()["position"]
            for socket in (bot, test, worker):
                assert receive(socket)[1] == original
            assert replay(relay, secret, position=position, consumer="test", body="for test").status == 200
            assert replay(relay, secret, position=position, consumer="workers", body="for workers").status == 200
            assert replay(relay, secret, position=position, body="for all").status == 200
            assert base64.b64decode(envelope.receive()["data_base64"]) == b"for all"
        assert receive(bot)[1] == b"for all"
        assert [receive(test)[1] for _ in range(2)] == [b"for test", b"for all"]
        assert [receive(worker)[1] for _ in range(2)] == [b"for workers", b"for all"]
    # What is in the log is passed over too, and read by whom it is for.
    with relay.bot(secret, path=other) as late:
        assert [receive(late)[1] for _ in range(2)] == [original, b"for all"]
    with relay.bot(secret, path=f"{named}&after={position}") as late:
        assert [receive(late)[1] for _ in range(2)] == [b"for test", b"for all"]


def test_refusals(start, secret):
    """What is not there is 404, what is not right 400, and another's secret opens nothing."""
    relay = start("--retention-count", "2")
    with EnvelopeBot(relay, secret) as bot:
        for number in range(4):
            relay.deliver(secret, qq.event(str(number)))
        positions = [bot.receive()["position"] for _ in range(4)]
    assert replay(relay, secret, position=positions[3]).status == 200
    for position in (positions[0], "1-1", positions[3].split("-")[0] + "-0", positions[3].split("-")[0] + "-99"):
        answer = replay(relay, secret, position=position)
        assert (answer.status, json.loads(answer.body)["reason"]) == (404, "not_retained"), position
    assert replay(relay, qq.secret(), position=positions[3]).status == 404
    for order, reason in [
        ({}, "bad_position"), ({"position": "x"}, "bad_position"), ({"position": positions[3], "body": 1}, "bad_body"),
        ({"position": positions[3], "body": "a", "body_base64": ""}, "bad_body"),
        ({"position": positions[3], "body_base64": "?"}, "bad_body"),
        ({"position": positions[3], "consumer": "a b"}, "bad_consumer"),
        ({"position": positions[3], "consumers": "test"}, "unknown_member"), ({"boddy": "x"}, "unknown_member"),
        ({"position": positions[3], "body": "\ud800"}, "lone_surrogate"),
    ]:
        answer = replay(relay, secret, **order)
        assert (answer.status, json.loads(answer.body)["reason"]) == (400, reason), order
    assert relay.request("POST", "/replay", "{}").status == 401
    for body in ("[]", "", b'{"position":"1-1","body":"\xff"}', '{"position":"1-1","position":"1-1"}'):
        answer = relay.request("POST", f"/replay?secret={secret}", body)
        assert (answer.status, json.loads(answer.body)["reason"]) == (400, "malformed_json"), body
