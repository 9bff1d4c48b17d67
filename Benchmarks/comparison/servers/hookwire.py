"""Hookwire: one process, or two tiers on Redis."""

import contextlib
import re
import subprocess

from ..errors import BenchError
from .process import Server, status_of
from .redis import redis
from .target import Target


@contextlib.contextmanager
def node(binary, tier, folder, loops, *flags):
    """One node that is ready: its server and its port."""
    command = [binary, tier, "--host", "127.0.0.1", "--port", "0", "--threads", loops, "--log-level", "warning", *flags]
    server = Server(f"hookwire {tier}", command, folder, stdout=subprocess.PIPE)
    try:
        banner = server.process.stdout.readline().decode()
        found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", banner)
        if not found:
            raise BenchError(f"hookwire {tier} does not start: {server.last_words()}")
        port = int(found[1])
        server.wait_until(lambda: status_of(port, "GET", "/readyz") == 200, "become ready")
        yield server, port
    finally:
        server.stop()


@contextlib.contextmanager
def one_process(binary, folder, loops, *flags):
    with node(binary, "serve", folder, loops, *flags) as (server, port):
        yield Target(
            webhook=f"http://127.0.0.1:{port}/webhook?secret={{secret}}",
            socket=f"ws://127.0.0.1:{port}/ws?secret={{secret}}",
            signed=True,
            processes={"serve": server.pid},
        )


@contextlib.contextmanager
def two_tiers(binary, folder, loops, *ingress_flags):
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(redis(folder))
        flags = ("--redis-url", f"redis://127.0.0.1:{store.port}/0")
        ingress, webhooks = stack.enter_context(node(binary, "ingress", folder, loops, *flags, *ingress_flags))
        egress, sockets = stack.enter_context(node(binary, "egress", folder, loops, *flags))
        yield Target(
            webhook=f"http://127.0.0.1:{webhooks}/webhook?secret={{secret}}",
            socket=f"ws://127.0.0.1:{sockets}/ws?secret={{secret}}",
            signed=True,
            processes={"ingress": ingress.pid, "egress": egress.pid, "redis": store.pid},
        )


def version(binary):
    """What `hookwire --version` says."""
    return subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
