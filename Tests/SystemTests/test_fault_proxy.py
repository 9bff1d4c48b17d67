"""The fault proxy itself: without faults it changes nothing, and each fault is what it says."""

import asyncio
import contextlib
import os
import random
import time

import pytest

from fault_proxy import ENDING, LASTING, Fault, FaultProxy, play, schedule
from waiting import PATIENCE


@contextlib.asynccontextmanager
async def echo():
    """A server that sends back what it gets."""
    seen = []

    async def serve(reader, writer):
        seen.append(writer)
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                writer.write(data)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in seen:
            writer.transport.abort()


def run(scenario):
    async def whole():
        async with asyncio.timeout(PATIENCE), echo() as port, FaultProxy(port) as proxy:
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            try:
                await scenario(proxy, reader, writer)
            finally:
                writer.transport.abort()

    asyncio.run(whole())


async def exchange(reader, writer, data):
    writer.write(data)
    assert await reader.readexactly(len(data)) == data


@pytest.mark.parametrize("kind", [None, *LASTING])
def test_bytes_pass(kind):
    """Whatever lasts changes the time and not the bytes; afterwards all is as before."""

    async def scenario(proxy, reader, writer):
        seed = random.randrange(2**32)
        print(f"seed {seed}")
        data = random.Random(seed).randbytes(300_000)
        suffering = asyncio.create_task(proxy.suffer(Fault(0, "proxy", kind, 0.3))) if kind else None
        await asyncio.sleep(0)
        await exchange(reader, writer, data)
        if suffering:
            await suffering
        await exchange(reader, writer, b"after")
        assert proxy.connections == 1

    run(scenario)


def test_rate():
    """A direction takes as many bytes a second as it is told, of all connections together, until it is told otherwise."""

    async def scenario(proxy, reader, writer):
        proxy.down.rate = 200_000
        begin = time.monotonic()
        more, other = await asyncio.open_connection("127.0.0.1", proxy.port)
        await asyncio.gather(exchange(reader, writer, bytes(50_000)), exchange(more, other, bytes(50_000)))
        assert time.monotonic() - begin >= 0.4
        proxy.down.rate = None
        await exchange(reader, writer, bytes(300_000))
        other.close()

    run(scenario)


def test_blackhole():
    """It takes connections and bytes, and hands on nothing until it is over."""

    async def scenario(proxy, reader, writer):
        await exchange(reader, writer, b"before")
        suffering = asyncio.create_task(proxy.suffer(Fault(0, "proxy", "blackhole", 0.5)))
        await asyncio.sleep(0)
        more, other = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"held")
        other.write(b"held too")
        first = asyncio.create_task(reader.readexactly(4))
        done, _ = await asyncio.wait({first, suffering}, return_when=asyncio.FIRST_COMPLETED)
        assert first not in done
        assert await first == b"held" and await more.readexactly(8) == b"held too"
        other.close()

    run(scenario)


@pytest.mark.parametrize("kind", ["cut", "reset", "slow close"])
def test_connection_ends(kind):
    """The client sees the end, by RST where that is the fault; a new connection is as good as new."""

    async def scenario(proxy, reader, writer):
        await exchange(reader, writer, b"before")
        await proxy.suffer(Fault(0, "proxy", kind, 0.2))
        if kind == "reset":
            with pytest.raises(ConnectionResetError):
                await reader.read()
        else:
            assert await reader.read() == b""
        again, other = await asyncio.open_connection("127.0.0.1", proxy.port)
        await exchange(again, other, b"again")
        other.close()

    run(scenario)


def test_half_open():
    """One side hears nothing of the end."""

    async def scenario(proxy, reader, writer):
        await exchange(reader, writer, b"before")
        await proxy.suffer(Fault(0, "proxy", "half-open", 0.2))
        writer.write(b"into the void")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await reader.read(1)

    run(scenario)


def test_schedule():
    """The seed decides all of it, every kind comes, and playing it ends."""
    proxies = {"a": {*LASTING, *ENDING}, "b": {"cut"}}
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    faults = schedule(seed, proxies, 60)
    assert faults == schedule(seed, proxies, 60) != schedule(seed + 1, proxies, 60)
    assert {fault.kind for fault in schedule(1, proxies, 200) if fault.proxy == "a"} == {*LASTING, *ENDING}
    assert {fault.kind for fault in faults if fault.proxy == "b"} == {"cut"}

    async def scenario(proxy, reader, writer):
        await play(schedule(seed, {"a": {*LASTING, *ENDING}}, 2, pause=0.1, longest=0.3), {"a": proxy})
        assert proxy.latency == 0 and not proxy.is_dripping
        again, other = await asyncio.open_connection("127.0.0.1", proxy.port)
        await exchange(again, other, b"again")
        other.close()

    run(scenario)
