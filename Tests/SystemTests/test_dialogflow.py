"""Dialogflow ES and CX: Google's client libraries make the requests and parse the answers."""

import base64
import json

import pytest

from dialogflow import DialogflowCX, DialogflowES
from envelope_bot import EnvelopeBot
from webhook_request import Sending, send

both_editions = pytest.mark.parametrize("kind", [DialogflowES, DialogflowCX], ids=["es", "cx"])


def basic(secret):
    return "Basic " + base64.b64encode(f"any-user:{secret}".encode()).decode()


CREDENTIALS = {
    "in the URL": lambda request, secret: request,
    "bearer": lambda request, secret: request.but(query={"secret": None}, headers={"Authorization": f"Bearer {secret}"}),
    "basic": lambda request, secret: request.but(query={"secret": None}, headers={"Authorization": basic(secret)}),
    "own field": lambda request, secret: request.but(query={"secret": None, "header": "X-Key"}, headers={"X-Key": secret}),
    "in the URL, beside a token of Google's": lambda request, secret: request.but(headers={"Authorization": "Bearer ya29"}),
}


@both_editions
@pytest.mark.parametrize("present", CREDENTIALS.values(), ids=CREDENTIALS.keys())
def test_secret(relay, secret, kind, present):
    """The secret suffices wherever the agent puts it, and stays with the relay."""
    platform = kind(secret)
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, present(platform.event("hi"), secret))
        event = bot.receive()
        assert event["text"] == "hi" and event["type"] == "greet" and event["id"].split("-")[0] == platform.id
        assert event["sender"] == "user-1" and event["conversation"].endswith("/sessions/user-1")
        assert secret not in json.dumps(event) and basic(secret)[6:] not in json.dumps(event)
        bot.reply(event, text="ho")
        assert platform.said(sending.answered()) == "ho"


def test_several_fulfilments_of_one_response(relay, secret):
    """For one response CX asks a webhook as often as its pages do: every time the bot is asked, and answers."""
    platform = DialogflowCX(secret)
    with EnvelopeBot(relay, secret) as bot:
        ids = set()
        for text in ("first", "second"):
            sending = Sending(relay, platform.event(text))
            event = bot.receive()
            assert event["text"] == text
            ids.add(event["id"])
            bot.reply(event, text=f"the {text}")
            assert platform.said(sending.answered()) == f"the {text}"
        assert len(ids) == 2


@both_editions
@pytest.mark.parametrize("text", ["", "\"\\\n\t\0\x1f", "</script>", "größer 你好 \U0001f600", "x" * 65000])
def test_text(relay, secret, kind, text):
    """Whatever text the bot answers, the agent says."""
    platform = kind(secret)
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, platform.event())
        assert bot.reply(bot.receive(), text=text)["outcome"] == "accepted"
        assert platform.said(sending.answered()) == text


@pytest.mark.parametrize(
    "kind, own",
    [
        (DialogflowES, {"fulfillmentText": "hi", "outputContexts": [
            {"name": "projects/p/agent/sessions/1/contexts/c", "lifespanCount": 2, "parameters": {"a": 1}}]}),
        (DialogflowCX, {"fulfillmentResponse": {"messages": [{"text": {"text": ["hi"]}}]},
                        "sessionInfo": {"parameters": {"a": 1}}}),
    ],
)
def test_own_fulfilment(relay, secret, kind, own):
    """A bot's own JSON goes to the agent as it is, contexts and parameters with it."""
    platform = kind(secret)
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, platform.event())
        assert bot.reply(bot.receive(), body=own)["outcome"] == "accepted"
        assert platform.said(sending.answered()) == "hi"
        assert json.loads(sending.answer.body) == own


@both_editions
def test_fallback(relay, secret, kind):
    """Without a bot the agent gets a fulfilment that changes nothing."""
    platform = kind(secret)
    parsed = platform.parsed(send(relay, platform.event()))
    assert parsed == type(parsed)()


def test_what_the_tutorial_answers(relay, secret):
    """The tutorial's own answer, sent by the bot as JSON."""
    own = '{"fulfillmentText": "Hello! This is the response from the webhook."}'
    platform = DialogflowES(secret)
    with EnvelopeBot(relay, secret) as bot:
        sending = Sending(relay, platform.event())
        bot.reply(bot.receive(), body=own)
        assert platform.said(sending.answered()) == "Hello! This is the response from the webhook."
        assert sending.answer.body.decode() == own
