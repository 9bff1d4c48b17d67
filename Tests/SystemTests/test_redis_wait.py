"""`--redis-wait`: nothing is acknowledged that too few replicas have."""

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import time

import pytest

import qq
from bot_side import Bot
from platform_side import Publisher
from redis_cluster import RedisCluster
from redis_server import RedisServer
from relay import BINARY, PATIENCE, run_command
from tiers import tiers
from waiting import until, until_async


@pytest.fixture
def servers(tmp_path):
    """A primary and its replica, in step."""
    with contextlib.ExitStack() as stack:
        for name in ("primary", "replica"):
            (tmp_path / name).mkdir()
        primary = stack.enter_context(RedisServer(
            tmp_path / "primary", "--repl-diskless-sync-delay", "0", "--repl-timeout", "60"))
        replica = stack.enter_context(RedisServer(tmp_path / "replica", "--replicaof", "127.0.0.1", primary.port))
        until(
            lambda: "state=online" in primary.command("INFO", "replication"), "the replica does not come into step"
        )
        yield primary, replica
        os.kill(replica.process.pid, signal.SIGCONT)


def post(node, secret, body):
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request("POST", qq.webhook_path(secret), body, qq.signed_headers(secret, body))
        return connection.getresponse().status


def acknowledged(node, secret, body):
    """Posts until it is acknowledged, as platforms do: a busy machine's replica may need longer than it is given."""

    def is_taken():
        status = post(node, secret, body)
        assert status in (200, 503), status
        return status == 200

    until(is_taken, "503 again and again", pause=0)


def publications(node, outcome):
    label = f'hookwire_redis_publications_total{{outcome="{outcome}"}}'
    return sum(float(line.split()[-1]) for line in node.get("/metrics")[1].splitlines() if line.startswith(label))


@pytest.mark.timeout(60)
def test_replica_hangs(servers, tmp_path):
    """An event that no replica has is not acknowledged, nor is the platform's next attempt, which is a duplicate, until one
    has it; the bot gets it once. The shortage is counted, and the probe tells it."""
    primary, replica = servers
    secret = qq.secret()
    with tiers(primary.url, tmp_path, egress=1, ingress_flags=("--redis-wait", "1:200")) as (ingress, egress):

        async def scenario():
            bot = await Bot(secret, egress[0].port).open()
            first, second = qq.event("first"), qq.event("second")
            await asyncio.to_thread(acknowledged, ingress[0], secret, first)
            before = sum(publications(node, "unreplicated") for node in ingress)
            os.kill(replica.process.pid, signal.SIGSTOP)
            for node in (*ingress, *ingress):
                start = time.monotonic()
                assert await asyncio.to_thread(post, node, secret, second) == 503
                # The time is what --redis-wait promises; no machine is too slow for it.
                assert time.monotonic() - start >= 0.2
            assert sum(publications(node, "unreplicated") for node in ingress) - before == 4
            status, text = ingress[0].get("/readyz")
            assert status == 200 and "--redis-wait" in text, text
            os.kill(replica.process.pid, signal.SIGCONT)
            for node in ingress:
                await asyncio.to_thread(acknowledged, node, secret, second)
            await bot.has(2)
            third = qq.event("third")
            await asyncio.to_thread(acknowledged, ingress[0], secret, third)
            await bot.has(3)
            assert bot.received == [first, second, third]
            await bot.close()

        asyncio.run(scenario())


def test_a_duplicate_is_written_anew(servers, tmp_path):
    """Newer servers wait for what the connection has written last: who repeats an event by another connection writes its
    key, so that there is something to wait for. The key lives no longer by that."""
    primary, _ = servers
    secret = qq.secret()
    with tiers(primary.url, tmp_path, egress=0, ingress_flags=("--redis-wait", "1")) as (ingress, _):
        body = qq.event("once")
        acknowledged(ingress[0], secret, body)
        seen = [key for key in primary.command("KEYS", "hw:*:seen:*").splitlines() if key]
        assert len(seen) == 1
        lifetime = int(primary.command("PTTL", seen[0]))
        with socket.create_connection(("127.0.0.1", primary.port), timeout=PATIENCE) as connection:
            connection.sendall(b"MONITOR\r\n")
            told = connection.makefile("r")
            assert told.readline() == "+OK\n"
            acknowledged(ingress[0], secret, body)
            # It ends with the connection's patience where the key is not written.
            line = next(line for line in told if f'"SET" "{seen[0]}"' in line and '"KEEPTTL"' in line)
            assert " lua] " in line
        assert 0 < int(primary.command("PTTL", seen[0])) <= lifetime


@pytest.mark.timeout(60)
def test_what_was_acknowledged_is_at_the_replica(servers, tmp_path):
    """Under load the primary dies between two of its writes to anybody: the replica has every event that was
    acknowledged."""
    primary, replica = servers
    with tiers(primary.url, tmp_path, ingress=2, egress=0, ingress_flags=("--redis-wait", "1")) as (ingress, _):

        async def scenario():
            publishers = [Publisher(qq.secret(), [node.port for node in ingress]) for _ in range(20)]
            sending = [asyncio.create_task(publisher.send(10_000)) for publisher in publishers]
            await until_async(
                lambda: sum(len(publisher.acknowledged) for publisher in publishers) >= 1_000,
                "too few events are acknowledged", 2 * PATIENCE,
            )
            primary.kill()
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)
            logs = [key for key in replica.command("KEYS", "hw:*:log").splitlines() if key]
            stored = "\n".join(replica.command("--no-raw", "XRANGE", key, "-", "+") for key in logs)
            acknowledged = [body for publisher in publishers for body in publisher.acknowledged]
            assert len(acknowledged) >= 1_000
            missing = [body for body in acknowledged if body.decode().replace('"', '\\"') not in stored]
            assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged events are not at the replica"
            for publisher in publishers:
                publisher.close()

        asyncio.run(scenario())


@pytest.mark.timeout(90)
def test_cluster(tmp_path):
    """In a cluster each event waits for the replicas of its own master."""
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(RedisCluster(tmp_path, options=()))
        ((node,), _) = stack.enter_context(
            tiers(cluster.url, tmp_path, ingress=1, egress=0, ingress_flags=("--redis-wait", "1:200"))
        )
        secrets = [qq.secret() for _ in range(12)]
        bodies = [qq.event("event") for _ in secrets]
        for pair in zip(secrets, bodies, strict=True):
            acknowledged(node, *pair)
        replicas = cluster.nodes[3:]
        # They are missed after a second and a half only.
        for replica in replicas:
            os.kill(replica.process.pid, signal.SIGSTOP)
        bodies = [qq.event("more") for _ in secrets]
        assert {post(node, *pair) for pair in zip(secrets[:3], bodies[:3], strict=True)} == {503}
        for replica in replicas:
            os.kill(replica.process.pid, signal.SIGCONT)
        for pair in zip(secrets, bodies, strict=True):
            acknowledged(node, *pair)


def test_setting(tmp_path):
    """What cannot be meant is refused at the start."""
    for flags, sentence in (
        (("--redis-wait", "0"), "--redis-wait"),
        (("--redis-wait", "1"), "--redis-url"),
    ):
        started = run_command([BINARY, "serve", "--port", "0", *flags])
        assert started.returncode != 0 and sentence in started.stderr, started.stderr
