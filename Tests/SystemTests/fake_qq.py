"""QQ's API and token service as a strict fake: what the platform would not take, it refuses and remembers."""

import http.server
import json
import re
import secrets
import ssl
import threading

HOP_BY_HOP = {"te", "trailer", "transfer-encoding", "upgrade", "keep-alive", "proxy-authorization", "proxy-connection"}
BETWEEN_CLIENT_AND_RELAY = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}


class FakeQQ:
    """One platform on loopback, over TLS where a certificate is given. Use `with`; leaving checks what it saw."""

    def __init__(self, certificate=None):
        self.bots = {}  # app id -> secret
        self.tokens = {}  # token -> app id
        self.messages = []  # (path, body) of what was sent to users
        self.violations = []
        self.token_requests = 0
        self.answers = {}  # (method, path) -> what a test wants answered: a function of the handler
        self._lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def add_bot(self, secret):
        """A bot of this platform; returns its app id."""
        app_id = str(102_000_000 + secrets.randbelow(900_000))
        self.bots[app_id] = secret
        return app_id

    def issue_token(self, app_id):
        with self._lock:
            self.token_requests += 1
            token = secrets.token_urlsafe(48)
            self.tokens[token] = app_id
            return token

    def violation(self, text):
        self.violations.append(text)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()
        assert kind is not None or not self.violations, self.violations

    def _handler(platform):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (ConnectionError, ssl.SSLError, ValueError):
                    self.close_connection = True

            def answer(self, status, body, headers=()):
                body = json.dumps(body).encode() if not isinstance(body, bytes) else body
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("X-Tps-trace-Id", "trace-1")
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def body(self):
                return b"".join(self.body_pieces())

            def body_pieces(self, size=65536):
                """The body as it comes; an error where it is not whole."""
                if self.headers.get("Transfer-Encoding") != "chunked":
                    left = int(self.headers.get("Content-Length", 0))
                    while left:
                        yield (piece := self.exactly(min(size, left)))
                        left -= len(piece)
                    return
                while left := int(self.rfile.readline().strip() or b"broken", 16):
                    yield self.exactly(left)
                    assert self.exactly(2) == b"\r\n"
                assert self.exactly(2) == b"\r\n"

            def exactly(self, count):
                piece = self.rfile.read(count)
                if len(piece) < count:
                    raise ConnectionError(f"{count - len(piece)} bytes of a body are missing")
                return piece

            def check(self):
                hop = {name.lower() for name in self.headers} & (HOP_BY_HOP | BETWEEN_CLIENT_AND_RELAY)
                if self.headers.get_all("Transfer-Encoding") == ["chunked"] and "Content-Length" not in self.headers:
                    # A body of unknown length, framed by the relay's own connection.
                    hop.discard("transfer-encoding")
                if hop:
                    platform.violation(f"{self.command} {self.path} came with {hop}")
                if self.headers.get_all("Host") not in ([f"127.0.0.1:{platform.port}"], ["bots.qq.com"]):
                    platform.violation(f"Host {self.headers.get_all('Host')}")

            def app_id(self):
                """Whose token came; None after it was refused."""
                match = re.fullmatch(r"QQBot (\S+)", self.headers.get("Authorization", ""))
                if match and match[1] in platform.tokens:
                    return platform.tokens[match[1]]
                self.answer(401, {"message": "鉴权失败", "code": 11244})
                return None

            def serve(self):
                self.check()
                path = self.path.split("?")[0]
                if (self.command, path) in platform.answers:
                    return platform.answers[self.command, path](self)
                if (self.command, path) == ("POST", "/app/getAppAccessToken"):
                    return self.token()
                body = self.body()
                app_id = self.app_id()
                if app_id is None:
                    return
                if (self.command, path) == ("GET", "/users/@me"):
                    return self.answer(200, {"id": "1" + app_id, "username": f"机器人{app_id}", "bot": True})
                if self.command == "POST" and re.fullmatch(r"/v2/(users|groups)/[^/]+/messages", path):
                    return self.message(path, body)
                platform.violation(f"{self.command} {self.path} is none of this API")
                self.answer(404, {"message": "not found", "code": 11250})

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve

            def token(self):
                body = self.body()
                if not self.headers.get("Content-Type", "").startswith("application/json"):
                    platform.violation("a token request that is not JSON")
                try:
                    request = json.loads(body)
                    known = platform.bots.get(request["appId"]) == request["clientSecret"]
                except (ValueError, KeyError, TypeError):
                    known = False
                if not known:
                    return self.answer(200, {"code": 100016, "message": "invalid appid or secret"})
                token = platform.issue_token(request["appId"])
                self.answer(200, {"access_token": token, "expires_in": "7200"})

            def message(self, path, body):
                try:
                    message = json.loads(body)
                except ValueError:
                    platform.violation(f"a message that is no JSON: {body!r}")
                    return self.answer(400, {"message": "bad request", "code": 11255})
                with platform._lock:
                    platform.messages.append((path, message))
                self.answer(200, {"id": f"ROBOT1.0_{len(platform.messages)}", "timestamp": "2026-01-02T03:04:05+08:00"})

        return Handler
