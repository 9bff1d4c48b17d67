"""A server that takes a client's handshake and then treats it as no relay does."""

import contextlib
import re
import socket
import threading

from websocket_raw import accept_value


class HostileRelay:
    """Sockets are opened and left to `treat`, a function of the connection; webhooks are answered 200. Use `with`.

    With `answers`, the first handshakes have these bytes for an answer; None opens a socket.
    """

    def __init__(self, treat, answers=()):
        self.treat = treat
        self.answers = list(answers)
        self.asked = []  # the target of each handshake
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._connections = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self._connections:
            # Closing alone would leave its thread where it reads.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self._connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError):
            stream = connection.makefile("rb")
            while head := head_of(stream):
                key = re.search(rb"(?i)^sec-websocket-key: *(\S+)", head, re.MULTILINE)
                if key:
                    self.asked.append(head.split()[1].decode())
                    if (answer := self.answers.pop(0) if self.answers else None) is not None:
                        connection.sendall(answer)
                        return connection.shutdown(socket.SHUT_WR)
                    return self._open(connection, head, key[1].decode())
                stream.read(int(re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)[1]))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def _open(self, connection, head, key):
        lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
        lines.append(f"Sec-WebSocket-Accept: {accept_value(key)}")
        protocol = re.search(rb"(?i)^sec-websocket-protocol: *([^,\s]+)", head, re.MULTILINE)
        lines += [f"Sec-WebSocket-Protocol: {protocol[1].decode()}"] if protocol else []
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        self.treat(connection)


def head_of(stream):
    """The next request's head, without the empty line behind it; nothing where the client has ended."""
    head = b""
    while line := stream.readline():
        if line == b"\r\n":
            return head
        head += line
    return b""


def messages(connection):
    """What the client says: each frame's opcode and payload."""
    stream = connection.makefile("rb")
    while len(head := stream.read(2)) == 2:
        length = head[1] & 0x7F
        if length > 125:
            length = int.from_bytes(stream.read(2 if length == 126 else 8), "big")
        mask = stream.read(4)
        yield head[0] & 15, bytes(byte ^ mask[index % 4] for index, byte in enumerate(stream.read(length)))
