"""Ingress and egress nodes as processes of their own, joined by a Redis."""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import time

import leaks
from relay import BINARY, PATIENCE, environment
from waiting import until


class TierNode:
    """One `hookwire ingress` or `hookwire egress`. Use `with`: leaving ends it and looks for secrets in its log.

    - host: a `network.Host` that it runs on, on port 8080, in place of this one.
    - trust: what to believe its certificate by, where it serves HTTPS.
    """

    def __init__(self, tier, redis_url, *flags, folder, env=None, host=None, trust=None):
        self.trust = trust
        self.log_path = folder / f"{tier}-{os.urandom(4).hex()}.log"
        self.host = host
        place = ("0.0.0.0", "8080") if host else ("127.0.0.1", "0")
        command = [BINARY, tier, "--host", place[0], "--port", place[1], "--redis-url", redis_url, *flags]
        if host:
            command = host.command(*command)
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=environment(**(env or {})), cwd=folder
            )
        banner = self.process.stdout.readline().decode()
        found = re.search(r"listening on https?://[^:]+:(\d+)", banner)
        assert found, f"no banner: {banner!r}, log: {self.log!r}"
        self.port = int(found[1])

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def get(self, target):
        if self.trust:
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE, context=self.trust)
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", target)
            response = connection.getresponse()
            return response.status, response.read().decode()

    def is_ready(self):
        return self.get("/readyz")[0] == 200

    def await_ready(self, ready=True, seconds=PATIENCE):
        """Waits until the probe says so, and returns how long that took, in seconds."""
        start = time.monotonic()
        what = "ready" if ready else "red"
        until(lambda: self.is_ready() == ready, lambda: f"not {what}; log: {self.log}", seconds)
        return time.monotonic() - start

    def await_probe(self, text, seconds=PATIENCE):
        """Waits until the probe says a text, and returns its status; the first attempt may have to fail first."""

        def says_it():
            answer = self.get("/readyz")
            return answer if text in answer[1] else None

        return until(says_it, lambda: f"{text!r} is not in {self.get('/readyz')}; log: {self.log[-3000:]}", seconds)[0]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shown = ""
        if self.process.poll() is None:
            with self.host.here() if self.host else contextlib.nullcontext():
                shown = leaks.shown_by(self.process, self.port, self.trust)
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        leaked = leaks.found_in(self.log + shown)
        assert not leaked, f"the node shows {leaked}"


@contextlib.contextmanager
def tiers(redis_url, folder, ingress=2, egress=2, flags=(), ingress_flags=()):
    """So many ready nodes of each tier."""
    with contextlib.ExitStack() as stack:
        def start(tier, *more):
            return stack.enter_context(TierNode(tier, redis_url, *flags, *more, folder=folder))

        nodes = [start("ingress", *ingress_flags) for _ in range(ingress)], [start("egress") for _ in range(egress)]
        for node in (*nodes[0], *nodes[1]):
            node.await_ready()
        yield nodes
