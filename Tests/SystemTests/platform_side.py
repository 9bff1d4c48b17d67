"""The platform under load: many bots' events, sent again until they are acknowledged, as QQ does."""

import asyncio
import collections
import hashlib
import json
import time

import qq


def publish(secrets, ports, rate, count):
    """Sends so many events of each secret, all secrets at once: a platform in a process of its own.

    Returns the bodies that were acknowledged, by secret, and how many seconds it took.
    """

    async def all_of_them():
        publishers = [Publisher(secret, ports) for secret in secrets]
        await asyncio.gather(*(publisher.send_at(rate, count) for publisher in publishers))
        for publisher in publishers:
            publisher.close()
        return {publisher.secret: publisher.acknowledged for publisher in publishers}

    start = time.monotonic()
    return asyncio.run(all_of_them()), time.monotonic() - start


class Publisher:
    """Sends one bot's events in order, each to the next of the ingress nodes, until it is acknowledged."""

    def __init__(self, secret, ports, patience=10, path=None):
        self.secret = secret
        self.path = path or qq.webhook_path(secret)
        self.ports = ports
        self.patience = patience  # seconds until an answer counts as not coming
        self.hash = hashlib.sha256()
        self.acknowledged = []
        self.refusals = 0
        self.answers = collections.Counter()  # by status; None where the connection ended without one
        self._key = qq.private_key(secret)
        self._connections = {}
        self._turn = 0

    async def send(self, count, text="load"):
        """Sends so many events, and returns when the last is acknowledged."""
        for _ in range(count):
            body = qq.event(f"{text} {len(self.acknowledged)}")
            while not await self.post(body):
                self.refusals += 1
                await asyncio.sleep(0.05)  # the platform waits too before it sends again
            self.hash.update(body)
            self.acknowledged.append(body)

    async def send_at(self, rate, count):
        """Sends so many events, so many a second at most, in steps of ten."""
        start = time.monotonic()
        for sent in range(0, count, 10):
            await self.send(min(10, count - sent))
            ahead = start + (sent + 10) / rate - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)  # the rate is the platform's

    async def post(self, body):
        """Sends an event once; whether it was acknowledged."""
        port = self.ports[self._turn % len(self.ports)]
        self._turn += 1
        timestamp, headers = str(int(time.time())), []
        signature = self._key.sign(timestamp.encode() + body).hex()
        for name, value in qq.headers(timestamp, signature).items():
            headers.append(f"{name}: {value}\r\n")
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: relay\r\n"
            f"Content-Length: {len(body)}\r\n{''.join(headers)}\r\n"
        )
        try:
            reader, writer = await self._connection(port)
            writer.write(head.encode() + body)
            async with asyncio.timeout(self.patience):
                status, answer = await self._answer(reader)
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            self._forget(port)
            self.answers[None] += 1
            return False
        self.answers[status] += 1
        assert status in (200, 503), (status, answer)
        assert json.loads(answer)["d"] == (0 if status == 200 else 1)
        return status == 200

    async def _connection(self, port):
        # As any HTTP client does: a kept connection that its server has closed is not used again.
        if port in self._connections and self._connections[port][0].at_eof():
            self._forget(port)
        if port not in self._connections:
            self._connections[port] = await asyncio.open_connection("127.0.0.1", port)
        return self._connections[port]

    def _forget(self, port):
        if port in self._connections:
            self._connections.pop(port)[1].close()

    async def _answer(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        return int(head[9:12]), await reader.readexactly(length)

    def close(self):
        for port in list(self._connections):
            self._forget(port)
