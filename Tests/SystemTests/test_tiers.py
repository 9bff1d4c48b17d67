"""Any ingress, any egress: what is posted to one node reaches the sockets on every other, in order and once."""

import asyncio
import itertools
import json
import re

import pytest

import qq
from bot_side import Bot
from platform_side import Publisher
from redis_server import DURABLE, RedisServer
from relay import BINARY, run_command
from tiers import TierNode, tiers
from waiting import PATIENCE, until, until_async


@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path, *DURABLE) as server:
        yield server


class Load:
    """Bots on every egress node, and publishers that use every ingress node."""

    def __init__(self, ingress, egress, secrets=10, sockets=2):
        ports = [node.port for node in ingress]
        self.secrets = [qq.secret() for _ in range(secrets)]
        self.publishers = [Publisher(secret, ports) for secret in self.secrets]
        places = itertools.cycle(node.port for node in egress)
        self.bots = {secret: [Bot(secret, next(places)) for _ in range(sockets)] for secret in self.secrets}

    async def __aenter__(self):
        await asyncio.gather(*(bot.open() for bots in self.bots.values() for bot in bots))
        return self

    async def __aexit__(self, *_):
        for publisher in self.publishers:
            publisher.close()
        await asyncio.gather(*(bot.close() for bots in self.bots.values() for bot in bots))

    async def send(self, each):
        await asyncio.gather(*(publisher.send(each) for publisher in self.publishers))

    async def settle(self, seconds=30):
        """Waits for the last event at every socket, and compares what it got with what was acknowledged."""
        for publisher in self.publishers:
            for bot in self.bots[publisher.secret]:
                await bot.has(len(publisher.acknowledged), seconds)
                assert bot.closed is None
                assert len(bot.received) == len(publisher.acknowledged)
                assert bot.hash.digest() == publisher.hash.digest()

    @property
    def refusals(self):
        return sum(publisher.refusals for publisher in self.publishers)


def run(scenario):
    asyncio.run(scenario())


@pytest.mark.timeout(180)
def test_every_socket_gets_every_event(redis, tmp_path):
    """Two by two nodes, ten bots with two sockets each, 20,000 events."""
    with tiers(redis.url, tmp_path) as (ingress, egress):

        async def scenario():
            async with Load(ingress, egress) as load:
                await load.send(2_000)
                await load.settle()
                assert load.refusals == 0, "\n".join(node.log[-2_000:] for node in ingress)

        run(scenario)


@pytest.mark.timeout(180)
def test_redis_is_killed_and_restarted(redis, tmp_path):
    """Three times under load: what was not acknowledged is sent again, what was reaches every socket."""
    with tiers(redis.url, tmp_path) as (ingress, egress):

        async def scenario():
            async with Load(ingress, egress, secrets=5) as load:
                sending = asyncio.create_task(load.send(600))
                for _ in range(3):
                    before = len(load.publishers[0].acknowledged)
                    await until_async(
                        lambda: len(load.publishers[0].acknowledged) >= before + 50 or sending.done(),
                        "too few events are acknowledged", 60,
                    )
                    assert not sending.done(), "the load was over before Redis was killed three times"
                    redis.kill()
                    for node in (*ingress, *egress):
                        red = await asyncio.to_thread(node.await_ready, False)
                        print(f"red after {red:.2f} s")
                        assert node.get("/livez")[0] == 200
                    await asyncio.to_thread(redis.start)
                    for node in (*ingress, *egress):
                        await asyncio.to_thread(node.await_ready)
                await sending
                await load.settle()
                assert load.refusals > 0

        run(scenario)


@pytest.mark.timeout(60)
def test_redis_that_stores_nothing(redis, tmp_path):
    """Red for as long as it is so, though pings are answered all the time; and green again once something is stored."""
    secret = qq.secret()
    with tiers(redis.url, tmp_path, ingress=1, egress=1, flags=("--threads", "2")) as (nodes, (egress,)):
        async def send_one():
            publisher = Publisher(secret, [nodes[0].port])
            await publisher.send(1)
            publisher.close()

        async def be_refused():
            publisher = Publisher(secret, [nodes[0].port])
            assert not await publisher.post(qq.event())
            publisher.close()

        def refused_probes():
            name = r'hookwire_redis_probes_total\{outcome="not_stored"\}'
            found = re.search(rf"^{name} (\S+)$", egress.get("/metrics")[1], re.MULTILINE)
            return float(found[1]) if found else 0

        redis.command("CONFIG", "SET", "maxmemory", "1")
        for node in (*nodes, egress):
            node.await_ready(False)
        before = refused_probes()

        def probed_twice():
            assert not egress.is_ready()
            return refused_probes() >= before + 2

        until(probed_twice, lambda: f"{refused_probes() - before} probes are refused", 2 * PATIENCE)
        assert "OOM" in egress.get("/readyz")[1]
        status, problem = egress.get(f"/events?secret={secret}&consumer=new")
        assert (status, json.loads(problem)["reason"]) == (503, "broker_refused")
        run(be_refused)
        redis.command("CONFIG", "SET", "maxmemory", "0")
        run(send_one)
        # By what was stored, then: a refusal is believed for twelve seconds (docs/redis.md), and the last is younger.
        nodes[0].await_ready(seconds=10)
        egress.await_ready()


FAULTS = {
    "subscribers killed": [("CLIENT", "KILL", "TYPE", "pubsub")],
    "all connections killed": [("CLIENT", "KILL", "TYPE", "normal"), ("CLIENT", "KILL", "TYPE", "pubsub")],
    "commands killed": [("CLIENT", "KILL", "TYPE", "normal")],
    "paused": [("CLIENT", "PAUSE", "3000")],
    "subscribers dropped for a full buffer": [
        ("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1k 1k 1"),
    ],
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("commands", FAULTS.values(), ids=FAULTS.keys())
def test_connections_are_cut(redis, tmp_path, commands):
    """Whatever becomes of the connections to Redis, no socket closes and nothing acknowledged is lost."""
    with tiers(redis.url, tmp_path) as (ingress, egress):

        async def scenario():
            async with Load(ingress, egress, secrets=5) as load:
                await load.send(50)
                sending = asyncio.create_task(load.send(300))
                for command in commands:
                    await asyncio.to_thread(redis.command, *command)
                await sending
                if commands[0][0] == "CONFIG":
                    # Large enough that the limit is hit for sure.
                    await load.send(20)
                    await asyncio.to_thread(
                        redis.command, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60"
                    )
                await load.settle()

        run(scenario)


@pytest.mark.timeout(120)
def test_egress_node_dies(redis, tmp_path):
    """Its bots connect to another node and go on, perhaps with the last they had again; the others notice nothing."""
    with tiers(redis.url, tmp_path) as (ingress, egress):

        async def scenario():
            async with Load(ingress, egress, secrets=4) as load:
                await load.send(50)
                await load.settle()
                await asyncio.to_thread(egress[0].kill)
                survivors = {}
                for secret, bots in load.bots.items():
                    for bot in bots:
                        if bot.port == egress[0].port:
                            await bot.ended()
                    moved = await Bot(secret, egress[1].port).open()
                    survivors[secret] = [bot for bot in bots if bot.port == egress[1].port], moved
                await load.send(50)
                for publisher in load.publishers:
                    stayed, moved = survivors[publisher.secret]
                    while moved.received[-1:] != publisher.acknowledged[-1:]:
                        await moved.has(len(moved.received) + 1)
                    assert len(moved.received) >= 50
                    assert moved.received == publisher.acknowledged[-len(moved.received) :]
                    for bot in stayed:
                        await bot.has(100)
                        assert bot.received == publisher.acknowledged
                    await moved.close()

        run(scenario)


@pytest.mark.timeout(120)
def test_redis_loses_its_memory(redis, tmp_path):
    """After FLUSHALL a new epoch is announced in the egress nodes' logs, and delivery goes on."""
    with tiers(redis.url, tmp_path) as (ingress, egress):

        async def scenario():
            async with Load(ingress, egress, secrets=4) as load:
                await load.send(50)
                await load.settle()
                await asyncio.to_thread(redis.command, "FLUSHALL")
                await load.send(50)
                await load.settle()

        run(scenario)
        for node in egress:
            assert "epoch" in node.log


def test_serve_on_redis(redis, tmp_path):
    """One process with a Redis does what two tiers do, and meets them there."""
    flags = {"folder": tmp_path}
    with TierNode("serve", redis.url, **flags) as one, TierNode("egress", redis.url, **flags) as other:
        one.await_ready()
        other.await_ready()

        async def scenario():
            async with Load([one], [one, other], secrets=2) as load:
                await load.send(50)
                await load.settle()

        run(scenario)


def test_ingress_fails_fast_without_redis(redis, tmp_path):
    """An event that cannot be stored is answered so that the platform sends it again, and soon."""
    with tiers(redis.url, tmp_path, ingress=1, egress=1) as ((ingress,), (egress,)):
        redis.kill()
        ingress.await_ready(False)
        egress.await_ready(False)

        async def scenario():
            publisher = Publisher(qq.secret(), [ingress.port])
            assert not await publisher.post(qq.event())
            publisher.close()

        run(scenario)
        assert ingress.get("/livez")[0] == egress.get("/livez")[0] == 200
        redis.start()
        ingress.await_ready()
        egress.await_ready()


@pytest.mark.parametrize("tier", ["ingress", "egress"])
def test_tiers_need_a_redis(tier):
    """Alone a tier is of no use, and says so."""
    answer = run_command([BINARY, tier])
    assert answer.returncode != 0
    assert "--redis-url" in answer.stderr


def test_the_other_tiers_paths(redis, tmp_path):
    """A node says of the other tier's paths whose they are, and so does the doctor of a webhook's URL there."""
    with tiers(redis.url, tmp_path, ingress=1, egress=1) as ((ingress,), (egress,)):
        for node, paths, other in [
            (egress, ["/webhook?secret=s", "/webhook/wechat?secret=s", "/webhook/qq/bot"], "ingress"),
            (ingress, ["/ws?secret=s", "/ws/s/t", "/events?secret=s", "/qq/gateway", "/reply/t", "/replay",
                       "/dead-letters?secret=s", "/dead-letters/1/replay", "/inspector"], "egress"),
        ]:  # fmt: skip
            for path in paths:
                status, body = node.get(path)
                problem = json.loads(body)
                assert (status, problem["reason"]) == (404, "wrong_tier"), path
                assert f"to an {other} node" in problem["detail"]
            assert json.loads(node.get("/elsewhere")[1])["reason"] == "not_found"
        url = f"http://127.0.0.1:{egress.port}/webhook"
        doctor = run_command([BINARY, "doctor", url, "--secret", "doctor-secret"])
        assert doctor.returncode == 1 and "Webhooks go to an ingress node" in doctor.stdout
