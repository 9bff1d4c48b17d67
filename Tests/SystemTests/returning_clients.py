"""Bots that come back: each notes what it gets on which connection, and connects again until it is told to stop."""

import asyncio
import base64
import contextlib
import dataclasses
import json
import os
import random
import re
import socket
import struct
import time
import urllib.parse

from websocket_raw import BINARY, CLOSE, PING, PONG, TEXT, encode, handshake_lines

NORMAL = struct.pack("!H", 1000)
# What egress nodes need for that: a client waits eight seconds.
PINGS = ("--ping-interval", "3s", "--pong-timeout", "1s")


class Refused(Exception):
    """The node takes no client just now."""


@dataclasses.dataclass
class Connection:
    """What one connection brought."""

    opened: float
    received: list = dataclasses.field(default_factory=list)
    # What a `hookwire.recovery` said, each with the number of events that had come before it.
    recoveries: list = dataclasses.field(default_factory=list)
    end: str = ""
    close_code: int | None = None
    closed: float = 0.0


class Wire:
    """A TCP connection that is read to its end, whatever becomes of what is written."""

    def __init__(self, patience):
        self.patience = patience
        self.buffer = bytearray()
        self.is_closing = False

    async def connect(self, address):
        """`address`: a port on this host, or a host and a port."""
        address = address if isinstance(address, tuple) else ("127.0.0.1", address)
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(self.socket, address)

    async def send(self, data):
        await asyncio.get_running_loop().sock_sendall(self.socket, data)

    async def more(self):
        """Adds what comes to the buffer. Silence is an end, too: the relay pings more often."""
        async with asyncio.timeout(self.patience):
            data = await asyncio.get_running_loop().sock_recv(self.socket, 65536)
        if not data:
            raise EOFError
        self.buffer += data

    async def until(self, mark):
        while (at := self.buffer.find(mark)) < 0:
            await self.more()
        return self.take(at + len(mark))

    def take(self, count):
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    async def head(self, status):
        head = await self.until(b"\r\n\r\n")
        if (answer := int(head[9:12])) != status:
            assert answer >= 500, head
            raise Refused(answer)

    def close(self):
        self.socket.close()


class ReturningClient:
    """One bot. `ports` is asked before each connection where it may go: ports, or pairs of a host and a port."""

    events_path = "/ws"

    def __init__(self, name, secret, ports, patience=8, **query):
        self.name, self.secret, self.ports, self.patience, self.query = name, secret, ports, patience, query
        self.connections = []
        self.ids = set()
        self.is_stopping = False
        # After how many seconds the relay asked it to come back.
        self.told = None
        self._more = asyncio.Event()
        self._wire = None
        # Which node it takes and how long it waits is the client's own matter, and no part of a schedule.
        self._dice = random.Random()

    async def __aenter__(self):
        self._running = asyncio.create_task(self._run())
        await self.until(lambda: self.connections)
        return self

    async def __aexit__(self, *_):
        await self.stop()

    @property
    def is_connected(self):
        return self._wire is not None

    async def stop(self):
        """Says goodbye and reads to the end."""
        if self.is_stopping:
            return
        self.is_stopping = True
        if self._wire:
            with contextlib.suppress(OSError):
                await self._say_goodbye(self._wire)
        done, _ = await asyncio.wait({self._running}, timeout=2 * self.patience)
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        assert done, f"{self.name} said goodbye, and its connection did not end"

    async def until(self, condition, seconds=60):
        async with asyncio.timeout(seconds):
            while not condition():
                self._check()
                self._more.clear()
                await self._more.wait()

    def _check(self):
        if self._running.done() and not self.is_stopping:
            self._running.result()

    async def has(self, ids, seconds=60):
        """Returns when all these events have come, or when the time is over: what is missing is judged later."""
        with contextlib.suppress(TimeoutError):
            await self.until(lambda: self.ids.issuperset(ids), seconds)

    async def _run(self):
        while not self.is_stopping:
            await self._connect_once()
            # When it was told to, or soon, but never all at once: it is the client's part.
            await asyncio.sleep(self._dice.uniform(0.02, 0.3) if self.told is None else self.told)
            self.told = None

    async def _connect_once(self):
        wire = Wire(self.patience)
        connection = None
        try:
            await wire.connect(self._dice.choice(self.ports()))
            await self.open(wire)
            connection = Connection(opened=time.monotonic())
            self.connections.append(connection)
            self._wire = wire
            self._more.set()
            if self.is_stopping:
                await self._say_goodbye(wire)
            await self._read(wire, connection)
        except (OSError, EOFError, Refused) as error:
            if connection:
                connection.end = connection.end or repr(error)
        finally:
            if connection:
                connection.closed = time.monotonic()
            self._wire = None
            wire.close()
            self._more.set()

    def _target(self, **more):
        return f"{self.events_path}?" + urllib.parse.urlencode({"secret": self.secret, **self.query, **more})

    def _note(self, connection, id):
        connection.received.append(id)
        self.ids.add(id)
        self._more.set()


class RawClient(ReturningClient):
    """A raw socket; `consumer="name"` makes it a consumer of its own."""

    subprotocol = None

    async def open(self, wire):
        """Asks for the socket on a new connection, and returns when there is one."""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {self._target(**self._place())} HTTP/1.1", "Host: relay", *handshake_lines(key)]
        if self.subprotocol:
            lines.append(f"Sec-WebSocket-Protocol: {self.subprotocol}")
        await wire.send("\r\n".join(lines).encode() + b"\r\n\r\n")
        await wire.head(101)

    def _place(self):
        return {}

    async def _read(self, wire, connection):
        while True:
            opcode, payload = await self.frame(wire)
            if opcode in (TEXT, BINARY):
                self._message(connection, payload)
            elif opcode == PING:
                # Whether it gets there is not what is read for.
                with contextlib.suppress(OSError):
                    await wire.send(encode(PONG, payload))
            elif opcode == CLOSE:
                connection.close_code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                connection.end = f"close {connection.close_code}"
                if found := re.search(rb"again in (\d+) ms", payload):
                    self.told = int(found[1]) / 1000
                if not wire.is_closing:
                    with contextlib.suppress(OSError):
                        await wire.send(encode(CLOSE, payload[:2]))

    async def frame(self, wire):
        """The next frame: its opcode and its payload."""
        while (frame := self._parse(wire)) is None:
            await wire.more()
        return frame

    def _parse(self, wire):
        buffer = wire.buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            if len(buffer) < start:
                return None
            length = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + length:
            return None
        assert buffer[0] & 0x80 and not buffer[1] & 0x80, "a fragmented or masked frame"
        opcode = buffer[0] & 0x0F
        return opcode, wire.take(start + length)[start:]

    def _message(self, connection, payload):
        self._note(connection, json.loads(payload)["id"])

    async def say(self, text):
        """Sends a text frame on the connection that there is."""
        await self._wire.send(encode(TEXT, text))

    async def _say_goodbye(self, wire):
        wire.is_closing = True
        await wire.send(encode(CLOSE, NORMAL))


class EnvelopeClient(RawClient):
    """An envelope socket that goes on behind the last position that it has, or where its consumer is."""

    subprotocol = "cloudevents.json"

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.position = None

    def _place(self):
        return {"after": self.position} if self.position and "consumer" not in self.query else {}

    def _message(self, connection, payload):
        self._envelope(connection, json.loads(payload))

    def _envelope(self, connection, members):
        if members["type"] == "hookwire.recovery":
            connection.recoveries.append((len(connection.received), members["recovered"], members.get("reason")))
            self.position = members["position"]
        elif not members["type"].startswith("hookwire."):
            self.position = members["position"]
            self._note(connection, members["id"])
        self._more.set()


class StreamClient(EnvelopeClient):
    """Server-Sent Events."""

    events_path = "/events"

    async def open(self, wire):
        last = f"Last-Event-ID: {self.position}\r\n" if self._place() else ""
        await wire.send(f"GET {self._target()} HTTP/1.1\r\nHost: relay\r\n{last}\r\n".encode())
        await wire.head(200)
        # Before anything else the relay says where the stream begins.
        opening = await wire.until(b"\n\n")
        self._fields(opening)
        # Browsers would wait that long after every end; a bot that wants its events does not.
        self.told = None

    def _fields(self, block):
        data = []
        for line in block.decode().split("\n"):
            field, _, value = line.partition(": ")
            if field == "id" and value:
                self.position = value
            elif field == "data":
                data.append(value)
            elif field == "retry":
                self.told = int(value) / 1000
        return "\n".join(data)

    async def _read(self, wire, connection):
        while True:
            if data := self._fields(await wire.until(b"\n\n")):
                self._envelope(connection, json.loads(data))

    async def _say_goodbye(self, wire):
        wire.socket.shutdown(socket.SHUT_RDWR)


async def everything(wanted, seconds=60):
    """Waits until clients have all events of their channels, or until the time of all of them is over; then they say
    goodbye.

    - wanted: pairs of a client and ids.
    """
    await asyncio.gather(*(client.has(ids, seconds) for client, ids in wanted))
    await asyncio.gather(*(client.stop() for client, _ in wanted))


@dataclasses.dataclass
class Tally:
    """What a client's connections add up to."""

    connections: int
    events: int
    again: int
    missing: list
    told: int

    def __str__(self):
        return (
            f"{self.events} events on {self.connections} connections, {self.again} again, "
            f"{len(self.missing)} missing, {self.told} losses told"
        )


def judge(client, acknowledged):
    """Checks each connection of a client, and counts.

    - acknowledged: the ids of all events of its channel, in the order in which they were published.

    Within a connection events follow each other as they were published, without a gap unless the relay told of one, and
    none comes twice.
    """
    numbers = {id: number for number, id in enumerate(acknowledged)}
    again, told, seen = 0, 0, set()
    for at, connection in enumerate(client.connections):
        losses = {count for count, recovered, _ in connection.recoveries if not recovered}
        told += len(losses)
        where = f"{client.name}, connection {at} of {len(client.connections)} ({connection.end})"
        last = None
        for index, id in enumerate(connection.received):
            assert id in numbers, f"{where}: {id} was never acknowledged"
            number = numbers[id]
            assert last is None or number > last, f"{where}: event {number} came after {last}"
            assert last is None or number == last + 1 or index in losses, f"{where}: a gap from {last} to {number}"
            again += id in seen
            last = number
        seen.update(connection.received)
    missing = [number for number, id in enumerate(acknowledged) if id not in seen]
    return Tally(len(client.connections), len(seen), again, missing, told)


def ranges(numbers):
    """`[1, 2, 3, 7]` as `1-3, 7`, for people."""
    parts = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def history(client, numbers):
    """The connections of a client in a line each: what they brought, and how they ended."""
    lines = []
    for connection in client.connections:
        got = ranges(sorted(numbers[id] for id in connection.received))
        lines.append(
            f"{connection.opened:.2f}-{connection.closed:.2f}: [{got}] {connection.recoveries} {connection.end}"
        )
    return "\n".join(lines)


def assert_nothing_lost(client, acknowledged):
    """Prints the tally, and fails with the client's history where events are missing."""
    numbers = {id: number for number, id in enumerate(acknowledged)}
    tally = judge(client, acknowledged)
    print(f"{client.name}: {tally}")
    assert not tally.missing, (
        f"{client.name} has not had {ranges(tally.missing)} of {len(acknowledged)}\n{history(client, numbers)}"
    )
    assert tally.told == 0, f"{client.name} was told of a loss, and nothing was lost\n{history(client, numbers)}"
    return tally
