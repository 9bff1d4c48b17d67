"""Messenger: Meta's check of the URL, and the body that its documentation and many a tutorial have."""

import json

import pytest

from envelope_bot import EnvelopeBot
from messenger import TUTORIAL, Messenger
from relay import PATIENCE
from webhook_request import send


@pytest.mark.parametrize("challenge", ["1158201444", "a-b_c.d~e", "x" * 1024])
def test_handshake(relay, secret, challenge):
    """The challenge comes back as it is, and as nothing that a browser would take for a page."""
    answer = send(relay, Messenger(secret).handshake(challenge))
    assert (answer.status, answer.body.decode()) == (200, challenge)
    assert answer.headers.get_content_type() == "text/plain" and answer.headers["X-Content-Type-Options"] == "nosniff"


def test_handshake_without_a_body(relay, secret):
    """HEAD works where GET does, for whoever only looks whether the URL is good."""
    answer = send(relay, Messenger(secret).handshake("1").but(method="HEAD"))
    assert (answer.status, answer.body) == (200, b"")


def test_tutorial(relay, secret):
    """The tutorial's body, signed: acknowledged, and delivered with what was said and byte for byte."""
    with EnvelopeBot(relay, secret) as bot, relay.bot(secret) as raw:
        answer = send(relay, Messenger(secret).post(TUTORIAL))
        assert (answer.status, answer.body) == (200, b"EVENT_RECEIVED")
        event = bot.receive()
        assert event["text"] == "hello world"
        assert (event["sender"], event["conversation"]) == ("USER_ID", "PAGE_ID")
        assert event["id"] == "mid.1573555267169:ec1cb9e1d69d6ef156" and event["type"] == "page"
        assert event["data"] == json.loads(TUTORIAL)
        assert raw.recv(timeout=PATIENCE).encode() == TUTORIAL


def test_batch(relay, secret):
    """However many messages: one event, its bytes untouched; the first in plain words, all of them in a list."""
    body = json.loads(TUTORIAL)
    (first,) = body["entry"][0]["messaging"]
    second = json.loads(json.dumps(first).replace("hello world", "a\\nb").replace("ec1c", "ec1d").replace("USER_ID", "U2"))
    third = json.loads(json.dumps(first).replace("hello world", "from another page").replace("ec1c", "ec1e"))
    body["entry"][0]["messaging"].append(second)
    body["entry"].append(body["entry"][0] | {"messaging": [third]})
    platform = Messenger(secret)
    batch = json.dumps(body).encode()
    with EnvelopeBot(relay, secret) as bot, relay.bot(secret) as raw:
        for _ in range(2):
            assert send(relay, platform.post(batch)).body == b"EVENT_RECEIVED"
        event = bot.receive()
        assert event["text"] == "hello world" and event["sender"] == "USER_ID"
        assert [(message["text"], message["sender"]) for message in json.loads(event["messages"])] == [
            ("hello world", "USER_ID"), ("a\nb", "U2"), ("from another page", "USER_ID"),
        ]
        assert raw.recv(timeout=PATIENCE).encode() == batch
        assert bot.ask({"type": "ping"})["type"] == "hookwire.pong"


@pytest.mark.parametrize("object", ["whatsapp_business_account", "instagram"])
def test_other_products(relay, secret, object):
    """WhatsApp's and Instagram's bodies say what was said, too."""
    if object == "instagram":
        body = json.loads(TUTORIAL) | {"object": object}
    else:
        message = {"from": "USER_ID", "id": "wamid.1", "timestamp": "1", "type": "text", "text": {"body": "hello world"}}
        metadata = {"display_phone_number": "1", "phone_number_id": "PAGE_ID"}
        value = {"messaging_product": "whatsapp", "metadata": metadata, "messages": [message]}
        body = {"object": object, "entry": [{"id": "W", "changes": [{"field": "messages", "value": value}]}]}
    with EnvelopeBot(relay, secret) as bot:
        assert send(relay, Messenger(secret).post(json.dumps(body).encode())).status == 200
        event = bot.receive()
        assert (event["type"], event["text"]) == (object, "hello world")
        assert (event["sender"], event["conversation"]) == ("USER_ID", "PAGE_ID")
