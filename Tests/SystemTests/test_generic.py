"""Generic webhooks: the senders' own libraries sign, and what the sender's documentation has as an example holds."""

import base64
import hashlib
import hmac

import pytest

import qq
from envelope_bot import EnvelopeBot
from generic import Bearer, GitHub, Standard, StandardAsymmetric
from webhook_request import Request, send


def test_github_example(relay):
    """The example of GitHub's documentation."""
    secret = "It's a Secret to Everybody"
    headers = {
        "X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        "Content-Type": "text/plain",
    }
    with EnvelopeBot(relay, secret) as bot:
        answer = send(relay, Request("/webhook/generic", {"secret": secret}, b"Hello, World!", headers))
        assert (answer.status, answer.body) == (200, b"OK")
        assert base64.b64decode(bot.receive()["data_base64"]) == b"Hello, World!"


@pytest.mark.parametrize(
    "header, encode",
    [
        ("X-Line-Signature", lambda code: base64.b64encode(code).decode()),
        ("X-Signature", lambda code: code.hex()),
        ("X-Signature", lambda code: code.hex().upper()),
        ("X-Sig:v0=", lambda code: "v0=" + code.hex()),
    ],
)
def test_other_fields(relay, secret, header, encode):
    """HMAC-SHA256 in any field, with any prefix, in hexadecimal or Base64."""
    code = hmac.new(secret.encode(), b"{}", hashlib.sha256).digest()
    headers = {header.split(":")[0]: encode(code), "Content-Type": "application/json"}
    with EnvelopeBot(relay, secret) as bot:
        request = Request("/webhook/generic", {"secret": secret, "header": header}, b"{}", headers)
        assert send(relay, request).status == 200
        assert bot.receive()["data"] == {}
        assert send(relay, request.but(body=b"[]")).status == 401


@pytest.mark.parametrize("kind", [Standard, StandardAsymmetric], ids=["v1", "v1a"])
def test_one_signature_of_several(relay, secret, kind):
    """While a key is changed for another, both sign: one that fits suffices."""
    platform = kind(secret)
    bad = kind(secret).event().headers["webhook-signature"]
    with EnvelopeBot(relay, platform.secret) as bot:
        request = platform.event().but(query={"reply": None})
        signatures = f"{bad} v9,what-is-this {request.headers['webhook-signature']}"
        assert send(relay, request.but(headers={"webhook-signature": signatures})).status == 200
        event = bot.receive()
        assert event["id"] == platform.id and event["data"] == {"text": "hello"}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "GET"])
def test_method(relay, secret, method):
    """Any method, where the sender proves itself."""
    with EnvelopeBot(relay, secret) as bot:
        request = GitHub(secret).event().but(method=method, query={"reply": None})
        assert send(relay, request).status == 200
        event = bot.receive()
        assert event["method"] == method and event["data"] == {"text": "hello"}


@pytest.mark.parametrize("header", [None, "X-Gitlab-Token", "X-Telegram-Bot-Api-Secret-Token"])
def test_bearer(relay, secret, header):
    """The secret in the usual field or in another; it stays with the relay."""
    request = Bearer(secret).event().but(query={"reply": None})
    if header:
        request = request.but(query={"header": header}, headers={"Authorization": None, header: secret})
    with EnvelopeBot(relay, secret) as bot:
        assert send(relay, request).status == 200
        event = bot.receive()
        assert secret not in str(event) and (header or "Authorization") not in event["headers"]


def test_unsigned_only_where_the_url_says_so(relay):
    """Nothing is taken unsigned by default."""
    secret = qq.secret()
    request = Request("/webhook/generic", {"secret": secret}, b"{}", {"Content-Type": "application/json"})
    with EnvelopeBot(relay, secret) as bot:
        assert send(relay, request).status == 401
        assert send(relay, request.but(query={"scheme": "none"}, body=b"[1]")).status == 200
        assert bot.receive()["data"] == [1]
