"""Every platform on two tiers joined by a Redis: a store that is away, a node that dies, a repetition on another node."""

import contextlib
import json

import pytest
from websockets.sync.client import connect

import qq
from envelope_bot import EnvelopeBot
from platforms import PLATFORMS, QQ, SYNCHRONOUS
from redis_server import RedisServer
from tiers import tiers
from webhook_request import Sending, send


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


class Egress:
    """An egress node as `EnvelopeBot` wants a relay."""

    def __init__(self, node):
        self.port = node.port

    def bot(self, _, path, **options):
        return connect(f"ws://127.0.0.1:{self.port}{path}", proxy=None, compression=None, ping_interval=None, **options)


def test_the_store_is_away(tmp_path):
    """Every platform is answered so that it sends the event again, and never as if it were stored; with the store back
    it is, though it has been refused before, and the bot gets it."""
    with RedisServer(tmp_path) as redis, tiers(redis.url, tmp_path, ingress=1, egress=1) as ((ingress,), (egress,)):
        platforms = [kind(qq.secret()) for kind in PLATFORMS.values()]
        redis.kill()
        ingress.await_ready(False)
        for platform in platforms:
            answer = send(ingress, platform.event())
            assert answer.status == 503, platform
            if isinstance(platform, QQ):
                assert answer.body == qq.SEND_AGAIN
            else:
                assert answer.headers["Content-Type"] == "application/problem+json"
                assert int(answer.headers["Retry-After"]) > 0 and json.loads(answer.body)["detail"]
        # What asks for no store is answered all the same.
        for platform in platforms:
            if hasattr(platform, "handshake"):
                assert send(ingress, platform.handshake("123")).body == b"123"
        redis.start()
        ingress.await_ready()
        egress.await_ready()
        for platform in platforms:
            with EnvelopeBot(Egress(egress), platform.secret) as bot:
                sending = Sending(ingress, platform.event())
                event = bot.receive()
                assert event["platform"] == platform.name
                if "replytoken" in event:
                    assert bot.reply(event, text="again")["outcome"] == "accepted"
                    assert platform.said(sending.answered()) == "again"
                assert sending.answered().status == 200


def test_the_way_there_and_back(redis, tmp_path):
    """Each platform's request on one node, its bot on another, each reply in the platform's own form."""
    with tiers(redis.url, tmp_path) as (ingress, egress):
        for number, (name, kind) in enumerate(SYNCHRONOUS.items()):
            platform = kind(qq.secret())
            with EnvelopeBot(Egress(egress[number % 2]), platform.secret) as bot:
                sending = Sending(ingress[number // 2 % 2], platform.event())
                event = bot.receive()
                # A repetition that comes to the other node has the fallback, and the bot hears of it no more.
                assert send(ingress[1 - number // 2 % 2], platform.event()).body == kind.fallback, name
                assert bot.reply(event, text=name)["outcome"] == "accepted"
                assert platform.said(sending.answered()) == name
                assert bot.ask({"type": "ping"})["type"] == "hookwire.pong"


def test_ingress_node_is_killed(redis, tmp_path):
    """The node that holds the request dies: the bot's reply is unknown, and the platform's repetition, on another node,
    is acknowledged, since its event is known."""
    with contextlib.ExitStack() as stack:
        ingress, (egress,) = stack.enter_context(tiers(redis.url, tmp_path, egress=1))
        platforms = [kind(qq.secret()) for kind in SYNCHRONOUS.values()]
        bots = [stack.enter_context(EnvelopeBot(Egress(egress), platform.secret)) for platform in platforms]
        requests = [Sending(ingress[0], platform.event()) for platform in platforms]
        events = [bot.receive() for bot in bots]
        ingress[0].kill()
        for platform, bot, event, request in zip(platforms, bots, events, requests, strict=True):
            assert request.broke_off()
            assert bot.reply(event, text="too bad")["outcome"] == "unknown"
            assert send(ingress[1], platform.event()).body == platform.fallback
