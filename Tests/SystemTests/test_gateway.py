"""The gateway as a client on the wire sees it: sessions over nodes, refusals, hostile clients, the drain."""

import asyncio
import contextlib
import json
import re
import threading

import pytest
from websockets.exceptions import ConnectionClosed

import qq
from gateway_client import GatewayClient, get_token
from platform_side import Publisher
from redis_server import RedisServer
from tiers import TierNode
from waiting import until

NONE = ("--qq-upstream", "none")


@pytest.fixture
def gateway(start):
    """One process without the platform, with a client's heartbeat of a second."""
    return start(*NONE, "--qq-heartbeat", "1s")


@contextlib.contextmanager
def nodes(tmp_path, *ingress_flags, egress=2):
    """An ingress node and egress nodes on a Redis."""
    with contextlib.ExitStack() as stack:
        redis = stack.enter_context(RedisServer(tmp_path))
        ingress = stack.enter_context(TierNode("ingress", redis.url, *ingress_flags, folder=tmp_path))
        egress = [stack.enter_context(TierNode("egress", redis.url, *NONE, folder=tmp_path)) for _ in range(egress)]
        for node in (ingress, *egress):
            node.await_ready()
        yield redis, ingress, egress


class Platform:
    """Posts events of a secret to an ingress node from a thread of its own."""

    def __init__(self, node, secret):
        self.publisher = Publisher(secret, [node.port])

    def send(self, count):
        async def run():
            await self.publisher.send(count)
            self.publisher.close()

        asyncio.run(run())

    @property
    def contents(self):
        return [json.loads(body)["d"]["content"] for body in self.publisher.acknowledged]


def test_quiet_session_moves(tmp_path, secret):
    """A session that has had no event yet is resumed on another node, which never saw it, with what came meanwhile."""
    with nodes(tmp_path) as (_, ingress, egress):
        platform = Platform(ingress, secret)
        token = get_token(egress[0].port, secret)
        with GatewayClient(egress[0].port) as client:
            assert client.identify(token)["s"] == 1
            session_id = client.session_id
        egress[0].kill()
        platform.send(3)
        with GatewayClient(egress[1].port) as client:
            client.resume(token, session_id, 1)
            assert client.until_resumed() == platform.contents
            assert client.sequence == 4
            platform.send(1)
            assert client.contents(1) == platform.contents[3:]
        # The URL that names the bot knows the same session.
        with GatewayClient(egress[1].port, f"/qq/ws/{secret}") as client:
            client.resume("any", session_id, 3)
            assert client.until_resumed() == platform.contents[2:]


@pytest.mark.timeout(120)
def test_session_moves_under_load(tmp_path, secret):
    """A client that goes from node to node while events come gets each one, in order, and none twice."""
    with nodes(tmp_path, "--retention-count", "10000") as (_, ingress, egress):
        platform = Platform(ingress, secret)
        token = get_token(egress[0].port, secret)
        received, session_id, sequence = [], None, None
        sending = None
        for turn in range(12):
            with GatewayClient(egress[turn % 2].port) as client:
                if session_id is None:
                    client.identify(token)
                    session_id = client.session_id
                    sending = threading.Thread(target=platform.send, args=(3_000,))
                    sending.start()
                else:
                    client.resume(token, session_id, sequence)
                taken = 0
                while taken < 200:
                    message = client.receive()
                    if message["t"] in ("READY", "RESUMED"):
                        continue
                    assert message["s"] == (sequence or 1) + 1
                    sequence = message["s"]
                    received.append(message["d"]["content"])
                    taken += 1
        sending.join()
        with GatewayClient(egress[0].port) as client:
            client.resume(token, session_id, sequence)
            received += client.until_resumed()
        assert received == platform.contents


def test_lost_memory(tmp_path, secret):
    """When Redis has lost its memory a live session is told so, and cannot be resumed; identifying anew works."""
    with nodes(tmp_path, egress=1) as (redis, ingress, (egress,)):
        platform = Platform(ingress, secret)
        platform.send(2)
        token = get_token(egress.port, secret)
        with GatewayClient(egress.port) as client:
            client.identify(token)
            session_id, sequence = client.session_id, client.sequence
            redis.command("FLUSHALL")
            platform.send(1)
            assert client.closed() == ([{"op": 9, "d": False}], 4006)
        token = get_token(egress.port, secret)
        with GatewayClient(egress.port) as client:
            client.resume(token, session_id, sequence)
            assert client.closed() == ([{"op": 9, "d": False}], 4006)
        with GatewayClient(egress.port) as client:
            client.identify(token)
            platform.send(1)
            assert client.contents(1) == platform.contents[-1:]


def test_trimmed(tmp_path, secret):
    """Of what is no longer retained the numbers have a gap, and what is left comes."""
    with nodes(tmp_path, "--retention-count", "5", egress=1) as (_, ingress, (egress,)):
        platform = Platform(ingress, secret)
        token = get_token(egress.port, secret)
        with GatewayClient(egress.port) as client:
            client.identify(token)
            session_id = client.session_id
        platform.send(7)
        with GatewayClient(egress.port) as client:
            client.resume(token, session_id, 1)
            assert client.until_resumed() == platform.contents[-5:]
        with GatewayClient(egress.port) as client:
            client.resume(token, session_id, 3)
            assert client.until_resumed() == platform.contents[2:]


def test_redis_away(tmp_path, secret):
    """A client that comes while Redis is away is told to come again; one that is there stays, and gets what came."""
    with nodes(tmp_path, egress=1) as (redis, ingress, (egress,)):
        token = get_token(egress.port, secret)
        with GatewayClient(egress.port) as client:
            client.identify(token)
            redis.kill()
            egress.await_ready(False)
            with GatewayClient(egress.port) as other:
                other.send({"op": 2, "d": {"token": f"QQBot {token}", "intents": 0, "shard": [0, 1]}})
                assert other.closed() == ([{"op": 7}], 4009)
            client.send({"op": 1, "d": 1})
            assert client.receive() == {"op": 11}


def test_quiet_session_in_one_process(gateway, secret):
    """The same in one process without a Redis, past the time that a feed outlives its last socket."""
    token = get_token(gateway.port, secret)

    def feeds():
        return int(re.search(r"^hookwire_feeds (\d+)$", gateway.get("/metrics").body.decode(), re.MULTILINE)[1])

    with GatewayClient(gateway.port) as client:
        client.identify(token)
        session_id = client.session_id
        until(lambda: feeds() == 1, "there is no feed")
    until(lambda: feeds() == 0, "the feed does not end")
    body = qq.event("missed")
    gateway.deliver(secret, body)
    with GatewayClient(gateway.port) as client:
        client.resume(token, session_id, 1)
        assert client.until_resumed() == ["missed"]


IDENTIFY = '{"op":2,"d":{"token":"QQBot %s","intents":33554432,"shard":[0,1]}}'


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (['{"op":2,"d":{"token":"QQBot wrong","intents":0,"shard":[0,1]}}'], 4004),
        (['{"op":6,"d":{"token":"QQBot wrong","session_id":"x","seq":1}}'], 4004),
        (["no json"], 4002),
        ([b'{"op":1}'], 4002),
        (['{"op":2}'], 4002),
        (['{"op":2,"d":{"token":"QQBot a","intents":"a","shard":[0,1]}}'], 4002),
        (['{"op":99}'], 4001),
        (['{"op":10}'], 4001),
        ([IDENTIFY, IDENTIFY], 4005),
        (['{"op":2,"d":{"token":"QQBot a","intents":0,"shard":[2,2]}}'], 4010),
        (['{"op":1}'] * 10_000, 4008),
        ([IDENTIFY] + ['{"op":1,"d":1}'] * 10_000, 4008),
        ([IDENTIFY % ("a" * (64 << 10))], 4008),
        (['{"op":2,"d":{"properties":' + "[" * 50_000 + "]" * 50_000 + "}}"], 4008),
        (['{"op":2,"d":{"properties":' + "[" * 500 + "]" * 500 + "}}"], 4002),
        ([IDENTIFY % ("a" * 3_000)], 4004),
    ],
)
def test_refusals(gateway, secret, messages, code):
    """What is wrong, or too much, ends the client that sent it, with the code that says why, and nobody else."""
    token = get_token(gateway.port, secret)
    with GatewayClient(gateway.port) as sound:
        sound.identify(token)
        with GatewayClient(gateway.port) as client:
            with contextlib.suppress(ConnectionClosed):
                for message in messages:
                    client.send(message.replace("%s", token) if isinstance(message, str) else message)
            answers, closed = client.closed()
            assert closed == code
            assert len(answers) <= 130
        body = qq.event("still here")
        gateway.deliver(secret, body)
        assert sound.contents(1) == ["still here"]


@pytest.mark.parametrize("forge", ["foreign", "changed", "made up"])
def test_forged_sessions(gateway, secret, forge):
    """A session id of another bot, a changed one, and one that nobody gave are op 9."""
    other = qq.secret()
    with GatewayClient(gateway.port) as client:
        client.identify(get_token(gateway.port, other if forge == "foreign" else secret))
        session_id = client.session_id
    if forge == "changed":
        session_id = session_id[:-1] + ("0" if session_id[-1] != "0" else "1")
    if forge == "made up":
        session_id = "not-a-session"
    with GatewayClient(gateway.port) as client:
        client.resume(get_token(gateway.port, secret), session_id, 1)
        assert client.closed() == ([{"op": 9, "d": False}], 4006)


def test_no_identify(start):
    """A client that only beats is closed when its time is over."""
    relay = start(*NONE, "--qq-identify-timeout", "1s")
    with GatewayClient(relay.port) as client:
        client.send({"op": 1, "d": None})
        assert client.closed() == ([{"op": 11}], 4003)


def test_shards_and_intents(gateway, secret):
    """Each of two shards gets its guilds' events, what has no guild goes to the first, and intents hold."""
    token = get_token(gateway.port, secret)
    with GatewayClient(gateway.port) as zero, GatewayClient(gateway.port) as one:
        zero.identify(token, intents=1 << 0, shard=(0, 2))
        one.identify(token, intents=1 << 0, shard=(1, 2))

        def deliver(type, data):
            body = {"op": 0, "id": qq.event_id(), "d": data, "t": type}
            gateway.deliver(secret, json.dumps(body).encode())

        guilds = {0: str(6 << 22), 1: str(7 << 22)}
        deliver("GUILD_CREATE", {"id": guilds[1], "content": "a"})
        deliver("GUILD_UPDATE", {"id": guilds[0], "content": "b"})
        deliver("C2C_MESSAGE_CREATE", {"content": "not wanted"})
        deliver("CHANNEL_CREATE", {"guild_id": guilds[1], "content": "c"})
        deliver("SOMETHING_NEW", {"content": "d"})
        assert zero.contents(2) == ["b", "d"]
        assert one.contents(2) == ["a", "c"]
        assert (zero.sequence, one.sequence) == (6, 5)


def test_drain(start, secret):
    """Every session is told to come back and resume, and the node ends with 0, although one has not identified."""
    relay = start(*NONE, "--drain", "2s")
    token = get_token(relay.port, secret)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(GatewayClient(relay.port)) for _ in range(10)]
        for client in clients[:-1]:
            client.identify(token)
        relay.signal()
        for client in clients:
            assert client.closed() == ([{"op": 7}], 4009)
    assert relay.wait() == 0


def test_slow_client_resumes(start, secret):
    """A session that does not read is closed as any slow socket is, and gets all of it when it resumes."""
    relay = start(*NONE, "--queue-limit", "64KiB")
    token = get_token(relay.port, secret)
    with GatewayClient(relay.port) as client:
        client.identify(token)
        session_id = client.session_id
    contents = [f"{number} " + "x" * 50_000 for number in range(60)]
    for content in contents:
        relay.deliver(secret, qq.event(content))
    with GatewayClient(relay.port) as client:
        client.resume(token, session_id, 1)
        assert client.until_resumed() == contents
