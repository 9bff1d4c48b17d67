"""A gateway's client that says exactly what a test wants."""

import contextlib
import http.client
import json

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import qq
from relay import PATIENCE

C2C = 1 << 25
READY_FIELDS = {"version", "session_id", "user", "shard"}


def get_token(port, secret, prefix="/qq"):
    """What the token endpoint gives for a secret."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    body = json.dumps({"appId": "102000001", "clientSecret": secret})
    connection.request("POST", prefix + "/app/getAppAccessToken", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    assert response.status == 200, answer
    return qq.known_secret(answer["access_token"])


class GatewayClient:
    """One connection to a gateway. Use `with`."""

    def __init__(self, port, path="/qq/ws"):
        options = {"proxy": None, "compression": None, "max_size": None, "ping_interval": None, "close_timeout": 2}
        self._stack = contextlib.ExitStack()
        self.socket = self._stack.enter_context(connect(f"ws://127.0.0.1:{port}{path}", **options))
        self.hello = self.receive()
        assert self.hello["op"] == 10
        self.sequence = None

    def send(self, message):
        self.socket.send(message if isinstance(message, (str, bytes)) else json.dumps(message))

    def receive(self, seconds=PATIENCE):
        text = self.socket.recv(timeout=seconds)
        assert isinstance(text, str), "the gateway speaks text"
        message = json.loads(text)
        if message["op"] == 0:
            self.sequence = message["s"]
        return message

    def identify(self, token, intents=C2C, shard=(0, 1)):
        """Returns READY."""
        self.send({"op": 2, "d": {"token": f"QQBot {token}", "intents": intents, "shard": shard, "properties": {}}})
        ready = self.receive()
        assert (ready["op"], ready["t"]) == (0, "READY"), ready
        assert READY_FIELDS <= set(ready["d"]) and {"id", "username"} <= set(ready["d"]["user"])
        assert ready["d"]["shard"] == list(shard)
        self.session_id = ready["d"]["session_id"]
        return ready

    def resume(self, token, session_id, sequence):
        self.send({"op": 6, "d": {"token": f"QQBot {token}", "session_id": session_id, "seq": sequence}})

    def contents(self, count):
        """The contents of the next messages."""
        return [self.receive()["d"]["content"] for _ in range(count)]

    def until_resumed(self):
        """The contents of what was missed."""
        missed = []
        while (message := self.receive()).get("t") != "RESUMED":
            assert message["op"] == 0, message
            missed.append(message["d"]["content"])
        return missed

    def closed(self):
        """What came before the close frame, and its code."""
        messages = []
        try:
            while True:
                messages.append(self.receive())
        except ConnectionClosed:
            return messages, self.socket.close_code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()
