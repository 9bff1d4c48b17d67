"""The memory broker's bounds, seen from outside: events go, the server stays."""

import qq
from relay import receive


def test_memory_limit(start):
    """Much more than the limit passes through; the oldest events go, and delivery goes on."""
    relay, secret = start("--memory-limit", "4MiB"), qq.secret()
    with relay.bot(secret) as bot:
        for _ in range(40):
            body = qq.event_of_size(512 * 1024)
            relay.deliver(secret, body)
            assert receive(bot) == ("text", body)
        for _ in range(20):
            relay.deliver(qq.secret(), qq.event_of_size(512 * 1024))
        body = qq.event("still here")
        relay.deliver(secret, body)
        assert receive(bot) == ("text", body)


def test_retention_count(start):
    """A log of two events still delivers every event to who is there."""
    relay, secret = start("--retention-count", "2", "--retention-age", "1s"), qq.secret()
    bodies = [qq.event(f"number {n}") for n in range(10)]
    with relay.bot(secret) as bot:
        for body in bodies:
            relay.deliver(secret, body)
        assert [receive(bot) for _ in bodies] == [("text", body) for body in bodies]
