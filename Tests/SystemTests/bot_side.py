"""Bots under load: sockets that note what they receive."""

import asyncio
import hashlib
import urllib.parse

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


class Bot:
    """One socket of a secret, which reads all the time."""

    def __init__(self, secret, port, path=None):
        self.secret = secret
        self.port = port
        self.path = path or f"/ws?secret={urllib.parse.quote(secret, safe='')}"
        self.received = []
        self.hash = hashlib.sha256()
        self.closed = None
        self._more = asyncio.Event()

    async def open(self):
        url = f"ws://127.0.0.1:{self.port}{self.path}"
        self.socket = await connect(url, proxy=None, compression=None, max_size=None, ping_interval=None)
        self._reading = asyncio.create_task(self._read())
        return self

    async def _read(self):
        try:
            async for message in self.socket:
                body = message.encode() if isinstance(message, str) else message
                self.received.append(body)
                self.hash.update(body)
                self._more.set()
        except ConnectionClosed:
            pass
        self.closed = self.socket.close_code
        self._more.set()

    async def until(self, condition, seconds=60):
        """Returns when a condition holds, which is looked at with each event that comes, or when the socket closes."""
        async with asyncio.timeout(seconds):
            while not condition() and self.closed is None:
                self._more.clear()
                await self._more.wait()

    async def ended(self):
        """Returns when the socket has closed, by whomever."""
        await self._reading

    async def has(self, count, seconds=60):
        """Returns when so many events have come."""
        await self.until(lambda: len(self.received) >= count, seconds)
        assert len(self.received) >= count, f"closed with {self.closed} after {len(self.received)} of {count}"

    async def close(self):
        await self.socket.close()
        await self.ended()
