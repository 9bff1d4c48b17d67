"""Egress nodes are killed and started all the time, and nothing that was acknowledged is lost.

    HOOKWIRE_EVENTS=…   how many events, by default 10,000
    HOOKWIRE_RATE=…     how many a second at most, by default 2,000; a slow machine does less, and says so
"""

import asyncio
import concurrent.futures
import contextlib
import json
import multiprocessing
import os

import pytest

import qq
from platform_side import publish
from redis_server import RedisServer
from returning_clients import PINGS, EnvelopeClient, RawClient, StreamClient, assert_nothing_lost, everything
from tiers import TierNode, tiers

EVENTS = int(os.environ.get("HOOKWIRE_EVENTS", 10_000))
RATE = int(os.environ.get("HOOKWIRE_RATE", 2_000))
BOTS = 10
RETENTION = ("--retention-count", "1000000")


class Nodes:
    """The egress nodes that run just now: each second the older one is killed and another is started."""

    def __init__(self, redis_url, folder, stack):
        self._start = lambda: stack.enter_context(TierNode("egress", redis_url, *PINGS, folder=folder))
        self.running = []
        self.killed = 0

    @property
    def ports(self):
        return [node.port for node in self.running]

    async def start(self):
        node = await asyncio.to_thread(self._start)
        await asyncio.to_thread(node.await_ready)
        self.running.append(node)

    async def kill_in_turn(self, over):
        while not over.is_set():
            # The second is the scenario's own, not a wait for anything.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 1)
            # Clients must not choose it any more: it takes connections until the moment that it dies.
            await asyncio.to_thread(self.running.pop(0).kill)
            self.killed += 1
            await self.start()


class Bot:
    """One bot's events, and who wants them."""

    def __init__(self, number, egress):
        self.secret = qq.secret()
        self.ids = []
        # Each bot has two kinds of clients of the four, so that there are as many of each.
        kinds = [
            lambda: RawClient(f"bot {number}, plain", self.secret, egress),
            lambda: RawClient(f"bot {number}, consumer", self.secret, egress, consumer="archive"),
            lambda: EnvelopeClient(f"bot {number}, envelopes", self.secret, egress, backlog="off"),
            lambda: StreamClient(f"bot {number}, event stream", self.secret, egress, consumer="browser"),
        ]
        self.clients = [kinds[number % 4](), kinds[(number + 1) % 4]()]


@pytest.mark.timeout(240)
def test_egress_nodes_are_killed_in_turn(tmp_path):
    """10,000 events at 2,000 a second, a node dies and another starts every second: every consumer's set of events is
    the acknowledged one, whether it is a plain socket, a named consumer, or goes on by its position."""
    with RedisServer(tmp_path) as redis, tiers(redis.url, tmp_path, egress=0, ingress_flags=RETENTION) as (ingress, _):

        def platform(bots, rate, count):
            """Publishes in a process of its own, or it would be the slowest of all."""
            secrets, ports = [bot.secret for bot in bots], [node.port for node in ingress]
            sent, seconds = pool.submit(publish, secrets, ports, rate, count).result()
            for bot in bots:
                bot.ids += [json.loads(body)["id"] for body in sent[bot.secret]]
            return seconds

        async def scenario():
            async with contextlib.AsyncExitStack() as stack:
                nodes = Nodes(redis.url, tmp_path, stack)
                for _ in range(2):
                    await nodes.start()
                bots = [Bot(number, lambda: nodes.ports) for number in range(BOTS)]
                clients = [(bot, client) for bot in bots for client in bot.clients]
                for _, client in clients:
                    await stack.enter_async_context(client)
                # One event each, so that all have a place in the log.
                await asyncio.to_thread(platform, bots, RATE / BOTS, 1)
                for bot, client in clients:
                    await client.has(bot.ids)
                assert all(client.ids for _, client in clients)

                over = asyncio.Event()
                killing = asyncio.create_task(nodes.kill_in_turn(over))
                seconds = await asyncio.to_thread(platform, bots, RATE / BOTS, EVENTS // BOTS - 1)
                over.set()
                await killing
                await everything([(client, bot.ids) for bot, client in clients])

                achieved = EVENTS / seconds
                slow = "" if achieved > 0.9 * RATE else f", for this machine does no {RATE:,}"
                print(f"{EVENTS:,} events at {achieved:,.0f} a second{slow}; {nodes.killed} egress nodes were killed")
                assert nodes.killed >= 2
                for bot, client in clients:
                    assert_nothing_lost(client, bot.ids)
                    assert client.ids == set(bot.ids)

        with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            asyncio.run(scenario())
