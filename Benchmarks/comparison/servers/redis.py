"""A Redis of a run's own that writes nothing to disk: the same for both sides."""

import contextlib
import socket

from .process import Server, free_port


def _answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


@contextlib.contextmanager
def redis(folder):
    """A running server, with its `port`."""
    port = free_port()
    command = ["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", folder]
    command += ["--save", "", "--appendonly", "no"]
    server = Server("redis-server", command, folder)
    server.port = port
    try:
        server.wait_until(lambda: _answers(port))
        yield server
    finally:
        server.stop()
