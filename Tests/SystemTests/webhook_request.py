"""A platform's request to its webhook, as a value that a test can change before it is sent."""

import contextlib
import dataclasses
import http.client
import threading
import time
import urllib.parse

from relay import PATIENCE, Answer


@dataclasses.dataclass(frozen=True)
class Request:
    path: str
    query: dict
    body: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)
    method: str = "POST"
    # What a bot's raw socket gets of it, where that is not the body.
    plain: bytes | None = None

    @property
    def target(self):
        return f"{self.path}?{urllib.parse.urlencode(self.query)}"

    @property
    def delivered(self):
        return self.body if self.plain is None else self.plain

    def but(self, query=None, headers=None, **changes):
        """The same with other parts; a parameter or field that is None is left out."""

        def merged(old, new):
            return {name: value for name, value in (old | (new or {})).items() if value is not None}

        query, headers = merged(self.query, query), merged(self.headers, headers)
        return dataclasses.replace(self, query=query, headers=headers, **changes)


def send(node, request):
    """The answer of a relay or of a node of a tier."""
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
    with contextlib.closing(connection):
        connection.request(request.method, request.target, request.body, request.headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


class Sending:
    """A request that is sent beside the test, since its answer waits for what the test does."""

    def __init__(self, node, request):
        self.answer = None
        self.seconds = None
        self._error = None

        def run():
            start = time.monotonic()
            try:
                answer = send(node, request)
            except (OSError, http.client.HTTPException) as error:
                self._error = error
                return
            self.seconds = time.monotonic() - start
            self.answer = answer

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def answered(self):
        self._thread.join(PATIENCE)
        assert self.answer is not None, f"the request was not answered: {self._error!r}"
        return self.answer

    def broke_off(self):
        """Whether the connection ended without an answer."""
        self._thread.join(PATIENCE)
        return self._error is not None
