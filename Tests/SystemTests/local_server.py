"""The server on the developer's machine, which keeps what it was sent byte for byte and can go away and come back."""

import contextlib
import dataclasses
import socket
import ssl
import threading

HOP_BY_HOP = {b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"}


@dataclasses.dataclass
class Heard:
    """One request: its line, its header lines in order, and its body."""

    line: bytes
    headers: list
    body: bytes

    def fields(self, without=()):
        """The fields in order, but for those of the given names."""
        pairs = [tuple(part.strip() for part in line.split(b":", 1)) for line in self.headers]
        return [pair for pair in pairs if pair[0].lower() not in without]


class LocalServer:
    """Answers every request on a connection of its own. Use `with`."""

    def __init__(self, answer=b"ok", status=b"200 OK", fields=(b"Content-Type: text/plain",), port=0, tls=None):
        self.answer, self.status, self.fields = answer, status, fields
        self.tls = tls  # an ssl.SSLContext
        self.heard = []
        self.seen = threading.Condition()
        self.breaks_off = False  # whether it takes a request and closes
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.under_way = self.most_under_way = 0
        self.port = port
        self._socket = None
        self.up()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/"

    def up(self):
        """Listens, at the same port as before."""
        assert self._socket is None
        listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port, self._socket = listener.getsockname()[1], listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def down(self):
        """Is not there any more: connections are refused."""
        listener, self._socket = self._socket, None
        # Closing alone leaves the thread in accept, and the port open.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _secured(self, connection):
        return self.tls.wrap_socket(connection, server_side=True) if self.tls else connection

    def _serve(self, connection):
        with contextlib.suppress(ConnectionError, ssl.SSLError), self._secured(connection) as connection:
            data = b""
            while b"\r\n\r\n" not in data:
                part = connection.recv(65536)
                if not part:
                    return
                data += part
            head, _, body = data.partition(b"\r\n\r\n")
            line, *headers = head.split(b"\r\n")
            length = next((int(h.split(b":")[1]) for h in headers if h.lower().startswith(b"content-length:")), 0)
            while len(body) < length:
                part = connection.recv(65536)
                if not part:
                    return
                body += part
            with self.seen:
                self.heard.append(Heard(line, headers, body))
                self.under_way += 1
                self.most_under_way = max(self.most_under_way, self.under_way)
                self.seen.notify_all()
            self.may_answer.wait()
            with self.seen:
                self.under_way -= 1
            fields = b"".join(field + b"\r\n" for field in self.fields)
            length = b"Content-Length: %d\r\n" % len(self.answer)
            if not self.breaks_off:
                connection.sendall(b"HTTP/1.1 " + self.status + b"\r\n" + fields + length + b"\r\n" + self.answer)

    def hears(self, count, seconds):
        """The requests, once there are so many."""
        with self.seen:
            assert self.seen.wait_for(lambda: len(self.heard) >= count, seconds), f"{len(self.heard)} of {count}"
            return list(self.heard)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.may_answer.set()
        if self._socket:
            self.down()
