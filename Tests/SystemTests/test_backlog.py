"""What a bot gets that comes, or comes back: what is in the log, then what comes, with no gap and no overlap."""

import asyncio
import contextlib
import http.client
import json
import socket
import struct
import time
import urllib.parse

import pytest

import qq
from platform_side import Publisher
from redis_server import RedisServer
from relay import PATIENCE, Relay
from returning_clients import EnvelopeClient, RawClient, StreamClient, assert_nothing_lost, judge
from tiers import tiers
from waiting import until
from websocket_raw import CLOSE, TEXT, RawWebSocket

NORMAL = struct.pack("!H", 1000)
TOO_BIG = struct.pack("!H", 1009)
FAILED = struct.pack("!H", 1011)


class World:
    """Where a test's events go in and come out."""

    def __init__(self, ingress, egress):
        self.ingress, self.egress = [node.port for node in ingress], [node.port for node in egress]

    def publish(self, secret, bodies):
        """Posts events, each to the next ingress node."""
        for number, body in enumerate(bodies):
            port = self.ingress[number % len(self.ingress)]
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            with contextlib.closing(connection):
                connection.request("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body))
                response = connection.getresponse()
                assert (response.status, response.read()) == (200, qq.ACKNOWLEDGED)
        return bodies

    def events(self, secret, count, text="event"):
        """Publishes so many."""
        return self.publish(secret, [qq.event(f"{text} {number}") for number in range(count)])

    def socket(self, secret, node=0, **query):
        return Socket(self.egress[node % len(self.egress)], secret, query)


class Socket(RawWebSocket):
    """A raw socket that says goodbye when it is left."""

    def __init__(self, port, secret, query):
        super().__init__(port, timeout=PATIENCE)
        self.upgrade("/ws?" + urllib.parse.urlencode({"secret": secret, **query}, doseq=True))

    def take(self, count):
        """The next events."""
        frames = [self.frame() for _ in range(count)]
        assert all(frame.opcode == TEXT for frame in frames), frames
        return [frame.payload for frame in frames]

    def goodbye(self, code=NORMAL):
        """Sends a close frame; what still comes up to the answer."""
        self.send_frame(CLOSE, code)
        rest = []
        while (frame := self.frame()).opcode != CLOSE:
            rest.append(frame.payload)
        return rest

    def __exit__(self, kind, *_):
        if kind is None:
            assert self.goodbye() == [], "more than was expected"
        super().__exit__()


@pytest.fixture(scope="module", params=["serve", "tiers"])
def world(request, tmp_path_factory):
    """One process with its log in memory, and two nodes a tier with a Redis."""
    folder, flags = tmp_path_factory.mktemp("backlog"), ("--retention-count", "100000")
    with contextlib.ExitStack() as stack:
        if request.param == "serve":
            relay = stack.enter_context(Relay(*flags, folder=folder))
            yield World([relay], [relay])
        else:
            redis = stack.enter_context(RedisServer(folder))
            yield World(*stack.enter_context(tiers(redis.url, folder, ingress_flags=flags)))


def eventually_empty(world, secret, node=0, **query):
    """A cursor that has been said goodbye with is stored a moment later; until then a socket gets the same again."""
    got = []

    def is_empty():
        got.clear()
        with RawWebSocket(world.egress[node % len(world.egress)], timeout=PATIENCE) as socket:
            socket.upgrade("/ws?" + urllib.parse.urlencode({"secret": secret, **query}))
            world.publish(secret, [mark := qq.event("mark")])
            while mark not in got:
                got.append(socket.frame(answers=True).payload)
            socket.send_frame(CLOSE, NORMAL)
            while socket.frame().opcode != CLOSE:
                pass
        return got == [mark]

    until(is_empty, lambda: f"{len(got) - 1} events come again and again")


def test_backlog(world, secret):
    """What came while no socket was there, then what comes; the next socket gets what no socket has had."""
    before = world.events(secret, 100)
    with world.socket(secret) as first:
        assert first.take(100) == before
        live = world.events(secret, 10, "live")
        assert first.take(10) == live
    eventually_empty(world, secret, node=1)


def refuse_what_is_long(world, secret, limit, **query):
    """Connects again and again as a client that takes no frame over so many bytes, and that answers no ping until it has
    read everything; what it took."""
    got = []

    def gets_past():
        client = world.socket(secret, **query)
        world.publish(secret, [mark := qq.event("mark")])
        while (payload := client.frame().payload) != mark and len(payload) <= limit:
            got.append(payload)
        if payload == mark:
            client.goodbye()
            return True
        # What it was sent behind that it never looks at.
        client.goodbye(TOO_BIG)
        client.socket.close()
        return False

    until(gets_past, "it never gets past the event that it refuses")
    return got


@pytest.mark.parametrize("query", [{}, {"consumer": "small"}], ids=["plain", "consumer"])
def test_a_frame_is_refused(world, secret, query):
    """A client that closes with 1009 loses the event that it refuses, and none of those before and behind it."""
    small = [qq.event(f"event {number}") for number in range(6)]
    middling, long = qq.event_of_size(20_000), qq.event_of_size(100_000)
    world.publish(secret, [small[0], middling, small[1], long, small[2], small[3]])
    got = refuse_what_is_long(world, secret, 50_000, **query)
    assert [body for number, body in enumerate(got) if body in small[:4] and body not in got[:number]] == small[:4]
    assert middling in got and long not in got


def test_a_client_fails(world, secret):
    """Who closes with an error need not have read what it was sent."""
    bodies = world.events(secret, 5)
    first = world.socket(secret)
    assert first.take(5) == bodies
    assert first.goodbye(FAILED) == []
    first.socket.close()
    with world.socket(secret) as second:
        assert second.take(5) == bodies


def test_a_socket_that_was_sent_nothing(world, secret):
    """A socket that begins with what comes has had nothing of what was there before, however orderly it ends."""
    with world.socket(secret, consumer="other"):
        pass
    before = world.events(secret, 5)
    with RawWebSocket(world.egress[0], timeout=PATIENCE) as looker:
        looker.upgrade(
            "/ws?" + urllib.parse.urlencode({"secret": secret}), "Sec-WebSocket-Protocol: cloudevents.json"
        )
        looker.send_frame(CLOSE, NORMAL)
        while looker.frame().opcode != CLOSE:
            pass
    # Another has no use for what is so old.
    with world.socket(secret, since="1ms"):
        pass
    with world.socket(secret) as bot:
        assert bot.take(5) == before
    with world.socket(secret, consumer="other", backlog="off"):
        pass
    with world.socket(secret, consumer="other") as other:
        assert other.take(5) == before


@pytest.mark.timeout(120)
@pytest.mark.parametrize("pages", [1, 20])
def test_connects_while_events_come(world, secret, pages):
    """However the backlog's end falls among events that come at full speed, there is neither a gap nor an overlap."""

    async def scenario():
        publisher = Publisher(secret, world.ingress)
        await publisher.send(64 * pages)
        over = asyncio.Event()

        async def publish():
            while not over.is_set():
                await publisher.send(10)

        publishing = asyncio.create_task(publish())
        clients = []
        async with contextlib.AsyncExitStack() as stack:
            for number in range(12):
                query = {"since": "1h"} if number % 2 else {"consumer": f"c{number}"}
                client = RawClient(f"client {number}", secret, lambda: world.egress, **query)
                clients.append(await stack.enter_async_context(client))
                known = len(publisher.acknowledged)
                await client.until(lambda known=known, client=client: len(client.ids) > known)
            over.set()
            await publishing
            ids = [json.loads(body)["id"] for body in publisher.acknowledged]
            for client in clients:
                await client.has(ids)
        publisher.close()
        for client in clients:
            tally = assert_nothing_lost(client, ids)
            assert tally.connections == 1 and tally.again == 0

    asyncio.run(scenario())


@pytest.mark.timeout(120)
def test_comes_and_goes_while_events_come(world, secret):
    """A bot that says goodbye and comes back, again and again and to any node, has everything in the end."""

    async def scenario():
        publisher = Publisher(secret, world.ingress)
        await publisher.send(1)
        over, stays = asyncio.Event(), []

        async def publish():
            while not over.is_set():
                await publisher.send(10)

        publishing = asyncio.create_task(publish())
        for number in range(20):
            async with RawClient("comes and goes", secret, lambda: world.egress) as client:
                await client.until(lambda client=client, number=number: len(client.ids) > number % 4)
            stays += client.connections
        over.set()
        await publishing
        ids = [json.loads(body)["id"] for body in publisher.acknowledged]
        async with RawClient("comes and goes", secret, lambda: world.egress) as client:
            await client.until(lambda: ids[-1] in client.ids)
        client.connections[:0] = stays
        publisher.close()
        assert_nothing_lost(client, ids)

    asyncio.run(scenario())


def test_backlog_off(world, secret):
    """Only what comes, and no cursor is moved by it."""
    before = world.events(secret, 5)
    with world.socket(secret, backlog="off") as socket:
        live = world.events(secret, 5, "live")
        assert socket.take(5) == live
    with world.socket(secret) as socket:
        assert socket.take(10) == before + live


def test_since(world, secret):
    """What came within a time; a second is the shortest there is."""
    world.events(secret, 3, "old")
    time.sleep(1.2)  # the age itself is what is asked for
    young = world.events(secret, 3, "young")
    with world.socket(secret, since="1s") as socket:
        got = socket.take(1)
        # On a machine that stalls some of the young ones are old by now.
        assert got[0] in young
        got += socket.take(len(young) - 1 - young.index(got[0]))
        assert got == young[-len(got) :]
    with world.socket(secret, since="1h") as socket:
        assert len(socket.take(6)) == 6


def test_rate(world, secret):
    """The backlog comes no faster than asked for, and what comes meanwhile comes behind it."""
    before = world.events(secret, 60)
    start = time.monotonic()
    with world.socket(secret, rate="40") as socket:
        first = socket.take(20)
        live = world.events(secret, 3, "live")
        rest = socket.take(43)
        seconds = time.monotonic() - start
    assert first + rest == before + live
    # Less than 63 of 40 a second, since the first part comes at once; never faster, however slow the machine.
    assert seconds > 1.4
    with world.socket(secret, since="1h") as socket:
        assert socket.take(63) == before + live


def body(type="GROUP_AT_MESSAGE_CREATE", group="G1", author="A1"):
    message = {"id": "ROBOT1.0_b", "content": "x", "author": {"id": author}, "group_openid": group}
    return json.dumps({"op": 0, "id": qq.event_id(), "d": message, "t": type}, separators=(",", ":")).encode()


FILTERS = {
    "a type": ({"type": "GROUP_AT_MESSAGE_CREATE"}, [0, 1, 2]),
    "two types": ({"type": ["GROUP_AT_MESSAGE_CREATE", "FRIEND_ADD"]}, [0, 1, 2, 4]),
    "a group": ({"group_openid": "G2"}, [1, 4]),
    "a path": ({"where": "d.author.id:A2"}, [2, 3]),
    "all of them": ({"type": "GROUP_AT_MESSAGE_CREATE", "where": "d.author.id:A1", "group_openid": "G1"}, [0]),
    "nothing passes": ({"type": "GUILD_CREATE"}, []),
}


@pytest.mark.parametrize("query, passing", FILTERS.values(), ids=FILTERS.keys())
def test_filters(world, secret, query, passing):
    """Backlog and live events pass the same filter; what it keeps back counts as had."""
    friend = {"type": "FRIEND_ADD", "group": "G2"}
    kinds = [{}, {"group": "G2"}, {"author": "A2"}, {"type": "X", "author": "A2"}, friend]
    before = world.publish(secret, [body(**kind) for kind in kinds])
    with world.socket(secret, consumer="filtered", **query) as socket:
        assert socket.take(len(passing)) == [before[number] for number in passing]
        live = world.publish(secret, [body(**kind) for kind in kinds])
        assert socket.take(len(passing)) == [live[number] for number in passing]
        with world.socket(secret, node=1, consumer="all") as other:
            assert other.take(10) == before + live
    eventually_empty(world, secret, consumer="filtered")


def test_two_consumers(world, secret):
    """Each has a cursor of its own, and so have those who give no name."""
    first = world.events(secret, 5)
    with world.socket(secret, consumer="test") as socket:
        assert socket.take(5) == first
    second = world.events(secret, 5, "more")
    with world.socket(secret, node=1, consumer="production") as socket:
        assert socket.take(10) == first + second
    with world.socket(secret) as socket:
        assert socket.take(10) == first + second
    # The cursor of the first goodbye may be stored a moment later than its answer came.
    with world.socket(secret, node=1, consumer="test") as socket:
        got = socket.take(5)
        if got == first:
            got = socket.take(5)
        assert got == second


def test_connection_breaks(world, secret):
    """A reset is no goodbye: what the client has not taken from its system comes again."""
    events = world.events(secret, 20)
    with RawWebSocket(world.egress[0], timeout=PATIENCE) as socket_:
        socket_.upgrade(f"/ws?secret={secret}&consumer=breaks")
        assert socket_.frame().payload == events[0]
        socket_.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with world.socket(secret, consumer="breaks") as again:
        assert again.take(20) == events


@pytest.mark.timeout(120)
def test_redis_comes_back_empty(tmp_path):
    """A new epoch is told to who has words for it, live and to who comes back by a position; nothing that the new log
    has is lost."""
    with RedisServer(tmp_path) as redis, tiers(redis.url, tmp_path) as (ingress, egress):
        world, secret = World(ingress, egress), qq.secret()

        def clients(**positions):
            ports = lambda: world.egress
            made = {
                "plain": RawClient("plain", secret, ports, patience=60),
                "consumer": RawClient("consumer", secret, ports, patience=60, consumer="archive"),
                "envelopes": EnvelopeClient("envelopes", secret, ports, patience=60, backlog="off"),
                "stream": StreamClient("stream", secret, ports, patience=60, backlog="off"),
                "named": EnvelopeClient("named", secret, ports, patience=60, consumer="named"),
            }
            for name, position in positions.items():
                made[name].position = position
            return made

        async def scenario():
            publisher = Publisher(secret, world.ingress)

            def ids():
                return [json.loads(body)["id"] for body in publisher.acknowledged]

            staying, leaving = clients(), clients()
            for client in (*staying.values(), *leaving.values()):
                client.query.update({"consumer": "leaving"} if client is leaving["consumer"] else {})
                client.query.update({"consumer": "named-leaving"} if client is leaving["named"] else {})
                await client.__aenter__()
            await publisher.send(30)
            for client in (*staying.values(), *leaving.values()):
                await client.has(ids())
                assert client.ids == set(ids())
            for client in leaving.values():
                await client.stop()

            await asyncio.to_thread(redis.kill)
            await asyncio.to_thread(redis.start)
            for node in (*ingress, *egress):
                await asyncio.to_thread(node.await_ready)
            old = len(publisher.acknowledged)
            await publisher.send(20)
            new = ids()[old:]
            for name, client in staying.items():
                await client.has(new)
                (connection,) = client.connections
                assert connection.received[-20:] == new, name
                if name in ("envelopes", "stream", "named"):
                    told = [(recovered, reason) for _, recovered, reason in connection.recoveries if not recovered]
                    assert told == [(False, "epoch_changed")], name

            back = clients(envelopes=leaving["envelopes"].position, stream=leaving["stream"].position)
            back["consumer"].query["consumer"], back["named"].query["consumer"] = "leaving", "named-leaving"
            for name, client in back.items():
                async with client:
                    if name in ("envelopes", "stream"):
                        await client.until(lambda client=client: client.connections[0].recoveries)
                        assert client.connections[0].recoveries[0] == (0, False, "epoch_changed"), name
                    if name in ("consumer", "named"):
                        # Their cursors went with the store: they are new, and begin with the oldest event.
                        await client.has(new)
                        assert client.connections[0].received == new, name
            # Events go on behind the position that was told.
            async with EnvelopeClient("on", secret, lambda: world.egress, patience=60) as on:
                on.position = back["envelopes"].position
                await publisher.send(5)
                await on.has(ids()[-5:])
                assert on.connections[0].received == ids()[-5:]
            for client in staying.values():
                await client.has(ids()[old:])
                await client.stop()
                tally = judge(client, ids())
                assert not tally.missing and tally.again == 0, f"{client.name}: {tally}"
            publisher.close()

        asyncio.run(scenario())
