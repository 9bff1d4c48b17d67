"""Redis by way of sentinels: the master dies, hangs or is replaced, and nothing that was acknowledged is lost in silence."""

import asyncio
import contextlib
import json
import socketserver
import threading
import time

import pytest

import qq
from platform_side import Publisher
from redis_sentinel import MASTER, Sentinels
from redis_server import RedisServer, free_port
from relay import BINARY, run_command
from returning_clients import EnvelopeClient
from tiers import TierNode, tiers
from waiting import until, until_async


class Bots:
    """Some bots' sockets and the platform's events for them."""

    def __init__(self, ingress, egress, count=4):
        self.publishers = [Publisher(qq.secret(), [node.port for node in ingress], patience=15) for _ in range(count)]
        self.clients = [
            EnvelopeClient(f"bot {number}", publisher.secret, lambda: [node.port for node in egress], backlog="off")
            for number, publisher in enumerate(self.publishers)
        ]

    async def __aenter__(self):
        for client in self.clients:
            await client.__aenter__()
        return self

    async def __aexit__(self, *_):
        for publisher in self.publishers:
            publisher.close()
        await asyncio.gather(*(client.stop() for client in self.clients))

    async def send(self, over):
        """Sends events until it is over, at some 100 a second for each bot."""
        async def one(publisher):
            while not over.is_set():
                await publisher.send_at(100, 10)
        await asyncio.gather(*(one(publisher) for publisher in self.publishers))

    async def send_each(self, count):
        await asyncio.gather(*(publisher.send(count) for publisher in self.publishers))

    @property
    def acknowledged(self):
        return sum(len(publisher.acknowledged) for publisher in self.publishers)

    async def settle(self):
        """All that was acknowledged has come, or the bot was told that its log lost its memory. Twice comes only what the
        platform was not acknowledged, and sent again."""
        lost = 0
        for publisher, client in zip(self.publishers, self.clients, strict=True):
            ids = [json.loads(body)["id"] for body in publisher.acknowledged]
            # The newest one comes in any case.
            await client.has(ids[-1:], 30)
            await client.has(ids, 5)
            missing = set(ids) - client.ids
            changed = [why for connection in client.connections for _, recovered, why in connection.recoveries if not recovered]
            assert not missing or "epoch_changed" in changed, f"{len(missing)} of {len(ids)} events lost in silence"
            received = [id for connection in client.connections for id in connection.received]
            assert len(received) - len(set(received)) <= publisher.refusals
            lost += len(missing)
        return lost


def count(node, name):
    """The value of a metric without labels."""
    return sum(float(line.split()[-1]) for line in node.get("/metrics")[1].splitlines() if line.startswith(name))


@pytest.mark.timeout(150)
def test_failover_under_load(tmp_path):
    """The master is killed, which readiness shows, and its successor hangs: what was acknowledged comes, or its loss is
    announced. The hanging one awakes as a master, and nobody goes back to it."""
    with Sentinels(tmp_path) as redis, tiers(redis.url, tmp_path) as (ingress, egress):
        nodes = [*ingress, *egress]

        async def fail_over(bots, end, turns_red):
            before, primary = bots.acknowledged, redis.primary
            start = time.monotonic()
            await asyncio.to_thread(end, primary)
            if turns_red:
                # At once: the first may be green again before the last was asked.
                await asyncio.gather(*(asyncio.to_thread(node.await_ready, False) for node in nodes))
            await asyncio.to_thread(redis.await_other, primary)
            for node in nodes:
                await asyncio.to_thread(node.await_ready)
            print(f"green after {time.monotonic() - start:.1f} s")
            await until_async(lambda: bots.acknowledged > before + 100, "too few events are acknowledged")
            return primary

        async def scenario():
            async with Bots(ingress, egress) as bots:
                await bots.send_each(5)
                over = asyncio.Event()
                sending = asyncio.create_task(bots.send(over))
                # Some load before anything happens.
                await until_async(lambda: bots.acknowledged >= 200, "too few events are acknowledged")
                killed = await fail_over(bots, lambda server: server.kill(), turns_red=True)
                # It comes back as a replica: the next failover has two to choose from.
                killed.options += ("--replicaof", "127.0.0.1", redis.primary.port)
                await asyncio.to_thread(killed.start)
                await asyncio.to_thread(redis.await_replicas, 2)
                # Nodes that hear of the new master before they call the old one dead are never red.
                hung = await fail_over(bots, redis.stop, turns_red=False)
                redis.resume(hung)
                await asyncio.to_thread(redis.await_replicas, 2)
                over.set()
                await sending
                lost = await bots.settle()
                print(f"{bots.acknowledged} events, {lost} lost and announced")
                assert all(publisher.refusals > 0 for publisher in bots.publishers)
            # Nobody stayed with the one that awoke.
            names = {line.split("name=")[1].split()[0] for line in hung.command("CLIENT", "LIST").splitlines()}
            assert not any(name.startswith("hookwire") for name in names)

        asyncio.run(scenario())


@pytest.mark.timeout(60)
def test_without_a_sentinel(tmp_path):
    """Sentinels that are away do no harm to a connection that stands; a failover that they announce is followed at once."""
    with Sentinels(tmp_path, replicas=1) as redis, tiers(redis.url, tmp_path, ingress=1, egress=1) as (ingress, egress):

        async def scenario():
            async with Bots(ingress, egress, count=2) as bots:
                await bots.send_each(5)
                for sentinel in redis.sentinels[1:]:
                    redis.stop(sentinel)
                # Longer than an answer may take: the third one is the only one that says anything, then nobody.
                await asyncio.sleep(1.5)
                await bots.send_each(5)
                redis.stop(redis.sentinels[0])
                await asyncio.sleep(1.5)
                await bots.send_each(5)
                assert all(node.is_ready() for node in (*ingress, *egress))
                assert not any(publisher.refusals for publisher in bots.publishers)
                for sentinel in redis.sentinels:
                    redis.resume(sentinel)
                await bots.settle()

        try:
            asyncio.run(scenario())
        finally:
            for sentinel in redis.sentinels:
                redis.resume(sentinel)


class FakeSentinel(socketserver.ThreadingTCPServer):
    """A sentinel that says what the test wants it to, and announces nothing."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, port):
        self.primary = port
        self.epoch = 0
        self.asked = 0  # how often, about the master
        super().__init__(("127.0.0.1", free_port()), FakeSentinelConnection)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def __exit__(self, *error):
        self.shutdown()
        super().__exit__(*error)


def bulks(*texts):
    return b"*%d\r\n" % len(texts) + b"".join(b"$%d\r\n%s\r\n" % (len(text), text) for text in map(str.encode, texts))


class FakeSentinelConnection(socketserver.StreamRequestHandler):
    def handle(self):
        with contextlib.suppress(OSError):
            while line := self.rfile.readline():
                words = []
                for _ in range(int(line[1:])):
                    words.append(self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2].decode())
                self.wfile.write(self.answer(*words))

    def answer(self, name, *words):
        port = str(self.server.primary)
        self.server.asked += name.upper() == "SENTINEL"
        match (name.upper(), *words[:1]):
            case ("ROLE",):
                return bulks("sentinel")
            case ("PING",):
                return b"+PONG\r\n"
            case ("SUBSCRIBE", channel):
                return b"*3\r\n" + bulks("subscribe", channel)[4:] + b":1\r\n"
            case ("SENTINEL", "MASTER"):
                return bulks("ip", "127.0.0.1", "port", port, "config-epoch", str(self.server.epoch))
            case ("SENTINEL", "GET-MASTER-ADDR-BY-NAME"):
                return bulks("127.0.0.1", port)
        return b"+OK\r\n"


@pytest.mark.timeout(60)
def test_an_old_master_is_left(tmp_path):
    """A master that still works is left within seconds of a newer epoch that names another one, though nothing announces
    it; and a sentinel that lags behind brings nobody back."""
    with contextlib.ExitStack() as stack:
        for name in "ab":
            (tmp_path / name).mkdir()
        old, new = (stack.enter_context(RedisServer(tmp_path / name)) for name in "ab")
        sentinels = [stack.enter_context(FakeSentinel(old.port)) for _ in range(3)]
        url = "redis+sentinel://" + ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in sentinels) + f"/{MASTER}"
        ((node,), _) = stack.enter_context(tiers(url, tmp_path, ingress=1, egress=0))

        def connections(server):
            return sum("name=hookwire" in line for line in server.command("CLIENT", "LIST").splitlines())

        assert connections(old) > 0 and connections(new) == 0
        before = connections(old)
        sentinels[1].epoch, sentinels[1].primary = 1, new.port
        until(lambda: connections(new) >= before and not connections(old), "the old master is not left")
        node.await_ready()
        # The others go on saying the old one, whenever they are asked.
        asked = [sentinel.asked for sentinel in sentinels]
        until(
            lambda: all(sentinel.asked >= count + 2 for sentinel, count in zip(sentinels, asked, strict=True)),
            lambda: f"the sentinels are not asked: {asked}, {[sentinel.asked for sentinel in sentinels]}",
        )
        assert connections(old) == 0 and node.is_ready()


FAULTS = {
    "no such master": ("redis+sentinel://127.0.0.1:{port}/other", "No sentinel knows a master of the name"),
    "no sentinel": ("redis+sentinel://127.0.0.1:{free}/relay", "No sentinel can be reached"),
    "no sentinel but a Redis": ("redis+sentinel://127.0.0.1:{redis}/relay", "What answers at a sentinel's address is none"),
    "password": ("redis+sentinel://127.0.0.1:{port}/relay?sentinel-password=wrong", "sentinel-password"),
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """One sentinel with a password of its own."""
    with Sentinels(tmp_path_factory.mktemp("guarded"), replicas=0, sentinels=1) as redis:
        yield redis


@pytest.mark.parametrize("url, sentence", FAULTS.values(), ids=FAULTS.keys())
def test_what_is_wrong_is_said(guarded, tmp_path, url, sentence):
    """The probe says what to do."""
    url = url.format(port=guarded.sentinels[0].port, free=free_port(), redis=guarded.servers[0].port)
    with TierNode("ingress", url, folder=tmp_path) as node:
        assert node.await_probe(sentence) == 503


def test_bots_by_way_of_sentinels(guarded, tmp_path):
    """`hookwire bots` finds the registry where the nodes do."""
    command = [BINARY, "bots", "list", "--redis-url", guarded.url]
    listed = run_command(["env", f"HOOKWIRE_REGISTRY_KEY={'0f' * 32}", *command])
    assert listed.returncode == 0, listed.stderr
