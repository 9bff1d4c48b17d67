"""Three egress and two ingress nodes, Redis, a load balancer, a platform and bots, each on a host of its own: what happens
when a cable is pulled, a link is slow, or a peer vanishes without a word.

The load balancer is HAProxy with the configuration that docker-compose.yml uses.
"""

import asyncio
import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import threading
import time

import pytest

import qq
from haproxy import configuration
from network import Network
from redis_server import RedisServer
from returning_clients import PINGS, EnvelopeClient, RawClient, StreamClient, assert_nothing_lost, everything
from tiers import TierNode
from waiting import until, until_async

PING = 3  # seconds, of PINGS
BACK = PING + 10  # seconds within which a bot is to be back
RATE = 60  # events a second, of all bots

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces are root's"),
    pytest.mark.timeout(180),
]


class Relay:
    """All of it, running. Use `with`."""

    def __init__(self, folder):
        self.folder = folder
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        with self._stack as stack:
            network = stack.enter_context(Network())
            self.bots, self.platform, self.store = (network.host(name) for name in ("bots", "platform", "redis"))
            self.balancer = network.host("balancer")
            self.ingress = [network.host(f"ingress{n}") for n in range(2)]
            self.egress = [network.host(f"egress{n}") for n in range(3)]
            with self.store.here():
                redis = RedisServer(self.folder, "--bind", "0.0.0.0", "--protected-mode", "no")
            stack.callback(redis.kill)
            url = f"redis://{self.store.address}:{redis.port}/0"
            self.nodes = {}
            for tier, hosts in (("ingress", self.ingress), ("egress", self.egress)):
                for host in hosts:
                    flags = PINGS if tier == "egress" else ()
                    node = TierNode(tier, url, *flags, folder=self.folder, host=host)
                    self.nodes[host] = stack.enter_context(node)
            file = self.folder / "haproxy.cfg"
            servers = {"ingress": self.ingress, "egress": self.egress}
            file.write_text(configuration({tier: [f"{host.address}:8080" for host in hosts] for tier, hosts in servers.items()}))
            with (self.folder / "haproxy.log").open("wb") as log:
                haproxy = subprocess.Popen(
                    self.balancer.command("haproxy", "-db", "-f", file), stdout=log, stderr=log, cwd=self.folder
                )
            stack.callback(lambda: (haproxy.kill(), haproxy.wait()))
            self.address = (self.balancer.address, 8080)
            self.platform.run(self._await_ready)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _await_ready(self):
        def is_ready():
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection(*self.address, timeout=2)
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            return False

        until(is_ready, lambda: (self.folder / "haproxy.log").read_text(), 30)

    def connected(self, host):
        """How many sockets an egress node has."""
        with host.here():
            text = self.nodes[host].get("/metrics")[1]
        found = re.search(r"^hookwire_sockets (\d+)$", text, flags=re.M)
        return int(found[1]) if found else 0


class Platform(threading.Thread):
    """Sends events of several bots through the load balancer until it is told to stop: each again until it is acknowledged."""

    def __init__(self, relay, secrets):
        super().__init__()
        self.relay = relay
        self.keys = {secret: qq.private_key(secret) for secret in secrets}
        self.ids = {secret: [] for secret in secrets}
        self.again = 0
        self.over = threading.Event()
        self.error = None
        self._connection = None

    def run(self):
        try:
            with self.relay.platform.here():
                number = 0
                while not self.over.wait(1 / RATE):  # the rate is the platform's
                    number += 1
                    self._send(list(self.keys)[number % len(self.keys)], number)
        except BaseException as error:  # it is raised again by whoever waits for the thread
            self.error = error

    def _send(self, secret, number):
        body = qq.event(f"event {number}")
        while not self._is_acknowledged(secret, body):
            self.again += 1
            time.sleep(0.1)  # the platform waits too before it sends again
        self.ids[secret].append(json.loads(body)["id"])

    def _is_acknowledged(self, secret, body):
        timestamp = str(int(time.time()))
        signature = self.keys[secret].sign(timestamp.encode() + body).hex()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(*self.relay.address, timeout=5)
            self._connection.request("POST", qq.webhook_path(secret), body, qq.headers(timestamp, signature))
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            return False
        assert response.status in (200, 502, 503, 504), (response.status, answer)
        return response.status == 200 and json.loads(answer)["d"] == 0

    def stop(self):
        self.over.set()
        self.join()
        if self.error:
            raise self.error


def bots(relay, count=6):
    """Clients of three kinds, a bot each, none of which is on the list of the others."""
    made = []
    for number in range(count):
        secret = qq.secret()
        ports = lambda: [relay.address]
        # A client waits a little more than two pings before silence is an end to it.
        made.append(
            [
                lambda: RawClient(f"bot {number}, plain", secret, ports, patience=2 * PING + 2),
                lambda: EnvelopeClient(f"bot {number}, envelopes", secret, ports, patience=2 * PING + 2, backlog="off"),
                lambda: StreamClient(f"bot {number}, stream", secret, ports, patience=PING + 7, consumer="browser"),
            ][number % 3]()
        )
    return made


def play(relay, scene):
    """Lets events flow, plays the scene, and checks that every bot has had everything that was acknowledged.

    - scene: a coroutine function of the clients and the platform. What it opens is on the host of the bots.
    """

    async def scenario(platform, clients):
        async with contextlib.AsyncExitStack() as stack:
            for client in clients:
                await stack.enter_async_context(client)
            platform.start()
            for client in clients:
                await client.until(lambda: client.ids)
            await scene(clients, platform)
            await asyncio.to_thread(platform.stop)
            await everything([(client, platform.ids[client.secret]) for client in clients])
        for client in clients:
            assert_nothing_lost(client, platform.ids[client.secret])

    clients = bots(relay)
    platform = Platform(relay, [client.secret for client in clients])
    try:
        relay.bots.run(lambda: asyncio.run(scenario(platform, clients)))
    finally:
        platform.over.set()
    print(f"{sum(map(len, platform.ids.values()))} events, {platform.again} attempts that were not acknowledged")
    return platform


async def all_are_back(clients, since):
    """Every client gets an event on a connection that is there now, within the time that it has for that."""
    had = {client: len(client.ids) for client in clients}
    left = since + BACK - time.monotonic()
    for client in clients:
        try:
            await client.until(lambda: len(client.ids) > had[client] and client.is_connected, left)
        except TimeoutError:
            raise AssertionError(f"{client.name} is not back {BACK} s after the fault") from None


def test_an_egress_node_is_cut_off(tmp_path):
    """Packets from and to an egress node are dropped, to clients and to Redis: its bots are back by way of others within a
    ping and 10 s, and have everything; the node is red while it lasts, and takes sockets again afterwards."""
    with Relay(tmp_path) as relay:

        async def scene(clients, _):
            # Least connections: each node has its share.
            victim = relay.egress[0]
            assert await asyncio.to_thread(relay.connected, victim) >= 1
            victim.cut()
            await asyncio.sleep(BACK)  # the fault's own length: until then all must be back
            had = {client: len(client.ids) for client in clients}
            for client in clients:
                await client.until(lambda: client.is_connected and len(client.ids) > had[client], PING)
            assert not await asyncio.to_thread(victim.run, relay.nodes[victim].is_ready)
            victim.join()
            await asyncio.to_thread(victim.run, relay.nodes[victim].await_ready)

        play(relay, scene)


def test_an_ingress_node_is_cut_off(tmp_path):
    """The platform's requests go by the other one, and what was under way is sent again: nothing is lost."""
    with Relay(tmp_path) as relay:

        async def scene(clients, _):
            relay.ingress[0].cut()
            start = time.monotonic()
            await all_are_back(clients, start)
            relay.ingress[0].join()
            await asyncio.to_thread(relay.ingress[0].run, relay.nodes[relay.ingress[0]].await_ready)

        play(relay, scene)


def test_redis_is_cut_off(tmp_path):
    """Nothing is acknowledged meanwhile, all nodes are red though alive, and everything goes on afterwards."""
    with Relay(tmp_path) as relay:

        async def scene(clients, _):
            relay.store.cut()
            for host in (*relay.ingress, *relay.egress):
                await asyncio.to_thread(host.run, lambda: relay.nodes[host].await_ready(False))
                assert host.run(lambda: relay.nodes[host].get("/livez")[0]) == 200
            relay.store.join()
            for host in (*relay.ingress, *relay.egress):
                await asyncio.to_thread(host.run, relay.nodes[host].await_ready)
            await all_are_back(clients, time.monotonic())

        platform = play(relay, scene)
        assert platform.again > 0


def test_a_slow_link(tmp_path):
    """An egress node that Redis reaches by a narrow link is behind, and so are its bots, but nobody else's; nothing is lost."""
    with Relay(tmp_path) as relay:

        async def scene(clients, platform):
            assert await asyncio.to_thread(relay.connected, relay.egress[0]) >= 1
            relay.egress[0].limit("20kbit")

            def behind():
                return [len(platform.ids[client.secret]) - len(client.ids) for client in clients]

            def one_is_behind():
                return now if max(now := behind()) >= 10 else None

            # The link is narrow, or nothing was tried. How long that takes depends on what the platform gets to send.
            now = await until_async(one_is_behind, lambda: f"no bot is behind: {behind()}", 60)
            # Four bots of six are elsewhere.
            assert sorted(now)[3] <= 5, now
            relay.egress[0].limit("1gbit")
            await all_are_back(clients, time.monotonic())

        play(relay, scene)


def test_a_peer_vanishes(tmp_path):
    """The bots' host is gone without a word, so that connections are open at one end: the relay gives WebSockets up by its
    pings and event streams by what is not acknowledged, the load balancer those behind it, and when the host is there again
    the bots are back and have everything."""
    with Relay(tmp_path) as relay:

        async def scene(clients, _):
            streams = sum(isinstance(client, StreamClient) for client in clients)
            idle = []
            for host in relay.egress:
                straight = socket.create_connection((host.address, 8080))
                straight.sendall(b"GET /events?secret=nobody HTTP/1.1\r\nHost: relay\r\n\r\n")
                assert straight.recv(4096).startswith(b"HTTP/1.1 200")
                idle.append(straight)
            relay.bots.cut()
            await asyncio.to_thread(
                until, lambda: sum(map(relay.connected, relay.egress)) <= streams,
                "the relay holds sockets of clients that are gone", BACK,
            )
            relay.bots.join()
            await all_are_back(clients, time.monotonic())
            for straight in idle:
                straight.close()

        play(relay, scene)
