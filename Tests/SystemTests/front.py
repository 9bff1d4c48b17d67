"""A load balancer of a test's own: one address before several nodes, byte by byte."""

import contextlib
import socket
import threading


class Front:
    """Connects each client to the first node that takes it. Use `with`."""

    def __init__(self, nodes):
        self.nodes = list(nodes)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self._open = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        for node in self.nodes:
            with contextlib.suppress(OSError):
                server = socket.create_connection(("127.0.0.1", node.port), timeout=5)
                server.settimeout(None)
                break
        else:
            return client.close()
        with self._lock:
            self._open |= {client, server}
        threading.Thread(target=self._copy, args=(client, server), daemon=True).start()
        self._copy(server, client)

    def _copy(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source, target}
        source.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
