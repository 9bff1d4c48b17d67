"""A collector of traces of the tests' own: takes OTLP over HTTP in JSON, and keeps the spans."""

import http.server
import json
import threading

import leaks
from relay import PATIENCE


class Collector:
    """Listens on loopback. Use `with`."""

    def __init__(self):
        self.spans, self.requests, self.bodies = [], [], []
        self.statuses = []  # what the next requests are answered, before all others are answered 200
        self.answer = b"{}"
        self.withheld = 0  # how many bytes of each answer never come
        self.over = threading.Event()
        self._more = threading.Condition()
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = collector.take(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer) + collector.withheld))
                if status == 503:
                    self.send_header("Retry-After", "0")
                self.end_headers()
                self.wfile.write(answer)
                if collector.withheld:
                    collector.over.wait()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def take(self, path, headers, body):
        with self._more:
            self.requests.append((path, headers))
            self.bodies.append(body.decode())
            status = self.statuses.pop(0) if self.statuses else 200
            if status == 200:
                self.spans += [flat(span, resource) for span, resource in spans(json.loads(body))]
            self._more.notify_all()
        return status, self.answer

    def await_spans(self, *names, trace=None):
        """Waits until there are spans of these names, in a trace where one is given, and returns those by their names."""
        def found():
            ours = [span for span in self.spans if trace in (None, span["traceId"])]
            return {span["name"]: span for span in ours} if {span["name"] for span in ours} >= set(names) else None

        return self._await(found)

    def await_requests(self, count):
        return self._await(lambda: len(self.requests) >= count)

    def _await(self, condition):
        with self._more:
            assert self._more.wait_for(condition, PATIENCE), f"there are {self.spans} of {self.requests}"
            return condition()

    def __enter__(self):
        self._thread.start()
        return self

    def close(self):
        """Is away from now on."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def __exit__(self, *_):
        self.close()
        leaked = leaks.found_in("".join(self.bodies))
        assert not leaked, f"the spans show {leaked}"


def spans(body):
    """The spans of a request with their resource's attributes, and that the request is as the protocol has it."""
    for resource in body["resourceSpans"]:
        attributes = values(resource["resource"]["attributes"])
        for scope in resource["scopeSpans"]:
            assert scope["scope"]["name"] == "hookwire"
            for span in scope["spans"]:
                yield span, attributes


def values(attributes):
    kinds = {"stringValue": str, "intValue": int}
    return {a["key"]: kinds[kind](value) for a in attributes for kind, value in a["value"].items()}


def flat(span, resource):
    """A span with its attributes as plain members."""
    assert len(span["traceId"]) == 32 and len(span["spanId"]) == 16
    assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
    return {**span, **values(span["attributes"]), "resource": resource}
