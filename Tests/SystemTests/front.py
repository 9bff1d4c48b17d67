"""A load balancer of a test's own: one address before several nodes, byte by byte."""

import contextlib
import http.client
import itertools
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

    def _choices(self):
        return self.nodes

    def _serve(self, client):
        for node in self._choices():
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
        self.listener.shutdown(socket.SHUT_RDWR)  # which wakes its thread
        self.listener.close()
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)


class ProbingFront(Front):
    """Sends new connections in turn to the nodes whose /readyz is green, which it asks again and again."""

    INTERVAL = 0.1  # seconds between two rounds of questions

    def __init__(self, nodes):
        self._turn = itertools.count()
        self._ready = []
        self._rounds = threading.Condition()
        self._round = 0
        self._is_over = threading.Event()
        super().__init__(nodes)
        self._prober = threading.Thread(target=self._probe, daemon=True)
        self._prober.start()
        self.await_probes()

    def add(self, node):
        """A new node; returns when it takes its share, which it must be ready for."""
        self.nodes.append(node)
        self.await_probes()
        assert node in self._ready

    def remove(self, node):
        """A node that has gone."""
        self.nodes.remove(node)

    def await_probes(self):
        """Returns when every node was asked once from the beginning of this call."""
        with self._rounds:
            seen = self._round
            assert self._rounds.wait_for(lambda: self._round >= seen + 2, 30)

    def _probe(self):
        while not self._is_over.wait(self.INTERVAL):
            self._ready = [node for node in list(self.nodes) if self._is_ready(node)]
            with self._rounds:
                self._round += 1
                self._rounds.notify_all()

    def _is_ready(self, node):
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        return False

    def _choices(self):
        ready = self._ready
        first = next(self._turn) % max(1, len(ready))
        return ready[first:] + ready[:first]

    def __exit__(self, *arguments):
        self._is_over.set()
        self._prober.join()
        super().__exit__(*arguments)
