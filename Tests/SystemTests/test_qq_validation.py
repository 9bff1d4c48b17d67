"""URL validation (op 13), the HTTP heartbeat (op 1), and the guard against having forgeries signed by validation."""

import json
import time

import pytest

import qq

JSON = {"Content-Type": "application/json"}


def test_answer_is_the_signature_over_timestamp_and_token(relay, secret):
    """Any token of QQ's alphabet is signed with the key that follows from the secret, over event_ts and plain_token."""
    answer = relay.post(secret, qq.validation("aZ09_-token", "1725442341"), JSON)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    signature = qq.sign(secret, "1725442341", b"aZ09_-token").hex()
    assert json.loads(answer.body) == {"plain_token": "aZ09_-token", "signature": signature}


def test_event_ts_may_be_a_number(relay, secret):
    """Some senders write event_ts without quotes; the digits are the same."""
    body = b'{"d":{"plain_token":"token","event_ts":1725442341},"op":13}'
    answer = relay.post(secret, body, JSON)
    assert answer.status == 200
    assert json.loads(answer.body)["signature"] == qq.sign(secret, 1725442341, b"token").hex()


def test_forged_event_as_token_is_refused(relay, secret):
    """The signature over event_ts and plain_token is one over timestamp and body: nobody gets to choose that body."""
    forged = qq.event("forged").decode()
    now = str(int(time.time()))
    answer = relay.post(secret, qq.validation(forged, now), JSON)
    assert answer.status == 400
    assert qq.sign(secret, now, forged.encode()).hex().encode() not in answer.body


@pytest.mark.parametrize(
    "plain_token, event_ts",
    [
        ("", "1725442341"),
        ("x" * 129, "1725442341"),
        ("with space", "1725442341"),
        ('with"quote', "1725442341"),
        ("t\u00f6ken", "1725442341"),
        ("token", ""),
        ("token", "17254x2341"),
        ("token", "-1725442341"),
        ("token", "12345678901234567"),
        ("token", "\u0661\u0667\u0662"),
        ("123456", "1725442341"),
    ],
    ids=[
        "no token",
        "129 characters",
        "space",
        "quote",
        "not ASCII",
        "no event_ts",
        "letter in event_ts",
        "minus",
        "17 digits",
        "Arabic digits",
        "nothing but digits together",
    ],
)
def test_form_of_what_is_signed(relay, secret, plain_token, event_ts):
    """Only digits as event_ts and only QQ's token alphabet are signed, and never a string of digits alone."""
    answer = relay.post(secret, qq.validation(plain_token, event_ts), JSON)
    assert answer.status == 400
    assert (
        b"signature" not in answer.body
        or qq.sign(secret, event_ts, plain_token.encode()).hex().encode() not in answer.body
    )


@pytest.mark.parametrize(
    "body",
    [b'{"op":13}', b'{"op":13,"d":{}}', b'{"op":13,"d":"x"}', b'{"op":13,"d":{"plain_token":7,"event_ts":"1"}}'],
)
def test_incomplete_validation(relay, secret, body):
    """A validation that lacks its parts is a bad request."""
    assert relay.post(secret, body, JSON).status == 400


def test_validation_with_a_wrong_signature_is_refused(relay, secret):
    """Where signature headers are present, they are checked first."""
    body = qq.validation()
    other = qq.signed_headers(qq.secret(), body)
    answer = relay.post(secret, body, other)
    assert answer.status == 401
    assert qq.sign(secret, 1725442341, b"Arq0D5A61EgUu4OxUvOp").hex().encode() not in answer.body


def test_heartbeat(relay, secret):
    """The platform's heartbeat over HTTP is answered with its own number."""
    answer = relay.post(secret, b'{"op":1,"d":251}')
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.body == b'{"op":11,"d":251}'
