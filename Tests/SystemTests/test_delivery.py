"""What a bot receives: every accepted event once, with exactly the bytes of the request's body."""

import pytest

import qq
from relay import receive

BODIES = {
    "as the platform writes it": qq.event("你好 🎉"),
    "white space everywhere": b'{ "op" :\t0 ,\r\n  "id": "X:ws" ,\n "d" : { } , "t" : "X"  }',
    "keys in another order": b'{"t":"X","d":{"z":1,"a":2},"id":"X:order","op":0}',
    "escapes that need not be": b'{"op":0,"id":"X:esc","d":{"content":"\\u4f60\\u597d\\/\\ud83c\\udf89"},"t":"X"}',
    "a key twice": b'{"op":0,"id":"X:twice","d":{"a":1,"a":2},"t":"X"}',
    "numbers that no parser keeps": b'{"op":0,"id":"X:num","d":[1.0,1e400,-0,12345678901234567890123],"t":"X"}',
    "a NUL written as an escape": b'{"op":0,"id":"X:nul","d":"\\u0000","t":"X"}',
    "bytes after the object that JSON allows": b'{"op":0,"id":"X:tail","d":{},"t":"X"}\r\n\t ',
    "characters of four bytes": '{"op":0,"id":"X:4","d":"𠮷👩‍👩‍👧","t":"X"}'.encode(),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_exact_bytes(relay, secret, body):
    """One text frame, byte for byte the body."""
    with relay.bot(secret) as bot:
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)


@pytest.mark.parametrize("stray", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe4\xbd"], ids=lambda b: b.hex())
def test_body_that_is_not_utf8(relay, secret, stray):
    """It cannot be a text frame, so it is a binary one with the same bytes."""
    body = b'{"op":0,"id":"X:binary","d":"' + stray + b'","t":"X"}'
    with relay.bot(secret) as bot:
        relay.deliver(secret, body)
        assert receive(bot) == ("binary", body)


def test_acknowledgement(relay, secret):
    """Exactly what QQ expects, and no charset after the media type."""
    answer = relay.post(secret, qq.event())
    assert answer.status == 200
    assert answer.body == b'{"op":12,"d":0}'
    assert answer.headers["Content-Type"] == "application/json"


def test_no_bot_is_online(relay, secret):
    """The event is accepted all the same: it is in the log."""
    assert relay.post(secret, qq.event()).body == qq.ACKNOWLEDGED


def test_two_clients_of_one_secret(relay, secret):
    """Each gets every event, in order."""
    bodies = [qq.event(f"number {n}") for n in range(50)]
    with relay.bot(secret) as one, relay.bot(secret) as two:
        for body in bodies:
            relay.deliver(secret, body)
        for bot in (one, two):
            assert [receive(bot) for _ in bodies] == [("text", body) for body in bodies]


def test_another_secret_sees_nothing(relay, secret):
    """A channel is one secret's. The stranger's first message is its own."""
    stranger = qq.secret()
    with relay.bot(secret) as bot, relay.bot(stranger) as other:
        body, own = qq.event("private"), qq.event("for the stranger")
        relay.deliver(secret, body)
        relay.deliver(stranger, own)
        assert receive(bot) == ("text", body)
        assert receive(other) == ("text", own)


def test_duplicates(relay, secret):
    """The platform's retries carry the same id: three acknowledgements, one delivery."""
    id = qq.event_id()
    body, after = qq.event("once", id), qq.event("after")
    with relay.bot(secret) as bot:
        for _ in range(3):
            relay.deliver(secret, body)
        relay.deliver(secret, after)
        assert receive(bot) == ("text", body)
        assert receive(bot) == ("text", after)


def test_same_id_for_two_bots(relay, secret):
    """An id is known for one channel only."""
    other = qq.secret()
    body = qq.event("to both", qq.event_id())
    with relay.bot(secret) as bot, relay.bot(other) as second:
        relay.deliver(secret, body)
        relay.deliver(other, body)
        assert receive(bot) == ("text", body)
        assert receive(second) == ("text", body)


@pytest.mark.parametrize("size", [125, 126, 65535, 65536, 900 * 1024])
def test_sizes(relay, secret, size):
    """Bodies arrive whole on both sides of every frame length encoding, and up to the limit."""
    shortest = b'{"op":0,"id":"%s","d":"","t":"X"}' % qq.event_id().encode()
    body = shortest.replace(b'"d":""', b'"d":"%s"' % (b"x" * (size - len(shortest))))
    assert len(body) == size
    with relay.bot(secret) as bot:
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)


def test_body_at_the_limit_and_over(relay, secret):
    """1 MiB is taken, one byte more is not, and neither is 1.1 MiB."""
    relay.deliver(secret, qq.event_of_size(1 << 20))
    for size in ((1 << 20) + 1, 1_153_434):
        answer = relay.post(secret, qq.event_of_size(size))
        assert answer.status == 413
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_what_a_client_sends_is_ignored(relay, secret):
    """A raw socket is one way; clients of other relays send heartbeats, which do no harm."""
    with relay.bot(secret) as bot:
        bot.send('{"op":1,"d":null}')
        bot.send(b"\x00\xff")
        body = qq.event()
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)


def test_reconnecting_bot_gets_what_follows(relay, secret):
    """A channel outlives its sockets."""
    with relay.bot(secret) as bot:
        body = qq.event("to the first socket")
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)
    with relay.bot(secret) as bot:
        body = qq.event("to the second socket")
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)
