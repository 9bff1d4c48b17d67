"""What counts as had: an event that its bot cannot have seen comes again."""

import asyncio
import contextlib
import re
import signal
import urllib.parse

import pytest

import qq
from fault_proxy import Fault, FaultProxy, reset
from platform_side import Publisher
from redis_server import RedisServer
from relay import PATIENCE
from returning_clients import NORMAL, RawClient, Wire
from tiers import tiers
from waiting import until, until_async
from websocket_raw import CLOSE, TEXT, RawWebSocket, encode, fresh_key, handshake_lines

EVENTS = 10


@pytest.fixture
def nodes(tmp_path):
    with RedisServer(tmp_path) as redis, tiers(redis.url, tmp_path, ingress=1) as ((ingress,), egress):
        yield ingress, egress


def publish(node, secret, bodies):
    async def post():
        publisher = Publisher(secret, [node.port])
        for body in bodies:
            assert await publisher.post(body)
        publisher.close()

    asyncio.run(post())


def target(secret, **query):
    return "/ws?" + urllib.parse.urlencode({"secret": secret, **query})


def comes_again(node, secret, bodies, first=0, **query):
    """Asserts that a new socket is sent the events from the first of these on, if not those before."""
    got = []
    with RawWebSocket(node.port, timeout=5) as socket, contextlib.suppress(TimeoutError):
        socket.upgrade(target(secret, **query))
        while bodies and bodies[-1] not in got:
            got.append(socket.frame().payload)
    again = [body for body in got if body in bodies[first:]]
    assert again == bodies[first:], f"{len(again)} of {len(bodies) - first} events come again"


@pytest.mark.parametrize("query", [{}, {"consumer": "leaver"}], ids=["plain", "consumer"])
def test_goodbye_before_the_backlog(nodes, query):
    """Who says goodbye before anything of the backlog was sent has had nothing of it."""
    ingress, (egress, _) = nodes
    secret, bodies = qq.secret(), [qq.event(f"event {number}") for number in range(EVENTS)]
    publish(ingress, secret, bodies)
    with RawWebSocket(egress.port, timeout=PATIENCE) as leaver:
        lines = [f"GET {target(secret, **query)} HTTP/1.1", "Host: relay", *handshake_lines(fresh_key())]
        leaver.send("\r\n".join(lines).encode() + b"\r\n\r\n" + encode(CLOSE, NORMAL))
        leaver.response(to_head=True)
        had = 0
        while (frame := leaver.frame()).opcode != CLOSE:
            had += frame.opcode == TEXT
    comes_again(egress, secret, bodies[had:], **query)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_node_ends_before_a_client_that_does_not_read(nodes, number):
    """The node said goodbye, if anybody: what its client's system has not acknowledged comes again elsewhere."""
    ingress, (ending, other) = nodes
    secret, bodies = qq.secret(), [qq.event_of_size(2_000) for _ in range(20)]
    with RawWebSocket(ending.port, timeout=PATIENCE, receive_buffer=4096) as stalled:
        stalled.upgrade(target(secret, consumer="stalled"))
        publish(ingress, secret, bodies)
        ending.process.send_signal(number)
        ending.process.wait(60)
        reset(stalled.socket)
    # The client's system takes 8 KB at most.
    comes_again(other, secret, bodies, first=5, consumer="stalled")


def beats(node):
    """How often the node's only event loop has come to a task that is due twice a second."""
    (count,) = re.findall(r"^hookwire_event_loop_lag_seconds_count (\d+)$", node.get("/metrics")[1], re.MULTILINE)
    return int(count)


@pytest.mark.timeout(120)
def test_what_a_box_on_the_way_swallows(tmp_path):
    """A load balancer acknowledges what it takes: its client, behind a network that broke, has not had it."""
    secret, bodies = qq.secret(), [qq.event(f"event {number}") for number in range(EVENTS)]

    async def scenario(ingress, egress):
        publisher = Publisher(secret, [ingress.port])
        async with FaultProxy(egress.port) as proxy:
            client = RawClient("bot", secret, lambda: [proxy.port], consumer="behind")
            wire = Wire(PATIENCE)
            await wire.connect(proxy.port)
            await client.open(wire)
            assert await publisher.post(first := qq.event("first"))
            assert first == (await client.frame(wire))[1]
            proxy.swallow()
            for body in bodies:
                assert await publisher.post(body)
            # The loop looks once a second at what its clients have had: in so many beats it has, whatever it believes.
            before = beats(egress)
            what = "the event loop does not go on"
            await asyncio.to_thread(until, lambda: beats(egress) >= before + 8, what, 2 * PATIENCE, 0.1)
            await proxy.suffer(Fault(0, "proxy", "reset", 0))
            await until_async(lambda: proxy.connections == 0, "the connection does not end")
            wire.close()
        publisher.close()

    with RedisServer(tmp_path) as redis:
        with tiers(redis.url, tmp_path, ingress=1, egress=1, flags=("--threads", "1")) as ((ingress,), (egress,)):
            asyncio.run(scenario(ingress, egress))
            comes_again(egress, secret, bodies, consumer="behind")
