"""A bot on an envelope socket, and requests that wait for its reply. Every frame is checked by its schema, and read by
the `cloudevents` package."""

import json
import threading
import time
import urllib.parse

from cloudevents.core.formats.json import JSONFormat

import schemas
from relay import PATIENCE


def webhook(secret, **parameters):
    """The address of a webhook that needs no signature."""
    query = {"secret": secret, "scheme": "none", **parameters}
    return "/webhook/generic?" + urllib.parse.urlencode(query)


def read(frame):
    """A frame as its members, checked."""
    event = JSONFormat().read(None, frame)
    members = json.loads(frame)
    assert event.get_id() == members["id"] and event.get_type() == members["type"]
    is_event = not members["type"].startswith("hookwire.")
    return schemas.check("envelope" if is_event else "relay-frame", members)


class EnvelopeBot:
    """One envelope socket. Use `with`."""

    def __init__(self, relay, secret, **parameters):
        query = urllib.parse.urlencode({"secret": secret, **parameters})
        self._connection = relay.bot(secret, path=f"/ws?{query}", subprotocols=["cloudevents.json"])
        self.socket = self._connection.__enter__()
        assert self.socket.subprotocol == "cloudevents.json"

    def receive(self, timeout=PATIENCE):
        return read(self.socket.recv(timeout=timeout))

    def ask(self, frame):
        """Sends a frame and returns the answer."""
        self.socket.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))
        return self.receive()

    def reply(self, event, **reply):
        return self.ask({"type": "reply", "token": event["replytoken"], **reply})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.__exit__(None, None, None)


class Waiting:
    """A platform's request that waits for a reply."""

    def __init__(self, relay, secret, body="{}", headers=None, **parameters):
        target = webhook(secret, reply="1", **parameters)
        self.answer = None
        self.seconds = None

        def request():
            start = time.monotonic()
            answer = relay.request("POST", target, body, headers or {"Content-Type": "application/json"})
            self.seconds = time.monotonic() - start
            self.answer = answer

        self._thread = threading.Thread(target=request, daemon=True)
        self._thread.start()

    def answered(self):
        self._thread.join(PATIENCE)
        assert self.answer is not None, "the request was not answered"
        return self.answer
