"""Faults between every pair: platform and ingress, ingress and Redis, egress and Redis, client and egress.

    HOOKWIRE_FAULT_SEED=…     the seed of a run that failed
    HOOKWIRE_FAULT_SECONDS=…  for how long faults happen, by default 20
"""

import asyncio
import contextlib
import json
import os

import pytest

import qq
from fault_proxy import ENDING, LASTING, FaultProxy, play, schedule
from platform_side import Publisher
from redis_server import DURABLE, RedisServer
from returning_clients import PINGS, EnvelopeClient, RawClient, StreamClient, assert_nothing_lost, everything
from tiers import TierNode

SECONDS = float(os.environ.get("HOOKWIRE_FAULT_SECONDS", 20))
EVERYTHING = {*LASTING, *ENDING}
RETENTION = ("--retention-count", "1000000", "--retention-age", "24h")


@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path, *DURABLE) as server:
        yield server


class Channel:
    """One bot's events, and clients of every kind that want all of them."""

    def __init__(self, number, ingress, egress):
        self.secret = qq.secret()
        self.publisher = Publisher(self.secret, ingress, patience=3)
        name = f"channel {number}"
        self.clients = [
            RawClient(f"{name}, plain", self.secret, egress),
            RawClient(f"{name}, consumer", self.secret, egress, consumer="archive"),
            EnvelopeClient(f"{name}, envelopes", self.secret, egress, backlog="off"),
            StreamClient(f"{name}, event stream", self.secret, egress, backlog="off"),
        ]

    @property
    def ids(self):
        return [json.loads(body)["id"] for body in self.publisher.acknowledged]

    async def publish_until(self, over):
        """As much as the platform can send, but no more than some events at a time."""
        while not over.is_set():
            await self.publisher.send(5)
            await asyncio.sleep(0.02)


@pytest.mark.timeout(max(180, 3 * SECONDS + 120))
def test_faults_between_every_pair(redis, tmp_path):
    """Signed webhooks, sent again until they are acknowledged; two nodes a tier; clients that come back. When the
    faults are over, each has had every event, in order on each connection, and twice only after a new one."""
    seed = int(os.environ.get("HOOKWIRE_FAULT_SEED", 0)) or int.from_bytes(os.urandom(4), "big")
    print(f"HOOKWIRE_FAULT_SEED={seed} HOOKWIRE_FAULT_SECONDS={SECONDS:g}")

    async def scenario():
        async with contextlib.AsyncExitStack() as stack:
            proxies, nodes = {}, {}

            async def proxy(name, port, **options):
                proxies[name] = await stack.enter_async_context(FaultProxy(port, name, **options))
                return proxies[name].port

            for name in ("ingress 0", "ingress 1", "egress 0", "egress 1"):
                tier = name.split()[0]
                url = f"redis://127.0.0.1:{await proxy(f'{name} → Redis', redis.port)}/0"
                flags = PINGS if tier == "egress" else RETENTION
                nodes[name] = stack.enter_context(TierNode(tier, url, *flags, folder=tmp_path))
            for node in nodes.values():
                await asyncio.to_thread(node.await_ready)
            ingress = [await proxy(f"platform → {name}", nodes[name].port) for name in ("ingress 0", "ingress 1")]
            egress = [await proxy(f"client → {name}", nodes[name].port) for name in ("egress 0", "egress 1")]
            channels = [Channel(number, ingress, lambda: egress) for number in range(2)]
            clients = []
            for channel in channels:
                stack.callback(channel.publisher.close)
                for client in channel.clients:
                    clients.append((channel, await stack.enter_async_context(client)))
                # One event, so that each has a place in the log.
                await channel.publisher.send(1)
            for channel, client in clients:
                await client.has(channel.ids)

            over = asyncio.Event()
            publishing = [asyncio.create_task(channel.publish_until(over)) for channel in channels]
            faults = schedule(seed, dict.fromkeys(proxies, EVERYTHING), SECONDS)
            await play(faults, proxies)
            over.set()
            await asyncio.gather(*publishing)
            await everything([(client, channel.ids) for channel, client in clients])

            print(f"{len(faults)} faults: " + ", ".join(f"{p.name} {p.faults}" for p in proxies.values()))
            for channel in channels:
                print(f"{len(channel.ids)} acknowledged after {channel.publisher.refusals} that were not")
            tallies = [assert_nothing_lost(client, channel.ids) for channel, client in clients]
            assert sum(tally.connections for tally in tallies) > len(tallies), "no client had to come back"

    asyncio.run(scenario())
