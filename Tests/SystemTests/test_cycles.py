"""Bots come, receive and go, thousands of times, in every way there is to go: nothing of them stays behind.

    HOOKWIRE_CYCLES=…  how many times, by default 2,000, behind half as many to warm up
    HOOKWIRE_SEED=…    the seed of who goes how
"""

import asyncio
import collections
import contextlib
import http.client
import os
import random
import re
import socket
import time

import pytest

import qq
from fault_proxy import reset
from platform_side import Publisher
from redis_server import RedisServer
from relay import PATIENCE, Relay, memory
from returning_clients import Connection, EnvelopeClient, RawClient, StreamClient, Wire
from tiers import tiers
from waiting import until

CYCLES = int(os.environ.get("HOOKWIRE_CYCLES", 2_000))
AT_ONCE = 16
CHANNELS = 20
EVENTS = 3
GROWTH = 1.05
FLAGS = ("--retention-count", "100000")


class Enough(Exception):
    """All events of the channel have come."""


class Visitor:
    """One stay of a bot, which is told what it has of its channel's events."""

    def _note(self, connection, id):
        super()._note(connection, id)
        if len(connection.received) == EVENTS:
            raise Enough

    async def visit(self, way):
        wire, connection = Wire(PATIENCE), Connection(opened=0)
        try:
            await wire.connect(self.ports()[0])
            if way == "is gone at once":
                await self._ask(wire)
                return reset(wire.socket)
            await self.open(wire)
            with contextlib.suppress(Enough):
                await self._read(wire, connection)
            if way == "says goodbye":
                await self._say_goodbye(wire)
                # Its answer to a ping may come to a connection that is closed.
                with contextlib.suppress(EOFError, ConnectionResetError):
                    await self._read(wire, connection)
                assert connection.close_code in (1000, None) and len(connection.received) == EVENTS
            elif way == "finishes":
                wire.socket.shutdown(socket.SHUT_WR)
                with contextlib.suppress(EOFError, ConnectionResetError):
                    await self._read(wire, connection)
            elif way == "breaks":
                reset(wire.socket)
        finally:
            wire.close()

    async def _ask(self, wire):
        asking = asyncio.create_task(self.open(wire))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


KINDS = [type(kind.__name__, (Visitor, kind), {}) for kind in (RawClient, EnvelopeClient, StreamClient)]
WAYS = ("says goodbye", "finishes", "breaks", "just closes", "is gone at once")


class Node:
    """What a process holds."""

    def __init__(self, node, redis=None):
        self.port, self.pid, self.redis = node.port, node.process.pid, redis

    def metrics(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", "/metrics", headers={"Connection": "close"})
            text = connection.getresponse().read().decode()
        return {name: float(value) for name, value in re.findall(r"^(\w+(?:{.*})?) (\S+)$", text, re.MULTILINE)}

    def holds(self):
        """What has to be the same after any number of cycles."""
        metrics = self.metrics()
        held = {name: metrics.get(name) for name in ("hookwire_sockets", "hookwire_redis_feeds")}
        held["descriptors"] = len(os.listdir(f"/proc/{self.pid}/fd"))
        if self.redis:
            channels = self.redis.command("PUBSUB", "CHANNELS").split()
            held["Redis channels"] = sorted(channels)
            numbers = self.redis.command("PUBSUB", "NUMSUB", *channels).split()[1::2] if channels else []
            held["Redis subscriptions"] = sum(map(int, numbers))
            held["Redis clients"] = len(self.redis.command("CLIENT", "LIST").splitlines())
        return held

    def memory(self):
        """Resident memory in KiB."""
        return memory(self.pid) >> 10

    def comes_to(self, held):
        """Waits until the node holds just this, and returns it: feeds outlive their last socket by some seconds. Of
        descriptors it may hold less, for the connection of a question may still be open when the next is asked."""
        now = {}

        def is_just_this():
            now.update(self.holds())
            others = now | {"descriptors": 0} == held | {"descriptors": 0}
            return others and now["descriptors"] <= held["descriptors"]

        until(is_just_this, lambda: f"before {held}\nafter  {now}", 4 * PATIENCE, pause=0.1)
        return now


@pytest.mark.timeout(max(240, CYCLES // 50))
@pytest.mark.parametrize("broker", ["memory", "redis"])
def test_nothing_stays_behind(tmp_path, broker):
    """Sockets, feeds, subscriptions, descriptors and memory are back where they were."""
    seed = int(os.environ.get("HOOKWIRE_SEED", 0)) or random.randrange(2**32)
    print(f"HOOKWIRE_SEED={seed} HOOKWIRE_CYCLES={CYCLES}")
    dice = random.Random(seed)
    with contextlib.ExitStack() as stack:
        if broker == "memory":
            ingress = egress = stack.enter_context(Relay(*FLAGS, folder=tmp_path))
            node = Node(egress)
        else:
            redis = stack.enter_context(RedisServer(tmp_path))
            (ingress,), (egress,) = stack.enter_context(tiers(redis.url, tmp_path, 1, 1, ingress_flags=FLAGS))
            node = Node(egress, redis)
        nothing = node.holds()
        secrets = [qq.secret() for _ in range(CHANNELS)]
        ways = collections.Counter()

        async def fill():
            for secret in secrets:
                publisher = Publisher(secret, [ingress.port])
                await publisher.send(EVENTS)
                publisher.close()

        async def cycle(count):
            """So many visits, several at a time."""
            left = iter(range(count))

            async def visits():
                for _ in left:
                    kind, way = dice.choice(KINDS), dice.choice(WAYS)
                    query = {"since": "1h"} | ({"consumer": f"c{dice.randrange(3)}"} if dice.random() < 0.5 else {})
                    await kind("visitor", dice.choice(secrets), lambda: [egress.port], **query).visit(way)
                    ways[f"{kind.__name__} {way}"] += 1

            await asyncio.gather(*(visits() for _ in range(AT_ONCE)))

        asyncio.run(fill())
        asyncio.run(cycle(CYCLES // 2))
        warm = node.comes_to(nothing)
        before, start = node.memory(), time.monotonic()
        asyncio.run(cycle(CYCLES))
        rate = CYCLES / (time.monotonic() - start)
        node.comes_to(warm)
        after = node.memory()
        print(f"{CYCLES:,} cycles at {rate:,.0f} a second; memory {before:,} KiB before, {after:,} KiB after")
        print(f"left as it was: {warm}")
        print(", ".join(f"{way} {count}" for way, count in sorted(ways.items())))
        assert after <= GROWTH * before, f"memory grew from {before} to {after} KiB"
