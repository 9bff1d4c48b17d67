"""What is kept of the logs, seen from outside: events go, the server stays."""

import contextlib
import json

import pytest

import qq
from envelope_bot import EnvelopeBot
from redis_server import RedisServer
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


def test_a_full_redis_goes_on(start, tmp_path):
    """Although Redis is full, a log at its limit replaces its oldest event with a new one, unless that is larger."""
    secret = qq.secret()
    with RedisServer(tmp_path) as redis:
        relay = start("--retention-count", "3", "--redis-url", redis.url)
        for _ in range(3):
            relay.deliver(secret, qq.event("long" * 20))
        redis.command("CONFIG", "SET", "maxmemory", "1")
        assert [relay.post(secret, qq.event("short")).status for _ in range(3)] == [200, 200, 200]
        assert relay.post(secret, qq.event("long" * 20)).status == 503
        redis.command("CONFIG", "SET", "maxmemory", "0")


@pytest.fixture(params=["memory", "disk", "redis"])
def store(request, tmp_path):
    """The flags of a node's store."""
    with contextlib.ExitStack() as stack:
        if request.param == "redis":
            yield ["--redis-url", stack.enter_context(RedisServer(tmp_path)).url]
        else:
            yield ["--data", tmp_path / "data"] if request.param == "disk" else []


def test_a_raw_bots_loss_is_counted(start, store):
    """A raw bot that comes back too late gets what is left; nothing tells it so, and the metrics do."""
    secret = qq.secret()
    relay = start("--retention-count", "3", *store)

    def lost():
        lines = relay.get("/metrics").body.decode().splitlines()
        return [line for line in lines if line.startswith('hookwire_recoveries_total{outcome="trimmed"}')]

    bodies = [qq.event(f"number {number}") for number in range(8)]
    with relay.bot(secret) as bot:
        relay.deliver(secret, bodies[0])
        assert receive(bot) == ("text", bodies[0])
    for body in bodies[1:]:
        relay.deliver(secret, body)
    assert not [line for line in lost() if not line.endswith(" 0")]
    with relay.bot(secret) as bot:
        assert [receive(bot) for _ in range(3)] == [("text", body) for body in bodies[5:]]
        assert [line.split()[-1] for line in lost()] == ["1"]


def test_own_retention_stays(start, store, tmp_path):
    """A registered bot's log keeps what is its own, also when somebody replays an event or a dead letter, or tries it out."""
    secret, bots = qq.secret(), tmp_path / "bots.yaml"
    bots.write_text(
        f"bots:\n  - name: mine\n    platform: qq\n    secret: {secret}\n    retention:\n      count: 50\n"
    )
    bots.chmod(0o600)
    relay = start("--retention-count", "3", "--bots", bots, *store)

    def post(path, **members):
        return relay.request("POST", path, json.dumps(members), {"Authorization": f"Bearer {secret}"})

    with EnvelopeBot(relay, secret) as bot, EnvelopeBot(relay, secret, group="g", attempts="1") as member:
        for number in range(8):
            relay.deliver(secret, qq.event(f"number {number}"))
        first = [bot.receive() for _ in range(8)][0]
        member.socket.send(json.dumps({"type": "nack", "position": member.receive()["position"]}))
        assert post("/replay", position=first["position"]).status == 200
        assert post("/inspector/test-event", text="is it there?").status == 200
        for _ in range(8):
            member.socket.send(json.dumps({"type": "ack", "position": member.receive()["position"]}))
        letters = json.loads(relay.request("GET", f"/dead-letters?secret={secret}").body)
        assert post(f"/dead-letters/{letters['dead_letters'][0]['number']}/replay").status == 200
    with EnvelopeBot(relay, secret, since="5m") as bot:
        events = [bot.receive() for _ in range(12)]
    assert events[0]["type"] == "hookwire.recovery" and events[1]["position"] == first["position"]
