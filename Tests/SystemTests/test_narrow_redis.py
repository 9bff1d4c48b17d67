"""A narrow way to Redis: what is large takes its time, and nothing else is lost for it."""

import asyncio
import contextlib

import pytest

import qq
from fault_proxy import FaultProxy
from redis_server import RedisServer
from relay import Relay

BOTS, EVENT_BYTES = 40, 120_000


@contextlib.asynccontextmanager
async def behind_proxy(folder):
    """A Redis, a proxy before it, and a node that knows the proxy only."""
    with RedisServer(folder) as redis:
        async with FaultProxy(redis.port) as proxy:
            url = f"redis://127.0.0.1:{proxy.port}/0"
            relay = await asyncio.to_thread(Relay, "--redis-url", url, folder=folder)
            try:
                yield proxy, relay
            finally:
                await asyncio.to_thread(relay.__exit__, None, None, None)


async def deliver(relay, secret, size=100):
    await asyncio.to_thread(relay.deliver, secret, qq.event_of_size(size))


class Stream:
    """A bot by Server-Sent Events."""

    async def open(self, relay, secret, since=""):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", relay.port)
        target = f"/events?secret={secret}{since}"
        self.writer.write(f"GET {target} HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n".encode())
        assert b" 200 " in await self.reader.readline()
        return self

    async def receive(self):
        """Reads an event."""
        count = EVENT_BYTES
        while count > 0:
            data = await self.reader.read(1 << 16)
            assert data, "the stream ended"
            count -= len(data)

    def close(self):
        self.writer.transport.abort()


@pytest.mark.timeout(90)
def test_catching_up(tmp_path):
    """Forty bots read what they missed at once, which takes Redis twenty seconds. No more is asked for than comes: a webhook
    in the midst is acknowledged, and one bot after the other has what it missed."""

    async def scenario():
        async with contextlib.AsyncExitStack() as stack:
            proxy, relay = await stack.enter_async_context(behind_proxy(tmp_path))
            secrets = [qq.secret() for _ in range(BOTS)]
            await asyncio.gather(*(deliver(relay, secret, EVENT_BYTES) for secret in secrets))
            for secret in secrets:
                # The feeds are there before the way is narrow.
                stack.callback((await Stream().open(relay, secret)).close)
            proxy.down.rate = 250_000
            streams = await asyncio.gather(*(Stream().open(relay, secret, "&since=20m") for secret in secrets))
            for stream in streams:
                stack.callback(stream.close)
            reading = {asyncio.create_task(stream.receive()) for stream in streams}
            stack.callback(lambda: [task.cancel() for task in reading])
            await deliver(relay, qq.secret())
            for _ in range(5):
                done, reading = await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            assert reading, "the way was not narrow"

    asyncio.run(scenario())


@pytest.mark.timeout(60)
def test_large_event(tmp_path):
    """An event that takes two seconds to Redis is stored, and so are the small ones of another bot beside it."""

    async def scenario():
        async with behind_proxy(tmp_path) as (proxy, relay):
            small = qq.secret()
            await deliver(relay, small)
            proxy.up.rate = 400_000
            large = asyncio.create_task(deliver(relay, qq.secret(), 900_000))
            while not large.done():
                await deliver(relay, small)
            await large

    asyncio.run(scenario())
