"""HTTP/1.1 over a bare socket: what a well-behaved client library would never send, and no more parsing than needed."""

import dataclasses
import socket


@dataclasses.dataclass
class RawResponse:
    status: int
    reason: str
    headers: dict
    body: bytes

    def is_problem(self):
        return self.headers.get("content-type") == "application/problem+json"


class RawConnection:
    """Reads responses one by one. Every wait ends after `timeout` seconds with an error."""

    def __init__(self, port, timeout, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode())

    def request(self, method, target, *header_lines, body=b""):
        """Sends one request whose head is as given, plus a Host."""
        lines = [f"{method} {target} HTTP/1.1", "Host: relay.example", *header_lines]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def read(self, count):
        """Exactly so many bytes."""
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def read_until(self, mark):
        while mark not in self.buffer:
            self._more()
        taken, _, self.buffer = self.buffer.partition(mark)
        return taken + mark

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(f"the server closed the connection after {self.buffer!r}")
        self.buffer += data

    def response(self, to_head=False):
        """The next response; a 100 counts as one."""
        head = self.read_until(b"\r\n\r\n").decode("latin-1")
        status_line, *lines = head.removesuffix("\r\n\r\n").split("\r\n")
        version, status, reason = status_line.split(" ", 2)
        assert version == "HTTP/1.1"
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            assert colon and name == name.strip()
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if to_head or status.startswith("1") or status in ("204", "304"):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = b"".join(self._chunks())
        else:
            body = self.read(int(headers["content-length"]))
        return RawResponse(int(status), reason, headers, body)

    def _chunks(self):
        while size := int(self.read_until(b"\r\n"), 16):
            yield self.read(size)
            self.read(2)
        self.read(2)

    def is_closed(self):
        """Waits for the server to close; anything that it still sends is an error."""
        try:
            rest = self.buffer + self.socket.recv(65536)
        except ConnectionResetError:
            rest = self.buffer
        assert rest == b"", f"more bytes instead of the end: {rest!r}"
        return True
