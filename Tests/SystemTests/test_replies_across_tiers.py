"""The reply's way back across nodes: from the bot's socket on any egress node to the request on any ingress node."""

import asyncio
import json
import signal
import urllib.parse

import pytest
from websockets.asyncio.client import connect

import qq
from envelope_bot import webhook
from redis_server import RedisServer
from tiers import tiers


@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path) as server:
        yield server


# What docs/envelope.md says to try again.
TRY_AGAIN = {"unavailable", "overloaded", "timeout"}


class Bot:
    """A bot on one egress node that answers each event with what the event said, and notes what became of that. A reply
    that could not be brought it sends again."""

    def __init__(self, secret, port):
        self.secret, self.port = secret, port
        self.events, self.outcomes = [], {}
        self.answers = True
        self.tries_again = False
        self._said = {}
        self._more = asyncio.Event()

    async def __aenter__(self):
        url = f"ws://127.0.0.1:{self.port}/ws?secret={urllib.parse.quote(self.secret)}"
        self.socket = await connect(url, subprotocols=["cloudevents.json"], proxy=None, compression=None, max_size=None)
        self._reading = asyncio.create_task(self._read())
        return self

    async def _read(self):
        async for frame in self.socket:
            message = json.loads(frame)
            if message["type"] == "hookwire.reply_result":
                token, outcome = message["token"], message["outcome"]
                if self.answers and outcome in TRY_AGAIN:
                    self.tries_again = True
                    await asyncio.sleep(0.05)  # the store needs a moment
                    await self.socket.send(self._said[token])
                else:
                    self.outcomes[token] = outcome
            # Where the log was lost with the store, a frame of the relay's own says so.
            elif not message["type"].startswith("hookwire."):
                self.events.append(message)
                if self.answers:
                    await self.reply(message, f"{self.secret} {message['data']}")
            self._more.set()

    async def reply(self, event, text):
        token = event["replytoken"]
        self._said[token] = json.dumps({"type": "reply", "token": token, "text": text})
        await self.socket.send(self._said[token])

    async def until(self, condition):
        async with asyncio.timeout(30):
            while not condition():
                self._more.clear()
                await self._more.wait()

    async def __aexit__(self, *_):
        await self.socket.close()
        await self._reading


async def ask(port, secret, body):
    """A platform's request: its status and its answer's body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST {webhook(secret, reply='1')} HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        async with asyncio.timeout(50):
            answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else None, body.decode()


async def ask_until_stored(port, secret, body):
    """As a platform does that is told to send its request again: its answer, and how often it was told so."""
    for refusals in range(20):
        status, answer = await ask(port, secret, body)
        if status != 503:
            break
        await asyncio.sleep(0.1 * refusals)  # the platform waits too before it sends again
    return status, answer, refusals


@pytest.mark.timeout(180)
@pytest.mark.parametrize("stalls", [False, True], ids=["redis answers", "redis stalls"])
def test_a_thousand_requests(redis, tmp_path, stalls):
    """A thousand requests wait at once on two ingress nodes for twenty bots on two egress nodes: each gets its own. If
    Redis stands still meanwhile, platforms and bots are told to try again, and then each gets its own, too."""
    # The times are for a machine that does other things too.
    times = ("--reply-timeout", "30s", "--header-timeout", "60s")
    with tiers(redis.url, tmp_path, ingress_flags=times) as (ingress, egress):

        async def scenario():
            secrets = [qq.secret() for _ in range(20)]
            bots = [Bot(secret, egress[index % 2].port) for index, secret in enumerate(secrets)]
            for bot in bots:
                await bot.__aenter__()
            requests = [(secrets[number % 20], number) for number in range(1000)]
            asking = asyncio.gather(
                *(
                    ask_until_stored(ingress[number // 20 % 2].port, secret, str(number))
                    for secret, number in requests
                )
            )
            if stalls:
                await bots[0].until(lambda: bots[0].events)
                redis.process.send_signal(signal.SIGSTOP)
                await asyncio.to_thread(ingress[0].await_ready, False)
                redis.process.send_signal(signal.SIGCONT)
            answers = await asking
            assert [answer[:2] for answer in answers] == [(200, f"{secret} {number}") for secret, number in requests]
            # A request that was refused does not wait any more, and of a reply that was sent twice one is second. On a
            # machine that is busy enough Redis stands still for a second by itself.
            troubled = any(refusals for *_, refusals in answers) or any(bot.tries_again for bot in bots)
            assert troubled or not stalls
            for bot in bots:
                await bot.until(lambda: len(bot.outcomes) == len(bot.events) >= 50)
                assert set(bot.outcomes.values()) <= {"accepted"} | ({"unknown", "second"} if troubled else set())
                await bot.__aexit__()

        asyncio.run(scenario())


def test_first_reply_wins_across_nodes(redis, tmp_path):
    """Two bots on two nodes answer one request: one is told that it was first, and that is the answer."""
    with tiers(redis.url, tmp_path) as (ingress, egress):

        async def scenario():
            secret = qq.secret()
            async with Bot(secret, egress[0].port) as one, Bot(secret, egress[1].port) as other:
                for number in range(50):
                    assert await ask(ingress[number % 2].port, secret, str(number)) == (200, f"{secret} {number}")
                await one.until(lambda: len(one.outcomes) == 50)
                await other.until(lambda: len(other.outcomes) == 50)
                for token, outcome in one.outcomes.items():
                    assert sorted([outcome, other.outcomes[token]]) == ["accepted", "second"]

        asyncio.run(scenario())


def test_ingress_node_is_killed(redis, tmp_path):
    """The reply to a request whose node is gone is unknown; the other node's requests are answered."""
    with tiers(redis.url, tmp_path) as (ingress, egress):

        async def scenario():
            secret = qq.secret()
            async with Bot(secret, egress[0].port) as bot:
                bot.answers = False
                request = asyncio.create_task(ask(ingress[0].port, secret, "1"))
                await bot.until(lambda: bot.events)
                ingress[0].kill()
                status, _ = await request
                assert status is None
                await bot.reply(bot.events[0], "into the void")
                await bot.until(lambda: bot.outcomes)
                assert list(bot.outcomes.values()) == ["unknown"]
                bot.answers = True
                assert await ask(ingress[1].port, secret, "2") == (200, f"{secret} 2")

        asyncio.run(scenario())


def test_redis_is_away(redis, tmp_path):
    """Without Redis the platform is asked to try again, and a bot is told that its reply cannot be brought; with it all
    goes on."""
    with tiers(redis.url, tmp_path, ingress=1, egress=1) as (ingress, egress):

        async def scenario():
            secret = qq.secret()
            async with Bot(secret, egress[0].port) as bot:
                bot.answers = False
                request = asyncio.create_task(ask(ingress[0].port, secret, "1"))
                await bot.until(lambda: bot.events)
                redis.kill()
                await asyncio.to_thread(egress[0].await_ready, False)
                await bot.reply(bot.events[0], "too bad")
                await bot.until(lambda: bot.outcomes)
                assert list(bot.outcomes.values()) == ["unavailable"]
                assert (await ask(ingress[0].port, secret, "2"))[0] == 503
                # The platform has its fallback at the deadline all the same.
                assert (await request)[0] == 200
                redis.start()
                await asyncio.to_thread(egress[0].await_ready)
                await asyncio.to_thread(ingress[0].await_ready)
                bot.answers = True
                assert await ask(ingress[0].port, secret, "3") == (200, f"{secret} 3")

        asyncio.run(scenario())


def test_nobody_is_online(redis, tmp_path):
    """Without a bot on any node the fallback goes out, and not because the time is over; a bot elsewhere makes no
    difference."""
    with tiers(redis.url, tmp_path, ingress=1, egress=1) as (ingress, egress):

        async def scenario():
            async with Bot(qq.secret(), egress[0].port):
                assert (await ask(ingress[0].port, qq.secret(), "1"))[0] == 200

        asyncio.run(scenario())
        metrics = ingress[0].get("/metrics")[1].splitlines()
        waits = [line for line in metrics if line.startswith("hookwire_reply_waits_total{")]
        assert any('outcome="nobody_online"' in line and line.endswith(" 1") for line in waits), waits
