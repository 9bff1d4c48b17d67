"""A TCP proxy that does to connections what networks and the boxes in them do, by a schedule that a seed decides.

What a proxy reads has been acknowledged by its kernel, and what it holds when it ends a connection is lost all the same, as
with a load balancer before a network that breaks.
"""

import asyncio
import contextlib
import dataclasses
import random
import socket
import struct
import time

CHUNK = 65536
NARROW_CHUNK = 8192  # where a rate is set: connections take turns
DRIPPED = 400  # bytes that go one at a time; then the chunk's rest, or a log would take minutes
SILENCE = 20  # seconds that a half-open connection is kept at most


@dataclasses.dataclass(frozen=True)
class Fault:
    """One step of a schedule: what happens to which proxy, after how long a pause, and for how long."""

    pause: float
    proxy: str
    kind: str
    seconds: float
    hears: str = "server"  # of a half-open connection, the side that learns of its end


LASTING = ("latency", "blackhole", "drip")
SIDES = ("client", "server")
ENDING = ("cut", "reset", "slow close", "half-open")


def schedule(seed, proxies, seconds, pause=0.4, longest=1.5):
    """The faults of so many seconds, the same for the same seed.

    - proxies: names, each with the kinds of fault that it has.
    - pause: the mean time between two faults; several may be under way at once.
    """
    dice, faults, passed = random.Random(seed), [], 0.0
    names = sorted(proxies)
    while passed < seconds:
        wait = min(dice.expovariate(1 / pause), 4 * pause)
        name = dice.choice(names)
        kind, lasts, hears = dice.choice(sorted(proxies[name])), dice.uniform(0.2, longest), dice.choice(SIDES)
        faults.append(Fault(wait, name, kind, lasts, hears))
        passed += wait
    return faults


class Way:
    """One direction of all connections together: as many bytes a second as `rate` says, or all where that is None."""

    def __init__(self):
        self.rate, self._free = None, 0.0

    async def take(self, count):
        if self.rate:
            now = time.monotonic()
            self._free = max(self._free, now) + count / self.rate
            await asyncio.sleep(self._free - now)


class FaultProxy:
    """One address before another. Use `async with`."""

    def __init__(self, target_port, name="proxy"):
        self.name, self.target_port = name, target_port
        self.faults = 0
        self.latency = 0.0
        self.is_dripping = False
        self.up, self.down = Way(), Way()  # to the server, and from it
        self._open = asyncio.Event()
        self._open.set()
        self._links, self._tasks = set(), set()

    async def __aenter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._spawn(self._accept())
        return self

    async def __aexit__(self, *_):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for link in list(self._links):
            link.close()
        self._listener.close()

    def _spawn(self, work):
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _accept(self):
        loop = asyncio.get_running_loop()
        while True:
            client, _ = await loop.sock_accept(self._listener)
            self._spawn(Link(self, client).run())

    # Faults

    async def suffer(self, fault):
        """Lets a fault happen, and returns when it is over. Kinds that end connections end those that are open now."""
        self.faults += 1
        if fault.kind == "latency":
            self.latency = fault.seconds / 10
            await asyncio.sleep(fault.seconds)
            self.latency = 0.0
        elif fault.kind == "blackhole":
            self.swallow()
            await asyncio.sleep(fault.seconds)
            self._open.set()
        elif fault.kind == "drip":
            self.is_dripping = True
            await asyncio.sleep(fault.seconds)
            self.is_dripping = False
        else:
            assert fault.kind in ENDING, fault
            for link in list(self._links):
                self._spawn(link.end(fault))

    def swallow(self):
        """From now on what is sent is acknowledged, and goes no further; until a `blackhole` is over, or for good."""
        self._open.clear()

    @property
    def connections(self):
        return len(self._links)


async def play(faults, proxies):
    """Plays a schedule to its end; the last faults are over then."""
    under_way = []
    for fault in faults:
        await asyncio.sleep(fault.pause)
        under_way.append(asyncio.create_task(proxies[fault.proxy].suffer(fault)))
    await asyncio.gather(*under_way)


class Link:
    """One proxied connection."""

    def __init__(self, proxy, client):
        self.proxy, self.client = proxy, client
        self.server = socket.socket()
        for end in (client, self.server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.up, self.down = Pump(proxy, client, self.server, proxy.up), Pump(proxy, self.server, client, proxy.down)
        self.is_ending = False
        self._pumping = []
        proxy._links.add(self)

    async def run(self):
        loop = asyncio.get_running_loop()
        try:
            await self.proxy._open.wait()
            await loop.sock_connect(self.server, ("127.0.0.1", self.proxy.target_port))
            up, down = self._pumping = [loop.create_task(pump.run()) for pump in (self.up, self.down)]
            await asyncio.wait(self._pumping, return_when=asyncio.FIRST_EXCEPTION)
            if up.done() and isinstance(up.exception(), SinkLost):
                # What the server said before it went is still on its way.
                await asyncio.wait([down])
        except OSError:
            pass
        finally:
            if not self.is_ending:
                await self._stop_pumping()
                self.close()

    async def _stop_pumping(self):
        # First of all: a descriptor must not be closed while the loop looks at it.
        for task in self._pumping:
            task.cancel()
        await asyncio.gather(*self._pumping, return_exceptions=True)

    async def end(self, fault):
        if self.is_ending or not self._pumping:
            return
        self.is_ending = True
        await self._stop_pumping()
        try:
            if fault.kind == "reset":
                for end in (self.client, self.server):
                    reset(end)
            elif fault.kind == "slow close":
                with contextlib.suppress(OSError):
                    self.client.shutdown(socket.SHUT_WR)
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "half-open":
                heard = fault.hears == "server"
                silent, other = (self.client, self.server) if heard else (self.server, self.client)
                other.close()
                async with asyncio.timeout(SILENCE):
                    while await asyncio.get_running_loop().sock_recv(silent, CHUNK):
                        pass
        except (OSError, TimeoutError):
            pass
        finally:
            self.close()

    def close(self):
        self.proxy._links.discard(self)
        for end in (self.client, self.server):
            end.close()


class SinkLost(OSError):
    """The side that is written to is gone."""


class Pump:
    """One direction."""

    def __init__(self, proxy, source, sink, way):
        self.proxy, self.source, self.sink, self.way = proxy, source, sink, way
        self.pending = bytearray()

    async def run(self):
        loop = asyncio.get_running_loop()
        while True:
            await self._send()
            try:
                self.pending += self.source.recv(NARROW_CHUNK if self.way.rate else CHUNK)
            except BlockingIOError:
                await ready(loop.add_reader, loop.remove_reader, self.source)
                continue
            if not self.pending:
                break
            await self.way.take(len(self.pending))
            if self.proxy.latency:
                await asyncio.sleep(self.proxy.latency)
        with contextlib.suppress(OSError):
            self.sink.shutdown(socket.SHUT_WR)

    async def _send(self):
        loop = asyncio.get_running_loop()
        dripped = 0
        while self.pending:
            await self.proxy._open.wait()
            drips = self.proxy.is_dripping and dripped < DRIPPED
            try:
                sent = self.sink.send(self.pending[:1] if drips else self.pending)
            except BlockingIOError:
                await ready(loop.add_writer, loop.remove_writer, self.sink)
                continue
            except OSError as error:
                raise SinkLost from error
            dripped += sent
            del self.pending[:sent]
            if drips:
                await asyncio.sleep(0)


async def ready(add, remove, end):
    """Returns when a socket can be read, or written."""
    done = asyncio.get_running_loop().create_future()
    add(end, lambda: done.done() or done.set_result(None))
    try:
        await done
    finally:
        remove(end)


def reset(end):
    """Ends a connection with RST."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
