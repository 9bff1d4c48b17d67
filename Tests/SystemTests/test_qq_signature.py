"""Which events are taken: signed with the secret's key, over exactly this body, within the freshness window."""

import time

import pytest

import qq
from relay import receive


def refused(relay, secret, body, headers, status=401):
    """The request is refused, and a bot that listens gets the next good event and nothing before it."""
    with relay.bot(secret) as bot:
        answer = relay.post(secret, body, headers)
        assert answer.status == status, answer.body
        assert answer.headers["Content-Type"] == "application/problem+json"
        after = qq.event("after the refusal")
        relay.deliver(secret, after)
        assert receive(bot) == ("text", after)


@pytest.mark.parametrize(
    "secret",
    [
        "k",
        "naOC0ocQE3shWLAfffVLB1rhYPG8",
        "iChChChDjFlHnJqNuRyV3b9hFnMvU3cD",
        "0123456789abcdef0123456789abcdefEXTRB",
        "密钥🔑 & = + / ? % #",
        "密" * 11,
    ],
    ids=["1", "28", "32", "37", "not ASCII", "32 bytes end inside a character"],
)
def test_secrets_of_all_lengths(relay, secret):
    """Any non-empty secret works, percent-encoded in both URLs where it has to be."""
    with relay.bot(qq.known_secret(secret)) as bot:
        body = qq.event("length")
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)


def test_same_first_32_characters_are_two_secrets(relay):
    """QQ's key uses 32 bytes only, but two secrets remain two channels."""
    first = qq.known_secret("sharedsharedsharedsharedshared32")
    second = qq.known_secret(first + "tail")
    with relay.bot(first) as bot, relay.bot(second) as other:
        bodies = [qq.event("for the first"), qq.event("for the second")]
        relay.deliver(first, bodies[0])
        relay.deliver(second, bodies[1])
        assert receive(bot) == ("text", bodies[0])
        assert receive(other) == ("text", bodies[1])


def test_empty_secret(relay):
    """There is no key without a secret."""
    body = qq.event()
    for target in ("/webhook?secret=", "/webhook"):
        answer = relay.request("POST", target, body, qq.signed_headers("x", body))
        assert answer.status == 400
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_unsigned_event(relay, secret):
    """Without signature headers an event is nobody's."""
    refused(relay, secret, qq.event(), {"Content-Type": "application/json"})


@pytest.mark.parametrize("missing", ["X-Signature-Ed25519", "X-Signature-Timestamp"])
def test_half_signed_event(relay, secret, missing):
    """Both headers are needed."""
    body = qq.event()
    headers = qq.signed_headers(secret, body)
    del headers[missing]
    refused(relay, secret, body, headers)


def test_signature_of_another_secret(relay, secret):
    """A valid signature by the wrong key is a wrong signature."""
    body = qq.event()
    refused(relay, secret, body, qq.signed_headers(qq.secret(), body))


def test_body_changed_by_one_byte(relay, secret):
    """The signature covers every byte."""
    body = qq.event("pay 1 coin")
    refused(relay, secret, body.replace(b"pay 1", b"pay 9"), qq.signed_headers(secret, body))


@pytest.mark.parametrize(
    "change",
    [lambda body: body + b"\n", lambda body: body.replace(b",", b", ", 1), lambda body: body + b" "],
    ids=["line feed at the end", "space inside", "space at the end"],
)
def test_body_changed_by_white_space(relay, secret, change):
    """White space that JSON ignores is signed all the same."""
    body = qq.event()
    refused(relay, secret, change(body), qq.signed_headers(secret, body))


def test_timestamp_changed(relay, secret):
    """The signature covers the timestamp."""
    body, now = qq.event(), int(time.time())
    refused(relay, secret, body, qq.headers(str(now - 1), qq.sign(secret, now, body).hex()))


@pytest.mark.parametrize("age", [330, -330, 86400, -86400], ids=["old", "early", "a day old", "a day early"])
def test_stale_timestamp(relay, secret, age):
    """A good signature is worth something for five minutes either way."""
    body = qq.event()
    refused(relay, secret, body, qq.signed_headers(secret, body, int(time.time()) - age))


@pytest.mark.parametrize("age", [270, -270], ids=["old", "early"])
def test_timestamp_within_the_window(relay, secret, age):
    """Clocks may differ by some minutes."""
    body = qq.event()
    answer = relay.post(secret, body, qq.signed_headers(secret, body, int(time.time()) - age))
    assert (answer.status, answer.body) == (200, qq.ACKNOWLEDGED)


def test_window_is_configurable(start):
    """--freshness is the width of the window either way."""
    relay, secret = start("--freshness", "30s"), qq.secret()
    body = qq.event()
    assert relay.post(secret, body, qq.signed_headers(secret, body, int(time.time()) - 60)).status == 401
    assert relay.post(secret, body, qq.signed_headers(secret, body, int(time.time()) - 10)).status == 200


@pytest.mark.parametrize(
    "timestamp", ["", "now", "+1725442341", "1725442341.5", "0x66d82aa5", "12345678901234567"], ids=repr
)
def test_malformed_timestamp(relay, secret, timestamp):
    """A timestamp is one to sixteen digits, whatever was signed."""
    body = qq.event()
    refused(relay, secret, body, qq.headers(timestamp, qq.sign(secret, timestamp, body).hex()))


def test_digits_cannot_move_from_timestamp_to_body(relay, secret):
    """What is signed is one string: the same bytes cut at another place are not the same event."""
    body, now = qq.event(), str(int(time.time()))
    signature = qq.sign(secret, now, body).hex()
    answer = relay.post(secret, now[-1:].encode() + body, qq.headers(now[:-1], signature))
    assert answer.status in (400, 401)


@pytest.mark.parametrize(
    "change",
    [
        lambda hex: hex[:-2],
        lambda hex: hex[:-1],
        lambda hex: hex + "00",
        lambda hex: "",
        lambda hex: "zz" + hex[2:],
        lambda hex: hex[:-2] + " 0",
        lambda hex: "00" * 64,
    ],
    ids=["126 digits", "127 digits", "130 digits", "empty", "no hex", "space", "zeros"],
)
def test_malformed_signature(relay, secret, change):
    """A signature is 128 hexadecimal digits."""
    body = qq.event()
    headers = qq.signed_headers(secret, body)
    headers["X-Signature-Ed25519"] = change(headers["X-Signature-Ed25519"])
    refused(relay, secret, body, headers)


@pytest.mark.parametrize("bit", [0x20, 0x40, 0x80])
def test_high_bits_of_the_last_byte(relay, secret, bit):
    """The three high bits of S are zero in every signature: `sig[63] & 0xE0`."""
    body, now = qq.event(), str(int(time.time()))
    signature = bytearray(qq.sign(secret, now, body))
    signature[63] |= bit
    refused(relay, secret, body, qq.headers(now, signature.hex()))


def test_second_spelling_of_a_signature(relay, secret):
    """S plus the group's order verifies under lax rules; anybody could make new signatures of old ones with it."""
    body, now = qq.event(), str(int(time.time()))
    signature = qq.sign(secret, now, body)
    s = int.from_bytes(signature[32:], "little") + qq.ORDER_OF_THE_GROUP
    refused(relay, secret, body, qq.headers(now, (signature[:32] + s.to_bytes(32, "little")).hex()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"[]",
        b'"op"',
        b"{",
        b"{}",
        b'{"id":"x"}',
        b'{"op":"0"}',
        b'{"op":null}',
        b'{"op":0',
        b'{"op":0}}',
        b'{"op":0,}',
    ],
    ids=lambda body: body.decode() or "empty",
)
def test_body_that_is_no_object_with_op(relay, secret, body):
    """Even a signed body has to be a JSON object with an op; anything else is a bad request."""
    refused(relay, secret, body, qq.signed_headers(secret, body), status=400)


@pytest.mark.parametrize("op", [2, 99])
def test_op_that_nobody_knows_yet(relay, secret, op):
    """What QQ signed is the bot's to understand: an op of tomorrow is delivered where it is signed."""
    body = b'{"op":%d,"id":"%s","d":{},"t":"X"}' % (op, qq.event_id().encode())
    with relay.bot(secret) as bot:
        assert relay.post(secret, body, {"Content-Type": "application/json"}).status == 401
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)
