"""Both tiers on a real Redis Cluster: what is acknowledged is delivered in order, whatever becomes of the nodes."""

import asyncio
import signal

import pytest

import qq
from bot_side import Bot
from platform_side import Publisher
from redis_cluster import RedisCluster, slot_of
from redis_server import RedisServer
from tiers import TierNode, tiers
from waiting import until, until_async


@pytest.fixture
def cluster(tmp_path):
    with RedisCluster(tmp_path) as cluster:
        yield cluster


class Load:
    """Bots on every egress node, whose events are sent to every ingress node until they are told to stop."""

    def __init__(self, ingress, egress, secrets=24):
        self.secrets = [qq.secret() for _ in range(secrets)]
        self.publishers = [Publisher(secret, [node.port for node in ingress]) for secret in self.secrets]
        self.bots = [Bot(secret, egress[number % len(egress)].port) for number, secret in enumerate(self.secrets)]
        self.egress = egress

    async def __aenter__(self):
        await asyncio.gather(*(bot.open() for bot in self.bots))
        self._going = True
        self._sending = [asyncio.create_task(self._send(publisher)) for publisher in self.publishers]
        return self

    async def _send(self, publisher):
        while self._going:
            await publisher.send(1)
            await asyncio.sleep(0.005)  # the rate of a busy bot

    async def progress(self, each=10):
        """Waits until so many events more of every bot are acknowledged."""
        goals = [len(publisher.acknowledged) + each for publisher in self.publishers]

        def all_have_theirs():
            return all(len(publisher.acknowledged) >= goal for publisher, goal in zip(self.publishers, goals, strict=True))

        await until_async(all_have_theirs, "a bot's events are not acknowledged", 30)

    async def settle(self, twice=False):
        """Stops sending, and compares what came with what was acknowledged; a loss has to have been announced. Where
        duplicate keys may be lost, events may come twice."""
        self._going = False
        await asyncio.gather(*self._sending)
        losses = 0
        for publisher, bot in zip(self.publishers, self.bots, strict=True):
            await bot.until(lambda: publisher.acknowledged[-1] in bot.received[-40:], 30)
            assert bot.closed is None
            sent = {body: number for number, body in enumerate(publisher.acknowledged)}
            numbers = list(dict.fromkeys(sent[body] for body in bot.received))
            assert twice or len(numbers) == len(bot.received), "an event came twice"
            assert numbers == sorted(numbers), "out of order"
            losses += len(sent) - len(numbers)
        if losses:
            assert any("events were lost" in node.log for node in self.egress), f"{losses} lost without a word"
        return losses

    async def __aexit__(self, *_):
        for task in self._sending:
            task.cancel()
        for publisher in self.publishers:
            publisher.close()
        await asyncio.gather(*(bot.close() for bot in self.bots))

    @property
    def refusals(self):
        return sum(publisher.refusals for publisher in self.publishers)


def metrics(node):
    """The counters of a node's cluster, by their names and label values."""
    found = {}
    for line in node.get("/metrics")[1].splitlines():
        if line.startswith("hookwire_redis_cluster_"):
            name, value = line.rsplit(" ", 1)
            found[name.removeprefix("hookwire_redis_cluster_")] = float(value)
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", ["killed", "hung"])
def test_a_master_is_lost(cluster, tmp_path, fault):
    """Its replica takes over under load: nodes say that a part is away, and get over it by themselves; nothing that was
    acknowledged is lost without a word. A master that only hung has forgotten that it was one when it goes on."""
    with tiers(cluster.url, tmp_path) as (ingress, egress):

        async def scenario():
            async with Load(ingress, egress) as load:
                await load.progress()
                process = cluster.masters[0].process
                process.send_signal(signal.SIGKILL if fault == "killed" else signal.SIGSTOP)
                states = set()
                async with asyncio.timeout(30):
                    while "degraded" not in states:
                        status, body = await asyncio.to_thread(egress[0].get, "/readyz")
                        states.add("degraded" if status == 200 and "Redis" in body else status)
                for node in (*ingress, *egress):
                    await asyncio.to_thread(await_fully_ready, node)
                await load.progress()
                if fault == "hung":
                    process.send_signal(signal.SIGCONT)
                    await load.progress()
                else:
                    process.wait()
                await load.settle(twice=True)
                assert load.refusals > 0

        asyncio.run(scenario())
        for node in (*ingress, *egress):
            found = metrics(node)
            assert found["nodes"] >= 3
            asked = sum(value for name, value in found.items() if name.startswith("slot_refreshes_total"))
            assert asked < 60, f"{asked} questions for the slots"


def await_fully_ready(node):
    """Waits until a node is ready and has nothing to say about it."""

    def says_nothing():
        status, body = node.get("/readyz")
        return status == 200 and "Redis" not in body

    until(says_nothing, lambda: f"{node.get('/readyz')}; log: {node.log[-3000:]}", 30)


@pytest.mark.timeout(120)
def test_slots_are_migrated(cluster, tmp_path):
    """Slots that bots have go to another master, with their keys, under load: no event is lost, all come in order, and the
    sockets stay. Then the subscriptions are there: pushes come, and not only what is read from the log."""
    source, target = cluster.masters[:2]
    own = []
    with tiers(cluster.url, tmp_path) as (ingress, egress):

        async def scenario():
            async with Load(ingress, egress) as load:
                await load.progress()
                own.extend(cluster.used_slots(source, 12))
                before = cluster.calls("ssubscribe")
                for number, slot in enumerate(own):
                    await asyncio.to_thread(cluster.migrate, slot, source, target, 0.2 if number == 0 else 0)
                await load.progress()
                assert await load.settle() == 0
                # A slot's channels go by one command for each node that has some; some attempts come too early.
                commands = cluster.calls("ssubscribe") - before
                assert commands <= 4 * len(own) * len(egress), f"{commands} for {len(own)} slots"
                left = source.command("PUBSUB", "SHARDCHANNELS", "hw:{*").split()
                assert not {slot_of(name.split("{")[1].split("}")[0]) for name in left} & set(own)

        asyncio.run(scenario())
        for node in ingress:
            found = metrics(node)
            assert found['redirections_total{kind="moved"}'] > 0
            assert found['redirections_total{kind="moved"}'] <= 20 * len(own)
        for node in (*ingress, *egress):
            await_fully_ready(node)


@pytest.mark.timeout(120)
def test_a_node_is_added(cluster, tmp_path):
    """It gets slots of every other under load; nodes of the relay find it by themselves."""
    with tiers(cluster.url, tmp_path) as (ingress, egress):

        async def scenario():
            async with Load(ingress, egress) as load:
                await load.progress()
                new = await asyncio.to_thread(cluster.add_master)
                for source in cluster.masters:
                    for slot in cluster.used_slots(source, 4):
                        await asyncio.to_thread(cluster.migrate, slot, source, new)
                await load.progress()
                assert await load.settle() == 0
                assert "hookwire" in new.command("CLIENT", "LIST")

        asyncio.run(scenario())
        for node in (*ingress, *egress):
            assert metrics(node)["nodes"] == 4
            await_fully_ready(node)


@pytest.mark.timeout(120)
def test_what_is_away_is_said(tmp_path):
    """Without replicas: a dead master makes the relay unready, since its cluster refuses all work then, and with partial
    coverage the nodes say which part is away; nothing is acknowledged that is not stored."""
    with RedisCluster(tmp_path, replicas=0, timeout=500, options=("--cluster-require-full-coverage", "no")) as cluster:
        with tiers(cluster.url, tmp_path, ingress=1, egress=1) as ((ingress,), (egress,)):
            cluster.masters[2].kill()
            for node in (ingress, egress):
                assert node.await_probe("Redis") == 200
            for master in cluster.masters[:2]:
                master.command("CONFIG", "SET", "cluster-require-full-coverage", "yes")
            for node in (ingress, egress):
                node.await_ready(False)
            for master in cluster.masters[:2]:
                master.kill()
            for node in (ingress, egress):
                node.await_ready(False)
                assert node.get("/livez")[0] == 200

            async def refused():
                publisher = Publisher(qq.secret(), [ingress.port])
                assert not await publisher.post(qq.event())
                publisher.close()

            asyncio.run(refused())


@pytest.mark.timeout(120)
def test_slots_come_back(tmp_path):
    """While nobody serves slots, it is asked again and again who does, and not only when the map is looked at unasked, 15
    seconds later and more: once somebody does, the nodes are ready, and who listens is subscribed again."""
    with RedisCluster(tmp_path, 2, 0, options=("--cluster-require-full-coverage", "no")) as cluster:
        with tiers(cluster.url, tmp_path, ingress=1, egress=1) as ((ingress,), (egress,)):

            async def listen():
                bots = [Bot(qq.secret(), egress.port) for _ in range(16)]
                await asyncio.gather(*(bot.open() for bot in bots))
                await asyncio.to_thread(lose_and_return)
                await asyncio.gather(*(bot.close() for bot in bots))

            def channels():
                return [len(master.command("PUBSUB", "SHARDCHANNELS").split()) for master in cluster.masters]

            def lose_and_return():
                # A probe, too, has a channel on each master.
                until(lambda: sum(channels()) >= 18, "all listen", 30)
                listening = channels()[1]
                for _ in range(2):
                    for master in cluster.masters:
                        master.command("CLUSTER", "DELSLOTSRANGE", 8192, 16383)
                    for node in (ingress, egress):
                        node.await_probe("served by nobody", 30)
                    asked = cluster.calls("cluster|slots")
                    until(lambda: cluster.calls("cluster|slots") >= asked + 6, "they ask", 10)
                    cluster.masters[1].command("CLUSTER", "ADDSLOTSRANGE", 8192, 16383)
                    for node in (ingress, egress):
                        await_fully_ready(node)
                    until(lambda: channels()[1] >= listening, "all listen again", 30)

            asyncio.run(listen())


@pytest.mark.timeout(60)
def test_a_redis_by_itself_is_no_cluster(tmp_path):
    """Whoever writes redis+cluster:// for a Redis by itself is told."""
    with RedisServer(tmp_path) as redis, TierNode(
        "egress", redis.url.replace("redis://", "redis+cluster://"), folder=tmp_path
    ) as node:
        assert node.await_probe("no node of a cluster") == 503
