"""Several independent Redis: each has some of the bots, and only those notice when it is away."""

import asyncio
import contextlib
import http.client
import json

import pytest
from websockets.sync.client import connect

import qq
from bot_side import Bot
from envelope_bot import webhook
from platform_side import Publisher
from redis_server import DURABLE, RedisServer
from relay import BINARY, PATIENCE, run_command
from returning_clients import EnvelopeClient
from test_replies_across_tiers import Bot as ReplyingBot
from tiers import TierNode, tiers

COUNT = 3


@pytest.fixture
def servers(tmp_path):
    with contextlib.ExitStack() as stack:
        servers = []
        for number in range(COUNT):
            (tmp_path / f"{number}").mkdir()
            servers.append(stack.enter_context(RedisServer(tmp_path / f"{number}", *DURABLE)))
        yield servers


def url(servers):
    return ",".join(server.url for server in servers)


def logs(server):
    return [key for key in server.command("KEYS", "hw:*:log").splitlines() if key]


def has(server, id):
    """Whether an event is in one of the server's logs."""
    return any(id in server.command("--no-raw", "XRANGE", key, "-", "+") for key in logs(server))


async def until_probe_says(nodes, text, seconds=PATIENCE):
    for node in nodes:
        await asyncio.to_thread(node.await_probe, text, seconds)


async def bots_of_each(servers, ingress, egress, each=2):
    """So many bots of each Redis, as a publisher and a socket."""
    places = [[] for _ in servers]
    while min(map(len, places)) < each:
        publisher = Publisher(qq.secret(), [node.port for node in ingress], patience=15)
        await publisher.send(1)
        id = json.loads(publisher.acknowledged[0])["id"]
        (at,) = [number for number, server in enumerate(servers) if has(server, id)]
        if len(places[at]) == each:
            continue
        bot = await Bot(publisher.secret, egress[len(places[at]) % len(egress)].port).open()
        await bot.has(1)
        places[at].append((publisher, bot))
    return places


@pytest.mark.timeout(120)
def test_one_of_three_is_killed(servers, tmp_path):
    """The others' bots get all as ever, from the first event on; its own are sent again, and catch up when it returns. The
    probe stays green and says what is wrong."""
    with tiers(url(servers), tmp_path) as (ingress, egress):

        async def scenario():
            places = await bots_of_each(servers, ingress, egress)
            others = [pair for at in (0, 2) for pair in places[at]]
            await asyncio.gather(*(publisher.send(50) for pairs in places for publisher, _ in pairs))
            servers[1].kill()
            sending = [asyncio.create_task(publisher.send(50)) for publisher, _ in places[1]]
            await asyncio.gather(*(publisher.send(300) for publisher, _ in others))
            for publisher, bot in others:
                await bot.has(351)
                assert bot.hash.digest() == publisher.hash.digest()
                assert set(publisher.answers) == {200}
            for node in (*ingress, *egress):
                status, text = node.get("/readyz")
                assert status == 200 and f"1 of 3 Redis cannot be used: {servers[1].url}" in text, text
            # A socket of another bot can be opened, too.
            with connect(f"ws://127.0.0.1:{egress[0].port}/ws?secret={others[0][0].secret}", proxy=None):
                pass
            assert not any(task.done() for task in sending)
            await asyncio.to_thread(servers[1].start)
            await asyncio.gather(*sending)
            for publisher, bot in places[1]:
                await bot.has(101)
                assert bot.closed is None and bot.hash.digest() == publisher.hash.digest()
                assert publisher.answers[503] > 0
            await until_probe_says((*ingress, *egress), "ready\n")
            for pairs in places:
                for publisher, bot in pairs:
                    publisher.close()
                    await bot.close()

        asyncio.run(scenario())


@pytest.mark.timeout(120)
def test_replies_need_no_single_redis(servers, tmp_path):
    """Whichever one of the three is away, requests that wait on one node get the replies of bots on another, as long as the
    bot's own Redis works."""
    with tiers(url(servers), tmp_path) as (ingress, egress):

        async def ask(node, secret, body):
            def post():
                connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
                with contextlib.closing(connection):
                    connection.request("POST", webhook(secret, reply="1"), body, {"Content-Type": "application/json"})
                    return connection.getresponse().status
            return await asyncio.to_thread(post)

        async def scenario():
            places = await bots_of_each(servers, ingress, egress, each=1)
            for down in range(COUNT):
                servers[down].kill()
                await until_probe_says((*ingress, *egress), "1 of 3")
                for at in range(COUNT):
                    if at == down:
                        continue
                    secret = places[at][0][0].secret
                    for bot_node in egress:
                        async with ReplyingBot(secret, bot_node.port):
                            for node in ingress:
                                status = await ask(node, secret, "{}")
                                assert status == 200, (down, at, status)
                await asyncio.to_thread(servers[down].start)
                await until_probe_says((*ingress, *egress), "ready\n")
            for pairs in places:
                for publisher, bot in pairs:
                    publisher.close()
                    await bot.close()

        asyncio.run(scenario())


@pytest.mark.timeout(60)
def test_another_one_is_added(servers, tmp_path):
    """A third one at the end of the list takes a third of the bots and leaves the others where they are; a bot that moved
    is told that its log begins anew, where it asks for what it missed."""
    secrets = [qq.secret() for _ in range(24)]

    def send(node, text):
        for secret in secrets:
            body = qq.event(text)
            connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
            with contextlib.closing(connection):
                connection.request("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body))
                assert connection.getresponse().status == 200

    async def clients(node, positions=()):
        """A socket of each bot, with the event that it gets."""
        query = {} if positions else {"backlog": "on"}
        clients = [EnvelopeClient(secret, secret, lambda: [node.port], **query) for secret in secrets]
        for client, position in zip(clients, positions, strict=bool(positions)):
            client.position = position
        async with contextlib.AsyncExitStack() as stack:
            for client in clients:
                await stack.enter_async_context(client)
            for client in clients:
                await client.until(lambda: client.ids or client.connections[0].recoveries, PATIENCE)
        return clients

    with tiers(url(servers[:2]), tmp_path, ingress=1, egress=1) as ((ingress,), (egress,)):
        send(ingress, "before")
        positions = [client.position for client in asyncio.run(clients(egress))]
    before = [set(logs(server)) for server in servers]
    assert before[0] and before[1] and not before[2]
    with tiers(url(servers), tmp_path, ingress=1, egress=1) as ((ingress,), (egress,)):
        send(ingress, "after")
        moved = [key for key in logs(servers[2]) if key in before[0] | before[1]]
        assert 1 <= len(moved) <= 16
        after = asyncio.run(clients(egress, positions))
        told = [recovery for client in after for recovery in client.connections[0].recoveries if not recovery[1]]
        assert {reason for _, _, reason in told} == {"epoch_changed"} and len(told) == len(moved)


@pytest.mark.timeout(60)
def test_other_order(servers, tmp_path):
    """Nodes that have the same Redis in another order would miss each other's events, and both say so."""
    with contextlib.ExitStack() as stack:
        def node(tier, urls):
            return stack.enter_context(TierNode(tier, url(urls), folder=tmp_path))

        pair = node("ingress", servers), node("egress", servers[::-1])
        asyncio.run(until_probe_says(pair, "the same list of Redis in the same order", 30))
        assert all(node.is_ready() for node in pair)
        assert "is number 1 of 3 here and 3/3 on another node" in pair[0].get("/readyz")[1]


@pytest.mark.timeout(60)
def test_one_redis_beside_two(servers, tmp_path):
    """A node that has not heard of the second Redis yet is noticed too, by those that have."""
    with contextlib.ExitStack() as stack:
        old = stack.enter_context(TierNode("ingress", servers[0].url, folder=tmp_path))
        new = stack.enter_context(TierNode("egress", url(servers[:2]), folder=tmp_path))
        asyncio.run(until_probe_says((old, new), "the same list of Redis in the same order", 30))
        assert "is number 1 of 1 here and 1/2 on another node" in old.get("/readyz")[1]


def test_list_of_urls(servers, tmp_path):
    """What cannot be meant is refused at the start; the commands take the same list as the nodes."""
    twice = run_command([BINARY, "ingress", "--port", "0", "--redis-url", f"{servers[0].url},{servers[0].url}"])
    assert twice.returncode != 0 and "redis-url" in twice.stderr
    command = [BINARY, "bots", "list", "--redis-url", url(servers)]
    listed = run_command(["env", f"HOOKWIRE_REGISTRY_KEY={'0f' * 32}", *command])
    assert listed.returncode == 0, listed.stderr
